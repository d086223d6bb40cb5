import { dirname } from 'node:path'

/** One thing that was done to a file, as the recorder wrote it down. */
export interface Deed {
  /** Created, written, truncated, synced, renamed, unlinked, or a word of the process (a). */
  readonly what: 'c' | 'w' | 't' | 's' | 'r' | 'u' | 'a'
  readonly path: string
  readonly offset: number
  readonly data: Buffer
}

export function* deedsIn(log: Buffer): Generator<Deed> {
  for (let at = 0; at < log.length;) {
    const what = String.fromCharCode(log.readUInt8(at)) as Deed['what']
    const name = log.readUInt32LE(at + 1)
    const path = log.toString('utf8', at + 5, at + 5 + name)
    const offset = Number(log.readBigUInt64LE(at + 5 + name))
    const length = log.readUInt32LE(at + 13 + name)
    yield { what, path, offset, data: log.subarray(at + 17 + name, at + 17 + name + length) }
    at += 17 + name + length
  }
}

interface Change {
  readonly offset: number
  /** `undefined`: cut off at `offset`. */
  readonly data: Buffer | undefined
}

/** What is kept of one file when the power goes: all up to its last sync, and of what came after nobody knows. */
class Platter {
  kept: Buffer = Buffer.alloc(0)
  readonly open: Change[] = []

  sync(): void {
    this.kept = applied(this.kept, this.open)
    this.open.length = 0
  }
}

const sector = 512

function applied(kept: Buffer, changes: readonly Change[]): Buffer {
  let size = kept.length
  let result = kept
  for (const { offset, data } of changes) {
    if (!data) {
      // What is cut off and written again later reads as zeros in between.
      result =
        offset <= size
          ? Buffer.concat([result.subarray(0, Math.min(offset, size))])
          : Buffer.concat([result.subarray(0, size), Buffer.alloc(offset - size)])
      size = offset
      continue
    }
    const end = offset + data.length
    if (end > result.length) result = Buffer.concat([result.subarray(0, size), Buffer.alloc(Math.max(end, 2 * size) - size)])
    else if (result === kept) result = Buffer.from(result)
    data.copy(result, offset)
    size = Math.max(size, end)
  }
  return result.subarray(0, size)
}

/** A disk that forgets: a file's bytes are safe once it is synced, its name once it or its folder is. */
export class Disk {
  readonly #live = new Map<string, Platter>()
  readonly #safe = new Map<string, Platter>()
  readonly #lies: (path: string) => boolean

  /** `lies`: says of these files that they are synced, and does nothing. */
  constructor(lies: (path: string) => boolean = () => false) {
    this.#lies = lies
  }

  do({ what, path, offset, data }: Deed): void {
    const file = this.#live.get(path)
    if (what === 'c') this.#live.set(path, new Platter())
    else if (what === 'w') file?.open.push({ offset, data })
    else if (what === 't') file?.open.push({ offset, data: undefined })
    else if (what === 'u') this.#live.delete(path)
    else if (what === 'r' && file) {
      this.#live.delete(path)
      this.#live.set(data.toString(), file)
    } else if (what === 's') this.#sync(path, file)
  }

  #sync(path: string, file: Platter | undefined): void {
    if (this.#lies(path)) return
    if (file) {
      file.sync()
      this.#safe.set(path, file)
      return
    }
    for (const name of this.#safe.keys()) if (dirname(name) === path && !this.#live.has(name)) this.#safe.delete(name)
    for (const [name, one] of this.#live) if (dirname(name) === path) this.#safe.set(name, one)
  }

  /** Nothing that was not synced is there. */
  forgotten(): Map<string, Buffer> {
    return new Map([...this.#safe].map(([path, { kept }]) => [path, kept]))
  }

  /** Everything was written in its order, but the last write in the middle of which the power went: some of its sectors are there. */
  torn(chance: () => number): Map<string, Buffer> {
    return new Map(
      [...this.#live].map(([path, { kept, open }]) => {
        const last = open.at(-1)
        if (!last?.data) return [path, applied(kept, open)]
        const part = Math.floor(chance() * Math.ceil(last.data.length / sector)) * sector
        return [path, applied(kept, [...open.slice(0, -1), { offset: last.offset, data: last.data.subarray(0, part) }])]
      }),
    )
  }

  /** The disk wrote as it liked: of what was not synced each sector is there or not, whatever came before it. */
  shuffled(chance: () => number): Map<string, Buffer> {
    return new Map(
      [...this.#safe].map(([path, { kept, open }]) => {
        const some = open.flatMap((change): Change[] => {
          if (!change.data) return chance() < 0.5 ? [change] : []
          const { offset, data } = change
          const sectors: Change[] = []
          for (let at = 0; at < data.length; at += sector)
            if (chance() < 0.5) sectors.push({ offset: offset + at, data: data.subarray(at, at + sector) })
          return sectors
        })
        return [path, applied(kept, some)]
      }),
    )
  }
}
