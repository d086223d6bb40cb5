import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { randomUUID } from 'node:crypto'
import { Aedes } from 'aedes'
import type { AedesOptions, AuthenticateError, Client } from 'aedes'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Clock } from '../contract/time.ts'
import { millis, seconds } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed, whatWentWrong } from '../kit/answer.ts'
import type { Session } from '../kit/link.ts'
import { Accounts } from './accounts.ts'
import type { NamedTopics, Who } from './fence.ts'
import { mayHear, mayReceive, maySay } from './fence.ts'
import type { Refusal } from './gate.ts'
import { Gate } from './gate.ts'
import { brokerLimits, RetainedBudget } from './limits.ts'
import type { Message } from './mapping.ts'

export interface BrokerParts {
  readonly host: string
  readonly port: number
  readonly accounts: ReadonlyMap<string, string>
  readonly anonymous: boolean
  /** Bytes. */
  readonly maxPacket: number
  readonly named: NamedTopics
  readonly wall: Clock
  readonly heard: (message: Message) => void
  /** The last connection of a device broke off without a goodbye. */
  readonly fellSilent: (account: string) => void
}

interface Guest {
  readonly who: Who
  readonly clean: boolean
  readonly filters: Set<string>
}

/** The parts of aedes's persistence that need a lid; its own types still show callbacks where it takes promises. */
interface Persistence {
  outgoingEnqueueCombi(subs: readonly { readonly clientId: string }[], packet: unknown): Promise<void>
  outgoingClearMessageId(client: Client, packet: unknown): Promise<unknown>
  addSubscriptions(client: Client, subs: readonly { readonly topic: string }[]): Promise<void>
}

/** The embedded broker, while it listens. Not being able to listen is a `refused` fault that names the port. */
export class Broker implements Session {
  readonly ended: Promise<Fault>
  readonly refusals = new Map<Refusal, number>()
  readonly #parts: BrokerParts
  readonly #accounts: Accounts
  readonly #retained = new RetainedBudget()
  readonly #guests = new WeakMap<Client, Guest>()
  readonly #present = new Map<string, Set<Client>>()
  readonly #sessions = new Map<string, Set<string>>()
  readonly #queued = new Map<string, number>()
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  readonly #aedes: Aedes
  #closing = false

  static async open(parts: BrokerParts): Promise<Answer<Broker>> {
    const broker = new Broker(parts)
    const { host, port } = parts
    try {
      await broker.#aedes.listen()
      broker.#coverPersistence()
      await new Promise<void>((resolve, reject) => {
        broker.#server.once('error', reject)
        broker.#server.listen(port, host, resolve)
      })
    } catch (error) {
      await broker.close()
      const busy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      const why = busy ? 'is already in use' : `cannot be used (${whatWentWrong(error)})`
      return failed(fault('refused', `Port ${port} on ${host} ${why}: write another port for this connection in the site file.`))
    }
    return answered(broker)
  }

  private constructor(parts: BrokerParts) {
    this.#parts = parts
    this.#accounts = new Accounts(parts.accounts)
    this.#aedes = new Aedes(this.#rules())
    this.#aedes.on('client', client => this.#arrived(client))
    this.#aedes.on('clientDisconnect', client => this.#left(client))
    this.#aedes.on('unsubscribe', (filters, client) => {
      for (const filter of filters) this.#guests.get(client)?.filters.delete(filter)
    })
    this.#aedes.on('publish', ({ topic, payload }, client) => {
      if (client) parts.heard({ topic, payload: Buffer.from(payload), replayed: false })
    })
    this.#server = createServer(socket => this.#welcome(socket))
    this.#server.on('error', () => this.#server.close())
    this.ended = new Promise(resolve => {
      this.#server.once('close', () => resolve(fault('disconnected', 'The broker has stopped.')))
    })
  }

  get retained(): { readonly count: number; readonly bytes: number } {
    return { count: this.#retained.count, bytes: this.#retained.bytes }
  }

  /** The gateway's own words; devices cannot speak there. */
  say(topic: string, payload: string, retain: boolean): void {
    if (this.#closing) return
    if (retain) this.#retained.keep(topic, Buffer.byteLength(payload))
    this.#aedes.publish({ cmd: 'publish', topic, payload, retain, qos: 0, dup: false }, () => {})
  }

  async close(): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    await new Promise<void>(resolve => this.#aedes.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #welcome(socket: Socket): void {
    if (this.#sockets.size >= brokerLimits.clients) {
      this.#refused('clients')
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 30_000)
    const { wall, maxPacket } = this.#parts
    const gate = new Gate(socket, {
      wall,
      maxPacket,
      connectWithin: seconds(10),
      packetWithin: seconds(30),
      refused: why => this.#refused(why),
    })
    this.#aedes.handle(gate)
  }

  #rules(): AedesOptions {
    return {
      connectTimeout: 10_000,
      drainTimeout: 15_000,
      maxClientsIdLength: 512,
      maxInflightInbound: brokerLimits.inFlight,
      maxTopicLevels: 20,
      preConnect: (client, packet, done) => {
        const { username, clientId, clean = true } = packet
        if (clientId.length > brokerLimits.clientId || (clientId === '' && !clean)) {
          this.#refused('session')
          return done(new Error('Client id refused.'), false)
        }
        const who: Who = username === undefined ? {} : { account: username }
        this.#guests.set(client, { who, clean, filters: new Set() })
        // Ids live in their account's own name space: nobody can take over another device's connection or session.
        packet.clientId = `${username ?? ''}:${clientId || randomUUID()}`
        done(null, true)
      },
      authenticate: (client, username, password, done) => this.#authenticate(client, username, password, done),
      authorizePublish: (client, packet, done) => {
        const why = client && this.#publishMistake(client, packet.topic, packet.retain ? packet.payload.length : undefined)
        if (!why) return done(null)
        this.#refused(why)
        done(new Error(`Publishing to ${packet.topic.slice(0, 80)} is refused.`))
      },
      authorizeSubscribe: (client, subscription, done) => {
        const guest = this.#guests.get(client)
        const room = guest && (guest.filters.has(subscription.topic) || guest.filters.size < brokerLimits.subscriptionsPerClient)
        if (guest && room && mayHear(guest.who, subscription.topic)) {
          guest.filters.add(subscription.topic)
          return done(null, subscription)
        }
        this.#refused('subscription')
        done(null, null)
      },
      authorizeForward: (client, packet) => {
        const guest = this.#guests.get(client)
        return guest && mayReceive(guest.who, packet.topic) ? packet : null
      },
    }
  }

  #authenticate(
    client: Client,
    username: string | undefined,
    password: Uint8Array | undefined,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ): void {
    const guest = this.#guests.get(client)
    const isLocal = /^(::ffff:)?127\.|^::1$/.test((client.conn as Gate).remoteAddress ?? '')
    const known =
      username === undefined ? this.#parts.anonymous && isLocal : this.#accounts.knows(username, password ?? Buffer.alloc(0))
    if (!guest || !known) {
      this.#refused('credentials')
      // Slow enough that guessing leads nowhere.
      this.#parts.wall.after(millis(300), () => done(refusedAs(4), false))
      return
    }
    if (!guest.clean && !this.#mayKeep(username ?? '', client.id)) {
      this.#refused('session')
      return done(refusedAs(3), false)
    }
    done(null, true)
  }

  #mayKeep(account: string, id: string): boolean {
    const ids = this.#sessions.get(account) ?? new Set()
    if (!ids.has(id) && ids.size >= brokerLimits.sessionsPerAccount) return false
    this.#sessions.set(account, ids.add(id))
    return true
  }

  #publishMistake(client: Client, topic: string, retainedBytes: number | undefined): Refusal | undefined {
    const guest = this.#guests.get(client)
    if (!guest || !maySay(guest.who, topic, this.#parts.named)) return 'topic'
    if (retainedBytes === undefined) return undefined
    if (!this.#retained.hasRoom(topic, retainedBytes)) return 'retained'
    this.#retained.keep(topic, retainedBytes)
    return undefined
  }

  #arrived(client: Client): void {
    const account = this.#guests.get(client)?.who.account
    if (account !== undefined) this.#present.set(account, (this.#present.get(account) ?? new Set()).add(client))
  }

  #left(client: Client): void {
    const account = this.#guests.get(client)?.who.account
    const saidGoodbye = (client as Client & { readonly _disconnected?: boolean })._disconnected === true
    if (account === undefined) return
    this.#present.get(account)?.delete(client)
    // One microtask later a device that merely connected anew is present again.
    queueMicrotask(() => {
      if (!saidGoodbye && !this.#closing && this.#present.get(account)?.size === 0) this.#parts.fellSilent(account)
    })
  }

  /** aedes keeps messages for absent clients, and even refused subscriptions, without any limit. */
  #coverPersistence(): void {
    const { persistence } = this.#aedes as unknown as { persistence: Persistence }
    const enqueue = persistence.outgoingEnqueueCombi.bind(persistence)
    const clear = persistence.outgoingClearMessageId.bind(persistence)
    const addSubscriptions = persistence.addSubscriptions.bind(persistence)
    persistence.outgoingEnqueueCombi = async (subs, packet) => {
      const room = subs.filter(({ clientId }) => (this.#queued.get(clientId) ?? 0) < brokerLimits.queuePerClient)
      for (const { clientId } of room) this.#queued.set(clientId, (this.#queued.get(clientId) ?? 0) + 1)
      for (let lost = room.length; lost < subs.length; lost++) this.#refused('flood')
      await enqueue(room, packet)
    }
    persistence.outgoingClearMessageId = async (client, packet) => {
      const cleared = await clear(client, packet)
      if (cleared) this.#queued.set(client.id, Math.max(0, (this.#queued.get(client.id) ?? 0) - 1))
      return cleared
    }
    persistence.addSubscriptions = async (client, subs) => {
      const filters = this.#guests.get(client)?.filters
      await addSubscriptions(
        client,
        subs.filter(({ topic }) => filters?.has(topic)),
      )
    }
  }

  #refused(why: Refusal): void {
    this.refusals.set(why, (this.refusals.get(why) ?? 0) + 1)
  }
}

/** MQTT 3.1.1 return codes: 3 server unavailable, 4 bad user name or password. */
const refusedAs = (returnCode: 3 | 4): AuthenticateError => Object.assign(new Error('Connection refused.'), { returnCode })
