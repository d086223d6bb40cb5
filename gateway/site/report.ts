import type { Words } from '../../protocols/contract/driver.ts'
import type { Document, Path } from './document.ts'
import type { Problem } from './site.ts'

/** A value of a parsed file together with where it stands. */
export interface Item {
  readonly document: Document
  readonly path: Path
  readonly value: unknown
}

export interface Finding {
  readonly code: string
  readonly wrong: Words
  readonly write: Words
  /** What the place points at: the key (it should not be here) or the value (it should be another). Default: value. */
  readonly on?: 'key' | 'value'
}

/** Collects what is wrong with the files, each with its place. */
export class Report {
  readonly #problems: Problem[] = []
  readonly #meant = new Set<string>()

  error(item: Item, finding: Finding): void {
    this.#add('error', item, finding)
  }

  warn(item: Item, finding: Finding): void {
    this.#add('warning', item, finding)
  }

  /** Worth knowing, and nothing is wrong. */
  note(item: Item, finding: Finding): void {
    this.#add('note', item, finding)
  }

  /** What the parser itself found in a file. */
  faults(document: Document): void {
    for (const { path, ...fault } of document.faults) {
      this.#problems.push({ severity: 'error', file: document.file, path: path.join('.'), ...fault })
    }
  }

  /** Sorted by place. Where a variable is missing nothing else is said of that value. */
  problems(): readonly Problem[] {
    const spot = (problem: Problem) => `${problem.file}:${problem.line}:${problem.column}`
    const unset = new Set(this.#problems.filter(problem => problem.code === 'env-missing').map(spot))
    const order = (a: Problem, b: Problem) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column
    return this.#problems.filter(problem => problem.code === 'env-missing' || !unset.has(spot(problem))).toSorted(order)
  }

  /** A key was mistyped: the one that was meant is there, in a way, and not to be called missing as well. */
  meant({ document, path }: Item): void {
    this.#meant.add([document.file, ...path].join('\0'))
  }

  wasMeant({ document, path }: Item): boolean {
    return this.#meant.has([document.file, ...path].join('\0'))
  }

  /** Whether something at this place is already reported. */
  has(item: Item, on: 'key' | 'value' = 'value'): boolean {
    const { line, column } = item.document.place(item.path, on)
    return this.#problems.some(
      problem => problem.file === item.document.file && problem.line === line && problem.column === column,
    )
  }

  #add(severity: Problem['severity'], { document, path }: Item, { code, wrong, write, on }: Finding) {
    this.#problems.push({
      severity,
      code,
      file: document.file,
      ...document.place(path, on ?? 'value'),
      path: path.join('.'),
      wrong,
      write,
    })
  }
}

/** The known word nearest to a mistyped one, when it is near enough to be meant. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

/** Edits (insert, delete, replace, swap neighbours) between two words; long junk is not worth measuring. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8 || a.length > 64) return Number.POSITIVE_INFINITY
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let edits = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits = Math.min(edits, (before[j - 2] ?? 0) + 1)
      next.push(edits)
    }
    before = row
    row = next
  }
  return row[b.length] ?? Number.POSITIVE_INFINITY
}

/** `write one of …`, the likely one first. */
export function suggest(word: string, known: Iterable<string>): Words {
  const all = [...known]
  const likely = nearest(word, all)
  if (likely !== undefined) return { zh: `写 \`${likely}\``, en: `write \`${likely}\`` }
  const list = all.map(name => `\`${name}\``)
  return { zh: `可以写：${list.join('、')}`, en: `write one of ${list.join(', ')}` }
}
