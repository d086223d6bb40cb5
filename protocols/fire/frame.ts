import type { WallTime } from '../contract/time.ts'
import type { Cut } from '../kit/frame-finder.ts'

/** One GB/T 26875.3-2011 frame with a right checksum, from `40 40` to `23 23`. */
export interface FireFrame {
  readonly sequence: number
  /** Main version in the low byte, the user's in the high one. */
  readonly version: number
  /** The unit's clock, without a zone; undefined where it is no time. */
  readonly time: WallTime | undefined
  /** Six bytes, low byte first, as one number. */
  readonly source: number
  readonly destination: number
  readonly command: number
  readonly data: Uint8Array
  /** All of it, as it came. */
  readonly raw: Uint8Array
}

/** What units send, by command byte (6.5). `request` comes the other way as a rule; a unit that is asked by us answers with `response`. */
export const commands = { control: 1, send: 2, acknowledge: 3, request: 4, response: 5, refuse: 6 } as const

/** Two start bytes, 25 bytes of head, checksum and two end bytes. */
const head = 27
const tail = 3
/** Application data of one frame (6.3). */
export const longestData = 1_024

export function cutFire(bytes: Uint8Array, at: number): Cut<FireFrame> {
  if (bytes[at] !== 0x40) return { at: 'none' }
  if (at + 1 >= bytes.length) return { at: 'more' }
  if (bytes[at + 1] !== 0x40) return { at: 'none' }
  if (bytes.length < at + head) return { at: 'more' }
  const view = new DataView(bytes.buffer, bytes.byteOffset + at)
  const length = view.getUint16(24, true)
  if (length > longestData) return { at: 'none', why: `a length of ${length}` }
  const whole = head + length + tail
  if (bytes.length < at + whole) return { at: 'more' }
  if (bytes[at + whole - 2] !== 0x23 || bytes[at + whole - 1] !== 0x23)
    return { at: 'none', why: 'no end bytes 23 23 where the length says' }
  const sum = sumOf(bytes.subarray(at + 2, at + whole - tail))
  if (bytes[at + whole - tail] !== sum) return { at: 'none', why: 'checksum wrong' }
  const frame = {
    sequence: view.getUint16(2, true),
    version: view.getUint16(4, true),
    time: readTime(bytes.subarray(at + 6, at + 12)),
    source: readAddress(bytes.subarray(at + 12, at + 18)),
    destination: readAddress(bytes.subarray(at + 18, at + 24)),
    command: bytes[at + 26] ?? 0,
    data: bytes.slice(at + head, at + head + length),
    raw: bytes.slice(at, at + whole),
  }
  return { at: 'frame', frame, length: whole }
}

/** The one thing that is ever sent: that this frame has arrived. Nothing else can be built here. */
export function acknowledgementOf(frame: FireFrame, now: WallTime): Uint8Array {
  const bytes = new Uint8Array(head + tail)
  const view = new DataView(bytes.buffer)
  bytes.set([0x40, 0x40])
  view.setUint16(2, frame.sequence, true)
  view.setUint16(4, frame.version, true)
  bytes.set([now.second, now.minute, now.hour, now.day, now.month, now.year % 100], 6)
  bytes.set(addressBytes(frame.destination), 12)
  bytes.set(addressBytes(frame.source), 18)
  bytes[26] = commands.acknowledge
  bytes[27] = sumOf(bytes.subarray(2, 27))
  bytes.set([0x23, 0x23], 28)
  return bytes
}

/** Seconds, minutes, hours, day, month, year − 2000; undefined where that is no time. */
export function readTime(bytes: Uint8Array): WallTime | undefined {
  const [second = 99, minute = 99, hour = 99, day = 0, month = 0, year = 255] = bytes
  const days = new Date(Date.UTC(2_000 + year, month, 0)).getUTCDate()
  if (second > 59 || minute > 59 || hour > 23 || month < 1 || month > 12 || day < 1 || day > days || year > 99) return undefined
  return { year: 2_000 + year, month, day, hour, minute, second }
}

const readAddress = (bytes: Uint8Array): number => bytes.reduceRight((sum, byte) => sum * 256 + byte, 0)
const addressBytes = (address: number): number[] => Array.from({ length: 6 }, (_, at) => Math.floor(address / 256 ** at) % 256)

function sumOf(bytes: Uint8Array): number {
  let sum = 0
  for (const byte of bytes) sum = (sum + byte) & 255
  return sum
}
