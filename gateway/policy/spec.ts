import type { Words } from '../../protocols/contract/driver.ts'
import { parseDuration } from '../../protocols/contract/duration.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import type { ParsedSpec, SpecProblem } from './kind.ts'
import type { Place } from './place.ts'

/** Collects every problem of a rule's settings instead of stopping at the first. */
export class SpecReader {
  readonly #raw: Readonly<Record<string, unknown>>
  readonly #place: Place
  readonly #problems: SpecProblem[] = []
  readonly #known = new Set(['kind'])

  constructor(raw: unknown, place: Place) {
    this.#place = place
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

  /** Whether the setting is written at all. */
  has(key: string): boolean {
    this.#known.add(key)
    return this.#raw[key] !== undefined
  }

  /** The setting as written, for a kind that reads it by itself; what is wrong with it goes to `wrong`. */
  raw(key: string): unknown {
    return this.#take(key)
  }

  /** Reports a setting that a kind read by itself. */
  wrong(path: readonly (string | number)[], wrong: Words, write: Words): void {
    this.#problems.push({ path, wrong, write })
  }

  number(key: string, fallback?: number): number {
    const raw = this.#stated(key, this.#take(key), 1)
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
    const raw = this.#stated(key, this.#take(key), '1h')
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

  text(key: string, fallback?: string): string {
    const raw = this.#stated(key, this.#take(key), '?')
    if (raw === undefined && fallback !== undefined) return fallback
    if (typeof raw === 'string' && raw.trim() !== '') return raw
    this.#wrong(key, raw, { zh: '一段文字', en: 'a text' })
    return ''
  }

  flag(key: string, fallback: boolean): boolean {
    const raw = this.#take(key)
    if (raw === undefined) return fallback
    if (typeof raw === 'boolean') return raw
    this.#wrong(key, raw, { zh: 'true 或 false', en: 'true or false' })
    return fallback
  }

  /**
   * `{ fact: ratedCurrent, default: 12 }` stands for that fact of the equipment; of a text such as `20 m³` the leading number counts
   * where a number is asked for. While a pack is checked by itself every fact may be named, and `unasked` stands for it.
   */
  #stated(key: string, raw: unknown, unasked: unknown): unknown {
    if (typeof raw !== 'object' || raw === null || !('fact' in raw)) return raw
    const { fact, default: fallback } = raw as { readonly fact: unknown; readonly default?: unknown }
    const { facts } = this.#place
    if (!facts) return fallback ?? unasked
    const written = facts[String(fact)] ?? fallback
    if (written === undefined) {
      this.#problems.push({
        path: [key],
        wrong: { zh: `设备没有写 facts.${String(fact)}`, en: `the equipment does not state facts.${String(fact)}` },
        write: { zh: `在设备的 facts 里写 ${String(fact)}`, en: `write ${String(fact)} below the equipment's facts` },
      })
      return unasked
    }
    return typeof unasked === 'number' ? leadingNumber(written) : written
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

/** Of `20 m³` the 20; anything else as it is. */
function leadingNumber(raw: unknown): unknown {
  const leading = typeof raw === 'string' ? /^\s*[-+]?\d+(\.\d+)?(?=\s|$|[^\d.eE])/.exec(raw)?.[0] : undefined
  return leading === undefined ? raw : Number(leading)
}
