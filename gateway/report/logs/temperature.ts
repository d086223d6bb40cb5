import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { offsetAt } from '../../zone.ts'
import type { Day } from '../../policy/calendar-days.ts'
import type { Equipment, Point } from '../../site/site.ts'
import { touching } from '../completeness.ts'
import type { LogDocument, LogSection } from '../document.ts'
import type { Figures, Stretch } from '../figures.ts'
import { clockText, twiceDaily } from '../figures-twice.ts'
import type { HalfDay, TwiceDaily } from '../figures-twice.ts'
import { headOf } from '../head.ts'
import { measure } from '../measured.ts'
import type { Measured } from '../measured.ts'
import type { LogQuestion } from '../question.ts'
import { retiredPoints } from '../retired.ts'
import { equipmentOf } from '../source.ts'
import type { LogSource, PaperSite } from '../source.ts'
import { joined, say } from './cells.ts'
import { excursionsSection } from './excursions.ts'
import { handReadings, handSection } from './hand-readings.ts'
import type { HandReading } from './hand-readings.ts'
import { HappeningsBook } from './happenings.ts'
import type { Happenings } from './happenings.ts'
import {
  allowed,
  causesOf,
  changedLimits,
  completenessOf,
  entriesIn,
  figure,
  figureColumns,
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
import { amount, day, section, text, verdict } from './section.ts'
import type { Column } from './section.ts'

/** The temperature log: of each cabinet every day with its figures, what was outside and why, what is missing and why, and what people read. */
export function temperatureLog(source: LogSource, question: LogQuestion): LogDocument {
  const names = new Names(source, question)
  const all = cabinetsOf(source, question).map(pair => measure(source, question, pair, isVaccine(source.site, pair[0].id)))
  const book = new HappeningsBook(source, question, names, new Set(all.map(({ equipment }) => equipment.id)))
  const nameOf = namesOf(all)
  const read = new Map(all.map(one => [one, handReadings(one, book.of(one.equipment.id), question)]))
  const points = all.map(({ point }) => point.id)
  return {
    kind: 'temperature',
    title: say('温度记录', 'Temperature log'),
    head: headOf(source, question, points, { ...completenessOf(all), limits: all.map(({ limits }) => limits) }),
    sections: [
      summary(all, nameOf),
      ...all.map(one =>
        daily(source, one, { name: nameOf(one), happened: book.of(one.equipment.id), read: read.get(one) ?? [], names }),
      ),
      excursionsSection(source, all, { book, names, nameOf }),
      gapsSection(all, nameOf),
      ...([...read.values()].some(readings => readings.length > 0) ? [handSection(source, read, names, nameOf)] : []),
    ],
    signatures,
  }
}

/** Every temperature of equipment that its rules keep a temperature log of, and of what was asked for by name. */
function cabinetsOf(source: LogSource, question: LogQuestion): readonly (readonly [Equipment, Point])[] {
  const { site } = source
  const kept = new Set(site.rules.filter(({ record }) => record === 'temperature').map(({ equipment }) => equipment))
  const clauses = new Set(site.rules.filter(({ record }) => record === 'temperature').map(({ clause }) => clause))
  const retired = retiredPoints(
    source,
    question,
    ({ unit, sources }) => unit === '°C' && sources.some(({ clause }) => isCold(clause) || clauses.has(clause)),
  )
  const here = equipmentOf(source, question)
    .filter(({ id }) => kept.has(id) || question.equipment.includes(id))
    .flatMap(equipment =>
      site.points
        .filter(point => point.equipment === equipment.id && point.unit === '°C' && point.kind === 'measurement')
        .map(point => [equipment, point] as const),
    )
  return [...here, ...retired]
}

/** Clauses of the canteen and the vaccine book: where the last such cabinet is gone no rule cites them any more. */
const isCold = (clause: string): boolean => /^(?:CAN|VAC)-/.test(clause)

/** Kept under the vaccine pack: mean kinetic temperature, morning and afternoon. */
const isVaccine = ({ rules }: PaperSite, equipment: string): boolean =>
  rules.some(rule => rule.equipment === equipment && rule.policy.id === 'vaccine')

function summary(all: readonly Measured[], nameOf: (one: Measured) => Words): LogSection {
  const [first] = all
  const withKinetic = all.some(({ halves }) => halves)
  return section<Measured>({
    id: 'summary',
    title: say('汇总', 'Summary'),
    columns: [
      text('equipment', '设备', 'Equipment', nameOf, 22),
      text('allowed', '允许范围', 'Allowed', allowed, 12),
      ...(first ? figureColumns<Measured>(first.point, ({ whole }) => whole) : []),
      ...(withKinetic
        ? [
            amount<Measured>('kinetic', '平均动力学温度', 'Mean kinetic temperature', ['°C', 2], ({ whole }) =>
              figure(whole.kinetic),
            ),
          ]
        : []),
      ...judgedColumns<Measured>(({ whole }) => whole),
      verdict('verdict', '结论', 'Verdict', ({ whole }) => verdictOf(whole)),
    ],
    *rows() {
      for (const one of all) yield { of: one, ...toneOf(one.whole), remark: changedLimits(one) }
    },
    whenEmpty: say('没有温度测点', 'There is nothing that measures temperature'),
  })
}

/** A day of one cabinet. */
interface DayRow extends Stretch {
  readonly day: Day
  readonly figures: Figures
  readonly twice: TwiceDaily | undefined
  readonly cause: Words | null
}

interface About {
  readonly name: Words
  readonly happened: Happenings
  readonly read: readonly HandReading[]
  readonly names: Names
}

function daily({ site }: LogSource, one: Measured, { name, happened, read, names }: About): LogSection {
  const { halves, figures, holes } = one
  const table = section<DayRow>({
    id: `daily.${one.point.id}`,
    title: say(`每日：${name.zh}`, `By day: ${name.en}`),
    columns: [
      day('day', '日期', 'Day', ({ from }) => from),
      ...figureColumns<DayRow>(one.point, row => row.figures),
      ...(halves ? [amount<DayRow>('kinetic', '平均动力学温度', 'MKT', ['°C', 2], row => figure(row.figures.kinetic))] : []),
      ...judgedColumns<DayRow>(row => row.figures),
      text('cause', '缺失原因', 'Why missing', ({ cause }) => cause, 12),
      ...(halves ? [...halfColumns(site, names, 'morning'), ...halfColumns(site, names, 'afternoon')] : []),
      verdict('verdict', '结论', 'Verdict', row => verdictOf(row.figures)),
    ],
    *rows() {
      const missing = touching(holes)
      for (const [index, { day: date, from, to }] of one.days.entries()) {
        const row = figures.day(index)
        const byHand = halves
          ? read.filter(({ at }) => at >= from && at < to).map(({ at, value, by }) => ({ at, value, by }))
          : []
        const twice = halves && twiceDaily(date, site.timeZone, byHand, halves.of(index))
        yield {
          of: { day: date, from, to, figures: row, twice, cause: causesOf(missing({ from, to })) },
          ...toneOf(row),
          remark: joined([...marksIn(happened, from, to), lateIn(row), tooNear(twice)]),
          entries: entriesIn(happened, from, to),
        }
      }
    },
    whenEmpty: say('本期没有一天', 'No day in this period'),
    ...(halves && { notes: vaccineNotes(one, names) }),
  })
  return { ...table, chart: one.chart }
}

function halfColumns(site: PaperSite, names: Names, half: 'morning' | 'afternoon'): readonly Column<DayRow>[] {
  const [zh, en] = half === 'morning' ? ['上午', 'a.m.'] : ['下午', 'p.m.']
  const of = ({ twice }: DayRow): HalfDay | undefined => twice?.[half]
  return [
    amount(half, `${zh}读数`, `Reading ${en}`, ['°C', 1], row => figure(of(row)?.value ?? null)),
    text(`${half}-by`, `${zh}测温`, `Read ${en}`, row => readBy(of(row), site, names), 14),
  ]
}

/** `08:31 王芳`, or that nobody did. */
function readBy(half: HalfDay | undefined, { timeZone }: PaperSite, names: Names): Words {
  if (!half) return say('缺', 'missing')
  const at = clockText(half.at, offsetAt(half.at, timeZone))
  const who = half.by === undefined ? say('自动', 'sensor') : names.person(half.by)
  return say(`${at} ${who.zh}`, `${at} ${who.en}`)
}

/** That one is missing stands in its own column. */
const tooNear = (twice: TwiceDaily | undefined): Words | null =>
  twice?.morning && twice.afternoon && !twice.isApart ? say('两次间隔不足 6 小时', 'less than 6 hours apart') : null

function vaccineNotes({ figures }: Measured, names: Names): readonly Words[] {
  const told = (runs: Iterable<{ readonly from: Instant; readonly to: Instant; readonly extreme: number }>): string =>
    [...runs].map(({ from, to, extreme }) => `${names.moment(from)} – ${names.moment(to)}（${extreme} °C）`).join('；')
  const [heat, freeze] = [told(figures.heat), told(figures.freeze)]
  return [
    say(
      `上午、下午读数：人工测温优先（06:00–11:00、12:00–18:00，取最接近 08:30、16:30 的一次），没有人工测温时取自动读数；两次间隔不少于 6 小时。`,
      'Morning and afternoon: what a person read goes first (06:00–11:00 and 12:00–18:00, nearest to 08:30 and 16:30), else the sensor; at least 6 hours apart.',
    ),
    say(
      `WHO 30 天记录仪判据（仅供处置参考）：连续 10 小时高于 8 °C：${heat || '无'}；连续 60 分钟不高于 −0.5 °C：${freeze || '无'}。`,
      `WHO 30-day logger marks (for disposition only): above 8 °C for 10 h on end: ${heat || 'none'}; at or below −0.5 °C for 60 min on end: ${freeze || 'none'}.`,
    ),
    say(
      '平均动力学温度按 ΔH = 83.144 kJ/mol、以时长加权计算；它低估低温，不能说明没有冻结。',
      'Mean kinetic temperature: ΔH = 83.144 kJ/mol, weighted by time. It underweights cold and never shows that nothing froze.',
    ),
  ]
}
