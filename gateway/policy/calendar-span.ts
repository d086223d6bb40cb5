import type { Words } from '../../protocols/contract/driver.ts'
import type { Days } from './calendar-days.ts'

/** Minutes after the midnight that a day begins with; `to` is later than `from`, and above 1440 where the span goes over midnight. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Named hours: of a day the first line whose days it is one of. A day without a line has none. */
export type Hours = readonly { readonly days: Days; readonly spans: readonly Span[] }[]

/** Hours a rule refers to: as written (`night`, `22:00-06:00`), what that means here, and the days on which they hold. */
export interface NamedHours {
  readonly name: string
  readonly days: Days
  readonly hours: Hours
}

const dayMinutes = 1_440

/** `07:30`; `24:00` is the day's end. `undefined` for anything else. */
export function parseClock(text: unknown): number | undefined {
  const [, hour, minute] = (typeof text === 'string' && /^(\d{1,2}):(\d{2})$/.exec(text)) || []
  if (hour === undefined) return undefined
  const minutes = Number(hour) * 60 + Number(minute)
  return Number(minute) < 60 && minutes <= dayMinutes ? minutes : undefined
}

/** `22:00-06:00`. */
export function parseSpan(text: unknown): Span | undefined {
  const [first, last, more] = typeof text === 'string' ? text.split('-').map(part => part.trim()) : []
  return more === undefined ? spanOf(parseClock(first), parseClock(last)) : undefined
}

/** Of two times of day. An end that is not after its beginning lies in the next day, so equal times are a whole day. */
export function spanOf(from: number | undefined, to: number | undefined): Span | undefined {
  if (from === undefined || to === undefined || from === dayMinutes) return undefined
  return { from, to: to > from ? to : to + dayMinutes }
}

/** Whether spans of one day lie over one another, or the last over the next day's first. */
export function doOverlap(spans: readonly Span[]): boolean {
  const inOrder = spans.toSorted((a, b) => a.from - b.from)
  return inOrder.some(({ to }, index) => to > (inOrder[index + 1]?.from ?? (inOrder[0]?.from ?? 0) + dayMinutes))
}

const everyDay = (...texts: readonly string[]): Hours => [{ days: 'all', spans: texts.flatMap(text => parseSpan(text) ?? []) }]

/** What holds where the site says nothing. The gate's hours are the house rule's, the others are product defaults. */
export const usualHours: ReadonlyMap<string, Hours> = new Map([
  ['kitchen', everyDay('05:30-19:30')],
  ['office', everyDay('07:30-18:00')],
  ['night', everyDay('22:00-06:00')],
  ['gate', everyDay('07:30-24:00')],
])

const hourNames: Readonly<Record<string, Words>> = {
  kitchen: { zh: '厨房开放时间', en: 'kitchen hours' },
  office: { zh: '办公时间', en: 'office hours' },
  night: { zh: '夜间', en: 'the night' },
  gate: { zh: '大门开放时间', en: 'the hours of the gate' },
}

/** How hours are said in a sentence. */
export const hoursWords = (name: string): Words =>
  hourNames[name] ?? (/^\d/.test(name) ? { zh: ` ${name} `, en: name } : { zh: `“${name}”时间`, en: `the hours "${name}"` })
