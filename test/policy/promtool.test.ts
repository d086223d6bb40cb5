import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judged } from './oracle.ts'
import type { Row, Settings } from './oracle.ts'
import { contradictions } from './promtool.ts'
import type { Claim } from './promtool.ts'

/**
 * The timing of our rules against Prometheus, which nobody here wrote: `for` is the on-delay, `keep_firing_for` the off-delay. The two differ,
 * and the series below stay where they must agree:
 * - Prometheus judges on a grid, here a minute, and knows nothing between: readings and delays are whole minutes.
 * - To Prometheus a value that has not come for five minutes does not exist, and an alert whose series is gone resolves; to us silence
 *   neither clears nor resets. Gaps are therefore at most four minutes, over which both hold the last value. (Where the last word was bad or
 *   the point stale we hold a return, Prometheus does not; bad readings are in the other tests.)
 * - Prometheus has no deadband: `or (… and ALARM)` is how it is written there, ALARM being the alert's own state a minute before.
 */
const minute = 60_000
const length = 90

const minutes = (most: number, least = 0): fc.Arbitrary<number> => fc.integer({ min: least, max: most }).map(n => n * minute)
const duration = (ms: number): string => `${ms}ms`
const op = fc.constantFrom('gt', 'ge', 'lt', 'le')
const signs: Readonly<Record<string, string>> = { gt: '>', ge: '>=', lt: '<', le: '<=' }
/** Within the deadband, or beyond the limit: what has not come back. */
const within: Readonly<Record<string, string>> = { gt: '>', ge: '>', lt: '<', le: '<' }

const edgeOf = (op: string, value: number, deadband: number): number => (op.startsWith('g') ? value - deadband : value + deadband)

/** One value a minute, with runs so that delays run out, none missing. */
const whole = (value: fc.Arbitrary<number>): fc.Arbitrary<readonly number[]> =>
  fc
    .array(fc.tuple(value, fc.integer({ min: 1, max: 9 })), { minLength: length, maxLength: length })
    .map(runs => runs.flatMap(([first, times]) => Array.from({ length: times }, () => first)).slice(0, length))

/** The same with gaps of up to four minutes; the first minute is always there. */
const gappy = (value: fc.Arbitrary<number>): fc.Arbitrary<readonly (number | undefined)[]> =>
  fc.tuple(whole(value), fc.array(fc.boolean(), { minLength: length, maxLength: length })).map(([values, missing]) => {
    let gap = 0
    return values.map((first, index) => {
      gap = missing[index] && index > 0 && gap < 4 ? gap + 1 : 0
      return gap > 0 ? undefined : first
    })
  })

const tenths = fc.integer({ min: -20, max: 20 }).map(n => n / 4)

/** Which minutes our rule is in alarm, after the readings and the timers of that very minute. */
function firing(settings: Settings, series: readonly (readonly (number | undefined)[])[], members?: number): readonly boolean[] {
  const rows: readonly Row[] = Array.from({ length }, (_, index) => index).flatMap(index =>
    series.flatMap((values, member) => {
      const value = values[index]
      return value === undefined ? [] : [{ at: index * minute, value, member }]
    }),
  )
  const transitions = judged(settings, rows, { end: (length - 1) * minute, ...(members === undefined ? {} : { members }) })
  return Array.from({ length }, (_, index) => transitions.filter(({ at }) => at <= index * minute).at(-1)?.what === 'raised')
}

const limits: fc.Arbitrary<Claim> = fc
  .record({
    op,
    value: tenths,
    deadband: fc.integer({ min: 0, max: 8 }).map(n => n / 4),
    onDelay: minutes(6),
    offDelay: minutes(6),
    series: gappy(tenths),
  })
  .map(({ op, value, deadband, onDelay, offDelay, series }) => {
    const settings = { kind: 'limit', op, value, deadband, onDelay: duration(onDelay), offDelay: duration(offDelay) }
    const back =
      deadband > 0 ? ` or ($ ${within[op]} ${edgeOf(op, value, deadband)} and ignoring(alertname, alertstate, m) ALARM)` : ''
    return {
      expr: `max by (s) ($ ${signs[op]} ${value}${back})`,
      for: onDelay,
      keepFiringFor: offDelay,
      series: [series],
      firing: firing(settings, [series]),
    }
  })

const cumulative: fc.Arbitrary<Claim> = fc
  .record({ value: tenths, onDelay: minutes(12, 1), per: minutes(30, 12), series: whole(tenths) })
  .map(({ value, onDelay, per, series }) => ({
    // A value counts for the minute that begins with it: of (t − per, t] those of t − per to t − 1.
    expr: `max by (s) ((sum_over_time(($ > bool ${value})[${per / minute}m:1m]) - ($ > bool ${value})) * ${minute} >= ${onDelay})`,
    series: [series],
    firing: firing({ kind: 'limit', op: 'gt', value, count: 'cumulative', onDelay: duration(onDelay), per: duration(per) }, [
      series,
    ]),
  }))

const staleness: fc.Arbitrary<Claim> = fc
  .record({
    after: minutes(12, 1),
    series: fc
      .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 20 })), { minLength: length, maxLength: length })
      .map(runs =>
        runs
          .flatMap(([there, gone]) => [...Array<number>(there).fill(1), ...Array<undefined>(gone).fill(undefined)])
          .slice(0, length),
      ),
  })
  .map(({ after, series }) => ({
    expr: `max by (s) (time() - max_over_time(timestamp($)[2h:1m]) >= ${after / 1_000})`,
    series: [series],
    firing: firing({ kind: 'stale', after: duration(after) }, [series]),
  }))

const stuckness: fc.Arbitrary<Claim> = fc
  .record({ still: minutes(8, 1), series: whole(fc.integer({ min: 0, max: 2 })) })
  .map(({ still, series }) => ({
    expr: `max by (s) (changes($[${duration(still)}]) == 0 and count_over_time($[${duration(still)}]) == ${still / minute + 1})`,
    series: [series],
    firing: firing({ kind: 'stuck', eps: 0, for: duration(still) }, [series]),
  }))

const rates: fc.Arbitrary<Claim> = fc
  .record({ perMinute: fc.integer({ min: 0, max: 8 }), series: whole(fc.integer({ min: -6, max: 6 })) })
  .map(({ perMinute, series }) => ({
    expr: `max by (s) (abs($ - $ offset 1m) > ${perMinute})`,
    series: [series],
    firing: firing({ kind: 'rate', perMinute }, [series]),
  }))

const means: fc.Arbitrary<Claim> = fc
  // Prometheus adds up with rounding: no mean of quarters comes near a bound that ends in 0.0137.
  .record({ op, value: tenths.map(n => n + 0.013_7), window: minutes(20, 1), series: whole(tenths) })
  .map(({ op, value, window, series }) => ({
    // Its window includes its own beginning, ours does not.
    expr: `max by (s) (avg_over_time($[${duration(window - 1)}]) ${signs[op]} ${value})`,
    series: [series],
    firing: firing({ kind: 'mean', op, value, window: duration(window) }, [series]),
  }))

const states: fc.Arbitrary<Claim> = fc
  .record({
    is: fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 2 }),
    wait: minutes(6),
    offDelay: minutes(4),
    series: gappy(fc.integer({ min: 0, max: 3 })),
  })
  .map(({ is, wait, offDelay, series }) => ({
    expr: `max by (s) (${is.map(code => `$ == ${code}`).join(' or ')})`,
    for: wait,
    keepFiringFor: offDelay,
    series: [series],
    firing: firing({ kind: 'state', is, for: duration(wait), offDelay: duration(offDelay) }, [series]),
  }))

const votes: fc.Arbitrary<Claim> = fc
  .record({
    of: fc.integer({ min: 1, max: 3 }),
    op,
    value: tenths,
    deadband: fc.integer({ min: 0, max: 8 }).map(n => n / 4),
    onDelay: minutes(4),
    offDelay: minutes(4),
    series: fc.array(gappy(tenths), { minLength: 3, maxLength: 4 }),
  })
  .map(({ of, op, value, deadband, onDelay, offDelay, series }) => {
    const settings = { kind: 'vote', of, op, value, deadband, onDelay: duration(onDelay), offDelay: duration(offDelay) }
    const back = deadband > 0 ? ` or ($ ${within[op]} ${edgeOf(op, value, deadband)} and on(s) ALARM)` : ''
    return {
      expr: `count by (s) ($ ${signs[op]} ${value}${back}) >= ${of}`,
      for: onDelay,
      keepFiringFor: offDelay,
      series,
      firing: firing(settings, series, series.length),
    }
  })

describe('Prometheus agrees, minute by minute,', () => {
  test.each<readonly [string, fc.Arbitrary<Claim>, number]>([
    ['with a limit and its delays and deadband, over gaps', limits, 50],
    ['with a limit whose time is added up', cumulative, 30],
    ['with silence', staleness, 25],
    ['with a value that does not move', stuckness, 25],
    ['with a rate of change', rates, 20],
    ['with a mean', means, 25],
    ['with a state that lasts', states, 25],
    ['with a vote', votes, 25],
  ])('%s', (_name, claims, count) => {
    fc.assert(
      fc.property(fc.array(claims, { minLength: count, maxLength: count }), batch => {
        // A series in which nothing ever happens proves nothing.
        const lively = batch.filter(({ firing: minutesFiring }) => new Set(minutesFiring).size === 2)
        expect(lively.length).toBeGreaterThan(count / 5)
        expect(contradictions(batch)).toBe('')
      }),
      { numRuns: 2, endOnFailure: true },
    )
  })

  test('and says so when a claim is wrong', () => {
    const claim: Claim = { expr: 'max by (s) ($ > 8)', series: [[9, 9, 1]], firing: [true, false, false] }
    expect(contradictions([claim])).toContain('alertname: A0, time: 1m')
  })
})
