import type { Words } from '../../../protocols/contract/driver.ts'
import { after, days, later, millis } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { instantOf } from '../../zone.ts'
import { ruleKind } from '../kind.ts'
import type { Duty, Step } from '../kind.ts'
import type { Place } from '../place.ts'
import { SpecReader } from '../spec.ts'

/** What a fact must be: any text, a number, a date, or one of a few words. */
export type FactShape = 'text' | 'number' | 'date' | readonly (string | number)[]

export interface RegisterSpec {
  readonly fields: Readonly<Record<string, FactShape>>
  /** The fact that says until when it is good, the last day included; `null` where nothing expires. */
  readonly expires: string | null
  /** So long before the end it is announced. */
  readonly warn: Millis
  /** What the equipment's entry does not say, or says wrongly: found while the site file is read. */
  readonly missing: readonly Words[]
  /** The instant at which the last good day is over; `null` where nothing expires or the date is not known. */
  readonly expiresAt: Instant | null
}

export interface RegisterState {
  readonly raisedAt: Instant | null
}

/**
 * Facts that the equipment's entry in the site file must state: a register that is complete, and a date that is not past. Facts change
 * only with the site file, so that it is cleared by a start with a better one, and by nothing else.
 */
export const register = ruleKind<RegisterSpec, RegisterState>({
  kind: 'register',
  dates: true,
  parse(raw, place) {
    const from = new SpecReader(raw, place)
    const fields = readFields(from)
    const expires = from.has('expires') ? from.text('expires') : null
    const warn = from.duration('warn', days(60))
    if (Object.keys(fields).length === 0 && expires === null) {
      from.wrong(
        ['fields'],
        { zh: '没有写要登记什么', en: 'it does not say which facts are asked for' },
        { zh: '写 fields: { serial: text } 或 expires: 到期日的名字', en: 'write fields: { serial: text } or expires: NAME' },
      )
    }
    return from.finish({ fields, expires, warn, ...found(fields, expires, place) })
  },
  inputs: () => [],
  begin: (spec, at) => ({ state: { raisedAt: null }, wakeAt: firstLook(spec, at) }),
  wake(spec, state, at) {
    if (state.raisedAt !== null) return undefined
    const expired = spec.expiresAt !== null && spec.expiresAt <= at
    if (!expired && spec.missing.length === 0) return { state, wakeAt: spec.expiresAt ?? undefined }
    return raise(spec, at, expired)
  },
  hear: () => undefined,
  // The gateway has started, perhaps with another site file: what is registered now is looked at.
  resume(spec, state, at) {
    if (state.raisedAt === null) return { state, wakeAt: firstLook(spec, at) }
    const isWrong = spec.missing.length > 0 || (spec.expiresAt !== null && spec.expiresAt <= at)
    if (isWrong) return undefined
    const transition = { what: 'cleared', at: later(at, state.raisedAt) } as const
    return { state: { raisedAt: null }, wakeAt: firstLook(spec, at), transition }
  },
  duty,
})

/** What is missing is told at once; a date that is past, too. */
function firstLook({ missing, expiresAt }: RegisterSpec, at: Instant): Instant | undefined {
  if (missing.length > 0) return at
  return expiresAt === null ? undefined : later(expiresAt, at)
}

function raise(spec: RegisterSpec, at: Instant, expired: boolean): Step<RegisterState> {
  const since = spec.missing.length === 0 && spec.expiresAt !== null ? spec.expiresAt : at
  const parts = [...spec.missing, ...(expired ? [expiry(spec)] : [])]
  const because = { zh: parts.map(({ zh }) => zh).join('；'), en: parts.map(({ en }) => en).join('; ') }
  return { state: { raisedAt: at }, wakeAt: undefined, transition: { what: 'raised', at, since, because } }
}

const expiry = ({ expires }: RegisterSpec): Words => ({
  zh: `${expires ?? ''} 已过，超过有效期`,
  en: `${expires ?? ''} is past: it is out of date`,
})

function duty({ expiresAt, warn }: RegisterSpec, _state: RegisterState, now: Instant): Duty | undefined {
  if (expiresAt === null) return undefined
  const warnAt = after(expiresAt, millis(-warn))
  const state = now >= expiresAt ? 'missed' : now >= warnAt ? 'soon' : 'open'
  return { doneAt: undefined, dueAt: expiresAt, warnAt, state }
}

function readFields(from: SpecReader): Readonly<Record<string, FactShape>> {
  const raw = from.raw('fields')
  if (raw === undefined) return {}
  const fields: Record<string, FactShape> = {}
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    from.wrong(
      ['fields'],
      { zh: '“fields”要写事实的名字和要求', en: '"fields" names facts and what each must be' },
      { zh: '写 { holds: [raw, cooked], serial: text }', en: 'write { holds: [raw, cooked], serial: text }' },
    )
    return fields
  }
  for (const [name, shape] of Object.entries(raw)) {
    const known = isShape(shape)
    if (known) fields[name] = shape
    else {
      from.wrong(
        ['fields', name],
        { zh: `“${name}”的要求看不懂`, en: `what "${name}" must be is not known` },
        {
          zh: '写 text、number、date，或允许的值 [raw, cooked]',
          en: 'write text, number, date, or the words allowed: [raw, cooked]',
        },
      )
    }
  }
  return fields
}

function isShape(raw: unknown): raw is FactShape {
  if (raw === 'text' || raw === 'number' || raw === 'date') return true
  return Array.isArray(raw) && raw.length > 0 && raw.every(word => typeof word === 'string' || typeof word === 'number')
}

/** Holds the equipment's facts against what is asked for. A pack by itself has no facts, and nothing is missing. */
function found(
  fields: RegisterSpec['fields'],
  expires: string | null,
  { facts, calendar }: Place,
): Pick<RegisterSpec, 'missing' | 'expiresAt'> {
  if (!facts) return { missing: [], expiresAt: null }
  const asked: Record<string, FactShape> = { ...fields, ...(expires === null ? {} : { [expires]: 'date' }) }
  const missing = Object.entries(asked).flatMap(([name, shape]) => wrongWith(name, shape, facts[name]) ?? [])
  const last = expires === null ? undefined : dayOf(facts[expires])
  return { missing, expiresAt: last === undefined ? null : endOf(last, calendar.zone) }
}

function wrongWith(name: string, shape: FactShape, fact: string | number | boolean | undefined): Words | undefined {
  if (fact === undefined || (typeof fact === 'string' && fact.trim() === '')) {
    return { zh: `没有登记 ${name}`, en: `${name} is not registered` }
  }
  const shown = String(fact)
  if (shape === 'text') return undefined
  if (shape === 'number') {
    return Number.isFinite(Number.parseFloat(shown))
      ? undefined
      : { zh: `${name} 写的是“${shown}”，不是数`, en: `${name} is "${shown}", not a number` }
  }
  if (shape === 'date') {
    return dayOf(fact) ? undefined : { zh: `${name} 写的是“${shown}”，不是日期`, en: `${name} is "${shown}", not a date` }
  }
  if (shape.some(word => String(word) === shown)) return undefined
  return {
    zh: `${name} 写的是“${shown}”，只能是 ${shape.join('、')}`,
    en: `${name} is "${shown}", but must be ${shape.join(' or ')}`,
  }
}

interface Day {
  readonly year: number
  readonly month: number
  readonly day: number
}

/** `2027-03-31`, or `2027-03` for the whole month, as labels print it; the last day it names. */
function dayOf(fact: string | number | boolean | undefined): Day | undefined {
  const [, year, month, day] = /^\s*(\d{4})-(\d{1,2})(?:-(\d{1,2}))?\s*$/.exec(String(fact)) ?? []
  if (year === undefined || month === undefined || Number(month) < 1 || Number(month) > 12) return undefined
  const last = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  const named = day === undefined ? last : Number(day)
  return named < 1 || named > last ? undefined : { year: Number(year), month: Number(month), day: named }
}

/** Midnight at the end of that day on the site's clocks. */
function endOf({ year, month, day }: Day, zone: string): Instant {
  const next = new Date(Date.UTC(year, month - 1, day + 1))
  const local = { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() }
  return instantOf({ ...local, hour: 0, minute: 0, second: 0, ms: 0 }, zone)
}
