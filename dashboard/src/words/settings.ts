/** The settings of a rule as one would say them. Pure: the words come in as a dictionary. */
import type { WireCoveringRule } from '../../../gateway/api/wire.ts'
import { sayDuration, sayLimit, thin } from './say.ts'
import type { Dictionary, Language } from './say.ts'

type Settings = Readonly<Record<string, unknown>>
interface Telling {
  readonly rule: Pick<WireCoveringRule, 'kind' | 'unit' | 'labels'>
  readonly t: Dictionary
  readonly language: Language
}
/** `undefined` where nothing is worth saying. */
type Say = (value: unknown, settings: Settings, telling: Telling) => string | undefined

/** The condition that a person reads as code; everything else is words. */
export const conditionOf = ({ when }: Settings): string | undefined => (typeof when === 'string' ? when : undefined)

/** What the settings say, most telling first: `高于 8 °C`, `持续 20 分钟才报警`. What has no words is shown as written, never left out. */
export function saySettings(settings: Settings, telling: Telling): readonly string[] {
  const known = Object.keys(sayings).filter(key => key in settings)
  const strange = Object.keys(settings).filter(key => !(key in sayings) && !silent.has(key))
  return [
    ...known.flatMap(key => sayings[key]?.(settings[key], settings, telling) ?? []),
    ...strange.map(key => telling.t.of(key, plain(settings[key]))),
  ]
}

// `because` is what the alarm itself will say. Said together with another: `value` with `op`, `per` with `onDelay`; the condition of an expression is shown beside the words.
const silent = new Set(['kind', 'value', 'when', 'count', 'per', 'to', 'unit', 'eps', 'because'])

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
const units: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 }

/** Milliseconds of `20m`; `undefined` for anything that is not a length of time. */
export function lengthOf(text: unknown): number | undefined {
  if (typeof text === 'number') return text
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(typeof text === 'string' ? text : '') ?? []
  return number === undefined || unit === undefined ? undefined : Number(number) * (units[unit] ?? 0)
}

/** A length of time, a fact of the equipment, or what is written there. */
function time(value: unknown, { t }: Telling): string {
  const length = lengthOf(value)
  return length === undefined ? amount(value, '', { t }, v => time(v, { t } as Telling)) : sayDuration(length, t)
}

interface Fact {
  readonly fact: string
  readonly default?: unknown
}
const isFact = (value: unknown): value is Fact =>
  typeof value === 'object' && value !== null && 'fact' in value && typeof value.fact === 'string'

function amount(value: unknown, unit: string, { t }: Pick<Telling, 't'>, say = (v: unknown) => amount(v, unit, { t })): string {
  if (isFact(value)) return t.setting.fact(value.default === undefined ? undefined : say(value.default))
  return typeof value === 'number' ? sayLimit(value, unit) : plain(value)
}
const percent = (value: unknown, telling: Telling): string =>
  amount(value, '', telling, v => percent(v, telling)).replace(
    /^0?\.\d+$|^1$/,
    text => `${Math.round(Number(text) * 1000) / 10}%`,
  )

const tests: Readonly<Record<string, (code: number, bound: number) => boolean>> = {
  gt: (code, bound) => code > bound,
  ge: (code, bound) => code >= bound,
  lt: (code, bound) => code < bound,
  le: (code, bound) => code <= bound,
}

/** `above 8 °C`; of a contact the word of the state it must not be in. */
export function sayBound(op: unknown, value: unknown, telling: Telling, unit = telling.rule.unit): string {
  const { rule, t } = telling
  const test = tests[String(op)]
  const labels =
    test && typeof value === 'number' ? rule.labels.filter(({ code }) => test(code, value)).map(({ label }) => label) : []
  if (labels.length > 0) return t.setting.isLabel(labels.map(label => label[telling.language]).join(t.setting.or))
  const { above, atLeast, below, atMost } = t.setting
  return ({ gt: above, ge: atLeast, lt: below, le: atMost }[String(op)] ?? above)(amount(value, unit, telling))
}

const bound: Say = (op, { value, unit }, telling) =>
  sayBound(op, value, telling, typeof unit === 'string' ? unit : telling.rule.unit)

const labelled = (value: unknown, { rule, t, language }: Telling): string =>
  (Array.isArray(value) ? value : [value])
    .map(code => rule.labels.find(label => label.code === code)?.label[language] ?? String(code))
    .join(t.setting.or)

const nameOf = (fact: unknown, t: Dictionary): string => t.setting.names[String(fact)] ?? String(fact)
const listed = (values: readonly unknown[], t: Dictionary): string => values.map(value => nameOf(value, t)).join(' / ')
const timed =
  (word: (t: Dictionary) => (text: string) => string): Say =>
  (value, _settings, telling) =>
    word(telling.t)(time(value, telling))
const worded =
  (word: (t: Dictionary) => (text: string) => string): Say =>
  (value, _settings, telling) =>
    word(telling.t)(amount(value, '', telling))
const inUnit =
  (word: (t: Dictionary) => (text: string) => string, unit: string): Say =>
  (value, _settings, telling) =>
    word(telling.t)(amount(value, unit, telling))
const named =
  (word: (t: Dictionary) => Readonly<Record<string, string>>): Say =>
  (value, _settings, { t }) =>
    word(t)[String(value)] ?? plain(value)

/** One saying for each setting, in the order in which they are said. */
const sayings: Readonly<Record<string, Say>> = {
  judges: named(t => t.setting.judges),
  of: worded(t => t.setting.votes),
  op: bound,
  is: (value, _settings, telling) => telling.t.setting.is(labelled(value, telling)),
  for: (value, { eps }, telling) => {
    const { onDelay, stuck } = telling.t.setting
    return eps === undefined
      ? onDelay(time(value, telling))
      : stuck(time(value, telling), amount(eps, telling.rule.unit, telling))
  },
  deadband: (value, _settings, telling) =>
    value === 0 ? undefined : telling.t.setting.deadband(amount(value, telling.rule.unit, telling)),
  onDelay(value, { count, per }, telling) {
    const { t } = telling
    if (count === 'cumulative') return t.setting.cumulative(time(value, telling), time(per ?? '24h', telling))
    return lengthOf(value) === 0 ? t.setting.atOnce : t.setting.onDelay(time(value, telling))
  },
  offDelay: (value, _settings, telling) => (lengthOf(value) === 0 ? undefined : telling.t.setting.offDelay(time(value, telling))),
  after: timed(t => t.setting.after),
  perMinute: (value, _settings, telling) => telling.t.setting.perMinute(amount(value, telling.rule.unit, telling)),
  outside: (value, _settings, { t }) => t.setting.outside(t.setting.hours[String(value)] ?? plain(value)),
  inside: (value, _settings, { t }) => t.setting.inside(t.setting.hours[String(value)] ?? plain(value)),
  grace: timed(t => t.setting.grace),
  every: timed(t => t.setting.every),
  each: named(t => t.setting.each),
  windows: (value, _settings, { t }) =>
    t.setting.eachWindow((Array.isArray(value) ? value.map(String) : [plain(value)]).join(t.listSeparator)),
  from: (value, { to }, { t }) => {
    const day = (one: unknown) => (typeof one === 'number' ? t.setting.dayOfMonth(one) : plain(one))
    return t.setting.fromTo(day(value), day(to))
  },
  days: named(t => t.setting.days),
  apart: timed(t => t.setting.apart),
  share: (value, _settings, telling) => telling.t.setting.share(percent(value, telling)),
  follows: () => undefined,
  within: (value, _settings, telling) => {
    const { within, withinFollows } = telling.t.setting
    return (telling.rule.kind === 'forecast' ? within : withinFollows)(time(value, telling))
  },
  before: timed(t => t.setting.beforeFollows),
  answers: named(t => t.setting.answers),
  warn: timed(t => t.setting.warn),
  window: (value, _settings, telling) => {
    const { trend, window } = telling.t.setting
    return (telling.rule.kind === 'forecast' ? trend : window)(time(value, telling))
  },
  curve: (value, _settings, { t }) => (value === 'decay' ? t.setting.decay : undefined),
  least: worded(t => t.setting.least),
  confidence: (value, _settings, telling) => telling.t.setting.confidence(percent(value, telling)),
  fields: (value, _settings, { t }) =>
    t.setting.fields(
      Object.entries(typeof value === 'object' && value !== null ? value : {})
        .map(([key, kind]) => (Array.isArray(kind) ? t.of(nameOf(key, t), listed(kind, t)) : nameOf(key, t)))
        .join(t.listSeparator),
    ),
  expires: (value, _settings, { t }) => t.setting.expires(nameOf(value, t)),
  dry: timed(t => t.setting.dry),
  hold: (value, _settings, telling) => {
    const hold = typeof value === 'object' && value !== null ? (value as { readonly at?: unknown; readonly for?: unknown }) : {}
    return telling.t.setting.hold(amount(hold.at, '°C', telling), time(hold.for, telling))
  },
  safe: inUnit(t => t.setting.safe, '°C'),
  target: inUnit(t => t.setting.target, 'mg/L'),
  most: inUnit(t => t.setting.most, 'mg/L'),
  tolerance: (value, _settings, telling) => telling.t.setting.tolerance(percent(value, telling)),
  demand: inUnit(t => t.setting.demand, 'mg/L'),
  strength: (value, _settings, telling) => telling.t.setting.strength(percent(value, telling)),
  madeOn: worded(t => t.setting.madeOn),
  lossPerMonth: (value, _settings, telling) => telling.t.setting.lossPerMonth(percent(value, telling)),
  qmax: worded(t => t.setting.qmax),
  digits: worded(t => t.setting.digits),
  period: named(t => t.setting.period),
  periods: worded(t => t.setting.periods),
  writes: (value, _settings, { t }) => (value === true ? t.setting.writes : undefined),
}

/** `2y` → `2 年`; other lengths as written. */
export function sayRetention(text: string, t: Dictionary): string {
  const [, years] = /^(\d+)y$/.exec(text) ?? []
  return years === undefined ? sayDurationOr(text, t) : t.policies.years(Number(years)).replace(' ', thin)
}
const sayDurationOr = (text: string, t: Dictionary): string => {
  const length = lengthOf(text)
  return length === undefined ? text : sayDuration(length, t)
}
