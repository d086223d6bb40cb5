import { removalSchema, removeData } from '../journal/removal.ts'
import { journalSchema, enter, JournalTable } from '../journal/table.ts'
import type { Entry } from '../journal/entry.ts'
import { HeadTable, headSchema } from '../journal/head-table.ts'
import { treeSchema, TreeTable } from '../journal/tree-table.ts'
import { accountSchema, AccountTable } from './account-table.ts'
import type { Calls, Question } from './calls.ts'
import type { Layout } from './damage.ts'
import { inTransaction } from './database.ts'
import { faultsOf, rawEntry } from './past-evidence.ts'
import type { RawEntry } from './past-evidence.ts'
import type { Database } from './database.ts'

/** `ledger.db`: the journal, the checkpoints, the accounts. "ZSL" and a number in the file's header. */
export const ledgerLayout: Layout = {
  applicationId: 0x5a534c31,
  version: 2,
  schema: journalSchema + accountSchema,
  added: [{ version: 2, schema: removalSchema + treeSchema + headSchema }],
  checkAlways: ['entry', 'checkpoint', 'shelf'],
}

export type LedgerWrite = Extract<Question, { operation: 'append' | 'put' | 'remove' | 'strike' | 'attest' }>
export type Outcome = { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly mistake: string }

/** The ledger as the worker holds it. */
export class Ledger {
  readonly journal: JournalTable
  readonly accounts: AccountTable
  readonly tree: TreeTable
  readonly heads: HeadTable
  readonly #database: Database
  #entries: number

  constructor(database: Database) {
    this.#database = database
    this.journal = new JournalTable(database)
    this.accounts = new AccountTable(database)
    this.tree = new TreeTable(database)
    this.heads = new HeadTable(database)
    this.#entries = this.journal.count()
  }

  get entries(): number {
    return this.#entries
  }

  /**
   * Group commit: everything that waits goes into one transaction, in order, for one fsync. Throws when the disk would not take it,
   * and then none of it is written. A draft that JSON cannot say spoils only its own request.
   */
  write(questions: readonly Exclude<LedgerWrite, { operation: 'strike' }>[]): Outcome[] {
    let seq = this.#entries
    const outcomes: Outcome[] = []
    inTransaction(this.#database, () => {
      for (const question of questions) {
        const { id, operation, ask } = question
        if (operation === 'put') this.accounts.put(ask.table, ask.key, ask.json)
        else if (operation === 'remove') this.accounts.remove(ask.table, ask.key)
        else if (operation === 'attest') this.heads.keep(ask)
        if (operation !== 'append') {
          outcomes.push({ id, answer: undefined })
          continue
        }
        const entries = entered(ask, seq + 1)
        if (entries instanceof TypeError) {
          outcomes.push({ id, mistake: entries.message })
          continue
        }
        this.journal.write(entries, ask.checkpoints)
        seq += entries.length
        outcomes.push({ id, answer: entries })
      }
    })
    this.#entries = seq
    return outcomes
  }

  /** Removes the data of entries whose time is over, in a transaction of its own; on disk when it returns. */
  strike({ stub, ranges }: Calls['strike']['ask']): number {
    // Removed is removed: nothing of it stays readable in free pages.
    this.#database.exec('PRAGMA secure_delete = ON')
    return inTransaction(this.#database, () => removeData(this.#database, stub, ranges))
  }

  /** From now on everything is read as it is at this moment, whatever the gateway beside writes. */
  hold(): void {
    this.#database.exec('BEGIN')
    this.#entries = this.journal.count()
  }

  /** The rows as they are, from `seq` to the end or that one alone. */
  *raw(seq?: number): Generator<RawEntry> {
    const condition = seq === undefined ? '' : `WHERE seq = ${seq}`
    for (const row of this.#database.prepare(`SELECT * FROM entry ${condition} ORDER BY seq`).iterate()) yield rawEntry(row)
  }

  faults(): string[] {
    return faultsOf(this.#database, 'ledger.db')
  }

  get treeIsDue(): boolean {
    return this.tree.isDue(this.#entries)
  }

  /** Keeps some nodes of the tree more, so that a proof stays a matter of milliseconds. */
  growTree(): void {
    inTransaction(this.#database, () => this.tree.build(this.#entries))
    this.tree.built()
  }

  close(): void {
    this.#database.close()
  }
}

function entered(ask: Calls['append']['ask'], firstSeq: number): readonly Entry[] | TypeError {
  try {
    return enter(ask.drafts, firstSeq, ask.writtenAt)
  } catch (error) {
    if (error instanceof TypeError) return error
    throw error
  }
}
