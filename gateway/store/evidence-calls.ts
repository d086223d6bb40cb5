import type { ClosedNow, PeriodClosing, SealedPeriod } from '../historian/seals.ts'
import { hexOf } from '../journal/hashing.ts'
import type { Copied, HeadQuestion, HeadWord, KeptHead } from '../journal/head-table.ts'
import type { StoreClient } from './client.ts'
import type { History } from './history.ts'
import type { Ledger } from './ledger.ts'

/** What evidence asks of the worker. Hashes travel as hex. */
export interface EvidenceCalls {
  closePeriod: { ask: { readonly at: number; readonly above: number }; answer: ClosedNow | undefined }
  closedPeriods: { ask: { readonly after: number; readonly limit: number }; answer: readonly SealedPeriod[] }
  treeHead: { ask: null; answer: JournalRoot }
  treeProof: { ask: { readonly seq: number; readonly size: number }; answer: readonly string[] }
  treeConsistency: { ask: { readonly before: number; readonly size: number }; answer: readonly string[] }
  heads: { ask: HeadQuestion; answer: readonly KeptHead[] }
  copied: { ask: null; answer: readonly Copied[] }
  attest: { ask: HeadWord; answer: void }
}

/** The journal's tree at one moment. */
export interface JournalRoot {
  readonly size: number
  /** Over the first `size` entries, hex. */
  readonly root: string
}

/** Evidence as the store keeps it. Rejects like the rest of the store. */
export interface EvidenceShelf {
  /**
   * Closes the oldest sealing period that is not closed and has readings; `undefined` where there is none. `above`: the last period that the
   * journal knows. Takes as long as reading them takes, in small pieces between other work.
   */
  closePeriod(at: number, above: number): Promise<ClosedNow | undefined>
  /** Closed periods above `after`, in order. */
  closedPeriods(after: number, limit: number): Promise<readonly SealedPeriod[]>
  treeHead(): Promise<JournalRoot>
  /** What leads from an entry to the root over the first `size` (RFC 9162 §2.1.3.1), hex. Rejects with RangeError-like TypeError for an entry that is not there. */
  treeProof(seq: number, size: number): Promise<readonly string[]>
  /** That the first `before` entries are the beginning of the first `size` (§2.1.4.1), hex. */
  treeConsistency(before: number, size: number): Promise<readonly string[]>
  heads(query: HeadQuestion): Promise<readonly KeptHead[]>
  copied(): Promise<readonly Copied[]>
  /** Keeps a signed head, its time stamp, or how far a copy of the heads is. */
  attest(word: HeadWord): Promise<void>
}

export function evidenceOn(client: StoreClient): EvidenceShelf {
  return {
    closePeriod: (at, above) => client.call('closePeriod', { at, above }),
    closedPeriods: (after, limit) => client.call('closedPeriods', { after, limit }),
    treeHead: () => client.call('treeHead', null),
    treeProof: (seq, size) => client.call('treeProof', { seq, size }),
    treeConsistency: (before, size) => client.call('treeConsistency', { before, size }),
    heads: query => client.call('heads', query),
    copied: () => client.call('copied', null),
    attest: word => client.call('attest', word),
  }
}

/** A question about evidence, answered. Throws TypeError for any other. */
export function lookForEvidence(
  { history, ledger }: { readonly history: History; readonly ledger: Ledger },
  { operation, ask }: EvidenceQuestion,
): unknown {
  switch (operation) {
    case 'closedPeriods':
      return history.seals.closedAfter(ask.after, ask.limit)
    case 'treeHead': {
      const size = ledger.journal.count()
      return { size, root: hexOf(ledger.tree.rootAt(size)) }
    }
    case 'treeProof':
      return ledger.tree.inclusion(ask.seq, ask.size).map(hexOf)
    case 'treeConsistency':
      return ledger.tree.consistency(ask.before, ask.size).map(hexOf)
    case 'heads':
      return ledger.heads.list(ask)
    case 'copied':
      return ledger.heads.copied()
    default:
      throw new TypeError(`${String(operation)} is no question`)
  }
}
export type EvidenceQuestion = {
  [K in Exclude<keyof EvidenceCalls, 'closePeriod' | 'attest'>]: { readonly operation: K; readonly ask: EvidenceCalls[K]['ask'] }
}[Exclude<keyof EvidenceCalls, 'closePeriod' | 'attest'>]

const rowsPerTurn = 20_000

/** The closings that were asked for, one after the other, a piece a turn. */
export class PeriodClosings {
  readonly #history: History
  readonly #asked: { readonly id: number; readonly at: number; readonly above: number }[] = []
  #running: PeriodClosing | undefined

  constructor(history: History) {
    this.#history = history
  }

  ask(id: number, { at, above }: EvidenceCalls['closePeriod']['ask']): void {
    this.#asked.push({ id, at, above })
  }

  get areDue(): boolean {
    return this.#asked.length > 0
  }

  /** Does a piece; what is answered now, if anything is. A failure ends the closing that was asked for and throws with its number. */
  step():
    | { readonly id: number; readonly answer: ClosedNow | undefined }
    | { readonly id: number; readonly error: unknown }
    | undefined {
    const [first] = this.#asked
    if (!first) return undefined
    try {
      this.#running ??= this.#history.seals.close(first.at, first.above)
      const answer = this.#running?.step(rowsPerTurn)
      if (this.#running && !answer) return undefined
      this.#end()
      return { id: first.id, answer }
    } catch (error) {
      this.#end()
      return { id: first.id, error }
    }
  }

  #end(): void {
    this.#running = undefined
    this.#asked.shift()
  }
}
