import type { Binding, PreparedProblem, SettingProblem, Words } from '../contract/driver.ts'
import { parseDuration } from '../contract/duration.ts'
import type { Millis } from '../contract/time.ts'

type Settings = Readonly<Record<string, unknown>>
type Where = PreparedProblem['in']

/** Reads one object of settings, key by key, and keeps every problem instead of stopping at the first. */
export class SettingReader {
  readonly #settings: Settings
  readonly #where: Where
  readonly #problems: PreparedProblem[]
  readonly #known = new Set<string>()

  constructor(settings: Settings, where: Where, problems: PreparedProblem[]) {
    this.#settings = settings
    this.#where = where
    this.#problems = problems
  }

  problem(path: readonly (string | number)[], wrong: Words, write: Words, code?: string): void {
    const problem: SettingProblem = { path, wrong, write, ...(code === undefined ? {} : { code }) }
    this.#problems.push({ ...problem, in: this.#where })
  }

  has(key: string): boolean {
    return this.raw(key) !== undefined
  }

  /** The value as written; null counts as not written. */
  raw(key: string): unknown {
    this.#known.add(key)
    const value = Object.hasOwn(this.#settings, key) ? this.#settings[key] : undefined
    return value === null ? undefined : value
  }

  text(key: string): string | undefined
  text(key: string, fallback: string): string
  text(key: string, fallback?: string): string | undefined {
    const value = this.raw(key)
    if (value === undefined) return fallback
    if (typeof value === 'string' && value !== '') return value
    this.#mistake(key, value, { zh: '一段文字', en: 'a text' })
    return fallback
  }

  requiredText(key: string, example: string): string {
    if (!this.has(key)) {
      this.problem(
        [key],
        { zh: `缺少 ${key}`, en: `${key} is missing` },
        { zh: `写上，例如 ${key}: ${example}`, en: `write it, for example ${key}: ${example}` },
        'missing',
      )
      return ''
    }
    return this.text(key, '')
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.raw(key)
    if (value === undefined || typeof value === 'boolean') return value ?? fallback
    this.#mistake(key, value, { zh: 'true 或 false', en: 'true or false' })
    return fallback
  }

  number(key: string, fallback: number, allowed: (n: number) => boolean = Number.isFinite, write?: Words): number {
    const value = this.raw(key)
    if (value === undefined) return fallback
    if (typeof value === 'number' && Number.isFinite(value) && allowed(value)) return value
    this.#mistake(key, value, write ?? { zh: '一个数', en: 'a number' })
    return fallback
  }

  integer(key: string, fallback: number, min: number, max: number): number {
    const words = { zh: `${min} 到 ${max} 之间的整数`, en: `a whole number from ${min} to ${max}` }
    return this.number(key, fallback, n => Number.isInteger(n) && n >= min && n <= max, words)
  }

  duration(key: string, fallback: Millis, min: Millis): Millis {
    const value = this.raw(key)
    if (value === undefined) return fallback
    const length = parseDuration(value)
    if (length !== undefined && length >= min) return length
    this.#mistake(key, value, {
      zh: `时长，例如 10s、5m（至少 ${min} 毫秒）`,
      en: `a duration such as 10s or 5m (at least ${min} ms)`,
    })
    return fallback
  }

  choice<const T extends string>(key: string, choices: readonly T[], fallback: T): T {
    const value = this.raw(key)
    if (value === undefined) return fallback
    // YAML takes `8E1` for the number 80.
    const found = choices.find(choice => choice === value || (typeof value === 'number' && Number(choice) === value))
    if (found !== undefined) return found
    this.#mistake(key, value, { zh: choices.join('、') + ' 之一', en: `one of ${choices.join(', ')}` })
    return fallback
  }

  /** Scale and offset are the same in every protocol. */
  scaling(binding: Binding): {
    scale: number
    offset: number
    convert?: { readonly scale: number; readonly offset: number }
    plausible?: { readonly min: number; readonly max: number }
  } {
    this.raw('unit') // the gateway turns it into `convert`
    return {
      scale: this.number('scale', 1, n => n !== 0, { zh: '不为 0 的数', en: 'a number other than 0' }),
      offset: this.number('offset', 0),
      ...(binding.convert ? { convert: binding.convert } : {}),
      ...(binding.plausible ? { plausible: binding.plausible } : {}),
    }
  }

  /** Call last: whatever was not asked for is a typing mistake. */
  done(): void {
    for (const key of Object.keys(this.#settings)) {
      if (this.#known.has(key)) continue
      const list = [...this.#known].join(', ')
      this.problem(
        [key],
        { zh: `没有 ${key} 这个设置`, en: `there is no setting ${key}` },
        { zh: `可用：${list || '（无）'}`, en: `known here: ${list || '(none)'}` },
        'unknown-key',
      )
    }
  }

  #mistake(key: string, value: unknown, wanted: Words): void {
    const shown = (JSON.stringify(value) ?? String(value)).slice(0, 60)
    this.problem(
      [key],
      { zh: `${key} 不能是 ${shown}`, en: `${key} cannot be ${shown}` },
      { zh: `应为${wanted.zh}`, en: `write ${wanted.en}` },
      'bad-value',
    )
  }
}

/** `reading` and `rest` of a point id: the last part is the point's key in its equipment. */
export const keyOf = (binding: Binding): string => binding.point.slice(binding.equipment.length + 1)
