import { describe, expect, test } from 'vitest'
import { longest, modelOf, play } from './world.ts'

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

  test('the disinfection cabinet completes two cycles on a school day and none on Sunday, each hot for ten minutes and opened cool', () => {
    for (const [from, cycles] of [
      [0, 2],
      [6 * 24, 0],
    ] as const) {
      let hot = 0
      let held = 0
      let opened = 0
      let wasHot = false
      for (const { points } of play(modelOf('disinfection-cabinet'), { from, hours: 24, stepSeconds: 10 })) {
        const { temperature = NaN, door = NaN, heating } = points
        hot = temperature >= 120 && door === 0 ? hot + 10 : 0
        if (hot >= 600 && !wasHot) held++
        wasHot = hot >= 600
        if (door === 1) opened = Math.max(opened, temperature)
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
