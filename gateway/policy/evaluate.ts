import { fault } from '../../protocols/contract/fault.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { later } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { Evaluator } from './evaluator.ts'
import { singleInput } from './kind.ts'
import type { InputShape, RuleRecord, Transition } from './kind.ts'
import { ruleKinds } from './kinds.ts'
import type { RuleId } from './rule.ts'

/** One rule that has been read and checked; a limit of several levels is several, each with its name. */
export interface CheckedRule {
  readonly name: string
  readonly kind: string
  readonly spec: unknown
}

/** One row of a recording: event time and what each input said. `undefined` is a bad reading; an input that is not there said nothing. */
export interface Row {
  readonly at: Instant
  readonly values: Readonly<Record<string, number | undefined>>
}

/** What a rule said of the recording, in the order it was said; `rule` is the level's name where there are several. */
export type Told =
  | { readonly rule: string; readonly transition: Transition }
  | { readonly rule: string; readonly record: RuleRecord }
  | { readonly rule: string; readonly failure: { readonly at: Instant; readonly why: string } }

export interface Summary {
  readings: number
  good: number
  late: number
  duplicate: number
  raised: number
  cleared: number
}

const equipment = 'recording'
const pointOf = (input: string): PointId => `${equipment}.${input}` as PointId

/** Runs a rule over a recording in event time, on the gateway's own evaluator: what it says is exactly what the gateway would say. */
export class Recording {
  readonly #rules: readonly CheckedRule[]
  readonly #inputs: readonly string[]
  readonly #lateness: Millis
  readonly #summary: Summary = { readings: 0, good: 0, late: 0, duplicate: 0, raised: 0, cleared: 0 }
  #evaluator: Evaluator | undefined
  #newest = Number.NEGATIVE_INFINITY as Instant

  /** `inputs` are the inputs that the recording has columns for. */
  constructor(rules: readonly CheckedRule[], inputs: readonly string[], lateness = 0 as Millis) {
    this.#rules = rules
    this.#inputs = inputs
    this.#lateness = lateness
  }

  hear({ at, values }: Row): readonly Told[] {
    this.#evaluator ??= this.#begin(at)
    this.#newest = later(this.#newest, at)
    const readings = this.#inputs.flatMap(input => (input in values ? [toReading(pointOf(input), at, values[input])] : []))
    const fates: ('accepted' | 'bad' | 'late' | 'duplicate')[] = []
    const verdicts = this.#evaluator.hear(readings, this.#newest, fates)
    for (const fate of fates) {
      this.#summary.readings += 1
      if (fate === 'accepted') this.#summary.good += 1
      if (fate === 'late') this.#summary.late += 1
      if (fate === 'duplicate') this.#summary.duplicate += 1
    }
    return this.#told(verdicts)
  }

  /** The recording ends: timers due at its very last instant still fire, later ones do not. */
  end(): { readonly told: readonly Told[]; readonly summary: Summary } {
    const told = this.#told(this.#evaluator?.finish(this.#newest) ?? [])
    return { told, summary: this.#summary }
  }

  #begin(startAt: Instant): Evaluator {
    const rules = this.#rules.map(({ name, kind, spec }) => {
      const shapes = ruleKinds.get(kind)?.inputs?.(spec) ?? singleInput
      const bound = this.#inputs.filter(input => shapes.some(shape => isFor(shape, input)))
      const inputs = bound.map(input => ({ name: input, point: pointOf(input) }))
      return { id: name as RuleId, kind, spec, point: pointOf(this.#inputs[0] ?? 'value'), equipment, inputs }
    })
    return new Evaluator({ rules, kinds: ruleKinds, staleAfter: () => undefined, lateness: () => this.#lateness, startAt })
  }

  #told(verdicts: ReturnType<Evaluator['hear']>): readonly Told[] {
    for (const { transition } of verdicts) this.#summary[transition.what] += 1
    const said: Told[] = verdicts.map(({ rule, transition }) => ({ rule, transition }))
    const found = this.#evaluator?.takeFindings() ?? []
    // A record is of before what it leads to.
    return [
      ...found.flatMap((finding): Told[] => ('record' in finding ? [{ rule: finding.rule, record: finding.record }] : [])),
      ...said,
      ...found.flatMap((finding): Told[] => ('failure' in finding ? [{ rule: finding.rule, failure: finding.failure }] : [])),
    ]
  }
}

/** The columns a rule reads: `temperature`, or every `members/…` of an input of many points. */
export const isFor = ({ name, need }: InputShape, column: string): boolean =>
  need === 'many' ? column.startsWith(`${name}/`) : column === name

/** One JSON line as `evaluate` prints it (contract §5); `withName` where there are several levels. */
export function toldLine(told: Told, withName: boolean): string {
  const level = withName ? { level: told.rule } : {}
  if ('failure' in told) return JSON.stringify({ event: 'failed', ...level, at: iso(told.failure.at), why: told.failure.why })
  if ('record' in told) {
    const { kind, from, to, verdict, figures } = told.record
    return JSON.stringify({ event: 'recorded', ...level, kind, from: iso(from), to: iso(to), verdict, figures })
  }
  const { transition } = told
  const at = iso(transition.at)
  if (transition.what === 'cleared') return JSON.stringify({ event: 'cleared', ...level, at })
  const { since, value, because } = transition
  return JSON.stringify({
    event: 'raised',
    ...level,
    at,
    since: iso(since),
    ...(value === undefined ? {} : { value }),
    ...(because === undefined ? {} : { because }),
  })
}

const iso = (at: Instant): string => new Date(at).toISOString()

function toReading(point: PointId, at: Instant, value: number | undefined): Reading {
  if (value === undefined || !Number.isFinite(value)) {
    return { point, at, receivedAt: at, quality: 'bad', fault: fault('not-a-number', 'the recording has no finite number here') }
  }
  return { point, at, receivedAt: at, value, quality: 'good' }
}
