import type { Words } from '../../../protocols/contract/driver.ts'
import { hours, instant, later } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import type { Step } from '../kind.ts'
import { SpecReader } from '../spec.ts'
import { studentQuantile } from './forecast-quantile.ts'
import { cameToNothing, crossing, fit, newestStretch, steepness } from './forecast-trend.ts'
import type { Crossing, Sample } from './forecast-trend.ts'
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

/** At most 48 means of the window, and when the next reading is taken into one. */
export interface ForecastState {
  readonly nextAt: Instant
  readonly buckets: readonly Bucket[]
  readonly raisedAt: Instant | null
}

const bucketsPerWindow = 48
const readingsPerBucket = 4
/** A trend must be as steep as chance makes one in two thousand, or nothing is said: it is looked at all day long. */
const chance = 0.0005
/** Once warned, the warning stays until the limit is this much farther away than what is warned of. */
const slack = 1.2

/**
 * Time to a limit, with a band that says how sure it is. The window is kept as 48 means of up to four readings each, taken at irregular
 * moments so that no cycle can keep step with them. Through the newest stretch of it that is straight a line is laid (least squares,
 * with the independence of neighbours reckoned in), and the times at which it may meet the limit are told (Fieller's band).
 * It warns when the early edge of the band is nearer than `within` and the trend is not chance.
 */
export const forecast = ruleKind<ForecastSpec, ForecastState>({
  kind: 'forecast',
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
  begin: (_spec, at) => ({ state: { nextAt: at, buckets: [], raisedAt: null }, wakeAt: undefined }),
  hear,
  wake: () => undefined,
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
  const buckets = taken(state.buckets, width, at, spec.curve === 'decay' ? Math.log(value) : value)
  const next = { nextAt: nextAfter(at, width / readingsPerBucket), buckets, raisedAt: state.raisedAt }
  return judge(spec, next, value, at)
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

function taken(buckets: readonly Bucket[], width: number, at: Instant, y: number): readonly Bucket[] {
  const index = Math.floor(at / width)
  const offset = at - index * width
  const last = buckets.at(-1)
  const kept = buckets.filter(([number]) => number > index - bucketsPerWindow)
  if (last?.[0] !== index) return [...kept, [index, 1, offset, y]]
  const [, count, meanOffset, meanValue] = last
  const more = count + 1
  return [...kept.slice(0, -1), [index, more, meanOffset + (offset - meanOffset) / more, meanValue + (y - meanValue) / more]]
}

/** What the past says of the limit, times in ms from now; `toward` is false where it leads away, nowhere, or may be chance. */
type Outlook =
  { readonly toward: false; readonly beyond: boolean } | ({ readonly toward: true; readonly perHour: number } & Crossing)

function judge(spec: ForecastSpec, state: ForecastState, value: number, at: Instant): Step<ForecastState> {
  const outlook = outlookOf(spec, state, at)
  if (outlook === undefined) return { state, wakeAt: undefined }
  if (state.raisedAt === null) {
    if (!outlook.toward || outlook.early > spec.within) return { state, wakeAt: undefined }
    const because: Words = becauseOf(spec, outlook)
    return { state: { ...state, raisedAt: at }, wakeAt: undefined, transition: { what: 'raised', at, since: at, value, because } }
  }
  const stays = outlook.toward ? outlook.early <= slack * spec.within : outlook.beyond
  if (stays) return { state, wakeAt: undefined }
  const cleared = later(at, state.raisedAt)
  return { state: { ...state, raisedAt: null }, wakeAt: undefined, transition: { what: 'cleared', at: cleared } }
}

function outlookOf(spec: ForecastSpec, { buckets, raisedAt }: ForecastState, at: Instant): Outlook | undefined {
  if (buckets.length < spec.least) return undefined
  const width = spec.window / bucketsPerWindow
  const samples: readonly Sample[] = buckets.map(([index, , offset, y]) => ({ t: index * width + offset - at, y }))
  const limit = spec.curve === 'decay' ? Math.log(spec.value) : spec.value
  const up = spec.op === 'gt' || spec.op === 'ge' ? 1 : -1
  const stretch = newestStretch(samples, Math.max(spec.least, 12))
  const line = fit(stretch ?? samples)
  const beyond = up * (line.level + line.slope * -line.middle - limit) >= 0
  const nothing = { toward: false, beyond } as const
  // Bent to the very end: it is turning, and where to is not known.
  if (!stretch) return raisedAt === null ? nothing : undefined
  // A trend that has been warned of need only be likely; one that has not must be certain.
  const needed = studentQuantile(raisedAt === null ? chance : 2 * (1 - spec.confidence), Math.max(2.01, line.freedom))
  if (up * steepness(line) <= needed) return nothing
  if (raisedAt === null && cameToNothing(samples, stretch, line.slope)) return nothing
  return { toward: true, perHour: line.slope * hours(1), ...crossing(line, limit, spec.confidence) }
}
