import { canonical } from '../journal/canonical.ts'
import { ChainCheck } from './chain-check.ts'
import { checkProof, proofIn, proofOf } from './proof-check.ts'
import type { SignedProof } from './signed.ts'
import { linesOf, noVerdict, unreadable, Wrong } from './verdict.ts'
import type { Bytes, Given, Verdict } from './verdict.ts'

/** A log as JSON or as CSV: row by row, in little memory. */
export async function checkLog(what: 'json' | 'csv', name: string, bytes: Bytes, given: Given): Promise<Verdict> {
  const chain = new ChainCheck(given.proving.hashing)
  const base = { ...noVerdict, what, name }
  let proof: SignedProof | undefined
  try {
    proof = await (what === 'json' ? readJson(bytes, chain) : readCsv(bytes, chain))
    const { fingerprint, head } = checkProof(proof, given)
    const verdict = { ...base, finding: undefined, fingerprint, proof, head, counts: { rows: chain.rows } }
    try {
      if (proof) chain.end(proof)
      return verdict
    } catch (error) {
      if (error instanceof Wrong) return { ...verdict, finding: error.finding }
      throw error
    }
  } catch (error) {
    if (!(error instanceof Wrong)) throw error
    return { ...base, finding: error.finding, proof, counts: { rows: chain.rows } }
  }
}

/** A line of our JSON, read from left to right; anything but what the gateway writes is refused. */
class JsonLine {
  readonly #text: string
  readonly #place: string
  #at = 0

  constructor(text: string, place: string) {
    this.#text = text
    this.#place = place
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  take(words: string): boolean {
    if (!this.#text.startsWith(words, this.#at)) return false
    this.#at += words.length
    return true
  }

  must(words: string): void {
    if (!this.take(words)) throw unreadable(this.#place)
  }

  /** `{"check":"xxxxxxxx",` and the members up to `until`, or to the end of the object; exactly as JSON.stringify writes them. */
  members(until: string | undefined): { readonly word: string; readonly value: Record<string, unknown> } {
    this.must('"check":"')
    const word = this.#text.slice(this.#at, this.#at + 8)
    this.#at += 8
    this.must('"')
    const start = this.#at
    while (this.take(',')) {
      if (until !== undefined && this.#text.startsWith(`"${until}":`, this.#at)) {
        this.#at -= 1
        break
      }
      this.#skipString()
      this.must(':')
      this.#skipValue()
    }
    const text = `{${this.#text.slice(start + 1, this.#at)}}`
    const value = parsed(text)
    if (!isObject(value) || JSON.stringify(value) !== text) throw unreadable(this.#place)
    if (until !== undefined) this.must(`,"${until}":`)
    return { word, value }
  }

  /** One value to the end of the line but for `after`. */
  value(after: string): { readonly value: unknown; readonly text: string } {
    const start = this.#at
    this.#skipValue()
    const text = this.#text.slice(start, this.#at)
    this.must(after)
    return { value: parsed(text), text }
  }

  #skipString(): void {
    this.must('"')
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]
      if (character === '\\') this.#at += 1
      else if (character === '"') break
    }
    this.must('"')
  }

  #skipValue(): void {
    let depth = 0
    do {
      const character = this.#text[this.#at]
      if (character === undefined) throw unreadable(this.#place)
      if (character === '"') this.#skipString()
      else {
        if (character === '{' || character === '[') depth += 1
        else if (character === '}' || character === ']') depth -= 1
        if (depth < 0) throw unreadable(this.#place)
        this.#at += 1
        if (depth === 0 && !'}],'.includes(character)) while (/[^,}\]]/.test(this.#text[this.#at] ?? ',')) this.#at += 1
      }
    } while (depth > 0)
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `writeJson` of gateway/report/forms/json.ts, backwards. */
async function readJson(bytes: Bytes, chain: ChainCheck): Promise<SignedProof | undefined> {
  let section = ''
  let row = 0
  let number = 0
  let isInRows = false
  let end: { readonly proof: SignedProof | undefined } | undefined
  const begin = (line: JsonLine): void => {
    line.must('{')
    const { word, value } = line.members('rows')
    section = String(value['id'])
    chain.add({ text: canonical(value), word, place: section })
    line.must('[')
    row = 0
  }
  /** From the end of a section's rows to the next ones, or to the proof. */
  const closeRows = (line: JsonLine, place: string): void => {
    for (;;) {
      line.must(']}')
      if (line.take('],"proof":')) {
        const { value, text } = line.value('}')
        end = { proof: value === null ? undefined : proofOf(value, text) }
        if (!line.isAtEnd || (value !== null && !end.proof)) throw unreadable(place)
        isInRows = false
        return
      }
      line.must(',')
      begin(line)
      if (line.isAtEnd) return
    }
  }
  for await (const text of linesOf(bytes.read(), '\n')) {
    number += 1
    const place = isInRows ? `${section} row ${row + 1}` : `line ${number}`
    const line = new JsonLine(text, place)
    if (end) throw unreadable(place)
    if (number === 1) {
      line.must('{"log":"zhishou-log-1",')
      const { word, value } = line.members('sections')
      chain.add({ text: canonical(value), word, place: 'head' })
      line.must('[')
      isInRows = true
      if (line.take('],"proof":')) {
        const { value: proof, text: proofText } = line.value('}')
        end = { proof: proof === null ? undefined : proofOf(proof, proofText) }
        continue
      }
      begin(line)
      if (!line.isAtEnd) closeRows(line, place)
      continue
    }
    line.must('{')
    const { word, value } = line.members(undefined)
    line.must('}')
    row += 1
    chain.add({ text: canonical(value), word, place: placeOf(section, row, value['cells']) })
    if (line.take(',') && line.isAtEnd) continue
    closeRows(line, place)
  }
  if (!end) throw chain.cutOff()
  return end.proof
}

/** A row by its section, its number, its time and the first words in it. */
function placeOf(section: string, row: number, cells: unknown): string {
  const all: readonly unknown[] = Array.isArray(cells) ? cells : []
  const time = all.find(cell => typeof cell === 'number' && cell > 1e11 && cell < 8.64e15)
  const words = all.map(cell => (isObject(cell) ? cell['zh'] : cell)).find(cell => typeof cell === 'string' && cell !== '')
  const told = [
    ...(typeof time === 'number' ? [`${new Date(time).toISOString().slice(0, 16)}Z`] : []),
    ...(typeof words === 'string' ? [words.slice(0, 40)] : []),
  ]
  return `${section} row ${row}${told.length > 0 ? ` (${told.join(' ')})` : ''}`
}

const separatorsIn = (record: string): number => record.replaceAll(/"[^"]*"/g, '').split(',').length

/** `writeCsv` of gateway/report/forms/csv.ts, backwards: each record's text, the comma, the word. */
async function readCsv(bytes: Bytes, chain: ChainCheck): Promise<SignedProof | undefined> {
  let number = 0
  let begun = 0
  let fields = 0
  let record: string | undefined
  let last: { readonly text: string; readonly place: string } | undefined
  const add = (text: string, place: string): void => {
    const comma = text.lastIndexOf(',')
    chain.add({ text: text.slice(0, comma), word: text.slice(comma + 1), place })
  }
  for await (const line of linesOf(bytes.read(), '\r\n')) {
    number += 1
    if (number === 1 && !line.startsWith('\uFEFF')) throw unreadable('line 1')
    if (record === undefined) begun = number
    const text: string = record === undefined ? (number === 1 ? line.slice(1) : line) : `${record}\r\n${line}`
    // A field in quotes may have line breaks in it.
    if ((text.split('"').length - 1) % 2 === 1) {
      record = text
      continue
    }
    record = undefined
    if (last) add(last.text, last.place)
    else fields = separatorsIn(text)
    last = { text, place: `line ${begun} (${text.replaceAll('"', '').slice(0, 40)})` }
  }
  if (!last || record !== undefined) throw chain.cutOff()
  // Every record has equally many fields, the proof's too.
  if (separatorsIn(last.text) !== fields) throw unreadable(last.place)
  const proof = /^(?:校验证明|proof),([A-Za-z0-9+/]+={0,2}),+$/.exec(last.text)?.[1]
  if (proof !== undefined) {
    const found = proofIn(proof)
    if (!found) throw unreadable('proof')
    return found
  }
  if (/^(?:校验证明|proof),(?:未签名|not signed),+$/.test(last.text)) return undefined
  add(last.text, last.place)
  throw chain.cutOff()
}
