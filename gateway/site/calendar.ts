import type { Words } from '../../protocols/contract/driver.ts'
import { countries, parseDays, plainCalendar, publishedMarks, unknownYears } from '../policy/calendar.ts'
import type { Calendar, Country, DayMark, Term } from '../policy/calendar.ts'
import { dayText, nextDay, parseDay, weekdayNames } from '../policy/calendar-days.ts'
import type { Day, Weekday } from '../policy/calendar-days.ts'
import { doOverlap, parseSpan, usualHours } from '../policy/calendar-span.ts'
import type { Hours, Span } from '../policy/calendar-span.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { below, idKey, list, mapping, oneOf, pairs, required, wordsOf, wrongType } from './reader.ts'
import type { Finding, Item, Report } from './report.ts'

/** Zones of the mainland: there the State Council's holidays are the default. */
const mainland = new Set([
  'Asia/Shanghai',
  'Asia/Urumqi',
  'Asia/Chongqing',
  'Asia/Chungking',
  'Asia/Harbin',
  'Asia/Kashgar',
  'PRC',
])

/** A stretch of holidays or of a term that is longer than this is a slip of the pen. */
const longest = { holiday: 120, term: 300 }

/**
 * Reads the site file's `calendar:`; without one the country's holidays and the usual hours hold. Every problem is reported with its
 * place, and what is wrong is left out.
 */
export function readCalendar(report: Report, item: Item | undefined, zone: string): Calendar {
  const usual: Country = mainland.has(zone) ? 'CN' : 'none'
  const keys = ['country', 'weekend', 'holidays', 'workdays', 'terms', 'hours']
  if (!item || !mapping(report, item, keys)) return { ...plainCalendar(zone), country: usual, marks: publishedMarks(usual) }
  const country = oneOf(report, below(item, 'country'), countries, 'unknown-country') ?? usual
  const marks = new Map(publishedMarks(country))
  // The site's own word counts, but it must not say two things of one day.
  const own = new Map<Day, Item>()
  for (const holiday of list(report, below(item, 'holidays'))) readHoliday(report, holiday, marks, own)
  for (const workday of list(report, below(item, 'workdays'))) readWorkday(report, workday, marks, own)
  return {
    zone,
    country,
    weekend: readWeekend(report, below(item, 'weekend')),
    marks,
    terms: readTerms(report, below(item, 'terms')),
    hours: readHours(report, below(item, 'hours')),
  }
}

/** Warns where this year's holidays, or in December the next's, are not known: days would be taken for what their weekday says. */
export function warnOfUnknownYears(report: Report, item: Item, calendar: Calendar, now: Instant): void {
  for (const year of unknownYears(calendar, now)) {
    report.warn(item, {
      code: 'holidays-unknown',
      wrong: {
        zh: `本软件还没有 ${year} 年的放假调休安排，只按周末和日期固定的节日算`,
        en: `the public holidays and make-up days of ${year} are not known; only weekends and holidays with a fixed date count`,
      },
      write: {
        zh: `更新软件，或把 ${year} 年的写进 calendar.holidays 和 calendar.workdays`,
        en: `update, or write those of ${year} below calendar.holidays and calendar.workdays`,
      },
    })
  }
}

function readDay(report: Report, item: Item | undefined): Day | undefined {
  if (!item) return undefined
  const day = parseDay(item.value)
  if (day === undefined) report.error(item, notOne(item.value, { zh: '日期', en: 'a date' }, '2026-10-10'))
  return day
}

function notOne(value: unknown, what: Words, example: string): Finding {
  const { wrong } = wrongType(value, what, what)
  return { code: 'bad-value', wrong, write: { zh: `例如 \`${example}\``, en: `for example \`${example}\`` } }
}

/** `{ on }`, `{ from, to }` or a bare date. */
function readHoliday(report: Report, item: Item, marks: Map<Day, DayMark>, own: Map<Day, Item>): void {
  const isDate = typeof item.value === 'string'
  const keys = ['on', 'from', 'to', 'name']
  if (!isDate && !mapping(report, item, keys)) return
  const written = pairs(item).map(([key]) => key)
  if (!isDate && !written.some(key => key !== 'name' && keys.includes(key))) {
    // A mistyped key is one mistake: it is not to be called missing as well.
    if (written.every(key => keys.includes(key))) required(report, item, 'on', "'2026-12-24'")
    return
  }
  const name = (isDate ? undefined : wordsOf(report, below(item, 'name'))) ?? { zh: '本单位放假', en: 'day off of this site' }
  const on = isDate ? item : below(item, 'on')
  if (on && !isDate && (below(item, 'from') || below(item, 'to'))) {
    report.error(item, {
      code: 'bad-value',
      wrong: { zh: 'on 和 from、to 不能一起写', en: '`on` and `from`, `to` exclude one another' },
      write: { zh: '一天写 on，几天写 from 和 to', en: 'write `on` for one day, `from` and `to` for several' },
    })
    return
  }
  const days = on ? readStretch(report, on, on, on, longest.holiday) : readFromTo(report, item, longest.holiday)
  for (const day of days) if (keep(report, item, day, own)) marks.set(day, { working: false, name })
}

function readWorkday(report: Report, item: Item, marks: Map<Day, DayMark>, own: Map<Day, Item>): void {
  const day = readDay(report, item)
  if (day !== undefined && keep(report, item, day, own))
    marks.set(day, { working: true, name: { zh: '本单位上班', en: 'working day of this site' } })
}

function keep(report: Report, item: Item, day: Day, own: Map<Day, Item>): boolean {
  const before = own.get(day)
  if (!before) own.set(day, item)
  if (!before) return true
  const { line } = before.document.place(before.path, 'value')
  report.error(item, {
    code: 'duplicate-day',
    wrong: {
      zh: `${dayText(day)} 在第 ${line} 行已经写过`,
      en: `${dayText(day)} is already written in line ${line}`,
    },
    write: { zh: '一天只写一次：放假或上班', en: 'write a day once, as a holiday or as a workday' },
  })
  return false
}

function readFromTo(report: Report, item: Item, most: number): readonly Day[] {
  const from = required(report, item, 'from', '2026-09-01')
  const to = required(report, item, 'to', '2027-01-15')
  return from && to ? readStretch(report, from, to, to, most) : []
}

/** The days from one to the other; anything wrong with their order is said at `blame`. */
function readStretch(report: Report, from: Item, to: Item, blame: Item, most: number): readonly Day[] {
  const first = readDay(report, from)
  const last = from === to ? first : readDay(report, to)
  if (first === undefined || last === undefined) return []
  const length = last - first + 1
  if (length >= 1 && length <= most) return Array.from({ length }, (_, index) => nextDay(first, index))
  const wrong =
    length < 1
      ? { zh: `${dayText(last)} 早于 ${dayText(first)}`, en: `${dayText(last)} comes before ${dayText(first)}` }
      : { zh: `一共 ${length} 天，太长了`, en: `${length} days are too many` }
  report.error(blame, {
    code: 'bad-value',
    wrong,
    write: { zh: `写同一天或更晚，至多 ${most} 天`, en: `write the same day or a later one, ${most} days at most` },
  })
  return []
}

function readWeekend(report: Report, item: Item | undefined): ReadonlySet<Weekday> {
  if (!item) return plainCalendar('UTC').weekend
  // Nobody is off where every day is worked: `[]` says so.
  const days = Array.isArray(item.value) && item.value.length === 0 ? [] : parseDays(item.value)
  if (days !== undefined && typeof days !== 'string' && days.length < 7) return new Set(days)
  report.error(item, notOne(item.value, { zh: '休息日', en: 'the days off in a week' }, '[sat, sun]'))
  return plainCalendar('UTC').weekend
}

function readTerms(report: Report, item: Item | undefined): readonly Term[] {
  const terms: Term[] = []
  for (const one of list(report, item)) {
    if (!mapping(report, one, ['from', 'to', 'name'])) continue
    const name = wordsOf(report, below(one, 'name')) ?? { zh: '学期', en: 'term' }
    const days = readFromTo(report, one, longest.term)
    const [from, to] = [days[0], days.at(-1)]
    if (from === undefined || to === undefined) continue
    const other = terms.find(term => term.from <= to && from <= term.to)
    if (other) {
      report.error(one, {
        code: 'bad-value',
        wrong: { zh: `与 ${dayText(other.from)} 开始的学期重叠`, en: `it overlaps the term that begins ${dayText(other.from)}` },
        write: { zh: '让两个学期分开', en: 'keep the terms apart' },
      })
    } else terms.push({ from, to, name })
  }
  return terms
}

/** Named hours beside the usual ones; one of the same name takes its place. */
function readHours(report: Report, item: Item | undefined): ReadonlyMap<string, Hours> {
  const hours = new Map(usualHours)
  if (!item || !mapping(report, item)) return hours
  for (const [name, one] of pairs(item)) {
    if (!idKey(report, one, name)) continue
    const read = readOneHours(report, one)
    if (read) hours.set(name, read)
  }
  return hours
}

/** `'05:30-19:30'`, a list of such, or `{ mon-fri: …, sat: …, working: … }`: of a day the first line that is about it counts. */
function readOneHours(report: Report, item: Item): Hours | undefined {
  if (typeof item.value === 'string' || Array.isArray(item.value)) {
    const spans = readSpans(report, item)
    return spans && [{ days: 'all', spans }]
  }
  if (!mapping(report, item)) return undefined
  const lines = pairs(item).flatMap(([key, line]) => {
    const days = parseDays(key)
    const spans = line.value === 'closed' ? [] : readSpans(report, line)
    if (days === undefined)
      report.error(line, {
        on: 'key',
        ...notOne(key, { zh: '哪些天', en: 'days' }, [...weekdayNames, 'mon-fri, working, non-working, school, all'].join(', ')),
      })
    return days === undefined || spans === undefined ? [] : [{ days, spans }]
  })
  return lines
}

function readSpans(report: Report, item: Item): readonly Span[] | undefined {
  const raws: readonly unknown[] = Array.isArray(item.value) ? item.value : [item.value]
  const spans = raws.flatMap(raw => parseSpan(raw) ?? [])
  if (spans.length === raws.length && spans.length > 0 && !doOverlap(spans)) return spans.toSorted((a, b) => a.from - b.from)
  const what =
    spans.length === raws.length
      ? { zh: '互不重叠的时段', en: 'spans apart from one another' }
      : { zh: '起止时刻', en: 'hours from and to' }
  report.error(item, notOne(item.value, what, "'05:30-19:30'"))
  return undefined
}
