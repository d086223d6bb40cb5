import { RowChain, signed } from '../evidence/signed.ts'
import type { Proof, SignedProof, SigningKey } from '../evidence/signed.ts'
import { canonical } from '../journal/canonical.ts'
import type { LogDocument, LogRow, LogSection } from './document.ts'

/** What is known of an export before its first row. */
export type Export = Omit<Proof, 'what' | 'rows' | 'chain' | 'marks' | 'bytes'>

/** Follows an export row by row and signs its end. */
export class Seal {
  readonly #chain = new RowChain()
  readonly #about: Export
  readonly #key: SigningKey | undefined

  constructor(about: Export, key: SigningKey | undefined) {
    this.#about = about
    this.#key = key
  }

  get about(): Export {
    return this.#about
  }

  get key(): SigningKey | undefined {
    return this.#key
  }

  /** The chain over all rows so far, hex. */
  get whole(): string {
    return this.#chain.whole
  }

  /** The check word of the next row. */
  row(text: string): string {
    return this.#chain.add(text)
  }

  /** `undefined` where there is no key to sign with: the export says so. */
  end(bytes?: string): SignedProof | undefined {
    const { rows, whole: chain, marks } = this.#chain
    const proof = {
      what: 'zhishou-proof-1',
      ...this.#about,
      rows,
      chain,
      marks,
      ...(bytes === undefined ? {} : { bytes }),
    } as const
    return this.#key && signed(proof, this.#key)
  }
}

/** The first text of the chain that JSON, XLSX and PDF share. */
export const topText = ({ kind, title, head, signatures }: LogDocument): string => canonical({ kind, title, head, signatures })

/** The text of a section, before its rows. */
export const sectionText = (section: LogSection): string => canonical(withoutRows(section))

export const withoutRows = ({ rows: _rows, ...section }: LogSection): Omit<LogSection, 'rows'> => section

export const rowText = (row: LogRow): string => canonical(row)

/**
 * Chains a whole log whose form cannot carry a check word a row: the same words as in its JSON, so that a sheet of paper names the chain of
 * the data it was printed from. Gives the rows of each section.
 */
export function sealWhole(document: LogDocument, seal: Seal): readonly number[] {
  seal.row(topText(document))
  return document.sections.map(section => {
    seal.row(sectionText(section))
    let rows = 0
    for (const row of section.rows()) {
      seal.row(rowText(row))
      rows += 1
    }
    return rows
  })
}
