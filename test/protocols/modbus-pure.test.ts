import { array, assert, boolean, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModbusPoint, Order, WordType } from '../../protocols/modbus/config.ts'
import { tables, widths } from '../../protocols/modbus/config.ts'
import { decode } from '../../protocols/modbus/decode.ts'
import { modbusTcp } from '../../protocols/modbus/driver.ts'
import { planReads, splitRead } from '../../protocols/modbus/plan.ts'
import { binding, point } from './kit.ts'

const at = (register: number, more: Partial<ModbusPoint> = {}): ModbusPoint => ({
  point: point(`p.r${register}${more.table ?? ''}${more.bit ?? ''}`),
  unit: 1,
  table: 'holding',
  register,
  width: widths[more.type ?? 'uint16'],
  type: 'uint16',
  bit: 0,
  order: 'ABCD',
  sentinels: [],
  scale: 1,
  offset: 0,
  ...more,
})
const limits = { gap: 10, most: 100, exact: false }
const spans = (points: ModbusPoint[], by = limits): string[] =>
  planReads(points, by).map(({ unit, table, start, quantity }) => `${unit} ${table} ${start}+${quantity}`)

describe('the plan of reads', () => {
  test.each([
    { name: 'neighbours are one read', points: [at(0), at(1)], reads: ['1 holding 0+2'] },
    { name: 'a gap up to the limit is read along', points: [at(0), at(11)], reads: ['1 holding 0+12'] },
    { name: 'a wider gap is not', points: [at(0), at(12)], reads: ['1 holding 0+1', '1 holding 12+1'] },
    {
      name: 'no read is longer than allowed',
      points: Array.from({ length: 101 }, (_, n) => at(n)),
      reads: ['1 holding 0+100', '1 holding 100+1'],
    },
    {
      name: 'a value is never cut in two',
      points: [...Array.from({ length: 99 }, (_, n) => at(n)), at(99, { type: 'float32', width: 2 })],
      reads: ['1 holding 0+99', '1 holding 99+2'],
    },
    {
      name: 'tables and units stay apart',
      points: [at(0), at(0, { table: 'input' }), at(1, { unit: 2 })],
      reads: ['1 holding 0+1', '1 input 0+1', '2 holding 1+1'],
    },
    {
      name: 'bits of one register are one read',
      points: [at(3, { type: 'bit', bit: 0 }), at(3, { type: 'bit', bit: 7 })],
      reads: ['1 holding 3+1'],
    },
  ])('$name', ({ points, reads }) => {
    expect(spans(points)).toEqual(reads)
  })

  test('an exact device gets exactly the spans of its values', () => {
    expect(
      spans([at(0), at(1), at(2, { type: 'bit', bit: 1 }), at(2, { type: 'bit', bit: 2 })], { ...limits, exact: true }),
    ).toEqual(['1 holding 0+1', '1 holding 1+1', '1 holding 2+1'])
  })

  const anyPoint = record({
    unit: integer({ min: 1, max: 3 }),
    table: constantFrom(...tables),
    register: integer({ min: 0, max: 65_532 }),
    wide: boolean(),
  }).map(({ unit, table, register, wide }) => {
    const bits = table === 'coil' || table === 'discrete'
    const type: WordType = bits ? 'bit' : wide ? 'float64' : 'uint16'
    return at(register, { unit, table, type, width: bits ? 1 : widths[type] })
  })
  const anyLimits = record({
    gap: integer({ min: 0, max: 124 }),
    most: integer({ min: 1, max: 125 }),
    exact: boolean(),
  })

  test('every plan is legal, covers every point once and reads no value in halves', () => {
    assert(
      property(array(anyPoint, { maxLength: 60 }), anyLimits, (points, by) => {
        const reads = planReads(points, by)
        expect(reads.flatMap(read => read.points).length).toBe(points.length)
        for (const read of reads) {
          const bits = read.table === 'coil' || read.table === 'discrete'
          expect(read.quantity).toBeGreaterThan(0)
          expect(read.quantity).toBeLessThanOrEqual(bits ? 2_000 : 125)
          expect(read.start + read.quantity).toBeLessThanOrEqual(65_536)
          for (const each of read.points) {
            expect(each.unit === read.unit && each.table === read.table).toBe(true)
            expect(each.register >= read.start && each.register + each.width <= read.start + read.quantity).toBe(true)
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  test('splitting loses no point and only ever narrows', () => {
    const [whole] = planReads([at(0), at(3), at(4), at(9)], limits)
    const halves = whole ? splitRead(whole) : []
    expect(halves.map(({ start, quantity, points }) => [start, quantity, points.length])).toEqual([
      [0, 4, 2],
      [4, 6, 2],
    ])
  })
})

describe('decoding', () => {
  const value = (hex: string, type: WordType, more: Partial<ModbusPoint> = {}): unknown => {
    const each = at(0, { type, width: widths[type], ...more })
    const answer = decode(
      each,
      { unit: 1, table: each.table, start: 0, quantity: each.width, points: [each] },
      Buffer.from(hex, 'hex'),
    )
    return answer.ok ? answer.value : answer.fault.code
  }

  test.each<[string, WordType, Order, unknown]>([
    ['ff33', 'int16', 'ABCD', -205],
    ['ff33', 'uint16', 'ABCD', 65_331],
    ['33ff', 'int16', 'BADC', -205],
    ['41ac0000', 'float32', 'ABCD', 21.5],
    ['000041ac', 'float32', 'CDAB', 21.5],
    ['ac410000', 'float32', 'BADC', 21.5],
    ['0000ac41', 'float32', 'DCBA', 21.5],
    ['40833333', 'float32', 'ABCD', 4.1],
    ['7fc00000', 'float32', 'ABCD', 'not-a-number'],
    ['7f800000', 'float32', 'ABCD', 'not-a-number'],
    ['fffffffe', 'int32', 'ABCD', -2],
    ['0001e240', 'uint32', 'ABCD', 123_456],
    ['e2400001', 'uint32', 'CDAB', 123_456],
    ['4035800000000000', 'float64', 'ABCD', 21.5],
    ['0000000000003540', 'float64', 'DCBA', 21],
    ['fffffffffffffffe', 'int64', 'ABCD', -2],
    ['e240000100000000', 'uint64', 'CDAB', 123_456],
    ['7fffffffffffffff', 'int64', 'ABCD', 'out-of-range'],
    ['41', 'float32', 'ABCD', 'garbled'],
  ])('%s as %s %s is %s', (hex, type, order, expected) => {
    expect(value(hex, type, { order })).toBe(expected)
  })

  test('one bit of a register, the lowest first', () => {
    expect([0, 1, 15].map(bit => value('8002', 'bit', { bit }))).toEqual([0, 1, 1])
  })

  test('a code for "no sensor" is known signed and unsigned, and before scaling', () => {
    expect(value('8000', 'int16', { sentinels: [32_768], scale: 0.1 })).toBe('sentinel')
    expect(value('8000', 'int16', { sentinels: [-32_768], scale: 0.1 })).toBe('sentinel')
    expect(value('ffff', 'uint16', { sentinels: [65_535] })).toBe('sentinel')
    expect(value('0001', 'int16', { sentinels: [65_537] })).toBe(1)
  })
})

describe('mistakes in the settings are told all at once', () => {
  const unit = { unit: 1 }
  test('each with its place and what to write', () => {
    const result = modbusTcp.prepare('bus', { prot: 502, every: '10', most: 200, framing: 'ascii' }, [
      binding('a.x', { registr: 1 }, unit),
      binding('a.y', { register: 70_000, type: 'int24' }, {}),
      binding('a.z', { table: 'coil', register: 0, type: 'float32' }, unit),
      binding('a.w', { register: 65_535, type: 'uint32', sentinel: ['none'], scale: 0 }, unit),
      binding('a.v', { register: 0, type: 'bit' }, { unit: 300 }),
    ])

    const places = result.ok
      ? []
      : result.problems.map(({ in: where, path }) => `${where === 'connection' ? '' : where.point}/${path.join('.')}`)
    expect(places.toSorted()).toEqual(
      [
        '/every',
        '/framing',
        '/host',
        '/most',
        '/prot',
        'a.v/bit',
        'a.v/unit',
        'a.w/register',
        'a.w/scale',
        'a.w/sentinel',
        'a.x/register',
        'a.x/registr',
        'a.y/register',
        'a.y/type',
        'a.y/unit',
        'a.z/type',
      ].toSorted(),
    )
    expect(
      result.ok ||
        result.problems.every(({ wrong, write }) => [wrong.zh, wrong.en, write.zh, write.en].every(words => words !== '')),
    ).toBe(true)
  })

  const taken = (first: Record<string, unknown>, second: Record<string, unknown>): string[] => {
    const result = modbusTcp.prepare('bus', { host: 'h' }, [binding('a.x', first, unit), binding('b.y', second, unit)])
    return result.ok
      ? []
      : result.problems.map(({ code, in: where }) => `${code} ${where === 'connection' ? where : where.point}`)
  }
  test('two points on one register of one unit are told at both', () => {
    const both = ['register-taken a.x', 'register-taken b.y']
    expect(taken({ register: 4 }, { register: 4 }).toSorted()).toEqual(both)
    expect(taken({ register: 4, type: 'float32' }, { register: 5 }).toSorted()).toEqual(both)
    expect(taken({ register: 4, type: 'bit', bit: 2 }, { register: 4, type: 'bit', bit: 2 }).toSorted()).toEqual(both)
    expect(taken({ register: 4 }, { register: 4, table: 'input' })).toEqual([])
    expect(taken({ register: 4, type: 'bit', bit: 1 }, { register: 4, type: 'bit', bit: 2 })).toEqual([])
    expect(taken({ register: 4 }, { register: 4, type: 'bit', bit: 2 })).toEqual([])
  })

  test('the plan can be shown before anything is opened', () => {
    const result = modbusTcp.prepare('bus', { host: 'h' }, [
      binding('a.x', { register: 0 }, unit),
      binding('a.y', { register: 3 }, unit),
    ])
    expect(result.ok && result.driver.plan?.()).toEqual([
      { device: 'unit 1', request: 'holding 0–3', points: ['a.x', 'a.y'], bytes: 29 },
    ])
  })
})
