import type { FaultKind, Model, State, World } from './model.ts'
import { chance, dayOf, minuteOf, minuteOfDay, model } from './model.ts'

/** Something people do at its time of the day, and a button or a card reader counts it. */
interface Habit {
  /** The point whose counter goes up. */
  readonly key: string
  /** Switched on, it is not done. */
  readonly fault: FaultKind
  /** Minutes of the day, and how many minutes later at most on a given day. */
  readonly at: readonly number[]
  readonly spread: number
  /** Only on these days; default every day. */
  readonly on?: (world: World) => boolean
}

/** One thing that must follow another: a report is answered, an answered report is closed. */
interface Stage {
  readonly key: string
  readonly fault: FaultKind
  /** Hours after the stage before, at least and at most. */
  readonly after: readonly [number, number]
}

/** Cases that come in by themselves, one at a time. While a fault holds up a stage there is always a case to see it on. */
interface Cases {
  readonly opens: string
  readonly aDay: number
  readonly stages: readonly Stage[]
}

/** A lamp, a contact or a number that is right until its fault. */
interface Sign {
  readonly key: string
  readonly right: number
  readonly wrong: number
  readonly fault: FaultKind
}

interface Persons {
  readonly type: string
  readonly habits?: readonly Habit[]
  readonly cases?: Cases
  readonly signs?: readonly Sign[]
}

const HOUR = 3_600_000

/** What people do, as the counters, contacts and lamps of a place show it. */
export function persons({ type, habits = [], cases, signs = [] }: Persons): Model {
  const stages = cases?.stages ?? []
  const counters = new Set([
    ...habits.map(habit => habit.key),
    ...(cases ? [cases.opens] : []),
    ...stages.map(stage => stage.key),
  ])
  return model<State>({
    type,
    faults: [...habits, ...stages, ...signs].map(one => one.fault).filter((fault, index, all) => all.indexOf(fault) === index),
    sensed: [],
    longestStep: 30,
    begin: (seed, world) => ({
      seed,
      minute: minuteOf(world),
      since: world.now,
      ...Object.fromEntries([...counters].map(key => [key, 20 + Math.floor(40 * chance(seed, 1, 0))])),
      ...Object.fromEntries(signs.map(sign => [sign.key, sign.right])),
    }),
    step(state, world, faults) {
      const shown = Object.fromEntries(signs.map(({ key, right, wrong, fault }) => [key, faults.has(fault.id) ? wrong : right]))
      const minute = minuteOf(world)
      if (minute === state['minute']) return signs.length === 0 ? state : { ...state, ...shown }
      const done = habits.flatMap((habit, index) =>
        !faults.has(habit.fault.id) && isTime(habit, index, of(state, 'seed'), world) ? [habit.key] : [],
      )
      const counted = Object.fromEntries(done.map(key => [key, of(state, key) + 1]))
      return { ...state, ...shown, ...counted, ...(cases && follow(cases, state, world, faults)), minute }
    },
    points: state => Object.fromEntries([...counters, ...signs.map(sign => sign.key)].map(key => [key, of(state, key)])),
  })
}

const of = (state: State, key: string): number => state[key] ?? 0

function isTime({ at, spread, on }: Habit, index: number, seed: number, world: World): boolean {
  if (on && !on(world)) return false
  const now = minuteOfDay(world)
  return at.some((from, time) => now === from + Math.floor(spread * chance(seed, 10 + index * 8 + time, dayOf(world))))
}

/** A case opens, or its next stage comes; `since` is when it came to where it stands. */
function follow({ opens, aDay, stages }: Cases, state: State, world: World, faults: ReadonlySet<string>): State {
  const [seed, opened, since] = [of(state, 'seed'), of(state, opens), of(state, 'since')]
  const open = stages.findIndex(stage => of(state, stage.key) < opened)
  const stage = stages[open]
  if (!stage) {
    const wanted = stages.some(one => faults.has(one.fault.id))
    const comes = world.hour >= 6 && world.hour < 23 && chance(seed, 2, minuteOf(world)) < aDay / (17 * 60)
    return wanted || comes ? { [opens]: opened + 1, since: world.now } : {}
  }
  const [least, most] = stage.after
  const due = since + (least + (most - least) * chance(seed, 3 + open, opened)) * HOUR
  return world.now < due || faults.has(stage.fault.id) ? {} : { [stage.key]: opened, since: world.now }
}
