import { after, between, hours, instant, millis } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import type { Outlook, Step } from '../kind.ts'
import { SpecReader } from '../spec.ts'
import { studentQuantile } from './forecast-quantile.ts'
import {
  bandAt,
  bendOf,
  bentBand,
  cameToNothing,
  crossing,
  fit,
  newestStretch,
  smoothed,
  steepness,
  widest,
} from './forecast-trend.ts'
import type { Bend, Crossing, Line, Sample } from './forecast-trend.ts'
import { becauseOf } from './forecast-words.ts'

export interface ForecastSpec {
  readonly op: 'gt' | 'ge' | 'lt' | 'le'
  /** The limit that is to be reached, in the point's unit. */
  readonly value: number
  /** It warns when the limit may be reached within so long. */
  readonly within: Millis
  /** So much of the past is looked at. */
  readonly window: Millis
  /** How many means of the past it takes before anything is said. */
  readonly least: number
  /** How often the limit is reached within the band that is told. */
  readonly confidence: number
  /** `line`: the same amount in the same time; `decay`: the same share in the same time (chlorine, charge). */
  readonly curve: 'line' | 'decay'
  /** Written behind numbers. */
  readonly unit: string
}

/** `[number of the bucket, how many readings, their mean time in ms after the bucket's beginning, their mean value]` */
type Bucket = readonly [index: number, count: number, offset: number, value: number]

/** At most 48 means of the window, 16 coarser ones of the two windows before, and when the next reading is taken into one. */
export interface ForecastState {
  readonly nextAt: Instant
  /** The mean that is still being taken; `null` before the first reading. */
  readonly open: Bucket | null
  readonly buckets: readonly Bucket[]
  readonly past: readonly Bucket[]
  readonly raisedAt: Instant | null
  /** Since when the outlook has been another than what was last said. */
  readonly turnedAt: Instant | null
}

const bucketsPerWindow = 48
const readingsPerBucket = 8
const bucketsPerPast = 6
const mostPast = 16
/** A trend must be as steep as chance makes one in two thousand, or nothing is said: it is looked at all day long. */
const chance = 0.0005
/** Nothing is said before this share of the window has been seen: what is shorter cannot tell a trend from a cycle. */
const leastSeen = 1 / 3
/** The outlook must have turned for so many means before it is said, and for so many before it is taken back. */
const means = { toRaise: 1, toClear: 2 } as const
/** The newest part of the stretch, whose own word widens the band. */
const shorterBy = 0.64
/** Once warned, the warning stays until the limit is this much farther away than what is warned of. */
const slack = 1.2

/**
 * Time to a limit, with a band that says how sure it is. The window is kept as 48 means of up to eight readings each, taken at irregular
 * moments so that no cycle can keep step with them. Through the newest stretch of it that is straight a line is laid (least squares,
 * with the independence of neighbours reckoned in), and the times at which it may meet the limit are told (Fieller's band).
 * It warns when the early edge of the band is nearer than `within` and the trend is not chance.
 */
export const forecast = ruleKind<ForecastSpec, ForecastState>({
  kind: 'forecast',
  dates: true,
  parse(raw, place) {
    const from = new SpecReader(raw, place)
    const spec: ForecastSpec = {
      op: from.oneOf('op', ['gt', 'ge', 'lt', 'le']),
      value: from.number('value'),
      within: from.duration('within', hours(48)),
      window: from.duration('window', hours(24)),
      least: from.number('least', 12),
      confidence: from.number('confidence', 0.9),
      curve: from.has('curve') ? from.oneOf('curve', ['line', 'decay']) : 'line',
      unit: from.has('unit') ? from.text('unit') : '',
    }
    checkNumbers(from, spec)
    return from.finish(spec)
  },
  begin: (_spec, at) => ({
    state: { nextAt: at, open: null, buckets: [], past: [], raisedAt: null, turnedAt: null },
    wakeAt: undefined,
  }),
  hear,
  wake: () => undefined,
  outlook,
})

function checkNumbers(from: SpecReader, { within, window, least, confidence, curve, value }: ForecastSpec): void {
  if (least < 8 || least > bucketsPerWindow) {
    from.wrong(['least'], { zh: '“least”要在 8 到 48 之间', en: '"least" is from 8 to 48' }, { zh: '写 12', en: 'write 12' })
  }
  if (!(confidence >= 0.5 && confidence <= 0.99)) {
    from.wrong(
      ['confidence'],
      { zh: '“confidence”要在 0.5 到 0.99 之间', en: '"confidence" is from 0.5 to 0.99' },
      { zh: '写 0.9', en: 'write 0.9' },
    )
  }
  for (const [key, length] of [
    ['within', within],
    ['window', window],
  ] as const) {
    if (length === 0)
      from.wrong([key], { zh: `“${key}”不能是 0`, en: `"${key}" cannot be nothing` }, { zh: '写 24h', en: 'write 24h' })
  }
  if (curve === 'decay' && value <= 0) {
    from.wrong(
      ['value'],
      { zh: '按比例衰减永远到不了 0 或以下', en: 'what decays by a share never reaches 0 or less' },
      { zh: '写大于 0 的限值，或写 curve: line', en: 'write a limit above 0, or curve: line' },
    )
  }
}

function hear(spec: ForecastSpec, state: ForecastState, value: number, at: Instant): Step<ForecastState> | undefined {
  if (at < state.nextAt) return undefined
  if (spec.curve === 'decay' && value <= 0) return undefined
  const width = spec.window / bucketsPerWindow
  const index = Math.floor(at / width)
  const reading: Bucket = [index, 1, at - index * width, spec.curve === 'decay' ? Math.log(value) : value]
  const nextAt = nextAfter(at, width / readingsPerBucket)
  // Looked at once for each mean: what one reading more says is little, and looking costs.
  if (state.open?.[0] === index) return { state: { ...state, nextAt, open: merged(state.open, reading) }, wakeAt: undefined }
  return judge(spec, { ...state, nextAt, open: reading, ...closed(state, width, index) }, value, at)
}

/**
 * The next reading is taken at some moment of the next slot, not at a fixed beat: a beat near a compressor's would see its cycle as a
 * slow trend. The moment is a hash of the slot's number, so that the same readings always give the same answer.
 */
function nextAfter(at: Instant, slot: number): Instant {
  const number = Math.floor(at / slot) + 1
  let hash = Math.imul(number ^ (number / 0x1_0000_0000), 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  hash = (hash ^ (hash >>> 13)) >>> 0
  return instant(Math.ceil((number + hash / 0x1_0000_0000) * slot))
}

/** The open mean joins the others, and what has left the window joins the coarser past. */
function closed({ open, buckets, past }: ForecastState, width: number, index: number): Pick<ForecastState, 'buckets' | 'past'> {
  const all = open ? [...buckets, open] : buckets
  const oldest = index - bucketsPerWindow
  const left = all.filter(([number]) => number <= oldest)
  const oldestPast = Math.floor(oldest / bucketsPerPast) - mostPast
  const coarse = left.reduce((means, bucket) => coarser(means, bucket, width), past)
  return { buckets: left.length > 0 ? all.slice(left.length) : all, past: coarse.filter(([number]) => number > oldestPast) }
}

function coarser(past: readonly Bucket[], [index, count, offset, value]: Bucket, width: number): readonly Bucket[] {
  const number = Math.floor(index / bucketsPerPast)
  const more: Bucket = [number, count, (index - number * bucketsPerPast) * width + offset, value]
  const last = past.at(-1)
  return last?.[0] === number ? [...past.slice(0, -1), merged(last, more)] : [...past, more]
}

function merged([index, count, offset, value]: Bucket, [, more, moreOffset, moreValue]: Bucket): Bucket {
  const share = more / (count + more)
  return [index, count + more, offset + (moreOffset - offset) * share, value + (moreValue - value) * share]
}

/** What the past says of the limit, times in ms from now; `toward` is false where it leads away, nowhere, or may be chance. */
type View = { readonly toward: false; readonly beyond: boolean } | Toward
interface Toward extends Crossing {
  readonly toward: true
  readonly perHour: number
  /** What the edges of the band are made of, that which comes first and that which comes last: the line first, then its newest part where that counts. */
  readonly near: readonly [Line, ...Line[]]
  readonly far: readonly Line[]
  readonly bend: Bend
}

function judge(spec: ForecastSpec, state: ForecastState, value: number, at: Instant): Step<ForecastState> {
  const view = viewOf(spec, state, at)
  if (view === undefined) return { state, wakeAt: undefined }
  const { raisedAt } = state
  const stands = view.toward ? view.early <= (raisedAt === null ? 1 : slack) * spec.within : raisedAt !== null && view.beyond
  if (stands === (raisedAt !== null)) return { state: { ...state, turnedAt: null }, wakeAt: undefined }
  const turnedAt = state.turnedAt ?? at
  const needed = (stands ? means.toRaise : means.toClear) * (spec.window / bucketsPerWindow)
  if (between(turnedAt, at) < needed) return { state: { ...state, turnedAt }, wakeAt: undefined }
  if (view.toward && raisedAt === null) {
    const transition = { what: 'raised', at, since: turnedAt, value, because: becauseOf(spec, view) } as const
    return { state: { ...state, raisedAt: at, turnedAt: null }, wakeAt: undefined, transition }
  }
  return { state: { ...state, raisedAt: null, turnedAt: null }, wakeAt: undefined, transition: { what: 'cleared', at } }
}

function viewOf(
  spec: ForecastSpec,
  { open, buckets: closedBuckets, past, raisedAt }: ForecastState,
  at: Instant,
): View | undefined {
  const buckets = open ? [...closedBuckets, open] : closedBuckets
  if (buckets.length < spec.least) return undefined
  const width = spec.window / bucketsPerWindow
  const samples = samplesOf(buckets, width, at)
  const [first] = samplesOf(past.length > 0 ? past : buckets, past.length > 0 ? bucketsPerPast * width : width, at)
  if (-(first?.t ?? 0) < leastSeen * spec.window) return undefined
  const limit = spec.curve === 'decay' ? Math.log(spec.value) : spec.value
  const up = spec.op === 'gt' || spec.op === 'ge' ? 1 : -1
  const fewest = Math.max(spec.least, 12)
  const stretch = newestStretch(samples, fewest)
  const line = fit(stretch)
  const beyond = up * (line.level + line.slope * -line.middle - limit) >= 0
  const nothing = { toward: false, beyond } as const
  // A trend that has been warned of need only be likely; one that has not must be certain.
  const needed = studentQuantile(raisedAt === null ? chance : 2 * (1 - spec.confidence), Math.max(2.01, line.freedom))
  if (up * steepness(line) <= needed) return nothing
  if (raisedAt === null) {
    const before = [...samplesOf(past, bucketsPerPast * width, at), ...smoothed(samples, 3)]
    if (cameToNothing(before, stretch, line)) return nothing
  }
  const bend = bendOf(stretch)
  const shorter = stretch.slice(-Math.max(fewest, Math.ceil(stretch.length * shorterBy)))
  const newest = fit(shorter)
  const isTold = Math.sign(newest.slope) === Math.sign(line.slope) && newest.freedom > 1
  const band = bandOf(line, isTold ? newest : undefined, limit, spec.confidence)
  return {
    toward: true,
    perHour: line.slope * hours(1),
    near: isTold ? [line, newest] : [line],
    // The newest part alone may well be level: that is no reason to say never.
    far: isTold && Number.isFinite(crossing(newest, limit, sureOf(spec.confidence)).late) ? [line, newest] : [line],
    bend,
    ...(bend.isBent ? bentBand(band, bend, limit) : band),
  }
}

/**
 * Where the stretch began is itself a guess, so the band also holds what its newest part says; and it is drawn for half the doubt that
 * is asked for, because it is read at the very moment at which chance makes the trend look steepest.
 */
function bandOf(line: Line, newest: Line | undefined, limit: number, confidence: number): Crossing {
  const sure = sureOf(confidence)
  const band = crossing(line, limit, sure)
  if (newest === undefined) return band
  const { early, late } = crossing(newest, limit, sure)
  return {
    early: Math.min(band.early, early),
    likely: band.likely,
    late: Number.isFinite(late) ? Math.max(band.late, late) : band.late,
  }
}

const sureOf = (confidence: number): number => (1 + confidence) / 2

/** So much of the window may have passed without a reading before nothing is said of the future. */
const mostSilent = 1 / 4
/** Of a limit that is farther away than so many times what is warned of, nothing is said: the line was not laid for that. */
const farthest = 2
const fanSteps = 32

/** The same sight as the alarm has, as a fan of values over time: it meets the limit at the very times that are told. */
function outlook(spec: ForecastSpec, state: ForecastState, now: Instant): Outlook | undefined {
  const width = spec.window / bucketsPerWindow
  const newest = state.open ?? state.buckets.at(-1)
  if (newest === undefined) return undefined
  const heardAt = instant(Math.round(newest[0] * width + newest[2]))
  if (between(heardAt, now) > mostSilent * spec.window) return undefined
  const view = viewOf(spec, state, now)
  if (!view?.toward || view.likely <= 0 || view.likely > farthest * spec.within) return undefined
  const sure = sureOf(spec.confidence)
  const valueOf = spec.curve === 'decay' ? Math.exp : (y: number): number => y
  const [line] = view.near
  const up = Math.sign(line.slope)
  const until = Math.min(view.late, 2 * view.likely)
  const fan = Array.from({ length: fanSteps + 1 }, (_, step) => {
    const t = (until * step) / fanSteps
    const { low, high } = widest(view, up, t, sure)
    const { mean } = bandAt(line, t, sure)
    return { at: momentAfter(now, t), low: valueOf(low), mean: valueOf(mean), high: valueOf(high) }
  })
  return {
    op: spec.op,
    value: spec.value,
    confidence: spec.confidence,
    heardAt,
    earlyAt: momentAfter(now, Math.max(0, view.early)),
    likelyAt: momentAfter(now, view.likely),
    lateAt: Number.isFinite(view.late) ? momentAfter(now, view.late) : undefined,
    fan,
  }
}
const momentAfter = (now: Instant, t: number): Instant => after(now, millis(Math.round(t)))

const samplesOf = (buckets: readonly Bucket[], width: number, at: Instant): readonly Sample[] =>
  buckets.map(([index, , offset, y]) => ({ t: index * width + offset - at, y }))
