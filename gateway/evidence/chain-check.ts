import type { Hashing } from '../journal/hashing.ts'
import { Chain, markAt } from './chain.ts'
import type { Marks } from './chain.ts'
import type { Proof } from './signed.ts'
import { Wrong } from './verdict.ts'
import type { FaultKind } from './verdict.ts'

interface Line {
  readonly text: string
  readonly word: string
  /** How people find it: `temperature row 3 (cold-1 …)`. */
  readonly place: string
}

const lookAhead = 64

/** Follows the rows of an export with their check words, and says in the end which of them is the first that is not as it was exported. */
export class ChainCheck {
  readonly #chain: Chain
  /** As it was before the first row whose word does not fit. */
  #before: Chain | undefined
  #brokenAt = 0
  #after: Line[] = []
  #places: string[] = []
  #every = 1

  constructor(hashing: Hashing) {
    this.#chain = new Chain(hashing)
  }

  get rows(): number {
    return this.#chain.rows
  }

  /** A row with the word that stands beside it. */
  add(line: Line): void {
    if (this.#brokenAt === 0 && this.#chain.wordOf(line.text) !== line.word) {
      this.#brokenAt = this.#chain.rows + 1
      this.#before = this.#chain.copy()
    }
    if (this.#brokenAt > 0 && this.#after.length < lookAhead) this.#after.push(line)
    this.#chain.add(line.text)
    this.#remember(line.place)
  }

  /** Throws Wrong for the first row that was altered, removed, inserted or moved. The proof's signature was checked before. */
  end({ rows, chain, marks }: Pick<Proof, 'rows' | 'chain' | 'marks'>): void {
    const found = this.#chain
    if (found.whole === chain && found.rows === rows) {
      if (this.#brokenAt > 0)
        throw wrong('altered', this.#after[0]?.place ?? '', '的校验字被改过', ': its check word was altered')
      return
    }
    const signed = marks && this.#firstOther(marks)
    // Where the words were all written anew they agree with the rows, and only the signed ones tell.
    if (this.#brokenAt > 0 && (!signed || this.#brokenAt <= signed.last)) throw this.#atRow(rows, marks)
    const [kind, zh, en] = this.#byCount(rows)
    if (signed) throw wrong(kind, this.#between(signed.first, signed.last), zh, en)
    if (kind === 'missing') throw this.#cutOff(rows)
    throw wrong(kind, this.#between(1, found.rows), zh, en)
  }

  /** Where the file ends before its proof. */
  cutOff(): Wrong {
    return this.#cutOff(undefined)
  }

  #cutOff(rows: number | undefined): Wrong {
    const last = this.#places.at(-1) ?? 'the beginning'
    const count = rows === undefined ? '' : ` ${rows - this.#chain.rows}`
    return new Wrong('truncated', last, {
      zh: `${inChinese(last)}之后缺${count || '少'}${count ? ' 行' : '内容'}：文件末尾被截断`,
      en: `after ${last}${count ? `${count} row(s) are` : ' the rest is'} missing: the end of the file was cut off`,
    })
  }

  #atRow(rows: number, marks: Marks | undefined): Wrong {
    const [first, second] = this.#after
    const place = first?.place ?? ''
    const [kind, count] = (marks?.every === 1 && this.#bySignedWords(marks)) || this.#byOwnWords(rows)
    if (kind === 'swapped')
      return wrong(kind, place, `与 ${inChinese(second?.place ?? '')} 被对调`, ` was swapped with ${second?.place ?? ''}`)
    if (kind === 'missing') return wrong(kind, place, `之前缺少 ${count} 行`, `: ${count} row(s) before it are missing`)
    if (kind === 'inserted') return wrong(kind, place, `是后加的（共 ${count} 行）`, ` was inserted (${count} row(s))`)
    return wrong('altered', place, '被改过', ' was altered')
  }

  /** Every row's word is signed: what stands here now is found among them. */
  #bySignedWords(marks: Marks): readonly [FaultKind, number] | undefined {
    const at = this.#brokenAt
    const words = this.#after.map(({ word }) => word)
    const own = markAt(marks, at)
    if (words[0] === own) return ['altered', 1]
    if (words[0] === markAt(marks, at + 1) && words[1] === own) return ['swapped', 1]
    for (let count = 1; count < lookAhead; count++) if (words[0] === markAt(marks, at + count)) return ['missing', count]
    const place = words.indexOf(own ?? '')
    return place > 0 ? ['inserted', place] : undefined
  }

  /** What the words beside the rows say: a row that was put in is bridged by leaving it out. */
  #byOwnWords(rows: number): readonly [FaultKind, number] {
    const before = this.#before
    const [first, second] = this.#after
    if (before && first && second && before.wordOf(second.text) === second.word) {
      if (before.wordOf(second.text, first.text) === first.word) return ['swapped', 1]
      return ['inserted', 1]
    }
    for (let count = 2; count < this.#after.length; count++) {
      const next = this.#after[count]
      if (before && next && before.wordOf(next.text) === next.word) return ['inserted', count]
    }
    return this.#chain.rows < rows ? ['missing', rows - this.#chain.rows] : ['altered', 1]
  }

  /** The rows between the last signed word that fits and the first one that does not; from 1, both included. */
  #firstOther(marks: Marks): { readonly first: number; readonly last: number } | undefined {
    const own = this.#chain.marks
    const every = Math.max(own.every, marks.every)
    for (let row = every; ; row += every) {
      const [mine, signed] = [markAt(own, row), markAt(marks, row)]
      if (mine === undefined || signed === undefined) {
        if (mine === signed) return undefined
        return { first: row - every + 1, last: row }
      }
      if (mine !== signed) return { first: row - every + 1, last: row }
    }
  }

  #byCount(rows: number): readonly [FaultKind, string, string] {
    const difference = this.#chain.rows - rows
    if (difference < 0) return ['missing', `处缺少 ${-difference} 行`, `: ${-difference} row(s) are missing`]
    if (difference > 0) return ['inserted', `处多出 ${difference} 行`, `: ${difference} row(s) were inserted`]
    return ['altered', '被改过', ' was altered']
  }

  #between(first: number, last: number): string {
    const [from, to] = [this.#placeOf(first), this.#placeOf(Math.min(last, this.#chain.rows))]
    return from === to ? from : `${from} … ${to}`
  }

  /** Of a long export the places of some rows are known by name, of the others their number. */
  #remember(place: string): void {
    if (this.#chain.rows % this.#every !== 0) return
    this.#places.push(place)
    if (this.#places.length < 256) return
    this.#every *= 2
    this.#places = this.#places.filter((_, index) => index % 2 === 1)
  }

  #placeOf(row: number): string {
    return (row % this.#every === 0 ? this.#places[row / this.#every - 1] : undefined) ?? `record ${row}`
  }
}

const wrong = (kind: FaultKind, place: string, zh: string, en: string): Wrong =>
  new Wrong(kind, place, { zh: `${inChinese(place)}${zh}`, en: `${place}${en}` })

/** `daily row 8 (…)` as it is said in Chinese. */
const inChinese = (place: string): string => place.replaceAll(/ row (\d+)/g, ' 第 $1 行').replaceAll(/\bline (\d+)/g, '第 $1 行')
