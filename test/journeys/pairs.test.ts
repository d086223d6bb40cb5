import fc from 'fast-check'
import { expect, test } from 'vitest'
import { everyPair, everyRow, pairsOf } from './pairs.ts'

test('every value meets every other one, in no more rows than the two longest factors make, and some', () => {
  const values = fc.uniqueArray(fc.nat(20), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(fc.record({ a: values, b: values, c: values, d: values }), factors => {
      const all = new Set(everyRow(factors).flatMap(pairsOf))
      const rows = everyPair(factors)

      expect(new Set(rows.flatMap(pairsOf))).toEqual(all)
      const [longest = 0, next = 0] = Object.values(factors)
        .map(({ length }) => length)
        .toSorted((x, y) => y - x)
      expect(rows.length).toBeGreaterThanOrEqual(longest * next)
      expect(rows.length).toBeLessThanOrEqual(longest * next * 2)
      expect(rows.length).toBeLessThanOrEqual(everyRow(factors).length)
    }),
    { numRuns: 50 },
  )
})
