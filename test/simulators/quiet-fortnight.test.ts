import { describe, expect, test } from 'vitest'
import { longest, modelOf, monday, play } from './world.ts'

type Points = Readonly<Record<string, number>>
const above = (key: string, limit: number) => (points: Points) => (points[key] ?? NaN) > limit
const below = (key: string, limit: number) => (points: Points) => (points[key] ?? NaN) < limit

/** The limits of the policy packs, with the minutes a breach may last before it is an alarm. */
const rules: readonly (readonly [type: string, rule: string, breaks: (points: Points) => boolean, minutes: number])[] = [
  ['fresh-keeping-cabinet', 'above 8 °C', above('temperature', 8), 20],
  ['fresh-keeping-cabinet', 'above 12 °C', above('temperature', 12), 5],
  ['fresh-keeping-cabinet', 'below 0 °C', below('temperature', 0), 20],
  ['fresh-keeping-cabinet', 'door open', above('door', 0.5), 10],
  ['freezer', 'above −12 °C', above('temperature', -12), 60],
  ['freezer', 'door open', above('door', 0.5), 10],
  ['vaccine-fridge', 'above 8 °C', above('temperature', 8), 10],
  ['vaccine-fridge', 'below 2 °C', below('temperature', 2), 10],
  ['vaccine-fridge', 'door open', above('door', 0.5), 5],
  ['fresh-keeping-cabinet', 'frost above 5 mm', above('frost', 5), 0],
  ['fresh-keeping-cabinet', 'raw and cooked together', points => points['raw'] !== 0 && points['cooked'] !== 0, 0],
  ['freezer', 'frost above 5 mm', above('frost', 5), 0],
  ['vaccine-freezer', 'above −15 °C', above('temperature', -15), 10],
  ['vaccine-freezer', 'door open', above('door', 0.5), 5],
  ['dough-mixer', 'above its rated 12 A', above('current', 12), 0],
  ['dough-mixer', 'runs with its guard open', points => points['guard'] === 1 && points['running'] === 1, 0],
  ['water-pump', 'vibration above 1.8 mm/s', above('vibration', 1.8), 0],
  ['water-pump', 'above its rated 9 A', above('current', 9), 0],
  ['water-pump', 'below 0.15 MPa', below('pressure', 0.15), 0],
  ['water-tank', 'chlorine below 0.3 mg/L', below('chlorine', 0.3), 30],
  ['water-tank', 'chlorine above 2 mg/L', above('chlorine', 2), 30],
  ['water-tank', 'turbidity above 1 NTU', above('turbidity', 1), 15],
  ['water-tank', 'pH below 6.5', below('ph', 6.5), 15],
  ['water-tank', 'pH above 8.5', above('ph', 8.5), 15],
  ['server-room', 'above 27 °C', above('temperature', 27), 5],
  ['server-room', 'below 18 °C', below('temperature', 18), 60],
  ['server-room', 'damper than 60 %RH', above('humidity', 60), 30],
  ['server-room', 'leak', above('leak', 0), 0],
  ['server-room', 'smoke', above('smoke', 0), 0],
  ['gas-alarm', '10 %LEL', above('level', 9.99), 0],
  ['hydrant', 'below 0.1 MPa', below('pressure', 0.1), 2],
  ['hydrant', 'above 1 MPa', above('pressure', 1), 5],
  ['extinguisher', 'below 1.0 MPa', below('pressure', 1), 30],
  ['extinguisher', 'above 1.4 MPa', above('pressure', 1.4), 30],
]

describe('a fortnight without a fault', () => {
  test.each(rules)('%s: never %s for longer than the pack allows', (type, _rule, breaks, minutes) => {
    for (const seed of [3, 11]) {
      const most = longest(play(modelOf(type), { seed, hours: 14 * 24 }), breaks)
      expect(most).toBeLessThanOrEqual(Math.max(0, minutes - 1))
    }
  })

  test('the tank is dosed at least every ten days', () => {
    const dosings: number[] = []
    let running = false
    for (const { hours, points } of play(modelOf('water-tank'), { hours: 35 * 24 })) {
      if (points['dosing'] === 1 && !running) dosings.push(hours)
      running = points['dosing'] === 1
    }
    expect(dosings.length).toBeGreaterThanOrEqual(3)
    for (const [index, at] of dosings.entries()) expect(at - (dosings[index - 1] ?? at)).toBeLessThanOrEqual(240)
  })

  test('each dosing is weighed for the water there is, told once with its own time, and signed for within the hour', () => {
    const dosings: { at: number; grams: number; asked: number }[] = []
    let before: Points = {}
    let signedFor = 0
    for (const { hours, points, state } of play(modelOf('water-tank'), { hours: 35 * 24 })) {
      if ((points['dosings'] ?? 0) > (before['dosings'] ?? Infinity)) {
        const asked = ((before['volume'] ?? NaN) * (1.5 - (before['chlorine'] ?? NaN))) / 0.65
        dosings.push({ at: hours, grams: points['dosed'] ?? NaN, asked })
        expect(modelOf('water-tank').taken?.(state)['dosed']).toBeCloseTo(monday + hours * 3_600_000, 0)
      }
      if ((points['signed'] ?? 0) > (before['signed'] ?? Infinity)) {
        signedFor++
        expect(hours - (dosings.at(-1)?.at ?? NaN)).toBeLessThan(1)
      }
      before = points
    }
    expect(signedFor).toBe(dosings.length)
    for (const { grams, asked } of dosings) expect(Math.abs(grams / asked - 1)).toBeLessThan(0.05)
  })

  /** Times (hours since Monday 00:00) at which a counter went up over a fortnight. */
  function events(type: string, key: string, seed: number, faults: readonly string[] = []): number[] {
    const seen: number[] = []
    let before = Infinity
    for (const { hours, points } of play(modelOf(type), { seed, hours: 14 * 24, faults })) {
      const count = points[key] ?? NaN
      if (count > before) seen.push(hours)
      before = count
    }
    return seen
  }
  const gapsOf = (times: readonly number[]) => times.slice(1).map((at, index) => at - (times[index] ?? at))

  test('the night route is walked at most two hours apart, key places one, the monitoring looked at four, day and night', () => {
    for (const seed of [3, 11, 29]) {
      const night = (at: number) => at % 24 >= 22 || at % 24 < 6
      const walked = (type: string) => events(type, 'visits', seed).filter(night)
      expect(Math.max(...gapsOf(walked('patrol-point')).filter(gap => gap < 12))).toBeLessThan(2)
      expect(Math.max(...gapsOf(walked('key-point')).filter(gap => gap < 12))).toBeLessThan(1)
      // From nightfall to the first and from the last to the morning as well, every night.
      expect(walked('patrol-point').filter(at => at % 24 >= 22 && at % 24 < 24)).toHaveLength(28)
      expect(walked('key-point').filter(at => at % 24 >= 22 && at % 24 < 22.5)).toHaveLength(14)
      expect(walked('key-point').filter(at => at % 24 >= 5 && at % 24 < 6)).toHaveLength(28)
      expect(Math.max(...gapsOf(events('monitoring-check', 'checks', seed)))).toBeLessThan(4)
    }
  })

  test('what is done once or twice a day is done every day, and not at all while it is forgotten', () => {
    for (const [type, key, times, fault] of [
      ['grid-round', 'rounds', 28, 'round-skipped'],
      ['vaccine-logbook', 'readings', 28, 'reading-skipped'],
      ['meal-card-backup', 'backups', 14, 'backup-failed'],
      ['kitchen-closing', 'checks', 10, 'check-skipped'],
    ] as const) {
      expect(events(type, key, 5), type).toHaveLength(times)
      expect(events(type, key, 5, [fault]), type).toEqual([])
    }
    const readings = events('vaccine-logbook', 'readings', 5)
    for (const [index, at] of readings.entries()) {
      expect(at % 24 >= (index % 2 ? 12 : 6) && at % 24 < (index % 2 ? 18 : 12)).toBe(true)
      if (index % 2) expect(at - (readings[index - 1] ?? at)).toBeGreaterThan(6)
    }
  })

  test('outside office and kitchen hours nothing burns, runs or stands open', () => {
    for (const { hours, points } of play(modelOf('office-lights'), { hours: 14 * 24, stepSeconds: 60 })) {
      if (hours % 24 >= 7.5 && hours % 24 <= 18) continue
      expect(points['power']).toBeLessThan(50)
      expect(points['water']).toBe(0)
      expect(points['windows']).toBe(0)
    }
    for (const { hours, points } of play(modelOf('kitchen-closing'), { hours: 14 * 24, stepSeconds: 60 })) {
      if (hours % 24 >= 5.5 && hours % 24 <= 19.5) continue
      expect(points).toMatchObject({ windows: 0, door: 0, valve: 0, power: 40 })
    }
  })

  test('the disinfection cabinet completes two cycles on a school day and none on Sunday, each hot for ten minutes and opened cool', () => {
    for (const [from, cycles] of [
      [0, 2],
      [6 * 24, 0],
    ] as const) {
      let hot = 0
      let held = 0
      let opened = 0
      let wasHot = false
      let shut = 0
      let wasHeating = false
      for (const { points } of play(modelOf('disinfection-cabinet'), { from, hours: 24, stepSeconds: 10 })) {
        const { temperature = NaN, door = NaN, heating } = points
        hot = temperature >= 120 && door === 0 ? hot + 10 : 0
        if (hot >= 600 && !wasHot) held++
        wasHot = hot >= 600
        if (door === 1) opened = Math.max(opened, temperature)
        if (door === 1) shut = 0
        else shut += 10
        // Loaded and dry for ten minutes before it is switched on.
        if (heating === 1 && !wasHeating) expect(shut).toBeGreaterThan(600)
        wasHeating = heating === 1
        if (temperature >= 120) expect(door).toBe(0)
        if (door === 1) expect(heating).toBe(0)
      }
      expect(held).toBe(cycles)
      expect(opened).toBeLessThan(50)
    }
  })

  test('no gas flows outside kitchen hours, and the counter never goes back', () => {
    let last = 0
    for (const { hours, points } of play(modelOf('gas-meter'), { hours: 14 * 24, stepSeconds: 60 })) {
      const { flow = NaN, total = NaN, balance = NaN } = points
      if (hours % 24 < 6 || hours % 24 > 18.5) expect(flow).toBe(0)
      expect(total).toBeGreaterThanOrEqual(last)
      expect(balance).toBeGreaterThan(100)
      last = total
    }
  })

  test('the gate is open from half past seven and locked by midnight', () => {
    for (const { hours, points } of play(modelOf('office-gate'), { hours: 14 * 24, stepSeconds: 60 })) {
      const hour = hours % 24
      if (hour >= 7.5 && hour < 23.85) expect(points['open']).toBe(1)
      if (hour > 0.01 && hour < 7.35) expect(points['open']).toBe(0)
    }
  })
})
