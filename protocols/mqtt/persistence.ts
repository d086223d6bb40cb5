import { Readable } from 'node:stream'
import type { Guest } from './guest.ts'
import type { Letter, Qos } from './packet.ts'
import type { Parcel } from './seat.ts'
import type { Store } from './store.ts'

/** What aedes hands its persistence, as far as it is looked at here. */
export interface AedesClient {
  readonly id: string
  readonly conn: unknown
}
interface AedesPacket {
  readonly cmd: string
  readonly messageId?: number
}
interface Subscription {
  readonly topic: string
  readonly qos: Qos
}

/** What a client is owed goes by the broker under this name and the number of the parcel. */
export const owedFrom = 'owed'
export const owedPacket = ({ letter: { topic, payload, retain }, number, qos, id, released }: Parcel): object =>
  released
    ? { cmd: 'pubrel', messageId: id }
    : {
        cmd: 'publish',
        brokerId: owedFrom,
        brokerCounter: number,
        topic,
        payload,
        qos,
        retain,
        // [3.3.1-1], [4.4.0-1] whatever has an id may have been received.
        ...(id === 0 ? {} : { messageId: id, dup: true }),
      }

const done = Promise.resolve()
const nobody: Promise<readonly []> = Promise.resolve([])
const noLetters = { pipe(): void {} }

/**
 * Sessions, retained messages and wills as aedes asks for them (the interface of aedes-persistence 11). aedes acknowledges QoS 1 before it
 * stores, so what a message leaves behind is written when the message is let in, in one transaction, and here is nothing left to do.
 */
export class Persistence {
  readonly #store: Store
  readonly #guestOf: (client: AedesClient) => Guest
  /** aedes asks for the retained messages in the same breath as it tells who has subscribed. */
  #subscriber: Guest | undefined

  constructor(store: Store, guestOf: (client: AedesClient) => Guest) {
    this.#store = store
    this.#guestOf = guestOf
  }

  async setup(): Promise<void> {}

  subscribed(guest: Guest): void {
    this.#subscriber = guest
  }

  storeRetained(): Promise<void> {
    return done
  }

  subscriptionsByTopic(): Promise<readonly []> {
    return nobody
  }

  outgoingEnqueueCombi(): Promise<void> {
    return done
  }

  outgoingEnqueue(): Promise<void> {
    return done
  }

  createRetainedStreamCombi(filters: readonly string[]): { pipe(into: NodeJS.WritableStream): void } {
    const guest = this.#subscriber
    this.#subscriber = undefined
    const someFilters = filters.filter(filter => this.#store.retainedUnder(filter).next().done !== true)
    if (!guest || someFilters.length === 0) return noLetters
    return Readable.from(this.#replay(guest, someFilters), { highWaterMark: 1 }) as { pipe(into: NodeJS.WritableStream): void }
  }

  /** As the client takes them, however many there are. */
  async *#replay(guest: Guest, filters: readonly string[]): AsyncGenerator<object> {
    for (const filter of filters) {
      for (const letter of this.#store.retainedUnder(filter)) {
        while (!guest.isGone && !guest.mayBeTold) await guest.room()
        if (guest.isGone) return
        yield { cmd: 'publish', ...letter }
      }
    }
  }

  async addSubscriptions(client: AedesClient, _filters: readonly Subscription[]): Promise<void> {
    // They were taken down, one by one, when they were allowed.
    if (this.#guestOf(client).seat?.isKept) await this.#store.settled()
  }

  async removeSubscriptions(client: AedesClient, filters: readonly string[]): Promise<void> {
    const { seat } = this.#guestOf(client)
    if (!seat) return
    for (const filter of filters) this.#store.unsubscribe(seat, filter)
    await this.#store.settled()
  }

  subscriptionsByClient({ id }: { readonly id: string }): Promise<readonly Subscription[]> {
    return Promise.resolve(this.#store.subscriptionsOf(id))
  }

  cleanSubscriptions(): Promise<void> {
    return done
  }

  outgoingStream(client: AedesClient): readonly object[] {
    const parcels = this.#guestOf(client).seat?.unconfirmed ?? []
    return parcels.map(owedPacket)
  }

  /** A message is about to be sent, or, as PUBREL, its id to be released. */
  outgoingUpdate(client: AedesClient, { cmd, messageId = 0 }: AedesPacket): Promise<void> {
    const { seat } = this.#guestOf(client)
    if (!seat?.isKept) return done
    if (cmd === 'pubrel') {
      const kept = this.#store.kept(() => void seat.released(messageId))
      return kept ?? done
    }
    return seat.isExact(messageId) ? this.#store.settled() : done
  }

  outgoingClearMessageId(client: AedesClient, { cmd, messageId }: AedesPacket): Promise<void> {
    const guest = this.#guestOf(client)
    if (messageId !== undefined && (cmd === 'puback' || cmd === 'pubcomp')) {
      guest.seat?.acknowledged(cmd, messageId)
      guest.tellRoom()
    }
    return done
  }

  incomingGetPacket(client: AedesClient, { cmd, messageId = 0 }: AedesPacket): Promise<object> {
    const incoming = this.#guestOf(client).seat?.incoming
    const known = incoming?.get(messageId)
    if (known === 'let in' && cmd === 'publish') incoming?.set(messageId, 'told')
    return known === undefined || (known === 'let in' && cmd === 'publish')
      ? Promise.reject(new Error('no such packet'))
      : Promise.resolve({ messageId })
  }

  incomingStorePacket(): Promise<void> {
    return done
  }

  async incomingDelPacket(client: AedesClient, { messageId = 0 }: AedesPacket): Promise<void> {
    const { seat } = this.#guestOf(client)
    if (seat?.incoming?.delete(messageId) === true) await this.#store.kept(() => this.#store.keepIncoming(seat))
  }

  cleanIncoming(): Promise<void> {
    return done
  }

  putWill({ id }: AedesClient, will: Letter): Promise<void> {
    this.#store.putWill(id, will)
    return done
  }

  delWill({ id }: { readonly id: string }): Promise<void> {
    this.#store.forgetWill(id)
    return done
  }

  /** Those of other brokers; there are none. */
  streamWill(): readonly [] {
    return []
  }

  destroy(): Promise<void> {
    return done
  }
}
