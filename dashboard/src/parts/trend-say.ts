/** What is said beside a trend, in sentences. Pure: language comes in as dictionaries, time as an argument. */
import type { WirePoint } from '../../../gateway/api/wire.ts'
import type { EquipmentWords } from '../pages/equipment-words.ts'
import type { Comparison, Difference } from '../live/trend/compare.ts'
import type { Fan } from '../live/trend/fan.ts'
import type { Piece } from '../live/trend/lanes.ts'
import { sideOf } from '../live/trend/limits.ts'
import type { Margin } from '../live/trend/limits.ts'
import type { Summary } from '../live/trend/summary.ts'
import { sayLimit, sayNumber, sayQuantity } from '../words/say.ts'

const percent = (share: number): string => `${Math.round(share * 100)} %`

/** "2.1 °C below its upper limit of 8 °C"; what is nought when it is written down is said to be nought. */
export function sayMargin({ side, limit, left }: Margin, { decimals, unit }: WirePoint, { why }: EquipmentWords): string {
  const by = sayQuantity(Math.abs(left), decimals, unit)
  const bound = sayLimit(limit, unit)
  if (Number(sayNumber(Math.abs(left), decimals)) === 0) return why.atLimit(bound)
  if (side === 'max') return left > 0 ? why.toMax(by, bound) : why.overMax(by, bound)
  return left > 0 ? why.toMin(by, bound) : why.underMin(by, bound)
}

export function sayDifference(
  difference: Difference | undefined,
  comparison: Exclude<Comparison, 'none'>,
  { decimals, unit }: WirePoint,
  own: EquipmentWords,
): string {
  const before = own.before[comparison]
  if (!difference) return own.difference.none(before)
  const by = sayQuantity(Math.abs(difference.mean), decimals, unit)
  const isSame = Number(sayNumber(Math.abs(difference.mean), decimals)) === 0
  const said = isSame
    ? own.difference.same(before)
    : difference.mean > 0
      ? own.difference.higher(before, by)
      : own.difference.lower(before, by)
  return difference.share < 0.9 ? said + own.difference.share(percent(difference.share)) : said
}

/** Lengths and moments as the page says them. */
interface Telling {
  readonly duration: (ms: number) => string
  readonly moment: (at: number) => string
}

export function sayAhead(
  fan: Fan,
  now: number,
  { unit }: WirePoint,
  { ahead }: EquipmentWords,
  { duration, moment }: Telling,
): { readonly what: string; readonly band: string } {
  const limit = sayLimit(fan.limit, unit)
  const length = duration(Math.max(60_000, fan.likely - now))
  const sure = percent(fan.confidence)
  const from = fan.early <= now ? ahead.soon : moment(fan.early)
  return {
    what: sideOf(fan.op) === 'max' ? ahead.above(limit, length) : ahead.below(limit, length),
    band: fan.late === undefined ? ahead.open(from, sure) : ahead.band(from, moment(fan.late), sure),
  }
}

/** The curve in one sentence: extremes, mean, how long outside, what is missing. */
export function saySummary(
  summary: Summary,
  { point, isLimited, isNear }: { readonly point: WirePoint; readonly isLimited: boolean; readonly isNear: boolean },
  own: EquipmentWords,
  comma: string,
  duration: (ms: number) => string,
): string {
  const quantity = (value: number): string => sayQuantity(value, point.decimals, point.unit)
  const length = duration(summary.outside)
  const outside = summary.outside > 0 ? own.outside(isNear ? own.about(length) : length) : own.within
  return [
    own.summary(quantity(summary.min), quantity(summary.mean), quantity(summary.max)),
    ...(isLimited ? [outside] : []),
    sayHoles(summary, own, duration),
  ].join(comma)
}

/** The same of a door or a pump: how long it was what. */
export function sayStates(
  states: readonly { readonly code: Piece['code']; readonly length: number }[],
  summary: Summary,
  own: EquipmentWords,
  comma: string,
  { duration, label }: { readonly duration: (ms: number) => string; readonly label: (code: Piece['code']) => string },
): string {
  return [...states.map(({ code, length }) => own.stood(label(code), duration(length))), sayHoles(summary, own, duration)].join(
    comma,
  )
}

const sayHoles = ({ holes, missing }: Summary, own: EquipmentWords, duration: (ms: number) => string): string =>
  holes > 0 ? own.holes(holes, duration(missing)) : own.noHoles
