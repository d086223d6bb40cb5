import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** A few facts that outlive a run, in one small file. Without a place, or without a disk that takes them, they last as long as the run. */
export class Notebook {
  readonly #path: string | undefined
  #facts: unknown

  constructor(path: string | undefined) {
    this.#path = path
  }

  /** What was noted last; undefined when nothing was, or what lies there is no JSON. */
  read(): unknown {
    if (this.#facts !== undefined || this.#path === undefined) return this.#facts
    try {
      this.#facts = JSON.parse(readFileSync(this.#path, 'utf8')) as unknown
    } catch {
      this.#facts = undefined
    }
    return this.#facts
  }

  /** Whether it will outlive the run. */
  write(facts: object): boolean {
    this.#facts = facts
    if (this.#path === undefined) return false
    try {
      mkdirSync(dirname(this.#path), { recursive: true })
      writeFileSync(`${this.#path}.new`, JSON.stringify(facts))
      renameSync(`${this.#path}.new`, this.#path)
      return true
    } catch {
      // A full disk is told elsewhere; it must not keep the line from being served.
      return false
    }
  }
}
