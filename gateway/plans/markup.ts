/**
 * Reads markup as XML 1.0 has it, as far as a drawing needs it, and nothing beyond: no entities of its own, no external subset. What it does
 * not understand it refuses, so that no browser can read something else in it than was checked here.
 */
export type Markup =
  | { readonly is: 'open'; readonly name: string; readonly attributes: ReadonlyMap<string, string>; readonly line: number }
  | { readonly is: 'close'; readonly name: string; readonly line: number }
  | { readonly is: 'text'; readonly text: string; readonly line: number }

export type MarkupFault = 'broken-svg' | 'svg-entities' | 'svg-external'

export class MarkupTrouble extends Error {
  readonly why: MarkupFault
  readonly line: number

  constructor(why: MarkupFault, detail: string, line: number) {
    super(detail)
    this.why = why
    this.line = line
  }
}

const nameStart = 'A-Za-z_:\\u00b7-\\uffff'
const tag = new RegExp(`<(/?)([${nameStart}][${nameStart}0-9.-]*)`, 'y')
const attribute = new RegExp(`\\s+([${nameStart}][${nameStart}0-9.-]*)\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'y')
const tagEnd = /\s*(\/?)>/y

/** In the order of the document; an element without content is opened and closed. Throws `MarkupTrouble`. */
export function* markupOf(text: string): Generator<Markup> {
  const lines = new Lines(text)
  const open: string[] = []
  let isOver = false
  for (let at = 0; at < text.length;) {
    const next = text.indexOf('<', at)
    const end = next < 0 ? text.length : next
    if (end > at) {
      const words = text.slice(at, end)
      const line = lines.of(at)
      if (open.length > 0) yield { is: 'text', text: decoded(words, line), line }
      else if (/\S/.test(words)) throw new MarkupTrouble('broken-svg', 'text outside the drawing', line)
    }
    if (next < 0) break
    const line = lines.of(next)
    const aside = besides(text, next, line)
    if (aside) {
      if (aside.text !== undefined && open.length > 0) yield { is: 'text', text: aside.text, line }
      at = aside.end
      continue
    }
    if (isOver) throw new MarkupTrouble('broken-svg', 'something comes after the drawing', line)
    const read = readTag(text, next, line)
    at = read.end
    if (read.closes) {
      if (open.pop() !== read.name) throw new MarkupTrouble('broken-svg', `</${read.name}> closes nothing`, line)
      yield { is: 'close', name: read.name, line }
    } else {
      yield { is: 'open', name: read.name, attributes: read.attributes, line }
      if (read.isEmpty) yield { is: 'close', name: read.name, line }
      else open.push(read.name)
    }
    isOver = open.length === 0
  }
  if (open.length > 0) throw new MarkupTrouble('broken-svg', `<${open.at(-1)}> is not closed`, lines.of(text.length))
  if (!isOver) throw new MarkupTrouble('broken-svg', 'there is no element in it', 1)
}

/** Comments, instructions, the type of the document: passed over, unless they could bring something in. */
function besides(text: string, at: number, line: number): { readonly end: number; readonly text?: string } | undefined {
  const upTo = (mark: string, from: number): number => {
    const found = text.indexOf(mark, from)
    if (found < 0) throw new MarkupTrouble('broken-svg', `${mark} is missing`, line)
    return found + mark.length
  }
  if (text.startsWith('<!--', at)) return { end: upTo('-->', at + 4) }
  if (text.startsWith('<![CDATA[', at)) {
    const end = upTo(']]>', at)
    return { end, text: printable(text.slice(at + 9, end - 3)) }
  }
  if (text.startsWith('<?', at)) {
    if (/^<\?xml-stylesheet/i.test(text.slice(at, at + 16)))
      throw new MarkupTrouble('svg-external', 'a style sheet outside the file', line)
    return { end: upTo('?>', at) }
  }
  if (text.startsWith('<!', at)) {
    const end = upTo('>', at)
    // An own subset can rename and multiply whatever comes after it.
    if (!/^<!DOCTYPE\s/i.test(text.slice(at, at + 10)) || text.slice(at, end).includes('['))
      throw new MarkupTrouble('svg-entities', 'it declares entities', line)
    return { end }
  }
  return undefined
}

interface Tag {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly closes: boolean
  readonly isEmpty: boolean
  readonly end: number
}

function readTag(text: string, from: number, line: number): Tag {
  tag.lastIndex = from
  const start = tag.exec(text)
  if (!start) throw new MarkupTrouble('broken-svg', 'a < that begins nothing', line)
  const [, slash, name = ''] = start
  const attributes = new Map<string, string>()
  let at = tag.lastIndex
  for (;;) {
    attribute.lastIndex = at
    const found = slash === '' ? attribute.exec(text) : null
    if (!found) break
    const [, key = '', double, single] = found
    if (attributes.has(key)) throw new MarkupTrouble('broken-svg', `${key} is there twice`, line)
    attributes.set(key, decoded(double ?? single ?? '', line))
    at = attribute.lastIndex
  }
  tagEnd.lastIndex = at
  const end = tagEnd.exec(text)
  if (!end) throw new MarkupTrouble('broken-svg', `<${name}> is not written to its end`, line)
  return { name, attributes, closes: slash === '/', isEmpty: end[1] === '/', end: tagEnd.lastIndex }
}

const own: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/**
 * Without the characters that XML 1.0 cannot hold, or that are never drawn. They go here, before anything is judged: taken out of what was
 * found harmless, they would make `url(` of what was not.
 */
const printable = (text: string): string => text.replaceAll(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, '')

function decoded(text: string, line: number): string {
  if (!text.includes('&')) return printable(text)
  const whole = text.replace(/&(#x[0-9a-fA-F]{1,6}|#[0-9]{1,7}|[^;&\s]{1,32})?;?/g, (all, name: string | undefined) => {
    if (name === undefined || !all.endsWith(';')) throw new MarkupTrouble('broken-svg', 'an & that begins nothing', line)
    if (!name.startsWith('#')) {
      const character = own[name]
      if (character === undefined) throw new MarkupTrouble('svg-entities', `&${name};`, line)
      return character
    }
    const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new MarkupTrouble('broken-svg', `&${name};`, line)
    return String.fromCodePoint(code)
  })
  return printable(whole)
}

/** Which line a place is on; places come in order, so that a long file is gone through once. */
class Lines {
  readonly #text: string
  #line = 1
  #next: number

  constructor(text: string) {
    this.#text = text
    this.#next = text.indexOf('\n')
  }

  of(at: number): number {
    while (this.#next >= 0 && this.#next < at) {
      this.#line += 1
      this.#next = this.#text.indexOf('\n', this.#next + 1)
    }
    return this.#line
  }
}
