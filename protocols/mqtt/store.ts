import type { Clock, Instant } from '../contract/time.ts'
import { between } from '../contract/time.ts'
import type { Accounts } from './accounts.ts'
import type { Who } from './fence.ts'
import { mayHear } from './fence.ts'
import type { BrokerLimits, Refusal } from './limits.ts'
import { RetainedBudget } from './limits.ts'
import type { Letter, Qos } from './packet.ts'
import type { SeatParts } from './seat.ts'
import type { Readers } from './readership.ts'
import { Readership } from './readership.ts'
import { Seat } from './seat.ts'
import type { OpenShelf, Shelf } from './shelf.ts'
import { keys, letterOf, parcelOf, readLetter, readParcel, readSession, sessionOf } from './shelf-records.ts'
import { TopicTree } from './tree.ts'

export interface StoreParts {
  readonly wall: Clock
  readonly limits: BrokerLimits
  readonly accounts: Accounts
  readonly refused: (why: Refusal, who: string, detail: string) => void
}

/** A subscription to nothing: aedes tells that there is a session from the number of its subscriptions. */
export const nothingAtAll = '\0'

/** What the broker knows: sessions with what they are owed, retained messages, last wills; bounded, and what must outlive the process on the shelf. */
export class Store {
  readonly budget: RetainedBudget
  readonly #parts: StoreParts
  readonly #shelf: Shelf
  readonly #seats = new Map<string, Seat>()
  /** Ids of the persistent sessions of an account. */
  readonly #kept = new Map<string, Set<string>>()
  readonly #readers = new Readership()
  readonly #letters = new TopicTree<Letter>()
  readonly #wills = new Map<string, Letter>()
  readonly #seatParts: SeatParts
  #waitingBytes = 0
  #unkept = false

  constructor(parts: StoreParts, { shelf, found }: OpenShelf) {
    this.#parts = parts
    this.#shelf = shelf
    this.budget = new RetainedBudget(parts.limits)
    const { inFlight, queue, queueBytes, queueBytesInAll } = parts.limits
    this.#seatParts = {
      inFlight,
      queue,
      queueBytes,
      hasRoom: bytes => this.#waitingBytes + bytes <= queueBytesInAll,
      waits: bytes => void (this.#waitingBytes += bytes),
      lost: ({ account = '', isKept }) =>
        parts.refused(isKept ? 'queue' : 'slow-reader', account, 'the oldest message that waited for it was let go'),
      keep: (seat, parcel) => this.#put(keys.parcel(seat.id, parcel.number), parcelOf(seat.id, parcel)),
      forget: (seat, parcel) => shelf.put(keys.parcel(seat.id, parcel.number), undefined, 'soon'),
    }
    this.#restore(found)
  }

  get figures(): Readonly<Record<'sessions' | 'waitingBytes' | 'subscriptions', number>> {
    let subscriptions = 0
    for (const seat of this.#seats.values()) subscriptions += seat.filters.size
    return { sessions: this.#seats.size, waitingBytes: this.#waitingBytes, subscriptions }
  }

  /** Last wills of those who were there when the process before this one died. */
  get orphanedWills(): ReadonlyMap<string, Letter> {
    return this.#wills
  }

  /** The seat of this client, with what an earlier connection left there; undefined when the account has too many persistent sessions. */
  open(id: string, { account }: Who, clean: boolean): Seat | undefined {
    const old = this.#seats.get(id)
    if (old && (clean || !old.isKept)) this.#forget(old)
    const kept = this.#kept.get(account ?? '') ?? new Set<string>()
    if (!clean && !kept.has(id) && kept.size >= this.#parts.limits.sessions) return undefined
    const found = this.#seats.get(id)
    if (found) return found
    const seat = new Seat(id, account, !clean, this.#seatParts)
    this.#seats.set(id, seat)
    if (!clean) {
      this.#kept.set(account ?? '', kept.add(id))
      this.#writeSession(seat)
    }
    return seat
  }

  /** Of a persistent session that was there before; a session without subscriptions is one, too [3.2.2-2]. */
  subscriptionsOf(id: string): readonly { readonly topic: string; readonly qos: Qos }[] {
    const seat = this.#seats.get(id)
    if (!seat?.isKept || seat.isNew) return []
    if (seat.filters.size === 0) return [{ topic: nothingAtAll, qos: 0 }]
    return [...seat.filters].map(([topic, qos]) => ({ topic, qos }))
  }

  /** The connection of this seat has ended. */
  leave(seat: Seat): void {
    seat.stand()
    seat.isNew = false
    if (this.#seats.get(seat.id) !== seat) return
    if (!seat.isKept) return this.#forget(seat)
    seat.leftAt = this.#parts.wall.now()
    this.#writeSession(seat, 'soon')
  }

  /** Sessions whose clients have not come back in time are forgotten. */
  sweep(now: Instant): void {
    for (const seat of this.#seats.values()) {
      if (seat.leftAt !== undefined && between(seat.leftAt, now) > this.#parts.limits.keepSessions) this.#forget(seat)
    }
  }

  /** False when the fence or the number of subscriptions forbids it. */
  subscribe(seat: Seat, filter: string, qos: Qos): boolean {
    const hasRoom = seat.filters.has(filter) || seat.filters.size < this.#parts.limits.subscriptions
    if (!hasRoom || !this.#mayHear(seat, filter)) return false
    if (seat.filters.get(filter) === qos) return true
    seat.listens(filter, qos)
    if (!seat.isKept) return true
    this.#readers.remove(seat, filter)
    if (qos > 0) this.#readers.add(seat, filter, qos)
    this.#writeSession(seat)
    return true
  }

  unsubscribe(seat: Seat, filter: string): void {
    if (!seat.ignores(filter) || !seat.isKept) return
    this.#readers.remove(seat, filter)
    this.#writeSession(seat)
  }

  /** The retained messages a new subscription to `filter` is told. */
  retainedUnder(filter: string): Iterator<Letter> & Iterable<Letter> {
    return this.#letters.under(filter)
  }

  /** A retained message of a client; with QoS 0 it is enough that it is on disk within a second. */
  retain(letter: Letter): void {
    this.retainOwn(letter)
    const value = letter.payload.length === 0 ? undefined : letterOf(letter)
    if (letter.qos > 0) this.#put(keys.retained(letter.topic), value)
    else this.#shelf.put(keys.retained(letter.topic), value, 'soon')
  }

  /** The gateway's own: it is said again after a start, so it never goes to disk. */
  retainOwn(letter: Letter): void {
    this.budget.keep(letter.topic, letter.payload.length)
    if (letter.payload.length === 0) this.#letters.delete(letter.topic)
    else this.#letters.set(letter.topic, letter)
  }

  /** Outside the budget of the others. */
  retainFigure(letter: Letter): void {
    this.#letters.set(letter.topic, letter)
  }

  /** The persistent sessions, their clients present or not, that are owed a message on this topic. */
  owed(topic: string): Readers {
    return this.#readers.of(topic)
  }

  /** Runs it as one transaction; a promise when something has to be on disk before anybody is told that it is kept. */
  kept(act: () => void): Promise<void> | undefined {
    this.#unkept = false
    act()
    return this.#unkept ? this.#shelf.settled() : undefined
  }

  /** Ids of QoS 2 messages that a persistent client has not released: a repetition after a crash is known by them. */
  keepIncoming(seat: Seat): void {
    if (seat.isKept) this.#put(keys.session(seat.id), sessionOf(seat))
  }

  putWill(id: string, letter: Letter): void {
    this.#shelf.put(keys.will(id), letterOf(letter), 'soon')
  }

  forgetWill(id: string): void {
    this.#wills.delete(id)
    this.#shelf.put(keys.will(id), undefined, 'soon')
  }

  settled(): Promise<void> {
    return this.#shelf.settled()
  }

  close(): Promise<void> {
    return this.#shelf.close()
  }

  #put(key: string, value: Buffer | undefined): void {
    this.#shelf.put(key, value, 'now')
    this.#unkept = true
  }

  #mayHear({ account }: Seat, filter: string): boolean {
    return account === undefined ? mayHear({}, filter) : mayHear({ account }, filter, this.#parts.accounts.hears(account))
  }

  #forget(seat: Seat): void {
    seat.clear()
    for (const filter of seat.filters.keys()) this.#readers.remove(seat, filter)
    seat.filters.clear()
    this.#seats.delete(seat.id)
    if (!seat.isKept) return
    this.#shelf.put(keys.session(seat.id), undefined, 'soon')
    const kept = this.#kept.get(seat.account ?? '')
    kept?.delete(seat.id)
    if (kept?.size === 0) this.#kept.delete(seat.account ?? '')
  }

  #writeSession(seat: Seat, when: 'now' | 'soon' = 'now'): void {
    this.#shelf.put(keys.session(seat.id), sessionOf(seat), when)
  }

  /** What lay on the shelf, as far as the site file still allows it. */
  #restore(found: OpenShelf['found']): void {
    const { accounts, wall } = this.#parts
    for (const [key, value] of found) {
      const session = keys.isSession(key) ? readSession(value) : undefined
      if (!session || (session.account !== undefined && !accounts.has(session.account))) continue
      const seat = new Seat(session.id, session.account, true, this.#seatParts)
      seat.leftAt = session.leftAt ?? wall.now()
      seat.isNew = false
      if (session.incoming.length > 0) seat.incoming = new Map(session.incoming.map(id => [id, 'told']))
      this.#seats.set(seat.id, seat)
      const account = seat.account ?? ''
      this.#kept.set(account, (this.#kept.get(account) ?? new Set<string>()).add(seat.id))
      for (const [filter, qos] of session.filters) {
        if (!this.#mayHear(seat, filter)) continue
        seat.listens(filter, qos)
        if (qos > 0) this.#readers.add(seat, filter, qos)
      }
    }
    for (const [key, value] of found) {
      if (keys.isRetained(key)) this.retainOwn(readLetter(value))
      if (keys.isWill(key)) this.#wills.set(keys.seatOfWill(key), readLetter(value))
      const waiting = keys.isParcel(key) ? readParcel(value) : undefined
      const seat = waiting && this.#seats.get(waiting.seat)
      if (seat) seat.restore(waiting.parcel)
      else if (waiting) this.#shelf.put(key, undefined, 'soon')
    }
  }
}
