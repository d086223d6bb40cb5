import type { Days } from './calendar-days.ts'
import { parseDays } from './calendar.ts'
import { parseSpan } from './calendar-span.ts'
import type { Hours, NamedHours } from './calendar-span.ts'
import type { Place } from './place.ts'
import type { SpecReader } from './spec.ts'

/** `days: working`, `days: [mon, thu]`. */
export function readDays(from: SpecReader, key: string): Days {
  if (!from.has(key)) return 'all'
  const raw = from.raw(key)
  const days = parseDays(raw)
  if (days !== undefined) return days
  from.wrong(
    [key],
    { zh: `“${key}”的值 ${JSON.stringify(raw)} 不对`, en: `"${key}" cannot be ${JSON.stringify(raw)}` },
    {
      zh: '写 working（工作日）、non-working（休息日）、school（上学日）、all，或 mon-fri、[mon, thu]',
      en: 'write working, non-working, school, all, or weekdays such as mon-fri or [mon, thu]',
    },
  )
  return 'all'
}

/** `inside: night`, `outside: '05:30-19:30'`, `[…]` of several; named hours are the site calendar's. `days`: on which of its days they hold. */
export function readHours(from: SpecReader, key: string, place: Place, days: Days): NamedHours {
  const raw = from.raw(key)
  const found = hoursOf(raw, place)
  if (found !== undefined) return { name: String(raw), days, hours: found }
  const names = [...place.calendar.hours.keys()].join(', ')
  from.wrong(
    [key],
    { zh: `没有“${JSON.stringify(raw)}”这段时间`, en: `there are no hours ${JSON.stringify(raw)}` },
    {
      zh: `写日历里的一段时间（${names}），或写起止时刻，例如 '22:00-06:00'`,
      en: `write hours of the calendar (${names}) or times such as '22:00-06:00'`,
    },
  )
  return { name: '', days, hours: [] }
}

function hoursOf(raw: unknown, { facts, calendar }: Place): Hours | undefined {
  if (Array.isArray(raw)) {
    const spans = raw.map(parseSpan)
    return spans.length === 0 || spans.includes(undefined)
      ? undefined
      : [{ days: 'all', spans: spans.flatMap(span => span ?? []) }]
  }
  if (typeof raw !== 'string') return undefined
  const span = parseSpan(raw)
  if (span) return [{ days: 'all', spans: [span] }]
  // A pack by itself does not know which hours a site names; any will do until it is laid on one.
  return calendar.hours.get(raw) ?? (facts === undefined && /^[a-z][a-z0-9-]*$/.test(raw) ? [allDay] : undefined)
}

const allDay = { days: 'all', spans: [{ from: 0, to: 1_440 }] } as const
