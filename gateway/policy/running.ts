import { later } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { AnyRuleKind, Inputs, PointMemory } from './kind.ts'
import type { Lane } from './lane.ts'
import type { RuleId } from './rule.ts'

/** One rule as it runs. A rule of one input stands at its point; a rule of several has a lane of its own, where they are put in order. */
export class RunningRule {
  readonly id: RuleId
  readonly kind: AnyRuleKind
  readonly spec: unknown
  readonly equipment: string
  /** Timers that ring at one instant fire in this order. */
  readonly order: number
  /** The point of a rule of one input. */
  readonly point: WatchedPoint | undefined
  readonly lane: Lane | undefined
  readonly inputs: Inputs
  /** How long after its due instant a timer still waits for readings from before it. */
  readonly lateness: Millis
  state: unknown = undefined
  /** When the rule's timer is due, in event time. */
  wakeAt: Instant | undefined = undefined
  /** When it is looked at: when it is due, when a backlog has come to rest, when its lane is to be emptied. */
  ringAt: Instant | undefined = undefined
  /** Restored: the newest reading its checkpoint knew of. */
  knewAt: Instant | undefined = undefined
  /** It threw: it is heard no more until the gateway starts again. */
  failed = false
  /** Its lane has taken something in that was not yet looked at. */
  touched = false
  /** It is in the list of those that ring now. */
  rings = false

  constructor(
    parts: Pick<RunningRule, 'id' | 'kind' | 'spec' | 'equipment' | 'order' | 'point' | 'lane' | 'inputs' | 'lateness'>,
  ) {
    this.id = parts.id
    this.kind = parts.kind
    this.spec = parts.spec
    this.equipment = parts.equipment
    this.order = parts.order
    this.point = parts.point
    this.lane = parts.lane
    this.inputs = parts.inputs
    this.lateness = parts.lateness
  }

  /** The newest instant this rule has heard of. */
  get heardAt(): Instant | undefined {
    return this.lane ? (this.lane.judgedTo ?? this.lane.began) : this.point?.newestAt
  }
}

const unknown = Number.NaN

/** A point, the rules of one input that stand at it, and the lanes that take its readings further. */
export class WatchedPoint implements PointMemory {
  readonly id: string
  readonly staleAfter: Millis | undefined
  /** Readings are put in order for so long before they are judged. */
  readonly lateness: Millis
  readonly rules: RunningRule[] = []
  readonly lanes: { readonly rule: RunningRule; readonly input: string }[] = []
  lastWordBad = false
  heardAt: Instant
  // What is always a number is written in its place; one that may be `undefined` would be made anew for every reading.
  #newestAt = unknown
  #value = unknown
  /** A backlog is coming in: until then the point's own readings alone move its time. */
  heldUntil: Instant | undefined = undefined
  /** The soonest timer of its rules: readings before it need not look at them one by one. */
  soonestWake = Number.POSITIVE_INFINITY
  /** A value strictly between the two says nothing new to any of its rules. */
  quietAbove = Number.POSITIVE_INFINITY
  quietBelow = Number.NEGATIVE_INFINITY

  /** The point that was heard of after this one last time: sweeps come in the same order again. */
  next: WatchedPoint | undefined = undefined

  constructor(id: string, staleAfter: Millis | undefined, lateness: Millis, heardAt: Instant) {
    this.id = id
    this.staleAfter = staleAfter
    this.lateness = lateness
    this.heardAt = heardAt
  }

  get newestAt(): Instant | undefined {
    const at = this.#newestAt
    return Number.isNaN(at) ? undefined : (at as Instant)
  }
  set newestAt(at: Instant | undefined) {
    this.#newestAt = at ?? unknown
  }
  get value(): number | undefined {
    const value = this.#value
    return Number.isNaN(value) ? undefined : value
  }
  set value(value: number | undefined) {
    this.#value = value ?? unknown
  }

  /** The band in which all of its rules have nothing to say, taken anew after one of them has changed. */
  findQuiet(): void {
    let above = Number.NEGATIVE_INFINITY
    let below = Number.POSITIVE_INFINITY
    for (const rule of this.rules) {
      if (rule.failed) continue
      const band = rule.kind.quiet?.(rule.spec, rule.state)
      above = Math.max(above, band?.above ?? Number.POSITIVE_INFINITY)
      below = Math.min(below, band?.below ?? Number.NEGATIVE_INFINITY)
    }
    this.quietAbove = above
    this.quietBelow = below
  }

  findSoonestWake(): void {
    let soonest = Number.POSITIVE_INFINITY
    for (const { wakeAt } of this.rules) if (wakeAt !== undefined && wakeAt < soonest) soonest = wakeAt
    this.soonestWake = soonest
  }

  /** The clock was set by so many ms: what was heard keeps its age. */
  clockSet(by: number): void {
    if (this.newestAt !== undefined) this.newestAt = (this.newestAt + by) as Instant
    this.heardAt = (this.heardAt + by) as Instant
    this.heldUntil = undefined
  }

  /** Silence before `at` was nobody's who could hear it. */
  resume(at: Instant): void {
    this.heardAt = later(this.heardAt, at)
  }
}

/** `cold-1.record:dosing`, `cold-1.alarm:unanswered`: what the gateway itself says of a piece of equipment, for rules to watch. */
export const isVirtual = (point: string): boolean => point.includes(':')
/** Of those, what neither the history nor the journal has: how many alarms wait, and the like. */
export const isUnstored = (point: string): boolean => isVirtual(point) && !point.includes('.record:')
