import type { Database, Statement } from './database.ts'
import type { AccountTable as TableName } from './store.ts'

export const accountSchema = `
  CREATE TABLE shelf (name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name, key)) STRICT, WITHOUT ROWID;
`

/** Accounts, sessions and tokens as JSON text. Runs in the worker; writes happen inside its transaction. */
export class AccountTable {
  readonly #put: Statement
  readonly #remove: Statement
  readonly #get: Statement
  readonly #all: Statement

  constructor(database: Database) {
    this.#put = database.prepare('INSERT OR REPLACE INTO shelf VALUES (?, ?, ?)')
    this.#remove = database.prepare('DELETE FROM shelf WHERE name = ? AND key = ?')
    this.#get = database.prepare('SELECT value FROM shelf WHERE name = ? AND key = ?')
    this.#all = database.prepare('SELECT key, value FROM shelf WHERE name = ? ORDER BY key')
  }

  put(name: TableName, key: string, json: string): void {
    this.#put.run(name, key, json)
  }

  remove(name: TableName, key: string): void {
    this.#remove.run(name, key)
  }

  get(name: TableName, key: string): string | undefined {
    const row = this.#get.get(name, key)
    return row && String(row['value'])
  }

  all(name: TableName): { key: string; json: string }[] {
    return this.#all.all(name).map(row => ({ key: String(row['key']), json: String(row['value']) }))
  }
}
