import type { PointId } from '../../protocols/contract/reading.ts'
import { after, between, later, minutes } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { EvaluatorParts, Fate, Finding, Verdict, WatchedRule } from './verdict.ts'
import type { Step } from './kind.ts'
import { InputMemory, Lane } from './lane.ts'
import type { Passing } from './lane.ts'
import type { RuleId } from './rule.ts'
import { isUnstored, isVirtual, RunningRule, WatchedPoint } from './running.ts'
import { Timers } from './timers.ts'

const belated = minutes(1)
/**
 * A rule of several inputs is checkpointed with what it says, and else this often: a restart hears what was stored since once more and
 * comes to the same, so that a running cycle need not be written down at every reading.
 */
const saveEvery = minutes(10)
const forever = Number.POSITIVE_INFINITY as Instant
const none: readonly Verdict[] = []
const noFindings: readonly Finding[] = []

/** Where rules are heard: points, rules and what they say. It knows no time of its own; the evaluator moves it. */
export class Court {
  readonly points = new Map<string, WatchedPoint>()
  readonly rules = new Map<RuleId, RunningRule>()
  readonly dirty = new Set<RunningRule>()
  readonly timers = new Timers()
  readonly #parts: EvaluatorParts
  readonly #settle: () => Millis
  /** Rules whose lane took something in. */
  readonly #touched: RunningRule[] = []
  /** What the gateway itself said, to be heard after what led to it. */
  readonly #said: { readonly point: string; readonly at: Instant; readonly value: number }[] = []
  #verdicts: Verdict[] = []
  #findings: Finding[] = []
  /** How far the gateway's clock is. */
  receivedAt: Instant

  constructor(parts: EvaluatorParts, settle: () => Millis) {
    this.#parts = parts
    this.#settle = settle
    this.receivedAt = parts.startAt
    for (const rule of parts.rules) this.#add(rule)
  }

  verdicts(): readonly Verdict[] {
    if (this.#verdicts.length === 0) return none
    const verdicts = this.#verdicts
    this.#verdicts = []
    return verdicts
  }

  findings(): readonly Finding[] {
    if (this.#findings.length === 0) return noFindings
    const findings = this.#findings
    this.#findings = []
    return findings
  }

  /** A point without rules is remembered all the same: it too can be late or say a thing twice. */
  pointOf(id: string, heardAt = this.receivedAt): WatchedPoint {
    const known = this.points.get(id)
    if (known) return known
    const { staleAfter, lateness } = this.#parts
    const none = 0 as Millis
    const point = isVirtual(id)
      ? new WatchedPoint(id, undefined, none, heardAt)
      : new WatchedPoint(id, staleAfter(id as PointId), lateness?.(id as PointId) ?? none, heardAt)
    point.findQuiet()
    this.points.set(id, point)
    return point
  }

  /** A reading in its order; `value` is NaN where it was bad. */
  accept(point: WatchedPoint, at: Instant, value: number, arrival: Instant): Fate {
    const newest = point.newestAt
    if (newest !== undefined && at <= newest) return at === newest ? 'duplicate' : 'late'
    // What a bad reading says of the time is believed only where the gateway's own clock has long been there.
    if (point.soonestWake < at && (Number.isFinite(value) || at <= this.receivedAt)) this.#fireBefore(point, at)
    if (!Number.isFinite(value)) {
      point.lastWordBad = true
      if (point.lanes.length > 0) this.#pass(point, at, value, arrival)
      return 'bad'
    }
    point.newestAt = at
    point.value = value
    point.lastWordBad = false
    if (at > point.heardAt) point.heardAt = at
    point.heldUntil = arrival - at - point.lateness > belated ? after(later(arrival, this.receivedAt), this.#settle()) : undefined
    if (value <= point.quietAbove || value >= point.quietBelow)
      for (const rule of point.rules) this.tell(rule, value, at, 'value')
    if (point.lanes.length > 0) this.#pass(point, at, value, arrival)
    return 'accepted'
  }

  /** A reading on its way to a rule of several inputs. */
  passTo(rule: RunningRule, passing: Passing): void {
    const { lane } = rule
    if (rule.failed || !lane) return
    lane.take(passing)
    if (between(passing.at, passing.arrival) - rule.lateness > belated) lane.heldUntil = after(this.receivedAt, this.#settle())
    if (rule.touched) return
    rule.touched = true
    this.#touched.push(rule)
  }

  /** Lanes that took something in give out what may be judged now; what has to wait rings later. */
  settle(): void {
    while (this.#touched.length > 0 || this.#said.length > 0) {
      for (let rule = this.#touched.pop(); rule; rule = this.#touched.pop()) {
        rule.touched = false
        this.#drain(rule, this.receivedAt)
      }
      this.#hearSaid()
    }
  }

  /** Nothing more is awaited: whatever waits in a lane is judged, and timers that waited for late readings fire. */
  conclude(at: Instant): void {
    for (const rule of this.rules.values()) this.#drain(rule, forever)
    this.#hearSaid()
    for (const rule of this.rules.values())
      while (rule.lateness > 0 && rule.wakeAt !== undefined && rule.wakeAt <= at) this.fire(rule)
  }

  /** Every rule that rings at this instant is looked at, in their order. */
  ring(at: Instant): void {
    for (const rule of this.timers.take(at)) this.#look(rule, at)
    this.#hearSaid()
  }

  fire(rule: RunningRule): void {
    const at = rule.wakeAt as Instant
    rule.wakeAt = undefined
    this.#save(rule, at, false)
    this.run(rule, at, () => rule.kind.wake(rule.spec, rule.state, at, rule.inputs))
    if (rule.wakeAt === undefined) this.setWake(rule, undefined)
  }

  tell(rule: RunningRule, value: number, at: Instant, input: string): void {
    if (rule.failed) return
    try {
      const step = rule.kind.hear(rule.spec, rule.state, value, at, rule.inputs, input)
      if (step !== undefined) this.#apply(rule, step, at)
    } catch (error) {
      this.#isolate(rule, at, error)
    }
  }

  run(rule: RunningRule, at: Instant, act: () => Step<unknown> | undefined): void {
    if (rule.failed) return
    try {
      const step = act()
      if (step) this.#apply(rule, step, at)
    } catch (error) {
      this.#isolate(rule, at, error)
    }
  }

  setWake(rule: RunningRule, wakeAt: Instant | undefined): void {
    rule.wakeAt = wakeAt
    rule.point?.findSoonestWake()
    this.timers.set(rule, this.#settle)
  }

  #add({ id, kind: kindName, spec, point: pointId, inputs, equipment = '' }: WatchedRule): void {
    const { kinds, startAt } = this.#parts
    const kind = kinds.get(kindName)
    if (!kind) throw new Error(`rule ${id} is of kind ${kindName}, which does not exist`)
    const wired = inputs ?? [{ name: 'value', point: pointId }]
    const points = wired.map(({ point }) => this.pointOf(point, startAt))
    const lateness = Math.max(0, ...points.map(point => point.lateness)) as Millis
    const base = { id, kind, spec, equipment, order: this.rules.size, lateness }
    const [only] = points
    let rule: RunningRule
    if (only && wired.length === 1 && wired[0]?.name === 'value') {
      rule = new RunningRule({ ...base, point: only, lane: undefined, inputs: { value: only } })
      only.rules.push(rule)
    } else {
      const memories = wired.map(({ name }, index) => [name, new InputMemory(points[index]?.staleAfter, startAt)] as const)
      const paced = new Set(points.filter((_, index) => !isVirtual(wired[index]?.point ?? '')))
      const said = wired.filter(({ point }) => isUnstored(point)).map(({ name }) => name)
      const lane = new Lane(Object.fromEntries(memories), [...paced], startAt, new Set(said))
      rule = new RunningRule({ ...base, point: undefined, lane, inputs: lane.inputs })
      for (const [index, { name }] of wired.entries()) points[index]?.lanes.push({ rule, input: name })
    }
    this.rules.set(id, rule)
    this.run(rule, startAt, () => kind.begin(spec, startAt, rule.inputs))
    // What a rule begins with is known without a checkpoint; what a lane knows of its inputs is not.
    if (!rule.lane) this.dirty.delete(rule)
    else this.dirty.add(rule)
    rule.point?.findQuiet()
  }

  #pass(point: WatchedPoint, at: Instant, value: number, arrival: Instant): void {
    for (const { rule, input } of point.lanes) this.passTo(rule, { at, value, input, arrival })
  }

  #drain(rule: RunningRule, now: Instant): void {
    const { lane } = rule
    if (!lane) return
    const patience = this.#settle()
    for (let passing = lane.next(now, patience); passing; passing = lane.next(now, patience))
      if (!rule.failed) this.#judge(rule, lane, passing)
    this.timers.set(rule, this.#settle)
  }

  #judge(rule: RunningRule, lane: Lane, { at: said, value, input }: Passing): void {
    // What comes from before an instant that is already judged counts as of now: a verdict is not taken back.
    const at = lane.judgedTo === undefined ? said : later(said, lane.judgedTo)
    while (rule.wakeAt !== undefined && rule.wakeAt < at) this.fire(rule)
    const memory = lane.inputs[input]
    lane.judgedTo = at
    if (memory && Number.isFinite(value)) {
      memory.hear(value, at)
      this.tell(rule, value, at, input)
    } else if (memory) memory.lastWordBad = true
    // What the gateway itself says is stored nowhere: a restart cannot hear it once more.
    this.#save(rule, at, lane.said.has(input))
  }

  #save(rule: RunningRule, at: Instant, hasSpoken: boolean): void {
    const { lane } = rule
    if (lane && !hasSpoken && between(lane.savedTo, at) < saveEvery) return
    if (lane) lane.savedTo = at
    this.dirty.add(rule)
  }

  #hearSaid(): void {
    let heard = 0
    for (let said = this.#said.shift(); said; said = this.#said.shift()) {
      const { at, value } = said
      const point = this.points.get(said.point)
      // Rules that answer each other's records without end are somebody's mistake; no chain needs a thousand steps.
      if (!point || (heard += 1) > 1_000) continue
      const { newestAt } = point
      this.accept(point, newestAt !== undefined && at <= newestAt ? ((newestAt + 1) as Instant) : at, value, this.receivedAt)
    }
  }

  /** A backlog carries its own past: this point's timers that were due before the reading fire before it is heard. */
  #fireBefore(point: WatchedPoint, at: Instant): void {
    for (const rule of point.rules) while (rule.wakeAt !== undefined && rule.wakeAt < at) this.fire(rule)
  }

  #look(rule: RunningRule, at: Instant): void {
    const { lane, point } = rule
    if (lane) this.#drain(rule, (at + 1) as Instant)
    const held = (lane ?? point)?.heldUntil
    if (held !== undefined && held > at) return this.timers.ring(rule, held)
    const { wakeAt } = rule
    if (wakeAt === undefined || after(wakeAt, rule.lateness) > at) return this.timers.set(rule, this.#settle)
    const waiting = lane?.first
    // A reading of before the timer waits for other inputs: the timer fires when it has been heard, and must not ring until then.
    if (waiting && waiting.at <= wakeAt) this.timers.ring(rule, (after(waiting.arrival, this.#settle()) - 1) as Instant)
    else this.fire(rule)
  }

  /** A mistake in one rule is that rule's alone: it is told once, and every other goes on. */
  #isolate(rule: RunningRule, at: Instant, error: unknown): void {
    rule.failed = true
    this.setWake(rule, undefined)
    rule.point?.findQuiet()
    const why = error instanceof Error ? error.message : String(error)
    this.#findings.push({ rule: rule.id, receivedAt: this.receivedAt, failure: { at, why } })
  }

  #apply(rule: RunningRule, { state, wakeAt, transition, record }: Step<unknown>, at: Instant): void {
    rule.state = state
    this.setWake(rule, wakeAt)
    rule.point?.findQuiet()
    this.#save(rule, at, transition !== undefined || record !== undefined)
    if (record) {
      this.#findings.push({ rule: rule.id, receivedAt: this.receivedAt, record })
      const value = record.verdict === 'passed' ? 1 : 0
      this.#said.push({ point: `${rule.equipment}.record:${record.kind}`, at: record.to, value })
    }
    if (transition) this.#verdicts.push({ rule: rule.id, transition, receivedAt: this.receivedAt })
  }
}
