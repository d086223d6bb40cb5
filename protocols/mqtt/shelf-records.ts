import type { Instant } from '../contract/time.ts'
import type { Letter, Qos } from './packet.ts'
import type { Parcel, Seat } from './seat.ts'

/** What the broker writes on its shelf: a small JSON head, its length in front, then the payload. Ids cannot hold a zero character. */
export const keys = {
  retained: (topic: string): string => `r\0${topic}`,
  isRetained: (key: string): boolean => key.startsWith('r\0'),
  session: (seat: string): string => `s\0${seat}`,
  isSession: (key: string): boolean => key.startsWith('s\0'),
  /** Parcels of one seat lie in their order. */
  parcel: (seat: string, number: number): string => `q\0${seat}\0${String(number).padStart(16, '0')}`,
  isParcel: (key: string): boolean => key.startsWith('q\0'),
  will: (seat: string): string => `w\0${seat}`,
  isWill: (key: string): boolean => key.startsWith('w\0'),
  seatOfWill: (key: string): string => key.slice(2),
} as const

export interface Session {
  readonly id: string
  readonly account?: string
  readonly filters: readonly (readonly [string, Qos])[]
  readonly incoming: readonly number[]
  readonly leftAt?: Instant
}

const noPayload = Buffer.alloc(0)

function joined(head: object, payload: Buffer): Buffer {
  const text = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  return Buffer.concat([length, text, payload])
}

/** The checksum of the shelf has been right, so it is as we wrote it. */
function parted(value: Buffer): { readonly head: unknown; readonly payload: Buffer } {
  const end = 4 + value.readUInt32BE(0)
  return { head: JSON.parse(value.toString('utf8', 4, end)), payload: Buffer.from(value.subarray(end)) }
}

/** A message as it is: a retained one, or a last will, which may be either. */
export const letterOf = ({ topic, qos, retain, payload }: Letter): Buffer => joined({ topic, qos, retain }, payload)
export function readLetter(value: Buffer): Letter {
  const { head, payload } = parted(value)
  return { retain: true, ...(head as Pick<Letter, 'topic' | 'qos'>), payload }
}

export function sessionOf({ id, account, filters, incoming, leftAt }: Seat): Buffer {
  const session: Session = {
    id,
    filters: [...filters],
    incoming: [...(incoming?.keys() ?? [])],
    ...(account === undefined ? {} : { account }),
    ...(leftAt === undefined ? {} : { leftAt }),
  }
  return joined(session, noPayload)
}
export const readSession = (value: Buffer): Session => parted(value).head as Session

export const parcelOf = (seat: string, { number, letter, qos, id, released }: Parcel): Buffer =>
  // With QoS 1 the id means nothing after a restart: saying it again under another one is allowed.
  joined({ seat, number, topic: letter.topic, retain: letter.retain, qos, id: qos === 2 ? id : 0, released }, letter.payload)
export function readParcel(value: Buffer): { readonly seat: string; readonly parcel: Parcel } {
  const { head, payload } = parted(value)
  const { seat, number, topic, retain, qos, id, released } = head as Omit<Parcel, 'letter'> & {
    seat: string
    topic: string
    retain: boolean
  }
  return { seat, parcel: { number, letter: { topic, payload, qos, retain }, qos, id, released } }
}
