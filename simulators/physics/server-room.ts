import type { World } from './model.ts'
import { approach, chance, clamp, isSchoolDay, minuteOf, model, roomAir, tremor } from './model.ts'

/** Racks heat the room, an air conditioner with hysteresis cools and dries it, the building leaks warmth and damp in. */
type Room = {
  seed: number
  celsius: number
  /** Partial pressure of the water in the air, Pa. */
  vapour: number
  cooling: number
  doorFor: number
  open: number
  wet: number
  smoke: number
  minute: number
  error: number
}

const HEAT_KJ_PER_K = 1500
const RACKS_WATTS = 3000
const COOLING_WATTS = 6200
const WALLS = 60
const TARGET = 22
const BAND = 1

/** Saturation vapour pressure over water in Pa (Magnus). */
const saturation = (celsius: number): number => 611.2 * Math.exp((17.62 * celsius) / (243.12 + celsius))

export const serverRoom = model<Room>({
  type: 'server-room',
  faults: [
    { id: 'air-conditioner-dead', name: { zh: '空调停机', en: 'air conditioner dead' } },
    { id: 'leak', name: { zh: '漏水', en: 'water leak' } },
    { id: 'smoke', name: { zh: '冒烟', en: 'smoke' } },
    { id: 'door-left-open', name: { zh: '门未关', en: 'door left open' } },
    { id: 'too-dry', name: { zh: '湿度过低', en: 'air too dry' } },
  ],
  sensed: ['temperature', 'humidity'],
  longestStep: 20,
  begin: (seed, world) => ({
    seed,
    celsius: TARGET,
    vapour: 0.46 * saturation(TARGET),
    cooling: 0,
    doorFor: 0,
    open: 0,
    wet: 0,
    smoke: 0,
    minute: minuteOf(world),
    error: 0,
  }),
  step,
  points: ({ celsius, vapour, wet, smoke, open, cooling, error }) => ({
    temperature: celsius + 0.05 * error,
    humidity: clamp((100 * vapour) / saturation(celsius) + 0.2 * error, 0, 100),
    leak: wet,
    smoke,
    door: open,
    cooling,
  }),
})

function step(state: Room, world: World, faults: ReadonlySet<string>): Room {
  const dt = world.dtSeconds
  const minute = minuteOf(world)
  const visits = isSchoolDay(world) && world.hour >= 8 && world.hour < 17.5 ? 0.5 : world.hour >= 10 && world.hour < 11 ? 1 : 0
  const entered = minute !== state.minute && chance(state.seed, 1, minute) < visits / 60
  const doorFor = entered ? 45 : Math.max(0, state.doorFor - dt)
  const open = doorFor > 0 || faults.has('door-left-open') ? 1 : 0

  const wanted = state.cooling ? state.celsius > TARGET - BAND : state.celsius > TARGET + BAND
  const cooling = wanted && !faults.has('air-conditioner-dead') ? 1 : 0
  const outside = roomAir(world, 26, 3)
  // Racks throttle and fans speed up when it gets hot; without that the room would have no end temperature.
  const joined = WALLS + open * 260 + Math.max(0, state.celsius - 35) * 12
  const working = isSchoolDay(world) && world.hour >= 8 && world.hour < 18 ? 1 : 0.85
  const heat = RACKS_WATTS * working + joined * (outside - state.celsius) - cooling * COOLING_WATTS
  const celsius = clamp(state.celsius + (heat * dt) / (HEAT_KJ_PER_K * 1000), -10, 70)

  const dries = faults.has('too-dry') ? 500 : cooling ? 1080 : 1320
  const drift = approach(state.vapour, dries, dt, faults.has('too-dry') ? 2 * 3600 : 5 * 3600)
  const damp = open ? approach(drift, 1750, dt, 3 * 3600) : drift
  const vapour = faults.has('leak') ? approach(damp, 0.95 * saturation(celsius), dt, 1.5 * 3600) : damp

  return {
    seed: state.seed,
    celsius,
    vapour: Math.min(vapour, saturation(celsius)),
    cooling,
    doorFor,
    open,
    wet: faults.has('leak') ? 1 : 0,
    smoke: faults.has('smoke') ? 1 : 0,
    minute,
    error: tremor(state.seed, 2, world),
  }
}
