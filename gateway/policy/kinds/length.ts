import type { Words } from '../../../protocols/contract/driver.ts'
import type { Millis } from '../../../protocols/contract/time.ts'

const units = [
  { ms: 86_400_000, zh: '天', en: 'd' },
  { ms: 3_600_000, zh: '小时', en: 'h' },
  { ms: 60_000, zh: '分钟', en: 'min' },
  { ms: 1_000, zh: '秒', en: 's' },
] as const

/** A length of time as a colleague says it, in its two largest units: 1 小时 30 分钟, `1 h 30 min`. */
export function lengthInWords(length: Millis): Words {
  const whole = Math.max(0, Math.round(length / 1_000)) * 1_000
  const first = units.findIndex(({ ms }) => whole >= ms)
  if (first < 0) return { zh: '0 秒', en: '0 s' }
  const parts = units.slice(first, first + 2).map((unit, index) => {
    const rest = index === 0 ? whole : whole % (units[first]?.ms ?? 1)
    return { count: Math.floor(rest / unit.ms), unit }
  })
  const said = parts.filter(({ count }) => count > 0)
  return {
    zh: said.map(({ count, unit }) => `${count} ${unit.zh}`).join(' '),
    en: said.map(({ count, unit }) => `${count} ${unit.en}`).join(' '),
  }
}
