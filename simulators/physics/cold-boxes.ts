import { coldBox } from './cold-box.ts'
import type { FaultKind, World } from './model.ts'
import { isSchoolDay } from './model.ts'

const frosting: FaultKind = { id: 'frosting', name: { zh: '结霜过快（门封漏气）', en: 'frosts up, the seal leaks' } }
const overload: FaultKind = { id: 'overload', name: { zh: '超量存放', en: 'overloaded' } }
const mixedFood: FaultKind = { id: 'mixed-food', name: { zh: '生熟混放', en: 'raw and cooked food together' } }

const kitchenHours = (world: World, busy: number): number =>
  !isSchoolDay(world) ? 0 : world.hour >= 6 && world.hour < 13 ? busy : world.hour >= 13 && world.hour < 18.5 ? busy / 2 : 0

export const freshKeepingCabinet = coldBox({
  type: 'fresh-keeping-cabinet',
  target: 3.6,
  band: 1.1,
  airHeat: 25,
  contentsHeat: 320,
  walls: 8,
  doorway: 60,
  exchange: 30,
  cooling: 520,
  power: 320,
  coldest: -18,
  defrost: { heat: 0, long: 600, every: 6 * 3600 },
  room: { mean: 24, swing: 4 },
  openings: world => kitchenHours(world, 8),
  longestOpening: 40,
  loads: [{ minute: 13 * 60 + 10, kg: 6, celsius: 35 }],
  frost: { perHour: 0.01, melts: 0.8 },
  faults: [frosting, mixedFood],
})

export const freezer = coldBox({
  type: 'freezer',
  target: -21.5,
  band: 1.5,
  airHeat: 30,
  contentsHeat: 420,
  walls: 3,
  doorway: 40,
  exchange: 25,
  cooling: 450,
  power: 410,
  coldest: -40,
  defrost: { heat: 120, long: 900, every: 12 * 3600 },
  room: { mean: 24, swing: 4 },
  openings: world => kitchenHours(world, 2),
  longestOpening: 45,
  loads: [{ minute: 9 * 60 + 30, kg: 4, celsius: 2 }],
  frost: { perHour: 0.007, melts: 0 },
  faults: [frosting, overload],
})

export const vaccineFridge = coldBox({
  type: 'vaccine-fridge',
  target: 4.8,
  band: 0.6,
  airHeat: 14,
  contentsHeat: 90,
  walls: 1.4,
  doorway: 14,
  exchange: 14,
  cooling: 130,
  power: 95,
  coldest: -12,
  defrost: { heat: 0, long: 240, every: 8 * 3600 },
  room: { mean: 23, swing: 2 },
  openings: world => (isSchoolDay(world) && world.hour >= 8 && world.hour < 16.5 ? 2 : 0),
  longestOpening: 25,
  loads: [],
  frost: { perHour: 0.01, melts: 0.8 },
  faults: [],
})

export const vaccineFreezer = coldBox({
  type: 'vaccine-freezer',
  target: -22,
  band: 1.2,
  airHeat: 16,
  contentsHeat: 110,
  walls: 1.2,
  doorway: 12,
  exchange: 14,
  cooling: 170,
  power: 130,
  coldest: -42,
  defrost: { heat: 0, long: 180, every: 24 * 3600 },
  room: { mean: 23, swing: 2 },
  openings: world => (isSchoolDay(world) && world.hour >= 8 && world.hour < 16.5 ? 0.5 : 0),
  longestOpening: 20,
  loads: [],
  frost: { perHour: 0.005, melts: 0 },
  faults: [],
})
