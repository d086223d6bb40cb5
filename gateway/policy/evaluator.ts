import type { PointId, Reading, ReadingColumns } from '../../protocols/contract/reading.ts'
import { after, seconds } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { Court } from './court.ts'
import type { Duty, Outlook, UnderWay } from './kind.ts'
import { isRuleMemory, moved, remembered } from './memory.ts'
import type { RuleMemory } from './memory.ts'
import { Reorder } from './reorder.ts'
import type { RuleId } from './rule.ts'
import type { RunningRule, WatchedPoint } from './running.ts'
import type { EvaluatorParts, Fate, Finding, Odd, Verdict } from './verdict.ts'

const forever = Number.POSITIVE_INFINITY

/**
 * The one judge: live, `evaluate`, replay and backtest feed it differently and get bit-identical results. It is a function of the
 * sequence of (arrival, readings): event time orders readings and timers within a point and within a rule, arrival time moves every
 * other timer. At one instant a reading counts before a timer, so a timer fires only once time has passed its due instant.
 */
export class Evaluator {
  readonly #court: Court
  readonly #reorder = new Reorder()
  #last: WatchedPoint | undefined = undefined

  constructor(parts: EvaluatorParts) {
    this.#court = new Court(parts, parts.settle ?? (() => seconds(3)))
  }

  /** Judges readings that arrived together. Timers that were due before the arrival fire first. */
  hear(readings: readonly Reading[], receivedAt: Instant, fates?: Fate[]): readonly Verdict[] {
    this.#moveTo(receivedAt)
    for (const reading of readings) {
      const fate = this.#hearOne(reading)
      fates?.push(fate)
    }
    this.#court.settle()
    return this.#court.verdicts()
  }

  /** The same for columns; `odd` takes those that were not accepted. */
  hearColumns({ points, at, value }: ReadingColumns, receivedAt: Instant, odd?: Odd[]): readonly Verdict[] {
    this.#moveTo(receivedAt)
    for (let index = 0; index < points.length; index++) {
      const fate = this.#hearPoint(this.#pointOf(points[index] as PointId), at[index] as Instant, value[index] as number)
      if (fate !== 'accepted') odd?.push({ index, fate })
    }
    this.#court.settle()
    return this.#court.verdicts()
  }

  /** Judges one reading and tells what became of it. */
  hearOne(reading: Reading, receivedAt: Instant): { readonly fate: Fate; readonly verdicts: readonly Verdict[] } {
    this.#moveTo(receivedAt)
    const fate = this.#hearOne(reading)
    this.#court.settle()
    return { fate, verdicts: this.#court.verdicts() }
  }

  /** Time has passed without a reading: fires every timer due before `now`. */
  advance(now: Instant): readonly Verdict[] {
    this.#moveTo(now)
    return this.#court.verdicts()
  }

  /** Nothing more will be heard at `at`: what waited for others is judged, and the timers due at that very instant fire too. */
  finish(at: Instant): readonly Verdict[] {
    this.#moveTo(at)
    while (this.#reorder.soonest !== undefined) this.#release()
    this.#court.conclude(at)
    this.#moveTo((at + 1) as Instant)
    return this.#court.verdicts()
  }

  /** What rules wrote down since the last call, and which of them broke. */
  takeFindings(): readonly Finding[] {
    return this.#court.findings()
  }

  /** When `advance` will next have something to do: one millisecond after the soonest due instant. */
  nextWake(): Instant | undefined {
    const next = Math.min(this.#court.timers.soonest + 1, this.#reorder.soonest ?? forever)
    return next === forever ? undefined : (next as Instant)
  }

  /** Rules whose state changed since the last call, for the checkpoint. */
  takeChanges(): readonly { readonly rule: RuleId; readonly memory: RuleMemory }[] {
    const { dirty } = this.#court
    if (dirty.size === 0) return []
    const changes = [...dirty].map(rule => ({ rule: rule.id, memory: remembered(rule) }))
    dirty.clear()
    return changes
  }

  /** Takes up a rule where a checkpoint left it. A rule that changed its kind begins anew: `false`. */
  restoreRule(id: RuleId, memory: unknown): boolean {
    const rule = this.#court.rules.get(id)
    if (!rule || !isRuleMemory(memory) || rule.kind.kind !== memory.kind) return false
    rule.state = memory.state
    rule.knewAt = memory.heardAt ?? undefined
    rule.lane?.restore(memory.inputs ?? {}, rule.knewAt)
    this.#court.setWake(rule, memory.wakeAt ?? undefined)
    rule.point?.findQuiet()
    return true
  }

  /** Takes up what was known of a point: its newest accepted reading, and whether its last word was bad. */
  restorePoint(
    id: PointId,
    { good, lastWordBad }: { readonly good?: { readonly at: Instant; readonly value: number }; readonly lastWordBad: boolean },
  ): void {
    const point = this.#court.pointOf(id)
    if (good) {
      point.newestAt = good.at
      point.value = good.value
      point.heardAt = good.at
    }
    point.lastWordBad = lastWordBad
  }

  /** From when on the stored readings of which points have to be heard again after a restart, with `replay`. */
  replayFrom(): ReadonlyMap<PointId, Instant> {
    const from = new Map<PointId, Instant>()
    for (const [id, point] of this.#court.points) {
      let since = forever
      for (const { rule } of point.lanes) since = Math.min(since, rule.knewAt ?? forever)
      const memory = Math.max(0, ...point.rules.map(({ kind, spec }) => kind.memory?.(spec) ?? 0))
      if (point.newestAt !== undefined && point.lateness + memory > 0)
        since = Math.min(since, point.newestAt - point.lateness - memory)
      if (since < forever) from.set(id as PointId, since as Instant)
    }
    return from
  }

  /** Hears stored readings of the past once more, in the order of their time: each rule takes those that its checkpoint did not know. */
  replay(readings: readonly Reading[], now: Instant): void {
    const newest = new Map<WatchedPoint, Instant>()
    const judged = new Set<WatchedPoint>()
    for (const reading of readings) {
      const point = this.#court.points.get(reading.point)
      const { at } = reading
      if (!point || at <= (newest.get(point) ?? Number.NEGATIVE_INFINITY)) continue
      newest.set(point, at)
      const value = valueOf(reading)
      if (point.lateness > 0 && after(at, point.lateness) > now) {
        // It still waited for readings from before it when the gateway stopped.
        if (!judged.has(point)) point.newestAt = (at - 1) as Instant
        judged.add(point)
        this.#reorder.take(point, at, value, now)
        continue
      }
      for (const { rule, input } of point.lanes)
        if (at > (rule.knewAt ?? forever)) this.#court.passTo(rule, { at, value, input, arrival: now })
      for (const rule of point.rules) this.#hearAgain(rule, value, at)
    }
    this.#court.settle()
  }

  /**
   * Judges each point's newest reading once more for the rules that may not know it. A stop between storing a reading and writing down
   * what it led to loses only the second half; hearing it again changes nothing where nothing was lost.
   */
  rehear(): void {
    for (const { newestAt, value, rules } of this.#court.points.values()) {
      if (newestAt === undefined || value === undefined) continue
      for (const rule of rules)
        if (rule.knewAt === undefined || newestAt > rule.knewAt) this.#court.tell(rule, value, newestAt, 'value')
    }
  }

  /** The gateway listens again from `at` on; silence before it was its own and does not count. */
  resume(at: Instant): void {
    for (const point of this.#court.points.values()) point.resume(at)
    for (const rule of this.#court.rules.values()) {
      rule.lane?.resume(at)
      this.#court.run(rule, at, () => rule.kind.resume?.(rule.spec, rule.state, at, rule.inputs))
    }
  }

  /** Since when each point has been silent, for another that goes on from here without a break. */
  heard(): Heard {
    const points = [...this.#court.points.values()].map(({ id, heardAt }) => [id, heardAt] as const)
    const inputs = [...this.#court.rules.values()].flatMap(({ id, lane }) =>
      Object.entries(lane?.inputs ?? {}).map(([name, { heardAt }]) => [`${id}\0${name}`, heardAt] as const),
    )
    return { points: new Map(points), inputs: new Map(inputs) }
  }

  /** Goes on at `at` from where another left off: nobody stopped listening, so that a silence goes on from when it began. */
  goOn({ points, inputs }: Heard, at: Instant): void {
    for (const point of this.#court.points.values()) point.heardAt = points.get(point.id) ?? point.heardAt
    for (const rule of this.#court.rules.values()) {
      for (const [name, memory] of Object.entries(rule.lane?.inputs ?? {}))
        memory.heardAt = inputs.get(`${rule.id}\0${name}`) ?? memory.heardAt
      this.#court.run(rule, at, () => rule.kind.resume?.(rule.spec, rule.state, rule.point?.heardAt ?? at, rule.inputs))
    }
  }

  /**
   * The clock was set by so many ms. What a rule counts (a delay, a silence) keeps what is left of it, so that nothing fires because of it
   * and nothing is put off by it; what a rule has by the calendar (a duty of the day) goes by the new time. What waits for others is judged
   * first.
   */
  clockSet(by: number): void {
    while (this.#reorder.soonest !== undefined) this.#release()
    this.#court.conclude(this.#court.receivedAt)
    this.#court.receivedAt = (this.#court.receivedAt + by) as Instant
    for (const point of this.#court.points.values()) point.clockSet(by)
    for (const rule of this.#court.rules.values()) {
      rule.lane?.clockSet(by)
      this.#court.dirty.add(rule)
      if (rule.failed || rule.kind.dates) continue
      // As a restart would find it: what a rule keeps beside its checkpoint begins anew.
      const { state, wakeAt } = moved(JSON.parse(JSON.stringify(remembered(rule))) as RuleMemory, by)
      rule.state = state
      this.#court.setWake(rule, wakeAt ?? undefined)
      rule.point?.findQuiet()
    }
  }

  /** The newest accepted reading of a point: the word that stands. */
  wordOf(id: PointId): { readonly at: Instant; readonly value: number } | undefined {
    const { newestAt: at, value } = this.#court.points.get(id) ?? {}
    return at === undefined || value === undefined ? undefined : { at, value }
  }

  memoryOf(id: RuleId): RuleMemory | undefined {
    const rule = this.#court.rules.get(id)
    return rule && remembered(rule)
  }

  /** What must happen by when, as every rule that knows of such a thing sees it at `now`. */
  duties(now: Instant): readonly { readonly rule: RuleId; readonly duty: Duty }[] {
    return [...this.#court.rules.values()].flatMap(({ id, kind, spec, state, failed }) => {
      const duty = failed ? undefined : kind.duty?.(spec, state, now)
      return duty ? [{ rule: id, duty }] : []
    })
  }

  /** Where the readings of a rule lead at `now`, where it is of a kind that knows. */
  outlook(id: RuleId, now: Instant): Outlook | undefined {
    const rule = this.#court.rules.get(id)
    return rule && !rule.failed ? rule.kind.outlook?.(rule.spec, rule.state, now) : undefined
  }

  /** What is under way and not over, of every rule that knows of such a thing. */
  underWay(): readonly { readonly rule: RuleId; readonly underWay: UnderWay }[] {
    return [...this.#court.rules.values()].flatMap(({ id, kind, spec, state, failed }) => {
      const underWay = failed ? undefined : kind.underWay?.(spec, state)
      return underWay ? [{ rule: id, underWay }] : []
    })
  }

  #hearOne(reading: Reading): Fate {
    return this.#hearPoint(this.#pointOf(reading.point), reading.at, valueOf(reading))
  }

  #hearPoint(point: WatchedPoint, at: Instant, value: number): Fate {
    if (point.lateness === 0) return this.#court.accept(point, at, value, this.#court.receivedAt)
    const { newestAt } = point
    if (newestAt !== undefined && at <= newestAt) return at === newestAt ? 'duplicate' : 'late'
    if (!this.#reorder.take(point, at, value, this.#court.receivedAt)) return 'duplicate'
    // What is already due comes out at once, behind nothing it would have to wait for.
    while ((this.#reorder.soonest ?? forever) <= this.#court.receivedAt) this.#release()
    return Number.isFinite(value) ? 'accepted' : 'bad'
  }

  /** The point of a reading. Looking where the last sweep went next is cheaper than looking it up. */
  #pointOf(id: string): WatchedPoint {
    const expected = this.#last?.next
    const point = expected !== undefined && expected.id === id ? expected : this.#court.pointOf(id)
    if (this.#last !== undefined && point !== expected) this.#last.next = point
    this.#last = point
    return point
  }

  /** Readings in their order and timers in theirs: what waits until an instant is heard before a timer of that instant fires. */
  #moveTo(now: Instant): void {
    for (;;) {
      const rings = this.#court.timers.soonest
      const released = this.#reorder.soonest ?? forever
      if (released <= now && released <= rings) this.#release()
      else if (rings < now) this.#court.ring(rings as Instant)
      else break
    }
    if (now > this.#court.receivedAt) this.#court.receivedAt = now
    this.#court.settle()
  }

  #release(): void {
    for (const { point, at, value, arrival } of this.#reorder.takeSoonest()) this.#court.accept(point, at, value, arrival)
    this.#court.settle()
  }

  #hearAgain(rule: RunningRule, value: number, at: Instant): void {
    if (!Number.isFinite(value)) return
    const isNews = rule.knewAt === undefined ? !rule.kind.memory : at > rule.knewAt
    if (isNews) {
      while (rule.wakeAt !== undefined && rule.wakeAt < at) this.#court.fire(rule)
      return this.#court.tell(rule, value, at, 'value')
    }
    // What led to its checkpoint, or was before the rule: its window is filled, and nothing is said of it.
    if (!rule.kind.memory) return
    this.#court.run(rule, at, () => void rule.kind.hear(rule.spec, rule.state, value, at, rule.inputs, 'value'))
  }
}

/** When each point was last heard well, and each input of a rule of several; the start counts where nothing was heard. */
export interface Heard {
  readonly points: ReadonlyMap<string, Instant>
  /** By rule and input. */
  readonly inputs: ReadonlyMap<string, Instant>
}

/** NaN where the reading is not to be judged. */
const valueOf = (reading: Reading): number => (reading.quality === 'good' ? reading.value : Number.NaN)
