import { chance, dayOfMonth, minuteOf, minuteOfDay, model, within } from './model.ts'
import type { World } from './model.ts'

type Household = { seed: number; total: number; read: number; readAt: number; minute: number }

/** m³/h a household burns at its meals. */
const burnt = (world: World, seed: number): number =>
  within(world, 6.3, 7.2) || within(world, 11, 12.2) || within(world, 17.2, 18.8)
    ? 0.15 + 0.3 * chance(seed, 1, minuteOf(world))
    : 0

/**
 * A household's meter, read once a month: its number is what it stood at when the reader came by (GAS-2, GAS-3), not what it stands at
 * now. Somebody read it on the day it was put up.
 */
export const residentialMeter = model<Household>({
  type: 'residential-meter',
  faults: [
    { id: 'not-read', name: { zh: '本月未抄到（无人在家）', en: 'not read this month, nobody at home' } },
    { id: 'misread', name: { zh: '抄错（少抄一位）', en: 'misread, a digit left out' } },
    { id: 'meter-hung-up', name: { zh: '死表（用气不走字）', en: 'meter hung up: gas flows, the counter stands' } },
  ],
  sensed: ['total'],
  longestStep: 30,
  begin(seed, world) {
    const total = 300 + Math.floor(1500 * chance(seed, 2, 0))
    return { seed, total, read: total, readAt: world.now, minute: minuteOf(world) }
  },
  step(state, world, faults) {
    const minute = minuteOf(world)
    const total = state.total + (faults.has('meter-hung-up') ? 0 : (burnt(world, state.seed) * world.dtSeconds) / 3600)
    const day = 6 + Math.floor(12 * chance(state.seed, 3, 0))
    const time = 9 * 60 + Math.floor(8 * 60 * chance(state.seed, 4, 0))
    const comes = minute !== state.minute && dayOfMonth(world) === day && minuteOfDay(world) === time
    const reads = comes && !faults.has('not-read')
    return {
      seed: state.seed,
      total,
      read: reads ? (faults.has('misread') ? total / 10 : total) : state.read,
      readAt: reads ? minute * 60_000 : state.readAt,
      minute,
    }
  },
  points: ({ read }) => ({ total: read }),
  taken: ({ readAt }) => ({ total: readAt }),
})
