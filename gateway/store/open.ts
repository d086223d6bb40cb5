import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { rollupFigures } from '../historian/rollup-sums.ts'
import { bad, good, readingOf } from '../historian/rows.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import type { Clock } from '../../protocols/contract/time.ts'
import type { WorkerStats } from './calls.ts'
import { StoreClient } from './client.ts'
import { evidenceOn } from './evidence-calls.ts'
import { FolderLock } from './lock.ts'
import { spoolOn } from './spool-calls.ts'
import { StoreTrouble } from './store.ts'
import type { AccountShelf, AccountTable, Bucket, Historian, Journal, RolledBucket, Sample, Store } from './store.ts'

export { FolderTaken } from './lock.ts'

export interface StoreStats extends WorkerStats {
  /** Readings, entries and questions refused because too many were waiting. */
  readonly shed: number
  /** Times the worker died and was started again. */
  readonly restarts: number
  /** Requests under way. */
  readonly queued: number
}
/** The embedded store: a `Store` that can also count what it refused. */
export interface EmbeddedStore extends Store {
  stats(): Promise<StoreStats>
}

/**
 * Opens the data folder for the one gateway that may live there, making it when absent. Damaged files are set aside and named in
 * `damage`. Rejects with FolderTaken when another process has the folder, with StoreTrouble when the disk will not.
 */
export async function openStore(folder: string, ports: { readonly wall: Clock }): Promise<EmbeddedStore> {
  const path = resolve(folder)
  const lock = takeLock(path, ports.wall)
  const client = new StoreClient(path, 'own', ports.wall)
  try {
    await client.start()
  } catch (error) {
    await client.close()
    lock.release()
    throw error
  }
  return storeOn(client, ports.wall, () => lock.release())
}

/** Reads a data folder, also beside the gateway that runs on it. Every write rejects with StoreTrouble. */
export async function openStoreReadOnly(folder: string, ports: { readonly wall: Clock }): Promise<EmbeddedStore> {
  const path = resolve(folder)
  if (!existsSync(join(path, 'ledger.db'))) throw new StoreTrouble(`${path} holds no data of a gateway`)
  const client = new StoreClient(path, 'beside', ports.wall)
  try {
    await client.start()
  } catch (error) {
    await client.close()
    throw error
  }
  return storeOn(client, ports.wall, () => {})
}

function takeLock(path: string, wall: Clock): FolderLock {
  try {
    makeFolder(path)
    return FolderLock.take(path, wall.now())
  } catch (error) {
    if (error instanceof Error && error.name === 'FolderTaken') throw error
    throw new StoreTrouble(`${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** One folder after the other: Node's own `recursive` never returns where a parent cannot hold folders, as in /proc (seen on 24.21). */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  const parent = dirname(path)
  if (parent !== path) makeFolder(parent)
  mkdirSync(path)
}

function storeOn(client: StoreClient, wall: Clock, release: () => void): EmbeddedStore {
  let closing: Promise<void> | undefined
  const unreadable = new Set<string>()
  const read: ReadText = (where, json) => {
    try {
      return { ok: true, value: JSON.parse(json) }
    } catch {
      unreadable.add(where)
      return { ok: false }
    }
  }
  return {
    journal: journalOn(client, wall, read),
    historian: historianOn(client),
    accounts: accountsOn(client, read),
    spool: spoolOn(client),
    evidence: evidenceOn(client),
    archive: {
      aged: query => client.call('aged', query),
      citedPhotos: query => client.call('citedPhotos', query),
      strike: (stub, ranges) => client.call('strike', { stub, ranges }),
    },
    get damage() {
      if (unreadable.size === 0) return client.damage
      const why = `unreadable and left out: ${[...unreadable].join(', ')}`
      return [...client.damage, { file: 'ledger.db', movedTo: 'ledger.db', why }]
    },
    get trouble() {
      return client.trouble
    },
    stats: async () => ({ ...(await client.call('stats', null)), ...client.counters }),
    close: () => (closing ??= client.close().finally(release)),
  }
}

/** One row that a failing disk has altered must cost no more than itself: it is left out and named in `damage`. */
type ReadText = (where: string, json: string) => { readonly ok: true; readonly value: unknown } | { readonly ok: false }

function journalOn(client: StoreClient, wall: Clock, read: ReadText): Journal {
  return {
    async append(drafts, checkpoints = []) {
      const texts = checkpoints.map(({ key, value }) => ({ key, json: value === undefined ? undefined : JSON.stringify(value) }))
      return client.call('append', { drafts, checkpoints: texts, writtenAt: wall.now() }, Math.max(1, drafts.length))
    },
    async checkpoints() {
      const texts = await client.call('checkpoints', null)
      return new Map(
        texts.flatMap(({ key, json }): [string, unknown][] => {
          const found = read(`checkpoint ${key}`, json ?? 'null')
          return found.ok ? [[key, found.value]] : []
        }),
      )
    },
    page: query => client.call('page', query),
  }
}

function historianOn(client: StoreClient): Historian {
  return {
    listening: (at, boot) => client.call('listen', { at, ...(boot ? { boot } : {}) }),
    async record(readings, urgency = 'now') {
      if (readings.length > 0) await client.record(readings.length, gathering => gathering.add(readings), urgency)
    },
    async recordColumns(columns, urgency = 'now') {
      const { length } = columns.points
      if (length > 0) await client.record(length, gathering => gathering.addColumns(columns), urgency)
    },
    async latest() {
      const rows = await client.call('latest', null)
      return new Map(
        rows.map(({ point, any, good: goodRow }): [PointId, { good?: Reading; any: Reading }] => {
          const id = point as PointId
          return [id, { any: readingOf(id, any), ...(goodRow ? { good: readingOf(id, goodRow) } : {}) }]
        }),
      )
    },
    async raw(point, from, to, limit) {
      const { samples, more } = await client.call('raw', { point, from, to, limit })
      return { samples: samplesOf(samples), more }
    },
    async buckets(point, from, to, every) {
      return bucketsOf(await client.call('buckets', { point, from, to, every }))
    },
    limits: (at, zone, limits) => client.call('limits', { at, zone, limits }),
    async rollup(point, from, to, tier) {
      return rolledOf(await client.call('rollup', { point, from, to, tier }))
    },
    trimPlan: keeping => client.call('trimPlan', keeping),
    trim: plan => client.call('trim', plan),
    gaps: (point, from, to, silentAfter) => client.call('gaps', { point, from, to, silentAfter }),
    ledgerOf: ({ id, equipment, connection, staleAfter }, from, to) =>
      client.call('ledgerOf', { point: { id, equipment, connection, staleAfter }, from, to }),
  }
}

function accountsOn(client: StoreClient, read: ReadText): AccountShelf {
  return {
    async get(table, key) {
      const json = await client.call('get', { table, key })
      if (json === undefined) return undefined
      const found = read(rowName(table, key), json)
      return found.ok ? found.value : undefined
    },
    put: async (table, key, value) => client.call('put', { table, key, json: JSON.stringify(value) }),
    remove: (table, key) => client.call('remove', { table, key }),
    async all(table) {
      const rows = await client.call('all', { table })
      return rows.flatMap(({ key, json }): { key: string; value: unknown }[] => {
        const found = read(rowName(table, key), json)
        return found.ok ? [{ key, value: found.value }] : []
      })
    },
  }
}

// The key of a session or a token is half a secret; a person's name is none.
const rowName = (table: AccountTable, key: string): string => (table === 'account' ? `account ${key}` : `one ${table}`)

function samplesOf(figures: Float64Array): Sample[] {
  const samples: Sample[] = []
  for (let index = 0; index < figures.length; index += 3) {
    const v = figures[index + 1] ?? 0
    const quality = figures[index + 2]
    const q = quality === bad ? 'bad' : quality === good ? 'good' : 'uncertain'
    samples.push({ t: instant(figures[index] ?? 0), v: q === 'bad' ? null : v, q })
  }
  return samples
}

/** Numbers as `Series.rollup` gives them. */
export function rolledOf(figures: Float64Array): RolledBucket[] {
  const buckets: RolledBucket[] = []
  for (let index = 0; index < figures.length; index += rollupFigures) {
    const figure = (place: number): number => figures[index + place] ?? 0
    const count = figure(4)
    const [min, mean, max] = count === 0 ? [null, null, null] : [figure(1), figure(2), figure(3)]
    buckets.push({ t: instant(figure(0)), min, mean, max, count, outside: figure(5), gap: figure(6) })
  }
  return buckets
}

function bucketsOf(figures: Float64Array): Bucket[] {
  const buckets: Bucket[] = []
  for (let index = 0; index < figures.length; index += 5) {
    const figure = (place: number): number => figures[index + place] ?? 0
    buckets.push({ t: instant(figure(0)), min: figure(1), mean: figure(2), max: figure(3), count: figure(4) })
  }
  return buckets
}
