import type { Instant } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import type { Inputs, RuleRecord, Step, Transition } from '../kind.ts'
import { SpecReader } from '../spec.ts'
import { openBook, writeLine } from './balance-book.ts'
import type { Book } from './balance-book.ts'
import { dead } from './balance-dead.ts'
import type { AnyJudge, MeterSettings, Ruling } from './balance-judge.ts'
import { impossible, reverse } from './balance-jumps.ts'
import { readPeriod } from './balance-period.ts'
import { fast, slow } from './balance-usage.ts'
import { agree, prepaid } from './balance-windows.ts'

const judges = { agree, prepaid, dead, reverse, impossible, fast, slow } as const
type JudgeName = keyof typeof judges
const judgeNames = Object.keys(judges) as [JudgeName, ...JudgeName[]]
/** Those that look at whole periods. */
const byPeriod: readonly JudgeName[] = ['dead', 'fast', 'slow']

export interface BalanceSpec {
  readonly judges: JudgeName
  readonly meter: MeterSettings
  /** Whether this rule keeps the reading sheet. */
  readonly writes: boolean
  /** What the judge itself reads. */
  readonly own: unknown
}

export interface BalanceState {
  readonly raisedAt: Instant | null
  readonly judged: unknown
  readonly book: Book | null
}

/**
 * The values of a gas meter against each other (GAS-5, GAS-6): counter, flow, balance left, another counter. What disagrees makes the
 * meter suspect, until it is seen to agree again.
 */
export const balance = ruleKind<BalanceSpec, BalanceState>({
  kind: 'balance',
  dates: true,
  parse(raw, place) {
    const from = new SpecReader(raw, place)
    const name = from.oneOf('judges', judgeNames)
    const writes = from.flag('writes', false)
    const usual = { of: 'days', count: name === 'fast' || name === 'slow' ? 7 : 1 } as const
    const period = writes || byPeriod.includes(name) ? readPeriod(from, usual) : usual
    const digits = from.has('digits') ? from.number('digits') : undefined
    if (digits !== undefined && !(Number.isInteger(digits) && digits >= 1 && digits <= 12))
      from.wrong(
        ['digits'],
        { zh: `字轮位数不能是 ${digits}`, en: `a counter cannot have ${digits} digits` },
        { zh: '写小数点前的位数，例如 6', en: 'write the digits before the point, such as 6' },
      )
    const meter = { digits, period, zone: place.calendar.zone }
    return from.finish({ judges: name, meter, writes, own: judges[name].read(from, place) })
  },
  inputs: () => [
    { name: 'total', need: 'one' },
    { name: 'flow', need: 'optional' },
    { name: 'balance', need: 'optional' },
    { name: 'reference', need: 'optional' },
  ],
  begin(spec, at) {
    const { meter, own, writes } = spec
    const state = { raisedAt: null, judged: judgeOf(spec).begin(own, at, meter), book: writes ? openBook(at, meter) : null }
    return { state, wakeAt: wakeOf(spec, state) }
  },
  hear(spec, state, value, at, inputs, input) {
    const ruling = judgeOf(spec).hear(spec.own, state.judged, value, at, inputs, input, spec.meter)
    return ruling && step(spec, state, ruling, at)
  },
  wake,
})

const judgeOf = ({ judges: name }: BalanceSpec): AnyJudge => judges[name]

function wakeOf(spec: BalanceSpec, { judged, book }: BalanceState): Instant | undefined {
  const wishes = [judgeOf(spec).wakeAt(spec.own, judged), book?.until].filter(wish => wish !== undefined)
  return wishes.length === 0 ? undefined : (Math.min(...wishes) as Instant)
}

/** Judge and reading sheet have one timer; each is woken when its own time has come. */
function wake(spec: BalanceSpec, state: BalanceState, at: Instant, inputs: Inputs): Step<BalanceState> | undefined {
  const { meter, own } = spec
  const one = judgeOf(spec)
  const wish = one.wakeAt(own, state.judged)
  const ruling = wish !== undefined && at >= wish ? one.wake(own, state.judged, at, inputs, meter) : undefined
  const line = state.book && at >= state.book.until ? writeLine(state.book, inputs, meter) : undefined
  const written = line ? { ...state, book: line.book } : state
  return step(spec, written, ruling ?? { state: state.judged }, at, line?.record)
}

function step(
  spec: BalanceSpec,
  state: BalanceState,
  { state: judged, finding }: Ruling<unknown>,
  at: Instant,
  record?: RuleRecord,
): Step<BalanceState> {
  const transition = transitionOf(state, finding, at)
  const raisedAt = transition === undefined ? state.raisedAt : transition.what === 'raised' ? at : null
  const next = { ...state, raisedAt, judged }
  return { state: next, wakeAt: wakeOf(spec, next), ...(transition && { transition }), ...(record && { record }) }
}

function transitionOf({ raisedAt }: BalanceState, finding: Ruling<unknown>['finding'], at: Instant): Transition | undefined {
  if (!finding) return undefined
  if (finding.is === 'sound') return raisedAt === null ? undefined : { what: 'cleared', at }
  if (raisedAt !== null) return undefined
  const { since, value, because } = finding
  return { what: 'raised', at, since, ...(value !== undefined && { value }), because }
}
