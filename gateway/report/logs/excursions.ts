import type { Words } from '../../../protocols/contract/driver.ts'
import { hours, minutes } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { dayAt } from '../../policy/calendar-days.ts'
import { good, qualityOf } from '../../historian/rows.ts'
import type { LogSection } from '../document.ts'
import type { Excursion } from '../figures-runs.ts'
import type { Measured } from '../measured.ts'
import type { LogSource } from '../source.ts'
import { joined, say, saidIn, textIn } from './cells.ts'
import { byPerson, overlaps } from './happenings.ts'
import type { AlarmLife, Happenings, HappeningsBook } from './happenings.ts'
import type { Names } from './names.ts'
import { figure } from './measured-tables.ts'
import { amount, count, length, section, text, time } from './section.ts'

/** One line: an excursion, or several short ones of a day about which nobody was called. */
interface Told extends Excursion {
  readonly one: Measured
  readonly times: number
}

const short = minutes(10)
/** What opened the door before belongs to it, and what is written down the day after. */
const before = minutes(15)
const after = hours(24)

/** Every time outside the limits, with what is known of its cause and what was done about it. */
export function excursionsSection(
  source: LogSource,
  all: readonly Measured[],
  { book, names, nameOf }: { readonly book: HappeningsBook; readonly names: Names; readonly nameOf: (one: Measured) => Words },
): LogSection {
  const [first] = all
  const [unit, decimals] = [first?.point.unit ?? '', first?.point.decimals ?? 1]
  const mixed = all.some(({ point }) => point.unit !== unit)
  return section<Told>({
    id: 'excursions',
    title: say('超限情况', 'Excursions'),
    columns: [
      text('equipment', '设备', 'Equipment', ({ one }) => nameOf(one), 22),
      time('from', '开始', 'From', ({ from }) => from),
      time('to', '结束', 'To', ({ to }) => to),
      text('side', '方向', 'Side', ({ side }) => (side > 0 ? say('偏高', 'above') : say('偏低', 'below')), 6),
      // One decimal more, so that 8.04 does not look like 8.0.
      amount('extreme', '极值', 'Extreme', [mixed ? '' : unit, decimals + 1], ({ extreme }) => figure(extreme)),
      time('extremeAt', '极值时间', 'Extreme at', ({ extremeAt }) => extremeAt),
      length('outside', '超限时长', 'Time outside', one => one.outside),
      count('times', '次数', 'Times', ({ times }) => times),
      text('cause', '原因', 'Cause', told => causeOf(source, told, book.of(told.one.equipment.id)), 30),
      text('action', '纠正措施', 'Corrective action', told => actionOf(told, book.of(told.one.equipment.id), names), 30),
    ],
    *rows() {
      for (const one of all) {
        const { alarms, records } = book.of(one.equipment.id)
        for (const told of toldOf(source, one, alarms)) {
          const called = alarms.filter(alarm => overlaps(alarm, told))
          const written = records.filter(record => record.at >= told.from && record.at <= told.to + after)
          const entries = [...new Set([...called.flatMap(alarm => alarm.entries), ...written.flatMap(record => record.entries)])]
          const begun = told.from <= (one.days[0]?.from ?? 0) ? say('本期之前已开始', 'began before the period') : null
          const lasts = told.to >= one.due.to ? say('期末仍未恢复', 'not over at the end') : null
          yield { of: told, tone: 'bad', entries: entries.toSorted((a, b) => a - b), remark: joined([begun, lasts]) }
        }
      }
    },
    whenEmpty: say('本期没有超限', 'No excursions in this period'),
    notes: [
      say(
        '超限按当时有效的限值逐个读数判定，不设延时。同一天不满 10 分钟、没有引起报警的短时超限合并为一行，“次数”是合并的次数。',
        'Each reading is judged by the limit that was valid at that time, without delay. Those of less than 10 minutes that led to no alarm are told in one line a day; "times" says how many.',
      ),
    ],
  })
}

/** Short ones of one day and one side that called nobody become one line. */
export function* toldOf({ site }: Pick<LogSource, 'site'>, one: Measured, alarms: readonly AlarmLife[]): Generator<Told> {
  let waiting: Told | undefined
  let next = 0
  const isShort = (run: Excursion): boolean => {
    if (run.outside >= short) return false
    while (next < alarms.length && (alarms[next]?.to ?? 0) <= run.from && (alarms[next]?.from ?? 0) < run.from) next++
    return !alarms.slice(next).some(alarm => alarm.point === one.point.id && overlaps(alarm, run))
  }
  for (const run of one.figures.excursions) {
    const told = { ...run, one, times: 1 }
    const isSmall = isShort(run)
    if (
      waiting &&
      isSmall &&
      waiting.side === run.side &&
      dayAt(waiting.from, site.timeZone) === dayAt(run.from, site.timeZone)
    ) {
      const isFarther = (run.extreme - waiting.extreme) * run.side > 0
      waiting = {
        ...waiting,
        to: run.to,
        outside: (waiting.outside + run.outside) as Told['outside'],
        times: waiting.times + 1,
        ...(isFarther && { extreme: run.extreme, extremeAt: run.extremeAt }),
      }
      continue
    }
    if (waiting) yield waiting
    waiting = isSmall ? told : undefined
    if (!isSmall) yield told
  }
  if (waiting) yield waiting
}

function causeOf(source: LogSource, told: Told, { alarms, marks, records }: Happenings): Words {
  const written = correctiveFor(told, alarms, records).map(({ data }) => wordsOf(saidIn(data['fields'])['cause']))
  const going = marks.filter(mark => overlaps(mark, told)).map(({ what }) => what)
  const called = alarms
    .filter(alarm => overlaps(alarm, told))
    .map(({ title, clause }) => (clause === '' ? title : say(`${title.zh}（${clause}）`, `${title.en} (${clause})`)))
  return joined(unique([...written, ...going, doorOf(source, told), ...called])) ?? say('未说明', 'not explained')
}

function actionOf(told: Told, { alarms, records }: Happenings, names: Names): Words | null {
  const corrective = correctiveFor(told, alarms, records).map(({ data, entry }) => {
    const fields = saidIn(data['fields'])
    const said = joined([wordsOf(fields['action']), wordsOf(fields['goods'])])
    return said && byBoth(said, names.person(entry.by))
  })
  const repairs = records
    .filter(({ entry, at }) => entry.kind === 'record.repair' && at >= told.from && at <= told.to + after)
    .map(({ data, entry }) => {
      const work = textIn(saidIn(data['fields'])['work']) ?? textIn(saidIn(data['fields'])['what'])
      return byPerson(work === null ? '维修' : work, names.person(entry.by))
    })
  const done = alarms.filter(alarm => overlaps(alarm, told)).map(alarm => alarm.done)
  return joined(unique([...corrective, ...done, ...repairs]))
}

/** Those that name one of its alarms, and those that were written down while it lasted or within a day. */
function correctiveFor(told: Told, alarms: readonly AlarmLife[], records: Happenings['records']): Happenings['records'] {
  const called = new Set(alarms.filter(alarm => overlaps(alarm, told)).map(({ id }) => id))
  return records.filter(({ entry, at, data }) => {
    if (entry.kind !== 'record.corrective-action') return false
    const named = textIn(saidIn(data['fields'])['alarm'])
    return named === null ? at >= told.from && at <= told.to + after : called.has(named)
  })
}

/** How often and how long the door was open around it, as its contact says. */
function doorOf({ past, site }: LogSource, { one, from, to }: Told): Words | null {
  const door = site.points.find(
    ({ equipment, key, kind }) => equipment === one.equipment.id && key === 'door' && kind === 'contact',
  )
  if (!door) return null
  const start = from - before
  let [times, open, since] = [0, 0, Number.NaN]
  const hold = (until: number): void => {
    if (!Number.isNaN(since)) open += Math.max(0, Math.min(until, since + door.staleAfter) - Math.max(since, start))
  }
  for (const { at, value, mark } of past.columns(door.id, (start - door.staleAfter) as Instant, to))
    for (let index = 0; index < at.length; index++) {
      const time = at[index] ?? 0
      const isOpen = qualityOf(mark[index] ?? 0) === good && value[index] === 1
      hold(time)
      if (isOpen && (Number.isNaN(since) || time < start)) times = time < start ? 1 : times + 1
      else if (!isOpen && time < start) times = 0
      since = isOpen ? time : Number.NaN
    }
  hold(to)
  const length = Math.max(1, Math.round(open / 60_000))
  return open > 0
    ? say(`其间开门 ${times} 次，共 ${length} 分钟`, `door open ${times === 1 ? 'once' : `${times} times`}, ${length} min in all`)
    : null
}

const wordsOf = (value: unknown): Words | null => {
  const said = textIn(value)
  return said === null ? null : { zh: said, en: said }
}
const byBoth = (said: Words, who: Words): Words => say(`${said.zh}（${who.zh}）`, `${said.en} (${who.en})`)
const unique = (all: readonly (Words | null)[]): readonly (Words | null)[] => [
  ...new Map(all.filter(one => one !== null).map(one => [one.zh, one])).values(),
]
