import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { Equipment, Point } from '../../site/site.ts'
import { touching } from '../completeness.ts'
import type { LogDocument, LogSection } from '../document.ts'
import type { Figures } from '../figures.ts'
import { paired, pressureAt20 } from '../figures-paired.ts'
import { headOf } from '../head.ts'
import { measure, measureSeries } from '../measured.ts'
import type { Measured } from '../measured.ts'
import type { LogQuestion } from '../question.ts'
import { equipmentOf } from '../source.ts'
import type { LogSource } from '../source.ts'
import { both, joined, say, saidIn, textIn } from './cells.ts'
import { excursionsSection } from './excursions.ts'
import { expirySection } from './expiries.ts'
import { HappeningsBook } from './happenings.ts'
import type { Line } from './lines.ts'
import {
  allowed,
  causesOf,
  completenessOf,
  derivedLimits,
  entriesIn,
  figure,
  gapsSection,
  judgedColumns,
  lateIn,
  marksIn,
  namesOf,
  signatures,
  toneOf,
  verdictOf,
} from './measured-tables.ts'
import { Names } from './names.ts'
import { amount, day, section, text, time, verdict } from './section.ts'
import type { Column } from './section.ts'

/** A gauge: as it reads, and where its surroundings are measured as it would read at 20 °C. That is what is judged. */
interface Gauge {
  readonly read: Measured
  readonly judged: Measured
}

/** The pressure log: gauges of extinguishers and hydrants day by day, who looked after them, and what falls due. */
export function pressureLog(source: LogSource, question: LogQuestion): LogDocument {
  const names = new Names(source, question)
  const gauges = gaugesOf(source, question)
  const read = gauges.map(gauge => gauge.read)
  const judged = gauges.map(gauge => gauge.judged)
  const book = new HappeningsBook(source, question, names, new Set(read.map(({ equipment }) => equipment.id)))
  const nameOf = (one: Measured): Words => names.place(one.equipment.id)
  return {
    kind: 'pressure',
    title: say('消防压力与到期记录', 'Pressure and expiry log'),
    head: headOf(
      source,
      question,
      read.map(({ point }) => point.id),
      { ...completenessOf(read), limits: judged.map(({ limits }) => limits) },
    ),
    sections: [
      summary(gauges, nameOf),
      expirySection(source, question, names),
      inspected(question, gauges, { book, names }),
      excursionsSection(source, judged, { book, names, nameOf: namesOf(judged) }),
      daily(gauges, namesOf(read), book),
      gapsSection(read, nameOf),
    ],
    signatures,
  }
}

function gaugesOf(source: LogSource, question: LogQuestion): readonly Gauge[] {
  const { site } = source
  const kept = new Set(site.rules.filter(({ record }) => record === 'pressure').map(({ equipment }) => equipment))
  return equipmentOf(source, question)
    .filter(({ id }) => kept.has(id) || question.equipment.includes(id))
    .flatMap(equipment => {
      const own = site.points.filter(point => point.equipment === equipment.id && point.kind === 'measurement')
      const warm = own.find(({ unit }) => unit === '°C')
      return own
        .filter(({ unit }) => unit === 'MPa')
        .map(point => {
          const read = measure(source, question, [equipment, point])
          return { read, judged: warm ? at20(source, question, read, warm) : read }
        })
    })
}

function at20(source: LogSource, question: LogQuestion, read: Measured, warm: Point): Measured {
  const { past } = source
  const { equipment, point } = read
  const staleAfter = Math.max(point.staleAfter, warm.staleAfter) as Point['staleAfter']
  const converted: Point = { ...point, name: say('20 °C 时压力', 'Pressure at 20 °C'), staleAfter, limits: {} }
  const bands = source.site.rules.flatMap(rule => {
    if (rule.point !== point.id || rule.kind !== 'expr' || !rule.limit) return []
    const side = rule.limit.op.startsWith('g') ? ('max' as const) : ('min' as const)
    return [{ side, value: rule.limit.value, rule: rule.id }]
  })
  return measureSeries(source, question, {
    equipment,
    point: converted,
    columns: (from, to) =>
      paired(
        { columns: past.columns(point.id, from, to), staleAfter: point.staleAfter },
        { columns: past.columns(warm.id, from, to), staleAfter: warm.staleAfter },
        pressureAt20,
      ),
    limits: bands.length > 0 ? derivedLimits(source, question, converted, bands) : read.limits,
    due: read.due,
    holes: read.holes,
  })
}

const pressureColumns = <T>(
  of: (row: T) => { readonly read: Figures; readonly judged: Figures; readonly isConverted: boolean },
): readonly Column<T>[] => [
  amount('min', '最低', 'Minimum', ['MPa', 2], row => figure(of(row).read.min)),
  amount('max', '最高', 'Maximum', ['MPa', 2], row => figure(of(row).read.max)),
  amount('min20', '折算 20 °C 最低', 'Minimum at 20 °C', ['MPa', 3], row =>
    of(row).isConverted ? figure(of(row).judged.min) : null,
  ),
  amount('max20', '折算 20 °C 最高', 'Maximum at 20 °C', ['MPa', 3], row =>
    of(row).isConverted ? figure(of(row).judged.max) : null,
  ),
  ...judgedColumns<T>(row => of(row).judged),
]

const agentOf = ({ facts, factWords, typeName }: Equipment): Words => {
  const agent = textIn(facts['agent'])
  if (agent === null) return typeName
  const { zh, en } = factWords?.['agent'] ?? both(agent)
  return say(`${typeName.zh}（${zh}）`, `${typeName.en} (${en})`)
}

function summary(gauges: readonly Gauge[], nameOf: (one: Measured) => Words): LogSection {
  return section<Gauge>({
    id: 'summary',
    title: say('汇总', 'Summary'),
    columns: [
      text('equipment', '设备', 'Equipment', ({ read }) => nameOf(read), 24),
      text('type', '类型', 'Type', ({ read }) => agentOf(read.equipment), 16),
      text('allowed', '允许范围', 'Allowed', ({ judged }) => allowed(judged), 14),
      ...pressureColumns<Gauge>(({ read, judged }) => ({ read: read.whole, judged: judged.whole, isConverted: read !== judged })),
      verdict('verdict', '结论', 'Verdict', ({ judged }) => verdictOf(judged.whole)),
    ],
    *rows() {
      for (const gauge of gauges) yield { of: gauge, ...toneOf(gauge.judged.whole) }
    },
    whenEmpty: say('没有压力测点', 'There is no gauge'),
    notes: [
      say(
        '灭火器按表压折算到 20 °C 后判定：(P + 0.1) × 293.15 / (t + 273.15) − 0.1 MPa；消火栓按实测静压判定。二氧化碳灭火器没有压力表，要称重。',
        'Extinguishers are judged by what the gauge would read at 20 °C: (P + 0.1) × 293.15 / (t + 273.15) − 0.1 MPa; hydrants by their static pressure. CO₂ units have no gauge and are weighed.',
      ),
    ],
  })
}

function daily(gauges: readonly Gauge[], nameOf: (one: Measured) => Words, book: HappeningsBook): LogSection {
  interface Row {
    readonly gauge: Gauge
    readonly from: Instant
    readonly to: Instant
    readonly read: Figures
    readonly judged: Figures
    readonly isConverted: boolean
    readonly cause: Words | null
  }
  return section<Row>({
    id: 'daily',
    title: say('每日压力', 'Pressure by day'),
    columns: [
      text('equipment', '设备', 'Equipment', ({ gauge }) => nameOf(gauge.read), 24),
      day('day', '日期', 'Day', ({ from }) => from),
      ...pressureColumns<Row>(row => row),
      text('cause', '缺失原因', 'Why missing', ({ cause }) => cause, 14),
      verdict('verdict', '结论', 'Verdict', ({ judged }) => verdictOf(judged)),
    ],
    *rows() {
      for (const gauge of gauges) {
        const missing = touching(gauge.read.holes)
        for (const [index, { from, to }] of gauge.read.days.entries()) {
          const [read, judged] = [gauge.read.figures.day(index), gauge.judged.figures.day(index)]
          const happened = book.of(gauge.read.equipment.id)
          yield {
            of: {
              gauge,
              from,
              to,
              read,
              judged,
              isConverted: gauge.read !== gauge.judged,
              cause: causesOf(missing({ from, to })),
            },
            ...toneOf(judged),
            remark: joined([...marksIn(happened, from, to), lateIn(read)]),
            entries: entriesIn(happened, from, to),
          }
        }
      }
    },
    whenEmpty: say('本期没有一天', 'No day in this period'),
  })
}

const inspectionKinds = new Set(['record.inspection', 'record.maintenance', 'record.repair', 'record.reading'])

/** Who looked at which, and what they found. */
function inspected(
  { from, to }: LogQuestion,
  gauges: readonly Gauge[],
  { book, names }: { readonly book: HappeningsBook; readonly names: Names },
): LogSection {
  interface Row {
    readonly gauge: Gauge
    readonly line: Line
  }
  return section<Row>({
    id: 'inspections',
    title: say('人工检查', 'Inspections'),
    columns: [
      time('at', '时间', 'At', ({ line }) => line.at),
      text('equipment', '设备', 'Equipment', ({ gauge }) => names.place(gauge.read.equipment.id), 24),
      text('by', '检查人', 'By', ({ line }) => names.person(line.entry.by), 14),
      text('what', '事项', 'What', ({ line }) => whatOf(line), 20),
      verdict('verdict', '结果', 'Verdict', ({ line }) => (line.data['verdict'] === 'failed' ? 'bad' : 'good')),
    ],
    *rows() {
      const lines = gauges.flatMap(gauge =>
        book.of(gauge.read.equipment.id).records.flatMap(line => {
          const isIn = inspectionKinds.has(line.entry.kind) && line.at >= from && line.at < to
          return isIn ? [{ gauge, line }] : []
        }),
      )
      for (const row of lines.toSorted((a, b) => a.line.at - b.line.at)) {
        const note = textIn(saidIn(row.line.data['fields'])['note'])
        yield {
          of: row,
          entries: row.line.entries,
          remark: joined([note === null ? null : both(note), row.line.remark]),
          ...(row.line.data['verdict'] === 'failed' && { tone: 'bad' as const }),
        }
      }
    },
    whenEmpty: say('本期没有人工检查记录', 'Nobody recorded an inspection in this period'),
  })
}

const kindWords: Readonly<Record<string, Words>> = {
  'record.inspection': say('检查', 'inspection'),
  'record.maintenance': say('保养', 'maintenance'),
  'record.repair': say('维修', 'repair'),
  'record.reading': say('人工读数', 'hand reading'),
}

function whatOf({ entry, data }: Line): Words | null {
  const fields = saidIn(data['fields'])
  const said =
    textIn(fields['what']) ?? textIn(fields['work']) ?? (typeof fields['value'] === 'number' ? `${fields['value']}` : null)
  return joined([kindWords[entry.kind], said === null ? null : both(said)], '：', ': ')
}
