import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { offsetAt } from '../zone.ts'
import { isWords } from './document.ts'
import type { Cell, LogColumn } from './document.ts'
import type { Language } from './question.ts'

/** In which words and at whose clock a log is written. */
export interface Reader {
  readonly language: Language
  readonly zone: string
}

/** What is not known or does not apply: never 0, never nothing. */
export const dash = '—'

export const say = (words: Words, { language }: Pick<Reader, 'language'>): string => words[language]

/** A cell as people read it on a sheet. */
export function cellText(cell: Cell, { holds, decimals }: Pick<LogColumn, 'holds' | 'decimals'>, reader: Reader): string {
  if (cell === null) return dash
  if (isWords(cell)) return cell[reader.language]
  if (typeof cell === 'boolean') return say(cell ? yes : no, reader)
  if (typeof cell === 'string') return holds === 'verdict' ? verdictText(cell, reader) : cell
  if (!Number.isFinite(cell)) return dash
  switch (holds) {
    case 'time':
      return timeText(cell as Instant, reader.zone)
    case 'day':
      return dayText(cell as Instant, reader.zone)
    case 'length':
      return lengthText(cell, reader)
    case 'share':
      return shareText(cell)
    default:
      return numberText(cell, decimals)
  }
}

const yes: Words = { zh: '是', en: 'yes' }
const no: Words = { zh: '否', en: 'no' }
const verdicts: Readonly<Record<string, Words>> = {
  good: { zh: '合格', en: 'pass' },
  bad: { zh: '不合格', en: 'FAIL' },
  unknown: { zh: '无法判定', en: 'unknown' },
}
const verdictText = (verdict: string, reader: Reader): string => {
  const words = Object.hasOwn(verdicts, verdict) ? verdicts[verdict] : undefined
  return words ? say(words, reader) : verdict
}

/** Fixed decimals; never a zero with a sign. */
export function numberText(value: number, decimals?: number): string {
  const text = decimals === undefined ? String(value) : value.toFixed(decimals)
  return /^-0(?:\.0*)?$/.test(text) ? text.slice(1) : text
}

/** Rounded down: only what is whole is 100 %. */
export const shareText = (share: number): string => `${flooredPercent(share).toFixed(2)}%`
export const flooredPercent = (share: number): number => Math.floor(Number((share * 10_000).toFixed(6))) / 100

/** `2026-11-01 08:30:05` by the clocks of `zone`; milliseconds only where there are some. */
export function stampText(at: Instant, zone: string): string {
  const text = new Date(at + offsetAt(at, zone)).toISOString().slice(0, -1).replace('T', ' ')
  return text.endsWith('.000') ? text.slice(0, -4) : text
}

/** As a person writes it: no seconds where there are none. */
export const timeText = (at: Instant, zone: string): string => stampText(at, zone).replace(/:00$/, '')

export const dayText = (at: Instant, zone: string): string => stampText(at, zone).slice(0, 10)

/** `UTC+08:00`. */
export function offsetText(at: Instant, zone: string): string {
  const minutes = Math.round(offsetAt(at, zone) / 60_000)
  const two = (count: number): string => String(count).padStart(2, '0')
  return `UTC${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`
}

/** `26:03:05`, which a spreadsheet takes for a length. */
export function clockLength(ms: number): string {
  const whole = Math.round(Math.abs(ms) / 1_000)
  const two = (count: number): string => String(count).padStart(2, '0')
  return `${ms < 0 ? '-' : ''}${Math.floor(whole / 3_600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`
}

/** `2小时5分`, `3 d 4 h`: the two largest units there are. */
export function lengthText(ms: number, { language }: Pick<Reader, 'language'>): string {
  const sign = ms < 0 ? '-' : ''
  const size = Math.abs(ms)
  const parts =
    size < hour
      ? partsOf(Math.round(size / 1_000), [60, 1], ['minute', 'second'])
      : size < 2 * day
        ? partsOf(Math.round(size / minute), [60, 1], ['hour', 'minute'])
        : partsOf(Math.round(size / hour), [24, 1], ['day', 'hour'])
  if (parts.length === 0) return size === 0 ? '0' : language === 'zh' ? '不到1秒' : 'under 1 s'
  return sign + parts.map(([count, unit]) => `${count}${units[unit][language]}`).join(language === 'zh' ? '' : ' ')
}

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]
type Unit = 'day' | 'hour' | 'minute' | 'second'
const units: Readonly<Record<Unit, Words>> = {
  day: { zh: '天', en: ' d' },
  hour: { zh: '小时', en: ' h' },
  minute: { zh: '分', en: ' min' },
  second: { zh: '秒', en: ' s' },
}

function partsOf(
  total: number,
  sizes: readonly [number, number],
  names: readonly [Unit, Unit],
): readonly (readonly [number, Unit])[] {
  const whole = Math.floor(total / sizes[0])
  return (
    [
      [whole, names[0]],
      [total - whole * sizes[0], names[1]],
    ] as const
  ).filter(([count]) => count > 0)
}

/** The title of a column with its unit. */
export const columnTitle = ({ name, unit }: LogColumn, reader: Reader): string =>
  unit === undefined || unit === '' ? say(name, reader) : `${say(name, reader)} (${unit})`

/** The word that goes with a row's tone: colour alone tells nothing on a grey print. */
export const toneWords: Readonly<Record<'bad' | 'quiet' | 'total', Words>> = {
  bad: { zh: '异常', en: 'abnormal' },
  quiet: { zh: '说明', en: 'note' },
  total: { zh: '合计', en: 'total' },
}
