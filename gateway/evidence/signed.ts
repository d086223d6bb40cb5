import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { canonical } from '../journal/canonical.ts'

/** The gateway's signing key as it is kept: PKCS #8 in PEM. Made once per data directory; only its public half ever leaves. */
export interface SigningKey {
  readonly pem: string
}

/** A statement of the gateway: Ed25519 (RFC 8032) over the canonical JSON (RFC 8785) of everything but `signature`. */
export type Signed<T extends object> = T & {
  /** Raw 32 bytes, base64. */
  readonly publicKey: string
  /** Raw 64 bytes, base64. */
  readonly signature: string
}

/** The state of the journal at one moment: the first `size` entries have this root (RFC 9162). */
export interface TreeHead {
  readonly what: 'zhishou-head-1'
  readonly site: string
  readonly size: number
  /** SHA-256, hex. */
  readonly root: string
  /** Real time, ms. */
  readonly at: number
  readonly why: 'daily' | 'export' | 'start'
}
export type SignedHead = Signed<TreeHead>

/** The signed end of an export. */
export interface Proof {
  readonly what: 'zhishou-proof-1'
  /** Random: the name under which the journal has it. */
  readonly export: string
  readonly site: string
  readonly log: string
  readonly from: number
  readonly to: number
  readonly madeAt: number
  readonly by: string
  readonly rows: number
  /** The last word of the chain over all rows, hex: whole SHA-256. */
  readonly chain: string
  /** SHA-256 of the file's bytes before the proof, hex; for forms whose rows cannot be read back one by one (PDF, XLSX). */
  readonly bytes?: string
  /** The newest head of the journal; absent where no gateway has signed one yet. */
  readonly head?: SignedHead
}
export type SignedProof = Signed<Proof>

/** Raw public key of an Ed25519 key, base64. */
export function publicKeyOf({ pem }: SigningKey): string {
  const der = createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'der' })
  return der.subarray(-32).toString('base64')
}

/** How a key is called on paper: the first 16 hex digits of the SHA-256 of its raw bytes, in fours. */
export const fingerprintOf = (publicKey: string): string =>
  (createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex').slice(0, 16).match(/.{4}/g) ?? []).join('-')

export function signed<T extends object>(statement: T, key: SigningKey): Signed<T> {
  const whole = { ...statement, publicKey: publicKeyOf(key) }
  const signature = sign(null, Buffer.from(canonical(whole)), createPrivateKey(key.pem)).toString('base64')
  return { ...whole, signature }
}

/** Chains rows so that the first one that was altered, removed or inserted can be named. */
export class RowChain {
  #last: Uint8Array = createHash('sha256').update('zhishou-proof-1').digest()
  #rows = 0

  /** The check word of the next row: the first 8 hex digits of SHA-256(last ‖ text). */
  add(text: string): string {
    this.#last = createHash('sha256').update(this.#last).update(text, 'utf8').digest()
    this.#rows += 1
    return Buffer.from(this.#last.subarray(0, 4)).toString('hex')
  }

  get rows(): number {
    return this.#rows
  }

  /** Over all rows so far, hex. */
  get whole(): string {
    return Buffer.from(this.#last).toString('hex')
  }
}
