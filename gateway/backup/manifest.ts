import { createPublicKey, verify } from 'node:crypto'
import type { Words } from '../../protocols/contract/driver.ts'
import type { Signed } from '../evidence/signed.ts'
import { canonical } from '../journal/canonical.ts'

export const manifestName = 'manifest.json'
export const secretsName = 'secrets.locked'
/** What this version writes; it reads everything up to it. */
export const format = 2

/** The first member of a backup: what is in it, and what the journal was when it was made. */
export interface Manifest {
  readonly what: 'zhishou-backup'
  readonly format: number
  readonly id: string
  /** Real time, ms. */
  readonly madeAt: number
  /** Version of the gateway that made it. */
  readonly gateway: string
  /** `undefined` where no gateway of a version that says so has run on the folder. */
  readonly site?: { readonly id: string; readonly name: Words }
  readonly entries: number
  /** Of the journal's tree over all entries (RFC 9162), hex. */
  readonly root: string
  readonly readings: number
  /** `locked`: keys and passwords are in it, behind a passphrase. */
  readonly secrets: 'none' | 'locked'
  readonly members: readonly Member[]
}
export interface Member {
  readonly name: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}
export type SignedManifest = Manifest | Signed<Manifest>

export type ManifestRead =
  | { readonly ok: true; readonly manifest: Manifest; readonly publicKey: string | undefined }
  | { readonly ok: false; readonly why: 'foreign' | 'newer' | 'damaged'; readonly detail: string }

/** Reads the text of a manifest, and its signature where it has one. */
export function readManifest(text: string): ManifestRead {
  const foreign = { ok: false, why: 'foreign', detail: 'no manifest of a backup' } as const
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    return foreign
  }
  if (typeof read !== 'object' || read === null || !('what' in read) || read.what !== 'zhishou-backup') return foreign
  const found = read as Partial<Signed<Manifest>>
  if (typeof found.format !== 'number' || !Number.isInteger(found.format) || found.format < 1) return foreign
  if (found.format > format) return { ok: false, why: 'newer', detail: `format ${found.format}, this version knows ${format}` }
  const wrong = wrongWith(found)
  if (wrong !== undefined) return { ok: false, why: 'damaged', detail: `${manifestName}: ${wrong}` }
  return { ok: true, manifest: found as Manifest, publicKey: found.publicKey }
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const isHash = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)

/** `DIR/…/NAME`, each of them plain: what could point out of the folder is none. */
export const isMemberName = (name: unknown): name is string =>
  typeof name === 'string' &&
  name.length <= 500 &&
  /^(ledger\.db|history\.db|site-as-run\.json|secrets\.locked|(photos|plans|connections|site)(\/[^/\\\0]+)+)$/.test(name) &&
  !name.split('/').some(part => part === '.' || part === '..')

function wrongWith(found: Partial<Signed<Manifest>>): string | undefined {
  const { members, entries, readings, root, madeAt, id } = found
  if (!isCount(entries) || !isCount(readings) || !isCount(madeAt) || !isHash(root) || typeof id !== 'string') return 'incomplete'
  if (!Array.isArray(members)) return 'no list of members'
  for (const member of members as readonly Partial<Member>[])
    if (!isMemberName(member.name) || !isCount(member.bytes) || !isHash(member.sha256))
      return `a member it cannot have: ${member.name}`
  const names = (members as readonly Member[]).map(({ name }) => name)
  if (new Set(names).size !== names.length) return 'a member twice'
  if (!names.includes('ledger.db') || !names.includes('history.db')) return 'no data'
  return found.publicKey !== undefined && !isSignedRight(found as Signed<Manifest>) ? 'its signature does not fit' : undefined
}

/** DER of an Ed25519 public key before its 32 raw bytes (RFC 8410). */
const spki = Buffer.from('302a300506032b6570032100', 'hex')

function isSignedRight({ signature, ...statement }: Signed<Manifest>): boolean {
  try {
    const raw = Buffer.from(statement.publicKey, 'base64')
    const key = createPublicKey({ key: Buffer.concat([spki, raw]), format: 'der', type: 'spki' })
    return raw.length === 32 && verify(null, Buffer.from(canonical(statement)), key, Buffer.from(signature, 'base64'))
  } catch {
    return false
  }
}
