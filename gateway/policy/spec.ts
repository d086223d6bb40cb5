import { parseDuration } from '../../protocols/contract/duration.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import type { ParsedSpec, SpecProblem } from './kind.ts'

/** Collects every problem of a rule's settings instead of stopping at the first. */
export class SpecReader {
  readonly #raw: Readonly<Record<string, unknown>>
  readonly #problems: SpecProblem[] = []
  readonly #known = new Set(['kind'])

  constructor(raw: unknown) {
    const isRecord = typeof raw === 'object' && raw !== null && !Array.isArray(raw)
    this.#raw = isRecord ? (raw as Record<string, unknown>) : {}
    if (!isRecord) {
      this.#problems.push({
        path: [],
        wrong: { zh: '规则必须是一组设置', en: 'a rule must be a set of settings' },
        write: { zh: '写成 {"kind": "limit", …}', en: 'write {"kind": "limit", …}' },
      })
    }
  }

  number(key: string, fallback?: number): number {
    const raw = this.#take(key)
    if (raw === undefined && fallback !== undefined) return fallback
    if (typeof raw === 'number' && Number.isFinite(raw)) return raw
    this.#wrong(key, raw, { zh: '一个数，例如 8', en: 'a number, for example 8' })
    return Number.NaN
  }

  /** A number that must not be negative. */
  amount(key: string, fallback: number): number {
    const value = this.number(key, fallback)
    if (value < 0) this.#wrong(key, value, { zh: '0 或更大的数', en: 'zero or more' })
    return value
  }

  duration(key: string, fallback?: Millis): Millis {
    const raw = this.#take(key)
    if (raw === undefined && fallback !== undefined) return fallback
    // A bare number could be seconds or milliseconds: it is refused rather than guessed.
    const value = raw === 0 ? (0 as Millis) : parseDuration(raw)
    if (value !== undefined) return value
    this.#wrong(key, raw, { zh: '时长，例如 5s、10m、6h、10d', en: 'a duration such as 5s, 10m, 6h or 10d' })
    return Number.NaN as Millis
  }

  oneOf<Option extends string>(key: string, options: readonly [Option, ...Option[]]): Option {
    const raw = this.#take(key)
    const found = options.find(option => option === raw)
    if (found !== undefined) return found
    const list = options.join(', ')
    this.#wrong(key, raw, { zh: `以下之一：${list}`, en: `one of ${list}` })
    return options[0]
  }

  /** The spec, or everything that was wrong, unknown keys included. */
  finish<Spec>(spec: Spec): ParsedSpec<Spec> {
    for (const key of Object.keys(this.#raw)) {
      if (this.#known.has(key)) continue
      const known = [...this.#known].join(', ')
      this.#problems.push({
        path: [key],
        wrong: { zh: `不认识的设置“${key}”`, en: `unknown setting "${key}"` },
        write: { zh: `可用的有：${known}`, en: `known are ${known}` },
      })
    }
    return this.#problems.length > 0 ? { ok: false, problems: this.#problems } : { ok: true, spec }
  }

  #take(key: string): unknown {
    this.#known.add(key)
    return this.#raw[key]
  }

  #wrong(key: string, raw: unknown, write: { zh: string; en: string }): void {
    const shown = raw === undefined ? undefined : JSON.stringify(raw)
    this.#problems.push({
      path: [key],
      wrong:
        shown === undefined
          ? { zh: `缺少“${key}”`, en: `"${key}" is missing` }
          : { zh: `“${key}”的值 ${shown} 不对`, en: `"${key}" cannot be ${shown}` },
      write: { zh: `写${write.zh}`, en: `write ${write.en}` },
    })
  }
}
