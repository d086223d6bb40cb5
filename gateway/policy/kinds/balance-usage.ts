import type { Instant } from '../../../protocols/contract/time.ts'
import type { Inputs } from '../kind.ts'
import type { SpecReader } from '../spec.ts'
import { advance, judge } from './balance-judge.ts'
import type { AnyJudge, MeterSettings, Ruling } from './balance-judge.ts'
import { endOfPeriod } from './balance-period.ts'
import { unusual } from './balance-words.ts'
import { knownValue } from './known.ts'

interface UsageSpec {
  /** Times the usual: above `bound` is fast, below it slow. */
  readonly bound: number
  /** So many periods in a row. */
  readonly periods: number
  /** What is usual is the median of so many periods before. */
  readonly of: number
  /** m³: where less than this is usual, nothing is unusual. */
  readonly least: number
}

interface UsageState {
  readonly from: Instant
  readonly until: Instant
  /** The counter, and the other one it is compared with, at the start of the period; `null` when nobody heard them. */
  readonly start: { readonly total: number; readonly reference: number | null } | null
  /** What earlier periods used, or used for each step of the other counter; newest last. */
  readonly before: readonly number[]
  readonly outside: number
  readonly since: Instant | null
}

/** The least history from which anything can be called usual. */
const leastHistory = 4
/** Two years of weeks; more would only be memory. */
const mostHistory = 104

const usage = (name: 'high' | 'low', fallback: number, isBeyond: (times: number, bound: number) => boolean): AnyJudge =>
  judge<UsageSpec, UsageState>({
    read: from => readUsage(from, name, fallback),
    begin: (_spec, at, { period, zone }) => ({
      from: at,
      until: endOfPeriod(at, period, zone),
      start: null,
      before: [],
      outside: 0,
      since: null,
    }),
    hear: () => undefined,
    wakeAt: (_spec, { until }) => until,
    wake: (spec, state, at, inputs, meter) => closed(spec, state, at, inputs, meter, isBeyond),
  })

/** Consumption of a period against the meter's own usual, for several periods in a row (GAS-6). */
export const fast = usage('high', 2, (times, bound) => times > bound)
export const slow = usage('low', 0.5, (times, bound) => times < bound)

function readUsage(from: SpecReader, name: 'high' | 'low', fallback: number): UsageSpec {
  const bound = from.amount(name, fallback)
  const of = from.amount('of', 8)
  if (!(Number.isInteger(of) && of >= leastHistory && of <= mostHistory))
    from.wrong(
      ['of'],
      { zh: `看 ${of} 期，说不出平时用多少`, en: `${of} periods do not say what is usual` },
      { zh: `写 ${leastHistory} 到 ${mostHistory} 的整数`, en: `write a whole number from ${leastHistory} to ${mostHistory}` },
    )
  if (name === 'high' ? bound <= 1 : bound >= 1 || bound === 0)
    from.wrong(
      [name],
      {
        zh: `“${name}”是 ${bound}，平时的用量就会报警，或永远不报警`,
        en: `with "${name}" ${bound} the usual would alarm, or nothing ever would`,
      },
      name === 'high'
        ? { zh: '写大于 1 的数', en: 'write a number above 1' }
        : { zh: '写 0 到 1 之间的数', en: 'write a number between 0 and 1' },
    )
  return { bound, periods: from.amount('periods', 2), of, least: from.amount('least', 1) }
}

function closed(
  spec: UsageSpec,
  state: UsageState,
  at: Instant,
  inputs: Inputs,
  { digits, period, zone }: MeterSettings,
  isBeyond: (times: number, bound: number) => boolean,
): Ruling<UsageState> {
  const { start, before } = state
  const here = standing(inputs, at)
  const next = { ...state, from: at, until: endOfPeriod(at, period, zone), start: here }
  if (!start || !here) return { state: next }
  const used = advance(start.total, here.total, digits)
  const beside = start.reference === null || here.reference === null ? null : here.reference - start.reference
  // A counter that fell or stands, or a day on which the other one stood too, is for other judges to look at.
  if (used <= 0 || (beside !== null && beside <= 0)) return { state: next }
  const figure = beside === null ? used : used / beside
  const heard = { ...next, before: [...before, figure].slice(-spec.of) }
  const usual = median(before)
  if (before.length < leastHistory || usual * (beside ?? 1) < spec.least) return { state: heard }
  const times = figure / usual
  if (!isBeyond(times, spec.bound)) return { state: { ...heard, outside: 0, since: null }, finding: { is: 'sound' } }
  const outside = state.outside + 1
  const since = state.since ?? state.from
  const counted = { ...heard, outside, since }
  if (outside < spec.periods) return { state: counted }
  return { state: counted, finding: { is: 'suspect', since, value: used, because: unusual(used, times, outside) } }
}

/** What the counters show at the end of a period; nothing is estimated where nobody heard them. */
function standing(inputs: Inputs, at: Instant): UsageState['start'] {
  const total = knownValue(inputs['total'], at)
  const reference = knownValue(inputs['reference'], at)
  if (total === undefined || (inputs['reference'] && reference === undefined)) return null
  return { total, reference: reference ?? null }
}

/** NaN of nothing. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}
