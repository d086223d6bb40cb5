import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Cancel, Clock, Instant, Millis } from '../contract/time.ts'
import { between, millis } from '../contract/time.ts'
import type { Session } from '../kit/link.ts'
import type { IAm, Notification } from './answers.ts'
import { readError, readIAm, readNotification } from './answers.ts'
import type { Speech } from './encode.ts'
import { services } from './encode.ts'
import type { Address, Apdu } from './frame.ts'
import { placeOf, readFrame, Segments } from './frame.ts'
import { Gate } from './gate.ts'
import type { DeviceError } from './names.ts'
import { Repeats } from './repeats.ts'
import type { Socket } from './socket.ts'

/** How a question ended. */
type End =
  | { readonly kind: 'data'; readonly data: Buffer }
  | { readonly kind: 'done' }
  | { readonly kind: 'error'; readonly error: DeviceError }
  | { readonly kind: 'reject' | 'abort'; readonly reason: number }
  | { readonly kind: 'fault'; readonly fault: Fault }
export type Reply = End & { readonly roundTripMs: number }

export interface Question {
  readonly service: number
  readonly encode: (invokeId: number) => Buffer
  readonly timeout: Millis
  /** Perhaps nobody answers: it waits in a line of its own. */
  readonly doubtful: boolean
}

export interface ExchangeParts {
  readonly wall: Clock
  readonly socket: Socket
  readonly speech: Speech
  readonly frame: (way: 'sent' | 'heard', place: string, bytes: Buffer, note?: string) => void
  /** True: it is one of ours, and a confirmed one may be acknowledged. */
  readonly told: (from: Address, notification: Notification) => boolean
  /** A broadcast device has taken us (0), or not. */
  readonly result?: (host: string, port: number, code: number) => void
  readonly random?: () => number
}

interface Pending {
  readonly service: number
  readonly to: Address
  readonly begun: Instant
  readonly timeout: Millis
  readonly latest: number
  segments: Segments | undefined
  cancel: Cancel
  readonly settle: (end: End) => void
}

/** Questions that one station of the IP network, be it a router to many, has before it at a time. */
const atOnce = 4
/** Of those to devices that may not be there: behind one router the dead do not take the turns of the living. */
const doubtfulAtOnce = 8

/**
 * Asks and hears over one port. An answer is taken only from the very address that was asked, for a number that is out, and for the
 * service that was asked for; all else is noted and forgotten.
 */
export class Exchange implements Session {
  readonly #parts: ExchangeParts
  readonly #pending = new Map<string, Pending>()
  readonly #next = new Map<string, number>()
  readonly #gates = new Map<string, { readonly lively: Gate; readonly doubtful: Gate }>()
  readonly #listeners = new Set<(from: Address, iAm: IAm) => void>()
  readonly #enders = new Set<() => void>()
  readonly #repeats = new Repeats()
  #closed: Fault | undefined

  constructor(parts: ExchangeParts) {
    this.#parts = parts
    parts.socket.hear((bytes, host, port) => this.#hear(bytes, host, port))
    void parts.socket.ended.then(why => this.#end(why))
  }

  get speech(): Speech {
    return this.#parts.speech
  }
  get wall(): Clock {
    return this.#parts.wall
  }
  get broadcasts(): readonly string[] {
    return this.#parts.socket.broadcasts
  }
  get ended(): Promise<Fault> {
    return this.#parts.socket.ended
  }

  async close(): Promise<void> {
    this.#end(fault('disconnected', 'The port was closed.'))
    await this.#parts.socket.close()
  }

  #end(why: Fault): void {
    this.#closed ??= why
    for (const pending of this.#pending.values()) pending.settle({ kind: 'fault', fault: this.#closed })
    for (const ender of this.#enders) ender()
    this.#enders.clear()
  }

  async ask(to: Address, { service, encode, timeout, doubtful }: Question): Promise<Reply> {
    const gate = this.#gateOf(to, doubtful)
    await gate.enter()
    try {
      return await new Promise<Reply>(resolve => this.#send(to, service, encode, timeout, resolve))
    } finally {
      gate.leave()
    }
  }

  /** Says something to everybody, or to one who need not answer. */
  say(bytes: Buffer, host: string, port: number): void {
    this.#parts.frame('sent', `${host}:${port}`, bytes)
    this.#parts.socket.send(bytes, host, port)
  }

  /** Whoever says who he is from now on; ends when the returned function is called. */
  onIAm(listener: (from: Address, iAm: IAm) => void): Cancel {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Called once when the port closes, at once where it has. */
  onEnd(ender: () => void): Cancel {
    if (this.#closed) ender()
    else this.#enders.add(ender)
    return () => void this.#enders.delete(ender)
  }

  #send(to: Address, service: number, encode: Question['encode'], timeout: Millis, resolve: (reply: Reply) => void): void {
    const { wall, socket, frame } = this.#parts
    const begun = wall.now()
    if (this.#closed) return resolve({ kind: 'fault', fault: this.#closed, roundTripMs: 0 })
    const place = placeOf(to)
    const invokeId = this.#number(place)
    if (invokeId === undefined)
      return resolve({ kind: 'fault', fault: fault('timeout', 'Too many questions are out.'), roundTripMs: 0 })
    const key = `${place} ${invokeId}`
    const pending: Pending = {
      service,
      to,
      begun,
      timeout,
      latest: begun + timeout * 5,
      segments: undefined,
      cancel: () => {},
      settle: end => {
        if (!this.#pending.delete(key)) return
        pending.cancel()
        resolve({ ...end, roundTripMs: between(begun, wall.now()) })
      },
    }
    this.#pending.set(key, pending)
    this.#await(pending)
    const bytes = encode(invokeId)
    frame('sent', place, bytes)
    socket.send(bytes, to.host, to.port)
  }

  #await(pending: Pending): void {
    const { wall } = this.#parts
    pending.cancel()
    const left = millis(Math.min(pending.timeout, pending.latest - wall.now()))
    pending.cancel = wall.after(left, () => {
      const detail = pending.segments ? 'The device began a long answer and did not end it' : 'No answer'
      pending.settle({
        kind: 'fault',
        fault: fault('timeout', `${detail} within ${between(pending.begun, wall.now())} ms.`),
      })
    })
  }

  /** Begins anywhere, so that an answer to the gateway's last life is not taken for one to this; an id that is out is passed over. */
  #number(place: string): number | undefined {
    const { random = Math.random } = this.#parts
    let id = this.#next.get(place) ?? Math.floor(random() * 256)
    for (let tried = 0; tried < 256; tried++, id = (id + 1) & 255) {
      if (this.#pending.has(`${place} ${id}`)) continue
      this.#next.set(place, (id + 1) & 255)
      return id
    }
    return undefined
  }

  #gateOf({ host, port }: Address, doubtful: boolean): Gate {
    const key = `${host}:${port}`
    const found = this.#gates.get(key) ?? { lively: new Gate(atOnce), doubtful: new Gate(doubtfulAtOnce) }
    this.#gates.set(key, found)
    return doubtful ? found.doubtful : found.lively
  }

  #hear(bytes: Buffer, host: string, port: number): void {
    const { frame } = this.#parts
    const heard = readFrame(bytes, host, port)
    if (heard.kind === 'apdu') {
      const note = this.#take(heard.apdu, heard.from, heard.unicast)
      // What others say among themselves is not kept: a busy network would leave no room for our own.
      if (note !== undefined) frame('heard', placeOf(heard.from), bytes, note)
    } else if (heard.kind === 'undeliverable') {
      frame('heard', `${host}:${port}`, bytes, `network ${heard.network} cannot be reached`)
      this.#undeliverable(host, port, heard.network)
    } else if (heard.kind === 'result') {
      frame('heard', `${host}:${port}`, bytes, `result ${heard.code}`)
      this.#parts.result?.(host, port, heard.code)
    } else if (heard.kind === 'nothing' && this.#knows(host, port)) frame('heard', `${host}:${port}`, bytes, heard.why)
  }

  /** A note for the log, empty where all is plain; undefined where it is nothing to us. */
  #take(apdu: Apdu, from: Address, unicast: boolean): string | undefined {
    if (apdu.kind === 'unconfirmed') return this.#announced(apdu.service, apdu.data, from)
    if (apdu.kind === 'other' || !unicast) return undefined
    if (apdu.kind === 'confirmed') return this.#confirmed(apdu, from)
    const pending = this.#pending.get(`${placeOf(from)} ${apdu.invokeId}`)
    if (!pending) return this.#knows(from.host, from.port) ? 'late, or to another question' : undefined
    if ('service' in apdu && apdu.service !== pending.service) return 'an answer to another service'
    switch (apdu.kind) {
      case 'simple':
        pending.settle({ kind: 'done' })
        return ''
      case 'reject':
      case 'abort':
        pending.settle({ kind: apdu.kind, reason: apdu.reason })
        return apdu.kind
      case 'error': {
        const error = readError(apdu.data)
        pending.settle(error.ok ? { kind: 'error', error: error.value } : { kind: 'fault', fault: error.fault })
        return 'error'
      }
      case 'complex':
        if (apdu.segment) return this.#segment(pending, apdu, from)
        pending.settle({ kind: 'data', data: Buffer.from(apdu.data) })
        return ''
    }
  }

  #segment(pending: Pending, apdu: Extract<Apdu, { kind: 'complex' }>, from: Address): string {
    const { socket, speech } = this.#parts
    if (!apdu.segment) return ''
    const segments = (pending.segments ??= new Segments())
    const { ack, refuse, whole, tooMuch } = segments.take(apdu.data, apdu.segment)
    const number = ack ?? refuse
    if (number !== undefined) {
      const bytes = speech.segmentAck(from, apdu.invokeId, { number, window: segments.window, refused: refuse !== undefined })
      socket.send(bytes, from.host, from.port)
    }
    if (tooMuch)
      pending.settle({ kind: 'fault', fault: fault('garbled', 'The device began an answer longer than any that was asked for.') })
    else if (whole) pending.settle({ kind: 'data', data: whole })
    else if (refuse === undefined) this.#await(pending)
    return `part ${apdu.segment.number}`
  }

  #announced(service: number, data: Buffer, from: Address): string | undefined {
    if (service === services.iAm) {
      const iAm = readIAm(data)
      if (!iAm.ok) return undefined
      for (const listener of this.#listeners) listener(from, iAm.value)
      return this.#listeners.size > 0 ? `I am ${iAm.value.device}` : undefined
    }
    if (service !== services.notification) return undefined
    const told = readNotification(data)
    return told.ok && this.#parts.told(from, told.value) ? 'told' : undefined
  }

  #confirmed({ service, data, invokeId }: Extract<Apdu, { kind: 'confirmed' }>, from: Address): string | undefined {
    if (service !== services.confirmedNotification) return undefined
    const isRepeated = this.#repeats.has(placeOf(from), invokeId, data, this.#parts.wall.now())
    const told = readNotification(data)
    // Repeated because our acknowledgement was lost; what was told since is newer.
    if (!isRepeated && (!told.ok || !this.#parts.told(from, told.value))) return undefined
    this.#repeats.note(placeOf(from), invokeId, data, this.#parts.wall.now())
    this.#parts.socket.send(this.#parts.speech.heardNotification(from, invokeId), from.host, from.port)
    return isRepeated ? 'told again' : 'told'
  }

  #undeliverable(host: string, port: number, network: number): void {
    const why = fault('device-silent', `The router at ${host} cannot reach network ${network}.`)
    for (const pending of this.#pending.values()) {
      const { to } = pending
      if (to.host === host && to.port === port && to.network === network) pending.settle({ kind: 'fault', fault: why })
    }
  }

  #knows(host: string, port: number): boolean {
    return this.#gates.has(`${host}:${port}`)
  }
}
