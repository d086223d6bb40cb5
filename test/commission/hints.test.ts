import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitOf } from '../../gateway/commission/fitting.ts'
import { whatToTry } from '../../gateway/commission/hint-words.ts'
import { hintsFor } from '../../gateway/commission/hints.ts'
import type { TriedPoint, Variant } from '../../gateway/commission/tried.ts'
import { faultCodes } from '../../protocols/contract/fault.ts'

const point = (more: Partial<TriedPoint> = {}): TriedPoint => ({
  key: 'temperature',
  name: { zh: '温度', en: 'Temperature' },
  unit: '°C',
  decimals: 1,
  kind: 'measurement',
  range: { min: -2, max: 14 },
  plausible: { min: -60, max: 120 },
  labels: new Map(),
  settings: { register: 1, type: 'int16', scale: 0.1 },
  raw: '002a',
  roundTripMs: 1,
  ...more,
})
const damp = (more: Partial<TriedPoint> = {}): TriedPoint =>
  point({
    key: 'humidity',
    unit: '%RH',
    decimals: 0,
    range: { min: 0, max: 100 },
    plausible: { min: 0, max: 100 },
    settings: { register: 2, scale: 0.1 },
    ...more,
  })
const codes = (points: readonly TriedPoint[], variants: readonly Variant[] = []) =>
  hintsFor(points, variants).map(({ code }) => code)

describe('hints about equipment that is being connected', () => {
  test('are none where every value is to be expected', () => {
    expect(hintsFor([point({ value: 4.2 }), damp({ value: 51 })])).toEqual([])
  })

  test('know a cabinet that reads 45 °C and 5 % for two addresses that are swapped, and offer to turn them round', () => {
    const [hint, ...more] = hintsFor([point({ value: 45 }), damp({ value: 5 })])
    expect(more).toEqual([])
    expect(hint?.code).toBe('swapped')
    expect(hint?.change).toEqual([
      { point: 'temperature', settings: { register: 2 } },
      { point: 'humidity', settings: { register: 1 } },
    ])
    expect(hint?.gives).toEqual([
      { point: 'temperature', value: 5 },
      { point: 'humidity', value: 45 },
    ])
    expect(hint?.say.en).toContain('5.0 °C and 45 %RH')
    expect(hint?.say.zh).toContain('对调')
  })

  test('do not call a warm room and a damp one swapped where both fit as they are', () => {
    const room = { range: { min: 0, max: 40 } }
    expect(codes([point({ ...room, value: 35 }), damp({ value: 25 })])).toEqual([])
  })

  test('tell which byte order would fit, with what it really gave', () => {
    const float = point({ value: 1.6e-38, settings: { register: 0, type: 'float32' }, raw: '33334083' })
    const variants: readonly Variant[] = [
      { point: 'temperature', by: 'order', change: { order: 'CDAB' }, value: 4.1 },
      { point: 'temperature', by: 'order', change: { order: 'BADC' }, value: 4.2e-8 },
      { point: 'temperature', by: 'order', change: { order: 'DCBA' }, value: -1.4e30 },
    ]
    const [hint] = hintsFor([float], variants)
    expect(hint).toMatchObject({ code: 'order', change: [{ point: 'temperature', settings: { order: 'CDAB' } }] })
    expect(hint?.say.en).toBe('Byte order: CDAB gives 4.1 °C, ABCD gives 1.6e-38 °C.')
  })

  test('tell of a neighbour that fits, and of another table', () => {
    const refused = point({ settings: { register: 2 }, raw: '', fault: { code: 'no-such-address', detail: '' } })
    const found = hintsFor(
      [refused],
      [
        { point: 'temperature', by: 'register', change: { register: 1 }, value: 4.2 },
        { point: 'temperature', by: 'register', change: { register: 3 } },
        { point: 'temperature', by: 'table', change: { table: 'input' }, value: 5 },
      ],
    )
    expect(found.map(({ code }) => code)).toEqual(['address', 'table', 'no-answer'])
    expect(found[0]?.change).toEqual([{ point: 'temperature', settings: { register: 1 } }])
  })

  test('do not take a neighbour that is merely possible for the right one', () => {
    const odd = point({ value: 60 })
    expect(codes([odd], [{ point: 'temperature', by: 'register', change: { register: 2 }, value: 51 }])).not.toContain('address')
  })

  test('divide by ten what is ten times too much, in the arithmetic of people', () => {
    const [hint] = hintsFor([point({ value: 42, settings: { register: 1, scale: 0.1 } })])
    // 42 °C with a scale at work already may also be Fahrenheit.
    expect(hint?.code).toBe('fahrenheit')
    const [plain] = hintsFor([point({ value: 420, settings: { register: 1 }, fault: { code: 'out-of-range', detail: '' } })])
    expect(plain).toMatchObject({ code: 'scale', change: [{ point: 'temperature', settings: { scale: 0.01 } }] })
    expect(hintsFor([point({ value: 42, settings: { register: 1 } })])[0]).toMatchObject({
      code: 'scale',
      change: [{ point: 'temperature', settings: { scale: 0.1 } }],
      gives: [{ point: 'temperature', value: 4.2 }],
    })
  })

  test('think of Fahrenheit: 39.2 °F is 4 °C', () => {
    const hint = hintsFor([point({ value: 39.2 })]).find(({ code }) => code === 'fahrenheit')
    expect(hint).toMatchObject({ change: [{ settings: { unit: '°F' } }], gives: [{ value: 4 }] })
  })

  test('take a cabinet as warm as its room for what it is', () => {
    expect(codes([point({ value: 22 })])).toEqual(['unusual'])
  })

  test('see a number below zero that was read without its sign', () => {
    const wrong = point({ value: 6551.1, raw: 'ffe7', settings: { register: 1, type: 'uint16', scale: 0.1 } })
    expect(hintsFor([{ ...wrong, fault: { code: 'out-of-range', detail: '' } }])[0]).toMatchObject({
      code: 'unsigned',
      change: [{ settings: { type: 'int16' } }],
      gives: [{ value: -2.5 }],
    })
  })

  test.each([
    ['8000', -3276.8],
    ['7fff', 3276.7],
  ])('know the bytes %s for "no sensor" and offer to say so', (raw, value) => {
    const [hint, ...more] = hintsFor([point({ raw, value, fault: { code: 'out-of-range', detail: '' } })])
    expect(more).toEqual([])
    expect(hint?.code).toBe('sentinel')
    expect(hint?.change?.[0]?.settings['sentinel']).toEqual([raw === '8000' ? -32768 : 32767])
  })

  test('look twice at a nought, and at a code nobody knows', () => {
    expect(codes([point({ value: 0, raw: '0000' })])).toEqual(['zero'])
    const door = point({ kind: 'contact', unit: '', labels: new Map([[0, { zh: '关', en: 'shut' }]]), value: 256 })
    expect(codes([door])).toEqual(['unknown-code'])
    expect(codes([{ ...door, value: 0 }])).toEqual([])
  })

  test('say what to try for every fault there is, in both languages', () => {
    for (const code of faultCodes) {
      const [hint] = hintsFor([point({ raw: '', fault: { code, detail: 'x' } })])
      expect(hint?.say.zh).toMatch(/[一-鿿]/)
      expect(hint?.say.en.length).toBeGreaterThan(20)
      expect(whatToTry[code].zh).toMatch(/。$/)
    }
  })

  test('never offer what fits no better than what there is, whatever was read', () => {
    const anything = fc.record({
      value: fc.double({ noNaN: true, noDefaultInfinity: true }),
      scale: fc.constantFrom(1, 0.1, 0.01),
      raw: fc.constantFrom('', '002a', 'ffff', '8000', '33334083'),
    })
    fc.assert(
      fc.property(anything, ({ value, scale, raw }) => {
        const one = point({ value, raw, settings: { register: 1, scale } })
        for (const hint of hintsFor([one]))
          for (const { value: would } of hint.gives ?? []) {
            expect(fitOf(would, one)).not.toBe('impossible')
            expect(fitOf(value, one)).not.toBe('expected')
          }
      }),
    )
  })
})
