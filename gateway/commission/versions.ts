import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Instant } from '../../protocols/contract/time.ts'
import type { SourceFile } from '../site/load.ts'
import { replace } from './site-disk.ts'

/** A state of the site file that another one has replaced. */
export interface Version {
  readonly id: number
  readonly digest: string
  /** When it was replaced, by whom, and why. */
  readonly at: Instant
  readonly by: string
  readonly why: string
  /** With their plain names. */
  readonly files: readonly SourceFile[]
}

/** So many are kept. */
export const mostVersions = 50

/** What the site file was before, in the data folder, one file per version. */
export class Versions {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** The newest first. One that cannot be read is left out. */
  async all(): Promise<readonly Version[]> {
    const read = await Promise.all((await this.#ids()).toReversed().map(id => this.get(id)))
    return read.filter(version => version !== undefined)
  }

  async get(id: number): Promise<Version | undefined> {
    try {
      const version: unknown = JSON.parse(await readFile(this.#file(id), 'utf8'))
      return isVersion(version) ? version : undefined
    } catch {
      return undefined
    }
  }

  /** Durable when it resolves; the oldest goes when there are too many. Rejects when the disk does not take it. */
  async keep(version: Omit<Version, 'id'>): Promise<Version> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const ids = await this.#ids()
    const kept = { id: (ids.at(-1) ?? 0) + 1, ...version }
    await replace(this.#file(kept.id), JSON.stringify(kept))
    for (const old of ids.slice(0, Math.max(0, ids.length + 1 - mostVersions))) await rm(this.#file(old), { force: true })
    return kept
  }

  /** It was kept for a change that did not come about. */
  async drop(id: number): Promise<void> {
    await rm(this.#file(id), { force: true })
  }

  async #ids(): Promise<readonly number[]> {
    const names = await readdir(this.#folder).catch((): string[] => [])
    return names.flatMap(name => (/^\d{6,}\.json$/.test(name) ? [Number.parseInt(name, 10)] : [])).toSorted((a, b) => a - b)
  }

  #file(id: number): string {
    return join(this.#folder, `${String(id).padStart(6, '0')}.json`)
  }
}

function isVersion(value: unknown): value is Version {
  if (typeof value !== 'object' || value === null) return false
  const { id, digest, at, by, why, files } = value as Partial<Record<keyof Version, unknown>>
  return (
    typeof id === 'number' &&
    typeof at === 'number' &&
    [digest, by, why].every(one => typeof one === 'string') &&
    Array.isArray(files) &&
    files.every(
      file => typeof file === 'object' && file !== null && typeof file.name === 'string' && typeof file.text === 'string',
    )
  )
}
