import { Aedes } from 'aedes'
import type { AedesOptions, Connection, PublishPacket, Subscription } from 'aedes'
import type { Clock, Instant } from '../contract/time.ts'
import type { Accounts } from './accounts.ts'
import type { NamedTopics, Who } from './fence.ts'
import { maySay } from './fence.ts'
import { forwarded } from './forward.ts'
import type { Guest } from './guest.ts'
import type { BrokerLimits, RetainedBudget, Refusal } from './limits.ts'
import type { Message } from './mapping.ts'
import type { Letter, Qos } from './packet.ts'
import { owedFrom, Persistence } from './persistence.ts'
import type { Seat } from './seat.ts'
import type { OpenShelf } from './shelf.ts'
import { nothingAtAll, Store } from './store.ts'

export interface HubParts {
  readonly wall: Clock
  readonly limits: BrokerLimits
  readonly accounts: Accounts
  readonly named: NamedTopics
  readonly heard: (message: Message) => void
  readonly refused: (why: Refusal, who: string, detail: string) => void
}

const guestOf = (client: { readonly conn: unknown }): Guest => client.conn as Guest
const noop = (): void => {}

/**
 * The broker, which is aedes, and what aedes does not know: who may say and hear what, that an acknowledgement is a promise, and what a
 * client that does not keep up costs the others.
 */
export class Hub {
  readonly #parts: HubParts
  readonly #store: Store
  readonly #persistence: Persistence
  readonly #aedes: Aedes
  readonly #ears = new Set<(message: Message) => void>()
  /** aedes takes a message for one it has sent already when a later one was faster; overlapping subscriptions are looked after here. */
  readonly #noDuplicates: object

  static async open(parts: HubParts, opened: OpenShelf): Promise<Hub> {
    const hub = new Hub(parts, opened)
    await hub.#aedes.listen()
    hub.#keepOwnAffairs()
    hub.#tellOrphanedWills()
    return hub
  }

  private constructor(parts: HubParts, opened: OpenShelf) {
    this.#parts = parts
    this.#store = new Store(parts, opened)
    this.#persistence = new Persistence(this.#store, guestOf)
    this.#aedes = new Aedes(this.#rules())
    const none = { get: () => 0, set: noop }
    this.#noDuplicates = Object.defineProperties({}, { [this.#aedes.id]: none, [owedFrom]: none })
    this.#aedes.on('clientReady', client => void setImmediate(() => guestOf(client).sit()))
    this.#aedes.on('subscribe', (_, client) => client && this.#persistence.subscribed(guestOf(client)))
    this.#aedes.on('unsubscribe', (filters, client) => {
      const { seat, isGone } = guestOf(client)
      // With the connection, a persistent session does not lose its subscriptions.
      if (seat && !isGone) for (const filter of filters) this.#store.unsubscribe(seat, filter)
    })
    this.#aedes.on('keepaliveTimeout', client =>
      guestOf(client).refuse('silent', 'said nothing for one and a half times its keep-alive'),
    )
    this.#aedes.on('clientError', (client, error) => guestOf(client).refuse('garbage', error.message))
    this.#aedes.on('connectionError', (client, error) => guestOf(client).refuse('garbage', error.message))
  }

  get figures(): Readonly<Record<'sessions' | 'waitingBytes' | 'subscriptions', number>> {
    return this.#store.figures
  }

  get retained(): RetainedBudget {
    return this.#store.budget
  }

  /** Undefined when the account has too many persistent sessions. */
  open(id: string, who: Who, clean: boolean): Seat | undefined {
    return this.#store.open(id, who, clean)
  }

  leave(seat: Seat): void {
    this.#store.leave(seat)
  }

  /** Sessions whose clients have not come back in time are forgotten. */
  sweep(now: Instant): void {
    this.#store.sweep(now)
  }

  /** From here on aedes serves it. */
  welcome(guest: Guest): void {
    const client = this.#aedes.handle(guest as unknown as Connection)
    Object.assign(client, { duplicates: this.#noDuplicates })
  }

  maySay(who: Who, topic: string): boolean {
    return maySay(who, topic, this.#parts.named)
  }

  /** The gateway's own words. */
  say(letter: Letter): void {
    if (letter.retain) this.#store.retainOwn(letter)
    if (letter.qos > 0) this.#owe(letter)
    this.#publish(letter)
  }

  /** A figure of the broker itself, outside the budget of the others. */
  show(letter: Letter): void {
    this.#store.retainFigure(letter)
    this.#publish(letter)
  }

  /** Hears every message of a client until the returned function is called; with what is retained already. */
  listen(ear: (message: Message) => void): () => void {
    for (const { topic, payload } of this.#store.retainedUnder('#')) ear({ topic, payload, replayed: true })
    this.#ears.add(ear)
    return () => void this.#ears.delete(ear)
  }

  async close(): Promise<void> {
    await new Promise<void>(resolve => this.#aedes.close(() => resolve()))
    await this.#store.close()
  }

  #rules(): AedesOptions {
    return {
      persistence: this.#persistence,
      // Nothing here waits for a client, so nothing has to be kept from piling up behind one.
      concurrency: 0,
      drainTimeout: 0,
      maxClientsIdLength: 65_535,
      maxInflightInbound: 0,
      preConnect: (client, packet, done) => {
        packet.clientId = guestOf(client).id
        done(null, true)
      },
      // Who is not who he says never gets as far as this.
      authenticate: (client, _name, _password, done) => done(null, guestOf(client).seat !== undefined),
      authorizePublish: (client, packet, done) => (client ? this.#letIn(guestOf(client), packet, done) : done(null)),
      authorizeSubscribe: (client, subscription, done) => done(null, this.#subscribe(guestOf(client), subscription)),
      authorizeForward: (client, packet) => forwarded(guestOf(client), packet),
    }
  }

  /** aedes tells on `$SYS` of each client and each subscription, for other brokers to hear; there are none. */
  #keepOwnAffairs(): void {
    const { mq, id } = this.#aedes as unknown as {
      readonly id: string
      readonly mq: { emit(packet: { readonly topic: string }, done: () => void): unknown }
    }
    const emit = mq.emit.bind(mq)
    const own = `$SYS/${id}/`
    mq.emit = (packet, done) => (packet.topic.startsWith(own) ? done() : emit(packet, done))
  }

  /** A message of a client, before aedes acknowledges or routes it: to the gateway's own points, and to the disk where somebody is owed it. */
  #letIn(guest: Guest, packet: PublishPacket, done: (error?: Error | null) => void): void {
    const { topic, retain } = packet
    const qos = packet.qos as Qos
    const { messageId } = packet
    const incoming = qos === 2 && messageId !== undefined ? guest.seat?.incoming : undefined
    // [4.3.3] what it says again it has not been told to let go of.
    if (messageId !== undefined && incoming?.has(messageId)) return this.#inTurn(guest, undefined, done)
    const wrong = this.#mistake(guest, packet)
    if (wrong) {
      guest.refuse(...wrong)
      return done(new Error(wrong[1]))
    }
    const owed = qos > 0 ? this.#store.owed(topic) : []
    // The payload is a piece of what the socket gave: what is kept for longer must not hold the rest.
    if (retain || owed.length > 0) packet.payload = Buffer.from(packet.payload)
    const letter: Letter = { topic, payload: packet.payload as Buffer, qos, retain }
    const needsDisk = retain || owed.length > 0 || (qos === 2 && messageId !== undefined)
    const kept = needsDisk
      ? this.#store.kept(() => {
          if (retain) this.#store.retain(letter)
          for (const [seat, granted] of owed) seat.queue({ ...letter, retain: false }, Math.min(qos, granted) as 1 | 2)
          if (qos === 2 && messageId !== undefined && guest.seat) {
            ;(guest.seat.incoming ??= new Map()).set(messageId, 'let in')
            this.#store.keepIncoming(guest.seat)
          }
        })
      : undefined
    const message = { topic, payload: letter.payload, replayed: false }
    for (const ear of this.#ears) ear(message)
    this.#parts.heard(message)
    if (qos === 0) done(null)
    else this.#inTurn(guest, kept, done)
  }

  #mistake(guest: Guest, { topic, retain, payload, qos, messageId }: PublishPacket): [Refusal, string] | undefined {
    if (!guest.maySay(topic)) return ['topic', `may not speak on ${topic.slice(0, 80)}`]
    if (retain && !this.#store.budget.hasRoom(topic, payload.length)) return ['retained', 'no room for another retained message']
    const { inFlight } = this.#parts.limits
    if (qos === 2 && messageId !== undefined && (guest.seat?.incoming?.size ?? 0) >= inFlight)
      return ['flood', `began more than ${inFlight} messages with QoS 2`]
    return undefined
  }

  /** Acknowledgements go out in the order of the messages [4.6.0-2], each not before what it promises is on disk. */
  #inTurn(guest: Guest, kept: Promise<void> | undefined, done: (error?: Error | null) => void): void {
    if (kept || guest.tail) void this.#afterAll(guest, Promise.all([guest.tail, kept]), done)
    else done(null)
  }

  async #afterAll(guest: Guest, turn: Promise<unknown>, done: (error: null) => void): Promise<void> {
    guest.tail = turn
    await turn
    if (guest.tail === turn) guest.tail = undefined
    done(null)
  }

  #subscribe(guest: Guest, subscription: Subscription): Subscription | null {
    const { topic, qos } = subscription
    // Told when the packet was looked at, or not a filter of the client at all.
    if (topic.startsWith(nothingAtAll) || !guest.seat) return null
    if (!this.#store.subscribe(guest.seat, topic, qos as Qos)) {
      guest.note('subscription', `may not listen to ${topic.slice(0, 80)}`)
      return null
    }
    // For aedes the first subscription that a message reaches decides; here the highest does, when the message goes out.
    return { ...subscription, qos: 2 }
  }

  #owe(letter: Letter): void {
    for (const [seat, granted] of this.#store.owed(letter.topic)) {
      seat.queue({ ...letter, retain: false }, Math.min(letter.qos, granted) as 1 | 2)
    }
  }

  #publish({ topic, payload, qos, retain }: Letter): void {
    this.#aedes.publish({ cmd: 'publish', topic, payload, qos, retain, dup: false }, noop)
  }

  /** Whoever was there when the last process died has not said goodbye. */
  #tellOrphanedWills(): void {
    for (const [id, letter] of this.#store.orphanedWills) {
      this.#store.forgetWill(id)
      const account = id.slice(0, id.indexOf(':'))
      const isStillAllowed = this.maySay(account === '' ? {} : { account }, letter.topic)
      if (!isStillAllowed || (letter.retain && !this.retained.hasRoom(letter.topic, letter.payload.length))) continue
      if (letter.retain) this.#store.retain(letter)
      if (letter.qos > 0) this.#owe(letter)
      this.#parts.heard({ topic: letter.topic, payload: letter.payload, replayed: false })
      this.#publish(letter)
    }
  }
}
