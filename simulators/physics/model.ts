import type { Words } from '../../protocols/contract/driver.ts'

/** Where the simulated world stands at the end of a step. Day and hour are local to the facility. */
export interface World {
  /** ms since 1970, on the world's own clock. */
  readonly now: number
  /** Seconds that passed since the step before. */
  readonly dtSeconds: number
  /** 0 is Sunday. */
  readonly weekday: number
  /** 0 ≤ hour < 24, with its fraction. */
  readonly hour: number
  /** What the facility's calendar says of the day, where it is not what its weekday says: a public holiday, a weekend that is worked. */
  readonly schoolDay?: boolean
}

/** What a model remembers. Numbers only, so that it survives JSON and can be checked when it comes back from a file. */
export type State = Readonly<Record<string, number>>

/** Something that can go wrong with a piece of equipment, switchable while it runs. */
export interface FaultKind {
  readonly id: string
  readonly name: Words
}

/** The physics of one equipment type: pure, so a fortnight runs in a test within a second. */
export interface Model {
  /** As in the equipment library. */
  readonly type: string
  readonly faults: readonly FaultKind[]
  /** The points that hang on the sensor which `sensor-stuck` and `sensor-lost` break; contacts go on telling the truth. */
  readonly sensed: readonly string[]
  begin(seed: number, world: World): State
  step(state: State, world: World, faults: ReadonlySet<string>): State
  /** By point key. A point the device cannot give just now is left out. */
  points(state: State): Readonly<Record<string, number>>
  /** By point key, where a point is not the present but a reading taken earlier: ms since 1970 when it was taken. */
  taken?(state: State): Readonly<Record<string, number>>
}

export interface ModelDefinition<S extends State> {
  readonly type: string
  readonly faults: readonly FaultKind[]
  readonly sensed: readonly string[]
  /** The longest step the equations stay stable for. */
  readonly longestStep: number
  begin(seed: number, world: World): S
  step(state: S, world: World, faults: ReadonlySet<string>): S
  points(state: S): Readonly<Record<string, number>>
  taken?(state: S): Readonly<Record<string, number>>
}

/** Closes over the state's type and cuts long steps into ones the equations can take. */
export function model<S extends State>(definition: ModelDefinition<S>): Model {
  return {
    type: definition.type,
    faults: definition.faults,
    sensed: definition.sensed,
    begin: (seed, world) => definition.begin(seed, world),
    step(state, world, faults) {
      let next = state as S
      for (const part of slices(world, definition.longestStep)) next = definition.step(next, part, faults)
      return next
    },
    points: state => definition.points(state as S),
    ...(definition.taken && { taken: state => definition.taken?.(state as S) ?? {} }),
  }
}

/** Whether a state read back from a file is one of this model's. */
export function fits(of: Model, state: unknown, world: World): state is State {
  if (typeof state !== 'object' || state === null) return false
  const fresh = Object.keys(of.begin(0, world))
  const values = new Map<string, unknown>(Object.entries(state))
  return fresh.length === values.size && fresh.every(key => Number.isFinite(values.get(key)))
}

export function* slices(world: World, longest: number): Generator<World> {
  if (!(world.dtSeconds > 0)) return
  const count = Math.ceil(world.dtSeconds / longest)
  const each = world.dtSeconds / count
  for (let left = count - 1; left >= 0; left--) yield earlier(world, left * each, each)
}

function earlier(world: World, seconds: number, dtSeconds: number): World {
  const hours = world.hour - seconds / 3600
  const days = Math.floor(hours / 24)
  return {
    now: world.now - seconds * 1000,
    dtSeconds,
    weekday: (((world.weekday + days) % 7) + 7) % 7,
    hour: hours - days * 24,
    ...(world.schoolDay !== undefined && { schoolDay: world.schoolDay }),
  }
}

export const isSchoolDay = (world: World): boolean => world.schoolDay ?? (world.weekday >= 1 && world.weekday <= 5)
export const within = (world: World, from: number, to: number): boolean => world.hour >= from && world.hour < to

/** Minutes since 1970: models throw their dice once a minute, however long the steps are. */
export const minuteOf = (world: World): number => Math.floor(world.now / 60_000)
export const minuteOfDay = (world: World): number => Math.floor(world.hour * 60 + 1e-6)

/** A number for the local day; noon belongs to one day of the calendar in every time zone from −12 to +11 hours. */
export const dayOf = (world: World): number => Math.floor((world.now - world.hour * 3_600_000 + 43_200_000) / 86_400_000)
/** Days of a calendar that are not what their weekday says, by `dayOf`. */
export interface DayMarks {
  get(day: number): { readonly working: boolean } | undefined
}
/** The same moment as the facility's calendar has it. */
export function byCalendar(world: World, marks: DayMarks | undefined): World {
  const mark = marks?.get(dayOf(world))
  return mark ? { ...world, schoolDay: mark.working } : world
}
/** 1 is the first of the month. */
export const dayOfMonth = (world: World): number => new Date(dayOf(world) * 86_400_000).getUTCDate()

/** A repeatable throw in [0, 1) from up to three whole numbers. */
export function chance(seed: number, what: number, when: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(what + 0x7f4a7c15, 0xc2b2ae35) ^ Math.imul(when | 0, 0x27d4eb2f)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39)
  return ((h ^ (h >>> 15)) >>> 0) / 4_294_967_296
}

/** A repeatable bell-shaped error around 0, about ±2 wide, new every ten seconds of the world's time. */
export function tremor(seed: number, what: number, world: World): number {
  const when = Math.floor(world.now / 10_000)
  return (chance(seed, what, when) + chance(seed, what + 101, when) + chance(seed, what + 202, when) - 1.5) * 1.4
}

/** Exact first-order approach: stable for any step. */
export const approach = (from: number, to: number, dtSeconds: number, tauSeconds: number): number =>
  to + (from - to) * Math.exp(-dtSeconds / tauSeconds)

export const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value))

/** Room air in °C: coolest before dawn, warmest in the afternoon. */
export const roomAir = (world: World, mean: number, swing: number): number =>
  mean + swing * Math.sin(((world.hour - 9) / 24) * 2 * Math.PI)
