import { after, later } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import type { Words } from '../../../protocols/contract/driver.ts'
import type { Calendar } from '../calendar.ts'
import { hoursWords } from '../calendar-span.ts'
import type { NamedHours } from '../calendar-span.ts'
import { readDays, readHours } from '../calendar-settings.ts'
import { ruleKind } from '../kind.ts'
import type { Inputs, PointMemory, Step, Transition } from '../kind.ts'
import { SpecReader } from '../spec.ts'
import { judgedAfter, sense } from './schedule-time.ts'
import type { Judged } from './schedule-time.ts'

export interface ScheduleSpec {
  readonly op: 'gt' | 'ge' | 'lt' | 'le'
  readonly value: number
  readonly deadband: number
  readonly onDelay: Millis
  readonly offDelay: Millis
  readonly side: 'inside' | 'outside'
  readonly hours: NamedHours
  /** Judging begins so long after the hours have closed (`outside`) or begun (`inside`). */
  readonly grace: Millis
  readonly calendar: Calendar
}

/**
 * off (the limit does not apply) → normal → pending → raised → returning → normal, as `limit`. `held`: an alarm whose time is over, or
 * whose return is, while nothing good was heard of the point; the next good reading decides.
 */
type Phase =
  | { readonly phase: 'off' | 'normal' }
  | { readonly phase: 'pending'; readonly since: Instant }
  | { readonly phase: 'raised' | 'held'; readonly raisedAt: Instant }
  | { readonly phase: 'returning'; readonly raisedAt: Instant; readonly from: Instant; readonly late: boolean }
export type ScheduleState = Phase & { readonly judged: Judged }

/** A limit that holds only inside, or only outside, hours of the site's calendar: docs/rules/schedule.md. */
export const schedule = ruleKind<ScheduleSpec, ScheduleState>({
  kind: 'schedule',
  dates: true,
  parse(raw, place) {
    const from = new SpecReader(raw, place)
    const none = 0 as Millis
    const side = from.has('inside') ? 'inside' : 'outside'
    if (from.has('inside') === from.has('outside')) from.wrong([], ...eitherSide)
    const days = readDays(from, 'days')
    return from.finish({
      op: from.oneOf('op', ['gt', 'ge', 'lt', 'le']),
      value: from.number('value'),
      deadband: from.amount('deadband', 0),
      onDelay: from.duration('onDelay', none),
      offDelay: from.duration('offDelay', none),
      side,
      hours: from.has(side) ? readHours(from, side, place, days) : { name: '', days, hours: [] },
      grace: from.duration('grace', none),
      calendar: place.calendar,
    })
  },
  begin(spec, at) {
    const judged = judgedAfter(spec, at)
    return settled(spec, judged, { phase: judged !== null && judged.from <= at ? 'normal' : 'off' })
  },
  hear,
  wake,
  quiet,
  sense,
})

const eitherSide: [wrong: Words, write: Words] = [
  { zh: '要写 inside 或 outside 其中一个', en: 'it takes inside or outside, one of the two' },
  { zh: '例如 `outside: kitchen` 或 `inside: night`', en: 'for example `outside: kitchen` or `inside: night`' },
]

function meets({ op, value: bound }: ScheduleSpec, value: number): boolean {
  switch (op) {
    case 'gt':
      return value > bound
    case 'ge':
      return value >= bound
    case 'lt':
      return value < bound
    case 'le':
      return value <= bound
  }
}

/** Outside judged time nothing matters, and before the condition holds only what meets it. */
function quiet({ op, value: bound }: ScheduleSpec, { phase }: ScheduleState): { above: number; below: number } | undefined {
  const [least, most] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  if (phase === 'off') return { above: least, below: most }
  if (phase !== 'normal') return undefined
  return op === 'gt' || op === 'ge' ? { above: least, below: bound } : { above: bound, below: most }
}

function hasReturned(spec: ScheduleSpec, value: number): boolean {
  if (meets(spec, value)) return false
  const above = spec.op === 'gt' || spec.op === 'ge'
  return above ? value <= spec.value - spec.deadband : value >= spec.value + spec.deadband
}

function hear(spec: ScheduleSpec, state: ScheduleState, value: number, at: Instant): Step<ScheduleState> | undefined {
  const { judged } = state
  // The last instant of judged time is no longer judged; its timer says so next.
  if (judged !== null && judged.to !== null && at >= judged.to) return undefined
  switch (state.phase) {
    case 'off':
      return undefined
    case 'normal':
      if (!meets(spec, value)) return undefined
      return begun(spec, judged, at, value)
    case 'pending':
      return meets(spec, value) ? undefined : settled(spec, judged, { phase: 'normal' })
    case 'raised':
      if (!hasReturned(spec, value)) return undefined
      return startReturn(spec, judged, state.raisedAt, at)
    case 'returning':
      if (!hasReturned(spec, value)) return settled(spec, judged, { phase: 'raised', raisedAt: state.raisedAt })
      return state.late ? cleared(spec, judged, 'normal', later(at, state.raisedAt)) : undefined
    case 'held':
      return cleared(spec, judged, 'off', later(at, state.raisedAt))
  }
}

function wake(spec: ScheduleSpec, state: ScheduleState, at: Instant, { value: point }: Inputs): Step<ScheduleState> | undefined {
  const { judged } = state
  if (!point || judged === null) return undefined
  if (judged.to !== null && at >= judged.to) return ended(spec, state, judged.to, point)
  switch (state.phase) {
    case 'off':
      return at < judged.from ? settled(spec, judged, state) : started(spec, judged, point)
    case 'held':
      return at < judged.from
        ? settled(spec, judged, state)
        : settled(spec, judged, { phase: 'raised', raisedAt: state.raisedAt })
    case 'pending':
      return raised(spec, judged, after(state.since, spec.onDelay), state.since, point.value)
    case 'returning':
      if (state.late) return undefined
      return isUnknown(point, at) ? settled(spec, judged, { ...state, late: true }) : cleared(spec, judged, 'normal', at)
    case 'normal':
    case 'raised':
      return undefined
  }
}

/** Nothing good has been heard of the point of late: whether the condition holds cannot be told. */
const isUnknown = ({ lastWordBad, staleAfter, heardAt }: PointMemory, at: Instant): boolean =>
  lastWordBad || (staleAfter !== undefined && at >= after(heardAt, staleAfter))

/** Judged time begins: what was last said still stands, unless it is old or was followed by a bad word. */
function started(spec: ScheduleSpec, judged: NonNullable<Judged>, point: PointMemory): Step<ScheduleState> {
  const { value, newestAt, staleAfter } = point
  const at = judged.from
  // `heardAt` forgives the gateway's own stops; here the age of the word itself counts.
  const isOld = newestAt === undefined || (staleAfter !== undefined && at >= after(newestAt, staleAfter))
  if (value === undefined || isOld || isUnknown(point, at) || !meets(spec, value))
    return settled(spec, judged, { phase: 'normal' })
  return begun(spec, judged, at, value)
}

/** Judged time ends: the limit forbids nothing any more. Where the point is silent or bad nobody knows what it would have cleared. */
function ended(spec: ScheduleSpec, state: ScheduleState, at: Instant, point: PointMemory): Step<ScheduleState> {
  const next = judgedAfter(spec, at)
  // Hours that meet at midnight are one stretch: nothing ends.
  if (next !== null && next.from <= at) return settled(spec, next, state)
  if (state.phase !== 'raised' && state.phase !== 'returning') return settled(spec, next, { phase: 'off' })
  if (isUnknown(point, at)) return settled(spec, next, { phase: 'held', raisedAt: state.raisedAt })
  return cleared(spec, next, 'off', at)
}

function begun(spec: ScheduleSpec, judged: Judged, at: Instant, value: number): Step<ScheduleState> {
  return spec.onDelay === 0 ? raised(spec, judged, at, at, value) : settled(spec, judged, { phase: 'pending', since: at })
}

function raised(spec: ScheduleSpec, judged: Judged, at: Instant, since: Instant, value: number | undefined): Step<ScheduleState> {
  const transition: Transition = {
    what: 'raised',
    at,
    since,
    ...(value === undefined ? {} : { value }),
    because: because(spec, value),
  }
  return settled(spec, judged, { phase: 'raised', raisedAt: at }, transition)
}

function startReturn(spec: ScheduleSpec, judged: Judged, raisedAt: Instant, at: Instant): Step<ScheduleState> {
  const from = later(at, raisedAt)
  if (spec.offDelay === 0) return cleared(spec, judged, 'normal', from)
  return settled(spec, judged, { phase: 'returning', raisedAt, from, late: false })
}

const cleared = (spec: ScheduleSpec, judged: Judged, phase: 'off' | 'normal', at: Instant): Step<ScheduleState> =>
  settled(spec, judged, { phase }, { what: 'cleared', at })

/** The state with the sooner of its own timer and the end, or beginning, of judged time. */
function settled(spec: ScheduleSpec, judged: Judged, phase: Phase, transition?: Transition): Step<ScheduleState> {
  const waits = phase.phase === 'off' || phase.phase === 'held'
  const turn = waits ? judged?.from : (judged?.to ?? undefined)
  const own =
    phase.phase === 'pending'
      ? after(phase.since, spec.onDelay)
      : phase.phase === 'returning' && !phase.late
        ? after(phase.from, spec.offDelay)
        : undefined
  const wakeAt = turn === undefined || (own !== undefined && own < turn) ? own : turn
  const step = { state: { ...phase, judged }, wakeAt }
  return transition ? { ...step, transition } : step
}

const allowed: Readonly<Record<ScheduleSpec['op'], Words>> = {
  gt: { zh: '应不高于', en: 'at most' },
  ge: { zh: '应低于', en: 'less than' },
  lt: { zh: '应不低于', en: 'at least' },
  le: { zh: '应高于', en: 'more than' },
}

function because({ op, value: bound, side, hours }: ScheduleSpec, value: number | undefined): Words {
  const shown = value === undefined ? '?' : String(Math.round(value * 1e6) / 1e6)
  const when = hoursWords(hours.name)
  return {
    zh: `${when.zh}${side === 'inside' ? '内' : '以外'}是 ${shown}，${allowed[op].zh} ${bound}。`,
    en: `It is ${shown} ${side === 'inside' ? 'within' : 'outside'} ${when.en}, where it must be ${allowed[op].en} ${bound}.`,
  }
}
