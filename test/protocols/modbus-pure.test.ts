import { array, assert, boolean, constantFrom, float, integer, nat, oneof, property, record, tuple, uint8Array } from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { fault } from '../../protocols/contract/fault.ts'
import { instant, millis, seconds } from '../../protocols/contract/time.ts'
import { shortestFloat, toValue } from '../../protocols/kit/number.ts'
import type { Order } from '../../protocols/kit/orders.ts'
import { longOrders, orders } from '../../protocols/kit/orders.ts'
import { readersOf } from '../../protocols/modbus/decode.ts'
import { modbusTcp } from '../../protocols/modbus/driver.ts'
import type { ReadFunction } from '../../protocols/modbus/frame.ts'
import { dataLength, encodeTcpRead, functionOf, judgeReply, takeTcpFrame } from '../../protocols/modbus/frame.ts'
import { OwedAnswers } from '../../protocols/modbus/owed.ts'
import { Library } from '../../protocols/modbus/library.ts'
import { findReply } from '../../protocols/modbus/rtu-frame.ts'
import type { PlanLimits } from '../../protocols/modbus/plan.ts'
import { planReads, splitRead } from '../../protocols/modbus/plan.ts'
import type { ModbusPoint } from '../../protocols/modbus/points.ts'
import type { Table, WordType } from '../../protocols/modbus/types.ts'
import { tables, widths } from '../../protocols/modbus/types.ts'
import { binding, point } from './kit.ts'
import { sealed } from './peers/serial-line.ts'

const at = (register: number, more: Partial<ModbusPoint> = {}): ModbusPoint => {
  const width = more.width ?? widths[more.type ?? 'uint16']
  return {
    point: point(`p.r${register}${more.table ?? ''}${more.bit ?? ''}`),
    unit: 1,
    table: 'holding',
    register,
    width,
    start: Math.min(register, more.decimals?.register ?? register),
    end: Math.max(register + width, (more.decimals?.register ?? -1) + 1),
    type: 'uint16',
    bit: 0,
    count: 1,
    order: 'ABCD',
    sentinels: [],
    scale: 1,
    offset: 0,
    ...more,
  }
}
const limits: PlanLimits = { gap: 10, most: 100, exact: false, forbidden: [] }
const spans = (points: ModbusPoint[], by = limits): string[] =>
  planReads(points, () => by).map(({ unit, table, start, quantity }) => `${unit} ${table} ${start}+${quantity}`)

describe('a request', () => {
  test('can only be one of the four reads: there is no other function to name', () => {
    expectTypeOf<ReadFunction>().toEqualTypeOf<1 | 2 | 3 | 4>()
    expect(Object.values(functionOf).toSorted()).toEqual([1, 2, 3, 4])
  })

  test('is laid out as the standard prints it', () => {
    const rtu = (unit: number, table: Table, start: number, quantity: number): string =>
      new Library().question({ unit, table, start, quantity }).toString('hex')
    expect([rtu(1, 'holding', 0, 2), rtu(1, 'input', 1, 2), rtu(1, 'holding', 2, 1)]).toEqual([
      '010300000002c40b',
      '010400010002200b',
      '01030002000125ca',
    ])
    expect(encodeTcpRead(0x1234, { unit: 17, table: 'discrete', start: 0xc4, quantity: 22 }).toString('hex')).toBe(
      '123400000006110200c40016',
    )
  })
})

describe('modbus-serial between our guards', () => {
  const library = new Library()
  const spanOf = record({
    unit: integer({ min: 1, max: 255 }),
    table: constantFrom<Table>('coil', 'discrete', 'holding', 'input'),
    start: integer({ min: 0, max: 65_000 }),
    quantity: integer({ min: 1, max: 125 }),
  })

  test('asks for exactly what is wanted, whatever was asked before', () => {
    assert(
      property(spanOf, span => {
        const { unit, table, start, quantity } = span
        const frame = sealed(unit, functionOf[table], start >> 8, start & 255, 0, quantity)
        expect(library.question(span).equals(frame)).toBe(true)
      }),
    )
  })

  test('gives back the bytes of a right answer, and the code of a refusal', () => {
    assert(
      property(spanOf, uint8Array({ minLength: 250, maxLength: 250 }), nat(255), (span, bytes, code) => {
        library.question(span)
        const data = bytes.subarray(0, dataLength(span))
        const said = library.answer(sealed(span.unit, functionOf[span.table], data.length, ...data))
        expect(said).toEqual({ kind: 'data', data: Buffer.from(data) })
        library.question(span)
        expect(library.answer(sealed(span.unit, functionOf[span.table] | 128, code))).toEqual({ kind: 'exception', code })
      }),
    )
  })

  test('what it does not take for an answer is a fault with its own words', () => {
    library.question({ unit: 1, table: 'holding', start: 0, quantity: 1 })
    const said = library.answer(sealed(1, 3, 4, 0, 1, 0, 2))
    expect(said.kind === 'fault' && said.fault).toEqual(fault('garbled', 'Garbled reply: Data length error, expected 7 got 9.'))
    expect(library.answer(Buffer.alloc(0)).kind).toBe('fault')
  })
})

describe('answers that a line still owes', () => {
  const span = { unit: 1, table: 'holding', start: 1, quantity: 1 } as const
  const at = instant(10_000)
  const [timeout, other] = [millis(100), { ...span, start: 0 }]

  test('make doubtful whatever has their shape, for three time-outs and at least half a second', () => {
    const owed = new OwedAnswers()
    owed.gaveUp(span, timeout, at)
    expect(owed.doubtUntil(other, at)).toBe(10_500)
    expect(owed.doubtUntil(span, at)).toBeUndefined()
    expect(owed.doubtUntil({ ...other, quantity: 2 }, at)).toBeUndefined()
    expect(owed.doubtUntil({ ...other, unit: 2 }, at)).toBeUndefined()
    expect(owed.doubtUntil(other, instant(10_500))).toBeUndefined()
    owed.gaveUp(span, seconds(1), at)
    expect(owed.doubtUntil(other, at)).toBe(13_000)
  })

  test('are no longer owed when they came, and the next is waited for twice as long as the latest took', () => {
    const owed = new OwedAnswers()
    owed.gaveUp(span, timeout, at)
    expect([owed.came(1, 3, 4, at), owed.came(2, 3, 2, at), owed.came(1, 4, 2, at)]).toEqual([false, false, false])
    expect(owed.expects(1, 0x83, 0)).toBe(true)
    expect(owed.came(1, 3, 2, instant(10_400))).toBe(true)
    expect(owed.doubtUntil(other, instant(10_400))).toBeUndefined()
    owed.gaveUp(span, timeout, at)
    expect(owed.doubtUntil(other, at)).toBe(10_800)
  })

  test('are owed on when the same was asked again and one answer came: nobody knows which', () => {
    const owed = new OwedAnswers()
    owed.gaveUp(span, timeout, at)
    owed.answered(other, timeout, instant(10_300), false)
    owed.answered(span, timeout, instant(10_300), false)
    expect(owed.doubtUntil(other, instant(10_600))).toBe(10_800)
    expect(owed.doubtUntil(other, instant(10_800))).toBeUndefined()
  })

  test('may have been refused in place of the one that is asked now, which is then owed too', () => {
    const owed = new OwedAnswers()
    owed.answered(span, timeout, at, true)
    expect(owed.any(at)).toBe(false)
    owed.gaveUp({ ...span, unit: 2 }, timeout, at)
    owed.answered(span, timeout, at, true)
    expect(owed.doubtUntil(other, at)).toBeUndefined()
    owed.gaveUp({ ...span, quantity: 9 }, timeout, at)
    owed.answered(span, timeout, instant(10_300), true)
    expect(owed.doubtUntil(other, instant(10_300))).toBe(10_800)
    expect([owed.any(instant(10_799)), owed.any(instant(10_800))]).toEqual([true, false])
  })
})

describe('what is heard on a serial line', () => {
  const span = { unit: 7, table: 'holding', start: 3, quantity: 6 } as const
  const sent = new Library().question(span)
  const data = array(integer({ min: 0, max: 255 }), { minLength: 12, maxLength: 12 })

  test('no answer with up to three bits flipped is ever data', () => {
    assert(
      property(data, array(nat(16 * 8 + 7), { minLength: 1, maxLength: 3 }), (bytes, flips) => {
        const frame = sealed(7, 3, 12, ...bytes)
        const heard = Buffer.from(frame)
        for (const flip of flips) heard[(flip >> 3) % heard.length] = (heard[(flip >> 3) % heard.length] ?? 0) ^ (1 << (flip & 7))
        const found = findReply(span, heard, sent)
        if (!heard.equals(frame)) expect(found.kind === 'reply' && found.body.length === 15).toBe(false)
      }),
      { numRuns: 3_000 },
    )
  })

  test('an answer behind any noise is found whole or not at all, however it is cut', () => {
    assert(
      property(uint8Array({ maxLength: 12 }), data, nat(40), (noise, bytes, cut) => {
        const frame = sealed(7, 3, 12, ...bytes)
        const heard = Buffer.concat([noise, frame])
        const whole = findReply(span, heard, sent)
        if (whole.kind === 'reply') expect(whole.body.equals(frame.subarray(0, -2))).toBe(true)
        const part = findReply(span, heard.subarray(0, Math.min(cut, heard.length - 1)), sent)
        expect(part.kind).not.toBe('reply')
      }),
      { numRuns: 2_000 },
    )
  })

  test('bytes of chance are never data, neither here nor behind a TCP header', () => {
    assert(
      property(uint8Array({ maxLength: 300 }), bytes => {
        expect(findReply(span, Buffer.from(bytes), sent).kind).not.toBe('reply')
        const frame = takeTcpFrame(Buffer.from(bytes))
        if (frame.kind === 'frame') expect(judgeReply(span, frame.body).kind).not.toBe('data')
      }),
      { numRuns: 3_000 },
    )
  })
})

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
  }).map(by => ({ ...by, forbidden: [] }))

  test('every plan is legal, covers every point once and reads no value in halves', () => {
    assert(
      property(array(anyPoint, { maxLength: 60 }), anyLimits, (points, by) => {
        const reads = planReads(points, () => by)
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

  /** The fewest of all ways to cut the points, in the order of their addresses, into reads that are allowed. */
  function fewest(points: readonly ModbusPoint[], by: PlanLimits): number {
    const sorted = points.toSorted((a, b) => a.start - b.start || b.end - a.end)
    const allowed = (from: number, to: number): boolean => {
      const group = sorted.slice(from, to)
      const [start, end] = [Math.min(...group.map(p => p.start)), Math.max(...group.map(p => p.end))]
      const asked = new Set(group.flatMap(p => Array.from({ length: p.end - p.start }, (_, n) => p.start + n)))
      let gap = 0
      for (let address = start; address < end; address++) {
        if (by.forbidden.some(([low, high]) => address >= low && address <= high)) return false
        gap = asked.has(address) ? 0 : gap + 1
        if (gap > by.gap) return false
      }
      return group.length === 1 || end - start <= by.most || group.some(p => p.end - p.start === end - start)
    }
    const best = [0]
    for (let to = 1; to <= sorted.length; to++) {
      best[to] = Infinity
      for (let from = 0; from < to; from++)
        if (allowed(from, to)) best[to] = Math.min(best[to] ?? Infinity, (best[from] ?? Infinity) + 1)
    }
    return best[sorted.length] ?? 0
  }

  const closePoint = record({ register: integer({ min: 0, max: 40 }), wide: boolean() }).map(({ register, wide }) =>
    at(register, wide ? { type: 'float32', width: 2 } : {}),
  )
  const closeLimits = record({
    gap: integer({ min: 0, max: 6 }),
    most: integer({ min: 1, max: 12 }),
    forbidden: array(
      tuple(integer({ min: 0, max: 42 }), integer({ min: 0, max: 3 })).map(([from, more]) => [from, from + more] as const),
      { maxLength: 3 },
    ),
  }).map(by => ({ ...by, exact: false }))

  test('no plan has more reads than the best there is, and none touches a forbidden address', () => {
    assert(
      property(array(closePoint, { maxLength: 12 }), closeLimits, (any, by) => {
        const points = any.filter(p => !by.forbidden.some(([from, to]) => p.start <= to && p.end > from))
        const reads = planReads(points, () => by)
        expect(
          reads
            .flatMap(read => read.points)
            .toSorted((a, b) => a.start - b.start)
            .map(p => p.start),
        ).toEqual(points.map(p => p.start).toSorted((a, b) => a - b))
        for (const { start, quantity } of reads)
          for (const [from, to] of by.forbidden) expect(start <= to && start + quantity > from).toBe(false)
        expect(reads.length).toBe(fewest(points, by))
      }),
      { numRuns: 1_000 },
    )
  })

  test('a value and the register of its decimals are one read', () => {
    expect(spans([at(4, { decimals: { register: 0, highByte: false } }), at(9)], { ...limits, gap: 0 })).toEqual([
      '1 holding 0+5',
      '1 holding 9+1',
    ])
  })

  test('what was learned is kept to: nobody reads over a refused address or across a cut', () => {
    const points = [at(0), at(1), at(2), at(3), at(4)]
    expect(spans(points, { ...limits, alone: p => p.register === 2 })).toEqual([
      '1 holding 0+2',
      '1 holding 2+1',
      '1 holding 3+2',
    ])
    expect(spans(points, { ...limits, cuts: () => [3] })).toEqual(['1 holding 0+3', '1 holding 3+2'])
  })

  test('splitting loses no point and only ever narrows', () => {
    const [whole] = planReads([at(0), at(3), at(4), at(9)], () => limits)
    const halves = whole && splitRead(whole)
    expect(halves?.map(({ start, quantity, points }) => [start, quantity, points.length])).toEqual([
      [0, 4, 2],
      [4, 6, 2],
    ])
  })
})

describe('decoding', () => {
  const value = (hex: string, type: WordType, more: Partial<ModbusPoint> = {}): unknown => {
    const each = at(0, { type, width: widths[type], ...more })
    const [reader] = readersOf({ unit: 1, table: each.table, start: 0, quantity: each.end, points: [each] })
    const answer = reader?.read(Buffer.from(hex, 'hex'))
    return typeof answer === 'number' ? answer : answer?.code
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
    ['4b3c6156', 'float32', 'ABCD', 12_345_686],
    ['0000c841', 'float32', 'DCBA', 25],
    ['1234', 'bcd16', 'ABCD', 1_234],
    ['3412', 'bcd16', 'BADC', 1_234],
    ['12345678', 'bcd32', 'ABCD', 12_345_678],
    ['56781234', 'bcd32', 'CDAB', 12_345_678],
    ['0000123456789012', 'bcd64', 'ABCD', 123_456_789_012],
    ['9999999999999999', 'bcd64', 'ABCD', 'out-of-range'],
    ['123a', 'bcd16', 'ABCD', 'not-a-number'],
    ['4035800000000000', 'float64', 'ABCDEFGH', 21.5],
    ['0000000000004035', 'float64', 'GHEFCDAB', 21],
    ['3540000000000000', 'float64', 'BADCFEHG', 21],
    ['0000403500000000', 'float64', 'CDABGHEF', 21],
    ['0000000040358000', 'float64', 'EFGHABCD', 21.5],
    ['0080354000000000', 'float64', 'DCBAHGFE', 21.5],
    ['0000000035400080', 'float64', 'FEHGBADC', 21.5],
  ])('%s as %s %s is %s', (hex, type, order, expected) => {
    expect(value(hex, type, { order })).toBe(expected)
  })

  test.each([...orders.map(order => [4, order] as const), ...longOrders.map(order => [8, order] as const)])(
    '%i bytes in the order %s are read as the letters say',
    (length, order) => {
      assert(
        property(uint8Array({ minLength: length, maxLength: length }), bytes => {
          const wire = [...order].map(letter => bytes[letter.charCodeAt(0) - 65] ?? 0)
          const told = value(Buffer.from(wire).toString('hex'), length === 4 ? 'uint32' : 'uint64', { order })
          const meant = Buffer.from(bytes).readBigUInt64BE.bind(Buffer.concat([Buffer.alloc(8 - length), bytes]))(0)
          expect(told).toBe(meant > Number.MAX_SAFE_INTEGER ? 'out-of-range' : Number(meant))
        }),
      )
    },
  )

  test('several bits are a number of their own', () => {
    expect(value('a5c3', 'bits', { bit: 8, count: 8 })).toBe(0xa5)
    expect(value('a5c3', 'bits', { bit: 0, count: 4 })).toBe(3)
    expect(value('c3a5', 'bits', { bit: 0, count: 16, order: 'BADC' })).toBe(0xa5c3)
  })

  test('a text is what the map says, or its digits, and nothing else is a number', () => {
    const map = new Map([
      ['OK', 0],
      ['FAIL', 1],
    ])
    const told = (text: string, more: Partial<ModbusPoint> = {}): unknown =>
      value(Buffer.from(text.padEnd(8, '\0')).toString('hex'), 'string', { width: 4, ...more })
    expect([told('OK', { map }), told('FAIL  ', { map }), told('HOT', { map })]).toEqual([0, 1, 'not-a-number'])
    expect([told('21.5'), told(' -3 '), told('12a'), told('')]).toEqual([21.5, -3, 'not-a-number', 'not-a-number'])
    expect(told('12.5', { order: 'BADC' })).toBe('not-a-number')
    expect(told('21', { order: 'BADC' })).toBe(12)
  })

  test('a register beside the value says its decimals, before it or behind it', () => {
    const behind = at(0, { type: 'int16', decimals: { register: 1, highByte: false } })
    const before = at(1, { type: 'int16', decimals: { register: 0, highByte: true } })
    const told = (point: ModbusPoint, hex: string): unknown => {
      const [reader] = readersOf({ unit: 1, table: 'holding', start: point.start, quantity: 2, points: [point] })
      const answer = reader?.read(Buffer.from(hex, 'hex'))
      return typeof answer === 'number' ? answer : answer?.code
    }
    expect([told(behind, 'ff330001'), told(behind, '04d20003'), told(behind, '04d20000')]).toEqual([-20.5, 1.234, 1_234])
    expect([told(behind, '04d200ff'), told(before, '020104d2'), told(before, '630104d2')]).toEqual([
      'not-a-number',
      12.34,
      'not-a-number',
    ])
  })

  test('scaling by hand gives what the kit gives', () => {
    const numbers = oneof(integer({ min: -70_000, max: 70_000 }), float({ noDefaultInfinity: true, noNaN: true }))
    assert(
      property(numbers, constantFrom(1, 0.1, 0.01, 0.001, 0.5, -0.1, 10, 1 / 3), boolean(), (raw, scale, narrow) => {
        const scaling = { scale, offset: 0, ...(narrow && { plausible: { min: -50, max: 150 } }) }
        const whole = Number.isInteger(raw) && Math.abs(raw) < 2 ** 31
        const bytes = Buffer.alloc(4)
        if (whole) bytes.writeInt32BE(raw)
        else bytes.writeFloatBE(raw)
        const kit = toValue(whole ? raw : shortestFloat(Math.fround(raw)), scaling)
        expect(value(bytes.toString('hex'), whole ? 'int32' : 'float32', scaling)).toBe(kit.ok ? kit.value : kit.fault.code)
      }),
      { numRuns: 500 },
    )
  })

  test('a float is told with the fewest digits that mean it', () => {
    assert(
      property(float({ noNaN: true }), any => {
        const told = shortestFloat(Math.fround(any))
        expect(Math.fround(told) === Math.fround(any)).toBe(true)
        const digits = [6, 7, 8, 9].find(each => Math.fround(Number(Math.fround(any).toPrecision(each))) === Math.fround(any))
        if (Number.isFinite(any)) expect(told === Number(Math.fround(any).toPrecision(digits ?? 9))).toBe(true)
      }),
      { numRuns: 2_000 },
    )
    expect([4.1, 21.5, -0.1, 1013.25, 0, 1.6e-38].map(number => shortestFloat(Math.fround(number)))).toEqual([
      4.1, 21.5, -0.1, 1013.25, 0, 1.6e-38,
    ])
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
