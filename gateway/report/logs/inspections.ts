import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { isWorkingDay, markOf } from '../../policy/calendar.ts'
import type { Calendar } from '../../policy/calendar.ts'
import type { Day } from '../../policy/calendar-days.ts'
import type { Equipment } from '../../site/site.ts'
import { countsOf } from '../contacts.ts'
import type { LogSection } from '../document.ts'
import { daysOf } from '../period.ts'
import type { LogQuestion } from '../question.ts'
import { endOf } from '../source.ts'
import type { LogSource } from '../source.ts'
import { both, joined, saidIn, say, textIn } from './cells.ts'
import type { HappeningsBook } from './happenings.ts'
import type { Names } from './names.ts'
import { day, section, text, time, verdict } from './section.ts'

interface Looked {
  readonly at: Instant | null
  readonly by: Words | null
  readonly verdict: string
  readonly note: Words | null
  readonly entries: readonly number[]
}
interface Row extends Looked {
  readonly from: Instant
  readonly nature: Words
  readonly equipment: Equipment
}

/** Each day off and who looked after the room on it (SRV-2), and inspections of other days. */
export function inspectionsSection(
  source: LogSource,
  question: LogQuestion,
  rooms: readonly Equipment[],
  { book, names }: { readonly book: HappeningsBook; readonly names: Names },
): LogSection {
  const { site, now } = source
  return section<Row>({
    id: 'inspections',
    title: say('休息日检查', 'Inspections on days off'),
    columns: [
      day('day', '日期', 'Day', ({ from }) => from),
      text('nature', '性质', 'Kind of day', ({ nature }) => nature, 12),
      text('equipment', '地点', 'Place', ({ equipment }) => names.place(equipment.id), 22),
      time('at', '检查时间', 'Inspected at', ({ at }) => at),
      text('by', '检查人', 'By', ({ by }) => by, 14),
      verdict('verdict', '结果', 'Verdict', row => row.verdict),
    ],
    *rows() {
      for (const { day: date, from, to } of daysOf(question.from, endOf(source, question), site.timeZone))
        for (const equipment of rooms) {
          const found = [...lookedOn(source, equipment, [from, to], { book, names })]
          const isOff = !isWorkingDay(site.calendar, date)
          const isOver = to <= now
          const missing: Looked[] = isOff && found.length === 0 && isOver ? [notLooked] : []
          for (const looked of [...found, ...missing])
            yield {
              of: { ...looked, from, nature: natureOf(site.calendar, date), equipment },
              entries: looked.entries,
              remark: looked.note,
              ...(looked.verdict === 'bad' && { tone: 'bad' as const }),
            }
        }
    },
    whenEmpty: say('本期没有休息日，也没有检查记录', 'No day off and no inspection in this period'),
  })
}

const notLooked: Looked = { at: null, by: null, verdict: 'bad', note: say('没有检查记录', 'not inspected'), entries: [] }

/** What people wrote down, and presses of the button on the spot, which bear no name. */
function* lookedOn(
  { site, past }: LogSource,
  equipment: Equipment,
  [from, to]: readonly [Instant, Instant],
  { book, names }: { readonly book: HappeningsBook; readonly names: Names },
): Generator<Looked> {
  for (const { entry, at, data, remark, entries } of book.of(equipment.id).records) {
    if (entry.kind !== 'record.inspection' || at < from || at >= to) continue
    const fields = saidIn(data['fields'])
    const said = [textIn(fields['what']), textIn(fields['note'])].map(text_ => (text_ === null ? null : both(text_)))
    const isBad = data['verdict'] === 'failed'
    yield { at, by: names.person(entry.by), verdict: isBad ? 'bad' : 'good', note: joined([...said, remark]), entries }
  }
  const button = site.points.find(point => point.equipment === equipment.id && point.key === 'inspections')
  if (!button) return
  for (const { at } of countsOf(past, button, [from, to]))
    yield { at, by: null, verdict: 'good', note: say('现场按钮', 'button on the spot'), entries: [] }
}

function natureOf(calendar: Calendar, date: Day): Words {
  const mark = markOf(calendar, date)
  if (mark) return mark.name
  return isWorkingDay(calendar, date) ? say('工作日', 'working day') : say('周末', 'weekend')
}
