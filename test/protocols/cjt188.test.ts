import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Cjt188Ask, Cjt188Frame } from '../../protocols/meters/cjt188.ts'
import { anyAddress, anyType, askCjt188, cutCjt188, encodeCjt188, judgeCjt188 } from '../../protocols/meters/cjt188.ts'
import { leastNow, namedCjt188 } from '../../protocols/meters/cjt188-data.ts'
import { decodeField } from '../../protocols/meters/field.ts'
import { FrameFinder } from '../../protocols/kit/frame-finder.ts'
import { Cjt188Meter } from '../../simulators/servers/cjt188-meter.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const hex = (raw: Uint8Array): string =>
  Buffer.from(raw)
    .toString('hex')
    .toUpperCase()
    .replaceAll(/..(?!$)/g, '$& ')
const framesIn = (raw: Uint8Array): readonly Cjt188Frame[] => {
  const finder = new FrameFinder(cutCjt188)
  return [...finder.take(raw), ...finder.silent()]
}
const gas = (order: 'le' | 'be', serial = 1): Cjt188Ask => ({
  ask: 'read',
  type: 0x30,
  address: '00000000000001',
  di: 0x901f,
  order,
  serial,
})

describe('a CJ/T 188 question', () => {
  test('is written as in the vectors', () => {
    expect(hex(encodeCjt188(gas('le')))).toBe('68 30 01 00 00 00 00 00 00 01 03 1F 90 01 4D 16')
    expect(hex(encodeCjt188(gas('be')))).toBe('68 30 01 00 00 00 00 00 00 01 03 90 1F 01 4D 16')
    expect(hex(encodeCjt188({ ask: 'address', type: anyType, order: 'le', serial: 1 }))).toBe(
      '68 AA AA AA AA AA AA AA AA 03 03 0A 81 01 4A 16',
    )
    const printed: Cjt188Ask = { ask: 'read', type: 0x10, address: '78330011223344', di: 0x901f, order: 'le', serial: 0 }
    expect(hex(encodeCjt188(printed))).toBe('68 10 44 33 22 11 00 33 78 01 03 1F 90 00 80 16')
  })

  test('can only read: there is no word for writing, for setting an address or for moving a valve', () => {
    expectTypeOf<Cjt188Ask['ask']>().toEqualTypeOf<'read' | 'address'>()
    fc.assert(
      fc.property(
        fc.constantFrom<Cjt188Ask['ask']>('read', 'address'),
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 0, max: 99_999_999_999_999 }),
        fc.integer({ min: 0, max: 0xffff }),
        fc.constantFrom('le', 'be'),
        fc.integer({ min: 0, max: 1_000 }),
        (ask, type, number, di, order, serial) => {
          const raw = encodeCjt188({ ask, type, address: String(number).padStart(14, '0'), di, order, serial })
          expect([0x01, 0x03]).toContain(raw[9])
          expect(raw).toHaveLength(16)
        },
      ),
    )
  })
})

describe('CJ/T 188 frames in a stream', () => {
  const reply = '68 10 44 33 22 11 00 33 78 81 16 1F 90 00 00 77 66 55 2C 00 77 66 55 2C 31 01 22 11 05 15 20 21 84'

  test('the reply that is printed everywhere is refused for its checksum, and read once that is right', () => {
    expect(framesIn(bytes(`${reply} 08 16`))).toEqual([])
    const [frame] = framesIn(bytes(`FE FE ${reply} 13 16`))
    expect(frame).toMatchObject({ type: 0x10, address: '78330011223344', control: 0x81 })
    const ask: Cjt188Ask = { ask: 'read', type: 0x10, address: '78330011223344', di: 0x901f, order: 'le', serial: 0 }
    const judged = frame && judgeCjt188(ask, frame)
    if (judged?.kind !== 'data') throw new Error('no data')
    const total = namedCjt188('cold-water', 'standard').get('total')
    expect(total && decodeField(total.field, judged.data)).toEqual({ ok: true, value: 556_677 })
  })

  test('a frame is found whatever stands around it and however it is cut', () => {
    const frame = bytes(`${reply} 13 16`)
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 20 }).filter(noise => !noise.includes(0x68)),
        fc.uint8Array({ maxLength: 20 }).filter(noise => !noise.includes(0x68)),
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 6 }),
        (before, after, cuts) => {
          const all = Uint8Array.of(...before, ...frame, ...after)
          const finder = new FrameFinder(cutCjt188)
          const found: Cjt188Frame[] = []
          let at = 0
          for (const cut of cuts) found.push(...finder.take(all.subarray(at, (at += cut))))
          found.push(...finder.take(all.subarray(at)), ...finder.silent())
          expect(found.map(({ address }) => address)).toEqual(['78330011223344'])
        },
      ),
    )
  })

  test('two frames in one piece are two, and a false beginning gives way when the line falls silent', () => {
    const frame = bytes(`${reply} 13 16`)
    expect(framesIn(Uint8Array.of(...frame, 0xfe, 0xfe, ...frame))).toHaveLength(2)
    const finder = new FrameFinder(cutCjt188)
    // 68 and enough behind it to ask for two hundred bytes more.
    const falsely = Uint8Array.of(0x68, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200, ...frame)
    expect(finder.take(falsely)).toEqual([])
    expect(finder.silent()).toHaveLength(1)
  })

  test('nothing but bytes that add up is a frame', () => {
    const frame = bytes(`${reply} 13 16`)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: frame.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const found = framesIn(frame.with(at, ((frame[at] ?? 0) + by) & 255))
        // A change of the length may leave a shorter frame whose bytes happen to add up; never this one with another byte in it.
        expect(found.filter(({ data }) => data.length === 22)).toEqual([])
      }),
    )
  })

  test('a thousand frames in one piece are a thousand', () => {
    const frame = bytes(`${reply} 13 16`)
    expect(framesIn(Buffer.concat(Array.from({ length: 1_000 }, () => frame)))).toHaveLength(1_000)
  })

  test('no more is kept than an answer can be long', () => {
    const finder = new FrameFinder(cutCjt188)
    for (let at = 0; at < 100; at++) finder.take(new Uint8Array(1_000).fill(0x68))
    expect(finder.waiting).toBeLessThan(214)
  })
})

describe('an answer', () => {
  const ask = gas('le', 7)
  const frame = (over: Partial<Cjt188Frame> = {}): Cjt188Frame => ({
    type: 0x30,
    address: '00000000000001',
    control: 0x81,
    data: Uint8Array.of(0x1f, 0x90, 7, 1, 2, 3),
    ...over,
  })

  test.each([
    ['fits in everything', frame(), 'data'],
    ['is our own question', frame({ control: 0x01 }), 'echo'],
    ['comes from another meter', frame({ address: '00000000000002' }), 'other'],
    ['comes from another kind of meter', frame({ type: 0x10 }), 'other'],
    ['is to another function', frame({ control: 0x83 }), 'other'],
    ['confirms a write', frame({ control: 0x84 }), 'other'],
    ['is an error', frame({ control: 0xc1, data: Uint8Array.of(7, 2) }), 'refused'],
    ['is an error without a word', frame({ control: 0xc1, data: new Uint8Array() }), 'refused'],
    ['has the identifier the other way round', frame({ data: Uint8Array.of(0x90, 0x1f, 7, 1) }), 'other'],
    ['has another identifier', frame({ data: Uint8Array.of(0x20, 0xd1, 7, 1) }), 'other'],
    ['has the number of an earlier question', frame({ data: Uint8Array.of(0x1f, 0x90, 6, 1) }), 'other'],
    ['ends before its number', frame({ data: Uint8Array.of(0x1f, 0x90) }), 'other'],
    ['says that more follows', frame({ control: 0xa1 }), 'data'],
  ] as const)('that %s', (_what, given, kind) => {
    expect(judgeCjt188(ask, given).kind).toBe(kind)
  })

  test('to a call fits whoever answers, and carries who it is', () => {
    const call: Cjt188Ask = { ask: 'address', type: anyType, order: 'le', serial: 1 }
    const answer = frame({ control: 0x83, data: Uint8Array.of(0x0a, 0x81, 1), type: 0x10, address: '12345678901234' })
    expect(askCjt188(call).judge(answer).kind).toBe('data')
    expect(askCjt188({ ...call, type: 0x30 }).judge(answer).kind).toBe('other')
    expect(judgeCjt188({ ...ask, address: anyAddress } as Cjt188Ask, frame({ address: '99999999999999' })).kind).toBe('data')
  })
})

describe('what a meter says of itself', () => {
  const said = (settings: Partial<ConstructorParameters<typeof Cjt188Meter>[0]>, type = 0x30) => {
    const meter = new Cjt188Meter({ type, address: '00000000000001', total: () => 0, ...settings })
    const ask = { ...gas('le'), type } as Cjt188Ask
    const frame = framesIn(meter.answer(Buffer.from(encodeCjt188(ask))) ?? new Uint8Array())[0]
    const judged = frame && judgeCjt188(ask, frame)
    if (judged?.kind !== 'data') throw new Error(`no data: ${JSON.stringify(judged)}`)
    return judged.data
  }
  const value = (name: string, data: Uint8Array, kind: 'gas' | 'heat' = 'gas', form: 'standard' | 'pair' = 'standard') => {
    const named = namedCjt188(kind, form).get(name)
    return named && decodeField(named.field, data)
  }

  test('is the same number whatever unit it counts in, litres and tens of cubic metres included', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999 }), fc.constantFrom(0x29, 0x2a, 0x2b, 0x2c, 0x2d), (count, unit) => {
        const size = { 0x29: 0.001, 0x2a: 0.01, 0x2b: 0.1, 0x2c: 1, 0x2d: 10 }[unit] ?? 1
        const data = said({ total: () => count * size, unit })
        const answer = value('total', data)
        if (!answer?.ok) throw new Error(JSON.stringify(answer))
        expect(answer.value).toBeCloseTo(count * size, 8)
      }),
    )
  })

  test('is nothing where its unit is not known or is of something else', () => {
    const data = said({ total: () => 12.34 })
    const of = (unit: number) => value('total', data.with(4, unit))
    expect(of(0x2c)).toEqual({ ok: true, value: 12.34 })
    for (let unit = 0; unit < 256; unit++) {
      const isVolume = [0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e].includes(unit)
      const answer = of(unit)
      expect(answer?.ok).toBe(isVolume)
      if (answer && !answer.ok) expect(answer.fault.code).toBe('garbled')
    }
  })

  test('is read from every field of a heat meter', () => {
    const data = said({ total: () => 4_321.5, settlement: () => 4_000 }, 0x20)
    expect(data).toHaveLength(leastNow('heat'))
    const shown = ['total', 'settlement', 'power', 'flow', 'volume', 'supply', 'return', 'hours', 'status'].map(name => {
      const answer = value(name, data, 'heat')
      return answer?.ok ? answer.value : answer?.fault.code
    })
    expect(shown).toEqual([4_321.5, 4_000, 12.34, 0.5678, 999, 65.43, 43.21, 777, 0])
  })

  test('of a real heat meter whose maker writes the unit in front is read so where it is written, and else not at all', () => {
    // Printed with its values by those who met it: 0.02 MWh, 10.34 m³, 25.35 °C and 25.66 °C; its checksum is right.
    const reply =
      'FE FE FE FE 68 20 32 41 31 40 00 00 00 81 2E 90 1F 01 08 02 00 00 00 08 02 00 00 00 17 00 00 00 00 35 00 00 00 00 ' +
      '2C 34 10 00 00 35 25 00 66 25 00 00 00 00 53 00 12 10 07 15 20 00 00 31 16'
    const [frame] = framesIn(bytes(reply))
    const ask: Cjt188Ask = { ask: 'read', type: 0x20, address: '00000040314132', di: 0x901f, order: 'be', serial: 1 }
    const judged = frame && judgeCjt188(ask, frame)
    if (judged?.kind !== 'data') throw new Error('no data')
    const named = namedCjt188('heat', 'standard')
    const shown = (more: object) =>
      ['settlement', 'total', 'power', 'flow', 'volume', 'supply', 'return', 'hours', 'status'].map(name => {
        const answer = decodeField({ ...named.get(name)!.field, ...more }, judged.data)
        return answer.ok ? answer.value : answer.fault.code
      })
    expect(shown({ unitFirst: true })).toEqual([20, 20, 0, 0, 10.34, 25.35, 25.66, 0, 0])
    const faulty = 'garbled'
    expect(shown({})).toEqual([faulty, faulty, faulty, faulty, faulty, 25.35, 25.66, 0, 0])
    const volume = decodeField(named.get('volume')!.field, judged.data)
    expect(!volume.ok && volume.fault.detail).toContain('units: before')
  })

  test('is FF where there is no such value, and no number', () => {
    const data = said({}).fill(0xff, 0, 4)
    expect(value('total', data)).toMatchObject({ ok: false, fault: { code: 'sentinel' } })
    expect(value('total', data.with(0, 0x1a))).toMatchObject({ ok: false, fault: { code: 'garbled' } })
  })

  test('lies where it should or is not read', () => {
    const data = said({ total: () => 5 })
    expect(data).toHaveLength(leastNow('gas'))
    expect(value('battery', data.subarray(0, 17))).toMatchObject({ ok: false, fault: { code: 'garbled' } })
    expect(value('total', data.subarray(0, 4))).toMatchObject({ ok: false, fault: { code: 'garbled' } })
  })

  test('its status is shown raw, and its valve in the way its maker has chosen', () => {
    const data = said({ isValveClosed: () => true, isBatteryLow: () => true })
    const of = (name: string, form: 'standard' | 'pair' = 'standard') => {
      const answer = value(name, data, 'gas', form)
      return answer?.ok ? answer.value : answer
    }
    expect([of('status'), of('valve'), of('valve-fault'), of('battery')]).toEqual([5, 1, 0, 1])
    const moved = data.with(17, 0b10)
    expect(value('valve', moved, 'gas', 'pair')).toEqual({ ok: true, value: 2 })
    expect(value('valve', moved)).toEqual({ ok: true, value: 0 })
    expect(namedCjt188('gas', 'pair').has('valve-fault')).toBe(false)
  })
})
