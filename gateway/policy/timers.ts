import { after } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { DueHeap } from './heap.ts'
import type { RunningRule } from './running.ts'

const never = Number.POSITIVE_INFINITY

/** When which rule is to be looked at. Setting and taking cost the logarithm of the number of rules. */
export class Timers {
  #heap = new DueHeap<RunningRule>()
  #rules = 0

  /** The soonest instant at which a rule rings; infinite when none does. */
  get soonest(): number {
    for (;;) {
      const soonest = this.#heap.soonest
      if (soonest === undefined) return never
      if (this.#heap.first?.ringAt === soonest) return soonest
      // Its rule has since asked for another time.
      this.#heap.pop()
    }
  }

  /** Sets a rule's clock to what it waits for: its own timer, or the first reading of its lane having waited long enough. */
  set(rule: RunningRule, patience: () => Millis): void {
    const timer = rule.wakeAt === undefined ? never : after(rule.wakeAt, rule.lateness)
    const head = rule.lane?.first
    // One millisecond before: a timer rings once time has passed its instant, a lane gives out at the very instant.
    const lane = head ? after(head.arrival, patience()) - 1 : never
    const at = Math.min(timer, lane)
    if (at === never) rule.ringAt = undefined
    else this.ring(rule, at as Instant)
  }

  /** Rings at `at`, whatever the rule's own timer says. */
  ring(rule: RunningRule, at: Instant): void {
    if (rule.ringAt === at) return
    rule.ringAt = at
    this.#rules = Math.max(this.#rules, rule.order + 1)
    if (this.#heap.size > 64 + 8 * this.#rules) this.#sweep()
    this.#heap.push(at, rule)
  }

  /** The rules that ring at `at`, in their own order, so that equal inputs give equal outputs. */
  take(at: Instant): readonly RunningRule[] {
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
    }
    return due
  }

  /** Long delays that are set anew again and again leave outdated entries behind: they must not pile up for ten days. */
  #sweep(): void {
    const kept = new DueHeap<RunningRule>()
    const seen = new Set<RunningRule>()
    for (const rule of this.#heap.items()) {
      if (rule.ringAt === undefined || seen.has(rule)) continue
      seen.add(rule)
      kept.push(rule.ringAt, rule)
    }
    this.#heap = kept
  }
}
