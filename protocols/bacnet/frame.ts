import { nonsense, strictly } from './tags.ts'

/** Where a station is: a node of the IP network, or behind a router that is one. */
export interface Address {
  readonly host: string
  readonly port: number
  /** Behind a router: its network and its address there, in hex. */
  readonly network?: number
  readonly mac?: string
}
export const standardPort = 47_808

/** One place, one text. */
export const placeOf = ({ host, port, network, mac }: Address): string =>
  network === undefined ? `${host}:${port}` : `${host}:${port}/${network}:${mac ?? ''}`

/** `10.0.0.5` or `10.0.0.5:47809`; undefined where it is neither. */
export function readHost(written: string): { readonly host: string; readonly port: number } | undefined {
  const [, host = '', port = String(standardPort)] = /^(\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?$/.exec(written.trim()) ?? []
  const parts = host.split('.').map(Number)
  if (host === '' || parts.some(part => part > 255) || Number(port) < 1 || Number(port) > 65_535) return undefined
  return { host, port: Number(port) }
}

export interface Segment {
  readonly more: boolean
  readonly number: number
  readonly window: number
}
/** Application layer, clause 20.1. */
export type Apdu =
  | { readonly kind: 'unconfirmed'; readonly service: number; readonly data: Buffer }
  | { readonly kind: 'confirmed'; readonly invokeId: number; readonly service: number; readonly data: Buffer }
  | { readonly kind: 'simple'; readonly invokeId: number; readonly service: number }
  | {
      readonly kind: 'complex'
      readonly invokeId: number
      readonly service: number
      readonly data: Buffer
      readonly segment?: Segment
    }
  | { readonly kind: 'error'; readonly invokeId: number; readonly service: number; readonly data: Buffer }
  | { readonly kind: 'reject' | 'abort'; readonly invokeId: number; readonly reason: number }
  /** Nothing for us: what a client never gets an answer by. */
  | { readonly kind: 'other' }

export type Heard =
  | {
      readonly kind: 'apdu'
      readonly from: Address
      /** Sent to us alone: an answer to one who asked always is. */
      readonly unicast: boolean
      readonly apdu: Apdu
    }
  /** A router says that it cannot deliver: reason of clause 6.4.4. */
  | { readonly kind: 'undeliverable'; readonly network: number; readonly reason: number }
  /** A broadcast device has taken us, or not. */
  | { readonly kind: 'result'; readonly code: number }
  | { readonly kind: 'nothing'; readonly why: string }

/** One datagram: link, network and application layer down to where the service begins. */
export function readFrame(bytes: Buffer, host: string, port: number): Heard {
  const read = strictly(() => readLink(bytes, host, port))
  return read.ok ? read.value : { kind: 'nothing', why: read.fault.detail }
}

function readLink(bytes: Buffer, host: string, port: number): Heard {
  if (bytes.length < 4 || bytes[0] !== 0x81) nonsense('no BACnet/IP')
  if (bytes.readUInt16BE(2) !== bytes.length) nonsense('its length is not what it says')
  const [, link] = bytes
  if (link === 0)
    return bytes.length === 6 ? { kind: 'result', code: bytes.readUInt16BE(4) } : nonsense('a result of a wrong length')
  if (link === 10 || link === 11) return readNetwork(bytes.subarray(4), { host, port }, link === 10)
  if (link !== 4) return { kind: 'nothing', why: `link function ${link}` }
  // Passed on by a broadcast device: who said it stands before it.
  if (bytes.length < 10) nonsense('it ends too early')
  const origin = { host: bytes.subarray(4, 8).join('.'), port: bytes.readUInt16BE(8) }
  return readNetwork(bytes.subarray(10), origin, false)
}

function readNetwork(bytes: Buffer, link: Address, unicast: boolean): Heard {
  if (bytes.length < 2 || bytes[0] !== 1) nonsense('another version')
  const control = bytes[1] ?? 0
  let at = 2
  const byte = (): number => bytes[at++] ?? nonsense('it ends too early')
  const word = (): number => byte() * 256 + byte()
  const hasTarget = (control & 0x20) !== 0
  if (hasTarget) {
    const network = word()
    at += byte()
    // A router takes the target away before it delivers; what still has one is for everybody, or for another network.
    if (network !== 0xffff) return { kind: 'nothing', why: `for network ${network}` }
  }
  let from = link
  if ((control & 0x08) !== 0) {
    const network = word()
    const length = byte()
    if (network === 0 || network === 0xffff || length === 0 || length > 18) nonsense('no address of a station')
    const mac = bytes.subarray(at, (at += length))
    if (mac.length !== length) nonsense('it ends too early')
    from = { ...link, network, mac: mac.toString('hex') }
  }
  if (hasTarget) byte()
  if ((control & 0x80) !== 0) {
    if (byte() !== 3) return { kind: 'nothing', why: 'routers among themselves' }
    const reason = byte()
    return { kind: 'undeliverable', reason, network: word() }
  }
  return { kind: 'apdu', from, unicast: unicast && !hasTarget, apdu: readApdu(bytes.subarray(at)) }
}

function readApdu(bytes: Buffer): Apdu {
  const byte = (at: number): number => bytes[at] ?? nonsense('it ends too early')
  const first = byte(0)
  switch (first >> 4) {
    case 0: {
      if ((first & 8) !== 0) return { kind: 'other' }
      return { kind: 'confirmed', invokeId: byte(2), service: byte(3), data: bytes.subarray(4) }
    }
    case 1:
      return { kind: 'unconfirmed', service: byte(1), data: bytes.subarray(2) }
    case 2:
      return bytes.length === 3
        ? { kind: 'simple', invokeId: byte(1), service: byte(2) }
        : nonsense('an acknowledgement with more')
    case 3: {
      if ((first & 8) === 0) return { kind: 'complex', invokeId: byte(1), service: byte(2), data: bytes.subarray(3) }
      const segment = { more: (first & 4) !== 0, number: byte(2), window: byte(3) }
      return { kind: 'complex', invokeId: byte(1), service: byte(4), data: bytes.subarray(5), segment }
    }
    case 5:
      return { kind: 'error', invokeId: byte(1), service: byte(2), data: bytes.subarray(3) }
    case 6:
    case 7:
      if (bytes.length !== 3) nonsense('a refusal with more')
      return { kind: first >> 4 === 6 ? 'reject' : 'abort', invokeId: byte(1), reason: byte(2) }
    default:
      return { kind: 'other' }
  }
}

/** A segmented answer put together. Bounded: a device that never ends is not listened to for ever. */
export class Segments {
  readonly #parts: Buffer[] = []
  #bytes = 0
  #window = 1
  #sinceAck = 0

  /** `ack`: what to acknowledge now; `refuse`: it came out of turn; `whole`: all of it is there; `tooMuch`: nobody needs that much. */
  take(
    data: Buffer,
    { more, number, window }: Segment,
  ): { readonly ack?: number; readonly refuse?: number; readonly whole?: Buffer; readonly tooMuch?: true } {
    const last = this.#parts.length - 1
    if (number !== ((last + 1) & 0xff)) return { refuse: Math.max(0, last) & 0xff }
    this.#parts.push(Buffer.from(data))
    this.#bytes += data.length
    this.#sinceAck += 1
    this.#window = Math.min(16, Math.max(1, window))
    if (this.#parts.length > mostSegments || this.#bytes > mostBytes) return { tooMuch: true }
    if (!more) return { ack: number, whole: Buffer.concat(this.#parts) }
    // The first is acknowledged alone: with it the sender learns our window.
    if (number !== 0 && this.#sinceAck < this.#window) return {}
    this.#sinceAck = 0
    return { ack: number }
  }

  get window(): number {
    return this.#window
  }
}
const mostSegments = 200
const mostBytes = 200_000
