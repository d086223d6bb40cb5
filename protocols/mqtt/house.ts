import type { Clock } from '../contract/time.ts'
import type { Accounts, Identity } from './accounts.ts'
import type { Guest } from './guest.ts'
import type { Hub } from './hub.ts'
import type { BrokerLimits, Refusal } from './limits.ts'
import type { Pen } from './pen.ts'

/** What a connection knows of its client in aedes. */
export interface BrokerClient {
  /** To this client alone, in the way of its subscriptions. */
  publish(packet: object, done: () => void): void
  close(done?: () => void): void
}

/** What the connections of one broker share. */
export interface House {
  readonly wall: Clock
  readonly hub: Hub
  readonly accounts: Accounts
  readonly limits: BrokerLimits
  readonly anonymous: boolean
  /** Bytes, header included. */
  readonly maxPacket: number
  readonly traffic: Traffic
  /** By account. */
  readonly messages: Map<string, number>
  /** Seconds since the broker began to listen. */
  readonly second: number
  /** Why this client cannot be let in although it is who it says; else it is in, and whoever sat there before is gone. */
  enter(guest: Guest, id: string, clean: boolean): 'clients' | 'session' | undefined
  /** Its connection has ended. */
  left(guest: Guest): void
  /** aedes has let go of it, too. */
  released(guest: Guest): void
  /** Its bytes go out at the end of this turn of the loop. */
  flushLater(pen: Pen): void
  note(why: Refusal, who: string, detail: string): void
  /** A refusal of this address may wait before it is told; false when too many do. */
  mayWait(address: string): boolean
}
export interface Traffic {
  messagesIn: number
  bytesIn: number
  bytesOut: number
  /** Of packets that are not whole. */
  held: number
  /** Bytes that no client has taken yet. */
  unsent: number
}

/** How a connection came in over TLS. */
export interface Door {
  readonly identity?: Identity
  readonly needsCertificate: boolean
}
