import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { isoInZone } from '../../zone.ts'
import { hoursWords } from '../calendar-span.ts'
import type { Period, TimedPlan } from './due-plan.ts'
import type { DueSpec } from './due-spec.ts'

/** `2026-09-01 08:00` on the site's clock. */
export const clockText = (at: Instant, zone: string): string => isoInZone(at, zone).slice(0, 16).replace('T', ' ')

const units: readonly (readonly [length: number, zh: string, en: string])[] = [
  [86_400_000, '天', 'day'],
  [3_600_000, '小时', 'hour'],
  [60_000, '分钟', 'minute'],
  [1_000, '秒', 'second'],
]

/** `10 天`, `10 days`: in the largest unit that gives a whole number. */
export function lengthWords(length: Millis): Words {
  const [size, zh, en] = units.find(([size]) => length % size === 0) ?? [1_000, '秒', 'second']
  const count = length / size
  return { zh: `${count} ${zh}`, en: `${count} ${en}${count === 1 ? '' : 's'}` }
}

/** How many of how many, and how many it takes. */
export interface Tally {
  readonly done: number
  readonly of: number
}

/** The least number of members that makes the share; floating point must not ask for one more than the fraction says. */
export const needed = (share: number, of: number): number => Math.ceil(share * of - 1e-9)

/** Rounded down, so that 97.96 % is not called 98 %. */
const percent = (fraction: number): string => `${Math.floor(fraction * 1_000 + 1e-9) / 10}%`

/** When it was last done, and when it was done without counting. */
export interface Times {
  readonly doneAt: Instant | null
  readonly tooSoonAt: Instant | null
}

/** Why a period counts as missed. */
export function missedWords(spec: TimedSpec, period: Period, times: Times, tally: Tally): Words {
  const why = whyMissed(spec, period, times.doneAt, tally)
  const { doneAt, tooSoonAt } = times
  if (doneAt === null || tooSoonAt === null || tooSoonAt < period.from) return why
  const { zone } = spec.calendar
  const [last, again, apart] = [clockText(doneAt, zone), clockText(tooSoonAt, zone), lengthWords(spec.apart)]
  return {
    zh: `${why.zh}${again} 做过一次，离上次（${last}）不到 ${apart.zh}，不算。`,
    en: `${why.en} It was done ${again}, but less than ${apart.en} after ${last}, which does not count.`,
  }
}

type TimedSpec = DueSpec & { readonly plan: TimedPlan }

function whyMissed(
  { plan, share, calendar: { zone } }: TimedSpec,
  { from, to }: Period,
  doneAt: Instant | null,
  { done, of }: Tally,
): Words {
  const [begin, end] = [clockText(from, zone), clockText(to, zone)]
  if (of > 0) {
    const short = needed(share, of) - done
    return {
      zh: `${begin} 到 ${end}：${of} 个里完成 ${done} 个（${percent(done / of)}），要求 ${percent(share)}，还差 ${short} 个。`,
      en: `From ${begin} to ${end} ${done} of ${of} were done (${percent(done / of)}); ${percent(share)} are asked for, ${short} more.`,
    }
  }
  if (plan.by === 'time') {
    const length = lengthWords(plan.every)
    return doneAt === null
      ? {
          zh: `从 ${begin} 到 ${end}，${length.zh}里一次也没有做。`,
          en: `Not done once in the ${length.en} from ${begin} to ${end}.`,
        }
      : { zh: `上次完成是 ${begin}，满 ${length.zh}没有再做。`, en: `Last done ${begin}, and not again within ${length.en}.` }
  }
  if (plan.by === 'round') {
    const [length, hours] = [lengthWords(plan.every), hoursWords(plan.hours.name)]
    return {
      zh: `${begin} 到 ${end} 没有做。${hours.zh}内最多隔 ${length.zh}要做一次。`,
      en: `Not done from ${begin} to ${end}. Within ${hours.en} it is due every ${length.en}.`,
    }
  }
  return { zh: `${begin} 到 ${end} 没有做。`, en: `Not done from ${begin} to ${end}.` }
}

/** Why a trigger counts as unanswered. */
export function unfollowedWords(trigger: Instant, within: Millis, zone: string): Words {
  const length = lengthWords(within)
  return {
    zh: `${clockText(trigger, zone)} 发生的一次，${length.zh}内没有跟着做。`,
    en: `What happened at ${clockText(trigger, zone)} was not followed up within ${length.en}.`,
  }
}
