import { limitsSchema } from '../historian/limits.ts'
import { rollupSchema } from '../historian/rollup-table.ts'
import { Series } from '../historian/series.ts'
import { Trimming } from '../historian/trim.ts'
import { runSchema } from '../historian/runs.ts'
import { Seals, sealSchema } from '../historian/seals.ts'
import type { SealedFrom } from '../historian/seals.ts'
import { spoolSchema } from '../historian/spool.ts'
import { historySchema, ReadingTable } from '../historian/table.ts'
import { scalar } from './database.ts'
import type { Access, Database } from './database.ts'
import type { Layout } from './damage.ts'
import { faultsOf } from './past-evidence.ts'
import type { Question } from './calls.ts'

/** `history.db`: the readings and the runs of the gateway. "ZSH" and a number in the file's header. */
export const historyLayout: Layout = {
  applicationId: 0x5a534831,
  version: 2,
  schema: historySchema,
  added: [{ version: 2, schema: sealSchema + rollupSchema + limitsSchema + runSchema + spoolSchema }],
  checkAlways: ['point', 'batch', 'run'],
  givesBack: true,
}

export type HistoryWrite = Extract<Question, { operation: 'record' | 'listen' | 'limits' | 'spoolWrite' }>

// Of SQLite's modes of giving pages back the one that does it when told.
const incremental = 2
const mostFreePages = 2_048
const pagesPerTurn = 128

/** The history as the worker holds it. */
export class History {
  readonly table: ReadingTable
  readonly series: Series
  readonly trimming: Trimming
  readonly seals: Seals
  readonly #database: Database
  readonly #access: Access
  #version: unknown

  constructor(database: Database, access: Access) {
    this.#database = database
    this.#access = access
    this.table = new ReadingTable(database)
    this.series = new Series(database, this.table)
    this.trimming = new Trimming(database, this.table)
    this.seals = new Seals(database, sealedFrom(this.table, this.series))
    this.#version = scalar(database, 'PRAGMA data_version')
  }

  /** One consistent look. Beside a running gateway what it has written meanwhile is read in first. */
  read<T>(act: () => T): T {
    if (this.#access === 'own') return act()
    this.#database.exec('BEGIN')
    try {
      // Any read fixes the moment; only then is the version that of this moment.
      this.#database.prepare('SELECT count(*) FROM run').get()
      const version = scalar(this.#database, 'PRAGMA data_version')
      if (version !== this.#version) this.table.reload()
      this.#version = version
      return act()
    } finally {
      this.#database.exec('COMMIT')
    }
  }

  /** The same for a look that takes its time: the moment is held until it has ended. */
  async readLong<T>(act: () => Promise<T>): Promise<T> {
    this.#database.exec('BEGIN')
    try {
      this.#database.prepare('SELECT count(*) FROM run').get()
      this.table.reload()
      return await act()
    } finally {
      this.#database.exec('COMMIT')
    }
  }

  /** Readings that could not be read back: damaged blocks and damaged batches of the log. */
  get damaged(): number {
    return this.table.blocks.damaged + this.table.rollups.damaged + this.table.points.lostBatches
  }

  faults(): string[] {
    return faultsOf(this.#database, 'history.db')
  }

  get readings(): number {
    let count = 0
    for (const point of this.table.points.all) count += point.sealedRows + point.rows.length
    return count
  }

  get openReadings(): number {
    let count = 0
    for (const point of this.table.points.all) count += point.rows.length
    return count
  }

  get pointCount(): number {
    return [...this.table.points.all].length
  }

  /** Gives free pages back to the disk, a bounded number; says whether there were many. A few are kept for what comes next. */
  giveBack(): boolean {
    const figure = (name: string): number => Number(scalar(this.#database, `PRAGMA ${name}`))
    const free = figure('freelist_count')
    const isMuch = free > mostFreePages || (free > 64 && free > figure('page_count') / 4)
    if (!isMuch || figure('auto_vacuum') !== incremental) return false
    this.#database.exec(`PRAGMA incremental_vacuum(${pagesPerTurn})`)
    return true
  }

  close(): void {
    this.#database.close()
  }
}

const sealedFrom = (table: ReadingTable, series: Series): SealedFrom => ({
  get points() {
    return table.points.all
  },
  columns: (name, from, to) => series.columns(name, from, to),
  get period() {
    return table.period
  },
  set period(period) {
    table.period = period
  },
})
