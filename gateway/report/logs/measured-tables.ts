import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { touching } from '../completeness.ts'
import type { Hole } from '../completeness.ts'
import type { LogSection } from '../document.ts'
import type { Figures, Stretch } from '../figures.ts'
import { bandsOf } from '../limits.ts'
import type { LimitsOver } from '../limits.ts'
import type { Measured } from '../measured.ts'
import type { LogQuestion } from '../question.ts'
import type { LogSource } from '../source.ts'
import { joined, rounded, say } from './cells.ts'
import { overlaps } from './happenings.ts'
import type { Happenings } from './happenings.ts'
import { amount, count, day, length, section, share, text, time, verdict } from './section.ts'
import type { Column, Shown } from './section.ts'

/** A figure without the noise of floating numbers; what is shown of it is the column's business. */
export const figure = (value: number | null): number | null => (value === null ? null : rounded(value, 6))

/** Least, mean and greatest with the point's own decimals; the mean has one more. */
export function figureColumns<T>(
  point: Pick<Measured['point'], 'unit' | 'decimals'>,
  of: (row: T) => Figures,
): readonly Column<T>[] {
  const { unit, decimals } = point
  return [
    amount('min', '最低', 'Minimum', [unit, decimals], row => figure(of(row).min)),
    amount('mean', '平均', 'Mean', [unit, decimals + 1], row => figure(of(row).mean)),
    amount('max', '最高', 'Maximum', [unit, decimals], row => figure(of(row).max)),
  ]
}

export const outside = ({ above, below }: Figures): number => above + below

/** What was outside and what is unknown. */
export function judgedColumns<T>(of: (row: T) => Figures): readonly Column<T>[] {
  return [
    length('outside', '超限时长', 'Time outside', row => outside(of(row))),
    count('excursions', '超限次数', 'Excursions', row => of(row).excursions),
    length('unknown', '缺失时长', 'Time unknown', row => of(row).due - of(row).known),
    share('known', '完整率', 'Completeness', row => shareOf(of(row))),
  ]
}

export const shareOf = ({ known, due }: Figures): number | null => (due > 0 ? rounded(known / due, 6) : null)

/** A gap neither conforms nor does not: where part of a time is unknown the verdict says so. */
export function verdictOf(figures: Figures): string | Words {
  if (figures.known === 0) return 'unknown'
  if (outside(figures) > 0) return 'bad'
  return figures.known < figures.due ? say('已知时段合格', 'within limits where known') : 'good'
}

/** Why something is missing, each cause once. */
export function causesOf(holes: readonly Hole[]): Words | null {
  return joined([...new Map(holes.map(({ cause }) => [cause.zh, cause])).values()], '、', ', ')
}

export const allowed = ({ limits, point }: Measured): Words | null => {
  const { min, max } = limits.stretches.at(-1)?.limits ?? {}
  const { unit } = point
  if (min !== undefined && max !== undefined) return say(`${min}～${max} ${unit}`, `${min} to ${max} ${unit}`)
  if (max !== undefined) return say(`≤ ${max} ${unit}`, `≤ ${max} ${unit}`)
  return min === undefined ? null : say(`≥ ${min} ${unit}`, `≥ ${min} ${unit}`)
}

/** Every time of which nothing is known, with its cause. */
export function gapsSection(all: readonly Measured[], nameOf: (one: Measured) => Words): LogSection {
  interface Row {
    readonly one: Measured
    readonly hole: Hole
  }
  return section<Row>({
    id: 'gaps',
    title: say('数据缺口', 'Gaps'),
    columns: [
      text('equipment', '设备', 'Equipment', ({ one }) => nameOf(one), 22),
      time('from', '开始', 'From', ({ hole }) => hole.from),
      time('to', '结束', 'To', ({ hole }) => hole.to),
      length('length', '时长', 'Length', ({ hole }) => hole.length),
      count('times', '次数', 'Times', ({ hole }) => hole.times),
      text('cause', '原因', 'Cause', ({ hole }) => hole.cause, 16),
      text('detail', '说明', 'Details', ({ hole }) => (hole.detail.zh === hole.cause.zh ? null : hole.detail), 36),
    ],
    *rows() {
      for (const one of all)
        for (const hole of one.holes) {
          const lasts = hole.to >= one.due.to ? say('到期末仍未恢复', 'still missing at the end') : null
          yield { of: { one, hole }, tone: 'quiet', entries: hole.entries, remark: lasts }
        }
    },
    whenEmpty: say('本期没有缺口', 'No gaps in this period'),
    notes: [
      say(
        '缺口不补数、不算合格也不算超限。一个读数有效到下一个读数为止，最长到该测点的失联时限；此后为缺口。同一天同一原因的短缺口合并为一行。',
        'Gaps are never filled in; they count neither as inside nor as outside. A reading holds until the next one, at most as long as the point may be silent; then the gap begins. Short gaps of one day and one cause are told in one line.',
      ),
    ],
  })
}

/** Completeness over all points of a log; absent where nothing could have been known. */
export function completenessOf(all: readonly Measured[]): { readonly completeness: number } | undefined {
  const due = all.reduce((sum, { whole }) => sum + whole.due, 0)
  const known = all.reduce((sum, { whole }) => sum + whole.known, 0)
  return due > 0 ? { completeness: rounded(known / due, 6) } : undefined
}

export const signatures = [say('记录人', 'Recorded by'), say('审核人', 'Reviewed by')]

/** The equipment's name; where it has several points in the log, or always with `full`, with that of the point. */
export function namesOf(all: readonly Measured[], full = false): (one: Measured) => Words {
  const counts = Map.groupBy(all, ({ equipment }) => equipment.id)
  return ({ equipment, point }) => {
    const isAlone = !full && (counts.get(equipment.id)?.length ?? 0) < 2
    return isAlone ? equipment.name : say(`${equipment.name.zh} · ${point.name.zh}`, `${equipment.name.en} · ${point.name.en}`)
  }
}

/** Points of several units in one table: each line has its own. */
export function summarySection(all: readonly Measured[], nameOf: (one: Measured) => Words, whenEmpty: Words): LogSection {
  const plain = { unit: '', decimals: 2 } as const
  return section<Measured>({
    id: 'summary',
    title: say('汇总', 'Summary'),
    columns: [
      text('equipment', '设备', 'Equipment', nameOf, 24),
      text('unit', '单位', 'Unit', ({ point }) => point.unit, 7),
      text('allowed', '允许范围', 'Allowed', allowed, 14),
      ...figureColumns<Measured>(plain, ({ whole }) => whole),
      ...judgedColumns<Measured>(({ whole }) => whole),
      verdict('verdict', '结论', 'Verdict', ({ whole }) => verdictOf(whole)),
    ],
    *rows() {
      for (const one of all) yield { of: one, ...toneOf(one.whole), remark: changedLimits(one) }
    },
    whenEmpty,
  })
}

export const changedLimits = ({ limits }: Measured): Words | null =>
  new Set(limits.stretches.map(stretch => JSON.stringify(stretch.limits))).size > 1
    ? say('限值在本期内变更过，见表头', 'limits changed within the period, see the head')
    : null

export const toneOf = (figures: Figures): Pick<Shown<unknown>, 'tone'> =>
  outside(figures) > 0 ? { tone: 'bad' } : figures.known === 0 ? { tone: 'quiet' } : {}

export const lateIn = ({ late }: Figures): Words | null =>
  late > 0 ? say(`迟到读数 ${late} 个`, `${late} late ${late === 1 ? 'reading' : 'readings'}`) : null

/** A point day by day, with its chart. */
export function dailySection(one: Measured, name: Words, happened: Happenings, notes: readonly Words[] = []): LogSection {
  interface Row extends Stretch {
    readonly figures: Figures
    readonly cause: Words | null
  }
  const table = section<Row>({
    id: `daily.${one.point.id}`,
    title: say(`每日：${name.zh}`, `By day: ${name.en}`),
    columns: [
      day('day', '日期', 'Day', ({ from }) => from),
      ...figureColumns<Row>(one.point, ({ figures }) => figures),
      ...judgedColumns<Row>(({ figures }) => figures),
      text('cause', '缺失原因', 'Why missing', ({ cause }) => cause, 16),
      verdict('verdict', '结论', 'Verdict', ({ figures }) => verdictOf(figures)),
    ],
    *rows() {
      const missing = touching(one.holes)
      for (const [index, { from, to }] of one.days.entries()) {
        const figures = one.figures.day(index)
        yield {
          of: { from, to, figures, cause: causesOf(missing({ from, to })) },
          ...toneOf(figures),
          remark: joined([...marksIn(happened, from, to), lateIn(figures)]),
          entries: entriesIn(happened, from, to),
        }
      }
    },
    whenEmpty: say('本期没有一天', 'No day in this period'),
    ...(notes.length > 0 && { notes }),
  })
  return { ...table, chart: one.chart }
}

/** What went on at the equipment: out of use, defrosting, a door left open. */
export function marksIn({ marks, alarms }: Happenings, from: Instant, to: Instant): readonly Words[] {
  const within = { from, to }
  const going = marks.filter(mark => overlaps(mark, within)).map(({ what }) => what)
  const doors = alarms.filter(alarm => alarm.point.endsWith('.door') && overlaps(alarm, within)).map(({ title }) => title)
  return [...new Map([...going, ...doors].map(words => [words.zh, words])).values()]
}

export function entriesIn({ marks, alarms }: Happenings, from: Instant, to: Instant): readonly number[] {
  const found = [...marks, ...alarms].filter(one => overlaps(one, { from, to })).flatMap(({ entries }) => entries)
  return [...new Set(found)].toSorted((a, b) => a - b)
}

/** Limits of a figure that is worked out: those of rules whose numbers stand in an expression. A rule that the site has changed judges no more here. */
export function derivedLimits(
  { site }: LogSource,
  { from, to }: LogQuestion,
  point: Measured['point'],
  sides: readonly { readonly side: 'min' | 'max'; readonly value: number; readonly rule: string }[],
): LimitsOver {
  const found = sides.flatMap(one => {
    const rule = site.rules.find(({ id }) => id === one.rule)
    return rule?.limitBasis && !rule.overlay?.changed.includes('when') ? [{ ...one, rule, basis: rule.limitBasis }] : []
  })
  const limits = Object.fromEntries(found.map(({ side, value }) => [side, value]))
  return {
    stretches: found.length > 0 ? [{ from, to, limits }] : [],
    told: bandsOf(
      found.map(({ side, value, rule, basis }) => ({
        equipment: site.equipment.find(({ id }) => id === point.equipment)?.name ?? say(point.equipment, point.equipment),
        point: point.name,
        [side]: value,
        unit: point.unit,
        clause: rule.clause,
        title: site.clauses.get(rule.clause)?.title ?? say(rule.clause, rule.clause),
        basis,
        policy: rule.policy,
      })),
    ),
  }
}
