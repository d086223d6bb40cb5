import type { Instant } from '../../protocols/contract/time.ts'
import type { Rule } from '../policy/rule.ts'
import { calls } from './alarm.ts'
import type { AlarmEvent, AlarmId } from './alarm.ts'
import type { Follower, Following, Passing } from './follow.ts'
import { fieldsOf, isInstant } from './following.ts'

/** A faulty cabinet is not in use until a repair is recorded (CAN-2, CAN-9). */
export interface LockOut {
  readonly equipment: string
  readonly since: Instant
  readonly alarm: AlarmId
}

const prefix = 'lock-out:'

/**
 * Equipment that is not in use: an alarm of a rule that `locksOut` begins it; its return does not end it, only a person's `record.repair` that
 * passed does. Every record of that equipment says meanwhile that it is not in use, whoever made it.
 */
export class LockOuts implements Follower {
  readonly #lockOuts = new Map<string, LockOut>()
  readonly #locking: ReadonlyMap<string, string>

  constructor(rules: readonly Pick<Rule, 'id' | 'equipment' | 'locksOut'>[] = []) {
    this.#locking = new Map(rules.flatMap(({ id, equipment, locksOut }) => (locksOut === true ? [[id, equipment] as const] : [])))
  }

  restore(checkpoints: ReadonlyMap<string, unknown>): void {
    for (const [key, value] of checkpoints) {
      const { since, alarm } = fieldsOf(value)
      if (!key.startsWith(prefix) || !isInstant(since) || typeof alarm !== 'string') continue
      const equipment = key.slice(prefix.length)
      this.#lockOuts.set(equipment, { equipment, since, alarm: alarm as AlarmId })
    }
  }

  of(equipment: string): LockOut | undefined {
    return this.#lockOuts.get(equipment)
  }
  all(): readonly LockOut[] {
    return [...this.#lockOuts.values()]
  }

  heard(event: AlarmEvent): Following | undefined {
    const { at, alarm } = event
    const equipment = this.#locking.get(alarm.rule)
    if (equipment === undefined || this.#lockOuts.has(equipment) || !calls(event)) return undefined
    this.#lockOuts.set(equipment, { equipment, since: at, alarm: alarm.id })
    return {
      drafts: [
        {
          kind: 'equipment.locked-out',
          at,
          by: 'system',
          about: equipment,
          data: { equipment, alarm: alarm.id, rule: alarm.rule },
        },
      ],
      checkpoints: [{ key: `${prefix}${equipment}`, value: { since: at, alarm: alarm.id } }],
    }
  }

  noted({ kind, at, by, data }: Passing): Following | undefined {
    const { equipment, verdict, fields } = data
    // What a rule writes down has figures: only a person can say that it is mended.
    if (kind !== 'record.repair' || verdict !== 'passed' || typeof equipment !== 'string' || typeof fields !== 'object')
      return undefined
    const lockOut = this.#lockOuts.get(equipment)
    // A repair of before it broke mends nothing.
    if (!lockOut || at < lockOut.since) return undefined
    this.#lockOuts.delete(equipment)
    const { since, alarm } = lockOut
    return {
      drafts: [{ kind: 'equipment.released', at, by, about: equipment, data: { equipment, alarm, since } }],
      checkpoints: [{ key: `${prefix}${equipment}`, value: undefined }],
    }
  }

  mark({ kind, data: { equipment } }: Passing): Readonly<Record<string, unknown>> | undefined {
    const lockOut = kind.startsWith('record.') && typeof equipment === 'string' ? this.#lockOuts.get(equipment) : undefined
    return lockOut && { notInUse: true, lockedOut: { since: lockOut.since, alarm: lockOut.alarm } }
  }

  snapshot(): () => void {
    const known = [...this.#lockOuts]
    return () => {
      this.#lockOuts.clear()
      for (const [equipment, lockOut] of known) this.#lockOuts.set(equipment, lockOut)
    }
  }
}
