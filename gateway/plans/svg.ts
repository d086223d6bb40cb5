import { pictureOf } from '../records/picture.ts'
import { MarkupTrouble, markupOf } from './markup.ts'
import type { Markup, MarkupFault } from './markup.ts'
import { activeElements, drawingAttributes, drawingElements, pointingElements, wordyElements } from './svg-vocabulary.ts'
import { Weights } from './svg-weight.ts'

export type SvgFault = MarkupFault | 'svg-active' | 'svg-no-size' | 'svg-too-much'

export type SvgCleaned =
  | {
      readonly ok: true
      readonly text: string
      readonly width: number
      readonly height: number
      readonly leftOut: readonly string[]
    }
  | { readonly ok: false; readonly why: SvgFault; readonly detail: string; readonly line: number }

class SvgTrouble extends Error {
  readonly why: SvgFault
  readonly line: number

  constructor(why: SvgFault, detail: string, line: number) {
    super(detail)
    this.why = why
    this.line = line
  }
}

const svgSpace = 'http://www.w3.org/2000/svg'
const mostElements = 200_000
const deepest = 200
const mostLeftOut = 12

/**
 * A drawing as an SVG, written anew from what was understood: known elements with known attributes, and nothing else. What does not draw
 * (comments, an editor's own notes, filters, movement) is left out and named; what runs, or reaches out of the file, is a reason to refuse it.
 */
export function cleanSvg(bytes: Uint8Array): SvgCleaned {
  try {
    return new Cleaner().clean(textOf(bytes))
  } catch (error) {
    if (error instanceof SvgTrouble || error instanceof MarkupTrouble)
      return { ok: false, why: error.why, detail: error.message.slice(0, 200), line: error.line }
    throw error
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new SvgTrouble('broken-svg', 'it is not written in UTF-8', 1)
  }
}

type Opened = Extract<Markup, { is: 'open' }>
interface Frame {
  readonly name: string
  /** `aside`: it and all within is left out. `through`: what is within stays, without it. */
  readonly kept: 'whole' | 'through' | 'aside'
  readonly spaces: ReadonlyMap<string, string>
}

class Cleaner {
  readonly #frames: Frame[] = []
  readonly #written: string[] = []
  readonly #leftOut = new Set<string>()
  readonly #weights = new Weights()
  #style = ''
  #elements = 0
  #size: { readonly width: number; readonly height: number } | undefined

  clean(text: string): SvgCleaned {
    for (const part of markupOf(text)) {
      if (part.is === 'open') this.#open(part)
      else if (part.is === 'close') this.#close(part.line)
      else this.#text(part.text)
    }
    const total = this.#weights.total()
    if (total === 'endless') throw new SvgTrouble('broken-svg', 'a part of it is made of itself', 1)
    if (total > mostElements) throw new SvgTrouble('svg-too-much', `more than ${mostElements} shapes`, 1)
    const { width = 0, height = 0 } = this.#size ?? {}
    return { ok: true, text: this.#written.join(''), width, height, leftOut: [...this.#leftOut].slice(0, mostLeftOut) }
  }

  #open({ name, attributes, line }: Opened): void {
    const outer = this.#frames.at(-1)
    if (this.#frames.length >= deepest) throw new SvgTrouble('svg-too-much', `more than ${deepest} levels`, line)
    if ((this.#elements += 1) > mostElements) throw new SvgTrouble('svg-too-much', `more than ${mostElements} elements`, line)
    const spaces = spacesOf(attributes, outer?.spaces ?? new Map([['', svgSpace]]))
    const [prefix, local] = splitName(name)
    refuseActive(local, attributes, line)
    const isDrawing = spaces.get(prefix) === svgSpace && drawingElements.has(local)
    if (!outer && !(isDrawing && local === 'svg')) throw new SvgTrouble('broken-svg', `it begins with <${name}>, not <svg>`, line)
    // A style is words alone: one within another would be read twice, and an element in its midst is nothing to any browser.
    const isAside = outer?.kept === 'aside' || outer?.name === 'style' || !isDrawing
    const kept = isAside ? 'aside' : local === 'a' || local === 'switch' ? 'through' : 'whole'
    if (isAside && outer?.kept !== 'aside') this.#leftOut.add(name)
    if (local === 'a') this.#leftOut.add('a')
    this.#frames.push({ name: local, kept, spaces })
    if (kept === 'aside') return
    const target = targetOf(local, attributes, line)
    const own = ownOf(attributes, line)
    if (!outer) this.#size = sizeOf(own, line)
    this.#weights.open(own.get('id'), [target, ...pointedAt(own)])
    // A group stands in its place, so that what it is drawn with (`transform`, `fill`) still counts.
    const written = kept === 'through' ? 'g' : local
    this.#written.push(`<${written}${outer ? '' : rootOf(own, this.#size)}${attributesOf(own, outer === undefined)}`)
    if (target !== undefined) this.#written.push(` href="${escaped(target)}"`)
    this.#written.push('>')
    if (local === 'style') this.#style = ''
  }

  #text(text: string): void {
    const frame = this.#frames.at(-1)
    if (!frame || frame.kept === 'aside' || !wordyElements.has(frame.name)) return
    if (frame.name === 'style') this.#style += text
    else this.#written.push(escaped(text))
  }

  #close(line: number): void {
    const frame = this.#frames.pop()
    if (!frame || frame.kept === 'aside') return
    if (frame.name === 'style') {
      refuseReaching(this.#style, line)
      this.#written.push(escaped(this.#style))
    }
    this.#weights.close()
    this.#written.push(`</${frame.kept === 'through' ? 'g' : frame.name}>`)
  }
}

function splitName(name: string): readonly [prefix: string, local: string] {
  const colon = name.indexOf(':')
  return colon < 0 ? ['', name] : [name.slice(0, colon), name.slice(colon + 1)]
}

/** What the prefixes mean from here on. */
function spacesOf(attributes: ReadonlyMap<string, string>, outer: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const declared = [...attributes].flatMap(([key, value]): readonly (readonly [string, string])[] =>
    key === 'xmlns' ? [['', value]] : key.startsWith('xmlns:') ? [[key.slice(6), value]] : [],
  )
  return declared.length === 0 ? outer : new Map([...outer, ...declared])
}

/** Whatever it is called by its prefix: somebody may read it in another way than we do. */
function refuseActive(local: string, attributes: ReadonlyMap<string, string>, line: number): void {
  if (activeElements.has(local.toLowerCase())) throw new SvgTrouble('svg-active', `<${local}>`, line)
  for (const [key, value] of attributes) {
    if (/^(.*:)?on/i.test(key)) throw new SvgTrouble('svg-active', key, line)
    if (/^(java|vb|live)script:/i.test(value.replaceAll(/[\s\p{Cc}]/gu, '')))
      throw new SvgTrouble('svg-active', `${key}="${value.trim().slice(0, 40)}"`, line)
  }
}

/** Styles may point at parts of the drawing and at nothing else. A backslash could hide what is asked for. */
function refuseReaching(style: string, line: number): void {
  const reaching = /\\|@import|@namespace|@charset|(?:image|image-set|src|cross-fade|element)\s*\(/i.exec(style)
  if (reaching) throw new SvgTrouble('svg-external', reaching[0].trim(), line)
  for (const [, inside = ''] of style.matchAll(/url\s*\(\s*["']?\s*([^"')]*)/gi))
    if (!inside.startsWith('#')) throw new SvgTrouble('svg-external', `url(${inside.slice(0, 60)})`, line)
}

/** The attributes that draw, by their plain names. */
function ownOf(attributes: ReadonlyMap<string, string>, line: number): ReadonlyMap<string, string> {
  const own = new Map<string, string>()
  for (const [key, value] of attributes) {
    if (!drawingAttributes.has(key)) continue
    refuseReaching(value, line)
    own.set(key, value)
  }
  return own
}

/** The parts of the drawing that its attributes name: a pattern, a clip, a marker. */
const pointedAt = (own: ReadonlyMap<string, string>): readonly string[] =>
  [...own].flatMap(([key, value]) =>
    key === 'id' ? [] : [...value.matchAll(/url\s*\(\s*["']?\s*(#[^"')\s]+)/gi)].map(([, target = '']) => target),
  )

const pictureData = /^data:image\/(?:png|jpe?g);base64,([A-Za-z0-9+/=\s]+)$/

/** What its `href` may be: a part of this drawing, or a picture that is in the file. A link is left out. */
function targetOf(local: string, attributes: ReadonlyMap<string, string>, line: number): string | undefined {
  const target = (attributes.get('href') ?? attributes.get('xlink:href'))?.trim()
  if (target === undefined || target === '') return undefined
  if (pointingElements.has(local)) {
    if (target.startsWith('#')) return target
    throw new SvgTrouble('svg-external', `<${local}> ${target.slice(0, 80)}`, line)
  }
  if (local !== 'image') return undefined
  const data = pictureData.exec(target)?.[1]
  if (data === undefined || !pictureOf(Buffer.from(data, 'base64')))
    throw new SvgTrouble('svg-external', `<image> ${target.slice(0, 80)}`, line)
  return target.replaceAll(/\s/g, '')
}

const written = /^\s*([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)\s*(px|pt|pc|mm|cm|in|q)?\s*$/i
const inPixels: Readonly<Record<string, number>> = {
  px: 1,
  pt: 4 / 3,
  pc: 16,
  mm: 96 / 25.4,
  cm: 96 / 2.54,
  in: 96,
  q: 96 / 101.6,
}

function lengthOf(text: string | undefined): number | undefined {
  const [, number, unit = 'px'] = written.exec(text ?? '') ?? []
  const length = Number(number ?? Number.NaN) * (inPixels[unit.toLowerCase()] ?? Number.NaN)
  return length > 0 && Number.isFinite(length) ? length : undefined
}

function boxOf(text: string | undefined): readonly [number, number, number, number] | undefined {
  const numbers = (text ?? '')
    .trim()
    .split(/[\s,]+/)
    .map(Number)
  const [x = 0, y = 0, width = 0, height = 0] = numbers
  if (numbers.length !== 4 || !numbers.every(number => Number.isFinite(number))) return undefined
  return width > 0 && height > 0 ? [x, y, width, height] : undefined
}

/** Its longest side in pixels, whatever the drawing counts in: how a browser draws it must not hang on whether it was drawn in metres. */
const shownSide = 2_048

function sizeOf(own: ReadonlyMap<string, string>, line: number): { readonly width: number; readonly height: number } {
  const [, , boxWidth, boxHeight] = boxOf(own.get('viewBox')) ?? []
  const width = boxWidth ?? lengthOf(own.get('width'))
  const height = boxHeight ?? lengthOf(own.get('height'))
  if (width === undefined || height === undefined) throw new SvgTrouble('svg-no-size', 'no viewBox, no width and height', line)
  const scale = shownSide / Math.max(width, height)
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/** Without a `viewBox` its own width and height are one. */
function rootOf(own: ReadonlyMap<string, string>, size: { readonly width: number; readonly height: number } | undefined): string {
  const box = boxOf(own.get('viewBox')) ?? [0, 0, lengthOf(own.get('width')), lengthOf(own.get('height'))]
  return ` xmlns="${svgSpace}" width="${size?.width}" height="${size?.height}" viewBox="${box.join(' ')}"`
}

const ofRoot = new Set(['width', 'height', 'viewBox'])
const attributesOf = (own: ReadonlyMap<string, string>, isRoot: boolean): string =>
  [...own].flatMap(([key, value]) => (isRoot && ofRoot.has(key) ? [] : [` ${key}="${escaped(value)}"`])).join('')

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
