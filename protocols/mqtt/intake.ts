import { Frames } from './frames.ts'
import type { House } from './house.ts'
import type { Refusal } from './limits.ts'
import type { Connect, Packet, Unreadable } from './packet.ts'
import { lookAt, refusal } from './packet.ts'

/** Seconds for the first packet from connecting, and for any other from its first byte. */
const [connectWithin, packetWithin] = [10, 30]
/** A packet that may be begun even when the memory for halves of packets is used up. */
const smallPacket = 16 * 1024

/** Who an intake works for. */
export interface Doorkeeper {
  readonly name: string
  readonly state: 'greeting' | 'refusing' | 'in' | 'leaving' | 'gone'
  /** Whole and legal packets. */
  pass(bytes: Buffer): void
  /** The first packet: in from now on, or not. */
  greet(packet: Connect): void
  /** It has said goodbye: what comes behind means nothing. */
  bid(): void
  /** It has sent more than it may in a second. */
  hold(): void
  refuse(why: Refusal, detail: string, lastWord?: Buffer): void
}

/** What comes over one connection: cut into packets, looked at, and passed on only when nothing is wrong with it. */
export class Intake {
  readonly #house: House
  readonly #keeper: Doorkeeper
  readonly #frames = new Frames()
  #held = 0
  #beganAt: number
  #packets = 0
  #packetsAt = 0
  #messages = 0

  constructor(house: House, keeper: Doorkeeper) {
    this.#house = house
    this.#keeper = keeper
    this.#beganAt = house.second
  }

  take(bytes: Buffer): void {
    const { traffic, maxPacket, limits } = this.#house
    const keeper = this.#keeper
    traffic.bytesIn += bytes.length
    const state = (): Doorkeeper['state'] => keeper.state
    if (state() !== 'greeting' && state() !== 'in') return
    const longest = state() === 'greeting' ? Math.min(maxPacket, limits.willBytes + 4 * 1024) : maxPacket
    let [whole, from, to] = [bytes, 0, 0]
    const pass = (): void => {
      if (to > from) keeper.pass(whole.subarray(from, to))
      from = to
    }
    const wrong = this.#frames.take(bytes, longest, (all, at, end) => {
      whole = all
      const packet = lookAt(all, at, end)
      this.#count(packet)
      if (typeof packet === 'string') {
        pass()
        this.#isWrong(packet)
        return false
      }
      // The first and the last packet go by themselves: what lies between is done before the goodbye is heard.
      if (packet.kind === 'disconnect') pass()
      if (packet.kind === 'filters') this.#blank(packet.mistaken, all)
      to = end
      if (packet.kind === 'connect') keeper.greet(packet)
      if (packet.kind === 'disconnect') keeper.bid()
      if (packet.kind === 'connect' && state() === 'in') pass()
      return state() === 'in'
    })
    if (state() === 'in' || state() === 'leaving') pass()
    if (state() === 'gone') return
    this.#hold(this.#frames.held)
    if (wrong === 'garbage') keeper.refuse(wrong, `sent ${bytes.subarray(0, 16).toString('hex')}`)
    else if (wrong) keeper.refuse(wrong, `sent more than ${longest} bytes`)
    else if (traffic.held > limits.heldBytes && this.#frames.wanted > smallPacket)
      keeper.refuse('oversize', 'no memory left for large packets')
  }

  /** Once a second. */
  tick(account: string | undefined): void {
    const { messages, second } = this.#house
    if (this.#messages > 0 && account !== undefined) messages.set(account, (messages.get(account) ?? 0) + this.#messages)
    this.#messages = 0
    const { state } = this.#keeper
    const waited = second - this.#beganAt
    if (state === 'greeting' && waited > connectWithin) this.#keeper.refuse('slow', 'did not log in within 10 s')
    if (state === 'in' && this.#held > 0 && waited > packetWithin) this.#keeper.refuse('slow', 'did not end a packet within 30 s')
  }

  /** Whether it has used up this second. */
  get isExhausted(): boolean {
    return this.#packetsAt === this.#house.second && this.#packets > this.#house.limits.packetsPerSecond
  }

  /** Nothing more is taken, and nothing is held. */
  end(account: string | undefined): void {
    this.tick(account)
    this.#hold(0)
  }

  #hold(bytes: number): void {
    const { traffic, second } = this.#house
    if (bytes > 0 && this.#held === 0) this.#beganAt = second
    traffic.held += bytes - this.#held
    this.#held = bytes
  }

  #count(packet: Packet | Unreadable): void {
    const { limits, second, traffic } = this.#house
    if (this.#packetsAt !== second) [this.#packetsAt, this.#packets] = [second, 0]
    if (++this.#packets === limits.packetsPerSecond + 1) this.#keeper.hold()
    if (typeof packet === 'string' || packet.kind !== 'publish') return
    this.#messages++
    traffic.messagesIn++
  }

  /** aedes would hang up for a filter that means nothing; one of zeros is refused by itself. */
  #blank(mistaken: readonly (readonly [string, number, number])[], bytes: Buffer): void {
    for (const [filter, from, to] of mistaken) {
      bytes.fill(0, from, to)
      this.#house.note('subscription', this.#keeper.name, `may not listen to ${filter.slice(0, 80)}`)
    }
  }

  #isWrong(packet: Unreadable): void {
    if (packet === 'garbage') this.#keeper.refuse('garbage', 'sent a packet that breaks the rules of MQTT 3.1.1')
    // [3.1.2-2]; a client of version 5 understands this answer, too.
    else this.#keeper.refuse('version', 'speaks another version than 3.1.1', refusal(1))
  }
}
