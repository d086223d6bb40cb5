import type { Words } from '../../../protocols/contract/driver.ts'
import { hours, millis } from '../../../protocols/contract/time.ts'
import type { Millis } from '../../../protocols/contract/time.ts'
import type { Crossing } from './forecast-trend.ts'

/** "At this rate it reaches 8 °C in about 31 hours (24–40 hours)." */
export function becauseOf(
  {
    value,
    unit,
    curve,
    confidence,
  }: { readonly value: number; readonly unit: string; readonly curve: 'line' | 'decay'; readonly confidence: number },
  { early, likely, late, perHour }: Crossing & { readonly perHour: number },
): Words {
  const limit = unit === '' ? String(value) : `${value} ${unit}`
  const sure = `${Math.round(confidence * 100)} %`
  if (likely <= 0) return { zh: `照现在的走势，已到 ${limit}`, en: `at this rate it has reached ${limit}` }
  const scale = scaleOf(millis(likely))
  const about = inScale(likely, scale)
  const [from, to] = [inScale(Math.max(0, early), scale), inScale(late, scale)]
  const pace = curve === 'line' ? paceOf(perHour, unit) : shareOf(perHour)
  return {
    zh: `照现在的走势（${pace.zh}），约 ${about} ${scale.zh}后（${Number.isFinite(late) ? `${from}–${to}` : `最早 ${from}`} ${scale.zh}，把握 ${sure}）到 ${limit}`,
    en: `at this rate (${pace.en}) it reaches ${limit} in about ${about} ${scale.en} (${Number.isFinite(late) ? `${from}–${to}` : `${from} at the earliest`} ${scale.en}, ${sure} sure)`,
  }
}

interface Scale {
  readonly size: number
  readonly zh: string
  readonly en: string
}

function scaleOf(length: Millis): Scale {
  if (length < hours(2)) return { size: 60_000, zh: '分钟', en: 'minutes' }
  return length < hours(72) ? { size: 3_600_000, zh: '小时', en: 'hours' } : { size: 86_400_000, zh: '天', en: 'days' }
}

const inScale = (ms: number, { size }: Scale): string =>
  ms / size < 10 ? String(rounded(ms / size, 2)) : String(Math.round(ms / size))

function paceOf(perHour: number, unit: string): Words {
  const daily = Math.abs(perHour) < 0.05
  const pace = `${perHour > 0 ? '+' : '−'}${rounded(Math.abs(daily ? perHour * 24 : perHour), 2)}${unit === '' ? '' : ` ${unit}`}`
  return daily ? { zh: `每天 ${pace}`, en: `${pace} a day` } : { zh: `每小时 ${pace}`, en: `${pace} an hour` }
}

function shareOf(perHour: number): Words {
  const share = rounded(Math.abs(1 - Math.exp(perHour * 24)) * 100, 2)
  return { zh: `每天少 ${share} %`, en: `${share} % less a day` }
}

/** So many figures that count, without exponents. */
const rounded = (value: number, figures: number): number => (value === 0 ? 0 : Number(value.toPrecision(figures)))
