import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOnPaper } from '../../dashboard/src/live/plan/paper.ts'

type Pixel = readonly [red: number, green: number, blue: number, seen: number]
const white: Pixel = [255, 255, 255, 255]
const line: Pixel = [30, 30, 30, 255]
const picture = (...parts: readonly (readonly [number, Pixel])[]) =>
  parts.flatMap(([count, pixel]) => Array.from({ length: count }, () => pixel).flat())

describe('a drawing at night', () => {
  test.each<[string, readonly number[], boolean]>([
    ['lines on white paper', picture([90, white], [10, line]), true],
    ['lines on nothing, as an SVG or a PNG without ground has them', picture([90, [0, 0, 0, 0]], [10, line]), true],
    ['a scan whose paper is a little yellow', picture([90, [250, 248, 240, 255]], [10, line]), true],
    ['a photograph', picture([50, [120, 140, 90, 255]], [30, [60, 50, 40, 255]], [20, white]), false],
    ['a bright but coloured map', picture([90, [255, 240, 190, 255]], [10, line]), false],
    ['white lines on dark ground', picture([10, white], [90, line]), false],
    ['just enough paper', picture([60, white], [40, line]), true],
    ['nothing', [], false],
  ])('%s', (_, rgba, wanted) => {
    expect(isOnPaper(rgba)).toBe(wanted)
  })

  test('is judged by how much of it is paper, wherever that lies', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 200 }), pixels => {
        const papers = pixels.filter(Boolean).length
        expect(isOnPaper(pixels.flatMap(isPaper => [...(isPaper ? white : line)]))).toBe(papers / pixels.length >= 0.6)
      }),
    )
  })
})
