import type { World } from './model.ts'
import { approach, chance, clamp, isSchoolDay, minuteOf, minuteOfDay, model, roomAir, tremor } from './model.ts'

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
  /** µg/m³ */
  dust: number
  /** Minutes until the person inside leaves; 0: nobody is inside. */
  inside: number
  badge: number
  entries: number
  exits: number
  inspections: number
  /** 1 once a fault that only a visit can show has been given its visit. */
  shownFault: number
  minute: number
  error: number
}

const HEAT_KJ_PER_K = 1500
const RACKS_WATTS = 3000
const COOLING_WATTS = 6200
const WALLS = 60
const TARGET = 22
const BAND = 1
const CLEAN = 28
/** The caretaker looks in every morning, workday or not. */
const INSPECTION = 9 * 60 + 40

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
    { id: 'dusty', name: { zh: '粉尘过多', en: 'air full of dust' } },
    { id: 'entered-without-badge', name: { zh: '未刷卡进入', en: 'entered without a badge' } },
    { id: 'exit-not-recorded', name: { zh: '离开未登记', en: 'left without recording it' } },
    { id: 'inspection-skipped', name: { zh: '未巡检', en: 'inspection skipped' } },
  ],
  sensed: ['temperature', 'humidity', 'dust'],
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
    dust: CLEAN,
    inside: 0,
    badge: 240,
    entries: 120,
    exits: 120,
    inspections: 30,
    shownFault: 0,
    minute: minuteOf(world),
    error: 0,
  }),
  step,
  points: ({ celsius, vapour, wet, smoke, dust, badge, entries, exits, inspections, open, cooling, error }) => ({
    temperature: celsius + 0.05 * error,
    humidity: clamp((100 * vapour) / saturation(celsius) + 0.2 * error, 0, 100),
    leak: wet,
    smoke,
    door: open,
    cooling,
    dust: Math.max(0, dust + 3 * error),
    badge,
    entries,
    exits,
    inspections,
  }),
})

/** Who comes and goes in this minute; with a badge, or past the reader. */
function visit(state: Room, world: World, faults: ReadonlySet<string>) {
  const minute = minuteOf(world)
  const past = faults.has('entered-without-badge')
  const leftOpen = faults.has('door-left-open')
  const wanted = past || leftOpen || faults.has('exit-not-recorded')
  const stay = { inside: state.inside, badge: state.badge, entries: state.entries, exits: state.exits, door: false }
  const shown = { shownFault: wanted ? state.shownFault : 0 }
  if (minute === state.minute) return { ...stay, ...shown }
  if (state.inside > 1) return { ...stay, ...shown, inside: state.inside - 1 }
  if (state.inside === 1) {
    const recorded = faults.has('exit-not-recorded') ? 0 : 1
    return { ...stay, ...shown, inside: 0, badge: state.badge + recorded, exits: state.exits + recorded, door: true }
  }
  const visits = isSchoolDay(world) && world.hour >= 8 && world.hour < 17.5 ? 0.5 : world.hour >= 10 && world.hour < 11 ? 1 : 0
  const enters = chance(state.seed, 1, minute) < visits / 60 || minuteOfDay(world) === INSPECTION
  // Somebody who switches on a fault of a visit should not have to wait for one; a door that is left open was opened by somebody.
  if (!enters && !(wanted && !state.shownFault)) return { ...stay, ...shown }
  const recorded = past ? 0 : 1
  return {
    inside: 8 + Math.floor(25 * chance(state.seed, 3, minute)),
    badge: state.badge + recorded,
    entries: state.entries + recorded,
    exits: state.exits,
    door: true,
    shownFault: wanted ? 1 : 0,
  }
}

function step(state: Room, world: World, faults: ReadonlySet<string>): Room {
  const dt = world.dtSeconds
  const minute = minuteOf(world)
  const { door, ...people } = visit(state, world, faults)
  const inspects = minute !== state.minute && minuteOfDay(world) === INSPECTION + 5 && !faults.has('inspection-skipped')
  const doorFor = door ? 45 : Math.max(0, state.doorFor - dt)
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
    dust: approach(state.dust, (faults.has('dusty') ? 420 : CLEAN) + open * 20, dt, 1200),
    ...people,
    inspections: state.inspections + (inspects ? 1 : 0),
    minute,
    error: tremor(state.seed, 2, world),
  }
}
