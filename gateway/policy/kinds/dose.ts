import type { Instant } from '../../../protocols/contract/time.ts'
import { parseTime } from '../../zone.ts'
import { addedPerLitre, isWithin, requiredGrams, strengthAt } from '../dosing.ts'
import type { Strength } from '../dosing.ts'
import { ruleKind } from '../kind.ts'
import type { Inputs, Step, Transition } from '../kind.ts'
import type { Place } from '../place.ts'
import { SpecReader } from '../spec.ts'
import type { Dosing } from './dose-words.ts'
import { because, dosingRecord } from './dose-words.ts'
import { stated } from './fact.ts'
import { knownValue } from './known.ts'

export interface DoseSpec {
  /** `amount`: outside the tolerance, or above `most`. `most`: only what could bring the water above `most`. */
  readonly judges: 'amount' | 'most'
  /** mg/L */
  readonly target: number
  /** mg/L */
  readonly demand: number
  readonly strength: Strength
  /** Fraction of the required amount. */
  readonly tolerance: number
  /** mg/L */
  readonly most: number
  /** Whether this rule writes the dosing down. */
  readonly writes: boolean
}

/** `due` is a dosing that has been heard and is judged at the end of its instant, when volume and residual of it are known too. */
export interface DoseState {
  readonly raisedAt: Instant | null
  /** The newest dosing heard; hearing it again is not another one. */
  readonly doneAt: Instant | null
  readonly due: { readonly at: Instant; readonly grams: number } | null
}

const idle: DoseState = { raisedAt: null, doneAt: null, due: null }

/**
 * Each dosing against what the water needed at that time (WAT-2): raised when one is outside the tolerance or could bring the water
 * above `most`, cleared by the next that is right. A dosing into water nobody could measure says nothing.
 */
export const dose = ruleKind<DoseSpec, DoseState>({
  kind: 'dose',
  parse(raw, place) {
    const from = new SpecReader(raw, place)
    const spec: DoseSpec = {
      judges: from.has('judges') ? from.oneOf('judges', ['amount', 'most']) : 'amount',
      target: from.number('target'),
      demand: from.amount('demand', 1),
      strength: {
        fresh: from.number('strength'),
        madeOn: madeOn(from, place),
        lossPerMonth: from.amount('lossPerMonth', 0.05),
      },
      tolerance: from.amount('tolerance', 0.25),
      most: from.amount('most', 2),
      writes: from.flag('writes', true),
    }
    complain(from, spec)
    return from.finish(spec)
  },
  inputs: () => [
    { name: 'volume', need: 'one' },
    { name: 'amount', need: 'one' },
    { name: 'residual', need: 'optional' },
  ],
  begin: () => ({ state: idle, wakeAt: undefined }),
  hear(_spec, state, value, at, _inputs, input) {
    if (input !== 'amount' || value <= 0) return undefined
    if (state.doneAt !== null && at <= state.doneAt) return undefined
    return { state: { ...state, doneAt: at, due: { at, grams: value } }, wakeAt: at }
  },
  wake: judge,
  sense: ({ target, demand, most }) =>
    target + demand <= most
      ? []
      : [
          {
            path: ['most'],
            wrong: {
              zh: `余氯目标 ${target} 加耗氯量 ${demand} 已超过上限 ${most} mg/L，正确的投药也会报警`,
              en: `target ${target} plus demand ${demand} is above the ${most} mg/L that are allowed: even the right dose would alarm`,
            },
            write: { zh: '把目标或耗氯量改小', en: 'lower target or demand' },
          },
        ],
})

function complain(from: SpecReader, { target, strength, tolerance }: DoseSpec): void {
  if (target < 0)
    from.wrong(
      ['target'],
      { zh: '余氯目标值不能是负数', en: 'the free chlorine wanted cannot be negative' },
      { zh: '写余氯目标值，mg/L，例如 0.5', en: 'write the free chlorine wanted in mg/L, such as 0.5' },
    )
  if (strength.fresh <= 0 || strength.fresh > 1)
    from.wrong(
      ['strength'],
      { zh: `有效氯含量不能是 ${strength.fresh}`, en: `a strength cannot be ${strength.fresh}` },
      { zh: '写 0 到 1 之间的数，例如 65 % 写 0.65', en: 'write a fraction: 0.65 for 65 %' },
    )
  if (strength.lossPerMonth >= 1)
    from.wrong(
      ['lossPerMonth'],
      { zh: '每月损失不能是全部', en: 'not everything can be lost in a month' },
      { zh: '写小于 1 的数，例如 0.05', en: 'write a fraction below 1, such as 0.05' },
    )
  if (tolerance >= 1)
    from.wrong(
      ['tolerance'],
      { zh: '允许偏差不能到 100 %', en: 'the tolerance cannot be 100 % or more' },
      { zh: '写小于 1 的数，例如 0.25', en: 'write a fraction below 1, such as 0.25' },
    )
}

/** A date, or a fact that may hold one; a batch whose date nobody wrote down counts as fresh. */
function madeOn(from: SpecReader, place: Place): Instant | undefined {
  const written = stated(from.raw('madeOn'), place)
  if (written === undefined) return undefined
  const date = typeof written === 'string' ? parseTime(written, place.calendar.zone) : undefined
  if (date === undefined)
    from.wrong(
      ['madeOn'],
      { zh: `“${String(written)}”不是日期`, en: `"${String(written)}" is not a date` },
      { zh: '写生产日期，例如 "2026-09-01"', en: 'write the day it was made, such as "2026-09-01"' },
    )
  return date
}

function judge(spec: DoseSpec, state: DoseState, at: Instant, inputs: Inputs): Step<DoseState> | undefined {
  if (!state.due) return undefined
  const dosing = weigh(spec, state.due, at, inputs)
  const transition = ruling(spec, state, dosing)
  const raisedAt = transition === undefined ? state.raisedAt : transition.what === 'raised' ? at : null
  return {
    state: { raisedAt, doneAt: state.doneAt, due: null },
    wakeAt: undefined,
    ...(transition && { transition }),
    ...(spec.writes && { record: dosingRecord(spec, dosing) }),
  }
}

function weigh(spec: DoseSpec, due: { at: Instant; grams: number }, at: Instant, inputs: Inputs): Dosing {
  const known = knownValue(inputs['volume'], at)
  const volume = known !== undefined && known > 0 ? known : undefined
  const isMeasured = inputs['residual'] !== undefined
  const residual = knownValue(inputs['residual'], at)
  const strength = strengthAt(spec.strength, due.at)
  // Without a word of the wired residual nobody knows what was needed; that it is at least nothing is known all the same.
  const isSure = volume !== undefined && (residual !== undefined || !isMeasured)
  const water = { volume: volume ?? 0, residual, target: spec.target, demand: spec.demand }
  const required = isSure ? requiredGrams(water, strength) : undefined
  const peak = volume === undefined ? undefined : (residual ?? 0) + addedPerLitre(due.grams, strength, volume)
  const verdict =
    peak !== undefined && peak > spec.most
      ? 'too-much'
      : required === undefined
        ? 'unknown'
        : isWithin(due.grams, required, spec.tolerance)
          ? 'right'
          : due.grams > required
            ? 'more'
            : 'less'
  return { at: due.at, grams: due.grams, volume, residual, strength, required, peak, verdict }
}

function ruling(spec: DoseSpec, { raisedAt }: DoseState, dosing: Dosing): Transition | undefined {
  const { at, grams, verdict } = dosing
  const isWrong = verdict === 'too-much' || (spec.judges === 'amount' && (verdict === 'more' || verdict === 'less'))
  if (isWrong) {
    return raisedAt === null ? { what: 'raised', at, since: at, value: grams, because: because(spec, dosing) } : undefined
  }
  // Below the ceiling is known only where the residual is; an amount is right only where it is known what was needed.
  const isRight = spec.judges === 'amount' ? verdict === 'right' : verdict !== 'unknown'
  return raisedAt !== null && isRight ? { what: 'cleared', at } : undefined
}
