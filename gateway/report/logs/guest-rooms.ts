import type { Words } from '../../../protocols/contract/driver.ts'
import type { PointId } from '../../../protocols/contract/reading.ts'
import { instant } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { bad, qualityOf } from '../../historian/rows.ts'
import type { Past } from '../../store/past.ts'
import type { LogSection } from '../document.ts'
import { daysOf } from '../period.ts'
import { endOf } from '../source.ts'
import { say } from './cells.ts'
import type { Desk } from './paper.ts'
import { day, section, text, time, verdict } from './section.ts'
import { unwatched } from './watched.ts'

interface RoomDay {
  readonly from: Instant
  readonly room: string
  readonly cups: Instant | null
  readonly basins: Instant | null
  readonly toilets: Instant | null
  /** Why nothing can be said of the day, or not yet. */
  readonly open: Words | undefined
}
const dayNotOver = say('当天未完', 'the day is not over')
const things = ['cups', 'basins', 'toilets'] as const

const isWhole = (one: RoomDay): boolean => things.every(thing => one[thing] !== null)

/** 客房杯具、脸盆、马桶每日消毒 (DUT-6): the last press of each button of each day. */
export function guestRoomsSection({ source, question, names }: Desk): LogSection {
  const { site, past } = source
  return section<RoomDay>({
    id: 'guest-rooms',
    title: say('客房每日消毒', 'Guest rooms, day by day'),
    columns: [
      day('day', '日期', 'Day', ({ from }) => from),
      text('room', '客房', 'Room', ({ room }) => names.place(room), 18),
      time('cups', '杯具', 'Cups', ({ cups }) => cups),
      time('basins', '脸盆', 'Basins', ({ basins }) => basins),
      time('toilets', '马桶', 'Toilets', ({ toilets }) => toilets),
      verdict('state', '当天', 'The day', one => (isWhole(one) ? 'good' : (one.open ?? 'bad'))),
    ],
    *rows() {
      for (const one of daysOf(question.from, endOf(source, question), site.timeZone))
        for (const { id, type } of site.equipment) {
          if (type !== 'guest-room' || !names.wants(id)) continue
          const [cups = null, basins = null, toilets = null] = things.map(thing => {
            const point = site.points.find(({ equipment, key }) => equipment === id && key === thing)
            return point ? lastStep(past, point.id, one.from, one.to) : null
          })
          const row = {
            from: one.from,
            room: id,
            cups,
            basins,
            toilets,
            open: one.to >= source.now ? dayNotOver : unwatched(past, one.from, one.to),
          }
          yield { of: row, ...(isWhole(row) ? {} : { tone: row.open ? 'quiet' : 'bad' }) }
        }
    },
    whenEmpty: say('没有客房', 'There are no guest rooms'),
  })
}

/** So far back what a counter showed before the day is looked for: it repeats itself each quarter of an hour. */
const lookBack = 86_400_000

/** When a counter last went up within a time. */
export function lastStep(past: Pick<Past, 'columns'>, point: PointId, from: Instant, to: Instant): Instant | null {
  let before: number | undefined
  let found: Instant | null = null
  for (const rows of past.columns(point, instant(from - lookBack), to))
    for (let index = 0; index < rows.at.length; index++) {
      if (qualityOf(rows.mark[index] ?? bad) === bad) continue
      const [at, value] = [rows.at[index] ?? 0, rows.value[index] ?? 0]
      if (before !== undefined && value > before && at >= from) found = instant(at)
      before = value
    }
  return found
}
