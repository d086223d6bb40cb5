import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { canonical } from '../journal/canonical.ts'
import { nodeHashing } from '../journal/node-hashing.ts'
import { Chain } from './chain.ts'
import type { Marks } from './chain.ts'
import { fingerprintBy } from './statement.ts'
import type { Proving } from './statement.ts'

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
  /** The chain at some of its rows, so that the first wrong one is found even where all check words were written anew. */
  readonly marks?: Marks
  /** SHA-256 of the file's bytes before the proof, hex; for forms whose rows cannot be read back one by one (PDF, XLSX). */
  readonly bytes?: string
  /** The newest head of the journal; absent where no gateway has signed one yet. */
  readonly head?: SignedHead
}
export type SignedProof = Signed<Proof>

/** The signed list of what an inspector pack holds: `manifest.json`. */
export interface Manifest {
  readonly what: 'zhishou-pack-1'
  /** Random: the name under which the journal has it. */
  readonly export: string
  readonly site: string
  readonly log: string
  readonly from: number
  readonly to: number
  readonly madeAt: number
  readonly by: string
  /** Everything in the archive but the manifest itself. */
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[]
  readonly head?: SignedHead
}
export type SignedManifest = Signed<Manifest>

/** Raw public key of an Ed25519 key, base64. */
export function publicKeyOf({ pem }: SigningKey): string {
  const der = createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'der' })
  return der.subarray(-32).toString('base64')
}

/** How a key is called on paper: the first 16 hex digits of the SHA-256 of its raw bytes, in fours. */
export const fingerprintOf = (publicKey: string): string => fingerprintBy(nodeHashing, publicKey)

export function signed<T extends object>(statement: T, key: SigningKey): Signed<T> {
  const whole = { ...statement, publicKey: publicKeyOf(key) }
  const signature = sign(null, Buffer.from(canonical(whole)), createPrivateKey(key.pem)).toString('base64')
  return { ...whole, signature }
}

/** A new key, from the system's own randomness. */
export function makeKey(): SigningKey {
  return { pem: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

/** Node's own hashes and signatures. */
export const nodeProving: Proving = {
  hashing: nodeHashing,
  isSignedBy(publicKey, message, signature) {
    try {
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }
      return verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature)
    } catch {
      return false
    }
  },
}

/** Chains the rows of an export; see `Chain`. */
export class RowChain extends Chain {
  constructor() {
    super(nodeHashing)
  }
}
