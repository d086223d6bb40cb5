import { array, assert, constantFrom, double, nat, property, record, subarray } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fits } from '../../simulators/physics/model.ts'
import { gaugeAt } from '../../simulators/physics/gauges.ts'
import { recordedAt } from '../../simulators/physics/recorded-room.ts'
import { longest, modelOf, models, play, series, until, worldAt } from './world.ts'

type Points = Readonly<Record<string, number>>

const anyFaults = (known: readonly string[]) => subarray([...known])

/** What no reading of the type may leave, whatever happens to it. */
const bounds: Readonly<Record<string, readonly [number, number]>> = {
  temperature: [-60, 140],
  humidity: [0, 100],
  level: [0, 100],
  volume: [0, 20],
  chlorine: [0, 12],
  turbidity: [0, 10],
  ph: [6, 9],
  pressure: [0, 2],
  power: [0, 8000],
  flow: [0, 20],
  inflow: [0, 8],
  outflow: [0, 200],
  balance: [0, 5000],
  total: [0, 1e7],
  door: [0, 1],
  heating: [0, 1],
  leak: [0, 1],
  smoke: [0, 1],
  cooling: [0, 1],
  dosing: [0, 1],
  open: [0, 1],
  running: [0, 1],
  guard: [0, 1],
  windows: [0, 1],
  valve: [0, 1],
  frost: [0, 41],
  raw: [0, 5],
  cooked: [0, 4],
  current: [0, 20],
  vibration: [0, 13],
  water: [0, 1],
  dosed: [0, 400],
  ...Object.fromEntries(['dosings', 'signed', 'readings', 'backups', 'visits', 'rounds'].map(key => [key, [0, 1000]] as const)),
  'in-place': [0, 1],
  clear: [0, 1],
  sign: [0, 1],
  trouble: [0, 1],
  intact: [0, 1],
  missing: [0, 2],
  estimated: [0, 3],
  dust: [0, 500],
  offset: [-3601, 800],
  lag: [0, 500_000],
  ...Object.fromEntries(
    ['badge', 'entries', 'exits', 'inspections', 'logs', 'offsite', 'verified', 'checks', 'daily', 'sales', 'monthly']
      .concat(['handovers', 'reports', 'answers', 'closings', 'changes', 'prints', 'cups', 'basins', 'toilets'])
      .map(key => [key, [0, 1000]] as const),
  ),
}

describe.each([...models.values()].map(model => [model.type, model] as const))('%s', (_type, model) => {
  test('stays finite and bounded under any faults and any step, up to a day', () => {
    const steps = array(
      record({ dt: double({ min: 0, max: 86_400, noNaN: true }), faults: anyFaults(model.faults.map(f => f.id)) }),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    assert(
      property(nat(1e6), steps, (seed, moves) => {
        let hours = 5
        let state = model.begin(seed, worldAt(hours, 0))
        for (const { dt, faults } of moves) {
          hours += dt / 3600
          state = model.step(state, worldAt(hours, dt), new Set(faults))
          for (const value of Object.values(state)) expect(Number.isFinite(value)).toBe(true)
          for (const [key, value] of Object.entries(model.points(state))) {
            const [min, max] = bounds[key] ?? [NaN, NaN]
            expect(value, key).toBeGreaterThanOrEqual(min)
            expect(value, key).toBeLessThanOrEqual(max)
          }
        }
      }),
      { numRuns: 40 },
    )
  })

  test('goes on from JSON exactly as it would have gone on', () => {
    const [half] = [...play(model, { hours: 20 })].slice(-1)
    if (!half) throw new Error('nothing played')
    const back: unknown = JSON.parse(JSON.stringify(half.state))
    if (!fits(model, back, worldAt(0, 0))) throw new Error('the state does not fit its own model')
    const straight = [...play(model, { hours: 10, from: 20, state: half.state })].at(-1)
    const restored = [...play(model, { hours: 10, from: 20, state: back })].at(-1)
    expect(restored).toEqual(straight)
    expect(fits(model, { ...half.state, seed: 'x' }, worldAt(0, 0))).toBe(false)
    expect(fits(model, {}, worldAt(0, 0))).toBe(false)
  })

  test('names every fault in both languages', () => {
    for (const { id, name } of model.faults) {
      expect(id).toMatch(/^[a-z-]+$/)
      expect(name.zh).toMatch(/[\u4e00-\u9fff]/)
      expect(name.en).toMatch(/^[\x20-\x7e°]+$/)
    }
  })
})

describe('heat flows downhill', () => {
  test('a box without its compressor only takes heat from a warmer room, and a running one gives it away', () => {
    assert(
      property(constantFrom('fresh-keeping-cabinet', 'freezer', 'vaccine-fridge'), nat(1e6), (type, seed) => {
        const dead = [...play(modelOf(type), { seed, from: 22, hours: 6, faults: ['compressor-dead'] })]
        const contents = dead.map(moment => moment.state['contents'] ?? NaN).slice(120)
        for (const [index, celsius] of contents.entries())
          expect(celsius).toBeGreaterThanOrEqual((contents[index - 1] ?? celsius) - 1e-9)
        // Colder than it ever is in a whole night with a thermostat: it may begin at the cold end of its swing.
        const coldest = (faults: readonly string[]): number =>
          Math.min(...[...play(modelOf(type), { seed, from: 22, hours: 6, faults })].map(moment => moment.state['air'] ?? NaN))
        expect(coldest(['thermostat-stuck'])).toBeLessThan(coldest([]) - 0.5)
      }),
      { numRuns: 20 },
    )
  })

  test('a long step ends where many short ones do', () => {
    for (const model of models.values()) {
      const begin = model.begin(5, worldAt(0, 0))
      const long = model.points(model.step(begin, worldAt(3, 3 * 3600), new Set()))
      const short = [...play(model, { state: begin, hours: 3, stepSeconds: 60 })].at(-1)?.points ?? {}
      for (const [key, value] of Object.entries(long)) expect(short[key], `${model.type} ${key}`).toBeCloseTo(value, 6)
    }
  })

  test('gauge pressure follows absolute temperature: 1.2 MPa at 20 °C is 1.07 at −10 °C and 1.29 at 40 °C', () => {
    expect(gaugeAt(1.2, 20)).toBeCloseTo(1.2, 10)
    expect(gaugeAt(1.2, -10)).toBeCloseTo(1.07, 2)
    expect(gaugeAt(1.2, 40)).toBeCloseTo(1.29, 2)
  })
})

describe('each fault shows its effect in time', () => {
  const above = (key: string, limit: number) => (points: Points) => (points[key] ?? NaN) > limit
  const below = (key: string, limit: number) => (points: Points) => (points[key] ?? NaN) < limit
  /** Fault, what must be seen, within how many hours after Monday 10:00. */
  const effects: readonly (readonly [string, string, (points: Points) => boolean, number])[] = [
    ['fresh-keeping-cabinet', 'door-left-open', above('temperature', 8), 0.2],
    ['fresh-keeping-cabinet', 'compressor-dead', above('temperature', 8), 3],
    ['fresh-keeping-cabinet', 'thermostat-stuck', below('temperature', 0), 3],
    ['fresh-keeping-cabinet', 'refrigerant-leak', above('temperature', 8), 8],
    ['freezer', 'door-left-open', above('temperature', -12), 0.5],
    ['freezer', 'compressor-dead', above('temperature', -12), 8],
    ['vaccine-fridge', 'door-left-open', above('temperature', 8), 0.3],
    ['vaccine-fridge', 'compressor-dead', above('temperature', 8), 4],
    ['vaccine-fridge', 'thermostat-stuck', below('temperature', 2), 2],
    ['disinfection-cabinet', 'opened-early', points => points['door'] === 1 && (points['temperature'] ?? 0) > 110, 1.5],
    ['disinfection-cabinet', 'door-left-open', above('door', 0.5), 0.02],
    ['disinfection-cabinet', 'opened-hot', points => points['door'] === 1 && (points['temperature'] ?? 0) > 90, 1.5],
    ['disinfection-cabinet', 'started-wet', above('heating', 0), 0.2],
    ['fresh-keeping-cabinet', 'unplugged', below('power', 1), 0.02],
    ['fresh-keeping-cabinet', 'mixed-food', points => (points['raw'] ?? 0) > 0 && (points['cooked'] ?? 0) > 0, 0.02],
    ['fresh-keeping-cabinet', 'frosting', above('frost', 5), 5],
    ['freezer', 'frosting', above('frost', 5), 5],
    ['freezer', 'overload', above('temperature', -12), 1],
    ['vaccine-freezer', 'compressor-dead', above('temperature', -15), 8],
    ['dough-mixer', 'overload', above('current', 12), 0.02],
    ['dough-mixer', 'guard-open', points => points['guard'] === 1 && points['running'] === 1, 0.02],
    ['water-pump', 'bearing-wear', above('vibration', 1.8), 30],
    ['water-pump', 'pump-dead', below('pressure', 0.15), 0.2],
    ['water-pump', 'blocked', above('current', 9), 0.1],
    ['water-tank', 'leak', below('level', 1), 3],
    ['water-tank', 'valve-stuck-shut', below('level', 1), 8],
    ['water-tank', 'valve-stuck-open', above('level', 1.95), 2],
    ['water-tank', 'bottle-empty', below('chlorine', 0.3), 36],
    ['water-tank', 'overdose', above('chlorine', 2), 0.5],
    ['water-tank', 'dirty-water', above('turbidity', 1), 1],
    ['server-room', 'air-conditioner-dead', above('temperature', 27), 1.5],
    ['server-room', 'leak', above('leak', 0.5), 0.02],
    ['server-room', 'smoke', above('smoke', 0.5), 0.02],
    ['server-room', 'too-dry', below('humidity', 30), 6],
    ['gas-meter', 'balance-used-up', below('balance', 20), 0.02],
    ['gas-alarm', 'gas-leak', above('level', 10), 0.1],
    ['gas-alarm', 'zero-drift', above('level', 4), 2],
    ['hydrant', 'slow-leak', below('pressure', 0.1), 3],
    ['hydrant', 'valve-shut', below('pressure', 0.1), 0.2],
    ['hydrant', 'overpressure', above('pressure', 1), 0.5],
    ['extinguisher', 'slow-leak', below('pressure', 1), 5],
    ['extinguisher', 'discharged', below('pressure', 0.1), 0.1],
    ['extinguisher', 'overheated', above('temperature', 50), 3],
    ['room-thermometer', 'air-conditioner-dead', above('temperature', 24), 0.5],
  ]
  test.each(effects)('%s: %s', (type, fault, shows, within) => {
    const quiet = until(play(modelOf(type), { from: 10, hours: 0.5, stepSeconds: 20 }), shows, 10)
    expect(quiet, 'already there without the fault').toBe(Infinity)
    expect(
      until(play(modelOf(type), { from: 10, hours: within + 1, stepSeconds: 20, faults: [fault] }), shows, 10),
    ).toBeLessThanOrEqual(within)
  })

  test('a heater that is dead or weak never holds 120 °C, and its cycle is shown at once', () => {
    for (const fault of ['heater-dead', 'heater-weak']) {
      const moments = [...play(modelOf('disinfection-cabinet'), { from: 10, hours: 3, faults: [fault] })]
      expect(moments.some(moment => moment.points['heating'] === 1)).toBe(true)
      expect(Math.max(...moments.map(moment => moment.points['temperature'] ?? NaN))).toBeLessThan(120)
    }
  })

  test('a skipped disinfection leaves the school day without a cycle', () => {
    expect(until(play(modelOf('disinfection-cabinet'), { hours: 24, faults: ['cycle-skipped'] }), above('heating', 0))).toBe(
      Infinity,
    )
  })

  test('a forgotten dosing is never made up while it is forgotten, and is made up afterwards', () => {
    const forgotten = (hours: number) => (hours < 24 * 15 ? ['dosing-forgotten'] : [])
    const first = until(play(modelOf('water-tank'), { hours: 24 * 20, stepSeconds: 60, faults: forgotten }), above('dosing', 0))
    expect(first).toBeGreaterThan(24 * 15)
    expect(first).toBeLessThan(24 * 16.5)
  })

  test('a hung-up meter shows flow while its counter stands still', () => {
    const moments = [...play(modelOf('gas-meter'), { from: 10, hours: 1.5, faults: ['meter-hung-up'] })]
    expect(Math.min(...moments.map(moment => moment.points['flow'] ?? NaN))).toBeGreaterThan(1)
    expect(new Set(moments.map(moment => moment.points['total'])).size).toBe(1)
  })

  test('gas, lights and gate that are left on are seen at night', () => {
    const night = { from: 0.5, hours: 5 }
    expect(until(play(modelOf('gas-meter'), { ...night, faults: ['gas-leak'] }), above('flow', 0.5), 0.5)).toBeLessThan(0.1)
    expect(until(play(modelOf('gas-meter'), { ...night, faults: ['burner-left-on'] }), above('flow', 1), 0.5)).toBeLessThan(0.1)
    expect(
      until(play(modelOf('office-lights'), { ...night, faults: ['lights-left-on'] }), above('power', 1000), 0.5),
    ).toBeLessThan(0.1)
    expect(longest(play(modelOf('server-room'), { ...night, faults: ['door-left-open'] }), above('door', 0))).toBeGreaterThan(290)
    expect(until(play(modelOf('office-gate'), { ...night, faults: ['gate-left-open'] }), above('open', 0), 0.5)).toBeLessThan(0.1)
    for (const [fault, key] of [
      ['tap-left-running', 'water'],
      ['windows-left-open', 'windows'],
    ] as const)
      expect(until(play(modelOf('office-lights'), { ...night, faults: [fault] }), above(key, 0.05), 0.5)).toBeLessThan(0.1)
    for (const [fault, key, limit] of [
      ['windows-left-open', 'windows', 0],
      ['door-left-open', 'door', 0],
      ['valve-left-open', 'valve', 0],
      ['power-left-on', 'power', 1000],
    ] as const)
      expect(until(play(modelOf('kitchen-closing'), { ...night, faults: [fault] }), above(key, limit), 0.5)).toBeLessThan(0.1)
    expect(until(play(modelOf('office-gate'), { from: 7, hours: 5, faults: ['gate-not-opened'] }), above('open', 0), 7)).toBe(
      Infinity,
    )
  })

  test('what is mended recovers', () => {
    const mended = (hours: number) => (hours < 11 ? ['door-left-open'] : [])
    const moments = [...play(modelOf('fresh-keeping-cabinet'), { from: 10, hours: 3, faults: mended })]
    expect(moments.at(-1)?.points['temperature'] ?? NaN).toBeLessThan(8)
  })
})

describe('the recorded room', () => {
  test('plays the recorded values hour by hour from 2014-03-17', () => {
    const first = recordedAt(series, Date.UTC(2014, 2, 17, 10, 30)) ?? NaN
    const [moment] = [...play(modelOf('room-thermometer'), { from: 10, hours: 0.5 })].slice(-1)
    expect(moment?.points['temperature']).toBeCloseTo(((first - 32) * 5) / 9, 9)
  })

  test('has its first gap, of two hours, on the second day and none of more than a day within a fortnight', () => {
    const gaps: { from: number; hours: number }[] = []
    let since: number | undefined
    for (const { hours, points } of play(modelOf('room-thermometer'), { hours: 14 * 24, stepSeconds: 600 })) {
      if (points['temperature'] === undefined) since ??= hours
      else if (since !== undefined) {
        gaps.push({ from: since, hours: hours - since })
        since = undefined
      }
    }
    expect(gaps[0]?.from).toBeCloseTo(27, 1)
    expect(gaps[0]?.hours).toBeCloseTo(2, 1)
    expect(Math.max(...gaps.map(gap => gap.hours))).toBeLessThan(24)
  })
})
