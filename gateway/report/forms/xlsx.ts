import { fingerprintOf, publicKeyOf } from '../../evidence/signed.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { offsetAt } from '../../zone.ts'
import { writeZip } from '../../zip.ts'
import { cellText, columnTitle, dash, flooredPercent, say, toneWords } from '../cell-text.ts'
import type { Reader } from '../cell-text.ts'
import type { Cell, LogColumn, LogDocument, LogRow, LogSection } from '../document.ts'
import { factsOf, limitsSection, periodText, sensorsSection } from '../front.ts'
import { sealedMembers } from '../proof-in-file.ts'
import type { Language } from '../question.ts'
import { sealWhole } from '../seal.ts'
import type { Seal } from '../seal.ts'
import { columnWidths, wideAs } from '../widths.ts'
import { partsOf, sheetNames } from '../workbook.ts'
import type { Sheet, SheetCell, SheetRow } from '../workbook.ts'
import type { Style } from '../workbook-styles.ts'

/** Excel holds 1,048,576 rows a sheet; a longer section goes on in the next one. */
const mostRows = 1_000_000
/** The rows above a section's table: its title, its site and period, its notes. */
const aboveTable = 4

/** A workbook as a person would have made it: a cover, one sheet a section, a sheet that says how to check it all. */
export async function writeXlsx(document: LogDocument, file: string, language: Language, seal: Seal): Promise<void> {
  const reader: Reader = { language, zone: document.head.timeZone }
  const counts = sealWhole(document, seal)
  const pieces = document.sections.flatMap((section, index) =>
    Array.from({ length: Math.max(1, Math.ceil((counts[index] ?? 0) / mostRows)) }, (_, part) => ({ section, part })),
  )
  const names = sheetNames([
    say({ zh: '概要', en: 'Summary' }, reader),
    ...pieces.map(({ section }) => say(section.title, reader)),
    say({ zh: '校验', en: 'Proof' }, reader),
  ])
  const edges = edgesOf(document, seal, reader)
  const tables = pieces.map(({ section, part }) => tableSheet(document, section, part, reader))
  const sheets = [coverSheet(document, seal, reader), ...tables, proofSheet(seal, reader)]
  const book = {
    title: say(document.title, reader),
    author: say(document.head.site.name, reader),
    language: language === 'zh' ? 'zh-CN' : 'en',
    madeAt: new Date(seal.about.madeAt).toISOString(),
    sheets: sheets.map((sheet, index) => ({ ...sheet, ...edges, name: names[index] ?? `${index + 1}` })),
  }
  await writeZip(file, sealedMembers(partsOf(book), seal), seal.about.madeAt as Instant)
}

type Bare = Omit<Sheet, 'name' | 'header' | 'footer'>

function edgesOf({ title, head }: LogDocument, { key }: Seal, reader: Reader): Pick<Sheet, 'header' | 'footer'> {
  const fingerprint = key ? fingerprintOf(publicKeyOf(key)) : say({ zh: '未签名', en: 'not signed' }, reader)
  return {
    header: { left: say(title, reader), right: say(head.site.name, reader) },
    footer: {
      left: periodText(head, reader),
      middle: say({ zh: '第 &P 页 / 共 &N 页', en: 'Page &P of &N' }, reader),
      right: `${say({ zh: '密钥指纹', en: 'key' }, reader)} ${fingerprint}`,
    },
  }
}

const styles = {
  title: { bold: true, size: 16 },
  heading: { bold: true, size: 12 },
  label: { bold: true, color: '52606D' },
  text: { wrap: true, align: 'left' },
  note: { italic: true, color: '52606D' },
  column: { bold: true, fill: 'E8EDF2', border: 'cell', align: 'center', wrap: true },
} as const satisfies Record<string, Style>

const tones = {
  plain: {},
  bad: { color: 'B42318', bold: true },
  quiet: { color: '6B7280', italic: true },
  total: { bold: true, border: 'sum', fill: 'F5F7FA' },
} as const satisfies Record<string, Style>

const made = new Map<string, Style>()

/** The same object for the same look. */
function styleOf(tone: keyof typeof tones, align: NonNullable<Style['align']>, format?: string): Style {
  const key = `${tone} ${align} ${format}`
  const known = made.get(key)
  if (known) return known
  const style: Style = {
    border: 'cell',
    ...tones[tone],
    align,
    ...(align === 'left' ? { wrap: true } : {}),
    ...(format ? { format } : {}),
  }
  made.set(key, style)
  return style
}

const text = (value: string, style: Style = {}, span = 1): SheetCell => ({ value, style, span })

/** A cell with its value as a value: a number, a date, a share of one; a dash where there is none. */
export function cellOf(cell: Cell, column: LogColumn, tone: LogRow['tone'], reader: Reader): SheetCell {
  const look = tone ?? 'plain'
  const { holds, decimals } = column
  if (typeof cell !== 'number' || !Number.isFinite(cell)) {
    const shown = cellText(cell, column, reader)
    return { value: shown, style: styleOf(look, shown === dash || (holds !== 'text' && wideAs(shown) < 20) ? 'center' : 'left') }
  }
  switch (holds) {
    case 'time':
      return { value: serialOf(cell, reader.zone), style: styleOf(look, 'center', 'yyyy\\-mm\\-dd\\ hh:mm:ss') }
    case 'day':
      return { value: Math.floor(serialOf(cell, reader.zone)), style: styleOf(look, 'center', 'yyyy\\-mm\\-dd') }
    case 'length':
      return { value: cell / 86_400_000, style: styleOf(look, 'right', '[h]:mm:ss') }
    case 'share':
      return { value: flooredPercent(cell) / 100, style: styleOf(look, 'right', '0.00%') }
    default:
      return { value: cell, style: styleOf(look, 'right', decimals === undefined ? undefined : formatOf(decimals)) }
  }
}

const formatOf = (decimals: number): string => (decimals > 0 ? `0.${'0'.repeat(decimals)}` : '0')

/** Days since 1899-12-30 by the zone's clocks: what a spreadsheet calls a date. */
const serialOf = (at: number, zone: string): number => (at + offsetAt(at as Instant, zone)) / 86_400_000 + 25_569

function rowOf(
  { cells, tone, entries = [] }: LogRow,
  columns: readonly LogColumn[],
  widths: readonly number[],
  reader: Reader,
): SheetRow {
  return highEnough(
    [
      ...columns.map((column, index) => cellOf(cells[index] ?? null, column, tone, reader)),
      { value: tone ? say(toneWords[tone], reader) : '', style: styleOf(tone ?? 'plain', 'center') },
      { value: entries.join(' '), style: styleOf(tone ?? 'plain', 'left') },
    ],
    widths,
  )
}

/** Not every program makes a row as high as its wrapped text needs. */
function highEnough(cells: readonly SheetCell[], widths: readonly number[]): SheetRow {
  const heights = cells.map(({ value, style }, index) =>
    typeof value === 'string' && style.wrap ? heightOf(value, (widths[index] ?? 10) + 3) : 15,
  )
  const height = Math.min(409, Math.max(...heights))
  return height > 15 ? { cells, height } : { cells }
}

function headingRow(columns: readonly LogColumn[], reader: Reader): SheetRow {
  const ends = [
    { zh: '标记', en: 'Mark' },
    { zh: '日志序号', en: 'Journal no.' },
  ].map(words => say(words, reader))
  return { cells: [...columns.map(column => columnTitle(column, reader)), ...ends].map(title => text(title, styles.column)) }
}

function tableSheet({ title, head }: LogDocument, section: LogSection, part: number, reader: Reader): Bare {
  const { columns, notes = [], whenEmpty } = section
  const widths = [...columnWidths(section, reader, { most: 48, least: 8 }), 8, 12]
  const total = widths.reduce((sum, width) => sum + width, 0)
  return {
    columns: widths,
    heading: { from: aboveTable, to: aboveTable },
    isWide: total > 95,
    *rows() {
      yield { cells: [text(say(section.title, reader), styles.title)], height: 26 }
      yield {
        cells: [text(`${say(title, reader)} · ${say(head.site.name, reader)} · ${periodText(head, reader)}`, styles.label)],
      }
      const note = notes.map(words => say(words, reader)).join(' ')
      yield { cells: [text(note, { ...styles.note, wrap: true }, widths.length)], height: heightOf(note, total) }
      yield headingRow(columns, reader)
      let row = 0
      for (const one of section.rows()) {
        row += 1
        if (row > (part + 1) * mostRows) break
        if (row > part * mostRows) yield rowOf(one, columns, widths, reader)
      }
      if (row === 0) yield { cells: [text(say(whenEmpty, reader), styles.note, widths.length)] }
    },
  }
}

/** A merged cell is not made higher by itself: lines of 15 points. */
const heightOf = (shown: string, width: number): number =>
  15 *
  shown.split('\n').reduce((lines, line) => lines + Math.max(1, Math.ceil((wideAs(line) * 1.05) / Math.max(4, width - 4))), 0)

function coverSheet(document: LogDocument, seal: Seal, reader: Reader): Bare {
  const { head, title, signatures } = document
  const tables = [limitsSection(head), sensorsSection(head)].filter(section => section !== undefined)
  const count = Math.max(6, ...tables.map(({ columns }) => columns.length))
  const perTable = tables.map(section => columnWidths(section, reader, { most: 30, least: 8 }))
  const widths = Array.from({ length: count }, (_, index) =>
    Math.max(index === 0 ? 16 : 10, ...perTable.map(one => one[index] ?? 0)),
  )
  const total = widths.reduce((sum, width) => sum + width, 0)
  return {
    columns: widths,
    isWide: total > 95,
    *rows() {
      yield { cells: [text(say(title, reader), styles.title)], height: 28 }
      for (const fact of factsOf(document, seal, reader)) {
        const height = heightOf(fact.text, total - (widths[0] ?? 0))
        yield { cells: [text(fact.label, styles.label), text(fact.text, styles.text, count - 1)], height }
      }
      for (const { title: name, columns, rows } of tables) {
        yield { cells: [] }
        yield { cells: [text(say(name, reader), styles.heading)], height: 20 }
        yield { cells: columns.map(column => text(columnTitle(column, reader), styles.column)) }
        for (const { cells, tone } of rows())
          yield highEnough(
            columns.map((column, index) => cellOf(cells[index] ?? null, column, tone, reader)),
            widths,
          )
      }
      if (signatures.length === 0) return
      yield { cells: [] }
      const lines = [...signatures, { zh: '日期', en: 'Date' }].map(words => `${say(words, reader)}: ____________________`)
      yield { cells: [text(lines.join('        '), { size: 11 }, count)], height: 34 }
    },
  }
}

function proofSheet(seal: Seal, reader: Reader): Bare {
  const { about, key, whole } = seal
  const unsigned = { zh: '没有签名密钥，本文件未签名。', en: 'There is no key to sign with: this file is not signed.' }
  const facts: readonly (readonly [label: string, value: string])[] = [
    [say({ zh: '导出编号', en: 'Export number' }, reader), about.export],
    [say({ zh: '内容校验链', en: 'Chain over all rows' }, reader), whole],
    [say({ zh: '密钥指纹', en: 'Key fingerprint' }, reader), key ? fingerprintOf(publicKeyOf(key)) : say(unsigned, reader)],
    ...(about.head
      ? [
          [say({ zh: '日志条数', en: 'Journal entries' }, reader), String(about.head.size)] as const,
          [say({ zh: '日志树根', en: 'Journal root' }, reader), about.head.root] as const,
        ]
      : []),
    [
      say({ zh: '如何核对', en: 'How to check' }, reader),
      say(
        {
          zh: '在任何电脑上运行 zhishou verify 本文件，或用检查包里的 verifier.html。签名覆盖本工作簿的全部内容：改动或另存后即不再相符。校验链与同一导出的 JSON 文件、纸面二维码一致。请把密钥指纹与单位张贴的指纹对照。',
          en: 'Run zhishou verify on this file, on any computer, or open verifier.html of the inspector pack. The signature covers everything in this workbook: once changed or saved again, it no longer agrees. The chain is the one of the JSON file of the same content and of the code on paper. Compare the fingerprint with the one posted at the site.',
        },
        reader,
      ),
    ],
  ]
  const widths = [18, 90]
  return {
    columns: widths,
    isWide: true,
    *rows() {
      yield { cells: [text(say({ zh: '校验', en: 'Proof' }, reader), styles.title)], height: 26 }
      for (const [label, value] of facts)
        yield { cells: [text(label, styles.label), text(value, styles.text)], height: heightOf(value, 90) }
    },
  }
}
