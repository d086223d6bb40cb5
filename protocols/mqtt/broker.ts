import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Cancel, Clock, Instant } from '../contract/time.ts'
import { seconds } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import type { Session } from '../kit/link.ts'
import type { Account } from './accounts.ts'
import { Accounts } from './accounts.ts'
import type { NamedTopics } from './fence.ts'
import { Guest } from './guest.ts'
import type { Door, House, Traffic } from './house.ts'
import { Hub } from './hub.ts'
import type { BrokerLimits, Refusal } from './limits.ts'
import { houseRules } from './limits.ts'
import { listening } from './listening.ts'
import type { Message } from './mapping.ts'
import type { OwnWord } from './own-words.ts'
import type { Pen } from './pen.ts'
import { figuresOf } from './figures.ts'
import { RefusalBook } from './refusal-book.ts'
import type { OpenShelf } from './shelf.ts'
import { noShelf, openShelf } from './shelf.ts'
import type { TlsConfig } from './tls.ts'

export interface BrokerParts {
  readonly host: string
  readonly port: number
  readonly accounts: ReadonlyMap<string, Account>
  readonly anonymous: boolean
  /** Bytes. */
  readonly maxPacket: number
  readonly limits: BrokerLimits
  readonly tls?: TlsConfig
  readonly named: NamedTopics
  readonly wall: Clock
  /** Where sessions, retained messages and the self-made certificate are kept. Absent: they end with the process. */
  readonly folder?: string
  readonly heard: (message: Message) => void
  /** The last connection of a device broke off without a goodbye. */
  readonly fellSilent: (account: string) => void
}

/** Figures on `$SYS` are told this often, in seconds. */
const figuresEvery = 10

/** The embedded broker, while it listens. Not being able to listen is a `refused` fault that names the port. */
export class Broker implements Session, House {
  readonly ended: Promise<Fault>
  readonly book: RefusalBook
  readonly hub: Hub
  readonly accounts: Accounts
  readonly wall: Clock
  readonly limits: BrokerLimits
  readonly anonymous: boolean
  readonly maxPacket: number
  readonly traffic: Traffic = { messagesIn: 0, bytesIn: 0, bytesOut: 0, held: 0, unsent: 0 }
  /** Messages from each account since the start. */
  readonly messages = new Map<string, number>()
  readonly since: Instant
  /** Where a damaged store was put. */
  readonly setAside: string | undefined
  second = 0
  readonly #parts: BrokerParts
  readonly #guests = new Set<Guest>()
  readonly #byId = new Map<string, Guest>()
  readonly #present = new Map<string, number>()
  readonly #waitingRefusals = new Map<string, number>()
  readonly #servers: Server[] = []
  readonly #stop: (() => void)[] = []
  #sockets = 0
  #dirty: Pen[] = []
  #cancelTick: Cancel = () => {}
  #closing = false
  #end: (why: Fault) => void = () => {}

  static async open(parts: BrokerParts): Promise<Answer<Broker>> {
    const book = new RefusalBook(parts.wall)
    const opened: Answer<OpenShelf> =
      parts.folder === undefined
        ? answered(noShelf)
        : await openShelf(join(parts.folder, 'broker'), parts.wall, why => book.note('store', '', why))
    if (!opened.ok) return opened
    const broker = await Broker.#made(parts, opened.value, book)
    const { host, port } = parts
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: seconds(30) }, socket =>
      broker.#welcome(socket, { needsCertificate: false }),
    )
    const plain = await broker.#listen(server, host, port)
    const trouble = plain ?? (parts.tls && (await broker.#listenTls(parts.tls)))
    if (trouble) {
      await broker.close()
      return failed(trouble)
    }
    broker.#tick()
    return answered(broker)
  }

  static async #made(parts: BrokerParts, opened: OpenShelf, book: RefusalBook): Promise<Broker> {
    const accounts = new Accounts(parts.accounts)
    const { wall, limits, named, heard } = parts
    const hub = await Hub.open(
      { wall, limits, accounts, named, heard, refused: (why, who, detail) => book.note(why, who, detail) },
      opened,
    )
    return new Broker(parts, { hub, accounts, book, setAside: opened.setAside })
  }

  private constructor(
    parts: BrokerParts,
    { hub, accounts, book, setAside }: Pick<Broker, 'hub' | 'accounts' | 'book' | 'setAside'>,
  ) {
    const { wall, limits, anonymous, maxPacket } = parts
    this.#parts = parts
    this.wall = wall
    this.since = wall.now()
    this.limits = limits
    this.anonymous = anonymous
    this.maxPacket = maxPacket
    this.book = book
    this.setAside = setAside
    this.accounts = accounts
    this.hub = hub
    this.ended = new Promise(resolve => {
      this.#end = resolve
    })
  }

  get refusals(): ReadonlyMap<Refusal, number> {
    return this.book.counts
  }

  get retained(): { readonly count: number; readonly bytes: number } {
    return { count: this.hub.retained.count, bytes: this.hub.retained.bytes }
  }

  /** Logged in or not. */
  get connections(): number {
    return this.#sockets
  }

  /** Those who have logged in. */
  get clients(): number {
    return this.#byId.size
  }

  /** Connections of each account. */
  get present(): ReadonlyMap<string, number> {
    return this.#present
  }

  /** The gateway's own words; devices cannot speak there. */
  say({ topic, payload, retain, qos }: OwnWord): void {
    if (!this.#closing) this.hub.say({ topic, payload: Buffer.from(payload as string), retain, qos })
  }

  async close(): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    this.#cancelTick()
    for (const stop of this.#stop) stop()
    const closed = this.#servers.map(server => new Promise<void>(resolve => server.close(() => resolve())))
    const left = [...this.#byId.values()].map(guest => new Promise<void>(resolve => guest.hangUp(undefined, resolve)))
    for (const guest of this.#guests) guest.hangUp()
    await Promise.all([...closed, ...left])
    await this.hub.close()
    this.#end(fault('disconnected', 'The broker has stopped.'))
  }

  enter(guest: Guest, id: string, clean: boolean): 'clients' | 'session' | undefined {
    const { account, who } = guest
    const before = this.#byId.get(id)
    // [3.1.4-2] a client that comes again takes its own place.
    if (!before && account !== undefined && (this.#present.get(account) ?? 0) >= this.limits.connectionsPerAccount)
      return 'clients'
    if (account !== undefined) this.#present.set(account, (this.#present.get(account) ?? 0) + 1)
    const left = before && new Promise<void>(resolve => before.hangUp(undefined, resolve))
    const seat = this.hub.open(id, who, clean)
    if (!seat) {
      this.#countOut(account)
      return 'session'
    }
    guest.id = id
    guest.seat = seat
    this.#byId.set(id, guest)
    if (left) void left.then(() => guest.handOver())
    else guest.handOver()
    return undefined
  }

  left(guest: Guest): void {
    const { account, seat } = guest
    if (seat) this.hub.leave(seat)
    if (account === undefined) return
    this.#countOut(account)
    // One microtask later a device that merely connected anew is present again.
    queueMicrotask(() => {
      if (!guest.hasSaidGoodbye && !this.#closing && !this.#present.has(account)) this.#parts.fellSilent(account)
    })
  }

  released(guest: Guest): void {
    if (this.#byId.get(guest.id) === guest) this.#byId.delete(guest.id)
  }

  #countOut(account: string | undefined): void {
    if (account === undefined) return
    const still = (this.#present.get(account) ?? 1) - 1
    if (still > 0) this.#present.set(account, still)
    else this.#present.delete(account)
  }

  flushLater(pen: Pen): void {
    if (this.#dirty.push(pen) === 1) setImmediate(() => this.#flush())
  }

  note(why: Refusal, who: string, detail: string): void {
    this.book.note(why, who, detail)
  }

  mayWait(address: string): boolean {
    const waiting = this.#waitingRefusals.get(address) ?? 0
    if (waiting >= houseRules.refusalsPerAddress) return false
    this.#waitingRefusals.set(address, waiting + 1)
    return true
  }

  #flush(): void {
    const dirty = this.#dirty
    this.#dirty = []
    for (const pen of dirty) pen.flush()
  }

  #tick(): void {
    this.#cancelTick = this.wall.after(seconds(1), () => {
      this.second++
      this.#waitingRefusals.clear()
      for (const guest of this.#guests) guest.tick()
      if (this.second % 60 === 0) this.hub.sweep(this.wall.now())
      if (this.second % figuresEvery === 1) for (const figure of figuresOf(this)) this.hub.show(figure)
      this.#tick()
    })
  }

  #welcome(socket: Socket, door: Door): void {
    if (this.#closing || this.#sockets >= this.limits.connections) {
      this.note('clients', socket.remoteAddress ?? '', `more than ${this.limits.connections} connections`)
      socket.destroy()
      return
    }
    const guest = new Guest(socket, this, door)
    this.#sockets++
    this.#guests.add(guest)
    socket.once('close', () => {
      this.#sockets--
      this.#guests.delete(guest)
    })
  }

  async #listenTls(tls: TlsConfig): Promise<Fault | undefined> {
    const { host, folder, wall } = this.#parts
    // A site without TLS never loads it.
    const { openTls } = await import('./tls.ts')
    const opened = await openTls(tls, {
      wall,
      ...(folder === undefined ? {} : { folder }),
      welcome: (socket, door) => this.#welcome(socket, door),
      connections: this.limits.connections,
      refused: (who, detail) => this.note('certificate', who, detail),
    })
    if (!opened.ok) return opened.fault
    this.#stop.push(opened.value.stop)
    return this.#listen(opened.value.server, host, tls.port)
  }

  async #listen(server: Server, host: string, port: number): Promise<Fault | undefined> {
    const trouble = await listening(server, host, port, () => void this.close())
    if (!trouble) this.#servers.push(server)
    return trouble
  }
}
