import type { Point } from '../../site/site.ts'
import type { Figures, Stretch } from '../figures.ts'
import type { LogSection } from '../document.ts'
import { measure } from '../measured.ts'
import { rounded, say } from './cells.ts'
import type { Desk } from './paper.ts'
import { amount, day, length, section, verdict } from './section.ts'
import { unwatched } from './watched.ts'

interface Daily extends Figures {
  readonly stretch: Stretch
}

const isOut = ({ above, below }: Figures): boolean => above > 0 || below > 0

/** 余氯每日记录 (WAT-3, WAT-5), from the readings: what the water had, day by day. */
export function chlorineSection({ source, question, names }: Desk, point: Point): readonly LogSection[] {
  const equipment = source.site.equipment.find(({ id }) => id === point.equipment)
  if (!equipment) return []
  const measured = measure(source, question, [equipment, point])
  const figure = (value: number | null): number | null => (value === null ? null : rounded(value, 3))
  const unit = [point.unit, 2] as const
  const table = section<Daily>({
    id: `chlorine.${point.equipment}`,
    title: say(
      `余氯每日记录：${names.equipment(point.equipment).zh}`,
      `Residual chlorine by day: ${names.equipment(point.equipment).en}`,
    ),
    columns: [
      day('day', '日期', 'Day', ({ stretch }) => stretch.from),
      amount('min', '最低', 'Lowest', unit, ({ min }) => figure(min)),
      amount('mean', '平均', 'Mean', unit, ({ mean }) => figure(mean)),
      amount('max', '最高', 'Highest', unit, ({ max }) => figure(max)),
      length('below', '低于下限', 'Below the limit', ({ below }) => below),
      length('above', '高于上限', 'Above the limit', ({ above }) => above),
      length('unknown', '没有读数', 'Not known', ({ due, known }) => Math.max(0, due - known)),
      verdict('verdict', '判定', 'Verdict', one => (isOut(one) ? 'bad' : one.known > 0 ? 'good' : 'unknown')),
    ],
    *rows() {
      for (const [index, stretch] of measured.days.entries()) {
        const figures = measured.figures.day(index)
        if (figures.due === 0) continue
        const tone = isOut(figures) ? 'bad' : figures.known === 0 ? 'quiet' : undefined
        yield { of: { ...figures, stretch }, remark: unwatched(source.past, stretch.from, stretch.to), ...(tone ? { tone } : {}) }
      }
    },
    whenEmpty: say('本期没有余氯读数', 'There are no readings of chlorine in this period'),
  })
  return [{ ...table, chart: measured.chart }]
}
