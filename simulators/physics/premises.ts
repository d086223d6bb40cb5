import { chance, isSchoolDay, minuteOf, model, within } from './model.ts'

type Gate = { seed: number; open: number }

/** The office gate (PAT-4): the guard opens it a few minutes before 07:30 and locks it a few before midnight. */
export const officeGate = model<Gate>({
  type: 'office-gate',
  faults: [
    { id: 'gate-left-open', name: { zh: '大门未锁', en: 'gate left open' } },
    { id: 'gate-not-opened', name: { zh: '大门未按时开启', en: 'gate not opened' } },
  ],
  sensed: [],
  longestStep: 30,
  begin: (seed, world) => ({ seed, open: world.hour >= 7.5 ? 1 : 0 }),
  step(state, world, faults) {
    const early = (2 + 4 * chance(state.seed, 1, Math.floor(world.now / 86_400_000))) / 60
    const open = within(world, 7.5 - early, 24 - early)
    return { seed: state.seed, open: faults.has('gate-left-open') || (open && !faults.has('gate-not-opened')) ? 1 : 0 }
  },
  points: ({ open }) => ({ open }),
})

type Lights = { seed: number; watts: number; water: number; windows: number }

/**
 * All lights of the office building in W, the water its taps draw in m³/h, and whether every door and window is shut: on, flowing and
 * open as people come; off, dry and shut as they leave; the exit signs always.
 */
export const officeLights = model<Lights>({
  type: 'office-lights',
  faults: [
    { id: 'lights-left-on', name: { zh: '下班未关灯', en: 'lights left on' } },
    { id: 'tap-left-running', name: { zh: '下班未关水', en: 'a tap left running' } },
    { id: 'windows-left-open', name: { zh: '下班未关门窗', en: 'windows left open' } },
  ],
  sensed: ['power', 'water'],
  longestStep: 60,
  begin: seed => ({ seed, watts: 18, water: 0, windows: 0 }),
  step(state, world, faults) {
    const share = !isSchoolDay(world)
      ? 0
      : within(world, 7.6, 11.8)
        ? 1
        : within(world, 11.8, 13.5)
          ? 0.4
          : within(world, 13.5, 17.5)
            ? 0.9
            : within(world, 17.5, 17.9)
              ? 0.3
              : 0
    const rooms = share * 1900 * (0.9 + 0.2 * chance(state.seed, 1, Math.floor(minuteOf(world) / 10)))
    const washing = share > 0 && chance(state.seed, 2, Math.floor(minuteOf(world) / 3)) < 0.25 ? 0.35 : 0
    return {
      seed: state.seed,
      watts: 18 + Math.max(rooms, faults.has('lights-left-on') ? 1150 : 0),
      water: washing + (faults.has('tap-left-running') ? 0.4 : 0),
      windows: (share > 0 && share < 1) || (share === 1 && world.hour > 9) || faults.has('windows-left-open') ? 1 : 0,
    }
  },
  points: ({ watts, water, windows }) => ({ power: watts, water, windows }),
})
