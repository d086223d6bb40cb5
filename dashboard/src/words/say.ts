/** How numbers, units, ages and times are said. Pure: language comes in as a dictionary, time as an argument. */
import type { Said } from '../../../gateway/api/wire.ts'
import type { zh } from './zh.ts'

export type Language = 'zh' | 'en'
export type Dictionary = typeof zh

/** Narrow no-break space: stands between number and unit and never lets them part. */
export const thin = '\u202f'

/** A fixed number of decimals and a true minus sign, so that numbers neither jitter nor look like ranges. */
export function sayNumber(value: number, decimals: number): string {
  const text = value.toFixed(decimals)
  // -0.0 is 0.0 to everybody who reads a thermometer.
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−')
}

export const sayQuantity = (value: number, decimals: number, unit: string): string =>
  unit === '' ? sayNumber(value, decimals) : sayNumber(value, decimals) + thin + unit

/** Limits are written by people: as many decimals as they wrote, not as the point shows. */
export const sayLimit = (value: number, unit: string): string =>
  String(value).replace('-', '−') + (unit === '' ? '' : thin + unit)

/** A length of time in at most two units, in ms. */
export function sayDuration(ms: number, words: Dictionary): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return keep(words.time.seconds(seconds))
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return keep(words.time.minutes(minutes))
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return keep(words.time.hours(hours, minutes % 60))
  return keep(words.time.days(Math.floor(hours / 24), hours % 24))
}

/** The same where it may be long: from a month on days alone, from two years on years. */
export function saySpan(ms: number, words: Dictionary): string {
  const days = Math.floor(ms / 86_400_000)
  if (days < 31) return sayDuration(ms, words)
  return keep(days < 730 ? words.time.days(days, 0) : words.time.years(Math.floor(days / 365.25)))
}

export function sayAge(ms: number, words: Dictionary): string {
  if (ms < 1000) return words.time.justNow
  return words.time.ago(sayDuration(ms, words))
}

export const sayFault = (code: string, words: Dictionary): string => words.fault[code] ?? code

/** Numbers and their units never break apart: spaces inside become no-break spaces. */
const keep = (text: string): string => text.replaceAll(' ', '\u00a0')

/** The sentence of the gateway, without its full stop, so that the running time can follow. */
export const openSentence = (sentence: string): string => sentence.replace(/[。.]\s*$/u, '')

export const pick = (said: Said, language: Language): string => setText(said[language], language)

const han = '\\p{Script=Han}'
const wide: Readonly<Record<string, string>> = { ',': '，', ';': '；', ':': '：', '?': '？', '!': '！' }
const afterHan = new RegExp(
  `(?<=[${han}）」0-9a-zA-Z%°] ?)\\s*([,;:?!])\\s*(?=[${han}「（])|(?<=[${han}）」])\\s*([,;:?!])\\s*`,
  'gu',
)
const numberAndUnit = /(?<=\d)[ \u00a0](?=[°%µa-zA-ZΩ])/gu

/** Text that comes from rule packs and site files, set as print would set it: full-width punctuation in Chinese, thin space before units. */
export function setText(text: string, language: Language): string {
  const spaced = text.replace(numberAndUnit, thin)
  if (language !== 'zh') return spaced
  return spaced.replace(afterHan, (_all, between: string | undefined, after: string | undefined) => {
    const mark = between ?? after ?? ''
    return wide[mark] ?? mark
  })
}
