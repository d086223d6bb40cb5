import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant, millis } from '../../protocols/contract/time.ts'
import { PointFigures } from '../../gateway/report/figures.ts'
import type { FigureSettings } from '../../gateway/report/figures.ts'
import { dewPoint, paired, pressureAt20 } from '../../gateway/report/figures-paired.ts'
import { kineticMean, kineticWeight } from '../../gateway/report/kinetic.ts'

interface Word {
  readonly at: number
  /** `null`: bad; `uncertain` values are shown by 1 in `mark`. */
  readonly value: number | null
  readonly mark?: number
}
const columnsOf = (words: readonly Word[]) => ({
  at: words.map(({ at }) => at),
  value: words.map(({ value }) => value ?? 0),
  mark: words.map(({ value, mark }) => (value === null ? 2 : (mark ?? 0))),
})
const span = (from: number, to: number) => ({ from: instant(from), to: instant(to) })
const settings = (over: Partial<FigureSettings> = {}): FigureSettings => ({
  days: [span(0, 100), span(100, 200)],
  limits: [{ ...span(0, 200), limits: { min: 0, max: 8 } }],
  staleAfter: millis(20),
  due: span(0, 200),
  isVaccine: false,
  ...over,
})
function figuresOf(words: readonly Word[], over: Partial<FigureSettings> = {}): PointFigures {
  const figures = new PointFigures(settings(over))
  figures.add(columnsOf(words))
  figures.end()
  return figures
}

describe('figures of a point', () => {
  test('weigh each value with the time until the next reading', () => {
    const day = figuresOf([{ at: 0, value: 2 }, { at: 10, value: 6 }, { at: 15, value: 4 }]).day(0) // prettier-ignore
    // 2 for 10, 6 for 5, 4 for as long as a reading may stand alone.
    expect(day).toMatchObject({ min: 2, max: 6, count: 3, known: 35, mean: (20 + 30 + 80) / 35, due: 100 })
  })

  test('count neither bad nor uncertain readings, and what they leave open is unknown', () => {
    const figures = figuresOf([{ at: 0, value: 2 }, { at: 10, value: null }, { at: 20, value: 4 }, { at: 25, value: 40, mark: 1 }, { at: 30, value: 5 }]) // prettier-ignore
    expect(figures.day(0)).toMatchObject({ min: 2, max: 5, count: 3, known: 10 + 5 + 20, above: 0 })
    expect([...figures.unknown()]).toEqual([span(10, 20), span(25, 30), span(50, 200)])
  })

  test('mark late readings and count them', () => {
    expect(figuresOf([{ at: 0, value: 2 }, { at: 5, value: 3, mark: 4 }]).day(0)).toMatchObject({ count: 2, late: 1, max: 3 }) // prettier-ignore
  })

  test('judge each moment by the limit that was valid at it', () => {
    const limits = [
      { ...span(0, 50), limits: { max: 8 } },
      { ...span(50, 80), limits: { max: 10 } },
      { ...span(80, 200), limits: { min: 9.5 } },
    ]
    const figures = figuresOf(
      Array.from({ length: 20 }, (_, index) => ({ at: index * 10, value: 9 })),
      { limits },
    )
    expect(figures.day(0)).toMatchObject({ above: 50, below: 20, excursions: 2 })
    expect([...figures.excursions]).toMatchObject([
      { side: 1, from: 0, to: 50, outside: 50 },
      { side: -1, from: 80, to: 200, outside: 120 },
    ])
  })

  test('have no limits where none were configured', () => {
    const figures = figuresOf([{ at: 0, value: 90 }, { at: 15, value: 90 }], { limits: [{ ...span(10, 20), limits: { max: 8 } }] }) // prettier-ignore
    expect(figures.day(0)).toMatchObject({ known: 35, above: 10 })
  })

  test('let one bad reading not make two excursions of one, but a silence does', () => {
    const warm = (at: number): Word => ({ at, value: 9 })
    const broken = figuresOf([warm(0), { at: 10, value: null }, warm(15), { at: 20, value: 4 }])
    expect([...broken.excursions]).toMatchObject([{ from: 0, to: 20, outside: 15 }])
    const silent = figuresOf([warm(0), warm(60), { at: 70, value: 4 }])
    expect([...silent.excursions]).toMatchObject([
      { from: 0, to: 20, outside: 20 },
      { from: 60, to: 70, outside: 10 },
    ])
  })

  test('split what lasts over midnight and count it on the day it began', () => {
    const figures = figuresOf([{ at: 90, value: 9 }, { at: 105, value: 12 }, { at: 110, value: 4 }]) // prettier-ignore
    expect([figures.day(0), figures.day(1)]).toMatchObject([
      { above: 10, excursions: 1, max: 9 },
      { above: 10, excursions: 0, max: 12 },
    ])
    expect([...figures.excursions]).toMatchObject([{ from: 90, to: 110, extreme: 12, extremeAt: 105 }])
    expect(figures.whole()).toMatchObject({ above: 20, excursions: 1, min: 4, max: 12 })
  })

  test('take what held from before the first day', () => {
    const figures = figuresOf([{ at: -5, value: 9 }, { at: 10, value: 4 }]) // prettier-ignore
    expect(figures.day(0)).toMatchObject({ above: 10, min: 4, max: 4, count: 1, known: 30 })
  })

  test('expect nothing from before a point was there nor from the time to come', () => {
    const figures = figuresOf([{ at: 50, value: 4 }, { at: 65, value: 4 }, { at: 80, value: 4 }], { due: span(50, 90) }) // prettier-ignore
    expect([figures.day(0), figures.day(1)]).toMatchObject([
      { known: 40, due: 40 },
      { known: 0, due: 0, mean: null, min: null },
    ])
    expect([...figures.unknown()]).toEqual([])
  })

  test('tell freezing for an hour and warmth for ten as the WHO loggers do', () => {
    const hour = 3_600_000
    const over = { days: [span(0, 48 * hour)], due: span(0, 48 * hour), staleAfter: millis(hour), isVaccine: true }
    const at = (index: number, value: number): Word => ({ at: index * hour, value })
    const warm = Array.from({ length: 10 }, (_, index) => at(index, 8.1))
    expect([...figuresOf([...warm, at(10, 8)], over).heat]).toMatchObject([{ outside: 10 * hour }])
    expect([...figuresOf([...warm.slice(1), at(10, 8)], over).heat]).toEqual([])
    expect([...figuresOf([at(0, -0.5), at(1, 5)], over).freeze]).toMatchObject([{ from: 0, to: hour }])
    expect([...figuresOf([at(0, -0.4), at(1, 5)], over).freeze]).toEqual([])
  })

  test('are what a look at every single millisecond finds', () => {
    const word = fc.record({ step: fc.integer({ min: 1, max: 12 }), value: fc.option(fc.integer({ min: -3, max: 12 }), { nil: null }), mark: fc.constantFrom(0, 0, 0, 1, 4) }) // prettier-ignore
    const cut = fc.integer({ min: 1, max: 199 })
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), cut, cut, fc.integer({ min: 1, max: 20 }), (steps, change, begin, stale) => {
        let at = -15
        const words = steps.map(({ step, value, mark }): Word => ({ at: (at += step), value, mark }))
        const limits = [
          { ...span(0, change), limits: { min: 0, max: 8 } },
          { ...span(change, 200), limits: { max: 5 } },
        ]
        const due = span(begin, 200)
        const figures = figuresOf(words, { limits, due, staleAfter: millis(stale) })
        const holds = (ms: number): number | undefined => {
          const last = words.findLast(one => one.at <= ms)
          const isGood = last !== undefined && last.value !== null && (last.mark ?? 0) % 4 === 0
          return isGood && ms - last.at < stale ? (last.value as number) : undefined
        }
        for (const [index, { from, to }] of settings().days.entries()) {
          let [known, above, below, sum] = [0, 0, 0, 0]
          for (let ms = Math.max(from, begin); ms < to; ms++) {
            const value = holds(ms)
            if (value === undefined) continue
            known++
            sum += value
            if (ms < change ? value > 8 : value > 5) above++
            else if (ms < change && value < 0) below++
          }
          const day = figures.day(index)
          expect(day).toMatchObject({ known, above, below, due: Math.max(0, to - Math.max(from, begin)) })
          expect(day.mean).toEqual(known === 0 ? null : expect.closeTo(sum / known, 9))
          const taken = words.filter(one => one.at >= from && one.at < to && one.value !== null && (one.mark ?? 0) % 4 === 0)
          expect(day.count).toBe(taken.length)
          expect(day.max).toBe(taken.length === 0 ? null : Math.max(...taken.map(one => one.value as number)))
        }
        // What is unknown and what is known are exactly what was due.
        const unknown = [...figures.unknown()].reduce((length, { from, to }) => length + to - from, 0)
        expect(unknown + figures.whole().known).toBe(200 - begin)
        const outside = [...figures.excursions].reduce((length, run) => length + run.outside, 0)
        expect(outside).toBe(figures.whole().above + figures.whole().below)
        expect([...figures.excursions]).toHaveLength(figures.whole().excursions)
      }),
      { numRuns: 400 },
    )
  })
})

describe('mean kinetic temperature', () => {
  const of = (values: readonly number[]): number | undefined =>
    kineticMean(values.reduce((sum, value) => sum + kineticWeight(value), 0), values.length) // prettier-ignore

  test('has the values that a calculator finds', () => {
    expect(of([5, 5, 5, 15])).toBeCloseTo(8.786, 3)
    expect(of([2, 8])).toBeCloseTo(5.536, 3)
    expect(of([5, 5])).toBeCloseTo(5, 9)
    expect(of([])).toBeUndefined()
  })

  test('is between the mean and the greatest value', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -30, max: 40, noNaN: true }), { minLength: 1, maxLength: 50 }), values => {
        const found = of(values) ?? Number.NaN
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length
        expect(found).toBeGreaterThanOrEqual(mean - 1e-6)
        expect(found).toBeLessThanOrEqual(Math.max(...values) + 1e-6)
      }),
    )
  })

  test('weighs by time', () => {
    const figures = figuresOf([{ at: 0, value: 5 }, { at: 15, value: 15 }, { at: 20, value: null }], { isVaccine: true }) // prettier-ignore
    expect(figures.day(0).kinetic).toBeCloseTo(8.786, 3)
  })
})

describe('a figure of two points', () => {
  const series = (words: readonly Word[], staleAfter = 20) => ({ columns: [columnsOf(words)], staleAfter: millis(staleAfter) })
  const read = (one: ReturnType<typeof series>, other: ReturnType<typeof series>) =>
    [...paired(one, other, (a, b) => a + b)].flatMap(({ at, value, mark }) =>
      Array.from({ length: at.length }, (_, index) => [at[index], (mark[index] ?? 0) === 0 ? value[index] : null]),
    )

  test('speaks whenever one of the two does, and only while both are known', () => {
    expect(read(series([{ at: 0, value: 1 }, { at: 10, value: 2 }]), series([{ at: 5, value: 10 }]))).toEqual([[0, null], [5, 11], [10, 12], [25, null], [30, null]]) // prettier-ignore
  })

  test('ends with a bad word of either', () => {
    expect(read(series([{ at: 0, value: 1 }, { at: 3, value: null }]), series([{ at: 0, value: 10 }]))).toEqual([[0, 11], [3, null], [20, null]]) // prettier-ignore
  })

  test('is nothing without the other', () => {
    expect(read(series([{ at: 0, value: 1 }]), series([]))).toEqual([[0, null], [20, null]]) // prettier-ignore
  })

  test('gives the dew points of the tables', () => {
    // Smithsonian Meteorological Tables, rounded to 0.1 K.
    expect(dewPoint(20, 50)).toBeCloseTo(9.3, 1)
    expect(dewPoint(25, 60)).toBeCloseTo(16.7, 1)
    expect(dewPoint(18, 100)).toBeCloseTo(18, 6)
  })

  test('gives the pressure of a bottle at 20 °C', () => {
    expect(pressureAt20(1.2, 20)).toBeCloseTo(1.2, 9)
    expect(pressureAt20(1.067, -10)).toBeCloseTo(1.2, 2)
    expect(pressureAt20(1.289, 40)).toBeCloseTo(1.2, 2)
  })
})
