import { describe, expect, test } from 'vitest'
import { inShares } from '../../dashboard/glass-build.ts'

describe('a style written in pixels', () => {
  test.each([
    ['margin', '12px', '0.75rem'],
    ['margin', '-12px auto 0 4.5px', '-0.75rem auto 0 0.28125rem'],
    ['grid-template-columns', '216px minmax(0, 1fr)', '13.5rem minmax(0, 1fr)'],
    ['padding-inline', 'max(24px, (100% - 1720px) / 2)', 'max(1.5rem, (100% - 107.5rem) / 2)'],
    ['--touch', '44px', '2.75rem'],
    ['border-radius', '8px', '0.5rem'],
  ])('grows with the letters (%s: %s)', (property, written, shipped) => {
    expect(inShares(property, written)).toBe(shipped)
  })

  test.each([
    ['border', '3px solid var(--line)'],
    ['border-left-width', '4px'],
    ['outline-offset', '-3px'],
    ['width', '1px'],
    ['box-shadow', 'inset 0 0 0 1px var(--line)'],
    ['grid-template-areas', "'px 12pxl'"],
  ])('stays a line, or what it is (%s: %s)', (property, written) => {
    expect(inShares(property, written)).toBe(written)
  })
})
