import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawnCycle, timeMarks } from '../../dashboard/src/live/special/cycle-curve.ts'
import { purposeOf } from '../../dashboard/src/live/special/purpose.ts'
import { hottest } from '../../gateway/api/cycles.ts'
import { thinned } from '../../gateway/records/thinned.ts'
import { instant } from '../../protocols/contract/time.ts'

const minute = 60_000
const series = fc.array(fc.integer({ min: -20, max: 160 }), { maxLength: 400 }).map(values => values.map((v, t) => ({ t, v })))

describe('a thinned curve', () => {
  test('has at most so many readings, in order, and still its ends, its highest and its lowest', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 4, max: 80 }), (readings, most) => {
        const kept = thinned(readings, most)
        expect(kept.length).toBeLessThanOrEqual(Math.max(most, 4))
        expect(kept.map(({ t }) => t)).toEqual(kept.map(({ t }) => t).toSorted((a, b) => a - b))
        expect(kept[0]).toEqual(readings[0])
        expect(kept.at(-1)).toEqual(readings.at(-1))
        if (readings.length === 0) return
        expect(Math.max(...kept.map(({ v }) => v))).toBe(Math.max(...readings.map(({ v }) => v)))
        expect(Math.min(...kept.map(({ v }) => v))).toBe(Math.min(...readings.map(({ v }) => v)))
      }),
    )
  })
  test('is left as it is where it is short', () => {
    const readings = [{ t: 1, v: 2 }]
    expect(thinned(readings, 240)).toBe(readings)
  })
})

describe('the longest hot stretch', () => {
  const at = (...said: readonly (readonly [number, number])[]) => said.map(([m, v]) => ({ t: instant(m * minute), v }))
  test.each([
    ['nowhere', at([0, 100], [1, 119.9]), null],
    ['one reading', at([0, 120]), [0, 0]],
    ['broken by a reading below', at([0, 121], [1, 121], [2, 110], [3, 121], [4, 121], [5, 121]), [3, 5]],
    ['broken by a silence of more than five minutes', at([0, 121], [5, 121], [10.1, 121]), [0, 5]],
    ['the first of two that are equally long', at([0, 121], [1, 121], [2, 0], [3, 121], [4, 121]), [0, 1]],
  ])('is %s', (_, samples, expected) => {
    const found = hottest(samples, 120)
    expect(found && [found.from / minute, found.to / minute]).toEqual(expected)
  })
})

describe('the drawing of a cycle', () => {
  const sketch = { from: 0, to: 60 * minute, needed: 120, neededFor: 10 * minute }
  const reading = (m: number, celsius: number) => ({ at: m * minute, celsius })

  test('shades as many minutes as it needs, from the needed temperature up', () => {
    const drawing = drawnCycle({ ...sketch, readings: [reading(0, 20), reading(20, 125)], hotFrom: 20 * minute }, 600, 140)
    expect(drawing.hold).toEqual({ x: 200, width: 100, y: 0, height: drawing.y(120) })
    // 0 to 140 °C: 125 + 4 goes up to the next twenty.
    expect(drawing.y(140)).toBe(0)
    expect(drawing.y(0)).toBe(140)
    expect(drawing.celsiusMarks).toEqual([0, 40, 80, 120])
  })
  test('shades nothing that never was hot, and still shows what was needed', () => {
    const drawing = drawnCycle({ ...sketch, readings: [] }, 600, 140)
    expect(drawing.hold).toBeUndefined()
    expect(drawing.lines).toEqual([])
    expect(drawing.y(120)).toBeGreaterThan(0)
  })
  test('breaks the line where nobody measured, and begins below nought where it was freezing', () => {
    const { lines, celsiusMarks } = drawnCycle(
      { ...sketch, needed: 60, readings: [reading(0, -5), reading(5, 30), reading(10.1, 60)] },
      600,
      140,
    )
    expect(lines).toHaveLength(2)
    expect(celsiusMarks).toEqual([-20, 0, 20, 40, 60, 80])
  })
  test('keeps everything inside, whatever is drawn', () => {
    fc.assert(
      fc.property(
        series,
        fc.integer({ min: 100, max: 2000 }),
        fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined }),
        (readings, width, hotFrom) => {
          const drawing = drawnCycle(
            {
              readings: readings.map(({ t, v }) => ({ at: t, celsius: v })),
              from: 0,
              to: 400,
              needed: 120,
              neededFor: 50,
              hotFrom,
            },
            width,
            168,
          )
          for (const point of drawing.lines.join(' ').split(' ').filter(Boolean)) {
            const [x = NaN, y = NaN] = point.split(',').map(Number)
            expect(x).toBeGreaterThanOrEqual(0)
            expect(x).toBeLessThanOrEqual(width)
            expect(y).toBeGreaterThanOrEqual(0)
            expect(y).toBeLessThanOrEqual(168)
          }
          if (drawing.hold) expect(drawing.hold.x + drawing.hold.width).toBeLessThanOrEqual(width + 1.001)
        },
      ),
    )
  })
})

test('times below a curve are round and have room', () => {
  expect(timeMarks(0, 60 * minute, 600).map(at => at / minute)).toEqual([0, 10, 20, 30, 40, 50, 60])
  expect(timeMarks(minute, 30 * 60 * minute, 100).map(at => at / minute)).toEqual([1800])
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e9 }),
      fc.integer({ min: 1, max: 1e9 }),
      fc.integer({ min: 80, max: 2000 }),
      (from, span, width) => {
        const marks = timeMarks(from, from + span, width)
        expect(marks.length).toBeLessThanOrEqual(width / 76 + 1)
        expect(marks.every(at => at >= from && at <= from + span)).toBe(true)
      },
    ),
  )
})

test('equipment leads to its view by its kind', () => {
  expect(['steriliser', 'gas-meter', 'tank', 'extinguisher', 'hydrant', 'fridge', 'constructor'].map(purposeOf)).toEqual([
    'cycles',
    'meters',
    'dosing',
    'gauges',
    'gauges',
    undefined,
    undefined,
  ])
})
