import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'

/** One thing that was looked at. */
export interface Finding {
  /** Stable, for machines: `disk`, `backup-verified` … */
  readonly code: string
  readonly state: 'good' | 'remark' | 'wrong'
  readonly what: Words
  readonly found: Words
  /** What to do about it; absent where all is well. */
  readonly remedy?: Words
}

export const say = (zh: string, en: string): Words => ({ zh, en })

/** `3.2 GiB`. */
export function sizeText(bytes: number): string {
  const [unit, divisor] = bytes >= 1024 ** 3 ? (['GiB', 1024 ** 3] as const) : (['MiB', 1024 ** 2] as const)
  return `${(bytes / divisor).toFixed(1)} ${unit}`
}

/** How long ago, in the largest unit that says something. */
export function agoText(at: Instant, now: Instant): Words {
  const minutes = Math.max(0, Math.round((now - at) / 60_000))
  if (minutes < 120) return say(`${minutes} 分钟前`, `${minutes} min ago`)
  if (minutes < 48 * 60) return say(`${Math.round(minutes / 60)} 小时前`, `${Math.round(minutes / 60)} h ago`)
  return say(`${Math.round(minutes / 1_440)} 天前`, `${Math.round(minutes / 1_440)} days ago`)
}
