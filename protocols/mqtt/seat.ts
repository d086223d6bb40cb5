import type { Instant } from '../contract/time.ts'
import type { Letter, Qos } from './packet.ts'
import { matches } from './topic.ts'

/** The connection that a seat is served over. */
export interface Carrier {
  /** Gives it to the client by way of the broker, which comes back for its id. */
  carry(parcel: Parcel): void
  /** False while it is behind with reading. */
  readonly isRoomy: boolean
}

/** What a seat asks of the house it stands in. */
export interface SeatParts {
  readonly inFlight: number
  /** False when the budget for waiting messages of all is used up. */
  readonly hasRoom: (bytes: number) => boolean
  /** A waiting message came (bytes > 0) or went (bytes < 0). */
  readonly waits: (bytes: number) => void
  readonly queue: number
  readonly queueBytes: number
  readonly lost: (seat: Seat) => void
  /** Writes down or forgets a message of a persistent session, as it is now. */
  readonly keep: (seat: Seat, parcel: Parcel) => void
  readonly forget: (seat: Seat, parcel: Parcel) => void
}

/** A message for one client, until the client has acknowledged it. */
export interface Parcel {
  /** Its place in the order, over restarts. */
  readonly number: number
  readonly letter: Letter
  readonly qos: 1 | 2
  /** 0 until it is sent. */
  id: number
  /** QoS 2: the client has it, and is told to let go of the id. */
  released: boolean
}

/** Of a QoS 2 message from the client: let in, and being told; told, so that saying it again means nothing. */
export type Incoming = 'let in' | 'told'

/** What a client is owed: its subscriptions and its unacknowledged messages. Outlives the connection when the client wants that. */
export class Seat {
  readonly id: string
  /** Undefined: somebody on this machine without a name. */
  readonly account: string | undefined
  readonly isKept: boolean
  /** Its first connection has not ended yet: there was no session before. */
  isNew = true
  leftAt: Instant | undefined
  readonly filters = new Map<string, Qos>()
  /** By id: QoS 2 messages from the client that it has not released. */
  incoming: Map<number, Incoming> | undefined
  readonly #parts: SeatParts
  #carrier: Carrier | undefined
  #waiting: Parcel[] | undefined
  /** Parcels that the broker has been given and has not come back for. */
  #leaving: Map<number, Parcel> | undefined
  #waitingBytes = 0
  /** By id. A message of a session that ends with its connection is not remembered, only its id. */
  #sent: Map<number, Parcel | undefined> | undefined
  #lastId = 0
  #lastNumber = 0
  #mixed = false

  constructor(id: string, account: string | undefined, isKept: boolean, parts: SeatParts) {
    this.id = id
    this.account = account
    this.isKept = isKept
    this.#parts = parts
  }

  /** Messages on their way to the client that it has not acknowledged. */
  get inFlight(): number {
    return (this.#sent?.size ?? 0) + (this.#leaving?.size ?? 0)
  }

  /** Whether a message may go out at once. */
  get isFree(): boolean {
    return !this.#waiting && !this.#leaving && this.inFlight < this.#parts.inFlight
  }

  /** Whether this id is that of a message that must not be told twice. */
  isExact(id: number): boolean {
    return this.#sent?.get(id)?.qos === 2
  }

  /** What the client may have got already: the broker says it again on its next connection. */
  get unconfirmed(): readonly Parcel[] {
    return [...(this.#sent?.values() ?? [])].filter(parcel => parcel !== undefined)
  }

  listens(filter: string, qos: Qos): void {
    this.filters.set(filter, qos)
    this.#mixed = new Set(this.filters.values()).size > 1
  }

  ignores(filter: string): boolean {
    return this.filters.delete(filter)
  }

  /** The highest QoS of its subscriptions that a message on `topic` reaches [3.3.5-1]; the topic reaches at least one. */
  granted(topic: string): Qos {
    let most: Qos = 0
    for (const [filter, qos] of this.filters) {
      if (!this.#mixed) return qos
      if (qos > most && matches(filter, topic)) most = qos
    }
    return most
  }

  /** The client is there. */
  sit(carrier: Carrier): void {
    this.#carrier = carrier
    this.leftAt = undefined
    this.pump()
  }

  stand(): void {
    this.#carrier = undefined
    if (this.#leaving) this.#waiting = [...this.#leaving.values(), ...(this.#waiting ?? [])]
    this.#leaving = undefined
    for (const [id, parcel] of this.#sent ?? []) if (!parcel) this.#sent?.delete(id)
  }

  /** An id for a message that goes out at once; undefined when it has to take its turn. */
  sendsNow(isRoomy: boolean): number | undefined {
    return isRoomy && this.isFree ? this.#sends() : undefined
  }

  /** Waits for its turn; the oldest is let go when too many do. */
  queue(letter: Letter, qos: 1 | 2): void {
    const parcel: Parcel = { number: ++this.#lastNumber, letter, qos, id: 0, released: false }
    this.#add(parcel)
    if (this.isKept) this.#parts.keep(this, parcel)
    this.pump()
  }

  /** As it lay on the shelf. */
  restore(parcel: Parcel): void {
    this.#lastNumber = Math.max(this.#lastNumber, parcel.number)
    if (parcel.id === 0) return this.#add(parcel)
    ;(this.#sent ??= new Map()).set(parcel.id, parcel)
    this.#count(parcel, 1)
  }

  /** Hands over what may go out. */
  pump(): void {
    while (this.#waiting && this.#carrier?.isRoomy && this.inFlight < this.#parts.inFlight) {
      const parcel = this.#waiting.shift()
      if (!parcel) {
        this.#waiting = undefined
        return
      }
      ;(this.#leaving ??= new Map()).set(parcel.number, parcel)
      this.#carrier.carry(parcel)
    }
  }

  /** The broker has come for it: it has an id from now on. Undefined when it is not wanted any more. */
  departs(number: number): Parcel | undefined {
    const parcel = this.#leaving?.get(number)
    if (!parcel) return undefined
    this.#leaving?.delete(number)
    if (this.#leaving?.size === 0) this.#leaving = undefined
    parcel.id = this.#sends(parcel)
    // Exactly once holds over a crash only if what the client is about to be told is on disk first.
    if (this.isKept && parcel.qos === 2) this.#parts.keep(this, parcel)
    return parcel
  }

  acknowledged(kind: 'puback' | 'pubcomp', id: number): void {
    const parcel = this.#sent?.get(id)
    if (parcel && parcel.qos !== (kind === 'puback' ? 1 : 2)) return
    if (this.#sent?.delete(id) !== true) return
    if (parcel) this.#done(parcel)
    this.pump()
  }

  /** The client has it and may not be told again. True when that is news. */
  released(id: number): boolean {
    const parcel = this.#sent?.get(id)
    if (parcel?.qos !== 2 || parcel.released) return false
    parcel.released = true
    if (this.isKept) this.#parts.keep(this, parcel)
    return true
  }

  /** Nothing is owed any more: a new session begins, or the old one is forgotten. */
  clear(): void {
    this.stand()
    for (const parcel of [...(this.#waiting ?? []), ...this.unconfirmed]) this.#done(parcel)
    this.#waiting = undefined
    this.#sent = undefined
    this.incoming = undefined
  }

  #sends(parcel?: Parcel): number {
    this.#sent ??= new Map()
    const id = this.#freeId(this.#sent)
    this.#sent.set(id, parcel)
    return id
  }

  #add(parcel: Parcel): void {
    const { queue, queueBytes, hasRoom, lost } = this.#parts
    const bytes = sizeOf(parcel)
    this.#waiting ??= []
    while (
      this.#waiting.length >= queue ||
      (this.#waiting.length > 0 && (this.#waitingBytes + bytes > queueBytes || !hasRoom(bytes)))
    ) {
      const oldest = this.#waiting.shift()
      if (!oldest) break
      this.#done(oldest)
      lost(this)
    }
    this.#waiting.push(parcel)
    this.#count(parcel, 1)
  }

  #done(parcel: Parcel): void {
    this.#count(parcel, -1)
    if (this.isKept) this.#parts.forget(this, parcel)
  }

  #count(parcel: Parcel, sign: 1 | -1): void {
    const bytes = sign * sizeOf(parcel)
    this.#waitingBytes += bytes
    this.#parts.waits(bytes)
  }

  #freeId(sent: ReadonlyMap<number, unknown>): number {
    do this.#lastId = this.#lastId >= 65_535 ? 1 : this.#lastId + 1
    while (sent.has(this.#lastId))
    return this.#lastId
  }
}

/** With what a parcel weighs besides its payload. */
const sizeOf = ({ letter }: Parcel): number => letter.topic.length + letter.payload.length + 100
