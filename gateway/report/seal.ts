import { RowChain, signed } from '../evidence/signed.ts'
import type { Proof, SignedProof, SigningKey } from '../evidence/signed.ts'

/** What is known of an export before its first row. */
export type Export = Omit<Proof, 'what' | 'rows' | 'chain' | 'bytes'>

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

  /** The check word of the next row. */
  row(text: string): string {
    return this.#chain.add(text)
  }

  /** `undefined` where there is no key to sign with: the export says so. */
  end(bytes?: string): SignedProof | undefined {
    const { rows, whole: chain } = this.#chain
    const proof = { what: 'zhishou-proof-1', ...this.#about, rows, chain, ...(bytes === undefined ? {} : { bytes }) } as const
    return this.#key && signed(proof, this.#key)
  }
}
