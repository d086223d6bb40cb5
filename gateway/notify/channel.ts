import type { Words } from '../../protocols/contract/driver.ts'
import type { Clock } from '../../protocols/contract/time.ts'
import type { Person } from '../duty/duty.ts'
import type { Occasion } from './notice.ts'
import type { Priority } from '../policy/rule.ts'

/** One message as a channel sends it: in the reader's language, complete. */
export interface Message {
  /** The same for every attempt of one notice: the other side can tell a repetition by it (Message-ID, Idempotency-Key). */
  readonly key: string
  readonly occasion: Occasion
  readonly priority: Priority
  readonly title: string
  /** Plain text, lines ended by `\n`. */
  readonly text: string
  /** To answer by, signed for this person and this alarm; absent where there is nothing to answer. */
  readonly link?: string
  readonly language: 'zh' | 'en'
  /** Facts for machines (webhook, MQTT): alarm ids, clause, equipment, times. JSON. */
  readonly facts: Readonly<Record<string, unknown>>
  /** The attempt before may have arrived: says so where the other side cannot tell by the key. */
  readonly mayRepeat: boolean
}

export type Delivery =
  | { readonly is: 'delivered'; readonly proof: string }
  /** Worth another try: no connection, time-out, 429, 5xx, a temporary SMTP code. `after`: the other side asked to wait, ms. */
  | { readonly is: 'failed'; readonly why: string; readonly after?: number }
  /** Of no use to try again: wrong address, refused credentials, 4xx, a permanent SMTP code. */
  | {
      readonly is: 'refused'
      readonly why: string
      /** Whose mistake it is, where that is clear: the channel's (credentials, address of the service) or the person's (a wrong number). */
      readonly fault?: 'channel' | 'person'
    }

/** A way to a person. Holds its connection; never throws out of `send`. */
export interface Channel {
  /** Whether this person can be reached by it at all (has a handle for it). */
  reaches(person: Person): boolean
  /** Ends by itself within 20 s of real time. */
  send(message: Message, person: Person, signal: AbortSignal): Promise<Delivery>
  /** Sends files to a mail address; only channels that can have it. Ends by itself within two minutes of real time, never throws. */
  mail?(letter: Letter, to: string, signal: AbortSignal): Promise<Delivery>
  close?(): Promise<void>
}

/** A mail with files, as logs are delivered. */
export interface Letter {
  /** The same for every attempt: makes the Message-ID. */
  readonly key: string
  readonly title: string
  /** Plain text, lines ended by `\n`. */
  readonly text: string
  readonly files: readonly { readonly name: string; readonly type: string; readonly bytes: Uint8Array }[]
}

export interface ChannelParts {
  readonly wall: Clock
  /** The site's id and name, for subjects. */
  readonly site: { readonly id: string; readonly name: string }
  /** Private place for keys of the channel, kept in the data directory. */
  readonly secrets: { get(key: string): Promise<unknown>; put(key: string, value: unknown): Promise<void> }
  /** Web push: the browsers a person has subscribed with; a gone one is removed. */
  readonly subscriptions: {
    of(person: string): Promise<readonly PushSubscriptionRow[]>
    remove(endpoint: string): Promise<void>
  }
  /** MQTT: publishes below `zhishou/SITE/` on every broker of the site, QoS 1; false when none took it. */
  publish(topic: `zhishou/${string}`, payload: string): Promise<boolean>
}
export interface PushSubscriptionRow {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
  readonly person: string
  readonly account: string
  readonly language: 'zh' | 'en'
  readonly since: number
}

/** Settings that have been read and checked, ready to open. */
export interface PreparedChannel {
  readonly id: string
  readonly kind: string
  /** As people call it; the id where the site file gives it no name. */
  readonly name?: Words
  /** How many messages a minute the other side takes (a robot of WeCom: 20); what is over waits and is put together. */
  readonly perMinute?: number
  open(parts: ChannelParts): Channel
}
