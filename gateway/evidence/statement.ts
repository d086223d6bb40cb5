import { canonical } from '../journal/canonical.ts'
import { bytesOf, hexOf } from '../journal/hashing.ts'
import type { Hashing } from '../journal/hashing.ts'
import type { Signed } from './signed.ts'

/** What whoever verifies needs to have: SHA-256 and Ed25519 (RFC 8032). */
export interface Proving {
  readonly hashing: Hashing
  /** Raw 32-byte key, raw 64-byte signature. Never throws: what is no key or no signature signs nothing. */
  isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
}

/** Bytes out of base64; none for a text that is none, or that is not written as it would be. */
export function bytesOfBase64(text: string): Uint8Array {
  try {
    const bytes = atob(text)
    return Uint8Array.from(btoa(bytes) === text ? bytes : '', character => character.charCodeAt(0))
  } catch {
    return new Uint8Array()
  }
}

/** Whether a statement was signed by the key it names. Which key that is, is another question. */
export function isSigned({ signature, ...whole }: Signed<object>, proving: Proving): boolean {
  if (typeof signature !== 'string' || typeof whole.publicKey !== 'string') return false
  return proving.isSignedBy(bytesOfBase64(whole.publicKey), bytesOf(canonical(whole)), bytesOfBase64(signature))
}

/** How a key is called on paper: the first 16 hex digits of the SHA-256 of its raw bytes, in fours. */
export const fingerprintBy = (hashing: Hashing, publicKey: string): string =>
  (
    hexOf(hashing.of(bytesOfBase64(publicKey)))
      .slice(0, 16)
      .match(/.{4}/g) ?? []
  ).join('-')
