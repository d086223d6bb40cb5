import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { days } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { StoreTrouble } from '../store/store.ts'

/** The SHA-256 of the drawing and its kind: `9f86…0f00a08.svg`. In a journal entry it proves what was shown. */
export type DrawingId = string & { readonly __unit: 'drawing id' }

const pattern = /^[0-9a-f]{64}\.(png|svg)$/
export const isDrawingId = (text: string): text is DrawingId => pattern.test(text)
/** A drawing that no plan shows stays so long: its plan may just be on its way into the journal, or come back from a backup. */
const keptUnused = days(1)

/** Drawings of floor plans on the disk, each under its own digest. */
export class Drawings {
  readonly folder: string
  #parts = 0

  constructor(folder: string) {
    this.folder = folder
  }

  /** On disk when it resolves; `StoreTrouble` when the disk does not take it. */
  async keep(bytes: Uint8Array, ending: 'png' | 'svg'): Promise<DrawingId> {
    const id = `${digestOf(bytes)}.${ending}` as DrawingId
    // Written again although it is there: then it is whole, and young enough to be spared by a sweep.
    const part = join(this.folder, `${id}.${process.pid}-${++this.#parts}.part`)
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 })
      const file = await open(part, 'wx', 0o600)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(part, join(this.folder, id))
      await syncFolder(this.folder)
      return id
    } catch (error) {
      await rm(part, { force: true }).catch(() => {})
      throw new StoreTrouble(`a floor plan cannot be written: ${codeOf(error)}`)
    }
  }

  /** `damaged` when the disk holds other bytes than its name says. */
  async read(id: DrawingId): Promise<Buffer | 'damaged' | undefined> {
    const bytes = await readFile(join(this.folder, id)).catch(() => undefined)
    if (!bytes) return undefined
    return digestOf(bytes) === id.slice(0, 64) ? bytes : 'damaged'
  }

  /** At a start: what no plan shows any more goes, and what a kill left half written. `now` is real time, as the files' own is. */
  async sweep(shown: ReadonlySet<string>, now: Instant): Promise<number> {
    let gone = 0
    for (const name of await readdir(this.folder).catch(() => [])) {
      const path = join(this.folder, name)
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now }))
      if (isDrawingId(name) && (shown.has(name) || now - mtimeMs < keptUnused)) continue
      await rm(path, { force: true })
      gone += 1
    }
    return gone
  }
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** A new name is only there for good once its folder has been synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
