import type { Words } from '../../protocols/contract/driver.ts'
import { chartMarks } from './chart-marks.ts'
import { say } from './cell-text.ts'
import type { Reader } from './cell-text.ts'
import type { LogDocument, LogSection } from './document.ts'
import { factsOf, periodText, tablesOf } from './front.ts'
import type { Fact } from './front.ts'
import { colors, lineHeight } from './page.ts'
import type { Letters, Look, Page } from './page.ts'
import { margins, Press } from './press.ts'
import type { Seal } from './seal.ts'
import { columnWishes, comfortOf, planColumns } from './table-plan.ts'
import { headHeight, tablePages } from './table-pages.ts'

/** What stands at the end of a log on paper, to be compared with its data. */
export interface PaperProof {
  /** Of the QR code. */
  readonly code: string
  readonly fingerprint: string
  readonly chain: string
}

const titleLook: Look = { size: 17, bold: true }
const sectionLook: Look = { size: 11, bold: true }
const noteLook: Look = { size: 7.5, color: colors.soft }
const labelLook: Look = { size: 8, color: colors.soft }
const factLook: Look = { size: 8 }
const edgeLook: Look = { size: 7, color: colors.faint }
const chartHeight = 118

/** Lays a log out on A4, page by page: upright, or lying where one of its tables needs it. The same each time. */
export function* pagesOf(
  document: LogDocument,
  seal: Pick<Seal, 'about'>,
  proof: PaperProof,
  letters: Letters,
  reader: Reader,
): Generator<Page> {
  const tables = tablesOf(document)
  const upright = new Press(letters, false)
  const wishes = new Map(tables.map(section => [section, columnWishes(section, reader, letters)]))
  const isWide = [...wishes.values()].some(columns => comfortOf(columns) > upright.inner)
  const press = isWide ? new Press(letters, true) : upright
  yield* opening(press, document, seal, reader)
  for (const section of tables)
    yield* sectionPages(press, document, section, planColumns(wishes.get(section) ?? [], press.inner), reader)
  yield* ending(press, document, proof, reader)
  yield press.turn()
}

function* opening(press: Press, document: LogDocument, seal: Pick<Seal, 'about'>, reader: Reader): Generator<Page> {
  yield* press.paragraph(say(document.title, reader), titleLook)
  press.y += 3
  press.rule(press.y, colors.ink, 1)
  press.y += 7
  const key: Fact = {
    label: say({ zh: '标记', en: 'Marks' }, reader),
    text: say(
      {
        zh: '▲ 粗体：异常（超限、不合格）；灰色斜体：缺数据或说明',
        en: '▲ bold: abnormal (outside a limit, failed); grey slanted: no data, or a note',
      },
      reader,
    ),
  }
  yield* factPages(press, [...factsOf(document, seal, reader), key])
  press.y += 4
  press.rule(press.y)
  press.y += 6
}

/** Two facts a line where both are short. */
function* factPages(press: Press, facts: readonly Fact[]): Generator<Page> {
  const { letters } = press
  const labelWidth = Math.min(110, Math.max(...facts.map(({ label }) => letters.width(label, labelLook)))) + 10
  const half = press.inner / 2
  const step = factLook.size * lineHeight + 2
  const isShort = ({ text }: Fact): boolean =>
    letters.width(letters.shown(text), factLook) < half - labelWidth - 8 && !text.includes('\n')
  let second = false
  for (const fact of facts) {
    if (second && isShort(fact)) {
      press.text(press.left + half, press.y, fact.label, labelLook)
      press.text(press.left + half + labelWidth, press.y, letters.shown(fact.text), factLook)
      press.y += step
      second = false
      continue
    }
    if (second) press.y += step
    second = isShort(fact)
    yield* press.need(step)
    press.text(press.left, press.y, fact.label, labelLook)
    const lines = press.lines(fact.text, press.inner - labelWidth, factLook)
    for (const [index, line] of lines.entries()) {
      if (index > 0) yield* press.need(step)
      press.text(press.left + labelWidth, press.y, line, factLook)
      if (!second) press.y += index === lines.length - 1 ? step : factLook.size * lineHeight
    }
  }
  if (second) press.y += step
}

function* sectionPages(
  press: Press,
  { head }: LogDocument,
  section: LogSection,
  widths: readonly number[],
  reader: Reader,
): Generator<Page> {
  const { title, notes = [], chart, whenEmpty } = section
  const name = say(title, reader)
  // A heading stays with its chart, its table's head and a few rows.
  yield* press.need(34 + (chart ? chartHeight + 8 : 0) + headHeight(press, section, widths, reader) + 40)
  if (!press.isFresh) press.y += 8
  press.open(name)
  yield* press.paragraph(name, sectionLook)
  for (const note of notes) yield* press.paragraph(say(note, reader), noteLook)
  press.y += 3
  if (chart && (chart.points.length > 0 || chart.gaps.length > 0)) {
    const frame = { x: press.left, y: press.y, width: press.inner, height: chartHeight, from: head.from, to: head.to }
    press.put(...chartMarks(chart, frame, press.letters, reader))
    press.y += chartHeight + 6
  }
  const rows = yield* tablePages(press, section, widths, reader)
  if (rows === 0) yield* press.paragraph(say(whenEmpty, reader), { size: 9, color: colors.soft })
  press.y += 6
}

const day: Words = { zh: '日期', en: 'Date' }

/** Lines to sign on, and the code by which the sheet is compared with its data. */
function* ending(
  press: Press,
  { signatures }: LogDocument,
  { code, fingerprint, chain }: PaperProof,
  reader: Reader,
): Generator<Page> {
  const side = 78
  yield* press.need(side + (signatures.length > 0 ? 54 : 0))
  if (signatures.length > 0) {
    press.y += 22
    const lines = [...signatures, day]
    const share = press.inner / lines.length
    for (const [index, words] of lines.entries()) {
      const x = press.left + index * share
      const label = `${say(words, reader)}${reader.language === 'zh' ? '：' : ':'}`
      const start = x + press.letters.width(press.letters.shown(label), { size: 9.5 }) + 4
      press.text(x, press.y, press.letters.shown(label), { size: 9.5 })
      press.put({
        what: 'line',
        from: [start, press.y + 12],
        to: [Math.max(start + 20, x + share - 18), press.y + 12],
        color: colors.ink,
        width: 0.6,
      })
    }
    press.y += 26
  }
  press.rule(press.y)
  press.y += 6
  press.put({ what: 'code', x: press.left, y: press.y, side, text: code })
  const width = press.inner - side - 12
  const how = say(
    {
      zh: '本页由系统生成并签名。校验链与同一导出的 JSON 文件一致；请把密钥指纹与单位张贴的指纹对照。每行所依据的日志序号见同一记录的 CSV、XLSX、JSON。核对：zhishou verify 文件，或检查包里的 verifier.html。',
      en: 'This sheet was made and signed by the gateway. Its chain is the one of the JSON file of the same content; compare the fingerprint with the one posted at the site. The places in the journal behind each line stand in the CSV, XLSX and JSON of this log. To check: zhishou verify FILE, or verifier.html of the inspector pack.',
    },
    reader,
  )
  let y = press.y + 2
  const texts: readonly (readonly [string, Look])[] = [
    [say({ zh: '校验', en: 'Proof' }, reader), { size: 9, bold: true }],
    [`${say({ zh: '密钥指纹', en: 'Key fingerprint' }, reader)} ${fingerprint}`, { size: 8 }],
    [`${say({ zh: '校验链', en: 'Chain' }, reader)} ${chain}`, { size: 7 }],
    [code, { size: 7 }],
    [how, noteLook],
  ]
  for (const [text, look] of texts)
    for (const line of press.lines(text, width, look)) {
      press.text(press.left + side + 12, y, line, look)
      y += look.size * lineHeight + 1
    }
  press.y = Math.max(press.y + side, y)
}

/** What stands at the edges of every page once it is known how many there are. */
export function edgeMarks(
  page: Page,
  { title, head }: LogDocument,
  { fingerprint }: PaperProof,
  place: { readonly number: number; readonly of: number },
  letters: Letters,
  reader: Reader,
): Page['marks'] {
  const [left, right] = [margins.left, page.width - margins.right]
  const y = page.height - 34
  const text = (x: number, at: number, shown: string) => ({ what: 'text', x, y: at, text: shown, look: edgeLook }) as const
  const wide = (shown: string): number => letters.width(shown, edgeLook)
  const count = say({ zh: `第 ${place.number} 页 / 共 ${place.of} 页`, en: `Page ${place.number} of ${place.of}` }, reader)
  const key = `${say({ zh: '密钥指纹', en: 'key' }, reader)} ${fingerprint}`
  const most = (right - left - wide(count)) / 2 - 12
  const period = periodText(head, reader)
  const about = shortened(`${letters.shown(say(title, reader))} · ${period}`, most, wide)
  const top =
    place.number === 1
      ? []
      : [
          text(left, 24, shortened(letters.shown(`${say(head.site.name, reader)} · ${say(title, reader)}`), right - left, wide)),
          { what: 'line', from: [left, 36], to: [right, 36], color: colors.hair, width: 0.5 } as const,
        ]
  return [
    ...top,
    { what: 'line', from: [left, y - 4], to: [right, y - 4], color: colors.hair, width: 0.5 },
    text(left, y, about),
    text((left + right - wide(count)) / 2, y, count),
    text(right - wide(key), y, key),
  ]
}

/** A running head says less rather than run into its neighbour: the whole stands on the first page. */
function shortened(text: string, most: number, wide: (text: string) => number): string {
  if (wide(text) <= most) return text
  const signs = [...text]
  while (signs.length > 1 && wide(`${signs.join('')}…`) > most) signs.pop()
  return `${signs.join('')}…`
}
