import type { Words } from '../contract/driver.ts'
import { fault } from '../contract/fault.ts'
import type { InletRefusal, Sent, Taken } from '../contract/inlet.ts'
import { after, days, millis, minutes } from '../contract/time.ts'
import type { Instant } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { failed } from '../kit/answer.ts'
import { toReading, toValue } from '../kit/number.ts'
import type { SentPoint } from './points.ts'

/** A sender's own time is believed this far back. */
export const oldest = days(30)
/** Clocks differ a little; a reading from further ahead has a wrong time. */
export const ahead = minutes(1)

/** What a value that was sent for this point says. One that is none by its own word (`null`, NaN) is a bad reading and no mistake. */
export function judge(point: SentPoint, { value, at = undefined }: Sent, now: Instant): Taken {
  if (at !== undefined && at < after(now, millis(-oldest))) return refused('too-old')
  if (at !== undefined && at > after(now, ahead)) return refused('too-new')
  const number = numberOf(point, value)
  if (number === undefined) return refused('no-number')
  return { ok: true, reading: toReading(point.point, number, { at: at ?? now, receivedAt: now }) }
}

function numberOf(point: SentPoint, value: Sent['value']): Answer<number> | undefined {
  const text = String(value).trim()
  const word = point.words.get(text)
  if (word !== undefined) return toValue(word, point)
  if (typeof value === 'boolean') return toValue(Number(value), point)
  if (typeof value === 'number' && Number.isFinite(value)) return toValue(value, point)
  return value === null || typeof value === 'number' || isNoValue(text)
    ? failed(fault('not-a-number', `${text === '' ? 'An empty text' : text} was sent.`))
    : undefined
}

const isNoValue = (text: string): boolean => /^(|null|[+-]?(nan|inf(inity)?))$/i.test(text)

/** What is wrong with a value that is not taken, in words for whoever sent it. */
export const refusalWords: Readonly<Record<Exclude<InletRefusal, 'not-admitted'>, Words>> = {
  'too-old': { zh: '时间早于 30 天前', en: 'older than 30 days' },
  'too-new': { zh: '时间超前网关时钟 1 分钟以上', en: "more than 1 minute ahead of the gateway's clock" },
  'no-number': { zh: '不是数字', en: 'not a number' },
}

const refused = (why: keyof typeof refusalWords): Taken => ({ ok: false, why, wrong: refusalWords[why] })
