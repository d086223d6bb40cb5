import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advise, candidatesOf, paretoFront } from '../../gateway/policy/advisor.ts'
import type { AdviceAsk, Choice, Tried } from '../../gateway/policy/advisor.ts'
import type { HeardSeries } from '../../gateway/policy/advisor-evidence.ts'
import { hours, instant, millis, minutes } from '../../protocols/contract/time.ts'

const minute = 60_000
const limit = { op: 'gt', value: 8, deadband: 0, onDelay: minutes(0), offDelay: minutes(0) } as const

/** One value a minute from minute 0 on; `null` is a bad reading. */
const series = (values: readonly (number | null)[]): HeardSeries => ({
  at: values.map((_, index) => index * minute),
  value: values.map(value => value ?? Number.NaN),
})
const ask = (values: readonly (number | null)[], more: Partial<AdviceAsk> = {}): AdviceAsk => ({
  spec: limit,
  decimals: 1,
  staleAfter: undefined,
  series: series(values),
  end: instant(values.length * minute),
  ...more,
})

/** 4 °C, and what is said from a minute on. */
const cabinet = (length: number, ...warm: readonly (readonly [from: number, minutes: number, value?: number])[]): number[] =>
  Array.from({ length }, (_, index) => {
    const now = warm.find(([from, lasts]) => index >= from && index < from + lasts)
    return now ? (now[2] ?? 10) : 4
  })

describe('the advisor', () => {
  test('proposes a delay that spares what is over by itself and still tells of every breach', () => {
    const values = cabinet(2_000, [100, 5], [300, 8], [500, 12], [700, 90], [1_000, 6], [1_400, 45])

    const { proposed, now, excursions, sentence } = advise(ask(values, { harm: minutes(30) }))

    expect(excursions).toEqual({ all: 6, harmful: 2, longestHours: 1.5 })
    expect(now).toMatchObject({ alarms: 6, kept: 2, lost: 0, nuisance: 4 })
    // Twelve minutes is the longest that is over by itself: of the delays that are looked at fifteen is the first that spares it.
    expect(proposed).toMatchObject({ onDelay: minutes(15), alarms: 2, kept: 2, lost: 0, nuisance: 0 })
    expect(proposed?.toldAfter).toEqual({ mean: 0.25, worst: 0.25 })
    expect(sentence.en).toContain('onDelay 0s → 15m')
    expect(sentence.zh).toContain('必须知道的 2 次超限全部保留')
  })

  test('joins the alarms of one trouble that swings about the limit, by deadband and off-delay', () => {
    const swings = Array.from({ length: 12 }, (_, index): [number, number, number] => [100 + index * 20, 12, 8.3])
    const between = Array.from({ length: 12 }, (_, index): [number, number, number] => [112 + index * 20, 8, 7.8])
    const values = cabinet(600, ...swings, ...between)

    const { now, proposed } = advise(ask(values, { spec: { ...limit, onDelay: minutes(10) }, harm: minutes(10) }))

    expect(now).toMatchObject({ alarms: 12, nuisance: 0, repeats: 11, lost: 0 })
    expect(proposed).toMatchObject({ onDelay: minutes(10), alarms: 1, repeats: 0, lost: 0, kept: 12 })
  })

  test('never makes anybody hear of a breach later than now unless somebody says what may pass untold', () => {
    const values = cabinet(1_000, [100, 25], [300, 22], [500, 31])

    const { harm, proposed, delays } = advise(ask(values, { spec: { ...limit, onDelay: minutes(20) } }))

    expect(harm).toBe(minutes(20))
    expect(proposed).toBeUndefined()
    // The table says all the same what a longer delay would cost.
    expect(delays.find(({ onDelay }) => onDelay === minutes(30))).toMatchObject({ alarms: 1, kept: 1, lost: 2 })
    expect(delays.find(({ onDelay }) => onDelay === minutes(0))).toMatchObject({ alarms: 3, lost: 0 })
  })

  test('shortens a delay only where breaches that must be known are missed', () => {
    const values = cabinet(1_000, [100, 25], [300, 50])

    const { now, proposed } = advise(ask(values, { spec: { ...limit, onDelay: minutes(30) }, harm: minutes(20) }))

    expect(now).toMatchObject({ kept: 1, lost: 1 })
    expect(proposed).toMatchObject({ onDelay: minutes(20), kept: 2, lost: 0 })
  })

  test('sees a breach by the clause, where the alarm of a pack warns before it', () => {
    const values = cabinet(1_000, [100, 60, 8.5], [400, 60, 12])

    const advice = advise(ask(values, { harm: minutes(20), clause: { op: 'gt', value: 10 } }))

    expect(advice.limit).toEqual({ op: 'gt', value: 10 })
    expect(advice.excursions).toMatchObject({ all: 1, harmful: 1 })
    expect(advice.now).toMatchObject({ alarms: 2, kept: 1, nuisance: 0 })
  })

  test('has nothing to say where nothing happened', () => {
    const advice = advise(ask(cabinet(500), { harm: minutes(60) }))

    expect(advice.proposed).toBeUndefined()
    expect(advice.now).toMatchObject({ alarms: 0, kept: 0, lost: 0 })
    expect(advice.sentence.en).toContain('Nothing in the history speaks for a change')
    expect(advise(ask([], { end: instant(0) })).proposed).toBeUndefined()
  })

  test('asks for no deadband finer than the sensor, nor one that would keep the alarm from clearing', () => {
    const bands = new Set(candidatesOf(ask(cabinet(200, [100, 20])), limit, hours(1)).map(({ deadband }) => deadband))

    expect([...bands]).toEqual([0, 0.1, 0.2, 0.5, 1, 2])
  })
})

/** Another way to the same: minute by minute, with flags instead of states. Times are whole minutes, readings one a minute. */
function minuteByMinute({ spec, series: { value: values } }: AdviceAsk, { onDelay, deadband, offDelay }: Choice): boolean[] {
  const [on, off] = [onDelay / minute, offDelay / minute]
  const standing: boolean[] = []
  let stands = false
  let [breachFrom, backFrom, isBad, isHeld] = [-1, -1, false, false]
  for (const [now, value] of values.entries()) {
    // Timers that were due before this minute's reading have run out meanwhile; one due at this very minute has not.
    if (!stands && breachFrom >= 0 && now > breachFrom + on) stands = true
    if (stands && backFrom >= 0 && now > backFrom + off && !isHeld) {
      if (isBad) isHeld = true
      else [stands, backFrom, breachFrom] = [false, -1, -1]
    }
    isBad = Number.isNaN(value)
    const isBreach = value > spec.value
    const isBack = value <= spec.value - deadband && !isBreach
    if (!isBad && !stands) {
      if (!isBreach) breachFrom = -1
      else if (breachFrom < 0) breachFrom = now
      if (isBreach && on === 0) stands = true
    } else if (!isBad) {
      if (!isBack) [backFrom, isHeld] = [-1, false]
      else if (isHeld || off === 0) [stands, backFrom, isHeld, breachFrom] = [false, -1, false, -1]
      else if (backFrom < 0) backFrom = now
    }
    // What stands from this instant on: a timer due now rings once this minute's reading has been heard.
    if (!stands && breachFrom >= 0 && now === breachFrom + on) stands = true
    if (stands && backFrom >= 0 && now === backFrom + off && !isHeld) {
      if (isBad) isHeld = true
      else [stands, backFrom, breachFrom] = [false, -1, -1]
    }
    standing.push(stands)
  }
  return standing
}

/** Breaches, alarms and hours counted off two rows of flags. */
function counted(standing: readonly boolean[], values: readonly number[], bound: number, harm: number) {
  const runs = (flags: readonly boolean[]): [number, number][] =>
    flags.flatMap((flag, index) => {
      if (!flag || flags[index - 1]) return []
      const end = flags.indexOf(false, index)
      return [[index, end < 0 ? flags.length : end] as [number, number]]
    })
  const inBreach: boolean[] = []
  for (const value of values) inBreach.push(Number.isNaN(value) ? (inBreach.at(-1) ?? false) : value > bound)
  const harmful = runs(inBreach).filter(([from, to]) => (to - from) * minute > harm)
  const alarms = runs(standing)
  const meets = ([from, to]: [number, number], [start, end]: [number, number]): boolean => from < end && start < to
  return {
    alarms: alarms.length,
    kept: harmful.filter(breach => alarms.some(alarm => meets(alarm, breach))).length,
    lost: harmful.filter(breach => !alarms.some(alarm => meets(alarm, breach))).length,
    nuisance: alarms.filter(alarm => !harmful.some(breach => meets(alarm, breach))).length,
    repeats: alarms.filter(
      (alarm, index) =>
        harmful.some(breach => meets(alarm, breach)) && index > 0 && alarm[0] - (alarms[index - 1]?.[1] ?? 0) <= 30,
    ).length,
    beyond: standing.filter((stands, index) => stands && !inBreach[index]).length / 60,
  }
}

/** A cabinet whose doors are opened, that defrosts, swings about its limit, and whose probe now and then is not to be had. */
const history = fc
  .array(
    fc.record({
      lasts: fc.integer({ min: 1, max: 40 }),
      value: fc.constantFrom<number | null>(4, 4, 6, 7.6, 7.9, 8.2, 9, 12, null),
    }),
    { minLength: 4, maxLength: 40 },
  )
  .map(pieces => pieces.flatMap(({ lasts, value }) => Array.from({ length: lasts }, () => value)))
  // A recording that ends while something is under way would ask both counters what an open end means.
  .map(values => [4, ...values, ...Array.from({ length: 60 }, () => 4)])
const setting = fc.record({
  spec: fc
    .record({ on: fc.constantFrom(0, 5, 20), off: fc.constantFrom(0, 5), deadband: fc.constantFrom(0, 0.5) })
    .map(({ on, off, deadband }) => ({ ...limit, deadband, onDelay: minutes(on), offDelay: minutes(off) })),
  harm: fc.constantFrom(0, 7, 20, 45).map(minutes),
})

describe('what the advisor says', () => {
  test('agrees with counting minute by minute, for every candidate', () => {
    fc.assert(
      fc.property(history, setting, (values, { spec, harm }) => {
        const asked = ask(values, { spec, harm })
        const { delays, now, proposed, front } = advise(asked)
        for (const tried of [...delays, now, ...front, ...(proposed ? [proposed] : [])]) {
          const byHand = counted(minuteByMinute(asked, tried), asked.series.value, 8, harm)
          expect({ choice: tried, ...pick(tried) }).toEqual({ choice: tried, ...byHand })
        }
      }),
      { numRuns: 60 },
    )
  })

  test('keeps every breach that must be known, and is the best of an exhaustive search', () => {
    fc.assert(
      fc.property(history, setting, (values, { spec, harm }) => {
        const asked = ask(values, { spec, harm })
        const { proposed, now } = advise(asked)
        const [standing, ...all] = [spec, ...candidatesOf(asked, spec, harm)].map(({ onDelay, deadband, offDelay }) => {
          const choice = { onDelay, deadband, offDelay }
          return { ...choice, ...counted(minuteByMinute(asked, choice), asked.series.value, 8, harm) }
        })
        if (!standing) throw new Error('nothing was tried')
        // No delay beyond the harm time is ever looked at, so none of them loses anything.
        expect(all.every(({ lost, onDelay }) => lost === 0 && onDelay <= harm)).toBe(true)
        const needless = ({ nuisance, repeats }: { nuisance: number; repeats: number }): number => nuisance + repeats
        const least = Math.min(...all.map(needless))
        if (!proposed) {
          // It keeps quiet only where what stands loses nothing and little could be spared.
          expect(now.lost).toBe(0)
          expect(least).toBeGreaterThanOrEqual(needless(standing))
          return
        }
        const most = standing.lost === 0 ? least + 0.1 * Math.max(0, needless(standing) - least) : least
        expect(needless(proposed)).toBeLessThanOrEqual(most)
        const better = all.filter(
          one =>
            needless(one) <= most &&
            (one.onDelay < proposed.onDelay || (one.onDelay === proposed.onDelay && one.beyond < proposed.beyond - 1e-9)),
        )
        expect(better).toEqual([])
      }),
      { numRuns: 60 },
    )
  })
})

const pick = ({ alarms, kept, lost, nuisance, repeats, beyond }: Tried) => ({ alarms, kept, lost, nuisance, repeats, beyond })

describe('the Pareto front', () => {
  test('holds exactly what nothing else beats, by exhaustive search', () => {
    const tried = fc
      .record({
        nuisance: fc.integer({ min: 0, max: 4 }),
        mean: fc.integer({ min: 0, max: 4 }),
        beyond: fc.integer({ min: 0, max: 4 }),
      })
      .map(({ nuisance, mean, beyond }): Tried => ({
        onDelay: millis(0),
        deadband: 0,
        offDelay: millis(0),
        alarms: 0,
        kept: 0,
        lost: 0,
        nuisance,
        repeats: 0,
        toldAfter: { mean, worst: mean },
        beyond,
      }))
    const costs = ({ nuisance, toldAfter, beyond }: Tried) => [nuisance, toldAfter.mean, beyond] as const
    fc.assert(
      fc.property(fc.array(tried, { maxLength: 30 }), all => {
        const front = new Set(paretoFront(all).map(one => costs(one).join()))
        for (const one of all) {
          const isBeaten = all.some(other => {
            const pairs = costs(other).map((cost, index) => cost - (costs(one)[index] ?? 0))
            return Math.max(...pairs) <= 0 && Math.min(...pairs) < 0
          })
          expect(front.has(costs(one).join())).toBe(!isBeaten)
        }
      }),
    )
  })
})
