import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { conversion, quantityOf, unitNames, unitsOf, unitSymbol } from '../../gateway/site/units.ts'

const convert = (value: number, from: string, to: string) => {
  const way = conversion(from, to)
  return way && value * way.scale + way.offset
}

describe('units', () => {
  const known: readonly [number, string, number, string][] = [
    [46.4, '°F', 8, '°C'],
    [-40, '°F', -40, '°C'],
    [0, 'K', -273.15, '°C'],
    [8, '°C', 46.4, '°F'],
    [1000, 'kPa', 1, 'MPa'],
    [12, 'bar', 1.2, 'MPa'],
    [250_000, 'Pa', 0.25, 'MPa'],
    [1500, 'L', 1.5, 'm³'],
    [100, 'L/min', 6, 'm³/h'],
    [0.35, 'kW', 350, 'W'],
    [1850, 'mm', 1.85, 'm'],
    [90, 'min', 1.5, 'h'],
  ]
  for (const [value, from, expected, to] of known) {
    test(`${value} ${from} are ${expected} ${to}`, () => {
      expect(convert(value, from, to)).toBeCloseTo(expected, 9)
    })
  }

  test('of one quantity lead there and back to the same number', () => {
    fc.assert(
      fc.property(fc.constantFrom(...unitNames), fc.double({ min: -1e6, max: 1e6, noNaN: true }), (from, value) => {
        for (const to of unitsOf(quantityOf(from) ?? 'count')) {
          const there = convert(value, from, to) ?? Number.NaN
          expect(Math.abs((convert(there, to, from) ?? Number.NaN) - value)).toBeLessThanOrEqual(
            1e-6 * Math.max(1, Math.abs(value)),
          )
        }
      }),
      { numRuns: 200 },
    )
  })

  test('of different quantities do not convert', () => {
    expect(conversion('°C', 'MPa')).toBeUndefined()
    expect(conversion('m³', 'm³/h')).toBeUndefined()
  })

  test('are known by the spellings of manuals', () => {
    expect(['℃', 'degC', 'm3/h', 'Mpa', 'furlong'].map(unitSymbol)).toEqual(['°C', '°C', 'm³/h', 'MPa', undefined])
  })
})
