import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { after, between, later, minutes, seconds } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { DueHeap } from './heap.ts'
import type { AnyRuleKind, Inputs, PointMemory, Step, Transition } from './kind.ts'
import type { Rule, RuleId } from './rule.ts'

/** One rule said something. `receivedAt` is how far the gateway's clock was; `transition.at` is when it happened. */
export interface Verdict {
  readonly rule: RuleId
  readonly transition: Transition
  readonly receivedAt: Instant
}

/** What became of a reading: only `accepted` ones are judged. */
export type Fate = 'accepted' | 'bad' | 'late' | 'duplicate'

/** A rule's place in time as it is checkpointed. */
export interface RuleMemory {
  readonly kind: string
  readonly state: unknown
  readonly wakeAt: Instant | null
  /** The newest reading of its point that this state knows of. */
  readonly heardAt: Instant | null
}

type RunningRule = {
  readonly id: RuleId
  readonly kind: AnyRuleKind
  readonly spec: unknown
  readonly point: WatchedPoint
  readonly inputs: Inputs
  readonly order: number
  state: unknown
  /** When the rule's timer is due, in event time. */
  wakeAt: Instant | undefined
  /** When it is looked at: when it is due, or when a backlog of its point has come to rest. */
  ringAt: Instant | undefined
  /** Restored: the newest reading its checkpoint knew of. */
  knewAt: Instant | undefined
}

class WatchedPoint implements PointMemory {
  readonly staleAfter: Millis | undefined
  readonly rules: RunningRule[] = []
  newestAt: Instant | undefined = undefined
  value: number | undefined = undefined
  lastWordBad = false
  heardAt: Instant
  /** A backlog is coming in: until then the point's own readings alone move its time. */
  heldUntil: Instant | undefined = undefined

  constructor(staleAfter: Millis | undefined, heardAt: Instant) {
    this.staleAfter = staleAfter
    this.heardAt = heardAt
  }
}

export interface EvaluatorParts {
  readonly rules: readonly Pick<Rule, 'id' | 'kind' | 'spec' | 'point'>[]
  readonly kinds: ReadonlyMap<string, AnyRuleKind>
  readonly staleAfter: (point: PointId) => Millis | undefined
  /** When watching began. */
  readonly startAt: Instant
  /**
   * A backlog comes in pieces. After a reading that arrives more than a minute late the point's timers wait this long for the next
   * piece, so that the end of a piece is not taken for silence. Default: 3 s.
   */
  readonly settle?: () => Millis
}

const belated = minutes(1)

/**
 * The one judge: live, `evaluate`, replay and backtest feed it differently and get bit-identical results. It is a function of the
 * sequence of (arrival, readings): event time orders readings and timers within a point, arrival time moves every other timer.
 * At one instant a reading counts before a timer, so a timer fires only once time has passed its due instant.
 */
export class Evaluator {
  readonly #points = new Map<PointId, WatchedPoint>()
  readonly #rules = new Map<RuleId, RunningRule>()
  readonly #heap = new DueHeap<RunningRule>()
  readonly #dirty = new Set<RunningRule>()
  readonly #due: RunningRule[] = []
  readonly #settle: () => Millis
  #verdicts: Verdict[] = []
  #receivedAt: Instant

  constructor({ rules, kinds, staleAfter, startAt, settle = () => seconds(3) }: EvaluatorParts) {
    this.#receivedAt = startAt
    this.#settle = settle
    for (const { id, kind: kindName, spec, point: pointId } of rules) {
      const kind = kinds.get(kindName)
      if (!kind) throw new Error(`rule ${id} is of kind ${kindName}, which does not exist`)
      const point = this.#points.get(pointId) ?? new WatchedPoint(staleAfter(pointId), startAt)
      this.#points.set(pointId, point)
      const { state, wakeAt } = kind.begin(spec, startAt, { value: point })
      const rule: RunningRule = {
        id,
        kind,
        spec,
        point,
        inputs: { value: point },
        order: this.#rules.size,
        state,
        wakeAt: undefined,
        ringAt: undefined,
        knewAt: undefined,
      }
      point.rules.push(rule)
      this.#rules.set(id, rule)
      this.#setWake(rule, wakeAt)
    }
  }

  /** Judges readings that arrived together. Timers that were due before the arrival fire first. */
  hear(readings: readonly Reading[], receivedAt: Instant, fates?: Fate[]): readonly Verdict[] {
    this.#moveTo(receivedAt)
    for (const reading of readings) {
      const fate = this.#hearOne(reading)
      fates?.push(fate)
    }
    return this.#taken()
  }

  /** Judges one reading and tells what became of it. */
  hearOne(reading: Reading, receivedAt: Instant): { readonly fate: Fate; readonly verdicts: readonly Verdict[] } {
    this.#moveTo(receivedAt)
    const fate = this.#hearOne(reading)
    return { fate, verdicts: this.#taken() }
  }

  /** Time has passed without a reading: fires every timer due before `now`. */
  advance(now: Instant): readonly Verdict[] {
    this.#moveTo(now)
    return this.#taken()
  }

  /** Nothing more will be heard at `at`: fires the timers due at that very instant too. */
  finish(at: Instant): readonly Verdict[] {
    this.#moveTo((at + 1) as Instant)
    return this.#taken()
  }

  /** When `advance` will next have something to do: one millisecond after the soonest due instant. */
  nextWake(): Instant | undefined {
    this.#forgetOutdated()
    const soonest = this.#heap.soonest
    return soonest === undefined ? undefined : ((soonest + 1) as Instant)
  }

  /** Rules whose state changed since the last call, for the checkpoint. */
  takeChanges(): readonly { readonly rule: RuleId; readonly memory: RuleMemory }[] {
    if (this.#dirty.size === 0) return []
    const changes = [...this.#dirty].map(rule => ({ rule: rule.id, memory: remembered(rule) }))
    this.#dirty.clear()
    return changes
  }

  /** Takes up a rule where a checkpoint left it. A rule that changed its kind begins anew: `false`. */
  restoreRule(id: RuleId, memory: RuleMemory): boolean {
    const rule = this.#rules.get(id)
    if (!rule || rule.kind.kind !== memory.kind) return false
    rule.state = memory.state
    rule.knewAt = memory.heardAt ?? undefined
    this.#setWake(rule, memory.wakeAt ?? undefined)
    return true
  }

  /** Takes up what was known of a point: its newest accepted reading, and whether its last word was bad. */
  restorePoint(
    id: PointId,
    { good, lastWordBad }: { readonly good?: { readonly at: Instant; readonly value: number }; readonly lastWordBad: boolean },
  ): void {
    const point = this.#points.get(id) ?? this.#meet(id)
    if (good) {
      point.newestAt = good.at
      point.value = good.value
      point.heardAt = good.at
    }
    point.lastWordBad = lastWordBad
  }

  /**
   * Judges each point's newest reading once more for the rules that may not know it. A stop between storing a reading and writing down
   * what it led to loses only the second half; hearing it again changes nothing where nothing was lost.
   */
  rehear(): void {
    for (const point of this.#points.values()) {
      const { newestAt, value } = point
      if (newestAt === undefined || value === undefined) continue
      for (const rule of point.rules) {
        if (rule.knewAt !== undefined && newestAt <= rule.knewAt) continue
        const step = rule.kind.hear(rule.spec, rule.state, value, newestAt, rule.inputs, 'value')
        if (step) this.#apply(rule, step)
      }
    }
  }

  /** The gateway listens again from `at` on; silence before it was its own and does not count. */
  resume(at: Instant): void {
    for (const point of this.#points.values()) point.heardAt = later(point.heardAt, at)
    for (const rule of this.#rules.values()) {
      const step = rule.kind.resume?.(rule.spec, rule.state, at, rule.inputs)
      if (step) this.#apply(rule, step)
    }
  }

  /** The newest accepted reading of a point: the word that stands. */
  wordOf(id: PointId): { readonly at: Instant; readonly value: number } | undefined {
    const { newestAt: at, value } = this.#points.get(id) ?? {}
    return at === undefined || value === undefined ? undefined : { at, value }
  }

  memoryOf(id: RuleId): RuleMemory | undefined {
    const rule = this.#rules.get(id)
    return rule && remembered(rule)
  }

  #hearOne(reading: Reading): Fate {
    const point = this.#points.get(reading.point) ?? this.#meet(reading.point)
    const { at } = reading
    const newest = point.newestAt
    if (newest !== undefined && at <= newest) return at === newest ? 'duplicate' : 'late'
    if (reading.quality !== 'good' || !Number.isFinite(reading.value)) {
      point.lastWordBad = true
      return 'bad'
    }
    this.#fireBefore(point, at)
    point.newestAt = at
    point.value = reading.value
    point.lastWordBad = false
    point.heardAt = later(point.heardAt, at)
    point.heldUntil = between(at, this.#receivedAt) > belated ? after(this.#receivedAt, this.#settle()) : undefined
    for (const rule of point.rules) {
      const step = rule.kind.hear(rule.spec, rule.state, reading.value, at, rule.inputs, 'value')
      if (step !== undefined) this.#apply(rule, step)
    }
    return 'accepted'
  }

  /** A point without rules is remembered all the same: it too can be late or say a thing twice. */
  #meet(id: PointId): WatchedPoint {
    const point = new WatchedPoint(undefined, this.#receivedAt)
    this.#points.set(id, point)
    return point
  }

  /** A backlog carries its own past: this point's timers that were due before the reading fire before it is heard. */
  #fireBefore(point: WatchedPoint, at: Instant): void {
    for (const rule of point.rules) {
      while (rule.wakeAt !== undefined && rule.wakeAt < at) this.#fire(rule)
    }
  }

  /** Timers that ring at one instant fire in the order of the rules, so that equal inputs give equal outputs. */
  #moveTo(now: Instant): void {
    for (;;) {
      this.#forgetOutdated()
      const soonest = this.#heap.soonest
      if (soonest === undefined || soonest >= now) break
      while (this.#heap.soonest === soonest) {
        const rule = this.#heap.pop()?.item
        if (rule && rule.ringAt === soonest && !this.#due.includes(rule)) this.#due.push(rule)
      }
      this.#due.sort((a, b) => a.order - b.order)
      for (const rule of this.#due) this.#ring(rule, soonest as Instant)
      this.#due.length = 0
    }
    this.#receivedAt = later(this.#receivedAt, now)
  }

  #ring(rule: RunningRule, at: Instant): void {
    const { heldUntil } = rule.point
    if (heldUntil === undefined || heldUntil <= at) return this.#fire(rule)
    rule.ringAt = heldUntil
    this.#heap.push(heldUntil, rule)
  }

  #fire(rule: RunningRule): void {
    const at = rule.wakeAt as Instant
    rule.wakeAt = undefined
    rule.ringAt = undefined
    const step = rule.kind.wake(rule.spec, rule.state, at, rule.inputs)
    if (step) this.#apply(rule, step)
    else this.#dirty.add(rule)
  }

  #apply(rule: RunningRule, { state, wakeAt, transition }: Step<unknown>): void {
    rule.state = state
    this.#setWake(rule, wakeAt)
    this.#dirty.add(rule)
    if (transition) this.#verdicts.push({ rule: rule.id, transition, receivedAt: this.#receivedAt })
  }

  #setWake(rule: RunningRule, wakeAt: Instant | undefined): void {
    rule.wakeAt = wakeAt
    rule.ringAt = wakeAt
    if (wakeAt !== undefined) this.#heap.push(wakeAt, rule)
  }

  #forgetOutdated(): void {
    for (;;) {
      const soonest = this.#heap.soonest
      if (soonest === undefined) return
      if (this.#heap.first?.ringAt === soonest) return
      this.#heap.pop()
    }
  }

  #taken(): readonly Verdict[] {
    if (this.#verdicts.length === 0) return none
    const verdicts = this.#verdicts
    this.#verdicts = []
    return verdicts
  }
}

const none: readonly Verdict[] = []

function remembered({ kind, state, wakeAt, point }: RunningRule): RuleMemory {
  return { kind: kind.kind, state, wakeAt: wakeAt ?? null, heardAt: point.newestAt ?? null }
}
