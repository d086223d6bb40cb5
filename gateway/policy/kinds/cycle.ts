import { after, between, millis, minutes } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import type { Inputs, RuleRecord, Step, Transition, UnderWay } from '../kind.ts'
import { isOff, judgeHold, judgeOpening, judgeStart, openingOf } from './cycle-judge.ts'
import { beginRun, longestGap, warmed, watched } from './cycle-run.ts'
import type { Run } from './cycle-run.ts'
import { parseCycle } from './cycle-settings.ts'
import type { CycleSpec } from './cycle-settings.ts'
import { cycleRecord } from './cycle-words.ts'
import { isOn, knownValue } from './known.ts'

/** `over`: cooled behind a shut door, its record perhaps waiting for the door. */
type Stage =
  | { readonly is: 'idle' }
  | { readonly is: 'running'; readonly run: Run }
  | { readonly is: 'over'; readonly at: Instant; readonly run: Run | null }

export interface CycleState {
  readonly raisedAt: Instant | null
  /** `isSure`: it was seen to move at `since`; else it has been so at least since then. */
  readonly door: { readonly isOpen: boolean; readonly since: Instant; readonly isSure: boolean } | null
  readonly heats: boolean | null
  /** Without a heating contact: it has been cold enough since the last run for a climb to be a new one. */
  readonly isCold: boolean
  /** The door was opened at this instant: judged at its end, when what else was read at it is known too. */
  readonly opensAt: Instant | null
  readonly stage: Stage
}

const idle: Stage = { is: 'idle' }
const asleep: CycleState = { raisedAt: null, door: null, heats: null, isCold: false, opensAt: null, stage: idle }

/** A switch pressed by mistake and taken back within this is no cycle. */
const noCycle = minutes(1)
/** A cabinet that has not cooled by so much has not begun again: a probe that trembles around `begins` is no second run. */
const coldBelow = 10

/**
 * The cycle of a disinfection cabinet: load, dry, heat, hold at `hold.at` for `hold.for` without a break, cool, open (CAN-6…8). Raised by
 * a run that breaks what this rule judges, cleared by the next run that does it right.
 */
export const cycle = ruleKind<CycleSpec, CycleState>({
  kind: 'cycle',
  parse: parseCycle,
  inputs: () => [
    { name: 'temperature', need: 'one' },
    { name: 'door', need: 'one' },
    { name: 'heating', need: 'optional' },
  ],
  begin: () => ({ state: asleep, wakeAt: undefined }),
  hear(spec, state, value, at, inputs, input) {
    if (input === 'temperature') return hearTemperature(spec, state, value, at, inputs)
    if (input === 'door') return state.door?.isOpen === isOn(value) ? undefined : hearDoor(spec, state, isOn(value), at, inputs)
    return state.heats === isOn(value) ? undefined : hearHeating(spec, state, isOn(value), at, inputs)
  },
  underWay: ({ hold }, { stage, heats }) =>
    stage.is === 'idle' || !stage.run ? undefined : progressOf(stage.run, stage.is, hold.for, heats),
  wake(spec, state, at, inputs) {
    const { stage, opensAt } = state
    if (opensAt !== null) return open(spec, { ...state, opensAt: null }, at, inputs)
    if (stage.is === 'running' && at >= after(stage.run.from, spec.longest)) return expire(spec, state, stage.run, at, inputs)
    if (stage.is !== 'over' || !stage.run) return undefined
    return next(spec, { ...state, stage: { ...stage, run: null } }, { record: cycleRecord(stage.run, stage.at, spec, undefined) })
  },
})

function progressOf({ from, hotFrom, longest }: Run, is: 'running' | 'over', need: Millis, heats: boolean | null): UnderWay {
  // A thermostat switches off and on while it holds: only a cabinet that is no longer hot has stopped.
  const running = longest >= need ? 'cooling' : hotFrom !== null ? 'holding' : heats === false ? 'stopped' : 'heating'
  return { from, phase: is === 'over' ? 'cooled' : running, hotFrom: hotFrom ?? undefined, held: millis(longest) }
}

type Said = { readonly transition?: Transition | undefined; readonly record?: RuleRecord | undefined }

function next(spec: CycleSpec, state: CycleState, { transition, record }: Said = {}): Step<CycleState> {
  const raisedAt = transition === undefined ? state.raisedAt : transition.what === 'raised' ? transition.at : null
  return {
    state: { ...state, raisedAt },
    wakeAt: wakeOf(spec, state),
    ...(transition && { transition }),
    ...(record && spec.writes && { record }),
  }
}

function wakeOf(spec: CycleSpec, { opensAt, stage }: CycleState): Instant | undefined {
  if (opensAt !== null) return opensAt
  if (stage.is === 'running') return after(stage.run.from, spec.longest)
  return stage.is === 'over' && stage.run ? after(stage.at, spec.waits) : undefined
}

function hearTemperature(
  spec: CycleSpec,
  state: CycleState,
  celsius: number,
  at: Instant,
  inputs: Inputs,
): Step<CycleState> | undefined {
  const { stage } = state
  if (stage.is !== 'running') return inputs['heating'] ? undefined : lookForClimb(spec, state, celsius, at, inputs)
  if (stage.run.lastAt !== null && at <= stage.run.lastAt) return undefined
  const gap = longestGap(spec.gap, inputs)
  const dried = stage.run.start === 'drying' ? afterDrying(spec, state, stage.run, celsius, at, inputs) : stage.run
  const run = warmed(dried, celsius, at, spec.hold, gap)
  const transition = run.start === stage.run.start ? undefined : judgeStart(spec, state, run, at, celsius)
  if (celsius <= spec.safe && isOff(inputs, at) && state.opensAt === null)
    return cool(spec, { ...state, stage: { is: 'running', run } }, run, at, inputs)
  return next(spec, { ...state, stage: { is: 'running', run } }, { transition })
}

/** A cabinet without a heating contact is running once it climbs past `begins` with its door shut. */
function lookForClimb(
  spec: CycleSpec,
  state: CycleState,
  celsius: number,
  at: Instant,
  inputs: Inputs,
): Step<CycleState> | undefined {
  if (!state.isCold) return celsius <= spec.begins - coldBelow ? next(spec, { ...state, isCold: true }) : undefined
  const isShut = state.door?.isOpen === false && knownValue(inputs['door'], at) !== undefined
  // Hot at the first word after a silence: nobody saw it climb.
  const isWhole = celsius < spec.hold.at
  return celsius >= spec.begins && isShut ? start(spec, { ...state, isCold: false }, isWhole, at, inputs) : undefined
}

function hearHeating(spec: CycleSpec, state: CycleState, heats: boolean, at: Instant, inputs: Inputs): Step<CycleState> {
  const heard = { ...state, heats }
  const { stage } = state
  if (heats) return stage.is === 'running' ? next(spec, heard) : start(spec, heard, state.heats === false, at, inputs)
  const celsius = knownValue(inputs['temperature'], at)
  const goesOn = celsius === undefined || celsius > spec.safe || state.opensAt !== null
  if (stage.is !== 'running' || goesOn) return next(spec, heard)
  return cool(spec, heard, stage.run, at, inputs)
}

function hearDoor(spec: CycleSpec, state: CycleState, isOpen: boolean, at: Instant, inputs: Inputs): Step<CycleState> {
  const heard: CycleState = { ...state, door: { isOpen, since: at, isSure: state.door !== null } }
  const { stage } = state
  if (isOpen) {
    const isOpening = stage.is === 'running' ? stage.run.wasShut : stage.is === 'over' && state.door !== null
    return next(spec, isOpening ? { ...heard, opensAt: at } : heard)
  }
  if (stage.is === 'running') return next(spec, { ...heard, stage: { is: 'running', run: { ...stage.run, wasShut: true } } })
  // Shut again on a cabinet that never stopped heating: whatever was put in is a new run.
  return heard.heats === true && state.door !== null ? start(spec, heard, true, at, inputs) : next(spec, heard)
}

function start(spec: CycleSpec, state: CycleState, isWhole: boolean, at: Instant, inputs: Inputs): Step<CycleState> {
  const waiting =
    state.stage.is === 'over' && state.stage.run ? cycleRecord(state.stage.run, state.stage.at, spec, undefined) : undefined
  const isShut = knownValue(inputs['door'], at) !== undefined && state.door?.isOpen === false
  const isOpen = knownValue(inputs['door'], at) !== undefined && state.door?.isOpen === true
  const celsius = knownValue(inputs['temperature'], at)
  const judged = !isWhole
    ? unknownStart
    : isOpen
      ? ({ start: 'open', dryFor: null } as const)
      : isShut
        ? dryness(spec, state, at, at, spec.dries !== undefined && !(celsius !== undefined && celsius > spec.dries))
        : unknownStart
  const begins = { isWhole, ...judged, wasShut: state.door?.isOpen === false }
  const run = beginRun(at, begins, spec.hold, longestGap(spec.gap, inputs), inputs)
  const transition = judgeStart(spec, state, run, at, celsius)
  return next(spec, { ...state, opensAt: null, stage: { is: 'running', run } }, { transition, record: waiting })
}

const unknownStart = { start: 'unknown', dryFor: null } as const

/** How long the door had been shut when it began to heat, at `latest`, and not before `earliest`. */
function dryness(
  spec: CycleSpec,
  { door }: CycleState,
  earliest: Instant,
  latest: Instant,
  mayDryOn: boolean,
): Pick<Run, 'start' | 'dryFor'> {
  if (!door) return unknownStart
  const dryFor = between(door.since, latest)
  if (between(door.since, earliest) >= spec.dry) return { start: 'proper', dryFor }
  if (mayDryOn) return { start: 'drying', dryFor: null }
  // Shut for longer than anybody watched, or heating at some time that nobody saw: it may have been dry.
  return door.isSure && dryFor < spec.dry ? { start: 'wet', dryFor } : { start: 'unknown', dryFor: null }
}

/** A cabinet that dries by itself begins to disinfect when it leaves the temperature it dries at. */
function afterDrying(spec: CycleSpec, state: CycleState, run: Run, celsius: number, at: Instant, inputs: Inputs): Run {
  if (spec.dries === undefined || celsius <= spec.dries) return run
  const isShut = knownValue(inputs['door'], at) !== undefined && state.door?.isOpen === false
  if (!isShut) return { ...run, ...unknownStart }
  const isGap = run.lastAt === null || at - run.lastAt > longestGap(spec.gap, inputs)
  return { ...run, ...dryness(spec, state, isGap ? (run.lastAt ?? run.from) : at, at, false) }
}

/** The run is over behind a shut door; its record waits a while for the door. */
function cool(spec: CycleSpec, state: CycleState, run: Run, at: Instant, inputs: Inputs): Step<CycleState> {
  if (between(run.from, at) < noCycle) return next(spec, { ...state, stage: idle })
  const seen = watched(run, at, longestGap(spec.gap, inputs))
  const stage: Stage = { is: 'over', at, run: seen }
  const transition = judgeHold(spec, state, seen, at)
  // A door that is open already will not be opened: nothing is to be waited for.
  if (state.door?.isOpen === true)
    return next(spec, { ...state, stage: idle }, { transition, record: cycleRecord(seen, at, spec, undefined) })
  return next(spec, { ...state, stage }, { transition })
}

/** A cabinet that never comes to an end: what is known by now is written down, and the next begin counts. */
function expire(spec: CycleSpec, state: CycleState, run: Run, at: Instant, inputs: Inputs): Step<CycleState> {
  const seen = watched(run, at, longestGap(spec.gap, inputs))
  const transition = judgeHold(spec, state, seen, at)
  return next(
    spec,
    { ...state, stage: { is: 'over', at, run: null } },
    { transition, record: cycleRecord(seen, at, spec, undefined) },
  )
}

function open(spec: CycleSpec, state: CycleState, at: Instant, inputs: Inputs): Step<CycleState> {
  const { stage } = state
  const opening = openingOf(spec, at, inputs)
  const isRunning = stage.is === 'running'
  const run = isRunning ? watched(stage.run, at, longestGap(spec.gap, inputs)) : stage.is === 'over' ? stage.run : null
  const record = run ? cycleRecord(run, at, spec, opening) : undefined
  const transition = judgeOpening(spec, state, opening, at) ?? (isRunning && run ? judgeHold(spec, state, run, at) : undefined)
  return next(spec, { ...state, stage: idle }, { transition, record })
}
