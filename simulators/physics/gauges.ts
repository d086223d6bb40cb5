import { approach, chance, clamp, isSchoolDay, model, roomAir, tremor } from './model.ts'

type Hydrant = { seed: number; mains: number; lost: number; error: number }

/** Static pressure at a hydrant, MPa: the tank and jockey pump behind it swing a little, more while the school draws water. */
export const hydrant = model<Hydrant>({
  type: 'hydrant',
  faults: [
    { id: 'slow-leak', name: { zh: '管网缓慢泄漏', en: 'slow leak' } },
    { id: 'valve-shut', name: { zh: '阀门被关', en: 'valve shut' } },
    { id: 'overpressure', name: { zh: '超压', en: 'overpressure' } },
  ],
  sensed: ['pressure'],
  longestStep: 20,
  begin: seed => ({ seed, mains: 0.36, lost: 0, error: 0 }),
  step(state, world, faults) {
    const drawn = isSchoolDay(world) && world.hour > 7 && world.hour < 18 ? 0.02 : 0
    const pump = 0.012 * Math.sin((world.now / 3_600_000 + state.seed) * 2 * Math.PI)
    const target = faults.has('valve-shut') ? 0.01 : faults.has('overpressure') ? 1.15 : 0.37 - drawn + pump
    const tau = faults.has('valve-shut') ? 240 : 300
    // What leaked away comes back when the leak is mended and the jockey pump catches up.
    const lost = faults.has('slow-leak')
      ? Math.min(0.36, state.lost + (0.12 * world.dtSeconds) / 3600)
      : approach(state.lost, 0, world.dtSeconds, 600)
    return {
      seed: state.seed,
      mains: approach(state.mains, target, world.dtSeconds, tau),
      lost,
      error: 0.001 * tremor(state.seed, 1, world),
    }
  },
  points: ({ mains, lost, error }) => ({ pressure: Math.max(0, mains - lost + error) }),
})

type Extinguisher = { seed: number; celsius: number; at20: number; inPlace: number; error: number }

/** A stored-pressure powder extinguisher: gauge pressure follows the absolute temperature (standards.md §1.8). */
export const extinguisher = model<Extinguisher>({
  type: 'extinguisher',
  faults: [
    { id: 'slow-leak', name: { zh: '灭火器缓慢漏气', en: 'slow leak' } },
    { id: 'seeping', name: { zh: '阀门渗漏（十天内降到红区）', en: 'valve seeps, in the red within ten days' } },
    { id: 'discharged', name: { zh: '灭火器已被使用', en: 'discharged' } },
    { id: 'overheated', name: { zh: '环境高温', en: 'overheated' } },
    { id: 'taken-away', name: { zh: '灭火器被拿走', en: 'taken away' } },
  ],
  sensed: ['pressure', 'temperature'],
  longestStep: 60,
  begin: seed => ({ seed, celsius: 20, at20: 1.2 + 0.04 * (chance(seed, 1, 0) - 0.5), inPlace: 1, error: 0 }),
  step(state, world, faults) {
    const around = faults.has('overheated') ? 62 : roomAir(world, 21, 4)
    const dt = world.dtSeconds
    // MPa an hour
    const leak = faults.has('slow-leak') ? 0.06 : faults.has('seeping') ? 0.001 : 0
    const leaked = Math.max(0, state.at20 - (leak * dt) / 3600)
    // A mended or used bottle comes back full from the workshop; a used one empties within a minute.
    const whole = 1.2 + 0.04 * (chance(state.seed, 1, 0) - 0.5)
    const at20 = faults.has('discharged') ? approach(leaked, 0.02, dt, 20) : leak > 0 ? leaked : approach(leaked, whole, dt, 1200)
    return {
      seed: state.seed,
      celsius: approach(state.celsius, around, dt, 3600),
      at20,
      inPlace: faults.has('taken-away') ? 0 : 1,
      error: 0.002 * tremor(state.seed, 2, world),
    }
  },
  points: ({ celsius, at20, inPlace, error }) => ({
    pressure: clamp(gaugeAt(at20, celsius) + error, 0, 3),
    temperature: celsius + 10 * error,
    'in-place': inPlace,
  }),
})

/** MPa on the gauge at a temperature, from what it shows at 20 °C: the gas pulls on absolute pressure and absolute temperature. */
export const gaugeAt = (at20: number, celsius: number): number => ((at20 + 0.1) * (celsius + 273.15)) / 293.15 - 0.1
