import type { World } from './model.ts'
import { approach, isSchoolDay, minuteOf, minuteOfDay, model, roomAir, tremor } from './model.ts'

/** Where a cycle stands; numbers, so that the state stays plain. */
const phases = { idle: 0, loading: 1, drying: 2, heating: 3, holding: 4, cooling: 5, unloading: 6 } as const
type Phase = (typeof phases)[keyof typeof phases]

type Cabinet = {
  seed: number
  phase: number
  /** Seconds in this phase. */
  spent: number
  celsius: number
  /** The element, switched by the thermostat within a phase. */
  element: number
  open: number
  minute: number
  /** 1 while a fault that only a cycle can show has been given its cycle. */
  shownFault: number
  error: number
}

const LOAD = 8 * 60
const UNLOAD = 6 * 60
/** The ware drains with the door shut before anybody presses the switch (house rule: load, dry, then start). */
const DRY = 12 * 60
const HOLD = 18 * 60
/** The program gives up heating after this long and goes on to cooling, without having disinfected anything. */
const GIVE_UP = 60 * 60
const HOT = 125
const SAFE_TO_OPEN = 45
/** After lunch and after supper, in minutes of a school day. */
const starts = [13 * 60 + 20, 18 * 60 + 40]

/** Faults that only a cycle can show. */
const ofTheCycle = ['heater-dead', 'heater-weak', 'opened-early', 'opened-hot', 'started-wet', 'stopped-short']

const ELEMENT_WATTS = 2400
const HEAT_KJ_PER_K = 30

/** Infrared cabinet (消毒柜): load, let the ware dry, heat, hold at 120 °C and more, cool with the fan, open. */
export const disinfectionCabinet = model<Cabinet>({
  type: 'disinfection-cabinet',
  faults: [
    { id: 'heater-dead', name: { zh: '加热管损坏', en: 'heater dead' } },
    { id: 'heater-weak', name: { zh: '加热不足（达不到 120 °C）', en: 'heater weak, never reaches 120 °C' } },
    { id: 'opened-early', name: { zh: '未降温提前开门', en: 'opened before it cooled' } },
    { id: 'door-left-open', name: { zh: '门未关', en: 'door left open' } },
    { id: 'opened-hot', name: { zh: '消毒完未降温就开门', en: 'opened hot after the cycle' } },
    { id: 'started-wet', name: { zh: '未晾干就开机', en: 'started before the ware was dry' } },
    { id: 'stopped-short', name: { zh: '消毒时间不足提前关机', en: 'switched off before ten minutes' } },
    { id: 'cycle-skipped', name: { zh: '未按时消毒', en: 'disinfection skipped' } },
  ],
  sensed: ['temperature'],
  longestStep: 5,
  begin: (seed, world) => ({
    seed,
    phase: phases.idle,
    spent: 0,
    celsius: 26,
    element: 0,
    open: 0,
    minute: minuteOf(world),
    shownFault: 0,
    error: 0,
  }),
  step,
  points: ({ celsius, error, phase, open }) => ({
    temperature: celsius + error,
    door: open,
    heating: phase === phases.heating || phase === phases.holding ? 1 : 0,
  }),
})

function step(state: Cabinet, world: World, faults: ReadonlySet<string>): Cabinet {
  const dt = world.dtSeconds
  const minute = minuteOf(world)
  const wantsCycle = ofTheCycle.some(fault => faults.has(fault))
  const next = follow(state, world, faults, wantsCycle && !state.shownFault)
  const doorOpen = next.phase === phases.loading || next.phase === phases.unloading || faults.has('door-left-open')

  const target = next.phase === phases.heating || next.phase === phases.holding ? HOT : 0
  const heats = target > 0 && !faults.has('heater-dead') && !doorOpen
  const element = heats && (state.celsius < target - 2 || (state.element === 1 && state.celsius < target + 2)) ? 1 : 0

  const losses = 6 + (doorOpen ? 40 : 0) + (next.phase === phases.cooling ? 22 : 0)
  const tau = (HEAT_KJ_PER_K * 1000) / losses
  const room = roomAir(world, 25, 3)
  const watts = element * ELEMENT_WATTS * (faults.has('heater-weak') ? 0.2 : 1)
  return {
    seed: state.seed,
    phase: next.phase,
    spent: next.phase === state.phase ? state.spent + dt : 0,
    celsius: approach(state.celsius, room + watts / losses, dt, tau),
    element,
    open: doorOpen ? 1 : 0,
    minute,
    shownFault: wantsCycle ? (next.started ? 1 : state.shownFault) : 0,
    error: 0.2 * tremor(state.seed, 1, world),
  }
}

function follow(state: Cabinet, world: World, faults: ReadonlySet<string>, now: boolean): { phase: Phase; started: boolean } {
  const to = (phase: Phase, started = false) => ({ phase, started })
  switch (state.phase) {
    case phases.idle: {
      const onTime = minuteOf(world) !== state.minute && isSchoolDay(world) && starts.includes(minuteOfDay(world))
      // Somebody who switches on a fault of the cycle should not have to wait for lunch to see it.
      return now || (onTime && !faults.has('cycle-skipped')) ? to(phases.loading, true) : to(phases.idle)
    }
    case phases.loading:
      return to(state.spent < LOAD ? phases.loading : faults.has('started-wet') ? phases.heating : phases.drying)
    case phases.drying:
      return to(state.spent >= DRY ? phases.heating : phases.drying)
    case phases.heating:
      return to(state.celsius >= HOT - 2 ? phases.holding : state.spent >= GIVE_UP ? phases.cooling : phases.heating)
    case phases.holding:
      if (faults.has('opened-early') && state.spent >= 4 * 60) return to(phases.unloading)
      if (faults.has('stopped-short') && state.spent >= 5 * 60) return to(phases.cooling)
      return to(state.spent >= HOLD ? phases.cooling : phases.holding)
    case phases.cooling:
      if (faults.has('opened-hot') && state.spent >= 2 * 60) return to(phases.unloading)
      return to(state.celsius <= SAFE_TO_OPEN ? phases.unloading : phases.cooling)
    default:
      return to(state.spent >= UNLOAD ? phases.idle : phases.unloading)
  }
}
