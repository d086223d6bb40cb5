import { createWriteStream } from 'node:fs'
import { createRequire } from 'node:module'
import { pipeline } from 'node:stream/promises'
import Paper from 'pdfkit'
import { drawQr } from '../../rounds/qr.ts'
import type { Reader } from '../cell-text.ts'
import { say } from '../cell-text.ts'
import type { LogDocument } from '../document.ts'
import { periodText } from '../front.ts'
import { edgeMarks, pagesOf } from '../layout.ts'
import { colors } from '../page.ts'
import type { Letters, Look, Mark } from '../page.ts'
import { paperProof } from '../proof-code.ts'
import { sealPdf } from '../proof-in-file.ts'
import type { Language } from '../question.ts'
import { sealWhole } from '../seal.ts'
import type { Seal } from '../seal.ts'

const fonts = {
  regular: '@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf',
  bold: '@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf',
} as const
type Face = keyof typeof fonts

/** Pages are handed to the disk while the next ones are drawn; so many bytes may wait. */
const mostWaiting = 1024 * 1024

/** A4 for the binder: PDF/A-2b with the used letters of the Chinese font inside. Laid out twice, so that every page knows how many there are. */
export async function writePdf(document: LogDocument, file: string, language: Language, seal: Seal): Promise<void> {
  const reader: Reader = { language, zone: document.head.timeZone }
  sealWhole(document, seal)
  const proof = paperProof(seal, reader)
  const pdf = new Paper({ ...settings, lang: language === 'zh' ? 'zh-CN' : 'en', info: infoOf(document, seal, reader) })
  const letters = lettersOf(pdf)
  let of = 0
  for (const _ of pagesOf(document, seal, proof, letters, reader)) of += 1
  const stopped = new AbortController()
  const written = pipeline(pdf, createWriteStream(file), { signal: stopped.signal })
  // What the disk says is heard at the next page; nobody may miss it before.
  written.catch(() => undefined)
  try {
    let number = 0
    for (const page of pagesOf(document, seal, proof, letters, reader)) {
      number += 1
      pdf.addPage({ size: [page.width, page.height], margin: 0 })
      for (const mark of edgeMarks(page, document, proof, { number, of }, letters, reader)) draw(pdf, mark)
      for (const mark of page.marks) draw(pdf, mark)
      for (const name of page.opens) pdf.outline.addItem(name)
      do await Promise.race([turn(), written])
      while (pdf.readableLength > mostWaiting)
    }
    pdf.end()
    await written
  } catch (error) {
    stopped.abort()
    throw error
  }
  await sealPdf(file, seal)
}

const settings = { autoFirstPage: false, pdfVersion: '1.7', subset: 'PDF/A-2b', displayTitle: true } as const

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

function infoOf({ title, head }: LogDocument, { about }: Seal, reader: Reader) {
  return {
    Title: `${say(head.site.name, reader)} ${say(title, reader)} ${periodText(head, reader)}`,
    Author: say(head.site.name, reader),
    Subject: `${say(title, reader)} ${periodText(head, reader)}`,
    Keywords: about.export,
    Creator: 'Zhishou',
    Producer: 'Zhishou',
    CreationDate: new Date(about.madeAt),
  }
}

const faceOf = ({ bold }: Look): Face => (bold ? 'bold' : 'regular')

interface Glyph {
  readonly advanceWidth: number
}

/**
 * One glyph for each sign, side by side, as wide as `width` measured it. The library's own shaping looks for ligatures and kerning in every
 * word: two thirds of the time a log took, for tables that want neither.
 */
function sideBySide(font: Face_['font']): (text: string) => object {
  const known = new Map<string, Glyph>()
  return text => {
    const glyphs: Glyph[] = []
    let advanceWidth = 0
    for (const sign of text) {
      let glyph = known.get(sign)
      if (!glyph) known.set(sign, (glyph = font.glyphForCodePoint(sign.codePointAt(0) ?? 0)))
      glyphs.push(glyph)
      advanceWidth += glyph.advanceWidth
    }
    const positions = glyphs.map(glyph => ({ xAdvance: glyph.advanceWidth, yAdvance: 0, xOffset: 0, yOffset: 0 }))
    return { glyphs, positions, advanceWidth }
  }
}

/** What of a font pdfkit knows and does not say. */
interface Face_ {
  readonly font: {
    readonly unitsPerEm: number
    hasGlyphForCodePoint(code: number): boolean
    glyphForCodePoint(code: number): Glyph
    layout: (text: string) => object
  }
}

function lettersOf(pdf: PDFKit.PDFDocument): Letters {
  const require = createRequire(import.meta.url)
  const faces = new Map<Face, { readonly font: Face_['font']; readonly advances: Map<string, number> }>()
  for (const [face, name] of Object.entries(fonts) as [Face, string][]) {
    pdf.registerFont(face, require.resolve(name))
    const { font } = (pdf.font(face) as unknown as { readonly _font: Face_ })._font
    font.layout = sideBySide(font)
    faces.set(face, { font, advances: new Map() })
  }
  const seen = new Map<string, string>()
  return {
    width(text, look) {
      const face = faces.get(faceOf(look))
      if (!face) return 0
      let units = 0
      for (const sign of text) {
        let advance = face.advances.get(sign)
        if (advance === undefined) {
          advance = face.font.glyphForCodePoint(sign.codePointAt(0) ?? 0).advanceWidth / face.font.unitsPerEm
          face.advances.set(sign, advance)
        }
        units += advance
      }
      return units * look.size
    },
    shown(text) {
      let shown = ''
      for (const sign of text) {
        let known = seen.get(sign)
        if (known === undefined) {
          const isHere = [...faces.values()].every(({ font }) => font.hasGlyphForCodePoint(sign.codePointAt(0) ?? 0))
          known =
            sign === '\n' || sign === '\r'
              ? sign
              : joiner.test(sign)
                ? ''
                : /\s/.test(sign)
                  ? ' '
                  : isHere && !control.test(sign)
                    ? sign
                    : '□'
          seen.set(sign, known)
        }
        shown += known
      }
      return shown
    },
  }
}

// What only says how its neighbours are drawn: selectors, joiners, directions.
const joiner = /\p{Cf}|\p{Variation_Selector}|\p{Emoji_Modifier}/u
const control = /\p{Cc}/u

function draw(pdf: PDFKit.PDFDocument, mark: Mark): void {
  switch (mark.what) {
    case 'text': {
      const { look } = mark
      pdf
        .font(faceOf(look))
        .fontSize(look.size)
        .fillColor(look.color ?? colors.ink)
        // Nothing of what was measured may be set otherwise: no kerning, no ligatures.
        .text(mark.text, mark.x, mark.y, { lineBreak: false, features: [], ...(look.slanted ? { oblique: 12 } : {}) })
      return
    }
    case 'line':
      pdf.lineWidth(mark.width).strokeColor(mark.color)
      if (mark.dash === undefined) pdf.undash()
      else pdf.dash(mark.dash, {})
      pdf
        .moveTo(...mark.from)
        .lineTo(...mark.to)
        .stroke()
      return
    case 'box':
      pdf.rect(mark.x, mark.y, mark.width, mark.height).fill(mark.fill)
      return
    case 'shape':
      trace(pdf, mark.spots).closePath().fill(mark.fill)
      return
    case 'curve':
      trace(pdf.undash(), mark.spots).lineWidth(mark.width).stroke(mark.color)
      return
    case 'code': {
      const { size, path } = drawQr(mark.text)
      pdf
        .save()
        .translate(mark.x, mark.y)
        .scale(mark.side / size)
        .path(path)
        .fill('#000000')
        .restore()
    }
  }
}

function trace(pdf: PDFKit.PDFDocument, spots: readonly (readonly [number, number])[]): PDFKit.PDFDocument {
  const [first = [0, 0] as const, ...rest] = spots
  pdf.moveTo(...first)
  for (const spot of rest) pdf.lineTo(...spot)
  return pdf
}
