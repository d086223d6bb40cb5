import type { Words } from '../../protocols/contract/driver.ts'
import { minutes } from '../../protocols/contract/time.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import type { LimitSpec } from '../policy/kinds/limit.ts'
import type { Rule } from '../policy/rule.ts'
import { writeDuration } from '../policy/written.ts'
import { shortLengths } from './kpi-rules.ts'
import type { RuleTally } from './kpi-rules.ts'

/** What the advice has to know of the rule and of the point it stands on. */
export type AdvisedRule = Pick<Rule, 'kind' | 'spec' | 'lifeSafety'>
export interface AdvisedPoint {
  readonly unit: string
  readonly decimals: number
  readonly range: { readonly min: number; readonly max: number }
}

/** What to do about an alarm that comes too often. It never speaks of the limit: that number is the clause's. */
export interface Suggestion {
  readonly kind: 'deadband' | 'delay' | 'wiring' | 'line' | 'sensor' | 'repair' | 'stands'
  readonly say: Words
  /** A setting of the rule to try on the stored history before it is changed. */
  readonly change?: { readonly setting: 'deadband' | 'onDelay'; readonly from: string; readonly to: string }
}

/** Fewer tell nothing. */
const enough = 3
const mostly = 0.8
/** Delays as people write them. */
const ladder: readonly Millis[] = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60].map(minutes)

/**
 * A suggestion from how often and how short the alarms of a rule were. `undefined` where they were too few. It is a first look by rule of
 * thumb: what a change would have meant is said by the back-test on the stored readings.
 */
export function suggestionFor(tally: RuleTally, rule: AdvisedRule, point: AdvisedPoint | undefined): Suggestion | undefined {
  if (tally.calls < enough) return undefined
  if (rule.kind === 'stale' || rule.kind === 'own') return line
  if (rule.lifeSafety === true) return tally.chatters > 0 || isShort(tally) ? sensor : undefined
  const spec = rule.kind === 'limit' ? (rule.spec as LimitSpec) : undefined
  if (tally.chatters > 0) return (spec && point && deadbandOf(spec, point)) ?? wiring
  if (tally.ended < enough) return undefined
  const index = shortLengths.findIndex((_, at) => (tally.shorter[at] ?? 0) >= tally.ended * mostly)
  if (index < 0) return repair
  const short = shortLengths[index] as Millis
  const onDelay = onDelayOf(rule.spec)
  const to = onDelay === undefined ? undefined : ladder.find(delay => delay > onDelay + short)
  const share = Math.floor(((tally.shorter[index] ?? 0) / tally.ended) * 100)
  return onDelay === undefined || to === undefined ? stands(short, share) : delay(short, share, onDelay, to)
}

const isShort = ({ ended, shorter }: RuleTally): boolean => ended >= enough && (shorter[0] ?? 0) >= ended * mostly

/** The next 1–2–5 step of at least twice the present one, and of at least five of the sensor's last digits. */
function deadbandOf(spec: LimitSpec, { unit, decimals, range }: AdvisedPoint): Suggestion | undefined {
  const to = nextStep(Math.max(2 * spec.deadband, 5 * 10 ** -decimals))
  // Beyond a tenth of the scale an alarm would hardly ever clear.
  if (to > (range.max - range.min) / 10) return undefined
  const written = (size: number): string => `${size}${unit === '' ? '' : ` ${unit}`}`
  return {
    kind: 'deadband',
    say: {
      zh: `抖动：回差从 ${written(spec.deadband)} 加到 ${written(to)}`,
      en: `It chatters: deadband ${written(spec.deadband)} → ${written(to)}`,
    },
    change: { setting: 'deadband', from: String(spec.deadband), to: String(to) },
  }
}

function nextStep(size: number): number {
  const power = Math.floor(Math.log10(size) + 1e-9)
  const step = [1, 2, 5, 10].find(one => one * 10 ** power >= size * (1 - 1e-9)) ?? 10
  return Number((step * 10 ** power).toPrecision(3))
}

function onDelayOf(spec: unknown): Millis | undefined {
  const onDelay = typeof spec === 'object' && spec !== null && 'onDelay' in spec ? spec.onDelay : undefined
  return typeof onDelay === 'number' ? (onDelay as Millis) : undefined
}

const inMinutes = (length: Millis): number => length / 60_000
const delay = (short: Millis, share: number, from: Millis, to: Millis): Suggestion => ({
  kind: 'delay',
  say: {
    zh: `短于 ${inMinutes(short)} 分钟的占 ${share} %：延时从 ${inMinutes(from)} 分钟加到 ${inMinutes(to)} 分钟`,
    en: `${share} % are over within ${inMinutes(short)} min: delay ${inMinutes(from)} min → ${inMinutes(to)} min`,
  },
  change: { setting: 'onDelay', from: writeDuration(from), to: writeDuration(to) },
})
const stands = (short: Millis, share: number): Suggestion => ({
  kind: 'stands',
  say: {
    zh: `短于 ${inMinutes(short)} 分钟的占 ${share} %，但这条规则没有可加的延时：查设备或使用习惯`,
    en: `${share} % are over within ${inMinutes(short)} min, but this rule has no delay to add: look at the equipment or how it is used`,
  },
})
const wiring: Suggestion = {
  kind: 'wiring',
  say: {
    zh: '一分钟内反复报警：查探头接线和固定',
    en: 'Comes and goes within a minute: check the wiring and seat of the sensor',
  },
}
const line: Suggestion = {
  kind: 'line',
  say: {
    zh: '时断时续：查线路、电源和信号，不要只调报警',
    en: 'The line comes and goes: check cable, power and signal before any setting',
  },
}
const sensor: Suggestion = {
  kind: 'sensor',
  say: {
    zh: '涉及人身安全，不加延时：请校验或更换探头',
    en: 'A danger to life is not delayed: have the detector tested or replaced',
  },
}
const repair: Suggestion = {
  kind: 'repair',
  say: {
    zh: '多数持续较久，不是报警太灵：要修的是设备',
    en: 'Most of them last: the alarm is right, the equipment needs repair',
  },
}
