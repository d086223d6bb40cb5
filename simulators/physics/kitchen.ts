import type { World } from './model.ts'
import { approach, chance, isSchoolDay, minuteOf, minuteOfDay, model, within } from './model.ts'

/** Minutes of a school day at which the dough is made. */
const batches: readonly (readonly [from: number, to: number])[] = [
  [5 * 60 + 45, 6 * 60 + 10],
  [9 * 60, 9 * 60 + 35],
]

type Mixer = { seed: number; amps: number; guard: number; running: number; minute: number }

/** A dough mixer or noodle machine: two batches a school day, the guard up only to fill and empty it. */
export const doughMixer = model<Mixer>({
  type: 'dough-mixer',
  faults: [
    { id: 'overload', name: { zh: '面量过多，电机过载', en: 'too much dough, the motor is overloaded' } },
    { id: 'guard-open', name: { zh: '打开防护罩运转', en: 'runs with its guard open' } },
  ],
  sensed: ['current'],
  longestStep: 5,
  begin: (seed, world) => ({ seed, amps: 0, guard: 0, running: 0, minute: minuteOf(world) }),
  step(state, world, faults) {
    const minute = minuteOfDay(world)
    const busy = isSchoolDay(world) && batches.some(([from, to]) => minute >= from && minute < to)
    // Whoever switches a fault on should not have to wait for the next batch to see it.
    const running = busy || faults.size > 0 ? 1 : 0
    const filling = isSchoolDay(world) && batches.some(([from, to]) => minute === from - 3 || minute === to + 1)
    const load = faults.has('overload') ? 17 : 6.5 + 2.5 * chance(state.seed, 1, minuteOf(world))
    return {
      seed: state.seed,
      amps: approach(state.amps, running * load, world.dtSeconds, running ? 4 : 1),
      guard: faults.has('guard-open') || (filling && !running) ? 1 : 0,
      running,
      minute: minuteOf(world),
    }
  },
  points: ({ amps, guard, running }) => ({ current: amps, guard, running }),
})

type Closing = { seed: number; windows: number; door: number; valve: number; watts: number; checks: number; minute: number }

const cooking = (world: World): boolean => isSchoolDay(world) && within(world, 5.75, 18.6)
/** The last one out presses the button by the door at ten to seven in the evening. */
const CLOSING_MINUTE = 18 * 60 + 50

/** The kitchen at the end of the day (CAN-11): windows, back door, main gas valve, power of cookers and sockets, the closing check. */
export const kitchenClosing = model<Closing>({
  type: 'kitchen-closing',
  faults: [
    { id: 'windows-left-open', name: { zh: '收工未关窗', en: 'windows left open' } },
    { id: 'door-left-open', name: { zh: '收工未关后门', en: 'back door left open' } },
    { id: 'valve-left-open', name: { zh: '收工未关燃气总阀', en: 'main gas valve left open' } },
    { id: 'power-left-on', name: { zh: '收工未断电', en: 'cookers left on' } },
    { id: 'check-skipped', name: { zh: '未做收工检查', en: 'closing check skipped' } },
  ],
  sensed: ['power'],
  longestStep: 30,
  begin: (seed, world) => ({
    seed,
    windows: 0,
    door: 0,
    valve: 0,
    watts: 40,
    checks: Math.floor(chance(seed, 1, 0) * 300),
    minute: minuteOf(world),
  }),
  step(state, world, faults) {
    const busy = cooking(world)
    const slot = Math.floor(minuteOf(world) / 5)
    const checked = minuteOf(world) !== state.minute && minuteOfDay(world) === CLOSING_MINUTE && isSchoolDay(world)
    return {
      seed: state.seed,
      windows: busy || faults.has('windows-left-open') ? 1 : 0,
      door: (busy && chance(state.seed, 2, slot) < 0.3) || faults.has('door-left-open') ? 1 : 0,
      valve: busy || faults.has('valve-left-open') ? 1 : 0,
      watts: 40 + (busy ? 900 + 5200 * chance(state.seed, 3, slot) : 0) + (faults.has('power-left-on') ? 1600 : 0),
      checks: state.checks + (checked && !faults.has('check-skipped') ? 1 : 0),
      minute: minuteOf(world),
    }
  },
  points: ({ windows, door, valve, watts, checks }) => ({ windows, door, valve, power: watts, checks }),
})
