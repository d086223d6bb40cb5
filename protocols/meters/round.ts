import type { Instant, Millis, WallTime, Zone } from '../contract/time.ts'
import { hours } from '../contract/time.ts'
import { parseDuration } from '../contract/duration.ts'
import type { SettingReader } from '../kit/settings.ts'

export const roundCycles = ['day', 'month', 'quarter'] as const
export type RoundCycle = (typeof roundCycles)[number]

/** When a meter is read: once in each cycle, between two of its days, from a time of day on; tried again until it has answered. */
export interface RoundPlan {
  readonly each: RoundCycle
  /** Days of the cycle counted from 1, both included; those beyond its end count as its last. */
  readonly first: number
  readonly last: number
  /** Minutes from midnight of the first day. */
  readonly at: number
  readonly retry: Millis
}

/** A meter is read once between the two, `to` excluded. */
export interface Window {
  readonly from: Instant
  readonly to: Instant
}

const longest: Readonly<Record<RoundCycle, number>> = { day: 1, month: 31, quarter: 92 }

/** The window that is open at `now`, else the next. */
export function windowAt(plan: RoundPlan, now: Instant, zone: Zone): Window {
  const today = zone.shows(now)
  for (let ahead = 0; ; ahead++) {
    const window = windowOf(plan, today, ahead, zone)
    if (now < window.to) return window
  }
}

/** The window of the cycle that is `ahead` cycles after the one that `today` is in. */
function windowOf(plan: RoundPlan, today: WallTime, ahead: number, zone: Zone): Window {
  const { each, first, last, at } = plan
  const midnight = { hour: 0, minute: 0, second: 0 }
  const length = each === 'quarter' ? 3 : 1
  const month = each === 'quarter' ? today.month - ((today.month - 1) % 3) : today.month
  const begin =
    each === 'day'
      ? { year: today.year, month: today.month, day: today.day + ahead }
      : { year: today.year, month: month + ahead * length, day: 1 }
  const days =
    each === 'day'
      ? 1
      : (Date.UTC(begin.year, begin.month - 1 + length, 1) - Date.UTC(begin.year, begin.month - 1, 1)) / 86_400_000
  const day = (number: number): { year: number; month: number; day: number } => ({
    ...begin,
    day: begin.day + Math.min(number, days) - 1,
  })
  return {
    from: zone.instantOf({ ...day(first), ...midnight, hour: Math.floor(at / 60), minute: at % 60 }),
    to: zone.instantOf({ ...day(last), ...midnight, hour: 24 }),
  }
}

/** What is known of the reading of one meter. */
export interface RoundState {
  /** The beginning of the window in which it was read. */
  readonly readIn?: Instant
  /** It did not answer; not before. */
  readonly again?: Instant
}

/** When the meter is to be asked next: now or later. */
export function dueAt(plan: RoundPlan, state: RoundState, now: Instant, zone: Zone): Instant {
  const open = windowAt(plan, now, zone)
  const window = state.readIn === open.from ? windowAt(plan, open.to, zone) : open
  if (now < window.from) return window.from
  if (state.again === undefined || state.again <= now) return now
  return state.again < window.to ? state.again : windowAt(plan, window.to, zone).from
}

const example = `{ window: 22-23, at: '08:00', retry: 1h }`

/** `read: { each: month, window: 22-23, at: '08:00', retry: 1h }`; nothing where it is not written. */
export function readRound(reader: SettingReader): RoundPlan | undefined {
  const raw = reader.raw('read')
  if (raw === undefined) return undefined
  const wrong = (key: readonly string[], zh: string, en: string): void =>
    reader.problem(
      ['read', ...key],
      { zh, en },
      { zh: `例如 read: ${example}`, en: `write for example read: ${example}` },
      'bad-value',
    )
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    wrong([], 'read 要写何时抄表', 'read says when the meters are read')
    return undefined
  }
  const said = raw as Readonly<Record<string, unknown>>
  for (const key of Object.keys(said))
    if (!['each', 'window', 'at', 'retry'].includes(key))
      wrong([key], `read 里没有 ${key} 这个设置`, `there is no ${key} in read`)
  const each = said['each'] === undefined ? 'month' : roundCycles.find(one => one === said['each'])
  if (each === undefined) {
    wrong(['each'], `each 应为 ${roundCycles.join('、')} 之一`, `each is one of ${roundCycles.join(', ')}`)
    return undefined
  }
  const days = daysOf(said['window'], longest[each])
  const at = minutesOf(said['at'])
  const retry = said['retry'] === undefined ? hours(1) : parseDuration(said['retry'])
  if (!days)
    wrong(['window'], `window 应为 1 到 ${longest[each]} 之间的日子`, `window is a span of days from 1 to ${longest[each]}`)
  if (at === undefined) wrong(['at'], 'at 应为一天里的时刻', 'at is a time of day')
  if (retry === undefined || retry < 60_000) wrong(['retry'], 'retry 应为至少 1m 的时长', 'retry is a duration of at least 1m')
  if (!days || at === undefined || retry === undefined) return undefined
  return { each, ...days, at, retry }
}

function daysOf(said: unknown, most: number): { readonly first: number; readonly last: number } | undefined {
  if (said === undefined) return { first: 1, last: most }
  const [, from, to = from] = /^\s*(\d{1,2})\s*(?:[-–]\s*(\d{1,2})\s*)?$/.exec(String(said)) ?? []
  const [first, last] = [Number(from), Number(to)]
  return first >= 1 && first <= last && last <= most ? { first, last } : undefined
}

function minutesOf(said: unknown): number | undefined {
  if (said === undefined) return 0
  const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(String(said)) ?? []
  const [h, m] = [Number(hour), Number(minute)]
  return h <= 23 && m <= 59 ? h * 60 + m : undefined
}

/** For the published JSON Schema. */
export const roundSchema = {
  type: 'object',
  additionalProperties: false,
  description: 'Read once in each window instead of all day: at this time, again after `retry` until the meter has answered.',
  properties: {
    each: { enum: roundCycles, default: 'month' },
    window: { type: ['string', 'integer'], description: 'days of the cycle, for example 22-23' },
    at: { type: 'string', pattern: '^\\d{1,2}:\\d{2}$', default: '00:00' },
    retry: { type: 'string', pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$', default: '1h' },
  },
}
