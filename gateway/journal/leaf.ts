import { createHash } from 'node:crypto'
import { canonical } from './canonical.ts'
import type { Entry } from './entry.ts'

/** The bytes an entry is known by: SHA-256 of 0x00 ‖ canonical JSON of everything but the leaf itself (RFC 9162), in hex. */
export function leafOf(entry: Omit<Entry, 'leaf'>): string {
  const { seq, at, writtenAt, kind, by, about, data } = entry
  const json = canonical({ seq, at, writtenAt, kind, by, about, data })
  return createHash('sha256').update(Uint8Array.of(0)).update(json).digest('hex')
}
