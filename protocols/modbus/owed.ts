import type { Instant, Millis } from '../contract/time.ts'
import { after, between, millis } from '../contract/time.ts'
import type { Turns } from '../kit/turns.ts'
import type { Span } from './frame.ts'
import { dataLength, functionOf } from './frame.ts'

/** An answer that was given up and may still come: until then it could be taken for another of the same shape. */
interface Owed {
  readonly span: Span
  readonly askedAt: Instant
  readonly until: Instant
}

const longestLateness = millis(30_000)
/** Also a hurried one waits for what is late: radio links and busy machines take their time. */
const soonest = millis(500)

/** What a line without transaction ids still owes: answers are told by unit, function and length alone. */
export class OwedAnswers {
  #owed: Owed[] = []
  /** The latest that an answer ever came on this line. */
  #lateness = 0

  /** The answer to `span` was given up after `timeout`. */
  gaveUp(span: Span, timeout: Millis, askedAt: Instant): void {
    const lateness = Math.min(longestLateness, Math.max(3 * timeout, 2 * this.#lateness, soonest))
    this.#owed.push({ span, askedAt, until: after(askedAt, millis(lateness)) })
  }

  /**
   * `span` was answered. Where an earlier answer to the same was still owed, it may have been that one: then the other is to come. So it is
   * with a refusal, which names unit and function alone, where any answer of that function was owed.
   */
  answered(span: Span, timeout: Millis, askedAt: Instant, isRefusal: boolean): void {
    const others = this.#owed.filter(owed => !(isAlike(owed.span, span) && isSame(owed.span, span)))
    const isDoubtful = isRefusal && others.some(owed => owed.span.unit === span.unit && owed.span.table === span.table)
    if (others.length === this.#owed.length && !isDoubtful) return
    this.#owed = others
    this.gaveUp(span, timeout, askedAt)
  }

  /** Until when an answer to something else could be taken for one to `span`; undefined where none could. */
  doubtUntil(span: Span, now: Instant): Instant | undefined {
    this.#owed = this.#owed.filter(({ until }) => until > now)
    return this.#owed.find(owed => isAlike(owed.span, span) && !isSame(owed.span, span))?.until
  }

  /** Whether the line owes anything at all. */
  any(now: Instant): boolean {
    return this.#owed.some(({ until }) => until > now)
  }

  /** Whether such a frame is owed: a refusal (function with its top bit set) has no length. */
  expects(unit: number, code: number, length: number): boolean {
    return this.#find(unit, code, length) !== undefined
  }

  /** Such a frame came. False where none was owed. */
  came(unit: number, code: number, length: number, now: Instant): boolean {
    const late = this.#find(unit, code, length)
    if (!late) return false
    this.#lateness = Math.max(this.#lateness, between(late.askedAt, now))
    this.#owed = this.#owed.filter(owed => owed !== late)
    return true
  }

  #find(unit: number, code: number, length: number): Owed | undefined {
    return this.#owed.find(
      ({ span }) =>
        span.unit === unit && functionOf[span.table] === (code & 0x7f) && (code & 0x80 || dataLength(span) === length),
    )
  }
}

/** Answers that could be taken for one another. */
const isAlike = (one: Span, other: Span): boolean =>
  one.unit === other.unit && one.table === other.table && dataLength(one) === dataLength(other)
const isSame = (one: Span, other: Span): boolean => one.start === other.start && one.quantity === other.quantity

const ofPlaces = new WeakMap<Turns, OwedAnswers>()

/** What is owed where these turns are taken: a serial server gives a late answer to whoever is connected, also to the next connection. */
export function owedOn(turns: Turns): OwedAnswers {
  const owed = ofPlaces.get(turns) ?? new OwedAnswers()
  ofPlaces.set(turns, owed)
  return owed
}
