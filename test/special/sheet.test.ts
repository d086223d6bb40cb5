import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WireMeterProgress, WireMeterRow } from '../../gateway/api/wire-meters.ts'
import {
  booksOf,
  monthAway,
  needsSomebody,
  percentOf,
  toneOfProgress,
  toneOfRow,
} from '../../dashboard/src/live/special/meter-sheet.ts'
import { qmaxOf } from '../../gateway/policy/kinds/balance-qmax.ts'
import { plausibilityOf, progressOf, usedOf } from '../../gateway/records/meter-sheet.ts'
import { instant } from '../../protocols/contract/time.ts'

const day = 86_400_000
const counted = (days: number, value: number) => ({ at: instant(days * day), value })

describe('what is suspect of a reading', () => {
  const usual = counted(0, 0)
  test.each([
    ['nothing without two readings', undefined, undefined, counted(30, 5), undefined],
    ['nothing of a reading that is not later', usual, counted(30, 5), counted(30, 9), undefined],
    ['that it fell', usual, counted(30, 60), counted(60, 59.99), 'fell'],
    ['that it stands for two weeks', usual, counted(30, 60), counted(44, 60), 'stands'],
    ['nothing of one that stands for less', usual, counted(30, 60), counted(43, 60), undefined],
    // 25 m³/h for a day are 600 m³.
    ['more than it lets through', usual, counted(30, 60), counted(31, 661), 'impossible'],
    ['nothing of just as much as it lets through, without a use before', undefined, counted(30, 60), counted(31, 660), undefined],
    // 2 m³ a day before, 6 a day are three times.
    ['more than three times the use of a day before', usual, counted(30, 60), counted(60, 240.3), 'jump'],
    ['nothing of three times', usual, counted(30, 60), counted(60, 240), undefined],
    ['nothing of a few cubic metres', counted(0, 0), counted(30, 0.1), counted(60, 4.9), undefined],
    ['nothing where nothing was used before', counted(0, 60), counted(30, 60), counted(60, 300), undefined],
    ['nothing where the one before is not before', counted(30, 0), counted(30, 60), counted(60, 3000), undefined],
  ] as const)('is %s', (_, before, last, now, expected) => {
    expect(plausibilityOf(before, last, now, 25)).toBe(expected)
  })
  test('does not ask for the flow of a meter whose size nobody wrote down', () => {
    expect(plausibilityOf(undefined, counted(30, 0), counted(31, 1e6), undefined)).toBeUndefined()
  })
  test('the use is free of the dust of fractions', () => {
    expect(usedOf(counted(0, 0.1), counted(1, 0.3))).toBe(0.2)
  })
  test.each([
    ['G16', 25],
    [' g2.5 ', 4],
    [10, 10],
    ['12 m³/h', 12],
    ['unknown', undefined],
    [0, undefined],
    [undefined, undefined],
  ])('the largest flow of %s is %s', (written, flow) => {
    expect(qmaxOf(written)).toBe(flow)
  })
})

describe('progress against a share', () => {
  const span = { from: instant(10), to: instant(20) }
  test.each([
    // 0.98 × 50 is 49.000000000000004 in binary fractions.
    [49, 50, 0.98, 15, 49, 0, 'met'],
    [48, 50, 0.98, 15, 49, 1, 'open'],
    [48, 50, 0.98, 20, 49, 1, 'missed'],
    [0, 50, 0.98, 9, 49, 49, 'not-begun'],
    [0, 0, 1, 15, 0, 0, 'open'],
    [2, 2, 1, 30, 2, 0, 'met'],
  ] as const)('%d of %d at %d, at %d: needs %d, %d left, %s', (done, of, required, now, needed, left, state) => {
    expect(progressOf(done, of, required, span, instant(now))).toEqual({ done, of, required, needed, left, state })
  })
  test('is met exactly when the share is reached', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 100 }),
        (of, part, percent) => {
          const done = Math.floor(part * of)
          const { state, left, needed } = progressOf(done, of, percent / 100, span, instant(15))
          expect(state === 'met').toBe(done * 100 >= of * percent)
          expect(left).toBe(Math.max(0, needed - done))
        },
      ),
    )
  })
})

describe('the sheet on the page', () => {
  const row = (more: Partial<WireMeterRow> = {}): WireMeterRow => ({
    equipment: 'm',
    name: { zh: '表', en: 'meter' },
    area: 'a',
    serial: '',
    clause: 'GAS-2',
    last: null,
    now: null,
    used: null,
    mark: null,
    state: 'wire',
    ...more,
  })
  test.each([
    [row(), false, 'calm'],
    [row({ state: 'not-begun' }), false, 'calm'],
    [row({ state: 'missing' }), true, 'low'],
    [row({ state: 'late' }), true, 'advisory'],
    [row({ mark: 'jump' }), true, 'advisory'],
    [row({ mark: 'stands' }), true, 'advisory'],
    [row({ mark: 'fell' }), true, 'medium'],
    [row({ mark: 'impossible' }), true, 'medium'],
  ])('says whether somebody has to look, and how urgently', (one, needs, tone) => {
    expect([needsSomebody(one), toneOfRow(one)]).toEqual([needs, tone])
  })
  test('tells a group that is behind by its tone', () => {
    const tone = (state: WireMeterProgress['state'], left = 1) => toneOfProgress({ state, left } as WireMeterProgress)
    expect([tone('missed'), tone('open'), tone('open', 0), tone('met'), tone('not-begun')]).toEqual([
      'medium',
      'advisory',
      'calm',
      'calm',
      'calm',
    ])
  })
  test('goes by area, in order, and counts what is read', () => {
    const now = { at: '', value: 1 }
    const rows = [row({ area: 'b', now }), row({ area: 'a' }), row({ area: 'b' })]
    expect(booksOf(rows).map(({ area, done, rows: own }) => [area, done, own.length])).toEqual([
      ['b', 1, 2],
      ['a', 0, 1],
    ])
    expect(booksOf([])).toEqual([])
  })
  test('rounds a share down', () => {
    expect([percentOf(1), percentOf(0.9799), percentOf(0.98), percentOf(0), percentOf(0.29)]).toEqual([
      '100 %',
      '97 %',
      '98 %',
      '0 %',
      '29 %',
    ])
  })
  test('goes from month to month and back, over the year', () => {
    expect([monthAway('2026-11', 2), monthAway('2026-01', -1), monthAway('2026-11', 0)]).toEqual([
      '2027-01',
      '2025-12',
      '2026-11',
    ])
    fc.assert(
      fc.property(
        fc.integer({ min: 2000, max: 2100 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: -500, max: 500 }),
        (year, number, by) => {
          const month = `${year}-${String(number).padStart(2, '0')}`
          expect(monthAway(monthAway(month, by), -by)).toBe(month)
        },
      ),
    )
  })
})
