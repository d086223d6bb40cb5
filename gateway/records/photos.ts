import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { days } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { StoreTrouble } from '../store/store.ts'
import { pictureOf, pictureTypes } from './picture.ts'
import type { PictureType } from './picture.ts'

/** The SHA-256 of the picture and its kind: `9f86…0f00a08.jpg`. In a journal entry it proves the picture. */
export type PhotoId = string & { readonly __unit: 'photo id' }

export const largestPhoto = 5 * 1024 * 1024
/** A picture that no record took within a day was never meant to be one. */
const keptUnused = days(1)

const pattern = /^[0-9a-f]{64}\.(jpg|png|webp)$/
export const isPhotoId = (text: string): text is PhotoId => pattern.test(text)

/**
 * Pictures on the disk, each under its own digest: the same picture is stored once, and none can be exchanged unseen. One that was sent
 * waits in a folder of its own until a record takes it; what nobody took is gone after a day.
 */
export class Photos {
  readonly folder: string
  readonly #waiting: string
  #parts = 0

  constructor(folder: string) {
    this.folder = folder
    this.#waiting = join(folder, 'waiting')
  }

  /** On disk when it resolves. `undefined` when it is no picture of a kind we take; `StoreTrouble` when the disk does not take it. */
  async keep(bytes: Uint8Array): Promise<{ readonly id: PhotoId; readonly bytes: number } | undefined> {
    const picture = pictureOf(bytes)
    if (!picture) return undefined
    const id = `${digestOf(bytes)}.${pictureTypes[picture.type]}` as PhotoId
    if (!(await this.#has(id))) await this.#write(id, bytes)
    return { id, bytes: bytes.byteLength }
  }

  /** Whether all of them were sent before; from now on they are kept. */
  async claim(ids: readonly string[]): Promise<boolean> {
    for (const id of ids) {
      if (!isPhotoId(id)) return false
      if (await isFile(join(this.folder, id))) continue
      try {
        await rename(join(this.#waiting, id), join(this.folder, id))
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return false
        throw troubleOf(error)
      }
    }
    if (ids.length > 0) await syncFolder(this.folder)
    return true
  }

  /** The picture as it was sent; `damaged` when the disk holds other bytes than its name says. */
  async read(id: string): Promise<{ readonly type: PictureType; readonly bytes: Buffer } | 'damaged' | undefined> {
    if (!isPhotoId(id)) return undefined
    for (const folder of [this.folder, this.#waiting]) {
      const bytes = await readFile(join(folder, id)).catch(() => undefined)
      if (bytes) return digestOf(bytes) === id.slice(0, 64) ? { type: typeOf(id), bytes } : 'damaged'
    }
    return undefined
  }

  /** At a start: what nobody took within a day goes, and what a kill left half written. Returns how many. `now` is real time, as the files' own is. */
  async sweep(now: Instant): Promise<number> {
    let gone = 0
    for (const name of await readdir(this.#waiting).catch(() => [])) {
      const path = join(this.#waiting, name)
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now }))
      if (isPhotoId(name) && now - mtimeMs < keptUnused) continue
      await rm(path, { force: true })
      gone += 1
    }
    return gone
  }

  async #has(id: PhotoId): Promise<boolean> {
    return (await isFile(join(this.folder, id))) || (await isFile(join(this.#waiting, id)))
  }

  async #write(id: PhotoId, bytes: Uint8Array): Promise<void> {
    // A name of its own, so that the same picture sent twice at once is whole under its name whoever ends first.
    const part = join(this.#waiting, `${id}.${process.pid}-${++this.#parts}`)
    try {
      await mkdir(this.#waiting, { recursive: true, mode: 0o700 })
      const file = await open(part, 'wx', 0o600)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(part, join(this.#waiting, id))
      await syncFolder(this.#waiting)
    } catch (error) {
      await rm(part, { force: true }).catch(() => {})
      throw troubleOf(error)
    }
  }
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const typeOf = (id: PhotoId): PictureType =>
  (Object.keys(pictureTypes) as PictureType[]).find(type => id.endsWith(`.${pictureTypes[type]}`)) ?? 'image/jpeg'
const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    found => found.isFile(),
    () => false,
  )
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')
const troubleOf = (error: unknown): StoreTrouble => new StoreTrouble(`a photo cannot be written: ${codeOf(error)}`)

/** A new name is only there for good once its folder has been synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
