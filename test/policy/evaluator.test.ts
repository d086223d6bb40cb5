import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fault } from '../../protocols/contract/fault.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { Recording } from '../../gateway/policy/evaluate.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import type { Transition } from '../../gateway/policy/kind.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'

interface Row {
  readonly at: Instant
  readonly value: number | undefined
}

const point = 'p.t' as PointId
const rule = 'p.t.r' as RuleId

interface LimitNumbers {
  readonly op: 'gt' | 'ge' | 'lt' | 'le'
  readonly value: number
  readonly deadband: number
  readonly onDelay: number
  readonly offDelay: number
}

/**
 * Contract §5 for `limit` once more, written as a walk over milliseconds-free intervals and sharing nothing with the gateway: for each
 * reading it asks what the whole past says, instead of keeping a state.
 */
function limitByHand(spec: LimitNumbers, rows: readonly Row[]): readonly string[] {
  const meets = (v: number): boolean =>
    ({ gt: v > spec.value, ge: v >= spec.value, lt: v < spec.value, le: v <= spec.value })[spec.op]
  const returned = (v: number): boolean =>
    !meets(v) && (spec.op.startsWith('g') ? v <= spec.value - spec.deadband : v >= spec.value + spec.deadband)
  const said: string[] = []
  let newest = -Infinity
  let begin: number | undefined
  let raisedAt: number | undefined
  let back: number | undefined
  let overdue = false
  let bad = false
  const timeTo = (t: number, inclusive: boolean): void => {
    const isPast = (due: number): boolean => (inclusive ? due <= t : due < t)
    if (raisedAt === undefined && begin !== undefined && isPast(begin + spec.onDelay)) {
      raisedAt = begin + spec.onDelay
      said.push(`raised ${raisedAt} since ${begin}`)
      begin = undefined
    }
    if (raisedAt !== undefined && back !== undefined && !overdue && isPast(back + spec.offDelay)) {
      if (bad) overdue = true
      else {
        said.push(`cleared ${back + spec.offDelay}`)
        raisedAt = back = undefined
      }
    }
  }
  for (const { at, value } of rows) {
    timeTo(at, false)
    if (at <= newest) continue
    if (value === undefined) {
      bad = true
      continue
    }
    newest = at
    bad = false
    if (raisedAt === undefined) {
      if (!meets(value)) begin = undefined
      else begin ??= at
      if (begin !== undefined && spec.onDelay === 0) timeTo(at, true)
    } else if (!returned(value)) {
      back = undefined
      overdue = false
    } else if (overdue) {
      said.push(`cleared ${at}`)
      raisedAt = back = undefined
      overdue = false
    } else {
      back ??= at
      if (spec.offDelay === 0) timeTo(at, true)
    }
  }
  const end = rows.reduce((last, { at }) => Math.max(last, at), -Infinity)
  timeTo(end, true)
  return said
}

const say = (transition: Transition): string =>
  transition.what === 'raised' ? `raised ${transition.at} since ${transition.since}` : `cleared ${transition.at}`

function evaluated(spec: LimitNumbers, rows: readonly Row[]): readonly string[] {
  const recording = new Recording([{ name: 'rule', kind: 'limit', spec }], ['value'])
  const said = rows.flatMap(({ at, value }) => recording.hear({ at, values: { value } }))
  return [...said, ...recording.end().told].flatMap(told => ('transition' in told ? [say(told.transition)] : []))
}

const limits: fc.Arbitrary<LimitNumbers> = fc.record({
  op: fc.constantFrom('gt', 'ge', 'lt', 'le'),
  value: fc.integer({ min: -2, max: 2 }),
  deadband: fc.integer({ min: 0, max: 2 }),
  onDelay: fc.integer({ min: 0, max: 6 }),
  offDelay: fc.integer({ min: 0, max: 6 }),
})
const rowsInOrder: fc.Arbitrary<readonly Row[]> = fc
  .array(
    fc.record({
      step: fc.integer({ min: 0, max: 5 }),
      value: fc.option(fc.integer({ min: -4, max: 4 }), { nil: undefined, freq: 6 }),
    }),
    { maxLength: 60 },
  )
  .map(steps => {
    let at = 0
    return steps.map(({ step, value }) => ({ at: (at += step) as Instant, value }))
  })

const row = (at: number, value?: number): Row => ({ at: at as Instant, value })

const toReading = ({ at, value }: Row): Reading =>
  value === undefined
    ? { point, at, receivedAt: at, quality: 'bad', fault: fault('timeout', 'none') }
    : { point, at, receivedAt: at, value, quality: 'good' }

const fresh = (spec: unknown, kind = 'limit', startAt = 0): Evaluator =>
  new Evaluator({
    rules: [{ id: rule, kind, spec, point }],
    kinds: ruleKinds,
    staleAfter: () => 9 as Millis,
    startAt: startAt as Instant,
  })

describe('the evaluator', () => {
  test('says of any recording what the contract says, worked out by hand', () => {
    fc.assert(
      fc.property(limits, rowsInOrder, (spec, rows) => {
        expect(evaluated(spec, rows)).toEqual(limitByHand(spec, rows))
      }),
      { numRuns: 2_000 },
    )
  })

  test('gives the same result when it is stopped, checkpointed as JSON and started again after any reading', () => {
    fc.assert(
      fc.property(limits, rowsInOrder, fc.nat(60), (spec, rows, cut) => {
        const through = fresh(spec)
        const whole = rows.flatMap(row => through.hear([toReading(row)], row.at).map(({ transition }) => say(transition)))

        const before = fresh(spec)
        const first = rows
          .slice(0, cut)
          .flatMap(row => before.hear([toReading(row)], row.at).map(({ transition }) => say(transition)))
        const memory = JSON.parse(JSON.stringify(before.memoryOf(rule)))
        const known = rows.slice(0, cut).reduce<{ good?: { at: Instant; value: number }; lastWordBad: boolean }>(
          (kept, { at, value }) => {
            if (kept.good && at <= kept.good.at) return kept
            return value === undefined ? { ...kept, lastWordBad: true } : { good: { at, value }, lastWordBad: false }
          },
          { lastWordBad: false },
        )
        const again = fresh(spec, 'limit', rows[cut - 1]?.at ?? 0)
        again.restoreRule(rule, memory)
        again.restorePoint(point, known)
        again.rehear()
        const rest = rows.slice(cut).flatMap(row => again.hear([toReading(row)], row.at).map(({ transition }) => say(transition)))

        expect([...first, ...rest]).toEqual(whole)
      }),
      {
        numRuns: 3_000,
        // A return that was held, and a restart that heard its last reading once more: found by chance, kept for good.
        examples: [
          [{ op: 'le', value: 0, deadband: 0, onDelay: 0, offDelay: 1 }, [row(0, 0), row(1, 1), row(2), row(3), row(3)], 4],
        ],
      },
    )
  })

  test('does not care how often it is told that time has passed', () => {
    fc.assert(
      fc.property(limits, rowsInOrder, fc.array(fc.nat(250)), (spec, rows, ticks) => {
        const plain = fresh(spec)
        const calm = rows.flatMap(row => plain.hear([toReading(row)], row.at).map(({ transition }) => say(transition)))
        const ticked = fresh(spec)
        const nervous = rows.flatMap((row, index) => {
          const said = ticked.hear([toReading(row)], row.at)
          const next = rows[index + 1]?.at ?? row.at
          const between = ticks.filter(tick => tick > row.at && tick <= next).sort((a, b) => a - b)
          return [...said, ...between.flatMap(tick => ticked.advance(tick as Instant))].map(({ transition }) => say(transition))
        })

        expect(nervous).toEqual(calm)
      }),
    )
  })

  test('never raises and never clears on a bad reading', () => {
    fc.assert(
      fc.property(limits, fc.array(fc.nat(5)), (spec, steps) => {
        const evaluator = fresh({ ...spec, onDelay: 0 })
        let at = 0
        const said = steps.flatMap(step =>
          evaluator.hear([toReading({ at: (at += step) as Instant, value: undefined })], at as Instant),
        )
        expect(said).toEqual([])
      }),
    )
  })

  test('never lets NaN or an infinity compare true', () => {
    const evaluator = fresh({ op: 'gt', value: 8, deadband: 0, onDelay: 0, offDelay: 0 })
    for (const [index, value] of [Number.NaN, Infinity, -Infinity].entries()) {
      expect(evaluator.hear([toReading({ at: index as Instant, value })], index as Instant)).toEqual([])
    }
  })

  test('wakes soonest first, one millisecond after a due instant', () => {
    const evaluator = fresh({ op: 'gt', value: 8, deadband: 0, onDelay: 5, offDelay: 0 })
    evaluator.hear([toReading({ at: 10 as Instant, value: 9 })], 10 as Instant)

    expect(evaluator.nextWake()).toBe(16)
    expect(evaluator.advance(15 as Instant)).toEqual([])
    expect(evaluator.advance(16 as Instant)).toMatchObject([{ transition: { what: 'raised', at: 15, since: 10 } }])
    expect(evaluator.nextWake()).toBeUndefined()
  })

  test('begins anew with a rule that changed its kind', () => {
    expect(
      fresh({ after: 5 }, 'stale').restoreRule(rule, {
        kind: 'limit',
        state: { phase: 'raised', raisedAt: 1 },
        wakeAt: null,
        heardAt: null,
      }),
    ).toBe(false)
  })
})
