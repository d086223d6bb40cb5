import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { Inputs, Transition } from '../kind.ts'
import { heldIn } from './cycle-run.ts'
import type { Run } from './cycle-run.ts'
import type { CycleSpec } from './cycle-settings.ts'
import { holdInWords, openingInWords, startInWords } from './cycle-words.ts'
import type { Opening } from './cycle-words.ts'
import { isOn, knownValue } from './known.ts'

/** Of the rule's state only whether it stands raised matters here. */
type Standing = { readonly raisedAt: Instant | null }

/** How the door was opened at `at`, as far as anybody knows. */
export function openingOf(spec: CycleSpec, at: Instant, inputs: Inputs): Opening {
  const celsius = knownValue(inputs['temperature'], at)
  const heating = knownValue(inputs['heating'], at)
  const heats = heating !== undefined && isOn(heating)
  const isHot = celsius !== undefined && celsius > spec.safe + spec.slack
  const how = heats || isHot ? 'early' : celsius !== undefined && isOff(inputs, at) ? 'proper' : 'unknown'
  return { how, celsius, heats }
}

/** Surely not heating; of a cabinet without a heating contact the temperature alone says it. */
export function isOff(inputs: Inputs, at: Instant): boolean {
  if (!inputs['heating']) return true
  const heating = knownValue(inputs['heating'], at)
  return heating !== undefined && !isOn(heating)
}

export function judgeStart(
  spec: CycleSpec,
  state: Standing,
  run: Run,
  at: Instant,
  celsius: number | undefined,
): Transition | undefined {
  if (spec.judges !== 'start') return undefined
  if (run.start === 'proper') return cleared(state, at)
  return run.start === 'open' || run.start === 'wet' ? raised(state, at, at, celsius, startInWords(run, spec)) : undefined
}

export function judgeHold(spec: CycleSpec, state: Standing, run: Run, at: Instant): Transition | undefined {
  if (spec.judges !== 'hold') return undefined
  const held = heldIn(run, spec.hold)
  if (held === 'held') return cleared(state, at)
  return held === 'short' ? raised(state, at, run.from, run.peak ?? undefined, holdInWords(run, spec)) : undefined
}

export function judgeOpening(spec: CycleSpec, state: Standing, opening: Opening, at: Instant): Transition | undefined {
  if (spec.judges !== 'opening') return undefined
  if (opening.how === 'proper') return cleared(state, at)
  return opening.how === 'early' ? raised(state, at, at, opening.celsius, openingInWords(opening, spec)) : undefined
}

function raised(
  { raisedAt }: Standing,
  at: Instant,
  since: Instant,
  value: number | undefined,
  because: Words,
): Transition | undefined {
  return raisedAt === null ? { what: 'raised', at, since, ...(value !== undefined && { value }), because } : undefined
}

const cleared = ({ raisedAt }: Standing, at: Instant): Transition | undefined =>
  raisedAt === null ? undefined : { what: 'cleared', at }
