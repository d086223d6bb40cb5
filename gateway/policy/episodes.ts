import type { Instant } from '../../protocols/contract/time.ts'
import type { Transition } from './kind.ts'
import type { RuleId } from './rule.ts'

/** One alarm of a rule from its raise to its end. */
export interface Episode {
  readonly rule: RuleId
  /** When the condition began. */
  readonly since: Instant
  readonly raisedAt: Instant
  /** `undefined` while it stands. */
  readonly clearedAt: Instant | undefined
  readonly value: number | undefined
}

type Standing = { -readonly [Key in keyof Episode]: Episode[Key] }

/** What nobody would read, and no memory should hold. */
export const mostEpisodes = 1_000_000

/** More alarms than anybody could look at: ask for a shorter time. */
export class TooManyAlarms extends RangeError {
  override readonly name = 'TooManyAlarms'
}

/** Gathers a rule's transitions to alarms that stood at some time from `from` until before `to`. */
export class Episodes {
  readonly #from: Instant
  readonly #to: Instant
  readonly #byRule = new Map<RuleId, Standing[]>()
  #count = 0

  constructor(from: Instant, to: Instant) {
    this.#from = from
    this.#to = to
  }

  /** Throws TooManyAlarms. */
  hear(rule: RuleId, transition: Transition): void {
    let known = this.#byRule.get(rule)
    if (!known) this.#byRule.set(rule, (known = []))
    const last = known.at(-1)
    if (transition.what === 'cleared') {
      if (!last || last.clearedAt !== undefined) return
      last.clearedAt = transition.at
      if (transition.at > this.#from) return
      known.pop()
      this.#count -= 1
      return
    }
    if (transition.at >= this.#to) return
    this.#count += 1
    if (this.#count > mostEpisodes) throw new TooManyAlarms(`more than ${mostEpisodes} alarms`)
    known.push({ rule, since: transition.since, raisedAt: transition.at, clearedAt: undefined, value: transition.value })
  }

  /** In the order of time; one that ends after `to` stands. */
  of(rule: RuleId): readonly Episode[] {
    return (this.#byRule.get(rule) ?? []).map(episode =>
      episode.clearedAt !== undefined && episode.clearedAt >= this.#to ? { ...episode, clearedAt: undefined } : episode,
    )
  }
}

/**
 * Alarms of the one run that have no counterpart in the other. Two alarms of a rule are the same trouble where the times from the
 * beginning of the condition to the end of the alarm meet: a longer delay tells of it later, a wider deadband tells of two in one.
 */
export function unmatched(some: readonly Episode[], others: readonly Episode[]): readonly Episode[] {
  let next = 0
  return some.filter(({ since, clearedAt }) => {
    while (next < others.length && endOf(others[next]) < since) next += 1
    const other = others[next]
    return other === undefined || other.since > (clearedAt ?? Number.POSITIVE_INFINITY)
  })
}

const endOf = (episode: Episode | undefined): number => episode?.clearedAt ?? Number.POSITIVE_INFINITY
