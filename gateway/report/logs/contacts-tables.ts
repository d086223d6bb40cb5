import type { Words } from '../../../protocols/contract/driver.ts'
import { minutes } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { Equipment, Point } from '../../site/site.ts'
import { countsOf, inOrder, turnsOf } from '../contacts.ts'
import type { Turn } from '../contacts.ts'
import type { LogSection } from '../document.ts'
import type { LogQuestion } from '../question.ts'
import { endOf } from '../source.ts'
import type { LogSource } from '../source.ts'
import { both, joined, say } from './cells.ts'
import { overlaps } from './happenings.ts'
import type { HappeningsBook } from './happenings.ts'
import type { Names } from './names.ts'
import { count, length, section, text, time } from './section.ts'

/** What is told elsewhere, or is nobody's trouble. */
const notEvents = new Set(['door', 'cooling', 'in-place', 'clear', 'sign'])

/** Water, smoke and other contacts: each time they spoke. */
export function eventsSection(
  source: LogSource,
  question: LogQuestion,
  rooms: readonly Equipment[],
  { book, names }: { readonly book: HappeningsBook; readonly names: Names },
): LogSection {
  interface Row {
    readonly equipment: Equipment
    readonly point: Point
    readonly turn: Turn
  }
  const { site, past } = source
  const alarmsOf = ({ equipment, point, turn }: Row) =>
    book
      .of(equipment.id)
      .alarms.filter(alarm => alarm.point === point.id && overlaps(alarm, { from: turn.from, to: turn.to + 1 }))
  return section<Row>({
    id: 'events',
    title: say('漏水、烟雾等事件', 'Water, smoke and other events'),
    columns: [
      text('equipment', '地点', 'Place', ({ equipment }) => names.place(equipment.id), 22),
      text('what', '事件', 'Event', ({ point, turn }) => labelled(point, turn.code), 14),
      time('from', '开始', 'From', ({ turn }) => turn.from),
      time('to', '结束', 'To', ({ turn }) => turn.to),
      length('length', '时长', 'Length', ({ turn }) => turn.to - turn.from),
      text(
        'alarm',
        '报警',
        'Alarm',
        row => joined(alarmsOf(row).map(({ id, title }) => say(`${id} ${title.zh}`, `${id} ${title.en}`))),
        24,
      ),
      text('action', '处理', 'What was done', row => joined(alarmsOf(row).map(({ done }) => done)), 28),
    ],
    *rows() {
      for (const equipment of rooms) {
        const points = site.points.filter(
          ({ equipment: of, kind, key }) => of === equipment.id && kind === 'contact' && !notEvents.has(key),
        )
        const series = points.map(point => eachOf(turnsOf(past, point, [question.from, endOf(source, question)]), point))
        for (const { point, turn } of inOrder(series, ({ turn: { from } }) => from)) {
          const row = { equipment, point, turn }
          const entries = alarmsOf(row).flatMap(({ entries: seqs }) => seqs)
          yield { of: row, tone: 'bad', entries, remark: turn.lasts ? say('期末仍在持续', 'not over at the end') : null }
        }
      }
    },
    whenEmpty: say('本期没有漏水、烟雾等事件', 'No water, smoke or other event in this period'),
  })
}

function* eachOf(turns: Iterable<Turn>, point: Point): Generator<{ readonly point: Point; readonly turn: Turn }> {
  for (const turn of turns) yield { point, turn }
}

const labelled = ({ name, labels }: Point, code: number): Words => {
  const label = labels.get(code)
  return label ? say(`${name.zh}：${label.zh}`, `${name.en}: ${label.en}`) : name
}

/** A door that opened, or a counter at it that went up. */
interface Passage {
  readonly at: Instant
  readonly equipment: Equipment
  readonly what: Words
  readonly count: number | null
  readonly length: number | null
  readonly remark: Words | null
  readonly isUnbadged: boolean
}

const badgeWithin = minutes(1)

/** Times of entering and leaving as door, badge reader and register have them (SRV-3). */
export function accessSection(source: LogSource, question: LogQuestion, rooms: readonly Equipment[], names: Names): LogSection {
  return section<Passage>({
    id: 'access',
    title: say('进出机房', 'Entering and leaving'),
    columns: [
      time('at', '时间', 'At', ({ at }) => at),
      text('equipment', '地点', 'Place', ({ equipment }) => names.place(equipment.id), 22),
      text('what', '事项', 'What', ({ what }) => what, 14),
      count('count', '次数', 'Times', row => row.count),
      length('length', '开门时长', 'Open for', row => row.length),
    ],
    *rows() {
      const passages = rooms.map(equipment => passagesOf(source, question, equipment))
      for (const passage of inOrder(passages, ({ at }) => at))
        yield { of: passage, remark: passage.remark, ...(passage.isUnbadged && { tone: 'bad' as const }) }
    },
    whenEmpty: say('本期没有人进出', 'Nobody came or went in this period'),
  })
}

const counters = [
  ['badge', say('刷卡', 'badge shown')],
  ['entries', say('登记进入', 'entry recorded')],
  ['exits', say('登记离开', 'leaving recorded')],
] as const

function passagesOf(source: LogSource, question: LogQuestion, equipment: Equipment): Generator<Passage> {
  const { site, past } = source
  const period = [question.from, endOf(source, question)] as const
  const pointAt = (key: string): Point | undefined =>
    site.points.find(point => point.equipment === equipment.id && point.key === key)
  const counted = counters.map(([key, what]) => countedAt(pointAt(key), what))
  return inOrder([doorOpenings(pointAt('door'), pointAt('badge')), ...counted], ({ at }) => at)

  function* countedAt(point: Point | undefined, what: Words): Generator<Passage> {
    if (!point) return
    for (const { at, by } of countsOf(past, point, period))
      yield { at, equipment, what, count: by, length: null, remark: null, isUnbadged: false }
  }

  function* doorOpenings(door: Point | undefined, badge: Point | undefined): Generator<Passage> {
    if (!door) return
    for (const { from, to, lasts } of turnsOf(past, door, period)) {
      const around = [from - badgeWithin, from + badgeWithin + 1] as const
      const isUnbadged = badge !== undefined && countsOf(past, badge, around).next().done === true
      const remark = joined([isUnbadged ? say('前后一分钟没有刷卡', 'no badge within a minute') : null, lasts ? both('…') : null])
      yield { at: from, equipment, what: say('开门', 'door opened'), count: 1, length: to - from, remark, isUnbadged }
    }
  }
}
