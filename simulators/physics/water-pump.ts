import { approach, chance, clamp, model, tremor } from './model.ts'

type Pump = { seed: number; wear: number; pressure: number; amps: number; running: number; error: number }

/** mm/s the bearing's vibration grows in an hour while it wears; ISO 20816 calls more than 4.5 mm/s of a small machine harmful. */
const WEAR_PER_HOUR = 0.04
const HEALTHY = 0.8

/** A booster pump under constant-pressure control: it turns all day, faster when the building draws water. */
export const waterPump = model<Pump>({
  type: 'water-pump',
  faults: [
    { id: 'bearing-wear', name: { zh: '轴承磨损', en: 'bearing wears' } },
    { id: 'pump-dead', name: { zh: '水泵停转', en: 'pump stopped' } },
    { id: 'blocked', name: { zh: '叶轮卡涩（电流过大）', en: 'impeller blocked, too much current' } },
  ],
  sensed: ['vibration', 'current', 'pressure'],
  longestStep: 60,
  begin: seed => ({ seed, wear: 0, pressure: 0.35, amps: 5, running: 1, error: 0 }),
  step(state, world, faults) {
    const dt = world.dtSeconds
    const busy = world.hour > 6 && world.hour < 19 ? 1 : 0
    const running = faults.has('pump-dead') ? 0 : 1
    const wears = faults.has('bearing-wear')
    const load = 4.2 + 1.6 * busy + 0.5 * chance(state.seed, 1, Math.floor(world.now / 300_000))
    return {
      seed: state.seed,
      // A new bearing is in within half an hour.
      wear: wears ? Math.min(12, state.wear + (WEAR_PER_HOUR * dt) / 3600) : approach(state.wear, 0, dt, 600),
      pressure: approach(state.pressure, running ? 0.35 - 0.02 * busy : 0.03, dt, running ? 60 : 240),
      amps: approach(state.amps, running * (faults.has('blocked') ? 13.5 : load), dt, 20),
      running,
      error: tremor(state.seed, 2, world),
    }
  },
  points: ({ wear, pressure, amps, running, error }) => ({
    vibration: clamp(running * (HEALTHY + wear + 0.03 * error), 0, 50),
    current: Math.max(0, amps + 0.05 * error * running),
    pressure: clamp(pressure + 0.002 * error, 0, 2),
    running,
  }),
})
