import type { Instant } from '../../protocols/contract/time.ts'
import type { KeptInput } from './lane.ts'
import type { RunningRule } from './running.ts'

/** A rule's place in time as it is checkpointed. */
export interface RuleMemory {
  readonly kind: string
  readonly state: unknown
  readonly wakeAt: Instant | null
  /** The newest reading that this state knows of. */
  readonly heardAt: Instant | null
  /** Of a rule of several inputs: what it knew of each at that instant. */
  readonly inputs?: Readonly<Record<string, KeptInput>>
}

export function remembered({ kind, state, wakeAt, lane, heardAt }: RunningRule): RuleMemory {
  const memory = { kind: kind.kind, state, wakeAt: wakeAt ?? null, heardAt: heardAt ?? null }
  return lane ? { ...memory, inputs: lane.kept() } : memory
}

const isTime = (time: unknown): boolean =>
  time === null || time === undefined || (typeof time === 'number' && Number.isFinite(time))

/** Whether what a data directory holds is a rule's memory; a row that a failing disk has changed is not. */
export function isRuleMemory(value: unknown): value is RuleMemory {
  if (typeof value !== 'object' || value === null) return false
  const { kind, state, wakeAt, heardAt, inputs } = value as Readonly<Record<string, unknown>>
  const known = inputs === undefined || (typeof inputs === 'object' && inputs !== null)
  return typeof kind === 'string' && typeof state === 'object' && state !== null && isTime(wakeAt) && isTime(heardAt) && known
}

/** What looks like an instant of these two centuries: no measured value and no length of time is as large. */
const isInstant = (value: number): boolean => Number.isInteger(value) && value >= 1_000_000_000_000 && value < 5_000_000_000_000

/** The same memory on a clock that was set by so many ms: every instant in it is moved, lengths of time stay. */
export function moved<T>(memory: T, by: number): T {
  const move = (value: unknown): unknown => {
    if (typeof value === 'number') return isInstant(value) ? value + by : value
    if (Array.isArray(value)) return value.map(move)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, move(child)]))
  }
  return move(memory) as T
}
