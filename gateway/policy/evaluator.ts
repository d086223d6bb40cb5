import type { Words } from '../../protocols/contract/driver.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { after, between, hours, later, minutes, seconds } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { DueHeap } from './heap.ts'
import type { AnyRuleKind, Duty, RuleRecord, Step, Transition } from './kind.ts'
import { InputMemory, Lane } from './lane.ts'
import type { Passing } from './lane.ts'
import { isRuleMemory, remembered } from './memory.ts'
import type { RuleMemory } from './memory.ts'
import { Reorder } from './reorder.ts'
import type { Rule, RuleId } from './rule.ts'
import { isVirtual, RunningRule, WatchedPoint } from './running.ts'

/** One rule said something. `receivedAt` is how far the gateway's clock was; `transition.at` is when it happened. */
export interface Verdict {
  readonly rule: RuleId
  readonly transition: Transition
  readonly receivedAt: Instant
}

/** What a rule wrote down, or that it broke: it is heard no more until the gateway starts again. */
export type Finding =
  | { readonly rule: RuleId; readonly receivedAt: Instant; readonly record: RuleRecord }
  | { readonly rule: RuleId; readonly receivedAt: Instant; readonly failure: { readonly at: Instant; readonly why: string } }

/** What became of a reading: only `accepted` ones are judged. */
export type Fate = 'accepted' | 'bad' | 'late' | 'duplicate'

/** A rule as the evaluator needs it; without `inputs` it watches `point` alone. */
export type WatchedRule = Pick<Rule, 'id' | 'kind' | 'spec' | 'point'> & Partial<Pick<Rule, 'equipment' | 'inputs'>>

export interface EvaluatorParts {
  readonly rules: readonly WatchedRule[]
  readonly kinds: ReadonlyMap<string, AnyRuleKind>
  readonly staleAfter: (point: PointId) => Millis | undefined
  /** Readings of a point that come within this of their own time are put in order first. Default: 0, none is waited for. */
  readonly lateness?: (point: PointId) => Millis
  /** When watching began. */
  readonly startAt: Instant
  /**
   * A backlog comes in pieces. After a reading that arrives more than a minute late the point's timers wait this long for the next
   * piece, so that the end of a piece is not taken for silence; and a rule of several inputs waits as long for its other inputs.
   * Default: 3 s.
   */
  readonly settle?: () => Millis
}

const belated = minutes(1)
const none: readonly Verdict[] = []
const noFindings: readonly Finding[] = []
/** How much of the past a restart has to hear again at most for a rule of several inputs. */
const saveEvery = hours(1)
const never = Number.POSITIVE_INFINITY

/**
 * The one judge: live, `evaluate`, replay and backtest feed it differently and get bit-identical results. It is a function of the
 * sequence of (arrival, readings): event time orders readings and timers within a point and within a rule, arrival time moves every
 * other timer. At one instant a reading counts before a timer, so a timer fires only once time has passed its due instant.
 */
export class Evaluator {
  readonly #points = new Map<string, WatchedPoint>()
  readonly #rules = new Map<RuleId, RunningRule>()
  readonly #heap = new DueHeap<RunningRule>()
  readonly #reorder = new Reorder()
  readonly #dirty = new Set<RunningRule>()
  readonly #touched = new Set<RunningRule>()
  readonly #said: { readonly point: string; readonly at: Instant; readonly value: number }[] = []
  readonly #parts: EvaluatorParts
  readonly #settle: () => Millis
  #verdicts: Verdict[] = []
  #findings: Finding[] = []
  #receivedAt: Instant

  constructor(parts: EvaluatorParts) {
    this.#parts = parts
    this.#receivedAt = parts.startAt
    this.#settle = parts.settle ?? (() => seconds(3))
    for (const rule of parts.rules) this.#add(rule)
  }

  /** Judges readings that arrived together. Timers that were due before the arrival fire first. */
  hear(readings: readonly Reading[], receivedAt: Instant, fates?: Fate[]): readonly Verdict[] {
    this.#moveTo(receivedAt)
    for (const reading of readings) {
      const fate = this.#hearOne(reading)
      fates?.push(fate)
    }
    this.#settleLanes()
    return this.#taken()
  }

  /** Judges one reading and tells what became of it. */
  hearOne(reading: Reading, receivedAt: Instant): { readonly fate: Fate; readonly verdicts: readonly Verdict[] } {
    this.#moveTo(receivedAt)
    const fate = this.#hearOne(reading)
    this.#settleLanes()
    return { fate, verdicts: this.#taken() }
  }

  /** Time has passed without a reading: fires every timer due before `now`. */
  advance(now: Instant): readonly Verdict[] {
    this.#moveTo(now)
    return this.#taken()
  }

  /** Nothing more will be heard at `at`: what waited for others is judged, and the timers due at that very instant fire too. */
  finish(at: Instant): readonly Verdict[] {
    this.#moveTo(at)
    while (this.#reorder.soonest !== undefined) this.#release()
    for (const rule of this.#rules.values()) this.#drain(rule, never as Instant)
    this.#hearSaid()
    // No reading from before them is awaited any more.
    for (const rule of this.#rules.values())
      while (rule.lateness > 0 && rule.wakeAt !== undefined && rule.wakeAt <= at) this.#fire(rule)
    this.#moveTo((at + 1) as Instant)
    return this.#taken()
  }

  /** What rules wrote down since the last call, and which of them broke. */
  takeFindings(): readonly Finding[] {
    if (this.#findings.length === 0) return noFindings
    const findings = this.#findings
    this.#findings = []
    return findings
  }

  /** When `advance` will next have something to do: one millisecond after the soonest due instant. */
  nextWake(): Instant | undefined {
    this.#forgetOutdated()
    const rings = this.#heap.soonest
    const released = this.#reorder.soonest
    if (rings === undefined) return released as Instant | undefined
    return Math.min(rings + 1, released ?? never) as Instant
  }

  /** Rules whose state changed since the last call, for the checkpoint. */
  takeChanges(): readonly { readonly rule: RuleId; readonly memory: RuleMemory }[] {
    if (this.#dirty.size === 0) return []
    const changes = [...this.#dirty].map(rule => ({ rule: rule.id, memory: remembered(rule) }))
    this.#dirty.clear()
    return changes
  }

  /** Takes up a rule where a checkpoint left it. A rule that changed its kind begins anew: `false`. */
  restoreRule(id: RuleId, memory: unknown): boolean {
    const rule = this.#rules.get(id)
    if (!rule || !isRuleMemory(memory) || rule.kind.kind !== memory.kind) return false
    rule.state = memory.state
    rule.knewAt = memory.heardAt ?? undefined
    if (rule.lane) {
      rule.lane.restore(memory.inputs ?? {})
      rule.lane.judgedTo = rule.knewAt
    }
    this.#setWake(rule, memory.wakeAt ?? undefined)
    rule.point?.findQuiet()
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

  /** From when on the stored readings of which points have to be heard again after a restart, with `replay`. */
  replayFrom(): ReadonlyMap<PointId, Instant> {
    const from = new Map<string, Instant>()
    const since = (id: string, at: Instant): void => {
      from.set(id, Math.min(from.get(id) ?? never, at) as Instant)
    }
    for (const { id, inputs } of this.#parts.rules) {
      const rule = this.#rules.get(id)
      if (!rule?.lane || rule.knewAt === undefined) continue
      for (const { point } of inputs ?? []) since(point, rule.knewAt)
    }
    for (const [id, point] of this.#points) {
      const { newestAt, lateness } = point
      if (newestAt === undefined) continue
      const memory = Math.max(0, ...point.rules.map(rule => rule.kind.memory?.(rule.spec) ?? 0))
      if (lateness + memory > 0) since(id, (newestAt - lateness - memory) as Instant)
    }
    return from as ReadonlyMap<string, Instant> as ReadonlyMap<PointId, Instant>
  }

  /** Hears stored readings of the past once more, in the order of their time: each rule takes those that its checkpoint did not know. */
  replay(readings: readonly Reading[], now: Instant): void {
    const [newest, judged] = [new Map<WatchedPoint, Instant>(), new Set<WatchedPoint>()]
    for (const reading of readings) {
      const point = this.#points.get(reading.point)
      if (!point) continue
      const { at } = reading
      const value = reading.quality === 'good' ? reading.value : Number.NaN
      if (at <= (newest.get(point) ?? Number.NEGATIVE_INFINITY)) continue
      newest.set(point, at)
      if (point.lateness > 0 && after(at, point.lateness) > now) {
        if (!judged.has(point)) point.newestAt = (at - 1) as Instant
        judged.add(point)
        this.#reorder.take(point, at, value, now)
        continue
      }
      for (const { rule, input } of point.lanes) if (at > (rule.knewAt ?? never)) this.#passTo(rule, input, at, value, now)
      for (const rule of point.rules) this.#hearAgain(rule, value, at)
    }
    this.#settleLanes()
  }

  /**
   * Judges each point's newest reading once more for the rules that may not know it. A stop between storing a reading and writing down
   * what it led to loses only the second half; hearing it again changes nothing where nothing was lost.
   */
  rehear(): void {
    for (const { newestAt, value, rules } of this.#points.values()) {
      if (newestAt === undefined || value === undefined) continue
      for (const rule of rules) {
        if (rule.knewAt !== undefined && newestAt <= rule.knewAt) continue
        this.#tell(rule, value, newestAt, 'value')
      }
    }
  }

  /** The gateway listens again from `at` on; silence before it was its own and does not count. */
  resume(at: Instant): void {
    for (const point of this.#points.values()) point.resume(at)
    for (const rule of this.#rules.values()) {
      rule.lane?.resume(at)
      this.#run(rule, at, () => rule.kind.resume?.(rule.spec, rule.state, at, rule.inputs))
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

  /** What must happen by when, as every rule that knows of such a thing sees it at `now`. */
  duties(now: Instant): readonly { readonly rule: RuleId; readonly duty: Duty }[] {
    return [...this.#rules.values()].flatMap(({ id, kind, spec, state, failed }) => {
      const duty = failed ? undefined : kind.duty?.(spec, state, now)
      return duty ? [{ rule: id, duty }] : []
    })
  }

  #add({ id, kind: kindName, spec, point: pointId, inputs: bound, equipment = '' }: WatchedRule): void {
    const { kinds, startAt } = this.#parts
    const kind = kinds.get(kindName)
    if (!kind) throw new Error(`rule ${id} is of kind ${kindName}, which does not exist`)
    const wired = bound ?? [{ name: 'value', point: pointId }]
    const points = wired.map(({ point }) => this.#points.get(point) ?? this.#meet(point, startAt))
    const isSingle = wired.length === 1 && wired[0]?.name === 'value'
    const lateness = Math.max(0, ...points.map(point => point.lateness)) as Millis
    const base = { id, kind, spec, equipment, order: this.#rules.size, lateness }
    let rule: RunningRule
    if (isSingle) {
      const [point] = points as [WatchedPoint]
      rule = new RunningRule({ ...base, point, lane: undefined, inputs: { value: point } })
      point.rules.push(rule)
    } else {
      const memories = wired.map(({ name }, index) => [name, new InputMemory(points[index]?.staleAfter, startAt)] as const)
      const paced = points.filter((_, index) => !isVirtual(wired[index]?.point ?? ''))
      const lane = new Lane(Object.fromEntries(memories), [...new Set(paced)], startAt)
      rule = new RunningRule({ ...base, point: undefined, lane, inputs: lane.inputs })
      for (const [index, { name }] of wired.entries()) points[index]?.lanes.push({ rule, input: name })
      this.#dirty.add(rule)
    }
    this.#rules.set(id, rule)
    this.#run(rule, startAt, () => kind.begin(spec, startAt, rule.inputs))
    this.#dirty.delete(rule)
    if (!isSingle) this.#dirty.add(rule)
    rule.point?.findQuiet()
  }

  #hearOne(reading: Reading): Fate {
    const point = this.#points.get(reading.point) ?? this.#meet(reading.point)
    const value = reading.quality === 'good' ? reading.value : Number.NaN
    if (point.lateness === 0) return this.#accept(point, reading.at, value, this.#receivedAt)
    const { newestAt } = point
    if (newestAt !== undefined && reading.at <= newestAt) return reading.at === newestAt ? 'duplicate' : 'late'
    if (!this.#reorder.take(point, reading.at, value, this.#receivedAt)) return 'duplicate'
    // What is already due comes out at once, behind nothing it would have to wait for.
    this.#releaseUntil(this.#receivedAt)
    return Number.isFinite(value) ? 'accepted' : 'bad'
  }

  #accept(point: WatchedPoint, at: Instant, value: number, arrival: Instant): Fate {
    const newest = point.newestAt
    if (newest !== undefined && at <= newest) return at === newest ? 'duplicate' : 'late'
    if (!Number.isFinite(value)) {
      point.lastWordBad = true
      if (point.lanes.length > 0) this.#pass(point, at, value, arrival)
      return 'bad'
    }
    if (point.soonestWake < at) this.#fireBefore(point, at)
    point.newestAt = at
    point.value = value
    point.lastWordBad = false
    if (at > point.heardAt) point.heardAt = at
    point.heldUntil =
      arrival - at - point.lateness > belated ? after(later(arrival, this.#receivedAt), this.#settle()) : undefined
    if (value <= point.quietAbove || value >= point.quietBelow)
      for (const rule of point.rules) this.#tell(rule, value, at, 'value')
    if (point.lanes.length > 0) this.#pass(point, at, value, arrival)
    return 'accepted'
  }

  /** A point without rules is remembered all the same: it too can be late or say a thing twice. */
  #meet(id: string, heardAt = this.#receivedAt): WatchedPoint {
    const { staleAfter, lateness } = this.#parts
    const virtual = isVirtual(id)
    const name = id as PointId
    const point = new WatchedPoint(
      virtual ? undefined : staleAfter(name),
      virtual ? (0 as Millis) : (lateness?.(name) ?? (0 as Millis)),
      heardAt,
    )
    point.findQuiet()
    this.#points.set(id, point)
    return point
  }

  #pass(point: WatchedPoint, at: Instant, value: number, arrival: Instant): void {
    for (const { rule, input } of point.lanes) this.#passTo(rule, input, at, value, arrival)
  }

  #passTo(rule: RunningRule, input: string, at: Instant, value: number, arrival: Instant): void {
    const { lane } = rule
    if (rule.failed || !lane) return
    const judgedTo = lane.judgedTo ?? at
    lane.take({ at: later(at, judgedTo), value, input, arrival })
    if (between(at, arrival) - rule.lateness > belated) lane.heldUntil = after(this.#receivedAt, this.#settle())
    this.#touched.add(rule)
  }

  /** Lanes that took something in give out what may be judged, and ring again for what has to wait. */
  #settleLanes(): void {
    while (this.#touched.size > 0 || this.#said.length > 0) {
      for (const rule of this.#touched) {
        this.#touched.delete(rule)
        this.#drain(rule, this.#receivedAt)
      }
      this.#hearSaid()
    }
  }

  #drain(rule: RunningRule, now: Instant): void {
    const { lane } = rule
    if (!lane) return
    const patience = this.#settle()
    for (let passing = lane.next(now, patience); passing; passing = lane.next(now, patience)) {
      if (rule.failed) continue
      this.#judge(rule, lane, passing)
    }
    this.#setRing(rule)
  }

  #judge(rule: RunningRule, lane: Lane, { at, value, input }: Passing): void {
    while (rule.wakeAt !== undefined && rule.wakeAt < at) this.#fire(rule)
    const memory = lane.inputs[input]
    lane.judgedTo = at
    if (memory) {
      if (Number.isFinite(value)) {
        memory.hear(value, at)
        this.#tell(rule, value, at, input)
      } else memory.lastWordBad = true
    }
    if (between(lane.savedTo, at) >= saveEvery) {
      lane.savedTo = at
      this.#dirty.add(rule)
    }
  }

  /** What the gateway itself said is heard after what led to it. */
  #hearSaid(): void {
    let heard = 0
    for (let said = this.#said.shift(); said; said = this.#said.shift()) {
      // Rules that answer each other's records without end are somebody's mistake; a thousand steps are more than any chain needs.
      if ((heard += 1) > 1_000) {
        this.#said.length = 0
        return
      }
      const point = this.#points.get(said.point)
      if (!point) continue
      const { newestAt } = point
      const at = newestAt !== undefined && said.at <= newestAt ? ((newestAt + 1) as Instant) : said.at
      this.#accept(point, at, said.value, this.#receivedAt)
    }
  }

  /** A backlog carries its own past: this point's timers that were due before the reading fire before it is heard. */
  #fireBefore(point: WatchedPoint, at: Instant): void {
    for (const rule of point.rules) {
      while (rule.wakeAt !== undefined && rule.wakeAt < at) this.#fire(rule)
    }
  }

  /** Readings in their order and timers in theirs: what waits until an instant is heard before a timer of that instant fires. */
  #moveTo(now: Instant): void {
    for (;;) {
      this.#forgetOutdated()
      const rings = this.#heap.soonest ?? never
      const released = this.#reorder.soonest ?? never
      if (released <= now && released <= rings) this.#release()
      else if (rings < now) this.#ringAll(rings as Instant)
      else break
    }
    if (now > this.#receivedAt) this.#receivedAt = now
    if (this.#said.length > 0 || this.#touched.size > 0) this.#settleLanes()
  }

  #releaseUntil(now: Instant): void {
    while ((this.#reorder.soonest ?? never) <= now) this.#release()
  }

  #release(): void {
    for (const { point, at, value, arrival } of this.#reorder.takeSoonest()) this.#accept(point, at, value, arrival)
    this.#settleLanes()
  }

  /** Timers that ring at one instant fire in the order of the rules, so that equal inputs give equal outputs. */
  #ringAll(at: Instant): void {
    const due: RunningRule[] = []
    while (this.#heap.soonest === at) {
      const rule = this.#heap.pop()?.item
      if (!rule || rule.ringAt !== at || rule.rings) continue
      rule.rings = true
      due.push(rule)
    }
    due.sort((a, b) => a.order - b.order)
    for (const rule of due) {
      rule.rings = false
      rule.ringAt = undefined
      this.#ring(rule, at)
    }
    this.#hearSaid()
  }

  #ring(rule: RunningRule, at: Instant): void {
    const { lane, point } = rule
    if (lane) this.#drain(rule, (at + 1) as Instant)
    const held = (lane ?? point)?.heldUntil
    if (held !== undefined && held > at) return this.#ringLater(rule, held)
    const { wakeAt } = rule
    if (wakeAt === undefined || after(wakeAt, rule.lateness) > at) return this.#setRing(rule)
    const waiting = lane?.first
    if (waiting && waiting.at <= wakeAt) return this.#setRing(rule)
    this.#fire(rule)
  }

  #fire(rule: RunningRule): void {
    const at = rule.wakeAt as Instant
    rule.wakeAt = undefined
    this.#dirty.add(rule)
    this.#run(rule, at, () => rule.kind.wake(rule.spec, rule.state, at, rule.inputs))
    if (rule.wakeAt === undefined) this.#setWake(rule, undefined)
  }

  #tell(rule: RunningRule, value: number, at: Instant, input: string): void {
    if (rule.failed) return
    try {
      const step = rule.kind.hear(rule.spec, rule.state, value, at, rule.inputs, input)
      if (step !== undefined) this.#apply(rule, step, at)
    } catch (error) {
      this.#isolate(rule, at, error)
    }
  }

  #hearAgain(rule: RunningRule, value: number, at: Instant): void {
    if (!Number.isFinite(value) || rule.failed) return
    if (rule.knewAt === undefined || at > rule.knewAt) {
      while (rule.wakeAt !== undefined && rule.wakeAt < at) this.#fire(rule)
      return this.#tell(rule, value, at, 'value')
    }
    // What led to its checkpoint: a rule that keeps its window out of the checkpoint fills it again, and says nothing of it.
    if (rule.kind.memory) this.#run(rule, at, () => void rule.kind.hear(rule.spec, rule.state, value, at, rule.inputs, 'value'))
  }

  #run(rule: RunningRule, at: Instant, act: () => Step<unknown> | undefined): void {
    if (rule.failed) return
    try {
      const step = act()
      if (step) this.#apply(rule, step, at)
    } catch (error) {
      this.#isolate(rule, at, error)
    }
  }

  /** A mistake in one rule is that rule's alone: it is told once, and every other goes on. */
  #isolate(rule: RunningRule, at: Instant, error: unknown): void {
    rule.failed = true
    this.#setWake(rule, undefined)
    rule.point?.findQuiet()
    const why = error instanceof Error ? error.message : String(error)
    this.#findings.push({ rule: rule.id, receivedAt: this.#receivedAt, failure: { at, why } })
  }

  #apply(rule: RunningRule, { state, wakeAt, transition, record }: Step<unknown>, at: Instant): void {
    rule.state = state
    this.#setWake(rule, wakeAt)
    rule.point?.findQuiet()
    this.#dirty.add(rule)
    if (record) {
      this.#findings.push({ rule: rule.id, receivedAt: this.#receivedAt, record })
      this.#said.push({
        point: `${rule.equipment}.record:${record.kind}`,
        at: later(at, record.to),
        value: record.verdict === 'passed' ? 1 : 0,
      })
    }
    if (transition) this.#verdicts.push({ rule: rule.id, transition, receivedAt: this.#receivedAt })
  }

  #setWake(rule: RunningRule, wakeAt: Instant | undefined): void {
    rule.wakeAt = wakeAt
    rule.point?.findSoonestWake()
    this.#setRing(rule)
  }

  #setRing(rule: RunningRule): void {
    const timer = rule.wakeAt === undefined ? never : after(rule.wakeAt, rule.lateness)
    const head = rule.lane?.first
    // One millisecond before: a timer rings once time has passed its instant, a lane gives out at the very instant.
    const lane = head ? after(head.arrival, this.#settle()) - 1 : never
    const ringAt = Math.min(timer, lane)
    if (ringAt === never) rule.ringAt = undefined
    else this.#ringLater(rule, ringAt as Instant)
  }

  #ringLater(rule: RunningRule, at: Instant): void {
    if (rule.ringAt === at) return
    rule.ringAt = at
    this.#heap.push(at, rule)
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
