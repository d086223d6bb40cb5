import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { LogSection } from '../document.ts'
import { daysOf } from '../period.ts'
import { endOf } from '../source.ts'
import { say } from './cells.ts'
import type { Desk } from './paper.ts'
import { day, section, text, time, verdict } from './section.ts'
import { stepsOf } from './steps.ts'
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
            return point ? ([...stepsOf(past, point.id, one.from, one.to)].at(-1) ?? null) : null
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
