import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Batch } from '../../gateway/historian/batch.ts'
import { Gathering } from '../../gateway/store/gathering.ts'
import { Series } from '../../gateway/historian/series.ts'
import { ReadingTable } from '../../gateway/historian/table.ts'
import { Trimming } from '../../gateway/historian/trim.ts'
import { openOrSetAside } from '../../gateway/store/damage.ts'
import type { Database } from '../../gateway/store/database.ts'
import { historyLayout } from '../../gateway/store/history.ts'
import type { StoredReading } from '../../gateway/store/store.ts'
import { instant } from '../../protocols/contract/time.ts'

/** The history as the worker has it, on a real file but without the thread. */
export class TableOnDisk {
  readonly #folder = mkdtempSync(join(tmpdir(), 'zhishou-table-'))
  database!: Database
  table!: ReadingTable
  series!: Series
  trimming!: Trimming

  constructor() {
    this.#open()
  }

  #open(): void {
    const { database } = openOrSetAside(join(this.#folder, 'history.db'), historyLayout, instant(0))
    this.database = database
    this.table = new ReadingTable(database)
    this.series = new Series(database, this.table)
    this.trimming = new Trimming(database, this.table)
  }

  reopen(): void {
    this.database.close()
    this.#open()
  }

  record(readings: readonly StoredReading[]): void {
    for (let index = 0; index < readings.length; index += 5_000)
      this.table.record([batchOf(readings.slice(index, index + 5_000))])
  }

  /** All that is done in the background. */
  settle(): void {
    while (this.table.sealingDue) this.table.sealSome()
    while (this.table.joiningDue) this.table.joinSome()
  }

  close(): void {
    this.database.close()
    rmSync(this.#folder, { recursive: true })
  }
}

export function onDisk<T>(act: (disk: TableOnDisk) => T): T {
  const disk = new TableOnDisk()
  try {
    return act(disk)
  } finally {
    disk.close()
  }
}

/** As they come over to the worker. */
export function batchOf(readings: readonly StoredReading[]): Batch {
  const gathering = new Gathering()
  gathering.add(readings)
  const { names, ...columns } = gathering.take().batch
  return { points: names, ...columns }
}
