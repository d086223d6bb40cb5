import type { Words } from '../../../protocols/contract/driver.ts'
import type { LogSection } from '../document.ts'
import type { Hole } from '../completeness.ts'
import type { Figures } from '../figures.ts'
import type { Measured } from '../measured.ts'
import { joined, rounded, say } from './cells.ts'
import { overlaps } from './happenings.ts'
import { amount, count, length, section, share, text, time } from './section.ts'
import type { Column } from './section.ts'

/** A figure without the noise of floating numbers; what is shown of it is the column's business. */
export const figure = (value: number | null): number | null => (value === null ? null : rounded(value, 6))

/** Least, mean and greatest with the point's own decimals; the mean has one more. */
export function figureColumns<T>(point: Measured['point'], of: (row: T) => Figures): readonly Column<T>[] {
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

/** Why something is missing between two times, each cause once. */
export function causesIn(holes: readonly Hole[], from: number, to: number): Words | null {
  const causes = new Map(holes.filter(hole => overlaps(hole, { from, to })).map(({ cause }) => [cause.zh, cause]))
  return joined([...causes.values()], '、', ', ')
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
      text('detail', '说明', 'Details', ({ hole }) => hole.detail, 36),
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
