import type { Words } from '../../../protocols/contract/driver.ts'
import { days } from '../../../protocols/contract/time.ts'
import type { Millis } from '../../../protocols/contract/time.ts'
import type { Calendar } from '../calendar.ts'
import type { Days } from '../calendar-days.ts'
import { cycles, weekdayNames } from '../calendar-days.ts'
import type { Cycle } from '../calendar-days.ts'
import { readDays, readHours } from '../calendar-settings.ts'
import { doOverlap, parseClock, parseSpan, spanOf } from '../calendar-span.ts'
import type { Span } from '../calendar-span.ts'
import type { ParsedSpec, SpecProblem } from '../kind.ts'
import type { Place } from '../place.ts'
import { SpecReader } from '../spec.ts'
import type { Plan } from './due-plan.ts'

export interface DueSpec {
  readonly plan: Plan
  /** It is announced so long before it is due; 0: not at all. */
  readonly warn: Millis
  /** What comes sooner than this after the last counted time does not count. */
  readonly apart: Millis
  /** Of the members, as a fraction. */
  readonly share: number
  /** Writes a `duty` record for each time it was done or missed. */
  readonly writes: boolean
  readonly calendar: Calendar
}

const none = 0 as Millis
const wholeDay: Span = { from: 0, to: 1_440 }

export function parseDue(raw: unknown, place: Place): ParsedSpec<DueSpec> {
  const from = new SpecReader(raw, place)
  return from.finish({
    plan: readPlan(from, place),
    warn: from.duration('warn', none),
    apart: from.duration('apart', none),
    share: readShare(from),
    writes: from.flag('writes', false),
    calendar: place.calendar,
  })
}

function readPlan(from: SpecReader, place: Place): Plan {
  const isOf = { time: from.has('every'), calendar: from.has('each') || from.has('windows'), trigger: from.has('follows') }
  if (Number(isOf.time) + Number(isOf.calendar) + Number(isOf.trigger) !== 1) {
    from.wrong([], ...oneMode)
    // What belongs to another way of being due is not to be called unknown as well.
    for (const key of ['from', 'to', 'days', 'inside', 'within', 'before']) from.has(key)
    return { by: 'time', every: days(1) }
  }
  if (isOf.trigger) {
    from.oneOf('follows', ['trigger'])
    const answers = from.has('answers') ? from.oneOf('answers', ['oldest', 'all']) : 'oldest'
    return { by: 'trigger', within: positive(from, 'within'), before: from.duration('before', none), answers }
  }
  if (isOf.calendar) return readWindows(from, readDays(from, 'days'))
  const every = positive(from, 'every')
  if (from.has('inside')) return { by: 'round', every, hours: readHours(from, 'inside', place, readDays(from, 'days')) }
  return { by: 'time', every }
}

const oneMode: [wrong: Words, write: Words] = [
  {
    zh: '要写 every（隔多久一次）、each 或 windows（每天、每周……）、follows（跟着什么做）其中一种',
    en: 'it takes one of every (so often), each or windows (each day, week …) and follows (after something)',
  },
  {
    zh: '例如 `every: 10d`、`each: month` 或 `follows: trigger`',
    en: 'for example `every: 10d`, `each: month` or `follows: trigger`',
  },
]

/** A length of time that must not be nothing: a duty due at once could never be done in time. */
function positive(from: SpecReader, key: string): Millis {
  const length = from.duration(key)
  if (length > 0 || Number.isNaN(length)) return length
  from.wrong(
    [key],
    { zh: `“${key}”不能是 0`, en: `"${key}" cannot be nothing` },
    { zh: '写一段时间，例如 2h', en: 'write a length of time, for example 2h' },
  )
  return length
}

function readShare(from: SpecReader): number {
  const share = from.number('share', 1)
  if (share > 0 && share <= 1) return share
  if (!Number.isNaN(share))
    from.wrong(
      ['share'],
      { zh: `份额不能是 ${share}`, en: `the share cannot be ${share}` },
      { zh: '写大于 0、至多 1 的数，例如 0.98', en: 'write more than 0 and at most 1, for example 0.98' },
    )
  return 1
}

function readWindows(from: SpecReader, on: Days): Plan {
  const cycle: Cycle = from.has('each') ? from.oneOf('each', cycles) : 'day'
  if (cycle !== 'day') return { by: 'cycle', cycle, ...readEnds(from, cycle), days: on }
  if (!from.has('windows')) return { by: 'day', spans: [readTimes(from)], days: on }
  const raw = from.raw('windows')
  const spans = Array.isArray(raw) ? raw.flatMap(text => parseSpan(text) ?? []) : []
  if (!Array.isArray(raw) || raw.length === 0 || spans.length < raw.length || doOverlap(spans)) {
    from.wrong(
      ['windows'],
      {
        zh: `${JSON.stringify(raw)} 不是一天里互不重叠的时段`,
        en: `${JSON.stringify(raw)} is no list of spans of a day apart from one another`,
      },
      { zh: "例如 ['06:00-11:00', '12:00-18:00']", en: "for example ['06:00-11:00', '12:00-18:00']" },
    )
    return { by: 'day', spans: [wholeDay], days: on }
  }
  return { by: 'day', spans: spans.toSorted((a, b) => a.from - b.from), days: on }
}

/** `from: '06:00', to: '18:00'`; without them the whole day. */
function readTimes(from: SpecReader): Span {
  const [begins, ends] = [from.has('from') ? from.raw('from') : '00:00', from.has('to') ? from.raw('to') : '24:00']
  const span = spanOf(parseClock(begins), parseClock(ends))
  if (span) return span
  const key = parseClock(begins) === undefined || parseClock(begins) === 1_440 ? 'from' : 'to'
  from.wrong(
    [key],
    { zh: `“${key}”的值 ${JSON.stringify(from.raw(key))} 不是时刻`, en: `"${key}" cannot be ${JSON.stringify(from.raw(key))}` },
    { zh: "写一天里的时刻，例如 '06:00'", en: "write a time of day, for example '06:00'" },
  )
  return wholeDay
}

const longest: Readonly<Record<Exclude<Cycle, 'day'>, number>> = { week: 7, month: 31, quarter: 92, year: 366 }

/** `from: 22, to: 23`: days counted from the first of the cycle; a week's may be named, `from: mon, to: fri`. */
function readEnds(from: SpecReader, cycle: Exclude<Cycle, 'day'>): { readonly first: number; readonly last: number } {
  const most = longest[cycle]
  const dayNumber = (key: string, fallback: number): number => {
    if (!from.has(key)) return fallback
    const raw = from.raw(key)
    const named = cycle === 'week' ? weekdayNames.findIndex(name => name === raw) : -1
    const number = named < 0 ? raw : ((named + 6) % 7) + 1
    if (typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= most) return number
    from.wrong(
      [key],
      { zh: `“${key}”的值 ${JSON.stringify(raw)} 不对`, en: `"${key}" cannot be ${JSON.stringify(raw)}` },
      { zh: `写 1 到 ${most} 的日子`, en: `write a day from 1 to ${most}` },
    )
    return fallback
  }
  const [first, last] = [dayNumber('from', 1), dayNumber('to', most)]
  if (first > last) {
    from.wrong(
      ['to'],
      { zh: `“to”（${last}）早于“from”（${first}）`, en: `"to" (${last}) comes before "from" (${first})` },
      { zh: '把 to 写成同一天或更晚', en: 'write the same day or a later one' },
    )
  }
  return { first, last }
}

/** Settings that fit no time: each by itself is right. */
export function senseOfDue({ plan, apart, warn }: DueSpec): readonly SpecProblem[] {
  const problems: SpecProblem[] = []
  const most = plan.by === 'time' || plan.by === 'round' ? plan.every : plan.by === 'trigger' ? plan.within : undefined
  if (most !== undefined && plan.by !== 'trigger' && apart > most)
    problems.push({
      path: ['apart'],
      wrong: { zh: 'apart 比 every 还长，永远不能按时做到', en: 'apart is longer than every, so it can never be done in time' },
      write: { zh: '缩短 apart', en: 'shorten apart' },
    })
  if (most !== undefined && warn >= most)
    problems.push({
      path: ['warn'],
      wrong: { zh: 'warn 不短于期限，会一直提醒', en: 'warn is as long as the time itself, so it would always be announced' },
      write: { zh: '缩短 warn', en: 'shorten warn' },
    })
  if (plan.by === 'round' && plan.hours.hours.every(({ spans }) => spans.length === 0))
    problems.push({
      path: ['inside'],
      wrong: { zh: '这段时间是空的，永远不会到期', en: 'these hours are empty, so it is never due' },
      write: { zh: '写有时刻的时段', en: 'name hours with times in them' },
    })
  return problems
}
