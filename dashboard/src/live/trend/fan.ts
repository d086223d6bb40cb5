/** A forecast as the chart draws it. What it says is the gateway's; nothing is reckoned here but where it ends on the screen. Pure. */
import type { WireForecast, WireOutlook } from '../../../../gateway/api/wire.ts'

export interface Fan {
  readonly rule: string
  readonly clause: string
  readonly op: WireForecast['op']
  readonly limit: number
  readonly confidence: number
  /** ms */
  readonly at: number
  readonly early: number
  readonly likely: number
  /** `undefined`: it may never come. */
  readonly late: number | undefined
  readonly dots: readonly { readonly t: number; readonly low: number; readonly mean: number; readonly high: number }[]
}

/** The soonest of several is the one that matters. */
export function fanOf({ forecasts }: Pick<WireOutlook, 'forecasts'>): Fan | undefined {
  const [soonest] = forecasts.toSorted((a, b) => Date.parse(a.likelyAt) - Date.parse(b.likelyAt))
  if (!soonest) return undefined
  const { rule, clause, op, value, confidence, at, earlyAt, likelyAt, lateAt, fan } = soonest
  return {
    rule,
    clause,
    op,
    limit: value,
    confidence,
    at: Date.parse(at),
    early: Date.parse(earlyAt),
    likely: Date.parse(likelyAt),
    late: lateAt === null ? undefined : Date.parse(lateAt),
    dots: fan.map(({ t, low, mean, high }) => ({ t: Date.parse(t), low, mean, high })),
  }
}

/** So much of the axis may be the future, so that the past stays in sight. */
const most = 0.4

/** How much future is drawn, ms: to where the limit is met, where that has room. */
export function aheadOf(fan: Fan | undefined, now: number, length: number): number {
  if (!fan) return 0
  return Math.max(0, Math.min(1.15 * (fan.likely - now), most * length))
}
