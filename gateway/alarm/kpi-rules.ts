import { minutes, seconds } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { RuleId } from '../policy/rule.ts'

/** Three calls of one alarm within a minute are chattering; an alarm over within ten seconds and not repeated within a minute is fleeting. */
export const chatterWindow: Millis = minutes(1)
export const fleetingWithin: Millis = seconds(10)

/** How short its alarms are is counted by these lengths. */
export const shortLengths: readonly Millis[] = [1, 2, 3, 5, 10, 15, 30].map(minutes)

/** What one rule called in the period. */
export interface RuleTally {
  readonly rule: RuleId
  readonly calls: number
  /** How often it began to chatter. */
  readonly chatters: number
  readonly fleeting: number
  /** Alarms whose end is known, and how many of them were no longer than each of `shortLengths`. */
  readonly ended: number
  readonly shorter: readonly number[]
}

/** Counts the calls of one rule as they come, in order of time. Remembers three of them. */
export class Tally {
  readonly #rule: RuleId
  #calls = 0
  #chatters = 0
  #fleeting = 0
  #ended = 0
  readonly #shorter = shortLengths.map(() => 0)
  /** When it came last and the time before that. */
  #last: number = Number.NEGATIVE_INFINITY
  #before: number = Number.NEGATIVE_INFINITY
  #isOpen = false
  #isChattering = false
  /** The last one was over at once and had none shortly before it: fleeting, unless it comes again soon. */
  #maybe = false

  constructor(rule: RuleId) {
    this.#rule = rule
  }

  /** It came, and called. */
  raise(at: Instant): void {
    const isChattering = at - this.#before <= chatterWindow
    if (isChattering && !this.#isChattering) this.#chatters += 1
    this.#isChattering = isChattering
    if (this.#maybe && at - this.#last > chatterWindow) this.#fleeting += 1
    this.#maybe = false
    this.#calls += 1
    this.#before = this.#last
    this.#last = at
    this.#isOpen = true
  }

  /** An acknowledged one called again: that is the same alarm once more. */
  again(): void {
    this.#calls += 1
  }

  /** It was over by itself. */
  clear(at: Instant): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    const length = at - this.#last
    this.#ended += 1
    for (const [index, most] of shortLengths.entries()) if (length <= most) this.#shorter[index] = (this.#shorter[index] ?? 0) + 1
    this.#maybe = length <= fleetingWithin && this.#last - this.#before > chatterWindow
  }

  /** Somebody put it aside: how long it would have stood is not known. */
  putAside(): void {
    this.#isOpen = false
  }

  get figures(): RuleTally {
    return {
      rule: this.#rule,
      calls: this.#calls,
      chatters: this.#chatters,
      fleeting: this.#fleeting + (this.#maybe ? 1 : 0),
      ended: this.#ended,
      shorter: this.#shorter,
    }
  }
}
