import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AccountTable } from './account-table.ts'
import { describeFailure, inTransaction, openDatabase } from './database.ts'
import { StoreTrouble } from './store.ts'
import type { AccountShelf } from './store.ts'

export interface ShelfBeside extends AccountShelf {
  close(): void
}

/**
 * The account rows of a data folder for a command, beside the gateway that may be running on it. SQLite lets both write, one after the
 * other; the journal, whose positions the gateway counts itself, is never touched. Throws StoreTrouble when the folder holds no data.
 */
export function openShelfBeside(folder: string): ShelfBeside {
  const file = join(folder, 'ledger.db')
  if (!existsSync(file)) throw new StoreTrouble(`${folder} holds no data of a gateway`)
  const database = trying(() => openDatabase(file))
  const table = trying(() => new AccountTable(database))
  return {
    async get(name, key) {
      const json = trying(() => table.get(name, key))
      return json === undefined ? undefined : JSON.parse(json)
    },
    put: async (name, key, value) => trying(() => inTransaction(database, () => table.put(name, key, JSON.stringify(value)))),
    remove: async (name, key) => trying(() => inTransaction(database, () => table.remove(name, key))),
    all: async name =>
      trying(() => table.all(name)).map(({ key, json }): { key: string; value: unknown } => ({ key, value: JSON.parse(json) })),
    close: () => database.close(),
  }
}

function trying<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw new StoreTrouble(describeFailure(error))
  }
}
