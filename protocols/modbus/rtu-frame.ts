import type { Span } from './frame.ts'
import { crc16, dataLength, functionOf } from './frame.ts'

/** What the bytes heard since a request hold. */
export type Heard =
  /** A whole frame from the unit and of the function that were asked, checksum right; the body is without it. */
  | { readonly kind: 'reply'; readonly body: Buffer; readonly end: number }
  /** A whole frame with a right checksum that answers something else. */
  | { readonly kind: 'foreign'; readonly unit: number; readonly code: number; readonly length: number; readonly end: number }
  /** As many bytes as the answer has, but the checksum is wrong. Behind other bytes it may only look like the answer. */
  | { readonly kind: 'spoilt'; readonly behind: number }
  /** The beginning of an answer. */
  | { readonly kind: 'half' }
  /** Nothing that could become one. */
  | { readonly kind: 'noise' }

const isRead = (code: number): boolean => (code & 0x7f) >= 1 && (code & 0x7f) <= 4

/**
 * Looks for the answer to `span` in what was heard after it was sent. A serial line has no transaction ids: a frame counts only where its
 * checksum is right, wherever it begins, because a driver that is switched on adds a byte or two of noise in front. `sent` heard again at the very
 * beginning is the echo of an adapter that listens while it speaks.
 */
export function findReply(span: Span, heard: Buffer, sent: Buffer): Heard {
  const expected = functionOf[span.table]
  const start = isEcho(heard, sent, span) ? sent.length : 0
  for (let at = start; at + 2 <= heard.length; at++) {
    const unit = heard[at] ?? 0
    const code = heard[at + 1] ?? 0
    if (!isRead(code)) continue
    const asked = unit === span.unit && (code & 0x7f) === expected
    const refusal = (code & 0x80) !== 0
    if (!refusal && at + 3 > heard.length) return asked ? { kind: 'half' } : { kind: 'noise' }
    const length = refusal ? 0 : (heard[at + 2] ?? 0)
    const end = at + 5 + length
    // Inside the answer that is awaited nothing else is looked for: its data may look like a frame too.
    const awaited = asked && (refusal || length === dataLength(span))
    if (end > heard.length) {
      if (awaited) return { kind: 'half' }
    } else if (crc16(heard, at, end - 2) === heard.readUInt16LE(end - 2)) {
      return asked ? { kind: 'reply', body: heard.subarray(at, end - 2), end } : { kind: 'foreign', unit, code, length, end }
    } else if (awaited) return { kind: 'spoilt', behind: at - start }
  }
  return heard.length === 1 && heard[0] === span.unit ? { kind: 'half' } : { kind: 'noise' }
}

/** Three bytes of bits could look the same as the request; that is an answer. */
function isEcho(heard: Buffer, sent: Buffer, span: Span): boolean {
  const ambiguous = span.start >> 8 === 3 && dataLength(span) === 3
  return !ambiguous && heard.length >= sent.length && sent.equals(heard.subarray(0, sent.length))
}
