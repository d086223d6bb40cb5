import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Outlook, Transition } from '../../gateway/policy/kind.ts'
import { normalQuantile, studentQuantile } from '../../gateway/policy/kinds/forecast-quantile.ts'
import { bendOf, bentBand, crossing, fit, newestStretch, steepness } from '../../gateway/policy/kinds/forecast-trend.ts'
import type { Sample } from '../../gateway/policy/kinds/forecast-trend.ts'
import { becauseOf } from '../../gateway/policy/kinds/forecast-words.ts'
import { forecast } from '../../gateway/policy/kinds/forecast.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import type { Instant } from '../../protocols/contract/time.ts'

const hour = 3_600_000
const t0 = 1_780_000_000_000

/** Mulberry32 and Box–Muller: the same noise in every run of the tests. */
function noise(seed: number): { even(): number; normal(): number } {
  let state = seed
  const even = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  return { even, normal: () => Math.sqrt(-2 * Math.log(1 - even())) * Math.cos(2 * Math.PI * even()) }
}

const specOf = (settings: object): unknown => {
  const parsed = forecast.parse({ kind: 'forecast', op: 'gt', value: 8, ...settings }, nowhere)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.spec
}

interface Told {
  /** Hours from the beginning. */
  readonly h: number
  readonly transition: Transition
}

/** Plays a signal of hours to one rule, its state through JSON at every `restart`th reading. */
function play(
  spec: unknown,
  signal: (h: number) => number,
  hours: number,
  { every = 10 / 60, from = t0, restart = 0 } = {},
): readonly Told[] {
  const told: Told[] = []
  let { state } = forecast.begin(spec, from as Instant, {})
  let count = 0
  for (let h = 0; h <= hours; h += every) {
    count += 1
    if (restart > 0 && count % restart === 0) state = JSON.parse(JSON.stringify(state))
    const step = forecast.hear(spec, state, signal(h), Math.round(from + h * hour) as Instant, {}, 'value')
    if (!step) continue
    state = step.state
    if (step.transition) told.push({ h, transition: step.transition })
  }
  return told
}
const raises = (told: readonly Told[]): readonly Told[] => told.filter(({ transition }) => transition.what === 'raised')
const sentence = ({ transition }: Told): string => (transition.what === 'raised' ? (transition.because?.en ?? '') : '')

/** The band as it is told, in hours. */
function bandOf(told: Told): { readonly early: number; readonly late: number } {
  const size = { minutes: 1 / 60, hours: 1, days: 24 }
  const [, from, to, unit] = /\(([\d.]+)–([\d.]+) (minutes|hours|days)/.exec(sentence(told)) ?? []
  const scale = size[unit as keyof typeof size]
  // What is told is rounded: half of the last figure belongs to it.
  return { early: (Number(from) - 0.5) * scale, late: (Number(to) + 0.5) * scale }
}

describe('a trend towards the limit', () => {
  test('is told with when the limit is reached and how sure that is', () => {
    const { normal } = noise(1)
    const [first] = raises(play(specOf({ unit: '°C' }), h => 4 + 0.1 * h + 0.1 * normal(), 30))

    expect(sentence(first as Told)).toMatch(
      /^at this rate \(\+0\.\d+ °C an hour\) it reaches 8 °C in about \d+ hours \(\d+–\d+ hours, 90 % sure\)$/,
    )
    const truth = 40 - (first?.h ?? 0)
    expect(bandOf(first as Told).early).toBeLessThan(truth)
    expect(bandOf(first as Told).late).toBeGreaterThan(truth)
  })

  test('is told only once the early edge is nearer than the time asked for', () => {
    const { normal } = noise(2)
    const [first] = raises(play(specOf({ within: '12h' }), h => 4 + 0.1 * h + 0.05 * normal(), 40))

    expect(40 - (first?.h ?? 0)).toBeGreaterThan(10)
    expect(40 - (first?.h ?? 0)).toBeLessThan(15)
  })

  test('downwards is told the same way', () => {
    const { normal } = noise(3)
    const told = play(specOf({ op: 'lt', value: 0.3 }), h => 0.6 - 0.005 * h + 0.01 * normal(), 40)

    expect(raises(told)).toHaveLength(1)
    expect(sentence(told[0] as Told)).toMatch(/^at this rate \(−0\.1\d? a day\) it reaches 0\.3 /)
  })

  test('away from the limit is not told', () => {
    const { normal } = noise(4)

    expect(play(specOf({}), h => 7 - 0.1 * h + 0.05 * normal(), 60)).toEqual([])
  })

  test('is found after a time without any', () => {
    const { normal } = noise(5)
    const [first] = raises(play(specOf({}), h => 4 + 0.1 * Math.max(0, h - 48) + 0.05 * normal(), 88))

    expect(first?.h).toBeGreaterThan(50)
    expect(first?.h).toBeLessThan(66)
  })

  test('that ends is taken back, and a straight flat line never says a thing', () => {
    const { normal } = noise(6)
    const told = play(specOf({}), h => 4 + 0.1 * Math.min(h, 20) + 0.05 * normal(), 90)

    expect(told.map(({ transition }) => transition.what)).toEqual(['raised', 'cleared'])
    expect(play(specOf({}), () => 4, 60)).toEqual([])
  })

  test('stays told while it is beyond the limit, though it rises no more', () => {
    const { normal } = noise(7)
    const told = play(specOf({}), h => 4 + 0.2 * Math.min(h, 25) + 0.05 * normal(), 120)

    expect(told.map(({ transition }) => transition.what)).toEqual(['raised'])
  })

  test('without any noise is known to the minute', () => {
    const [first] = raises(play(specOf({}), h => 4 + 0.125 * h, 30))

    expect(sentence(first as Told)).toMatch(/in about (\d+) hours \(\1–\1 hours/)
  })

  test('by shares is followed along its curve, as chlorine decays', () => {
    const { normal } = noise(8)
    const settings = { op: 'lt', value: 0.3, unit: 'mg/L', curve: 'decay', within: '20h' }
    // Half in 24 hours: from 1 to 0.3 it takes 41.7.
    const signal = (h: number): number => 0.5 ** (h / 24) * Math.exp(0.02 * normal())
    const [first] = raises(play(specOf(settings), signal, 41))

    expect(sentence(first as Told)).toMatch(/^at this rate \((49|50|51) % less a day\)/)
    const band = bandOf(first as Told)
    expect(band.early).toBeLessThan(41.7 - (first?.h ?? 0))
    expect(band.late).toBeGreaterThan(41.7 - (first?.h ?? 0))
  })

  test('by shares has no use for zero', () => {
    expect(play(specOf({ op: 'lt', value: 0.3, curve: 'decay' }), h => (h % 2 < 1 ? 0 : 1), 60)).toEqual([])
  })
})

describe('what is no trend', () => {
  const falseAlarms = (signal: (seed: number) => (h: number) => number, { runs = 40, hours = 72 } = {}): number => {
    const spec = specOf({})
    let count = 0
    for (let seed = 1; seed <= runs; seed += 1)
      if (raises(play(spec, signal(seed), hours, { from: t0 + seed * 777_777 })).length > 0) count += 1
    return count / runs
  }

  test('flat noise near the limit raises in fewer than one of a hundred runs of two days', () => {
    const flat = (seed: number): ((h: number) => number) => {
      const { normal } = noise(seed)
      return () => 7 + 0.5 * normal()
    }
    expect(falseAlarms(flat, { runs: 150, hours: 48 })).toBeLessThan(0.01)
  })

  test.each([31, 60, 180, 480])('a cycle of %i minutes raises nothing', minutes => {
    const cycle = (seed: number): ((h: number) => number) => {
      const { even, normal } = noise(seed)
      const phase = even()
      return h => 6 + 1.5 * Math.sin(2 * Math.PI * ((h * 60) / minutes + phase)) + 0.1 * normal()
    }
    expect(falseAlarms(cycle)).toBeLessThan(0.01)
  })

  test('defrosting four times a day, warming slowly and falling at once, raises nothing', () => {
    const saw = (seed: number): ((h: number) => number) => {
      const { even, normal } = noise(seed)
      const phase = even()
      return h => 5 + 2 * ((h / 6 + phase) % 1) + 0.1 * normal()
    }
    expect(falseAlarms(saw)).toBeLessThan(0.03)
  })

  test("the day's warmth raises nothing once it has been seen to come and go", () => {
    const day = (seed: number): ((h: number) => number) => {
      const { even, normal } = noise(seed)
      const phase = even()
      return h => 6 + 1.5 * Math.sin(2 * Math.PI * (h / 24 + phase)) + 0.1 * normal()
    }
    const spec = specOf({})
    const late = Array.from({ length: 40 }, (_, seed) => raises(play(spec, day(seed + 1), 120)).filter(({ h }) => h > 36)).flat()
    expect(late).toEqual([])
  })
})

describe('the band', () => {
  /** How often the true crossing lies in the band that was told, over many noises. */
  const coverage = (
    signalOf: (normal: () => number) => (h: number) => number,
    reached: number,
    settings = {},
  ): { told: number; inside: number } => {
    const spec = specOf(settings)
    let [told, inside] = [0, 0]
    for (let seed = 1; seed <= 60; seed += 1) {
      const { normal } = noise(seed * 31)
      const [first] = raises(play(spec, signalOf(normal), reached, { from: t0 + seed * 1_234_567 }))
      if (!first) continue
      told += 1
      const { early, late } = bandOf(first)
      const truth = reached - first.h
      if (early <= truth && truth <= late) inside += 1
    }
    return { told, inside: inside / told }
  }

  test('holds the true crossing at least as often as it says, whatever the noise', () => {
    for (const size of [0.1, 0.3, 0.8]) {
      const { told, inside } = coverage(normal => h => 4 + 0.1 * h + size * normal(), 40)
      expect(told).toBeGreaterThan(50)
      expect(inside).toBeGreaterThanOrEqual(0.9)
    }
  })

  test('holds it too where the trend began only yesterday', () => {
    const { told, inside } = coverage(normal => h => 4 + 0.2 * Math.max(0, h - 30) + 0.2 * normal(), 50)

    expect(told).toBeGreaterThan(55)
    expect(inside).toBeGreaterThanOrEqual(0.9)
  })

  test('holds it where each reading resembles the one before', () => {
    const drifting = (normal: () => number): ((h: number) => number) => {
      let x = 0
      return h => {
        x = 0.82 * x + Math.sqrt(1 - 0.82 ** 2) * normal()
        return 4 + 0.1 * h + 0.3 * x
      }
    }
    expect(coverage(drifting, 40).inside).toBeGreaterThanOrEqual(0.9)
  })

  test('is wider where more certainty is asked for', () => {
    const { normal } = noise(11)
    const line = fit(Array.from({ length: 48 }, (_, t) => ({ t, y: 4 + 0.05 * t + 0.3 * normal() })))
    const width = (confidence: number): number => {
      const { early, late } = crossing(line, 8, confidence)
      return late - early
    }
    expect(width(0.95)).toBeGreaterThan(1.5 * width(0.7))
  })

  test('holds where a bend leads, so that no growing trend is sooner than was said', () => {
    const spec = specOf({})
    // 20 − 18 e^(−t/40 h) slows down and comes to 8 at 16.2 h; 4 + 4 (t/40 h)³ grows and comes to 8 at 40 h.
    for (const [signal, reached] of [
      [(h: number) => 20 - 18 * Math.exp(-h / 40), 40 * Math.log(1.5)],
      [(h: number) => 4 + 4 * (h / 40) ** 3, 40],
    ] as const) {
      const [first] = raises(play(spec, signal, reached))
      const { early, late } = bandOf(first as Told)
      expect(early).toBeLessThan(reached - (first?.h ?? 0))
      expect(late).toBeGreaterThan(reached - (first?.h ?? 0))
    }
  })
})

describe('the state', () => {
  test('is bounded, plain JSON, and a restart at any reading changes nothing', () => {
    const spec = specOf({})
    const signal = (): ((h: number) => number) => {
      const { normal } = noise(12)
      return h => 4 + 0.1 * h + 0.2 * normal()
    }
    expect(play(spec, signal(), 90, { restart: 1 })).toEqual(play(spec, signal(), 90))

    let { state } = forecast.begin(spec, t0 as Instant, {})
    let steps = 0
    for (let minute = 0; minute < 8 * 24 * 60; minute += 1) {
      const step = forecast.hear(spec, state, Math.sin(minute), (t0 + minute * 60_000) as Instant, {}, 'value')
      if (step) [state, steps] = [step.state, steps + 1]
    }
    expect(JSON.stringify(state).length).toBeLessThan(4_500)
    // Eight windows of 48 means of eight readings; the other readings cost a comparison.
    expect(steps).toBeLessThan(8 * 48 * 8 * 1.3)
    expect(forecast.wake(spec, state, t0 as Instant, {})).toBeUndefined()
  })

  test('survives a gap of any length without a word', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), gap => {
        const { normal } = noise(gap)
        const spec = specOf({})
        expect(play(spec, h => 5 + 0.3 * normal() + (h > 30 ? 0 : 0), 30 + gap, { every: 0.5 })).toEqual([])
      }),
      { numRuns: 10 },
    )
  })
})

describe('the numbers behind it', () => {
  test('Student quantiles are those of the printed tables', () => {
    const table = [
      [0.1, 3, 2.353363],
      [0.05, 3, 3.182446],
      [0.001, 3, 12.923979],
      [0.1, 5, 2.015048],
      [0.05, 10, 2.228139],
      [0.5, 10, 0.699812],
      [0.1, 30, 1.697261],
      [0.001, 60, 3.4602],
    ] as const
    for (const [tails, freedom, value] of table) expect(studentQuantile(tails, freedom)).toBeCloseTo(value, 4)
    expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 6)
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232, 6)
    expect(normalQuantile(0.7)).toBeCloseTo(0.524401, 6)
  })

  test("a line through F. J. Anscombe's first quartet is y = 3.00 + 0.500 x", () => {
    const [x, y] = [
      [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
      [4.26, 5.68, 7.24, 4.82, 6.95, 8.81, 8.04, 8.33, 10.84, 7.58, 9.96],
    ]
    const line = fit(x.map((t, index) => ({ t, y: y[index] ?? 0 })))

    expect(line.slope).toBeCloseTo(0.5000909, 6)
    expect(line.level - line.slope * line.middle).toBeCloseTo(3.0000909, 6)
  })

  const samples = fc
    .tuple(
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 12, maxLength: 48 }),
      fc.double({ min: 0.3, max: 3, noNaN: true }),
    )
    .map(([ys, slope]): readonly Sample[] => ys.map((y, t) => ({ t, y: slope * t + y })))

  test('at the edges of the band the confidence band of the line touches the limit', () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 60, max: 300, noNaN: true }), (all, limit) => {
        const line = fit(all)
        fc.pre(line.freedom > 2.01 && line.variance > 0 && Math.abs(steepness(line)) > studentQuantile(0.1, line.freedom))
        const { early, likely, late } = crossing(line, limit, 0.9)
        const miss = (at: number): number => {
          const x = at - line.middle
          const t = studentQuantile(0.1, line.freedom)
          return (
            Math.abs(line.level + line.slope * x - limit) -
            t * Math.sqrt(line.variance * (1 / line.count + (x * x) / line.spread))
          )
        }
        expect(early).toBeLessThanOrEqual(likely * (1 + 1e-12))
        expect(late).toBeGreaterThanOrEqual(likely * (1 - 1e-12))
        for (const edge of [early, late]) expect(Math.abs(miss(edge))).toBeLessThan(1e-6 * limit)
      }),
    )
  })

  test('a line that may be level has no late edge', () => {
    const { normal } = noise(13)
    const line = fit(Array.from({ length: 20 }, (_, t) => ({ t, y: 0.02 * t + normal() })))
    const { early, late } = crossing({ ...line, slope: Math.abs(line.slope) }, 30, 0.9)

    expect(late).toBe(Number.POSITIVE_INFINITY)
    expect(early).toBeGreaterThan(line.middle)
  })

  test('too few samples, or samples of one moment, have no steepness', () => {
    expect(
      steepness(
        fit([
          { t: 0, y: 1 },
          { t: 1, y: 2 },
        ]),
      ),
    ).toBe(0)
    expect(steepness(fit([1, 2, 3, 4].map(y => ({ t: 0, y }))))).toBe(0)
    expect(steepness({ ...fit([1, 2, 3, 4, 5, 6, 7, 8].map(t => ({ t, y: t }))), variance: 0 })).toBe(Number.POSITIVE_INFINITY)
  })

  test('the newest straight stretch of a kinked line is what comes after the kink', () => {
    const { normal } = noise(14)
    const kinked = Array.from({ length: 48 }, (_, t) => ({ t, y: Math.max(0, t - 24) + 0.3 * normal() }))
    const stretch = newestStretch(kinked, 12)

    expect(stretch[0]?.t).toBeGreaterThanOrEqual(20)
    const curve = Array.from({ length: 48 }, (_, t) => ({ t, y: t * t }))
    expect(newestStretch(curve, 12)).toHaveLength(12)
    expect(bendOf(curve.slice(-12)).isBent).toBe(true)
  })

  test('a parabola is found as it is, and leads to the limit by its own way', () => {
    const samples = Array.from({ length: 20 }, (_, index) => ({
      t: index - 25,
      y: 3 + 2 * (index - 25) + 0.5 * (index - 25) ** 2,
    }))
    const { value, pace, bend } = bendOf(samples)
    expect([value, pace, bend].map(number => Math.round(number * 1e6) / 1e6)).toEqual([3, 2, 0.5])

    const band = { early: 10, likely: 11, late: 12 }
    // 3 + 2 t + t² comes to 11 at t = 2.
    expect(bentBand(band, { isBent: true, value, pace, bend }, 11)).toMatchObject({ early: expect.closeTo(2, 9), late: 12 })
    expect(bentBand(band, { isBent: true, value: 0, pace: 1, bend: -0.1 }, 11).late).toBe(Number.POSITIVE_INFINITY)
    expect(bentBand(band, { isBent: true, value: 12, pace: 1, bend: 0.1 }, 11)).toEqual({
      ...band,
      late: Number.POSITIVE_INFINITY,
    })
  })

  test('samples of one moment, or very few, are not bent', () => {
    expect(bendOf([1, 2, 3, 4, 5, 6].map(y => ({ t: 0, y }))).isBent).toBe(false)
    expect(bendOf([0, 1, 4].map((y, t) => ({ t, y }))).isBent).toBe(false)
  })
})

describe('where the readings lead, for whoever draws it', () => {
  /** The state after a signal of hours, and the outlook so long after its last reading. */
  function outlookAfter(spec: unknown, signal: (h: number) => number, hours: number, later = 0) {
    let { state } = forecast.begin(spec, t0 as Instant, {})
    let raised: Transition | undefined
    let at = t0
    for (let h = 0; h <= hours && raised === undefined; h += 1 / 6) {
      at = Math.round(t0 + h * hour)
      const step = forecast.hear(spec, state, signal(h), at as Instant, {}, 'value')
      if (step?.transition?.what === 'raised') raised = step.transition
      state = step?.state ?? state
    }
    const now = at + later * hour
    return { now, raised, seen: forecast.outlook?.(spec, state, now as Instant) }
  }
  const at = (fan: Outlook['fan'], moment: number, side: 'low' | 'mean' | 'high'): number => {
    const next = fan.findIndex(one => one.at >= moment)
    const [a, b] = [fan[Math.max(0, next - 1)], fan[next]]
    if (!a || !b) throw new Error('not in the fan')
    return a.at === b.at ? a[side] : a[side] + ((b[side] - a[side]) * (moment - a.at)) / (b.at - a.at)
  }

  test('is the very band that the alarm tells: its edges are at the limit when it says', () => {
    const signals = fc.record({
      seed: fc.integer({ min: 1, max: 1e6 }),
      pace: fc.double({ min: 0.1, max: 0.4, noNaN: true }),
      size: fc.double({ min: 0, max: 0.3, noNaN: true }),
    })
    const spec = specOf({ value: 12 })
    let looked = 0
    fc.assert(
      fc.property(signals, ({ seed, pace, size }) => {
        const { normal } = noise(seed)
        const { now, raised, seen } = outlookAfter(spec, h => 2 + pace * h + size * normal(), 20)
        if (!seen) return
        looked += 1
        expect(seen).toMatchObject({ op: 'gt', value: 12, confidence: 0.9 })
        expect(seen.fan[0]?.at).toBe(now)
        expect(seen.earlyAt).toBeLessThanOrEqual(seen.likelyAt)
        expect(seen.lateAt ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(seen.likelyAt)
        const near = { digits: 0.05 * (12 - 2) }
        expect(Math.abs(at(seen.fan, seen.likelyAt, 'mean') - 12)).toBeLessThan(near.digits)
        if (seen.earlyAt > now) expect(Math.abs(at(seen.fan, seen.earlyAt, 'high') - 12)).toBeLessThan(near.digits)
        if (seen.lateAt !== undefined && seen.lateAt <= (seen.fan.at(-1)?.at ?? 0))
          expect(Math.abs(at(seen.fan, seen.lateAt, 'low') - 12)).toBeLessThan(near.digits)
        for (const { low, mean, high } of seen.fan) {
          expect(low).toBeLessThanOrEqual(mean)
          expect(high).toBeGreaterThanOrEqual(mean)
        }
        const hoursAhead =
          raised?.what === 'raised' ? Number(/about ([\d.]+) hours/.exec(raised.because?.en ?? '')?.[1]) : Number.NaN
        if (Number.isFinite(hoursAhead)) expect(Math.abs((seen.likelyAt - now) / hour - hoursAhead)).toBeLessThanOrEqual(0.5)
      }),
      { numRuns: 60 },
    )
    expect(looked).toBeGreaterThan(30)
  })

  test('grows wider with the distance', () => {
    const { normal } = noise(7)
    const { seen } = outlookAfter(specOf({ value: 8, within: '6h' }), h => 2 + 0.2 * h + 0.1 * normal(), 23)
    const widths = (seen?.fan ?? []).map(({ low, high }) => high - low)

    expect(widths.length).toBeGreaterThan(10)
    expect(widths.toSorted((a, b) => a - b)).toEqual(widths)
  })

  test('of what decays is told in the unit of the point, never below nought', () => {
    const { seen } = outlookAfter(
      specOf({ op: 'lt', value: 0.3, curve: 'decay', within: '1h' }),
      h => 1.5 * Math.exp(-h / 15),
      23,
    )

    expect(seen).toBeDefined()
    for (const { low } of seen?.fan ?? []) expect(low).toBeGreaterThan(0)
    expect(at(seen?.fan ?? [], seen?.likelyAt ?? 0, 'mean')).toBeCloseTo(0.3, 2)
  })

  test.each([
    { name: 'nothing moves', signal: () => 4, settings: {} },
    { name: 'it leads away', signal: (h: number) => 7 - 0.2 * h, settings: {} },
    { name: 'the limit is reached', signal: (h: number) => 6 + 0.3 * h, settings: {} },
    {
      name: 'the limit is farther away than twice what is warned of',
      signal: (h: number) => 2 + 0.1 * h,
      settings: { within: '2h' },
    },
  ])('is nothing where $name', ({ signal, settings }) => {
    expect(outlookAfter(specOf({ within: '1m', ...settings }), signal, 20).seen).toBeUndefined()
  })

  test('is nothing before anything is read, and once the readings are old', () => {
    const spec = specOf({ value: 12, within: '8h' })
    const rising = (h: number) => 2 + 0.3 * h
    expect(forecast.outlook?.(spec, forecast.begin(spec, t0 as Instant, {}).state, t0 as Instant)).toBeUndefined()
    expect(outlookAfter(spec, rising, 20, 1).seen).toBeDefined()
    expect(outlookAfter(spec, rising, 20, 7).seen).toBeUndefined()
  })
})

describe('the words', () => {
  const words = (ms: number, early: number, late: number, more = {}): string => {
    const spec = { value: 8, unit: '°C', curve: 'line', confidence: 0.9, ...more } as const
    const said = becauseOf(spec, { likely: ms, early, late, perHour: 0.4 })
    return `${said.zh} | ${said.en}`
  }

  test.each([
    [31 * hour, 24 * hour, 40 * hour, '照现在的走势（每小时 +0.4 °C），约 31 小时后（24–40 小时，把握 90 %）到 8 °C'],
    [18 * 60_000, 14 * 60_000, 22 * 60_000, '约 18 分钟后（14–22 分钟，把握 90 %）'],
    [9 * 24 * hour, 5.6 * 24 * hour, 20 * 24 * hour, '约 9 天后（5.6–20 天，把握 90 %）'],
    [4 * hour, -hour, Number.POSITIVE_INFINITY, '约 4 小时后（最早 0 小时，把握 90 %）'],
    [-hour, -2 * hour, hour, '照现在的走势，已到 8 °C | at this rate it has reached 8 °C'],
  ])('of %d ms name minutes, hours or days', (likely, early, late, said) => {
    expect(words(likely, early, late)).toContain(said)
  })
})

test.each([
  [{ least: 4 }, /"least" is from 8 to 48/],
  [{ confidence: 90 }, /"confidence" is from/],
  [{ window: '0' }, /"window" cannot be nothing/],
  [{ within: 48 }, /"within" cannot be 48/],
  [{ curve: 'decay', value: 0 }, /never reaches 0/],
  [{ curve: 'cubic' }, /one of|"curve" cannot be/],
])('refuses %j', (settings, said) => {
  const parsed = forecast.parse({ kind: 'forecast', op: 'lt', value: 1, ...settings }, nowhere)

  expect(parsed.ok ? '' : parsed.problems.map(({ wrong }) => wrong.en).join('\n')).toMatch(said)
})
