import { join } from 'node:path'
import { nodeHashing } from '../journal/node-hashing.ts'
import { hexOf } from '../journal/hashing.ts'
import { MerkleTree } from '../journal/tree.ts'
import { openBeside } from './damage.ts'
import { describeFailure, inTransaction, openDatabase } from './database.ts'
import type { Database } from './database.ts'
import { History, historyLayout } from './history.ts'
import { Ledger, ledgerLayout } from './ledger.ts'
import { openOrSetAside } from './damage.ts'
import { StoreTrouble } from './store.ts'
import type { Instant } from '../../protocols/contract/time.ts'

/** What a data folder holds, as far as two of them can be compared. */
export interface Holding {
  readonly entries: number
  /** Over the leaves of all entries (RFC 9162), hex. */
  readonly root: string
  readonly readings: number
}

/** What is nobody else's: keys of the gateway, sessions, tokens, browsers that are told. */
const secretShelves = ['secret', 'token', 'push', 'session'] as const
export interface SecretRow {
  readonly shelf: string
  readonly key: string
  readonly json: string
}

/**
 * Copies both databases of a data folder as they are at one moment each, the ledger first: what was read before an alarm is in the history that is
 * copied after it. Safe beside the gateway that runs on it. Secrets are taken out of the copy and answered. Throws StoreTrouble; a full disk
 * says so in its words.
 */
export function copyStore(folder: string, into: string): { readonly holding: Holding; readonly secrets: readonly SecretRow[] } {
  return trying(() => {
    copyOne(openBeside(join(folder, 'ledger.db'), ledgerLayout), join(into, 'ledger.db'))
    copyOne(openBeside(join(folder, 'history.db'), historyLayout), join(into, 'history.db'))
    const secrets = takeSecrets(join(into, 'ledger.db'))
    return { holding: holdingOf(into), secrets }
  })
}

function copyOne(database: Database, to: string): void {
  try {
    database.prepare('VACUUM INTO ?').run(to)
  } finally {
    database.close()
  }
}

function takeSecrets(ledger: string): SecretRow[] {
  const database = openDatabase(ledger)
  try {
    const marks = secretShelves.map(() => '?').join(', ')
    const rows = database.prepare(`SELECT name, key, value FROM shelf WHERE name IN (${marks})`).all(...secretShelves)
    // Taken out is taken out: nothing of them stays readable in free pages.
    database.exec('PRAGMA secure_delete = ON')
    inTransaction(database, () => database.prepare(`DELETE FROM shelf WHERE name IN (${marks})`).run(...secretShelves))
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    database.exec('PRAGMA journal_mode = DELETE')
    return rows
      .map(row => ({ shelf: String(row['name']), key: String(row['key']), json: String(row['value']) }))
      .filter(({ shelf }) => shelf !== 'session')
  } finally {
    database.close()
  }
}

/** Puts secrets back into a folder that nobody runs on. */
export function putSecrets(folder: string, secrets: readonly SecretRow[]): void {
  trying(() => {
    const database = openDatabase(join(folder, 'ledger.db'))
    try {
      const put = database.prepare('INSERT OR REPLACE INTO shelf VALUES (?, ?, ?)')
      inTransaction(database, () => {
        for (const { shelf, key, json } of secrets) put.run(shelf, key, json)
      })
    } finally {
      database.close()
    }
  })
}

/** Opens what was restored as its owner would: an older version is brought to this one. Answers what is wrong with it, else nothing. */
export function openAsOwner(folder: string, now: Instant): { readonly wrong?: string } {
  return trying(() => {
    for (const [name, layout] of [
      ['ledger.db', ledgerLayout],
      ['history.db', historyLayout],
    ] as const) {
      const { database, damage } = openOrSetAside(join(folder, name), layout, now)
      database.close()
      if (damage[0]) return { wrong: `${name}: ${damage[0].why}` }
    }
    return {}
  })
}

/** Counts a folder that nobody writes to, and hashes its journal. */
export function holdingOf(folder: string): Holding {
  return trying(() => {
    const ledgerFile = openBeside(join(folder, 'ledger.db'), ledgerLayout)
    const tree = new MerkleTree(nodeHashing).grow()
    let entries: number
    try {
      for (const row of ledgerFile.prepare('SELECT leaf FROM entry ORDER BY seq').iterate())
        tree.add(Buffer.from(String(row['leaf']), 'hex'))
      entries = new Ledger(ledgerFile).entries
    } finally {
      ledgerFile.close()
    }
    const history = new History(openBeside(join(folder, 'history.db'), historyLayout), 'beside')
    try {
      return { entries, root: hexOf(tree.root), readings: history.readings }
    } finally {
      history.close()
    }
  })
}

function trying<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw error instanceof StoreTrouble ? error : new StoreTrouble(describeFailure(error))
  }
}
