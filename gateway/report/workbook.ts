import { Styles } from './workbook-styles.ts'
import type { Style } from './workbook-styles.ts'

/**
 * A workbook in the Office Open XML of ECMA-376 Part 1, made a piece at a time: libraries hold the whole book in memory, and an audit trail of
 * ten years does not fit there.
 */
export interface Workbook {
  readonly title: string
  readonly author: string
  readonly language: string
  /** ISO 8601 in UTC. */
  readonly madeAt: string
  readonly sheets: readonly Sheet[]
}

export interface Sheet {
  /** As `sheetNames` made it. */
  readonly name: string
  /** Widths in characters of Latin text. */
  readonly columns: readonly number[]
  /** Rows that stay on screen, and are printed on every page: 1-based, from … to. */
  readonly heading?: { readonly from: number; readonly to: number }
  readonly isWide: boolean
  readonly header: { readonly left: string; readonly right: string }
  readonly footer: { readonly left: string; readonly middle: string; readonly right: string }
  rows(): Iterable<SheetRow>
}

export interface SheetRow {
  readonly cells: readonly (SheetCell | null)[]
  /** In points; left to the reader's program where absent. */
  readonly height?: number
}

export interface SheetCell {
  readonly value: string | number | boolean | null
  readonly style: Style
  /** Reaches over so many columns. */
  readonly span?: number
}

export interface Part {
  readonly name: string
  pieces(): Iterable<string>
}

const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const packages = 'http://schemas.openxmlformats.org/package/2006'

/** The files of the archive, in the order in which they must be made: styles come after the sheets that use them. */
export function partsOf(book: Workbook): readonly Part[] {
  const styles = new Styles()
  const whole = (name: string, text: () => string): Part => ({ name, pieces: () => [head + text()] })
  return [
    whole('[Content_Types].xml', () => contentTypes(book)),
    whole('_rels/.rels', relsOfPackage),
    whole('docProps/core.xml', () => coreOf(book)),
    whole(
      'docProps/app.xml',
      () =>
        `<Properties xmlns="${relations.replace('relationships', 'extended-properties')}"><Application>Zhishou</Application></Properties>`,
    ),
    whole('xl/workbook.xml', () => workbookOf(book)),
    whole('xl/_rels/workbook.xml.rels', () => relsOfBook(book)),
    ...book.sheets.map((sheet, index) => ({
      name: `xl/worksheets/sheet${index + 1}.xml`,
      pieces: () => sheetOf(sheet, styles, index === 0),
    })),
    whole('xl/styles.xml', () => styles.xml()),
  ]
}

function contentTypes({ sheets }: Workbook): string {
  const sheetType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml'
  const part = (name: string, type: string): string => `<Override PartName="/${name}" ContentType="${type}"/>`
  return [
    `<Types xmlns="${packages}/content-types">`,
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>',
    '<Default Extension="xml" ContentType="application/xml"/>',
    part('xl/workbook.xml', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'),
    ...sheets.map((_, index) => part(`xl/worksheets/sheet${index + 1}.xml`, sheetType)),
    part('xl/styles.xml', 'application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml'),
    part('docProps/core.xml', 'application/vnd.openxmlformats-package.core-properties+xml'),
    part('docProps/app.xml', 'application/vnd.openxmlformats-officedocument.extended-properties+xml'),
    '</Types>',
  ].join('')
}

const relation = (id: string, type: string, target: string): string =>
  `<Relationship Id="${id}" Type="${type}" Target="${target}"/>`

const relsOfPackage = (): string =>
  [
    `<Relationships xmlns="${packages}/relationships">`,
    relation('rId1', `${relations}/officeDocument`, 'xl/workbook.xml'),
    relation('rId2', `${packages}/relationships/metadata/core-properties`, 'docProps/core.xml'),
    relation('rId3', `${relations}/extended-properties`, 'docProps/app.xml'),
    '</Relationships>',
  ].join('')

const relsOfBook = ({ sheets }: Workbook): string =>
  [
    `<Relationships xmlns="${packages}/relationships">`,
    ...sheets.map((_, index) => relation(`rId${index + 1}`, `${relations}/worksheet`, `worksheets/sheet${index + 1}.xml`)),
    relation(`rId${sheets.length + 1}`, `${relations}/styles`, 'styles.xml'),
    // The proof, which whoever seals the book adds as its last part.
    relation(`rId${sheets.length + 2}`, `${relations}/customXml`, '../customXml/item1.xml'),
    '</Relationships>',
  ].join('')

const coreOf = ({ title, author, language, madeAt }: Workbook): string =>
  [
    `<cp:coreProperties xmlns:cp="${packages}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`,
    `<dcterms:created xsi:type="dcterms:W3CDTF">${escaped(madeAt)}</dcterms:created>`,
    `<dc:creator>${escaped(author)}</dc:creator><dc:language>${escaped(language)}</dc:language><dc:title>${escaped(title)}</dc:title>`,
    '</cp:coreProperties>',
  ].join('')

function workbookOf({ sheets }: Workbook): string {
  const titles = sheets.flatMap(({ name, heading }, index) =>
    heading
      ? [
          `<definedName name="_xlnm.Print_Titles" localSheetId="${index}">${escaped(`'${name.replaceAll("'", "''")}'!$${heading.from}:$${heading.to}`)}</definedName>`,
        ]
      : [],
  )
  return [
    `<workbook xmlns="${main}" xmlns:r="${relations}"><bookViews><workbookView activeTab="0"/></bookViews><sheets>`,
    ...sheets.map(({ name }, index) => `<sheet name="${escaped(name)}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`),
    '</sheets>',
    ...(titles.length > 0 ? ['<definedNames>', ...titles, '</definedNames>'] : []),
    '</workbook>',
  ].join('')
}

function* sheetOf(sheet: Sheet, styles: Styles, isFirst: boolean): Generator<string> {
  const { columns, heading, isWide, header, footer } = sheet
  yield `${head}<worksheet xmlns="${main}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>`
  yield `<sheetViews><sheetView showGridLines="0"${isFirst ? ' tabSelected="1"' : ''} workbookViewId="0">`
  if (heading) yield `<pane ySplit="${heading.to}" topLeftCell="A${heading.to + 1}" activePane="bottomLeft" state="frozen"/>`
  yield '</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>'
  for (const [index, width] of columns.entries())
    yield `<col min="${index + 1}" max="${index + 1}" width="${width.toFixed(2)}" customWidth="1"/>`
  yield '</cols><sheetData>'
  const merged: string[] = []
  let row = 0
  for (const { cells, height } of sheet.rows()) {
    row += 1
    let xml = `<row r="${row}"${height === undefined ? '' : ` ht="${height}" customHeight="1"`}>`
    let column = 0
    for (const cell of cells) {
      const place = `${columnName(column)}${row}`
      if (cell) {
        const id = styles.idOf(cell.style)
        xml += cellXml(place, id, cell.value)
        const span = cell.span ?? 1
        // The cells below a merged one have its style, so that its border goes all around.
        for (let under = 1; under < span; under++) xml += `<c r="${columnName(column + under)}${row}" s="${id}"/>`
        if (span > 1) merged.push(`${place}:${columnName(column + span - 1)}${row}`)
        column += span
      } else column += 1
    }
    yield `${xml}</row>`
  }
  yield '</sheetData>'
  if (merged.length > 0)
    yield `<mergeCells count="${merged.length}">${merged.map(ref => `<mergeCell ref="${ref}"/>`).join('')}</mergeCells>`
  yield '<printOptions horizontalCentered="1"/><pageMargins left="0.5" right="0.5" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>'
  yield `<pageSetup paperSize="9" orientation="${isWide ? 'landscape' : 'portrait'}" fitToWidth="1" fitToHeight="0"/>`
  yield `<headerFooter><oddHeader>${edge({ L: header.left, R: header.right })}</oddHeader><oddFooter>${edge({ L: footer.left, C: footer.middle, R: footer.right })}</oddFooter></headerFooter></worksheet>`
}

/** `&` begins a code in an edge of the page: `&P` of the middle is meant, one in a name is not. Excel takes 255 characters. */
function edge(parts: Readonly<Record<string, string>>): string {
  const most = 70
  return escaped(
    Object.entries(parts)
      .map(([place, text]) => `&${place}&8 ${place === 'C' ? text : [...text].slice(0, most).join('').replaceAll('&', '&&')}`)
      .join(''),
  )
}

function cellXml(place: string, style: number, value: SheetCell['value']): string {
  if (value === null || value === '') return `<c r="${place}" s="${style}"/>`
  if (typeof value === 'number') return `<c r="${place}" s="${style}"><v>${value}</v></c>`
  if (typeof value === 'boolean') return `<c r="${place}" s="${style}" t="b"><v>${value ? 1 : 0}</v></c>`
  return `<c r="${place}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${cellEscaped(value)}</t></is></c>`
}

/** `A` … `Z`, `AA` …; from 0. */
export function columnName(index: number): string {
  const last = String.fromCharCode(65 + (index % 26))
  return index < 26 ? last : columnName(Math.floor(index / 26) - 1) + last
}

// What XML 1.0 cannot hold, and halves of pairs.
const unsayable = /(?![\t\n\r\u007F-\u009F])\p{Cc}|[\uFFFE\uFFFF]|\p{Cs}/gu
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' }

const escaped = (text: string): string =>
  text.replace(unsayable, '\uFFFD').replace(/[&<>"\r]/g, found => entities[found] ?? found)

const mostInCell = 32_767

/** `_x000D_` is a code in a cell's text: what looks like one is written so that it is none (ECMA-376 Part 1, 22.9.2.19). */
function cellEscaped(text: string): string {
  const coded = text.replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
  return escaped(coded.length > mostInCell ? `${coded.slice(0, mostInCell - 1)}…` : coded)
}

/** Names that a workbook takes: at most 31 characters, none of `[]:*?/\`, no apostrophe at an end, none twice whatever the case. */
export function sheetNames(titles: readonly string[]): readonly string[] {
  const taken = new Set<string>(['history'])
  return titles.map(title => {
    const plain = title
      .replace(unsayable, ' ')
      .replace(/[[\]:*?/\\\r\n\t]/g, ' ')
      .replace(/^[' ]+|[' ]+$/g, '')
    for (let count = 1; ; count++) {
      const end = count === 1 ? '' : ` (${count})`
      const name = (cut(plain, 31 - end.length).trim() || 'Sheet') + end
      if (taken.has(name.toLowerCase())) continue
      taken.add(name.toLowerCase())
      return name
    }
  })
}

/** At most `length` UTF-16 units, no pair cut in halves, no apostrophe at the end. */
function cut(text: string, length: number): string {
  let short = ''
  for (const sign of text) {
    if (short.length + sign.length > length) break
    short += sign
  }
  return short.replace(/'+$/, '')
}
