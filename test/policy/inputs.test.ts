import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import type { Finding, Verdict } from '../../gateway/policy/verdict.ts'
import { ruleKind } from '../../gateway/policy/kind.ts'
import type { AnyRuleKind } from '../../gateway/policy/kind.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { fault } from '../../protocols/contract/fault.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { instant, millis, seconds } from '../../protocols/contract/time.ts'
import type { Millis } from '../../protocols/contract/time.ts'

/** Writes down everything it hears, in the order it hears it: the witness of what the evaluator does with several inputs. */
type Witness = { readonly heard: readonly string[] }
const witness = ruleKind<null, Witness>({
  kind: 'witness',
  parse: () => ({ ok: true, spec: null }),
  inputs: () => [
    { name: 'a', need: 'one' },
    { name: 'b', need: 'optional' },
  ],
  begin: () => ({ state: { heard: [] }, wakeAt: undefined }),
  hear: (_spec, { heard }, value, at, { a, b }, input) => ({
    state: { heard: [...heard, `${at} ${input}=${value} a:${a?.value ?? '-'} b:${b?.lastWordBad ? 'bad' : (b?.value ?? '-')}`] },
    wakeAt: undefined,
  }),
  wake: () => undefined,
})

/** Raised when its point is 13, whatever else there is; a mistake of ours in a rule. */
const unlucky = ruleKind<null, { readonly seen: number }>({
  kind: 'unlucky',
  parse: () => ({ ok: true, spec: null }),
  begin: () => ({ state: { seen: 0 }, wakeAt: undefined }),
  hear(_spec, _state, value) {
    if (value === 13) throw new Error('thirteen')
    return undefined
  },
  wake: () => undefined,
})

/** Writes a record for each reading above 5. */
const clerk = ruleKind<null, { readonly written: number }>({
  kind: 'clerk',
  parse: () => ({ ok: true, spec: null }),
  begin: () => ({ state: { written: 0 }, wakeAt: undefined }),
  hear: (_spec, { written }, value, at) => ({
    state: { written: written + 1 },
    wakeAt: undefined,
    record: { kind: 'note', from: at, to: at, verdict: value > 5 ? 'passed' : 'failed', figures: { value } },
  }),
  wake: () => undefined,
})

const kinds: ReadonlyMap<string, AnyRuleKind> = new Map([
  ...ruleKinds,
  ...[witness, unlucky, clerk].map(kind => [kind.kind, kind] as const),
])

const id = (name: string): PointId => name as PointId
const good = (point: string, at: number, value: number): Reading => ({
  point: id(point),
  at: instant(at),
  receivedAt: instant(at),
  value,
  quality: 'good',
})
const bad = (point: string, at: number): Reading => ({
  point: id(point),
  at: instant(at),
  receivedAt: instant(at),
  quality: 'bad',
  fault: fault('timeout', 'no answer'),
})

interface Options {
  readonly inputs?: readonly string[]
  readonly settle?: Millis
  readonly lateness?: Millis
}

function witnessed({ inputs = ['m.a', 'm.b'], settle = seconds(3) }: Options = {}) {
  return new Evaluator({
    rules: [
      {
        id: 'w' as RuleId,
        kind: 'witness',
        spec: null,
        point: id('m.a'),
        equipment: 'm',
        inputs: inputs.map((point, index) => ({ name: ['a', 'b'][index] as string, point: id(point) })),
      },
    ],
    kinds,
    staleAfter: () => undefined,
    startAt: instant(0),
    settle: () => settle,
  })
}
function heardBy(evaluator: Evaluator): readonly string[] {
  const { state } = evaluator.memoryOf('w' as RuleId) ?? {}
  return (state as Witness | undefined)?.heard ?? []
}

describe('a rule of several inputs', () => {
  test('hears a reading at once when the other inputs have been heard to its instant', () => {
    const evaluator = witnessed()
    evaluator.hear([good('m.b', 10, 1), good('m.a', 10, 5)], instant(10))
    expect(heardBy(evaluator)).toEqual(['10 b=1 a:- b:1', '10 a=5 a:5 b:1'])
  })

  test('waits three seconds for an input that has not spoken, and then goes on without it', () => {
    const evaluator = witnessed()
    evaluator.hear([good('m.a', 10, 5)], instant(10))
    expect(heardBy(evaluator)).toEqual([])
    expect(evaluator.nextWake()).toBe(3_010)
    evaluator.advance(instant(3_009))
    expect(heardBy(evaluator)).toEqual([])
    evaluator.advance(instant(3_010))
    expect(heardBy(evaluator)).toEqual(['10 a=5 a:5 b:-'])
  })

  test('hears a backlog of one input after that of another in the order of event time', () => {
    const evaluator = witnessed()
    const late = instant(1_000_000)
    evaluator.hear([good('m.a', 100, 1), good('m.a', 300, 3), good('m.a', 500, 5)], late)
    expect(heardBy(evaluator)).toEqual([])
    evaluator.hear([good('m.b', 200, 2), good('m.b', 400, 4), good('m.b', 600, 6)], instant(1_000_100))
    evaluator.advance(instant(1_010_000))
    expect(heardBy(evaluator).map(line => line.split(' ')[1])).toEqual(['a=1', 'b=2', 'a=3', 'b=4', 'a=5', 'b=6'])
    // What it saw of the other input was the value of that instant, not the newest.
    expect(heardBy(evaluator)[2]).toBe('300 a=3 a:3 b:2')
  })

  test('learns of a bad reading in its place, and is not asked to judge it', () => {
    const evaluator = witnessed()
    evaluator.hear([good('m.b', 5, 1), bad('m.b', 7), good('m.a', 10, 5), good('m.b', 12, 2)], instant(12))
    evaluator.advance(instant(20_000))
    expect(heardBy(evaluator)).toEqual(['5 b=1 a:- b:1', '10 a=5 a:5 b:bad', '12 b=2 a:5 b:2'])
  })

  test('takes a reading of before what is judged as of now', () => {
    const evaluator = witnessed({ settle: millis(0) })
    evaluator.hear([good('m.a', 100, 1)], instant(100))
    evaluator.hear([good('m.b', 50, 9)], instant(110))
    expect(heardBy(evaluator)).toEqual(['100 a=1 a:1 b:-', '100 b=9 a:1 b:9'])
  })

  test('goes on where it stopped after a restart, with what its inputs were', () => {
    const before = witnessed()
    before.hear([good('m.b', 10, 1), good('m.a', 10, 5)], instant(10))
    const memory = JSON.parse(JSON.stringify(before.memoryOf('w' as RuleId))) as unknown
    const again = witnessed()
    expect(again.restoreRule('w' as RuleId, memory)).toBe(true)
    again.restorePoint(id('m.a'), { good: { at: instant(20), value: 6 }, lastWordBad: false })
    expect([...again.replayFrom()]).toEqual([
      ['m.a', 10],
      ['m.b', 10],
    ])
    again.replay([good('m.b', 10, 1), good('m.a', 10, 5), good('m.a', 20, 6)], instant(30))
    again.resume(instant(30))
    again.advance(instant(10_000))
    expect(heardBy(again)).toEqual(['10 b=1 a:- b:1', '10 a=5 a:5 b:1', '20 a=6 a:6 b:1'])
  })

  test('gives the same, whatever the order in which the inputs of a backlog arrive', () => {
    const series = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(series, series, fc.boolean(), (as, bs, bFirst) => {
        const a = as.toSorted((x, y) => x - y).map(at => good('m.a', at * 10, at))
        const b = bs.toSorted((x, y) => x - y).map(at => good('m.b', at * 10 + 5, at))
        const apart = witnessed()
        for (const part of bFirst ? [b, a] : [a, b]) apart.hear(part, instant(200_000))
        apart.advance(instant(300_000))
        const merged = witnessed()
        merged.hear(
          [...a, ...b].toSorted((x, y) => x.at - y.at),
          instant(200_000),
        )
        merged.advance(instant(300_000))
        expect(heardBy(apart)).toEqual(heardBy(merged))
      }),
    )
  })
})

describe('a rule that breaks', () => {
  const evaluator = (): Evaluator =>
    new Evaluator({
      rules: [
        { id: 'bad' as RuleId, kind: 'unlucky', spec: null, point: id('m.a') },
        {
          id: 'warm' as RuleId,
          kind: 'limit',
          spec: specOf({ op: 'gt', value: 8 }),
          point: id('m.a'),
        },
      ],
      kinds,
      staleAfter: () => undefined,
      startAt: instant(0),
    })

  test('is told once and heard no more, and its neighbour on the same point is on time', () => {
    const judge = evaluator()
    const verdicts = judge.hear([good('m.a', 10, 13), good('m.a', 20, 13), good('m.a', 30, 2)], instant(30))
    expect(verdicts.map(({ rule, transition }) => `${rule} ${transition.what} ${transition.at}`)).toEqual([
      'warm raised 10',
      'warm cleared 30',
    ])
    expect(judge.takeFindings()).toEqual([{ rule: 'bad', receivedAt: 30, failure: { at: 10, why: 'thirteen' } }])
    expect(judge.takeFindings()).toEqual([])
  })
})

describe('a record', () => {
  const office = (): Evaluator =>
    new Evaluator({
      rules: [
        { id: 'clerk' as RuleId, kind: 'clerk', spec: null, point: id('m.a'), equipment: 'm' },
        {
          id: 'w' as RuleId,
          kind: 'witness',
          spec: null,
          point: id('m.a'),
          equipment: 'm',
          inputs: [{ name: 'a', point: id('m.record:note') }],
        },
      ],
      kinds,
      staleAfter: () => undefined,
      startAt: instant(0),
    })

  test('is handed out, and heard by the rules that watch such records of that equipment', () => {
    const judge = office()
    judge.hear([good('m.a', 10, 9), good('m.a', 20, 1)], instant(20))
    const records = judge.takeFindings().map((finding: Finding) => 'record' in finding && finding.record.verdict)
    expect(records).toEqual(['passed', 'failed'])
    expect(heardBy(judge)).toEqual(['10 a=1 a:1 b:-', '20 a=0 a:0 b:-'])
  })
})

describe('readings that come within the lateness', () => {
  const late = (lateness: Millis): Evaluator =>
    new Evaluator({
      rules: [
        {
          id: 'warm' as RuleId,
          kind: 'limit',
          spec: specOf({ op: 'gt', value: 5, deadband: 1, onDelay: '20ms' }),
          point: id('m.a'),
        },
        { id: 'silent' as RuleId, kind: 'stale', spec: staleOf('60ms'), point: id('m.a') },
      ],
      kinds,
      staleAfter: () => undefined,
      lateness: () => lateness,
      startAt: instant(0),
    })
  const told = (verdicts: readonly Verdict[]): string[] =>
    verdicts.map(({ rule, transition }) => `${transition.at} ${rule} ${transition.what}`)

  test('are judged in the order of their own time', () => {
    const judge = late(millis(100))
    const said = [
      ...judge.hear([good('m.a', 30, 9)], instant(30)),
      ...judge.hear([good('m.a', 10, 9), good('m.a', 20, 2)], instant(40)),
      ...judge.advance(instant(149)),
    ]
    // Pending from 30 on, for the 2 at 20 ended what the 9 at 10 had begun.
    expect(told(said)).toEqual([])
    expect(told(judge.advance(instant(151)))).toEqual(['50 warm raised'])
  })

  test('give the same in any order of arrival', () => {
    const readings = fc.uniqueArray(
      fc.record({
        at: fc.integer({ min: 1, max: 400 }),
        value: fc.constantFrom(2, 4.5, 9),
        wait: fc.integer({ min: 0, max: 50 }),
      }),
      { selector: one => one.at, minLength: 1, maxLength: 30 },
    )
    fc.assert(
      fc.property(readings, all => {
        const judged = (delays: (one: { at: number; wait: number }) => number): string[] => {
          const judge = late(millis(50))
          const said: string[] = []
          for (const one of all.toSorted((a, b) => a.at + delays(a) - (b.at + delays(b)) || a.at - b.at))
            said.push(...told(judge.hear([good('m.a', one.at, one.value)], instant(one.at + delays(one)))))
          said.push(...told(judge.advance(instant(1_000))))
          return said
        }
        expect(judged(one => one.wait)).toEqual(judged(() => 0))
      }),
      { numRuns: 300 },
    )
  })

  test('are not lost over a restart: those that still waited are read from the history', () => {
    const first = late(millis(100))
    first.hear([good('m.a', 10, 9), good('m.a', 30, 9)], instant(35))
    const again = late(millis(100))
    again.restorePoint(id('m.a'), { good: { at: instant(30), value: 9 }, lastWordBad: false })
    expect([...again.replayFrom()]).toEqual([['m.a', -70]])
    again.replay([good('m.a', 10, 9), good('m.a', 30, 9)], instant(40))
    again.resume(instant(40))
    // Silence while nobody listened is not the equipment's: it gets its whole time again from 40 on.
    expect(told(again.advance(instant(201)))).toEqual(['30 warm raised', '100 silent raised'])
  })
})

function specOf(settings: object): unknown {
  return checked('limit', settings)
}
function staleOf(after: string): unknown {
  return checked('stale', { after })
}
function checked(kind: string, settings: object): unknown {
  const parsed = ruleKinds.get(kind)?.parse({ kind, ...settings }, nowhere)
  if (!parsed?.ok) throw new Error(JSON.stringify(parsed))
  return parsed.spec
}
