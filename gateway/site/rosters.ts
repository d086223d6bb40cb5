import type { Words } from '../../protocols/contract/driver.ts'
import type { Line, Person, Roster, Rotation, Shift, Swap } from '../duty/duty.ts'
import { isWorkingDay } from '../policy/calendar.ts'
import type { Calendar } from '../policy/calendar.ts'
import { dayText, nextDay, parseDay, yearOf } from '../policy/calendar-days.ts'
import type { Day } from '../policy/calendar-days.ts'
import { parseSpan } from '../policy/calendar-span.ts'
import type { Span } from '../policy/calendar-span.ts'
import { below, idKey, list, mapping, oneOf, pairs, required, text, wordsOf } from './reader.ts'
import { suggest } from './report.ts'
import type { Finding, Item, Report } from './report.ts'

type People = ReadonlyMap<string, Person>

/** The rosters below `duty.rosters`. One with a mistake in what it stands on is left out. */
export function readRosters(
  report: Report,
  item: Item | undefined,
  people: People,
  calendar: Calendar,
): ReadonlyMap<string, Roster> {
  const rosters = new Map<string, Roster>()
  if (!item || !mapping(report, item)) return rosters
  for (const [id, entry] of pairs(item)) {
    if (!idKey(report, entry, id)) continue
    if (people.has(id)) report.error(entry, sameName(id))
    const roster = readRoster(report, id, entry, people, calendar)
    if (roster) rosters.set(id, roster)
  }
  return rosters
}

function readRoster(report: Report, id: string, item: Item, people: People, calendar: Calendar): Roster | undefined {
  if (!mapping(report, item, ['name', 'shifts', 'from', 'rotation', 'nonWorking', 'swaps'])) return undefined
  const shifts = readShifts(report, item)
  const rotation = readRotation(report, item, shifts, people)
  const nonWorkingItem = below(item, 'nonWorking')
  const nonWorking =
    nonWorkingItem && mapping(report, nonWorkingItem, ['from', 'rotation'])
      ? readRotation(report, nonWorkingItem, shifts, people)
      : undefined
  const swaps = list(report, below(item, 'swaps')).flatMap(swap => readSwap(report, id, swap, shifts, people) ?? [])
  if (!rotation || shifts.length === 0) return undefined
  const counts = (day: Day): boolean => nonWorking === undefined || isWorkingDay(calendar, day)
  warnOfHoles(report, below(item, 'rotation') ?? item, rotation, shifts, counts, day => !counts(day))
  if (nonWorking && nonWorkingItem) {
    const off = (day: Day): boolean => !isWorkingDay(calendar, day)
    warnOfHoles(report, below(nonWorkingItem, 'rotation') ?? nonWorkingItem, nonWorking, shifts, off, () => false)
  }
  return {
    id,
    name: wordsOf(report, below(item, 'name')) ?? { zh: id, en: id },
    shifts,
    rotation,
    ...(nonWorking ? { nonWorking } : {}),
    swaps,
  }
}

/** What shifts are usually called, where the file gives only their hours. */
const usualNames: Readonly<Record<string, Words>> = {
  day: { zh: '白班', en: 'Day' },
  early: { zh: '早班', en: 'Early' },
  morning: { zh: '早班', en: 'Morning' },
  noon: { zh: '午班', en: 'Noon' },
  evening: { zh: '中班', en: 'Evening' },
  late: { zh: '晚班', en: 'Late' },
  night: { zh: '夜班', en: 'Night' },
  all: { zh: '全天', en: 'All day' },
}

function readShifts(report: Report, roster: Item): readonly Shift[] {
  const item = required(report, roster, 'shifts', "{ day: '07:30-15:30', evening: '15:30-23:30', night: '23:30-07:30' }")
  if (!item || !mapping(report, item)) return []
  const shifts: (Shift & { readonly item: Item })[] = []
  for (const [id, one] of pairs(item)) {
    if (!idKey(report, one, id)) continue
    const isPlain = typeof one.value === 'string'
    if (!isPlain && !mapping(report, one, ['name', 'hours'])) continue
    const hours = isPlain ? one : required(report, one, 'hours', "'07:30-15:30'")
    const name = isPlain ? undefined : wordsOf(report, below(one, 'name'))
    const span = hours && readHours(report, hours)
    if (!span) continue
    const other = shifts.find(known => doMeet(known.span, span))
    if (other) report.error(hours, overlap(other.name))
    else shifts.push({ id, name: name ?? usualNames[id] ?? { zh: id, en: id }, span, item: hours })
  }
  const gaps = gapsOf(shifts.map(({ span }) => span))
  // While a shift is left out because of its own mistake, its hours are not to be called uncovered.
  if (shifts.length > 0 && shifts.length === pairs(item).length && gaps.length > 0) report.warn(item, gapFinding(gaps))
  return shifts.map(({ id, name, span }) => ({ id, name, span })).toSorted((a, b) => a.span.from - b.span.from)
}

export function readHours(report: Report, item: Item): Span | undefined {
  const span = parseSpan(item.value)
  if (!span)
    report.error(item, {
      code: 'bad-hours',
      wrong: { zh: `${JSON.stringify(item.value)} 不是起止时刻`, en: `${JSON.stringify(item.value)} are no hours from and to` },
      write: { zh: "例如 `'22:00-06:00'`", en: "for example `'22:00-06:00'`" },
    })
  return span
}

const dayMinutes = 1_440

/** Whether two spans share a minute on some day; both may go over midnight. */
const doMeet = (a: Span, b: Span): boolean =>
  [-dayMinutes, 0, dayMinutes].some(shift => a.from < b.to + shift && b.from + shift < a.to)

const overlap = (other: Words): Finding => ({
  code: 'shift-overlap',
  wrong: { zh: `与“${other.zh}”重叠`, en: `it overlaps "${other.en}"` },
  write: { zh: '让班次首尾相接，例如一班 15:30 结束，下一班 15:30 开始', en: 'let one shift begin when the other ends' },
})

/** The hours of a day that no span covers, as they are written. */
function gapsOf(spans: readonly Span[]): readonly string[] {
  const inOrder = spans.toSorted((a, b) => a.from - b.from)
  return inOrder.flatMap(({ to }, index) => {
    const next = inOrder[index + 1]?.from ?? (inOrder[0]?.from ?? 0) + dayMinutes
    return next > to ? [`${clock(to)}-${clock(next)}`] : []
  })
}
const clock = (minute: number): string => {
  const shown = minute % dayMinutes
  return `${String(Math.floor(shown / 60)).padStart(2, '0')}:${String(shown % 60).padStart(2, '0')}`
}
const gapFinding = (gaps: readonly string[]): Finding => ({
  code: 'roster-gap',
  wrong: { zh: `${gaps.join('、')} 没有班次`, en: `no shift covers ${gaps.join(', ')}` },
  write: {
    zh: '加一个班次，或接受这段时间的报警直接报上一级',
    en: 'add a shift, or accept that alarms of these hours go to the next level',
  },
})

function readRotation(report: Report, item: Item, shifts: readonly Shift[], people: People): Rotation | undefined {
  const from = readDay(report, required(report, item, 'from', '2026-09-01'))
  const linesItem = required(report, item, 'rotation', '[ { day: wang, evening: li, night: zhao } ]')
  const ids = shifts.map(({ id }) => id)
  const items = list(report, linesItem)
  const lines = items.map((line): Line => {
    if (shifts.length === 0 || !mapping(report, line, ids)) return {}
    return Object.fromEntries(
      pairs(line).flatMap(([shift, who]) => {
        const person = who.value === null || !ids.includes(shift) ? undefined : readPersonId(report, who, people)
        return person === undefined ? [] : [[shift, person]]
      }),
    )
  })
  if (linesItem && Array.isArray(linesItem.value) && lines.length === 0) required(report, item, 'rotation', '[ { day: wang } ]')
  return from === undefined || lines.length === 0 ? undefined : { from, lines }
}

export function readPersonId(report: Report, item: Item, people: People): string | undefined {
  if (typeof item.value === 'string' && people.has(item.value)) return item.value
  report.error(item, {
    code: 'unknown-person',
    wrong: { zh: `没有 \`${String(item.value)}\` 这个人`, en: `there is no person \`${String(item.value)}\`` },
    write:
      people.size === 0
        ? { zh: '先在 `people:` 下写好人员', en: 'write the people below `people:` first' }
        : suggest(String(item.value), people.keys()),
  })
  return undefined
}

function readDay(report: Report, item: Item | undefined): Day | undefined {
  if (!item) return undefined
  const day = parseDay(item.value)
  if (day !== undefined && yearOf(day) >= 2000 && yearOf(day) < 2100) return day
  report.error(item, {
    code: 'bad-value',
    wrong: { zh: `${JSON.stringify(item.value)} 不是日期`, en: `${JSON.stringify(item.value)} is not a date` },
    write: { zh: '例如 `2026-09-01`', en: 'for example `2026-09-01`' },
  })
  return undefined
}

function readSwap(report: Report, roster: string, item: Item, shifts: readonly Shift[], people: People): Swap | undefined {
  if (!mapping(report, item, ['on', 'shift', 'person', 'reason'])) return undefined
  const on = readDay(report, required(report, item, 'on', '2026-10-03'))
  const ids = shifts.map(({ id }) => id)
  const shift = oneOf(report, required(report, item, 'shift', ids[0] ?? 'day'), ids, 'unknown-shift')
  const personItem = required(report, item, 'person', 'wang')
  const person = personItem && readPersonId(report, personItem, people)
  const reason = text(report, below(item, 'reason'), '换班') ?? ''
  return on === undefined || shift === undefined || person === undefined ? undefined : { roster, on, shift, person, reason }
}

/** How far ahead a line is looked for: the longest holidays are far shorter. */
const farthest = 800

/** A line that leaves a shift out leaves it to nobody; said once for each line, with the first day on which it is so. */
function warnOfHoles(
  report: Report,
  item: Item,
  { from, lines }: Rotation,
  shifts: readonly Shift[],
  isMine: (day: Day) => boolean,
  passes: (day: Day) => boolean,
): void {
  const firstDays = new Map<number, Day>()
  for (let ahead = 0, turn = 0; ahead < farthest && firstDays.size < lines.length; ahead++) {
    const day = nextDay(from, ahead)
    if (isMine(day) && !firstDays.has(turn % lines.length)) firstDays.set(turn % lines.length, day)
    if (isMine(day) || passes(day)) turn += 1
  }
  for (const [index, line] of lines.entries()) {
    const lineItem = below(item, index)
    const missing = shifts.filter(({ id }) => line[id] === undefined)
    const day = firstDays.get(index)
    // A name that is wrong is told as such.
    const isTold = lineItem === undefined || pairs(lineItem).some(([, who]) => report.has(who) || report.has(who, 'key'))
    if (missing.length === 0 || day === undefined || isTold) continue
    const names = { zh: missing.map(({ name }) => name.zh).join('、'), en: missing.map(({ name }) => name.en).join(', ') }
    report.warn(lineItem, {
      code: 'roster-hole',
      wrong: {
        zh: `${names.zh}没有人，第一次是 ${dayText(day)}`,
        en: `nobody has ${names.en}, the first time on ${dayText(day)}`,
      },
      write: {
        zh: `补上，例如 \`${missing[0]?.id ?? ''}: wang\``,
        en: `name somebody, for example \`${missing[0]?.id ?? ''}: wang\``,
      },
    })
  }
}

const sameName = (id: string): Finding => ({
  code: 'duplicate-id',
  on: 'key',
  wrong: { zh: `\`${id}\` 已经是一个人的编号`, en: `\`${id}\` is already the id of a person` },
  write: { zh: `给值班表换个编号，例如 \`${id}-duty\``, en: `give the roster another id, for example \`${id}-duty\`` },
})
