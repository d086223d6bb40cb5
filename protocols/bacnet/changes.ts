import type { Words } from '../contract/driver.ts'
import type { Clock, Instant, Millis } from '../contract/time.ts'
import { after, millis, minutes } from '../contract/time.ts'
import { keyOfObject } from './answers.ts'
import type { StationSettings } from './config.ts'
import { services } from './encode.ts'
import type { Exchange } from './exchange.ts'
import type { ObjectId } from './names.ts'
import { isState, objectName, properties, tellsChanges } from './names.ts'
import type { Contact, Tally } from './talk.ts'
import { refusalOf } from './talk.ts'

/**
 * The number under which all our subscriptions run. Always the same: with it a gateway that starts again takes the place of its last
 * life in the device's list, instead of filling it.
 */
export const ourProcess = 0x5a53

interface Subscription {
  readonly object: ObjectId
  state: 'none' | 'live' | 'off'
  /** Some devices only know one of the two kinds; the one they repeat until it is heard is asked for first. */
  confirmed: boolean
  begun: Instant
  /** Something was told since it began. */
  told: boolean
  ends: Instant
  renew: Instant
  again: Instant
  /** A read found another value than was told last; the device has until the next sweep to say so itself. */
  differs: boolean
  why: Words | undefined
}

/** A device that has no room for a subscription, or is deaf, is asked again after so long. */
const rest = minutes(10)
const unknownObject = 31

/** Subscriptions asked for in one sweep: the reading of a device with hundreds of objects does not stand still meanwhile. */
const atOnce = 20

/** The subscriptions to one device: begun, renewed, given up where they are refused or nothing comes of them. */
export class Changes {
  readonly #settings: StationSettings
  readonly #wall: Clock
  readonly #subscriptions: ReadonlyMap<string, Subscription>

  constructor(settings: StationSettings, wall: Clock) {
    this.#settings = settings
    this.#wall = wall
    const wanted = settings.cov
      ? settings.points.filter(({ property, object }) => property === properties['present-value'] && tellsChanges(object))
      : []
    const never = 0 as Instant
    this.#subscriptions = new Map(
      wanted.map(({ object }) => [
        keyOfObject(object),
        {
          object,
          state: 'none',
          confirmed: true,
          begun: never,
          told: false,
          ends: never,
          renew: never,
          again: never,
          differs: false,
          why: undefined,
        },
      ]),
    )
  }

  /** Whether changes of the object are told, so that it need not be read in every sweep. */
  isTold(object: ObjectId): boolean {
    const one = this.#subscriptions.get(keyOfObject(object))
    return one?.state === 'live' && one.told && this.#wall.now() < one.ends
  }

  /** Whether it is ours: an object we subscribed to, and the subscription has not ended. */
  heard(object: ObjectId): boolean {
    const one = this.#subscriptions.get(keyOfObject(object))
    if (one?.state !== 'live' || this.#wall.now() >= one.ends) return false
    one.told = true
    one.differs = false
    return true
  }

  /** A read found `now` where `last` was the last known. Of what changes in steps every change must have been told. */
  compared(object: ObjectId, last: number | undefined, now: number): void {
    const one = this.#subscriptions.get(keyOfObject(object))
    if (one && isState(object) && one.state === 'live' && last !== undefined && last !== now) one.differs = true
  }

  /** What experience has taught, in words. */
  get learned(): readonly Words[] {
    const said = new Map<string, { readonly words: Words; objects: string[] }>()
    for (const { why, object, state } of this.#subscriptions.values()) {
      if (!why || state === 'live') continue
      const known = said.get(why.en) ?? { words: why, objects: [] }
      known.objects.push(objectName(object))
      said.set(why.en, known)
    }
    return [...said.values()].map(({ words, objects }) => {
      const list = objects.slice(0, 5).join(', ') + (objects.length > 5 ? ' …' : '')
      return { zh: `${list}：${words.zh}`, en: `${list}: ${words.en}` }
    })
  }

  get live(): number {
    return [...this.#subscriptions.values()].filter(({ object }) => this.isTold(object)).length
  }

  /** The device is away, or another one may have come: all begins anew. */
  forget(): void {
    for (const one of this.#subscriptions.values()) {
      one.state = 'none'
      one.told = false
      one.again = 0 as Instant
    }
  }

  /**
   * Once a sweep: what is due is asked for, what proved deaf is given up. Where the device does not answer the rest waits for the next
   * sweep; whether it is silent its reading will show, which is repeated before that is said.
   */
  async tend(exchange: Exchange, contact: Contact, tally: Tally): Promise<void> {
    let asked = 0
    for (const one of this.#subscriptions.values()) {
      const now = this.#wall.now()
      this.#watch(one, now)
      if (asked >= atOnce || now < (one.state === 'live' ? one.renew : one.again)) continue
      asked += 1
      if (!(await this.#ask(exchange, contact, one, tally))) return
    }
  }

  /** Takes all of them back, without waiting for a word of it. */
  end(exchange: Exchange, { address }: Contact): void {
    let id = 0
    for (const { object, state, confirmed } of this.#subscriptions.values()) {
      if (state !== 'live') continue
      const bytes = exchange.speech.subscribe(address, id++ & 255, { process: ourProcess, object, confirmed })
      exchange.say(bytes, address.host, address.port)
    }
  }

  #watch(one: Subscription, now: Instant): void {
    if (one.state !== 'live') return
    if (now >= one.ends) one.state = 'none'
    const first = millis(this.#settings.timeout * 2)
    if (!one.told && now - one.begun > first) this.#giveUp(one, now, silent)
    else if (one.differs) this.#giveUp(one, now, deaf)
  }

  #giveUp(one: Subscription, now: Instant, why: Words | undefined, pause: Millis = rest): void {
    one.state = 'off'
    one.why = why
    one.differs = false
    one.again = after(now, pause)
  }

  /** False where the device did not answer. */
  async #ask(exchange: Exchange, contact: Contact, one: Subscription, tally: Tally): Promise<boolean> {
    const { timeout, lifetime } = this.#settings
    const { address } = contact
    const wish = { process: ourProcess, object: one.object, confirmed: one.confirmed, lifetime: Math.ceil(lifetime / 1_000) }
    const asked = this.#wall.now()
    const wasLive = one.state === 'live'
    if (!wasLive) {
      // The first word may come before the acknowledgement.
      one.state = 'live'
      one.told = false
      one.differs = false
      one.ends = after(asked, lifetime)
    }
    const reply = await exchange.ask(address, {
      service: services.subscribe,
      encode: id => exchange.speech.subscribe(address, id, wish),
      timeout,
      doubtful: false,
    })
    tally.heard(reply, refusalOf(reply))
    const now = this.#wall.now()
    if (reply.kind === 'done') {
      one.begun = wasLive ? one.begun : now
      one.ends = after(asked, lifetime)
      one.renew = after(asked, millis(lifetime / 2))
      one.why = undefined
      return true
    }
    if (reply.kind === 'fault') {
      // A renewal that was lost is tried again while the subscription lasts.
      one.renew = after(now, timeout)
      if (!wasLive) one.state = 'none'
      one.again = after(now, millis(timeout * 4))
      return reply.fault.code !== 'timeout' && reply.fault.code !== 'disconnected' && reply.fault.code !== 'device-silent'
    }
    if (reply.kind === 'error' && reply.error.code === unknownObject) {
      // That it does not exist its reading says already.
      this.#giveUp(one, now, undefined)
      return true
    }
    const isUnknown = reply.kind === 'reject' && reply.reason === 9
    if (one.confirmed && !isUnknown) {
      one.confirmed = false
      one.state = 'none'
      one.again = now
      return this.#ask(exchange, contact, one, tally)
    }
    const why = refusalOf(reply) ?? ''
    const refused = {
      zh: `设备不接受变化订阅（${why}），改为轮询`,
      en: `the device takes no subscription (${why}); it is polled`,
    }
    if (isUnknown) for (const each of this.#subscriptions.values()) this.#giveUp(each, now, refused, minutes(60))
    else this.#giveUp(one, now, refused)
    return true
  }
}

const silent: Words = {
  zh: '订阅被接受，却没有收到任何通知（防火墙或地址转换？），改为轮询',
  en: 'the subscription was accepted and nothing was told (a firewall or address translation?); it is polled',
}
const deaf: Words = {
  zh: '有变化没有通知过来，改为轮询',
  en: 'a change was not told; it is polled',
}
