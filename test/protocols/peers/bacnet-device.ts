import type { Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'

/**
 * A BACnet/IP device from the words of ASHRAE 135, clauses 5, 6, 15, 20 and annex J. It shares no code with the gateway nor with the library
 * the gateway encodes with; a device and a reader that shared code would agree on the same mistake.
 */

const tagged = (tag: number, content: Buffer, context = false): Buffer => {
  const { length } = content
  const head = (tag << 4) | (context ? 8 : 0)
  if (length < 5) return Buffer.concat([Buffer.from([head | length]), content])
  if (length < 254) return Buffer.concat([Buffer.from([head | 5, length]), content])
  return Buffer.concat([Buffer.from([head | 5, 254, length >> 8, length & 255]), content])
}
const context = (tag: number, content: Buffer): Buffer => tagged(tag, content, true)
const opened = (tag: number, ...content: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from([(tag << 4) | 14]), ...content, Buffer.from([(tag << 4) | 15])])
const whole = (value: number): Buffer => {
  const hex = value.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
}
const objectBytes = (type: number, instance: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(((type << 22) | instance) >>> 0)
  return bytes
}
const float = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatBE(value)
  return bytes
}

export const nul = Buffer.from([0])
export const real = (value: number): Buffer => tagged(4, float(value))
export const unsigned = (value: number): Buffer => tagged(2, whole(value))
export const enumerated = (value: number): Buffer => tagged(9, whole(value))
export const text = (value: string): Buffer => tagged(7, Buffer.concat([Buffer.from([0]), Buffer.from(value)]))
export const objectId = (type: number, instance: number): Buffer => tagged(12, objectBytes(type, instance))
/** Most significant first, as the standard draws them. */
export const bits = (...values: readonly boolean[]): Buffer => {
  const bytes = Buffer.alloc(1 + Math.ceil(values.length / 8))
  bytes[0] = bytes.length * 8 - 8 - values.length
  for (const [at, value] of values.entries()) if (value) bytes[1 + (at >> 3)] = (bytes[1 + (at >> 3)] ?? 0) | (0x80 >> (at & 7))
  return tagged(8, bytes)
}
/** in-alarm, fault, overridden, out-of-service. */
export const flags = (...set: readonly ('alarm' | 'fault' | 'overridden' | 'out')[]): Buffer =>
  bits(set.includes('alarm'), set.includes('fault'), set.includes('overridden'), set.includes('out'))

/** By property the tagged value, or the values of an array. */
export type Properties = Map<number, Buffer | readonly Buffer[]>
export const presentValue = 85
export const statusFlags = 111

/** An object as it comes: a value, no flag set, a name, a unit where there is one. */
export const object = (
  value: Buffer,
  more: { readonly name?: string; readonly units?: number; readonly flags?: Buffer | undefined } = {},
): Properties =>
  new Map<number, Buffer>([
    [presentValue, value],
    ...('flags' in more && more.flags === undefined ? [] : [[statusFlags, more.flags ?? flags()] as const]),
    [77, text(more.name ?? 'an object')],
    ...(more.units === undefined ? [] : [[117, enumerated(more.units)] as const]),
  ])

interface Asked {
  readonly type: number
  readonly instance: number
  readonly property: number
  readonly index?: number
}
export interface Request {
  readonly service: number
  readonly invokeId: number
  readonly data: Buffer
  /** As the datagram came. */
  readonly frame: Buffer
  readonly from: { readonly address: string; readonly port: number }
}
interface Subscription {
  readonly to: { readonly address: string; readonly port: number }
  readonly process: number
  readonly confirmed: boolean
  readonly lifetime: number
}

export class BacnetDevice {
  readonly instance: number
  readonly objects = new Map<string, Properties>()
  /** Everything that was sent to it, by the octet that says what it is: `confirmed 12`, `unconfirmed 8`, `segment-ack`. */
  readonly counts = new Map<string, number>()
  readonly subscriptions = new Map<string, Subscription>()
  readonly cancelled: string[] = []
  /** Answers in place of the device; undefined: the device answers itself; an empty list: nobody does. */
  instead: ((request: Request) => readonly Buffer[] | undefined) | undefined
  /** What becomes of a datagram that it sends. */
  mangle: (frame: Buffer) => readonly Buffer[] = frame => [frame]
  multiple = true
  /** Longer answers are aborted: with segmentation-not-supported, or sent in parts where `segments`. */
  mostBytes = 1_400
  segments = false
  cov: 'yes' | 'refused' | 'unknown' | 'silent' | 'only unconfirmed' = 'yes'
  /** Behind a router: the network and its address there. */
  behind: { readonly network: number; readonly mac: number } | undefined
  /** All of these stand behind the router, and are alike. */
  stations: { readonly network: number; readonly macs: ReadonlySet<number> } | undefined
  answersWhoIs = true
  #socket: Socket | undefined
  #next = 1
  #waitingAcks = new Map<number, (window: number) => void>()
  #watchers: (() => void)[] = []

  constructor(instance: number) {
    this.instance = instance
    const own: Properties = new Map<number, Buffer>([
      [75, objectId(8, instance)],
      [77, text(`Controller ${instance}`)],
      [121, text('Nobody & Sons')],
      [70, text('M-1')],
      [62, unsigned(1_476)],
    ])
    this.objects.set(`8:${instance}`, own)
  }

  async start(port = 0, address = '127.0.0.1'): Promise<number> {
    const socket = createSocket('udp4')
    this.#socket = socket
    socket.on('message', (bytes, from) => this.#hear(bytes, from))
    socket.on('error', () => {})
    await new Promise<void>(resolve => socket.bind(port, address, resolve))
    return socket.address().port
  }

  async stop(): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    if (socket) await new Promise<void>(resolve => socket.close(() => resolve()))
  }

  set(key: string, property: number, value: Buffer): void {
    this.objects.get(key)?.set(property, value)
  }

  /** Sets the value and tells everybody who subscribed to it. */
  show(key: string, value: Buffer): void {
    this.set(key, presentValue, value)
    for (const [subscribed, one] of this.subscriptions) if (subscribed.startsWith(`${key} `)) this.tell(key, one)
  }

  tell(key: string, { to, process, confirmed, lifetime }: Subscription, device = this.instance): void {
    const [type = 0, instance = 0] = key.split(':').map(Number)
    const values = this.objects.get(key)
    const one = (property: number): Buffer =>
      Buffer.concat([context(0, whole(property)), opened(2, ...[values?.get(property) ?? nul].flat())])
    const data = Buffer.concat([
      context(0, whole(process)),
      context(1, objectBytes(8, device)),
      context(2, objectBytes(type, instance)),
      context(3, whole(lifetime)),
      opened(4, one(presentValue), ...(values?.has(statusFlags) ? [one(statusFlags)] : [])),
    ])
    const apdu = confirmed ? Buffer.from([0x00, 0x05, this.#next++ & 255, 1]) : Buffer.from([0x10, 2])
    this.send(this.frame(Buffer.concat([apdu, data])), to)
  }

  iAm(to: { readonly address: string; readonly port: number }, instance = this.instance): void {
    const apdu = Buffer.concat([
      Buffer.from([0x10, 0]),
      objectId(8, instance),
      unsigned(1_476),
      enumerated(this.segments ? 0 : 3),
      unsigned(555),
    ])
    this.send(this.frame(apdu), to)
  }

  send(frame: Buffer, { address, port }: { readonly address: string; readonly port: number }): void {
    for (const one of this.mangle(frame)) this.#socket?.send(one, port, address)
  }

  /** Link and network layer around an APDU. */
  frame(apdu: Buffer): Buffer {
    const { behind } = this
    const network = behind ? Buffer.from([1, 8, behind.network >> 8, behind.network & 255, 1, behind.mac]) : Buffer.from([1, 0])
    const length = 4 + network.length + apdu.length
    return Buffer.concat([Buffer.from([0x81, 0x0a, length >> 8, length & 255]), network, apdu])
  }

  count(what: string): number {
    return this.counts.get(what) ?? 0
  }

  /** Resolves as soon as something that was sent to it makes it true. */
  async until(holds: () => boolean): Promise<void> {
    if (!holds()) await new Promise<void>(resolve => this.#watchers.push(() => holds() && resolve()))
  }

  #hear(frame: Buffer, from: { readonly address: string; readonly port: number }): void {
    let at = 6
    const control = frame[5] ?? 0
    if ((control & 0x20) !== 0) {
      const mac = frame[at + 2] ?? 0
      const network = frame.readUInt16BE(at)
      const station = mac > 0 ? frame[at + 3] : undefined
      at += 4 + mac
      if (station !== undefined && network === this.stations?.network && this.stations.macs.has(station))
        this.behind = { network, mac: station }
      const isMine =
        network === 0xffff || (network === this.behind?.network && (station === undefined || station === this.behind.mac))
      if (!isMine) return
    } else if (this.behind) return
    const apdu = frame.subarray(at)
    const kind = (apdu[0] ?? 0) >> 4
    const what =
      kind === 0
        ? `confirmed ${apdu[3]}`
        : kind === 1
          ? `unconfirmed ${apdu[1]}`
          : kind === 4
            ? 'segment-ack'
            : kind === 2
              ? 'ack'
              : `pdu ${kind}`
    this.counts.set(what, this.count(what) + 1)
    if (kind === 1 && apdu[1] === 8 && this.answersWhoIs) this.#whoIs(apdu.subarray(2), from)
    if (kind === 4) this.#waitingAcks.get(apdu[1] ?? 0)?.(apdu[3] ?? 1)
    if (kind === 0) this.#question({ service: apdu[3] ?? 0, invokeId: apdu[2] ?? 0, data: apdu.subarray(4), frame, from })
    for (const watcher of this.#watchers) watcher()
  }

  #whoIs(data: Buffer, from: Request['from']): void {
    const [low, high] = data.length === 0 ? [0, 0x3f_ffff] : limits(data)
    if (this.instance >= low && this.instance <= high) this.iAm(from)
  }

  #question(request: Request): void {
    const { service, from } = request
    const instead = this.instead?.(request)
    if (instead) {
      for (const frame of instead) this.send(frame, from)
      return
    }
    if (service === 12) this.#answer(request, this.#readOne(request))
    else if (service === 14 && this.multiple) this.#answer(request, this.#readMany(request))
    else if (service === 5 && this.cov !== 'unknown') this.#subscribe(request)
    else this.send(this.reject(request, 9), from)
  }

  ack({ invokeId, service }: Request, data: Buffer): Buffer {
    return this.frame(Buffer.concat([Buffer.from([0x30, invokeId, service]), data]))
  }
  error({ invokeId, service }: Request, errorClass: number, code: number): Buffer {
    return this.frame(Buffer.concat([Buffer.from([0x50, invokeId, service]), enumerated(errorClass), enumerated(code)]))
  }
  reject({ invokeId }: Request, reason: number): Buffer {
    return this.frame(Buffer.from([0x60, invokeId, reason]))
  }
  abort({ invokeId }: Request, reason: number): Buffer {
    return this.frame(Buffer.from([0x71, invokeId, reason]))
  }

  #answer(request: Request, data: Buffer | readonly [errorClass: number, code: number]): void {
    if (!Buffer.isBuffer(data)) this.send(this.error(request, data[0], data[1]), request.from)
    else if (data.length <= this.mostBytes) this.send(this.ack(request, data), request.from)
    else if (this.segments) this.#sendParts(request, data)
    else this.send(this.abort(request, 4), request.from)
  }

  /** A window of two; each window waits for its acknowledgement. */
  #sendParts({ invokeId, service, from }: Request, data: Buffer): void {
    const parts = Array.from({ length: Math.ceil(data.length / this.mostBytes) }, (_, at) =>
      data.subarray(at * this.mostBytes, (at + 1) * this.mostBytes),
    )
    let next = 0
    const some = (window: number): void => {
      for (let sent = 0; sent < window && next < parts.length; sent++, next++) {
        const more = next < parts.length - 1
        const head = Buffer.from([0x38 | (more ? 4 : 0), invokeId, next & 255, 2, service])
        this.send(this.frame(Buffer.concat([head, parts[next] ?? Buffer.alloc(0)])), from)
      }
      if (next >= parts.length) this.#waitingAcks.delete(invokeId)
    }
    this.#waitingAcks.set(invokeId, some)
    some(1)
  }

  #value({ type, instance, property, index }: Asked): Buffer | readonly [number, number] {
    const own = type === 8 && instance === 0x3f_ffff ? this.instance : instance
    const found = this.objects.get(`${type}:${own}`)
    if (!found) return [1, 31]
    const value = type === 8 && property === 76 ? this.#objectList() : found.get(property)
    if (value === undefined) return [2, 32]
    if (index === undefined) return Buffer.concat([value].flat() as Buffer[])
    if (Buffer.isBuffer(value)) return [2, 50]
    if (index === 0) return unsigned(value.length)
    return value[index - 1] ?? [2, 42]
  }

  #objectList(): readonly Buffer[] {
    return [...this.objects.keys()].map(key => {
      const [type = 0, instance = 0] = key.split(':').map(Number)
      return objectId(type, instance)
    })
  }

  #readOne({ data }: Request): Buffer | readonly [number, number] {
    const type = data.readUInt32BE(1)
    const length = (data[5] ?? 0) & 7
    const property = data.readUIntBE(6, length)
    const rest = data.subarray(6 + length)
    const index = rest.length > 0 ? rest.readUIntBE(1, (rest[0] ?? 0) & 7) : undefined
    const asked = { type: type >>> 22, instance: type & 0x3f_ffff, property, ...(index === undefined ? {} : { index }) }
    const value = this.#value(asked)
    return Buffer.isBuffer(value) ? Buffer.concat([data, opened(3, value)]) : value
  }

  #readMany({ data }: Request): Buffer {
    const made: Buffer[] = []
    for (let at = 0; at < data.length;) {
      const type = data.readUInt32BE(at + 1)
      const results: Buffer[] = []
      made.push(data.subarray(at, at + 5))
      at += 6
      while (data[at] !== 0x1f) {
        const length = (data[at] ?? 0) & 7
        const property = data.readUIntBE(at + 1, length)
        at += 1 + length
        const hasIndex = ((data[at] ?? 0) & 0xf8) === 0x18 && ((data[at] ?? 0) & 7) < 5
        const indexLength = (data[at] ?? 0) & 7
        const index = hasIndex ? data.readUIntBE(at + 1, indexLength) : undefined
        if (hasIndex) at += 1 + indexLength
        const value = this.#value({
          type: type >>> 22,
          instance: type & 0x3f_ffff,
          property,
          ...(index === undefined ? {} : { index }),
        })
        const name = Buffer.concat([context(2, whole(property)), ...(index === undefined ? [] : [context(3, whole(index))])])
        results.push(name, Buffer.isBuffer(value) ? opened(4, value) : opened(5, enumerated(value[0]), enumerated(value[1])))
      }
      at += 1
      made.push(opened(1, ...results))
    }
    return Buffer.concat(made)
  }

  #subscribe(request: Request): void {
    const { data, from, invokeId } = request
    const first = (data[0] ?? 0) & 7
    const process = data.readUIntBE(1, first)
    const type = data.readUInt32BE(2 + first)
    const key = `${type >>> 22}:${type & 0x3f_ffff}`
    const rest = data.subarray(6 + first)
    const done = this.frame(Buffer.from([0x20, invokeId, 5]))
    if (rest.length === 0) {
      this.subscriptions.delete(`${key} ${process} ${from.address}:${from.port}`)
      this.cancelled.push(key)
      this.send(done, from)
      return
    }
    const confirmed = rest[1] === 1
    if (!this.objects.has(key)) return this.send(this.error(request, 1, 31), from)
    if (this.cov === 'refused' || (confirmed && this.cov === 'only unconfirmed'))
      return this.send(this.error(request, 5, 45), from)
    const one = { to: from, process, confirmed, lifetime: rest.readUIntBE(3, (rest[2] ?? 0) & 7) }
    this.send(done, from)
    if (this.cov === 'silent') return
    this.subscriptions.set(`${key} ${process} ${from.address}:${from.port}`, one)
    this.tell(key, one)
  }
}

function limits(data: Buffer): readonly [number, number] {
  const first = (data[0] ?? 0) & 7
  const second = (data[1 + first] ?? 0) & 7
  return [data.readUIntBE(1, first), data.readUIntBE(2 + first, second)]
}

/** A UDP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>(resolve => socket.close(() => resolve()))
  return port
}
