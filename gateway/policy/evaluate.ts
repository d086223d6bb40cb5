import { fault } from '../../protocols/contract/fault.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { later } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { Evaluator } from './evaluator.ts'
import type { Verdict } from './evaluator.ts'
import { ruleKinds } from './kinds.ts'
import type { Transition } from './kind.ts'
import type { RuleId } from './rule.ts'

/** One row of a recording: event time and value; anything that is no finite number is a bad reading. */
export interface Row {
  readonly at: Instant
  readonly value: number | undefined
}

export interface Summary {
  readings: number
  good: number
  late: number
  duplicate: number
  raised: number
  cleared: number
}

const point = 'recording.value' as PointId
const rule = 'recording.value.rule' as RuleId

/** Runs one rule over a recording in event time, on the gateway's own evaluator: what it says is exactly what the gateway would say. */
export class Recording {
  readonly #rule: { readonly kind: string; readonly spec: unknown }
  readonly #summary: Summary = { readings: 0, good: 0, late: 0, duplicate: 0, raised: 0, cleared: 0 }
  #evaluator: Evaluator | undefined
  #newest = Number.NEGATIVE_INFINITY as Instant

  constructor(checkedRule: { readonly kind: string; readonly spec: unknown }) {
    this.#rule = checkedRule
  }

  hear({ at, value }: Row): readonly Transition[] {
    this.#evaluator ??= new Evaluator({
      rules: [{ id: rule, point, ...this.#rule }],
      kinds: ruleKinds,
      staleAfter: () => undefined,
      startAt: at,
    })
    this.#newest = later(this.#newest, at)
    const { fate, verdicts } = this.#evaluator.hearOne(toReading(at, value), this.#newest)
    this.#summary.readings += 1
    if (fate === 'accepted') this.#summary.good += 1
    if (fate === 'late') this.#summary.late += 1
    if (fate === 'duplicate') this.#summary.duplicate += 1
    return this.#counted(verdicts)
  }

  /** The recording ends: timers due at its very last instant still fire, later ones do not. */
  end(): { readonly transitions: readonly Transition[]; readonly summary: Summary } {
    const transitions = this.#counted(this.#evaluator?.finish(this.#newest) ?? [])
    return { transitions, summary: this.#summary }
  }

  #counted(verdicts: readonly Verdict[]): readonly Transition[] {
    for (const { transition } of verdicts) this.#summary[transition.what] += 1
    return verdicts.map(({ transition }) => transition)
  }
}

function toReading(at: Instant, value: number | undefined): Reading {
  if (value === undefined || !Number.isFinite(value)) {
    return { point, at, receivedAt: at, quality: 'bad', fault: fault('not-a-number', 'the recording has no finite number here') }
  }
  return { point, at, receivedAt: at, value, quality: 'good' }
}
