import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { minutes } from '../../protocols/contract/time.ts'
import { ExactSum } from '../../gateway/policy/kinds/mean-sum.ts'
import { plant } from '../kit/plant.ts'
import { meansOfPython } from './oracle-python.ts'
import { judged, judgedInWords, problemsOf, senseOf } from './oracle.ts'
import type { Row } from './oracle.ts'

/** Numbers as sensors send them, and numbers as nobody should: of every size, nearly equal, cancelling. */
const number = fc.oneof(
  fc.integer({ min: -2_000, max: 2_000 }).map(n => n / 10),
  fc.double({ min: -1e300, max: 1e300, noNaN: true }).filter(n => n === 0 || Math.abs(n) > 1e-200),
  fc.constantFrom(1e16, -1e16, 1, -1, 0.1, 1 + Number.EPSILON, 2 ** 53, 1e-9),
)

const duty = { id: 'overworked', kind: 'mean', point: 'freezer-1.running', window: '6h', op: 'ge', value: 0.95 } as const
const running = duty.point

describe('an exact sum', () => {
  test('divides to what Python says of the same numbers', () => {
    const lists = fc.sample(fc.array(number, { minLength: 1, maxLength: 60, size: 'max' }), 2_000)
    const ours = lists.map(list => {
      const sum = new ExactSum()
      for (const value of list) sum.add(value)
      return sum.dividedBy(list.length)
    })

    expect(ours.map(value => value + 0)).toEqual(meansOfPython(lists).map(value => value + 0))
  })

  test('forgets what is taken away, to the last bit, in any order', () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 40 }), fc.array(number, { maxLength: 40 }), (kept, passing) => {
        const sum = new ExactSum()
        const alone = new ExactSum()
        for (const value of passing) sum.add(value)
        for (const value of kept) {
          sum.add(value)
          alone.add(value)
        }
        for (const value of passing.toReversed()) sum.take(value)
        expect(sum.dividedBy(kept.length)).toBe(alone.dividedBy(kept.length))
      }),
    )
  })

  test('rounds a mean that lies exactly between two numbers to the even one', () => {
    const sum = new ExactSum()
    for (const value of [1, 1 + Number.EPSILON]) sum.add(value)
    expect(sum.dividedBy(2)).toBe(1)
    const odd = new ExactSum()
    for (const value of [1 + Number.EPSILON, 1 + 2 * Number.EPSILON]) odd.add(value)
    expect(odd.dividedBy(2)).toBe(1 + 2 * Number.EPSILON)
  })
})

describe('a mean', () => {
  test('is raised and cleared at the readings', async () => {
    const works = await plant([duty])
    for (let quarter = 0; quarter < 24; quarter += 1) {
      await works.reads(running, quarter < 1 ? 0 : 1)
      await works.passes(minutes(15))
    }
    await works.reads(running, 1)
    await works.passes(minutes(15))
    await works.reads(running, 0)
    await works.passes(minutes(15))
    await works.reads(running, 0)

    // The twentieth reading makes 19 of 20, the first 0 at the end 23 of 24, the second 22 of 24.
    expect(works.told).toEqual(['17100s overworked raised', '23400s overworked cleared'])
  })

  test('is the mean of (t − window, t]: the reading of exactly a window ago has left', () => {
    const rule = { kind: 'mean', window: '10ms', op: 'gt', value: 5 }

    expect(
      judged(rule, [
        { at: 0, value: 9 },
        { at: 9, value: 0 },
        { at: 10, value: 6 },
        { at: 19, value: 6 },
      ]),
    ).toEqual([
      { what: 'raised', at: 0, since: 0, value: 9 },
      { what: 'cleared', at: 9 },
      { what: 'raised', at: 19, since: 19, value: 6 },
    ])
  })

  test('does not drift: a huge value that has left leaves nothing behind', () => {
    const rule = { kind: 'mean', window: '10ms', op: 'ge', value: 0.2 }
    const rows: Row[] = [{ at: 0, value: 1e17 }, ...[0.1, 0.2, 0.3].map((value, index) => ({ at: 12 + index, value }))]

    expect(judged(rule, rows).at(-1)).toEqual({ what: 'raised', at: 14, since: 14, value: 0.2 })
  })

  test('takes no bad reading in', () => {
    expect(
      judgedInWords({ kind: 'mean', window: '1h', op: 'lt', value: 5 }, [
        { at: 0, value: 9 },
        { at: 1 },
        { at: 2, value: Number.NaN },
        { at: 3, value: 1.5 },
        { at: 4, value: 1.5 },
      ]),
    ).toEqual(['raised 4 since 4'])
  })

  test('is what Python says over any window', () => {
    const cases = fc.sample(
      fc.record({
        window: fc.integer({ min: 1, max: 30 }),
        op: fc.constantFrom('gt', 'ge', 'lt', 'le'),
        value: fc.integer({ min: -20, max: 20 }).map(n => n / 10),
        steps: fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: -40, max: 40 })), {
          minLength: 1,
          maxLength: 60,
          size: 'max',
        }),
      }),
      200,
    )
    const series = cases.map(({ steps }) => {
      let at = 0
      return steps.map(([step, tenths]) => ({ at: (at += step), value: tenths / 10 }))
    })
    const windows = cases.map(({ window }, index) =>
      (series[index] ?? []).map(({ at }) =>
        (series[index] ?? []).filter(row => row.at <= at && row.at > at - window).map(({ value }) => value),
      ),
    )
    const means = meansOfPython(windows.flat())
    let next = 0
    for (const [index, { window, op, value }] of cases.entries()) {
      const rows = series[index] ?? []
      let raised = false
      const expected = rows.flatMap(({ at }) => {
        const mean = means[next] ?? Number.NaN
        next += 1
        const isBeyond = { gt: mean > value, ge: mean >= value, lt: mean < value, le: mean <= value }[op]
        if (isBeyond === raised) return []
        raised = isBeyond
        return [isBeyond ? { what: 'raised', at, since: at, value: mean } : { what: 'cleared', at }]
      })
      expect(judged({ kind: 'mean', window: `${window}ms`, op, value }, rows)).toEqual(expected)
    }
  })

  test('over no time, or without a limit, is refused', () => {
    expect(senseOf({ kind: 'mean', window: '0s', op: 'gt', value: 1 })).toEqual(['window'])
    expect(senseOf({ kind: 'mean', window: '1h', op: 'gt', value: 1 })).toEqual([])
    expect(problemsOf({ kind: 'mean', op: 'above' })).toEqual(['window', 'op', 'value'])
  })
})
