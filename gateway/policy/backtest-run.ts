import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { Episodes } from './episodes.ts'
import type { Episode } from './episodes.ts'
import { Evaluator } from './evaluator.ts'
import type { Fate, Verdict } from './verdict.ts'
import type { AnyRuleKind, RuleRecord } from './kind.ts'
import type { Rule, RuleId } from './rule.ts'
import { isVirtual } from './running.ts'

export interface BacktestParts {
  readonly before: readonly Rule[]
  readonly after: readonly Rule[]
  readonly kinds: ReadonlyMap<string, AnyRuleKind>
  readonly staleAfter: (point: PointId) => Millis | undefined
  /**
   * When the first word of a point was stored; `undefined` when none ever was. A rule is not blamed for the time before anybody could
   * hear of its equipment.
   */
  readonly firstAt: (point: PointId) => Instant | undefined
  /** Where hearing begins, so that the rules know at `from` what they would have known: delays under way, alarms that stand. */
  readonly startAt: Instant
  readonly from: Instant
  readonly to: Instant
}

/** How many records a rule wrote, by their verdict. */
export type Verdicts = Readonly<Partial<Record<RuleRecord['verdict'], number>>>

/** One set of rules under way. */
export class Run {
  readonly points: ReadonlySet<PointId>
  readonly #evaluator: Evaluator
  readonly #episodes: Episodes
  readonly #hearable: ReadonlyMap<RuleId, Instant>
  readonly #records = new Map<RuleId, Partial<Record<RuleRecord['verdict'], number>>>()
  readonly #span: { readonly from: Instant; readonly to: Instant }
  readonly broken: { readonly rule: RuleId; readonly at: Instant; readonly why: string }[] = []
  readonly #fates: Fate[] = []
  readonly #some: Reading[] = []

  constructor({ kinds, staleAfter, startAt, from, to, firstAt }: BacktestParts, rules: readonly Rule[]) {
    this.#evaluator = new Evaluator({ rules, kinds, staleAfter, startAt })
    this.#span = { from, to }
    this.#episodes = new Episodes(from, to)
    this.points = new Set(rules.flatMap(rule => rule.watches))
    this.#hearable = new Map(rules.map(rule => [rule.id, hearableFrom(rule, firstAt)]))
  }

  hear(readings: readonly Reading[], receivedAt: Instant): readonly Fate[] {
    this.#fates.length = 0
    this.#keep(this.#evaluator.hear(readings, receivedAt, this.#fates))
    return this.#fates
  }

  hearSome(readings: readonly Reading[], receivedAt: Instant): void {
    this.#some.length = 0
    for (const reading of readings) if (this.points.has(reading.point)) this.#some.push(reading)
    if (this.#some.length > 0) this.#keep(this.#evaluator.hear(this.#some, receivedAt))
  }

  stopped(from: Instant, to: Instant): void {
    this.#keep(this.#evaluator.advance(from))
    this.#evaluator.resume(to)
    this.#keep(this.#evaluator.advance(to))
  }

  finish(at: Instant): void {
    this.#keep(this.#evaluator.finish(at))
  }

  recordsOf(rule: RuleId): Verdicts | undefined {
    return this.#records.get(rule)
  }

  of(rule: RuleId): readonly Episode[] {
    return this.#episodes.of(rule)
  }

  #keep(verdicts: readonly Verdict[]): void {
    for (const { rule, transition } of verdicts) {
      const from = this.#hearable.get(rule) ?? Number.POSITIVE_INFINITY
      if (transition.at >= from) this.#episodes.hear(rule, transition)
    }
    for (const finding of this.#evaluator.takeFindings()) {
      if ('failure' in finding) this.broken.push({ rule: finding.rule, ...finding.failure })
      else this.#keepRecord(finding.rule, finding.record)
    }
  }

  #keepRecord(rule: RuleId, { verdict, to }: RuleRecord): void {
    if (to < this.#span.from || to >= this.#span.to) return
    let counts = this.#records.get(rule)
    if (!counts) this.#records.set(rule, (counts = {}))
    counts[verdict] = (counts[verdict] ?? 0) + 1
  }
}

/** Equipment that never said a word cannot be judged; a rule on what the gateway or people say needs none. */
function hearableFrom({ watches }: Rule, firstAt: BacktestParts['firstAt']): Instant {
  if (watches.length === 0 || watches.some(isVirtual)) return Number.NEGATIVE_INFINITY as Instant
  return Math.min(...watches.map(point => firstAt(point) ?? Number.POSITIVE_INFINITY)) as Instant
}
