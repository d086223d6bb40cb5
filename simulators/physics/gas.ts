import type { World } from './model.ts'
import { approach, chance, isSchoolDay, minuteOf, minuteOfDay, model, tremor, within } from './model.ts'

/** A prepaid commercial meter: what flows is counted, what is counted is taken off the balance. */
type Meter = { seed: number; total: number; flow: number; balance: number; minute: number }

/** m³/h the kitchen burns: breakfast, lunch, supper on school days; nothing else. */
function burnt(world: World, seed: number): number {
  if (!isSchoolDay(world)) return 0
  const meal = within(world, 6, 7.5) ? 2.6 : within(world, 9.5, 12.2) ? 5.2 : within(world, 16.2, 18.2) ? 3.4 : 0
  return meal * (0.8 + 0.4 * chance(seed, 1, Math.floor(minuteOf(world) / 5)))
}

/** m³/h by which the counter moves when gas flows. */
function rate(flow: number, faults: ReadonlySet<string>): number {
  if (faults.has('meter-hung-up')) return 0
  if (faults.has('meter-reversed')) return -flow
  const factor = faults.has('meter-fast') ? 2.6 : faults.has('meter-slow') ? 0.3 : 1
  return flow * factor + (faults.has('pulse-noise') ? 90 : 0)
}

const TOP_UP_BELOW = 220
const TOP_UP_BY = 600

export const gasMeter = model<Meter>({
  type: 'gas-meter',
  faults: [
    { id: 'meter-hung-up', name: { zh: '死表（用气不走字）', en: 'meter hung up: gas flows, the counter stands' } },
    { id: 'meter-fast', name: { zh: '表快（多走字）', en: 'meter runs fast' } },
    { id: 'meter-slow', name: { zh: '表慢（少走字）', en: 'meter runs slow' } },
    { id: 'meter-reversed', name: { zh: '表倒走', en: 'meter runs backwards' } },
    { id: 'pulse-noise', name: { zh: '脉冲干扰（乱走字）', en: 'stray pulses: the counter races' } },
    { id: 'balance-wrong', name: { zh: '余量扣减不符', en: 'balance taken off wrongly' } },
    { id: 'gas-leak', name: { zh: '燃气泄漏', en: 'gas leak' } },
    { id: 'burner-left-on', name: { zh: '灶具未关', en: 'burner left on' } },
    { id: 'balance-used-up', name: { zh: '余量不足', en: 'balance nearly used up' } },
  ],
  sensed: ['total', 'flow', 'balance'],
  longestStep: 30,
  begin: (seed, world) => ({
    seed,
    total: 48_000 + Math.floor(chance(seed, 2, 0) * 9000),
    flow: 0,
    balance: 380 + Math.floor(chance(seed, 3, 0) * 200),
    minute: minuteOf(world),
  }),
  step(state, world, faults) {
    const flow = burnt(world, state.seed) + (faults.has('gas-leak') ? 0.6 : 0) + (faults.has('burner-left-on') ? 1.4 : 0)
    const counted = rate(flow, faults) * (world.dtSeconds / 3600)
    const taken = counted * (faults.has('balance-wrong') ? 1.6 : 1)
    const balance = faults.has('balance-used-up') ? Math.min(state.balance, 18) : state.balance
    // The card is topped up at ten in the morning of a working day.
    const paysNow =
      minuteOf(world) !== state.minute && isSchoolDay(world) && minuteOfDay(world) === 600 && !faults.has('balance-used-up')
    const paid = paysNow && balance < TOP_UP_BELOW ? TOP_UP_BY : 0
    return {
      seed: state.seed,
      total: Math.max(0, state.total + counted),
      flow,
      balance: Math.max(0, balance - taken + paid),
      minute: minuteOf(world),
    }
  },
  points: ({ total, flow, balance }) => ({ total, flow, balance }),
})

type Detector = { seed: number; level: number; error: number }

/** A catalytic detector over the ranges: near 0 %LEL, with the whiff of lighting a burner. */
export const gasAlarm = model<Detector>({
  type: 'gas-alarm',
  faults: [
    { id: 'gas-leak', name: { zh: '燃气泄漏', en: 'gas leak' } },
    { id: 'zero-drift', name: { zh: '零点漂移', en: 'zero drift' } },
  ],
  sensed: ['level'],
  longestStep: 10,
  begin: seed => ({ seed, level: 0.4, error: 0 }),
  step(state, world, faults) {
    const whiff = burnt(world, state.seed) > 0 ? 1.2 : 0.4
    const target = faults.has('gas-leak') ? 38 : faults.has('zero-drift') ? 6 : whiff
    const tau = faults.has('gas-leak') ? 240 : faults.has('zero-drift') ? 3600 : 120
    return {
      seed: state.seed,
      level: approach(state.level, target, world.dtSeconds, tau),
      error: 0.15 * tremor(state.seed, 1, world),
    }
  },
  points: ({ level, error }) => ({ level: Math.max(0, level + error) }),
})
