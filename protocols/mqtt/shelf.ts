import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { ClassicLevel } from 'classic-level'
import { fault } from '../contract/fault.ts'
import type { Cancel, Clock, Millis } from '../contract/time.ts'
import { seconds } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed, whatWentWrong } from '../kit/answer.ts'

/** What a broker must still know after its process has died. Told by keys; the newest value of a key counts. */
export interface Shelf {
  /** Keeps a value, or forgets the key. `soon` is good enough for what nobody was promised: it spares the disk. */
  put(key: string, value: Buffer | undefined, when: 'now' | 'soon'): void
  /** Resolves when all that was put `now` is on disk; never rejects: a disk that refuses is asked again until it takes it. */
  settled(): Promise<void>
  close(): Promise<void>
}

export interface OpenShelf {
  readonly shelf: Shelf
  readonly found: readonly (readonly [key: string, value: Buffer])[]
  /** There was a damaged one: it now lies here. */
  readonly setAside?: string
}

/** Nothing outlives the process. */
export const noShelf: OpenShelf = { shelf: { put() {}, settled: () => Promise.resolve(), async close() {} }, found: [] }

/**
 * Opens the shelf in `folder`, made when there is none. One that cannot be read is set aside (the newest two are kept) and an empty
 * one taken in its place. A `refused` fault only where another process uses it or the folder cannot be written.
 */
export async function openShelf(folder: string, wall: Clock, trouble: (why: string) => void): Promise<Answer<OpenShelf>> {
  try {
    await mkdir(dirname(folder), { recursive: true })
    const first = await load(folder)
    if (first !== 'damaged') return answered({ shelf: new LevelShelf(first.db, wall, trouble), found: first.found })
    const setAside = `${folder}-damaged-${wall.now()}`
    await rename(folder, setAside)
    await forgetOld(folder)
    const second = await load(folder)
    if (second === 'damaged') return failed(fault('refused', `The store ${folder} cannot be made.`))
    return answered({ shelf: new LevelShelf(second.db, wall, trouble), found: second.found, setAside })
  } catch (error) {
    return failed(fault('refused', `The store of the broker in ${folder} cannot be used: ${whatWentWrong(error)}.`))
  }
}

interface Loaded {
  readonly db: ClassicLevel<string, Buffer>
  readonly found: readonly (readonly [string, Buffer])[]
}

async function load(folder: string): Promise<Loaded | 'damaged'> {
  const db = new ClassicLevel<string, Buffer>(folder, { keyEncoding: 'utf8', valueEncoding: 'buffer' })
  try {
    await db.open()
    const found: (readonly [string, Buffer])[] = []
    for await (const [key, sealed] of db.iterator()) {
      const value = unsealed(sealed)
      if (!value) throw new Error('checksum')
      found.push([key, value])
    }
    return { db, found }
  } catch (error) {
    await db.close()
    if (isElsewhere(error)) throw error
    return 'damaged'
  }
}

/** Used by another process, or a folder we may not touch: setting it aside would be wrong. */
function isElsewhere(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && cause.code === 'LEVEL_LOCKED') return true
    if (/EACCES|EROFS|ENOSPC|Permission denied|Read-only file system|No space left/.test(cause.message)) return true
  }
  return false
}

async function forgetOld(folder: string): Promise<void> {
  const place = dirname(folder)
  const aside = (await readdir(place)).filter(name => join(place, name).startsWith(`${folder}-damaged-`)).toSorted()
  for (const name of aside.slice(0, -2)) await rm(join(place, name), { recursive: true, force: true })
}

/** The library's own checksums cover its blocks, but a log that was cut off in the middle it takes for its end. */
function sealed(value: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(4 + value.length)
  bytes.writeUInt32BE(crc32(value), 0)
  value.copy(bytes, 4)
  return bytes
}

function unsealed(bytes: Buffer): Buffer | undefined {
  if (bytes.length < 4) return undefined
  const value = bytes.subarray(4)
  return crc32(value) === bytes.readUInt32BE(0) ? value : undefined
}

/**
 * One transaction at a time, synced; what comes while it runs goes into the next one together, so that a thousand messages cost a few
 * syncs and not a thousand. The disk's work is done by the library's own threads.
 */
class LevelShelf implements Shelf {
  readonly #db: ClassicLevel<string, Buffer>
  readonly #wall: Clock
  readonly #trouble: (why: string) => void
  #pending = new Map<string, Buffer | undefined>()
  #waiting: (() => void)[] = []
  #writing: Promise<void> | undefined
  #cancel: Cancel | undefined
  #closed = false
  #isStuck = false

  constructor(db: ClassicLevel<string, Buffer>, wall: Clock, trouble: (why: string) => void) {
    this.#db = db
    this.#wall = wall
    this.#trouble = trouble
  }

  put(key: string, value: Buffer | undefined, when: 'now' | 'soon'): void {
    if (this.#closed) return
    this.#pending.set(key, value)
    if (when === 'now') this.#begin()
    else this.#cancel ??= this.#later(seconds(1))
  }

  settled(): Promise<void> {
    if (this.#pending.size === 0 && !this.#writing) return Promise.resolve()
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      this.#begin()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancel?.()
    await this.#writing
    await this.#commit()
    await this.#db.close()
  }

  #later(delay: Millis): Cancel {
    return this.#wall.after(delay, () => {
      this.#cancel = undefined
      this.#begin()
    })
  }

  #begin(): void {
    if (this.#writing || this.#closed) return
    this.#cancel?.()
    this.#cancel = undefined
    this.#writing = this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    // What this turn of the loop still brings belongs to the same transaction.
    await new Promise(resolve => setImmediate(resolve))
    while (this.#pending.size > 0 || this.#waiting.length > 0) {
      if (await this.#commit()) continue
      this.#cancel?.()
      if (!this.#closed) this.#cancel = this.#later(seconds(5))
      break
    }
    this.#writing = undefined
  }

  /** False when the disk did not take it: then everything still waits, and what came since counts as newer. */
  async #commit(): Promise<boolean> {
    const [pending, waiting] = [this.#pending, this.#waiting]
    ;[this.#pending, this.#waiting] = [new Map(), []]
    try {
      const operations = [...pending].map(([key, value]) =>
        value ? ({ type: 'put', key, value: sealed(value) } as const) : ({ type: 'del', key } as const),
      )
      if (this.#isStuck) await this.#openAnew()
      if (operations.length > 0) await this.#db.batch(operations, { sync: true })
      for (const tell of waiting) tell()
      return true
    } catch (error) {
      this.#isStuck = true
      this.#trouble(whatWentWrong(error))
      this.#pending = new Map([...pending, ...this.#pending])
      this.#waiting = [...waiting, ...this.#waiting]
      return false
    }
  }

  /** After one write that failed the library refuses all others, because what follows half a record could not be read again. */
  async #openAnew(): Promise<void> {
    await this.#db.close()
    await this.#db.open()
    this.#isStuck = false
  }
}
