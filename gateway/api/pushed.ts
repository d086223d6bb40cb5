import { fault } from '../../protocols/contract/fault.ts'
import type { Words } from '../../protocols/contract/driver.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { after, days, millis, minutes } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Line, LineError, ParsedLines } from './line-protocol.ts'
import type { WrongPart } from './problem.ts'

/** One pushed reading before it is checked: what it claims, and where in the request it stood. */
export interface Claim {
  readonly path: string
  readonly point: string
  /** Absent: now. */
  readonly at: Instant | undefined
  readonly value: number | boolean | string | null
}
/** What the check has to know of the site. */
export interface Known {
  /** The protocol that a point is bound to; `undefined` for a point that does not exist. */
  protocolOf(point: string): string | undefined
  readonly isEquipment: (id: string) => boolean
  readonly plausibleOf?: (point: string) => { readonly min: number; readonly max: number } | undefined
}

export const oldest = days(30)
/** Clocks differ a little; a reading from further ahead has a wrong time. */
export const ahead = minutes(1)

/** Checks all claims; either every one becomes a reading or none does. A value that is no number by its own word (`null`, NaN) is a bad reading, not a mistake. */
export function judgeClaims(
  claims: readonly Claim[],
  known: Known,
  now: Instant,
): { readonly readings: readonly Reading[]; readonly wrong: readonly WrongPart[] } {
  const readings: Reading[] = []
  const wrong: WrongPart[] = []
  for (const claim of claims) {
    const why = objection(claim, known, now)
    if (why === undefined) readings.push(readingOf(claim, now, known.plausibleOf?.(claim.point)))
    else wrong.push({ path: claim.path, wrong: why })
  }
  return { readings, wrong }
}

function objection({ point, at = undefined, value }: Claim, known: Known, now: Instant): Words | undefined {
  const protocol = known.protocolOf(point)
  const shown = point.slice(0, 80)
  if (protocol === undefined) return { zh: `没有测点 ${shown}`, en: `there is no point ${shown}` }
  if (protocol !== 'http') {
    return {
      zh: `${shown} 由 ${protocol} 读取，不接受推送`,
      en: `${shown} is read by ${protocol}; only points bound to http take pushed readings`,
    }
  }
  if (at !== undefined && at < after(now, millis(-oldest))) return { zh: '时间早于 30 天前', en: 'older than 30 days' }
  if (at !== undefined && at > after(now, ahead)) {
    return { zh: '时间超前网关时钟 1 分钟以上', en: "more than 1 minute ahead of the gateway's clock" }
  }
  if (typeof value === 'string' && !isNoValue(value)) return { zh: '不是数字', en: 'not a number' }
  return undefined
}

function readingOf(
  { point, at = undefined, value }: Claim,
  now: Instant,
  plausible?: { readonly min: number; readonly max: number },
): Reading {
  const number = typeof value === 'boolean' ? Number(value) : value
  const head = { point: point as PointId, at: at ?? now, receivedAt: now }
  if (typeof number === 'number' && plausible && (number < plausible.min || number > plausible.max)) {
    const span = `${plausible.min} to ${plausible.max}`
    return { ...head, quality: 'bad', fault: fault('out-of-range', `${number} was pushed; such a sensor gives ${span}`) }
  }
  if (typeof number === 'number' && Number.isFinite(number)) return { ...head, value: number, quality: 'good' }
  return { ...head, quality: 'bad', fault: fault('not-a-number', `${String(number)} was pushed`) }
}

const isNoValue = (text: string): boolean => /^(|null|[+-]?(nan|inf(inity)?))$/i.test(text.trim())

/**
 * Which point a field of line protocol means. In this order: tag `point`; tag `equipment` with the field as the point's key; the
 * measurement as a point id with the field `value`; the measurement as an equipment id with the field as the point's key.
 */
export function claimsOf(
  { lines, errors }: ParsedLines,
  known: Known,
): { readonly claims: readonly Claim[]; readonly wrong: readonly WrongPart[] } {
  const claims = lines.flatMap(line =>
    [...line.fields].map(([field, value]): Claim => {
      const at = line.at as Instant | undefined
      return { path: `line ${line.number}`, point: pointOf(line, field, known), at, value }
    }),
  )
  return { claims, wrong: errors.map(({ number, why }) => ({ path: `line ${number}`, wrong: lineWords[why] })) }
}

function pointOf({ measurement, tags }: Line, field: string, known: Known): string {
  const equipment = tags.get('equipment')
  const suffix = field === 'value' ? '' : `.${field}`
  const point = tags.get('point')
  if (point !== undefined) return point + suffix
  if (equipment !== undefined) return `${equipment}.${field}`
  if (field === 'value' && known.protocolOf(measurement) !== undefined) return measurement
  return known.isEquipment(measurement) ? `${measurement}.${field}` : measurement + suffix
}

const lineWords: Readonly<Record<LineError, Words>> = {
  'no-fields': { zh: '没有字段', en: 'no fields' },
  'bad-field': { zh: '字段无法读取', en: 'a field cannot be read' },
  'bad-time': { zh: '时间戳无法读取', en: 'the timestamp cannot be read' },
  'bad-tag': { zh: '标签无法读取', en: 'a tag cannot be read' },
  'no-measurement': { zh: '没有 measurement', en: 'no measurement' },
}
