import type { WallTime } from '../contract/time.ts'
import { readTime } from './frame.ts'

/** One thing a unit says (GB/T 26875.3-2011, 8.2). */
export type FireWord =
  | { readonly of: 'system'; readonly system: SystemPlace; readonly state: number; readonly at: WallTime | undefined }
  | {
      readonly of: 'part'
      readonly system: SystemPlace
      readonly part: PartPlace
      readonly state: number
      readonly text: string
      readonly at: WallTime | undefined
    }
  | {
      readonly of: 'analog'
      readonly system: SystemPlace
      readonly part: PartPlace
      readonly code: number
      readonly value: number
      readonly at: WallTime | undefined
    }
  /** The transmission unit itself. */
  | { readonly of: 'unit'; readonly state: number; readonly at: WallTime | undefined }

/** System type (1 fire alarm, 11 hydrant, 12 sprinkler …) and its number. */
export interface SystemPlace {
  readonly type: number
  readonly address: number
}
export interface PartPlace {
  readonly type: number
  /** Four bytes, low byte first; most panels put the number in the low half and the loop in the high one. */
  readonly address: number
}

export type Said =
  | { readonly ok: true; readonly type: number; readonly words: readonly FireWord[] }
  /** Known by its type, but nothing that a point could be bound to, or not known at all. */
  | { readonly ok: true; readonly type: number; readonly words: readonly never[] }
  | { readonly ok: false; readonly why: string }

/** Length of one object of each type that has a fixed one. */
const lengths: Readonly<Record<number, number>> = { 1: 10, 2: 46, 3: 16, 4: 10, 5: 4, 7: 38, 8: 8, 21: 7, 24: 8, 25: 2, 28: 6 }

const gb18030 = new TextDecoder('gb18030')

/** What the application data say: type flag, count, objects. A length that does not fit is no message. */
export function readWords(data: Uint8Array): Said {
  const [type, count] = data
  if (type === undefined || count === undefined) return { ok: false, why: 'no type flag and no count' }
  const length = lengths[type]
  const rest = data.subarray(2)
  if (length === undefined) return { ok: true, type, words: [] }
  if (count === 0 || rest.length !== count * length)
    return { ok: false, why: `type ${type} with ${count} objects has ${rest.length} bytes instead of ${count * length}` }
  const words = Array.from({ length: count }, (_, index) => readWord(type, rest.subarray(index * length, (index + 1) * length)))
  return { ok: true, type, words: words.filter(word => word !== undefined) }
}

function readWord(type: number, bytes: Uint8Array): FireWord | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const system = { type: bytes[0] ?? 0, address: bytes[1] ?? 0 }
  const part = (): PartPlace => ({ type: bytes[2] ?? 0, address: view.getUint32(3, true) })
  switch (type) {
    case 1:
      return { of: 'system', system, state: view.getUint16(2, true), at: readTime(bytes.subarray(4)) }
    case 2: {
      const text = gb18030.decode(bytes.subarray(9, 40)).replace(/\0.*$/s, '').trim()
      return { of: 'part', system, part: part(), state: view.getUint16(7, true), text, at: readTime(bytes.subarray(40)) }
    }
    case 3:
      return {
        of: 'analog',
        system,
        part: part(),
        code: bytes[7] ?? 0,
        value: view.getInt16(8, true),
        at: readTime(bytes.subarray(10)),
      }
    case 21:
      return { of: 'unit', state: bytes[0] ?? 0, at: readTime(bytes.subarray(1)) }
    default:
      return undefined
  }
}
