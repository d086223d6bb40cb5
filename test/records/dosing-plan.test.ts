import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant, minutes } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { adviseDose, contactOf, flooredGrams, waterOf, weighDosing } from '../../gateway/records/dosing-plan.ts'
import type { DosingAim } from '../../gateway/records/dosing-plan.ts'

const at = instant(Date.UTC(2026, 8, 1))
const day = 86_400_000
const strength = { fresh: 0.65, madeOn: undefined, lossPerMonth: 0.05 }
const aim: DosingAim = { target: 0.5, demand: 1, strength, tolerance: 0.25, most: 2 }
const nothing = { volume: undefined, residual: undefined }
const tenCubic = waterOf({ volume: 10, residual: 0 }, nothing)
const ask = (more: Partial<Parameters<typeof adviseDose>[0]> = {}) =>
  adviseDose({ at, water: tenCubic, aim, product: '次氯酸钙', strength, last: undefined, ...more })
const weigh = (grams: number, more: Partial<Parameters<typeof weighDosing>[0]> = {}) =>
  weighDosing({ at, water: tenCubic, aim, strength, last: undefined, grams, ...more })

const positive = (max: number, min = 0.01) => fc.double({ min, max, noNaN: true })
const anyWater = fc.record({ volume: positive(500, 0.1), residual: fc.double({ min: 0, max: 3, noNaN: true }) })

describe('the advised dose', () => {
  test.each([
    // 10 m³, target 0.5 + demand 1: standards §1.6 has 53.6, 23.1, 26.8 and 16.7 g, rounded to one decimal.
    ['bleaching powder', 0.28, 53.57],
    ['hypochlorite', 0.65, 23.07],
    ['NaDCC', 0.56, 26.78],
    ['TCCA', 0.9, 16.66],
  ])('of %s is the textbook’s, never rounded up', (_, fresh, grams) => {
    expect(ask({ strength: { ...strength, fresh } })).toMatchObject({ ok: true, grams })
  })

  test('never brings the water above 2 mg/L, in neither of the volumes that are known', () => {
    fc.assert(
      fc.property(
        anyWater,
        fc.option(positive(500, 0.1), { nil: undefined }),
        positive(1, 0.05),
        fc.double({ min: 0, max: 2, noNaN: true }),
        (sensed, typed, fresh, target) => {
          const water = waterOf(sensed, { volume: typed, residual: undefined })
          const advice = ask({ water, aim: { ...aim, target }, strength: { ...strength, fresh } })
          if (!advice.ok) return
          for (const volume of [sensed.volume, typed ?? sensed.volume])
            expect(sensed.residual + (advice.grams * fresh) / volume).toBeLessThanOrEqual(2 + 1e-9)
        },
      ),
    )
  })

  test('is at most what was reckoned and less than a hundredth of a gram below', () => {
    fc.assert(
      fc.property(positive(5_000), grams => {
        expect(flooredGrams(grams)).toBeLessThanOrEqual(grams + 1e-7)
        expect(grams - flooredGrams(grams)).toBeLessThan(0.01 + 1e-7)
      }),
    )
    expect(flooredGrams(38.4)).toBe(38.4)
    expect(flooredGrams(0.29)).toBe(0.29)
  })

  test('does not trust a typed volume further than the sensor sees', () => {
    const water = waterOf({ volume: 5, residual: 0 }, { volume: 20, residual: undefined })
    expect(ask({ water })).toMatchObject({
      ok: false,
      problem: { zh: expect.stringContaining('液位计说 5 m³'), en: expect.stringContaining('level sensor says 5 m³') },
    })
    expect(ask({ water: waterOf({ volume: 18, residual: 0 }, { volume: 20, residual: 0 }) })).toMatchObject({ ok: true })
  })

  test('needs a second person from just above twice the last dose', () => {
    const last = (grams: number) => ({ at: instant(at - day), grams, product: '次氯酸钙' })
    expect(ask({ last: last(23.07 / 2) })).toMatchObject({ secondPerson: false })
    expect(ask({ last: last(23.06 / 2) })).toMatchObject({ secondPerson: true })
    expect(ask({ last: { at, grams: 23 } })).toMatchObject({ ok: true })
    expect(ask({ last: { at, grams: 23, product: '三氯' } })).toMatchObject({ ok: false })
  })

  test('says how it was reckoned, with and without a residual', () => {
    expect(ask({ water: waterOf({ volume: 10, residual: 0.25 }, nothing) })).toMatchObject({
      how: { zh: expect.stringContaining('0.5 + 1 − 0.25 = 1.25 mg/L'), en: expect.stringContaining('= 19.23 g (rounded down)') },
    })
    expect(ask({ water: waterOf({ volume: 10, residual: undefined }, nothing) })).toMatchObject({
      how: { zh: expect.stringContaining('目标 + 耗氯 = 0.5 + 1 = 1.5 mg/L') },
    })
  })

  test('is none without water', () => {
    expect(ask({ water: waterOf(nothing, nothing) })).toMatchObject({ ok: false })
  })
})

describe('the water that is known', () => {
  test('is what was typed before what was sensed, and says which', () => {
    expect(waterOf({ volume: 10, residual: 0.2 }, { volume: 12, residual: undefined })).toEqual({
      volume: { value: 12, from: 'typed' },
      residual: { value: 0.2, from: 'sensor' },
      sensed: 10,
    })
    expect(waterOf(nothing, nothing).volume).toEqual({ value: undefined, from: 'unknown' })
  })
})

describe('a dosing that was done', () => {
  test.each([
    [23, 'right'],
    [29, 'too-much'],
    [17, 'less'],
  ])('of %d g into ten cubic metres is %s', (grams, why) => {
    const tight = { ...aim, most: 1.85 }
    expect(weigh(grams, { aim: tight }).reckoned).toMatchObject({ why, dosedGrams: grams, requiredGrams: 23.08 })
  })

  test('is more than needed before it is too much', () => {
    expect(weigh(29.5).reckoned).toMatchObject({ why: 'more', whyZh: expect.stringContaining('投多了'), difference: 0.2783 })
  })

  test('into water nobody measured is unknown, and keeps the ceiling where the sensor knows', () => {
    expect(weigh(23, { water: waterOf(nothing, nothing) })).toMatchObject({
      peak: undefined,
      reckoned: { why: 'unknown', requiredGrams: null, difference: null },
    })
    const water = waterOf({ volume: 4, residual: 0 }, { volume: 20, residual: undefined })
    expect(weigh(23, { water })).toMatchObject({ reckoned: { why: 'too-much', sensedCubicMetres: 4 } })
  })

  test('into water that needed none has no difference to speak of', () => {
    expect(weigh(1, { water: waterOf({ volume: 10, residual: 1.6 }, nothing) }).reckoned).toMatchObject({
      requiredGrams: 0,
      difference: null,
      why: 'more',
    })
  })

  test('tells how long it was since the last', () => {
    const last = { at: instant(at - 9.5 * day), grams: 20 }
    expect(weigh(23, { last }).reckoned).toMatchObject({ lastAt: last.at, lastGrams: 20, daysSinceLast: 9.5 })
    expect(weigh(41, { last })).toMatchObject({ secondPerson: true })
    expect(weigh(40, { last })).toMatchObject({ secondPerson: false })
  })
})

describe('the water after a dosing', () => {
  const later = (by: number): Instant => instant(at + minutes(by))
  test.each([
    ['at once', 0, undefined, 'waiting'],
    ['a moment before half an hour', 29.99, { value: 0.5, at: later(29) }, 'waiting'],
    ['after half an hour', 30, undefined, 'measure'],
    ['when it was only measured too soon', 31, { value: 0.5, at: later(29) }, 'measure'],
    ['at 0.3 mg/L', 31, { value: 0.3, at: later(30) }, 'safe'],
    ['at 2 mg/L', 31, { value: 2, at: later(30) }, 'safe'],
    ['at 0.29 mg/L', 31, { value: 0.29, at: later(30) }, 'unsafe'],
    ['at 2.01 mg/L', 31, { value: 2.01, at: later(30) }, 'unsafe'],
  ] as const)('is, %s, %s', (_, now, measured, state) => {
    expect(contactOf(at, measured, later(now))).toMatchObject({ state, until: later(30) })
  })
})
