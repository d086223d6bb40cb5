import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { AlarmId } from '../alarm/alarm.ts'
import type { Priority } from '../policy/rule.ts'

/** `N31`: counted per data directory. One notice is one message to one person about one change (or one digest of many). */
export type NoticeId = string & { readonly __unit: 'notice id' }

/** What the message is about. */
export type Occasion =
  | 'raised'
  | 'cleared'
  /** Nobody answered: it has gone up a level. */
  | 'escalated'
  /** Somebody answered what others were told of as well. */
  | 'answered'
  /** Many at once, or a backlog found late: one message in their place. */
  | 'digest'
  /** A case was opened, assigned, is due, was closed: the words say which. */
  | 'case'
  /** Somebody wants to see whether it arrives. */
  | 'trial'

/** A message to one person, as it is kept until it is delivered or given up; JSON, in the checkpoint `notice:ID`. */
export interface Notice {
  readonly id: NoticeId
  readonly occasion: Occasion
  readonly at: Instant
  /** A person of the site file. */
  readonly person: string
  /** Why this person: the word of the clause (食堂主管), `duty`, `cell:ID`, `route`. */
  readonly as: string
  /** 0 for those the clause names, 1 for the station, 2 for the centre. */
  readonly level: number
  /** All the alarms it tells of; one unless it is a digest. */
  readonly alarms: readonly AlarmId[]
  readonly case?: string
  readonly priority: Priority
  readonly title: Words
  /** The whole message in both languages, without the link. */
  readonly text: Words
  /** Not before: quiet hours. */
  readonly notBefore?: Instant
  /** Channels still to be tried, the current one first. */
  readonly channels: readonly string[]
  /** How often the current channel has been tried. */
  readonly attempts: number
  /** `sending`: an attempt has begun and its end is not known. */
  readonly state: 'waiting' | 'sending'
  /** Not tried again before; real time. */
  readonly nextAt?: Instant
  /** Which occurrence of its one alarm the link in it answers; absent where there is nothing to answer. */
  readonly answers?: number
  /** For machines: clause, equipment, times … */
  readonly facts?: Readonly<Record<string, unknown>>
  /** What was tried before the current channel, and why it did not work. */
  readonly tried?: readonly { readonly channel: string; readonly why: string; readonly attempts: number }[]
  /** Sent in one message with others, under the key of this one. */
  readonly together?: NoticeId
  /** Why it need not arrive any more: it was on its way when its alarm was answered. */
  readonly noLonger?: Words
  /** All channels are used up and that is on record; it is tried again all the same while its alarm is unanswered. */
  readonly givenUp?: { readonly at: Instant; readonly why: string }
}

/** What became of a notice, kept as long as its alarms are open and a day longer. */
export interface Outcome {
  readonly told: Told
  readonly alarms: readonly AlarmId[]
}

/** Proof for the alarm: who was told how, and whether it arrived. */
export interface Told {
  readonly notice: NoticeId
  readonly person: string
  readonly as: string
  readonly level: number
  readonly occasion: Occasion
  readonly at: Instant
  readonly outcome: 'waiting' | 'delivered' | 'failed' | 'not-needed'
  /** The channel that delivered it, or the last that was tried. */
  readonly channel?: string
  readonly attempts: number
  readonly deliveredAt?: Instant
  /** What the other side answered: an SMTP reply, a message id; or why it failed. */
  readonly proof?: string
}
