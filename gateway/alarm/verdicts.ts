import type { Instant } from '../../protocols/contract/time.ts'
import type { RuleId } from '../policy/rule.ts'

/** The newest entry of a log: a disinfection cycle, a dosing, a round. */
export interface LastRecord {
  readonly kind: string
  readonly verdict: RecordVerdict
  readonly at: Instant
}
export type RecordVerdict = (typeof recordVerdicts)[number]
export const recordVerdicts = ['passed', 'failed', 'opened-early', 'unknown'] as const

/** What a journal entry must have to be heard here. */
export interface Written {
  readonly kind: string
  readonly at: Instant
  readonly data: Readonly<Record<string, unknown>>
}

/**
 * The last word on each rule, kept from what the journal says, so that nobody has to search it: when its last breach was over, and the
 * newest record it wrote. One of each per rule and per log of an equipment, however long the journal.
 */
export class Verdicts {
  readonly #over = new Map<string, Instant>()
  readonly #records = new Map<string, LastRecord>()
  /** From when on a rule without a word is known to have had none. */
  readonly since: Instant

  constructor(since: Instant) {
    this.since = since
  }

  /** When the last alarm of the rule was over. */
  overAt(rule: RuleId): Instant | undefined {
    return this.#over.get(rule)
  }

  /** The newest record that the rule itself wrote. */
  recordOf(rule: RuleId): LastRecord | undefined {
    return this.#records.get(rule)
  }

  /** The newest record of that log that a person made at that equipment. */
  recordAt(equipment: string, kind: string): LastRecord | undefined {
    return this.#records.get(placeOf(equipment, kind))
  }

  /** Entries may come in any order; the newest event time stands. */
  hear({ kind, at, data }: Written): void {
    if (kind === 'alarm.cleared') return this.#hearOver(at, data)
    if (!kind.startsWith('record.')) return
    const verdict = recordVerdicts.find(one => one === data['verdict'])
    const { rule, equipment } = data
    if (!verdict || (typeof rule !== 'string' && typeof equipment !== 'string')) return
    const log = kind.slice('record.'.length)
    const key = typeof rule === 'string' ? rule : placeOf(String(equipment), log)
    const known = this.#records.get(key)
    if (!known || known.at <= at) this.#records.set(key, { kind: log, verdict, at })
  }

  #hearOver(at: Instant, { alarm }: Written['data']): void {
    if (typeof alarm !== 'object' || alarm === null || !('rule' in alarm) || typeof alarm.rule !== 'string') return
    const known = this.#over.get(alarm.rule)
    if (known === undefined || known < at) this.#over.set(alarm.rule, at)
  }
}

/** An equipment's id has no colon, so that this is no rule's id. */
const placeOf = (equipment: string, kind: string): string => `${equipment}.record:${kind}`
