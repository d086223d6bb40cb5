import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { after } from '../../protocols/contract/time.ts'
import type { Alarm } from '../alarm/alarm.ts'
import type { Occasion } from './notice.ts'

/** One person who was told of the call that is going on. */
export interface ToldPerson {
  readonly person: string
  readonly as: string
  readonly level: number
  /** Where a route says by which channels. */
  readonly channels?: readonly string[]
}

/** What a digest still has to say to a person about one alarm. */
export interface Pending extends ToldPerson {
  readonly occasion: Exclude<Occasion, 'digest' | 'case' | 'trial'>
}

/** What is going on about one open alarm: who was told of its latest call, and when it goes up a level. JSON. */
export interface Call {
  /** As it was last heard of. */
  readonly alarm: Alarm
  /** When it last called; what counts is from then on. */
  readonly calledAt: Instant
  /** It climbs until somebody has answered. */
  readonly isRunning: boolean
  /** How many steps of the escalation are done. */
  readonly step: number
  /** The highest level that was told. */
  readonly level: number
  /** When the next step is due; only while it runs and there is one. */
  readonly nextAt?: Instant
  readonly told: readonly ToldPerson[]
  /** In the next digest of each person. */
  readonly pending: readonly Pending[]
  /** It chatters: whether there was news meanwhile, so that one notice says so when it is quiet. */
  readonly chatters?: { readonly news: boolean }
}

/** A call that has just come; `before` is the one it follows. */
export function beginCall(alarm: Alarm, at: Instant, escalate: readonly Millis[], before?: Call): Call {
  const first = escalate[0]
  return {
    alarm,
    calledAt: at,
    isRunning: true,
    step: 0,
    level: 0,
    told: [],
    pending: before?.pending ?? [],
    ...(first === undefined ? {} : { nextAt: after(at, first) }),
    ...(before?.chatters ? { chatters: before.chatters } : {}),
  }
}

/** Nobody is told any further. */
export function endCall(call: Call): Call {
  const { nextAt: _over, ...rest } = call
  return { ...rest, isRunning: false }
}

/** One step up is done; the next is due so long after the call, not after the step before. */
export function stepUp(call: Call, escalate: readonly Millis[]): Call {
  const { nextAt, ...rest } = call
  const [due, next] = [escalate[call.step], escalate[call.step + 1]]
  // What is due after the step before is counted from when that was due: a clock that was set moves both.
  const nextAtAfter =
    nextAt === undefined || due === undefined || next === undefined ? undefined : after(nextAt, (next - due) as Millis)
  return { ...rest, step: call.step + 1, ...(nextAtAfter === undefined ? {} : { nextAt: nextAtAfter }) }
}
