import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { fault } from '../../protocols/contract/fault.ts'
import { instant, millis } from '../../protocols/contract/time.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import type { AnyRuleKind, RuleRecord, SpecProblem, Transition } from '../../gateway/policy/kind.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import type { Place } from '../../gateway/policy/place.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'

/** A row of a recording of several inputs: `undefined` is a bad reading. */
export interface Heard {
  readonly at: number
  readonly input: string
  readonly value: number | undefined
}

export interface Told {
  readonly transitions: readonly Transition[]
  readonly records: readonly RuleRecord[]
}

export interface Listening {
  readonly inputs: readonly string[]
  readonly startAt: number
  /** ms; default: nothing goes stale. */
  readonly staleAfter?: number
  readonly place?: Place
  /** Row numbers before which the gateway stops and takes everything up again from its checkpoint and its store. */
  readonly stopsBefore?: readonly number[]
  /** Until when time goes on after the last row; default: its instant. */
  readonly until?: number
}

export function specOf(kind: AnyRuleKind, raw: unknown, place: Place = nowhere): unknown {
  const parsed = kind.parse(raw, place)
  if (!parsed.ok) throw new Error(parsed.problems.map(({ wrong }) => wrong.en).join('; '))
  return parsed.spec
}

export function problemsOf(kind: AnyRuleKind, raw: unknown, place: Place = nowhere): readonly SpecProblem[] {
  const parsed = kind.parse(raw, place)
  return parsed.ok ? [] : parsed.problems
}

/** Runs one rule of several inputs on the gateway's own evaluator, with as many restarts as asked for. */
export function listen(kind: AnyRuleKind, raw: object, rows: readonly Heard[], listening: Listening): Told {
  const { inputs, startAt, staleAfter, place = nowhere, stopsBefore = [], until } = listening
  const id = 'rule' as RuleId
  const point = (input: string): PointId => `thing.${input}` as PointId
  const spec = specOf(kind, { kind: kind.kind, ...raw }, place)
  const start = (): Evaluator =>
    new Evaluator({
      rules: [
        { id, kind: kind.kind, spec, point: point(inputs[0] ?? ''), inputs: inputs.map(name => ({ name, point: point(name) })) },
      ],
      kinds: new Map([[kind.kind, kind]]),
      staleAfter: () => (staleAfter === undefined ? undefined : millis(staleAfter)),
      startAt: instant(startAt),
      settle: () => millis(0),
    })
  const transitions: Transition[] = []
  const records: RuleRecord[] = []
  let evaluator = start()
  const lastWordBad = new Map<PointId, boolean>()
  const restart = (): Evaluator => {
    const memory = JSON.parse(JSON.stringify(evaluator.memoryOf(id))) as unknown
    const anew = start()
    for (const name of inputs) {
      const good = evaluator.wordOf(point(name))
      anew.restorePoint(point(name), { ...(good && { good }), lastWordBad: lastWordBad.get(point(name)) ?? false })
    }
    anew.restoreRule(id, memory)
    return anew
  }
  const take = (verdicts: readonly { readonly transition: Transition }[]): void => {
    transitions.push(...verdicts.map(({ transition }) => transition))
    for (const finding of evaluator.takeFindings()) {
      if (!('record' in finding)) throw new Error(`the rule broke: ${finding.failure.why}`)
      records.push(finding.record)
    }
  }
  for (const [index, { at, input, value }] of rows.entries()) {
    if (stopsBefore.includes(index)) evaluator = restart()
    lastWordBad.set(point(input), value === undefined)
    take(evaluator.hear([readingOf(point(input), at, value)], instant(at)))
  }
  const end = instant(until ?? rows.at(-1)?.at ?? startAt)
  take(evaluator.finish(end))
  return { transitions, records }
}

function readingOf(point: PointId, at: number, value: number | undefined): Reading {
  const base = { point, at: instant(at), receivedAt: instant(at) }
  return value === undefined
    ? { ...base, quality: 'bad', fault: fault('not-a-number', 'nothing was read') }
    : { ...base, value, quality: 'good' }
}
