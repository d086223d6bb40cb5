import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { millis } from '../contract/time.ts'
import type { Who } from './fence.ts'
import { greeted } from './greeting.ts'
import type { BrokerClient, Door, House } from './house.ts'
import type { Doorkeeper } from './intake.ts'
import { Intake } from './intake.ts'
import type { Refusal } from './limits.ts'
import type { Connect } from './packet.ts'
import { refusal } from './packet.ts'
import { Pen } from './pen.ts'
import { owedPacket } from './persistence.ts'
import type { Carrier, Parcel, Seat } from './seat.ts'

/** Bytes that wait for aedes before the socket has to. */
const readAhead = 128 * 1024

/**
 * One connection, from its first byte to its last. It stands between the socket and aedes, which takes it for a stream: nobody comes through
 * who has not said who he is, nothing that is not a whole and legal packet, and aedes never waits for a socket.
 */
export class Guest extends EventEmitter implements Carrier, Doorkeeper {
  id = ''
  account: string | undefined
  hasSaidGoodbye = false
  /** Set by aedes, once it has been given this connection. */
  client: BrokerClient | undefined
  seat: Seat | undefined
  /** The last message that was routed here: another subscription it reaches is no second message. */
  lastRouted = 0
  /** Resolves when all that was let in so far is on disk. */
  tail: Promise<unknown> | undefined
  state: Doorkeeper['state'] = 'greeting'
  readonly #socket: Socket
  readonly #house: House
  readonly #door: Door
  readonly #intake: Intake
  readonly #pen: Pen
  /** What aedes may read: CONNECT, then nothing until it has answered that, then all. */
  #reads: 'connect' | 'nothing' | 'all' = 'connect'
  #passed: Buffer[] = []
  #passedBytes = 0
  /** aedes has asked in vain. */
  #isAwaited = true
  /** The socket has nothing more to say. */
  #isOver = false
  #isParsing = false
  #isHeld = false
  /** Topics it has been allowed to speak on. */
  #says: Set<string> | undefined
  #whenRoomy: (() => void)[] | undefined
  #whenLeft: (() => void)[] | undefined
  #hasLeft = false

  constructor(socket: Socket, house: House, door: Door) {
    super()
    this.#socket = socket
    this.#house = house
    this.#door = door
    this.#intake = new Intake(house, this)
    const { traffic, limits } = house
    this.#pen = new Pen(socket, {
      traffic,
      limits,
      flushLater: pen => house.flushLater(pen),
      taken: wasRoomy => this.#taken(wasRoomy),
    })
    socket.on('data', bytes => this.#intake.take(bytes))
    socket.on('error', () => {})
    socket.on('close', () => this.#isOverNow())
    socket.on('end', () => this.#isOverNow())
  }

  /** What the report calls it. */
  get name(): string {
    return this.account ?? this.#address
  }

  get who(): Who {
    return this.account === undefined ? {} : { account: this.account }
  }

  get isRoomy(): boolean {
    return this.#pen.isRoomy
  }

  /** Whether it can be told one more of the retained messages. */
  get mayBeTold(): boolean {
    return this.isRoomy && this.seat?.isFree === true
  }

  get isGone(): boolean {
    return this.state === 'gone'
  }

  // What aedes asks of a stream.

  get destroyed(): boolean {
    return this.isGone
  }

  read(): Buffer | null {
    // aedes asks for more while its parser still stands at the end of the last packet, and would read that once again.
    const bytes = this.#reads === 'nothing' || this.#isParsing ? undefined : this.#passed.shift()
    if (!bytes) {
      this.#isAwaited = true
      if (!this.#isParsing) process.nextTick(() => this.#goOn())
      return null
    }
    this.#isParsing = true
    queueMicrotask(() => this.#goOn())
    if (this.#reads === 'connect') this.#reads = 'nothing'
    this.#passedBytes -= bytes.length
    this.#readOn()
    return bytes
  }

  write(piece: Uint8Array | string): true {
    this.#pen.send(piece)
    return true
  }

  destroy(error?: Error): void {
    this.#close(this.state === 'leaving' && error === undefined && this.#passed.length === 0)
    this.#endSocket()
  }

  // What the intake asks of it.

  pass(bytes: Buffer): void {
    this.#passed.push(bytes)
    this.#passedBytes += bytes.length
    this.#announce()
    if (this.#passedBytes > readAhead || !this.isRoomy) this.#socket.pause()
  }

  greet(packet: Connect): void {
    const house = this.#house
    const greeting = greeted(packet, house, this.#door, this.#address)
    this.account = greeting.who?.account
    if ('why' in greeting) {
      const { why, detail, answer, isGuess } = greeting
      if (!isGuess) return this.refuse(why, detail, answer)
      this.state = 'refusing'
      if (!house.mayWait(this.#address)) return this.refuse(why, detail)
      // Slow enough that guessing leads nowhere.
      return void house.wall.after(millis(300), () => this.refuse(why, detail, answer))
    }
    // Ids live in their account's own name space: nobody can take over another device's connection or session.
    const why = house.enter(this, `${this.account ?? ''}:${packet.clientId || randomUUID()}`, packet.clean)
    if (why) return this.refuse(why, `too many ${why === 'clients' ? 'connections' : 'persistent sessions'}`, refusal(3))
    this.state = 'in'
  }

  bid(): void {
    this.state = 'leaving'
  }

  hold(): void {
    if (this.#isHeld) return
    this.#isHeld = true
    this.#socket.pause()
    this.note('flood', `sent more than ${this.#house.limits.packetsPerSecond} packets in a second and has to wait`)
  }

  // What the house asks of it.

  /** Has aedes take over, when whoever had this id before has left. */
  handOver(): void {
    if (this.isGone) return
    this.#house.hub.welcome(this)
    this.#announce()
  }

  /** aedes has let it in: it is heard, and told what it is owed. */
  sit(): void {
    if (this.isGone) return
    this.#reads = 'all'
    this.seat?.sit(this)
    this.#goOn()
  }

  carry(parcel: Parcel): void {
    this.client?.publish(owedPacket(parcel), () => {})
  }

  /** So many bytes will be said to it in this turn. */
  expect(bytes: number): void {
    this.#pen.expect(bytes)
  }

  maySay(topic: string): boolean {
    if (this.#says?.has(topic)) return true
    if (!this.#house.hub.maySay(this.who, topic)) return false
    if ((this.#says?.size ?? 0) >= 64) this.#says = undefined
    ;(this.#says ??= new Set()).add(topic)
    return true
  }

  /** Resolves when it may be told more, or is gone. */
  room(): Promise<void> {
    return new Promise(resolve => (this.#whenRoomy ??= []).push(resolve))
  }

  /** An acknowledgement may have made room, too. */
  tellRoom(): void {
    const waiting = this.#whenRoomy
    this.#whenRoomy = undefined
    for (const tell of waiting ?? []) tell()
  }

  /** Once a second: deadlines, and leave to go on for whoever had to wait. */
  tick(): void {
    this.#readOn()
    this.#intake.tick(this.account)
  }

  note(why: Refusal, detail: string): void {
    this.#house.note(why, this.name, detail)
  }

  /** Counts it and hangs up, after the last word where there is one. */
  refuse(why: Refusal, detail: string, lastWord?: Buffer): void {
    if (this.isGone) return
    this.note(why, detail)
    this.hangUp(lastWord)
  }

  /** `left` is called when aedes has let go of it, too. */
  hangUp(lastWord?: Buffer, left?: () => void): void {
    if (left && this.#hasLeft) left()
    else if (left) (this.#whenLeft ??= []).push(left)
    if (lastWord) this.#pen.send(lastWord)
    this.#close(false)
    this.#endSocket()
  }

  get #address(): string {
    return this.#socket.remoteAddress ?? ''
  }

  /** aedes counts how often it is told, so it is told only when it has asked in vain. */
  #announce(): void {
    if (!this.client || !this.#isAwaited || this.#reads === 'nothing' || this.#passed.length === 0) return
    this.#isAwaited = false
    this.emit('readable')
  }

  #goOn(): void {
    this.#isParsing = false
    this.#announce()
    if (this.#isOver && this.#isAwaited && this.#passed.length === 0) this.#close(false)
  }

  #readOn(): void {
    if (this.#isHeld && this.#intake.isExhausted) return
    this.#isHeld = false
    if (this.#passedBytes <= readAhead && this.isRoomy && this.#socket.isPaused()) this.#socket.resume()
  }

  #taken(wasRoomy: boolean): void {
    if (!this.isRoomy) return
    if (!wasRoomy) this.#readOn()
    this.seat?.pump()
    this.tellRoom()
  }

  /** What came before the end is still heard. */
  #isOverNow(): void {
    this.#isOver = true
    if (!this.client || (this.#isAwaited && this.#passed.length === 0)) this.#close(false)
  }

  /** What was said last still goes out; a client that does not take it is not waited for. */
  #endSocket(): void {
    this.#socket.destroySoon()
    if (this.#socket.destroyed) return
    const cancel = this.#house.wall.after(millis(500), () => this.#socket.destroy())
    this.#socket.once('close', cancel)
  }

  #close(saidGoodbye: boolean): void {
    if (this.isGone) return
    const wasIn = this.state === 'in' || this.state === 'leaving'
    this.state = 'gone'
    this.#intake.end(this.account)
    this.#pen.putDown()
    this.#passed = []
    this.hasSaidGoodbye = saidGoodbye
    this.tellRoom()
    if (wasIn) this.#house.left(this)
    // aedes tells the last will before it lets go.
    if (this.client) process.nextTick(() => this.client?.close(() => this.#letGo()))
    else this.#letGo()
  }

  #letGo(): void {
    this.#hasLeft = true
    this.#house.released(this)
    for (const tell of this.#whenLeft ?? []) tell()
    this.#whenLeft = undefined
  }
}
