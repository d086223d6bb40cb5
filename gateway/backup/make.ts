import { createHash, randomUUID } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { signed } from '../evidence/signed.ts'
import type { SigningKey } from '../evidence/signed.ts'
import { copyStore } from '../store/copy.ts'
import type { SecretRow } from '../store/copy.ts'
import { StoreTrouble } from '../store/store.ts'
import { writeZip } from '../zip.ts'
import type { ZipMember } from '../zip.ts'
import { lockAway } from './lock-away.ts'
import { format, manifestName, secretsName } from './manifest.ts'
import type { Manifest, Member } from './manifest.ts'

/** One backup to be made: plain data, so that it can be handed to a thread. */
export interface BackupTask {
  /** The data directory. */
  readonly folder: string
  /** Must not exist yet. */
  readonly file: string
  /** Real time. */
  readonly now: Instant
  readonly version: string
  readonly site: { readonly id: string; readonly name: Words } | undefined
  /** Keys and passwords are locked with it and taken along; without it they stay behind. */
  readonly passphrase: string | undefined
}

export interface BackupMade {
  readonly file: string
  readonly bytes: number
  /** Of the file, hex. */
  readonly sha256: string
  readonly manifest: Omit<Manifest, 'members'>
}

/** What goes along beside the databases, from the data directory. */
const folders = { photos: 'photos', plans: 'plans', connections: 'connections', 'site-files': 'site' } as const

/**
 * Writes everything of a data directory into one file, beside the gateway that may run on it. The file bears its name when it is whole and on
 * disk. Throws StoreTrouble with what the disk or the data say, and then nothing is left behind.
 */
export async function makeBackup({ folder, file, now, version, site, passphrase }: BackupTask): Promise<BackupMade> {
  if (existsSync(file)) throw new StoreTrouble(`${file} exists already`)
  const beside = dirname(resolve(file))
  const id = randomUUID()
  const staging = join(beside, `.zhishou-backup-${id}`)
  const part = `${staging}.part`
  try {
    mkdirSync(staging, { recursive: true, mode: 0o700 })
    const { holding, secrets } = copyStore(folder, staging)
    const files = [...filesFor(folder, staging)]
    const isLocked = passphrase !== undefined
    if (isLocked) {
      const locked = lockAway(Buffer.from(JSON.stringify(secretsOf(folder, secrets))), passphrase)
      writeFileSync(join(staging, secretsName), locked, { mode: 0o600 })
      files.push({ name: secretsName, path: join(staging, secretsName) })
    }
    const members: Member[] = []
    for (const { name, path } of files) members.push({ name, bytes: statSync(path).size, sha256: await hashOf(path) })
    const head = { what: 'zhishou-backup', format, id, madeAt: now, gateway: version, ...(site && { site }) } as const
    const manifest: Manifest = { ...head, ...holding, secrets: isLocked ? 'locked' : 'none', members }
    const key = keyAmong(secrets)
    const text = JSON.stringify(key ? signed(manifest, key) : manifest, null, 1)
    await writeZip(part, [{ name: manifestName, from: { bytes: Buffer.from(text) } }, ...files.map(memberOf)], now)
    const made = { file: resolve(file), bytes: statSync(part).size, sha256: await hashOf(part) }
    await toDisk(part)
    renameSync(part, file)
    await toDisk(beside)
    const { members: _, ...rest } = manifest
    return { ...made, manifest: rest }
  } catch (error) {
    throw error instanceof StoreTrouble ? error : new StoreTrouble(error instanceof Error ? error.message : String(error))
  } finally {
    rmSync(staging, { recursive: true, force: true })
    rmSync(part, { force: true })
  }
}

interface Source {
  readonly name: string
  readonly path: string
}

/** What is compressed already is not compressed again. */
const memberOf = ({ name, path }: Source): ZipMember => ({
  name,
  from: { file: path },
  compress: !/^(history\.db|photos\/|plans\/)/.test(name),
})

function* filesFor(folder: string, staging: string): Generator<Source> {
  for (const name of ['ledger.db', 'history.db']) yield { name, path: join(staging, name) }
  const paper = join(folder, 'site-as-run.json')
  if (existsSync(paper)) yield { name: 'site-as-run.json', path: paper }
  for (const [own, name] of Object.entries(folders))
    for (const { name: inside, path } of filesBelow(join(folder, own), name)) if (!isSecret(inside)) yield { name: inside, path }
}

function* filesBelow(folder: string, name: string): Generator<Source> {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const [path, inside] = [join(folder, entry.name), `${name}/${entry.name}`]
    // A photo that no record took yet is nobody's record.
    if (inside === 'photos/waiting' || (inside.startsWith('plans/') && inside.endsWith('.part'))) continue
    if (entry.isDirectory()) yield* filesBelow(path, inside)
    else if (entry.isFile()) yield { name: inside, path }
  }
}

/** Private keys of connections, as the certificate stores of OPC UA lay them. */
const isSecret = (name: string): boolean => name.startsWith('connections/') && /\/private\/|\.key$/.test(name)

/** What `secrets.locked` holds. */
export interface Secrets {
  readonly rows: readonly SecretRow[]
  readonly files: readonly { readonly name: string; readonly base64: string }[]
}

function secretsOf(folder: string, rows: readonly SecretRow[]): Secrets {
  const files = [...filesBelow(join(folder, 'connections'), 'connections')].filter(({ name }) => isSecret(name))
  return { rows, files: files.map(({ name, path }) => ({ name, base64: readFileSync(path).toString('base64') })) }
}

function keyAmong(secrets: readonly SecretRow[]): SigningKey | undefined {
  const json = secrets.find(({ shelf, key }) => shelf === 'secret' && key === 'evidence-key')?.json
  const found: unknown = json === undefined ? undefined : JSON.parse(json)
  return typeof found === 'object' && found !== null && 'pem' in found ? { pem: String(found.pem) } : undefined
}

export async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}

/** A file or a folder's names are on disk when it resolves. */
export async function toDisk(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
