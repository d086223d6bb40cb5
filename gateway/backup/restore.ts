import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Instant } from '../../protocols/contract/time.ts'
import { holdingOf, openAsOwner, putSecrets } from '../store/copy.ts'
import type { Holding } from '../store/copy.ts'
import { FolderLock, FolderTaken } from '../store/lock.ts'
import { StoreTrouble } from '../store/store.ts'
import { openZip } from '../zip.ts'
import type { Zip } from '../zip.ts'
import { unlock } from './lock-away.ts'
import { toDisk } from './make.ts'
import type { Secrets } from './make.ts'
import { manifestName, readManifest, secretsName } from './manifest.ts'
import type { Manifest, Member } from './manifest.ts'

export type RestoreRefusal =
  | { readonly why: 'foreign' | 'damaged' | 'newer' | 'wrong-passphrase'; readonly detail: string }
  | { readonly why: 'in-use' | 'not-empty' | 'other-site' | 'disk'; readonly detail: string }

export interface RestoreTask {
  readonly file: string
  /** The data directory it becomes. */
  readonly folder: string
  /** What is there already is set aside, never deleted. */
  readonly replace: boolean
  readonly passphrase: string | undefined
  readonly now: Instant
}

export interface Restored {
  readonly ok: true
  readonly manifest: Manifest
  /** Of the key that signed the backup, base64; absent where nobody signed it. */
  readonly publicKey: string | undefined
  /** Where what was there before lies now. */
  readonly setAside: string | undefined
  /** Whether keys and passwords came back; without them the gateway makes new ones. */
  readonly secrets: boolean
}
export type RestoreOutcome = Restored | ({ readonly ok: false } & RestoreRefusal)

class Refused extends Error {
  readonly refusal: RestoreRefusal
  constructor(refusal: RestoreRefusal) {
    super(refusal.detail)
    this.refusal = refusal
  }
}
const refused = (why: RestoreRefusal['why'], detail: string): Refused => new Refused({ why, detail })

/** What a restored folder says of itself until the gateway has written it into the journal. */
export const restoredName = 'restored.json'

/**
 * Makes a data directory of a backup. Everything is unpacked, checked and opened beside the target first, and takes its name in the end: until
 * then the target is as it was.
 */
export async function restoreBackup(task: RestoreTask): Promise<RestoreOutcome> {
  const { file, replace, now } = task
  const target = resolve(task.folder)
  const staging = `${target}.restoring-${process.pid}`
  let lock: FolderLock | undefined
  try {
    lock = guard(target, replace, now)
    const { manifest, publicKey, secrets } = await unpack(file, staging, task)
    refuseOtherSite(target, manifest)
    const restored = { at: now, file: basename(file), backup: manifest.id, madeAt: manifest.madeAt, gateway: manifest.gateway }
    writeFileSync(join(staging, restoredName), JSON.stringify({ ...restored, secrets }))
    await toDisk(staging)
    lock?.release()
    lock = undefined
    return { ok: true, manifest, publicKey, setAside: await exchange(staging, target, now), secrets }
  } catch (error) {
    return { ok: false, ...refusalOf(error) }
  } finally {
    lock?.release()
    rmSync(staging, { recursive: true, force: true })
  }
}

/** The same without a target: unpacks, opens and counts in a folder that is gone afterwards. */
export async function tryBackup(
  file: string,
  { folder, passphrase, now }: { readonly folder: string; readonly passphrase: string | undefined; readonly now: Instant },
): Promise<{ readonly ok: true; readonly manifest: Manifest } | ({ readonly ok: false } & RestoreRefusal)> {
  const staging = join(folder, `.zhishou-trial-${process.pid}-${now}`)
  try {
    const { manifest } = await unpack(file, staging, { passphrase, now })
    return { ok: true, manifest }
  } catch (error) {
    return { ok: false, ...refusalOf(error) }
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

/** Reads a backup through and compares every member with the manifest; opens nothing and writes nothing. */
export async function checkBackup(
  file: string,
): Promise<{ readonly ok: true; readonly manifest: Manifest } | ({ readonly ok: false } & RestoreRefusal)> {
  let zip: Zip | undefined
  try {
    zip = await opened(file)
    const { manifest } = await manifestIn(zip)
    for (const member of manifest.members) await readMember(zip, member, async () => {})
    return { ok: true, manifest }
  } catch (error) {
    return { ok: false, ...refusalOf(error) }
  } finally {
    zip?.close()
  }
}

interface Unpacked {
  readonly manifest: Manifest
  readonly publicKey: string | undefined
  readonly secrets: boolean
}

async function unpack(
  file: string,
  staging: string,
  { passphrase, now }: Pick<RestoreTask, 'passphrase' | 'now'>,
): Promise<Unpacked> {
  const zip = await opened(file)
  try {
    const { manifest, publicKey } = await manifestIn(zip)
    rmSync(staging, { recursive: true, force: true })
    mkdirSync(staging, { recursive: true, mode: 0o700 })
    let locked: Buffer | undefined
    for (const member of manifest.members) {
      if (member.name === secretsName) locked = await bytesOf(zip, member)
      else await extract(zip, member, join(staging, placeOf(member.name)))
    }
    const { wrong } = openAsOwner(staging, now)
    if (wrong !== undefined) throw refused('damaged', wrong)
    compare(manifest, holdingOf(staging))
    tidy(staging)
    const secrets = locked && passphrase !== undefined ? secretsIn(locked, passphrase) : undefined
    if (secrets) putBack(staging, secrets)
    return { manifest, publicKey, secrets: secrets !== undefined }
  } finally {
    zip.close()
  }
}

/** What SQLite leaves of a look; the logs are empty. */
function tidy(folder: string): void {
  for (const name of ['ledger.db', 'history.db']) {
    if ((statSync(join(folder, `${name}-wal`), { throwIfNoEntry: false })?.size ?? 0) > 0) continue
    for (const ending of ['-wal', '-shm']) rmSync(join(folder, name + ending), { force: true })
  }
}

/** The site's files come back beside the data, where the gateway keeps its copy of them. */
const placeOf = (name: string): string => name.replace(/^site\//, 'site-files/')

async function opened(file: string): Promise<Zip> {
  if (!existsSync(file)) throw refused('foreign', `there is no file ${file}`)
  try {
    return await openZip(file)
  } catch (error) {
    // A list of contents stands at the end of such a file: what is cut off has none.
    throw refused('foreign', `no backup, or cut off: ${messageOf(error)}`)
  }
}

async function manifestIn(zip: Zip): Promise<{ readonly manifest: Manifest; readonly publicKey: string | undefined }> {
  const size = zip.sizeOf(manifestName) ?? 0
  if (zip.names[0] !== manifestName || size > 256 * 1024 * 1024) throw refused('foreign', 'it does not begin with a manifest')
  const pieces: Uint8Array[] = []
  await reading(manifestName, async () => {
    for await (const piece of await zip.read(manifestName)) pieces.push(piece as Uint8Array)
  })
  const read = readManifest(Buffer.concat(pieces).toString('utf8'))
  if (!read.ok) throw refused(read.why, read.detail)
  const known = new Set([manifestName, ...read.manifest.members.map(({ name }) => name)])
  const more = zip.names.find(name => !known.has(name))
  if (more !== undefined) throw refused('damaged', `${more} is not in the manifest`)
  const missing = [...known].find(name => zip.sizeOf(name) === undefined)
  if (missing !== undefined) throw refused('damaged', `${missing} is missing`)
  return read
}

async function readMember(zip: Zip, { name, bytes, sha256 }: Member, take: (piece: Uint8Array) => Promise<void>): Promise<void> {
  const hash = createHash('sha256')
  let read = 0
  await reading(name, async () => {
    for await (const piece of await zip.read(name)) {
      hash.update(piece as Uint8Array)
      read += (piece as Uint8Array).length
      if (read > bytes) break
      await take(piece as Uint8Array)
    }
  })
  if (read !== bytes || hash.digest('hex') !== sha256) throw refused('damaged', `${name} is not what the manifest says`)
}

/** Whatever goes wrong in reading is damage of that member; what the disk says while writing is the disk's. */
async function reading(name: string, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    throw isDisk(error) ? error : refused('damaged', `${name}: ${messageOf(error)}`)
  }
}

async function bytesOf(zip: Zip, member: Member): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  await readMember(zip, member, async piece => void pieces.push(piece))
  return Buffer.concat(pieces)
}

async function extract(zip: Zip, member: Member, path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'wx', 0o600)
  try {
    await readMember(zip, member, async piece => {
      for (let from = 0; from < piece.length;) from += (await file.write(piece, from)).bytesWritten
    })
    await file.sync()
  } finally {
    await file.close()
  }
}

function compare({ entries, root, readings }: Manifest, found: Holding): void {
  if (found.entries !== entries) throw refused('damaged', `the journal has ${found.entries} entries, not ${entries}`)
  if (found.root !== root) throw refused('damaged', 'the journal is not the one that was backed up: its root is another')
  if (found.readings !== readings) throw refused('damaged', `there are ${found.readings} readings, not ${readings}`)
}

function secretsIn(locked: Buffer, passphrase: string): Secrets {
  const bytes = unlock(locked, passphrase)
  if (!bytes) throw refused('wrong-passphrase', 'the passphrase does not open the keys in this backup')
  return JSON.parse(bytes.toString('utf8')) as Secrets
}

function putBack(folder: string, { rows, files }: Secrets): void {
  putSecrets(folder, rows)
  for (const { name, base64 } of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, name), Buffer.from(base64, 'base64'), { mode: 0o600 })
  }
}

/** Nobody may run on what is about to be replaced. */
function guard(target: string, replace: boolean, now: Instant): FolderLock | undefined {
  if (!existsSync(target) || readdirSync(target).length === 0) return undefined
  const isOurs = existsSync(join(target, 'ledger.db'))
  try {
    const lock = isOurs ? FolderLock.take(target, now) : undefined
    if (replace) return lock
    lock?.release()
  } catch (error) {
    if (error instanceof FolderTaken) throw refused('in-use', error.message)
    throw error
  }
  throw refused('not-empty', target)
}

function refuseOtherSite(target: string, { site }: Manifest): void {
  const there = siteIdIn(target)
  if (site && there !== undefined && there !== site.id)
    throw refused('other-site', `${target} holds ${there}, the backup ${site.id}`)
}

function siteIdIn(folder: string): string | undefined {
  try {
    const read: unknown = JSON.parse(readFileSync(join(folder, 'site-as-run.json'), 'utf8'))
    return typeof read === 'object' && read !== null && 'id' in read ? String(read.id) : undefined
  } catch {
    return undefined
  }
}

/** The new folder takes the name; what had it is set aside. Where the second step fails the first is taken back. */
async function exchange(staging: string, target: string, now: Instant): Promise<string | undefined> {
  const aside = `${target}.before-restore-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`
  let setAside: string | undefined
  if (existsSync(target)) {
    if (readdirSync(target).length === 0) rmdirSync(target)
    else {
      renameSync(target, aside)
      setAside = aside
    }
  }
  try {
    renameSync(staging, target)
  } catch (error) {
    if (setAside !== undefined) renameSync(setAside, target)
    throw error
  }
  await toDisk(dirname(target))
  return setAside
}

const isDisk = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EPERM', 'EIO'].includes(String(error.code))
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function refusalOf(error: unknown): RestoreRefusal {
  if (error instanceof Refused) return error.refusal
  if (error instanceof StoreTrouble)
    return { why: error.message.includes('newer version') ? 'newer' : 'disk', detail: error.message }
  if (isDisk(error)) return { why: 'disk', detail: messageOf(error) }
  throw error
}
