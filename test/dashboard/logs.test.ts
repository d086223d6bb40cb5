import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WireLogChart, WireLogColumn } from '../../gateway/api/wire-logs.ts'
import { dayIn, daysOf, drawn, percent, shownCell, timeIn } from '../../dashboard/src/live/logs/paper.ts'
import { en } from '../../dashboard/src/words/en.ts'
import { zh } from '../../dashboard/src/words/zh.ts'
import type { Words } from '../../dashboard/src/words/words.svelte.ts'

const spoken = (t: typeof zh, language: 'zh' | 'en'): Words =>
  ({
    t,
    language,
    say: (said: { zh: string; en: string }) => said[language],
    duration: (ms: number) => `${ms / 60_000} min`,
  }) as unknown as Words
const words = spoken(zh, 'zh')
const zone = 'Asia/Shanghai'
const column = (holds: WireLogColumn['holds'], more: Partial<WireLogColumn> = {}): WireLogColumn => ({
  key: 'k',
  name: { zh: '列', en: 'column' },
  holds,
  ...more,
})

describe('the days a period means', () => {
  test.each([
    ['today', '2026-11-22', '2026-11-22', '2026-11-22'],
    ['week', '2026-11-22', '2026-11-16', '2026-11-22'],
    ['week', '2026-11-16', '2026-11-16', '2026-11-16'],
    ['month', '2026-11-22', '2026-11-01', '2026-11-22'],
    ['last-month', '2026-11-22', '2026-10-01', '2026-10-31'],
    ['last-month', '2026-01-05', '2025-12-01', '2025-12-31'],
    ['last-month', '2028-03-31', '2028-02-01', '2028-02-29'],
  ] as const)('%s, asked on %s, runs from %s to %s', (span, today, from, to) => {
    expect(daysOf(span, today)).toEqual({ from, to })
  })

  test('are those of the site, wherever the browser is', () => {
    const late = Date.UTC(2026, 10, 22, 16, 30)
    expect(dayIn(late, zone)).toBe('2026-11-23')
    expect(dayIn(late, 'America/New_York')).toBe('2026-11-22')
    expect(timeIn(late, zone)).toBe('2026-11-23 00:30')
    expect(timeIn(late + 7_000, zone)).toBe('2026-11-23 00:30:07')
  })
})

describe('a share', () => {
  test('never reads as whole when it is not', () => {
    expect(percent(1)).toBe('100')
    expect(percent(0.99999)).toBe('99.9')
    expect(percent(0)).toBe('0.0')
    fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), share => percent(share) !== '100'))
  })
})

describe('a cell', () => {
  test('that is not known is a dash, never a nought', () => {
    for (const holds of ['text', 'number', 'time', 'day', 'length', 'share', 'verdict'] as const)
      expect(shownCell(null, column(holds), zone, words).text).toBe('–')
  })

  test('keeps the decimals of its column and is said in the language of the page', () => {
    expect(shownCell(4, column('number', { decimals: 1 }), zone, words)).toEqual({ text: '4.0', isFigure: true })
    expect(shownCell(0.9971, column('share'), zone, words).text).toBe('99.7 %')
    expect(shownCell(90 * 60_000, column('length'), zone, words).text).toBe('90 min')
    expect(shownCell('bad', column('verdict'), zone, words)).toEqual({ text: '不合格', isFigure: false, verdict: 'bad' })
    expect(shownCell('bad', column('verdict'), zone, spoken(en, 'en')).text).toBe('failed')
    expect(shownCell('opened early', column('verdict'), zone, words).text).toBe('opened early')
    expect(shownCell(true, column('text'), zone, words).text).toBe('是')
    expect(shownCell({ zh: '停电', en: 'power' }, column('text'), zone, words).text).toBe('停电')
    expect(shownCell(Date.UTC(2026, 10, 1), column('day'), zone, words).text).toBe('2026-11-01')
  })
})

describe('a curve', () => {
  const chart = (t: readonly number[], more: Partial<WireLogChart> = {}): WireLogChart => ({
    unit: '°C',
    decimals: 1,
    every: 60,
    points: t.map(at => ({ t: at, min: 3, mean: 4, max: 5 })),
    limits: { min: 0, max: 8 },
    gaps: [],
    ...more,
  })

  test('is cut where nothing was measured', () => {
    const drawing = drawn(chart([0, 60, 120, 600, 660]), 0, 1_000, 100, 100)
    expect(drawing.line).toHaveLength(2)
    expect(drawing.band).toHaveLength(2)
    expect(drawing.limits.map(({ value }) => value)).toEqual([0, 8])
  })

  test('with nothing in it is still a picture', () => {
    const drawing = drawn(chart([], { limits: {} }), 0, 1_000, 100, 100)
    expect(drawing.line).toEqual([])
    expect(drawing.ticks.every(({ y }) => Number.isFinite(y))).toBe(true)
  })

  test('stays within its frame whatever it shows', () => {
    const reading = fc.record({
      t: fc.integer({ min: 0, max: 999 }),
      a: fc.double({ min: -80, max: 200, noNaN: true }),
      b: fc.double({ min: 0, max: 50, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.uniqueArray(reading, { selector: ({ t }) => t, minLength: 1 }), readings => {
        const points = readings.toSorted((x, y) => x.t - y.t).map(({ t, a, b }) => ({ t, min: a, mean: a + b / 2, max: a + b }))
        const { line, band, limits } = drawn(chart([], { points }), 0, 1_000, 300, 120)
        const figures = [...line, ...band].flatMap(text => text.split(' ')).map(text => text.split(',').map(Number))
        for (const [x = -1, y = -1] of figures) {
          expect(x).toBeGreaterThanOrEqual(0)
          expect(x).toBeLessThanOrEqual(300)
          expect(y).toBeGreaterThanOrEqual(0)
          expect(y).toBeLessThanOrEqual(120)
        }
        for (const { y } of limits) expect(y >= 0 && y <= 120).toBe(true)
      }),
    )
  })

  test('hatches a gap no wider than the period', () => {
    const gaps = [{ from: -500, to: 5_000, cause: { zh: '停电', en: 'power' } }]
    expect(drawn(chart([0, 60], { gaps }), 0, 1_000, 100, 100).gaps).toEqual([{ x: 0, width: 100, cause: gaps[0]?.cause }])
  })
})
