import fc from 'fast-check'
import { get } from 'sparkplug-payload'
import { describe, expect, test } from 'vitest'
import type { Metric } from '../../protocols/mqtt/sparkplug/decode.ts'
import { decodePayload } from '../../protocols/mqtt/sparkplug/decode.ts'
import type { OutMetric } from '../../protocols/mqtt/sparkplug/encode.ts'
import { encodePayload } from '../../protocols/mqtt/sparkplug/encode.ts'
import { Fields, Writer } from '../../protocols/mqtt/sparkplug/protobuf.ts'
import { parseState } from '../../protocols/mqtt/sparkplug/state.ts'
import { parseTopic } from '../../protocols/mqtt/sparkplug/topic.ts'
import type { DataType } from '../../protocols/mqtt/sparkplug/value.ts'
import { dataTypes, meaningOf, trustOf } from '../../protocols/mqtt/sparkplug/value.ts'

/** The reference library of Eclipse Tahu: nobody here wrote it. */
const reference = get('spBv1.0')
if (!reference) throw new Error('The reference library does not know spBv1.0.')
type Reference = NonNullable<Parameters<typeof reference.encodePayload>[0]['metrics']>[number]

const decoded = (bytes: Uint8Array): readonly Metric[] => {
  const answer = decodePayload(bytes)
  if (!answer.ok) throw new Error(answer.fault.detail)
  return answer.value.metrics
}
/** What a metric of the reference means to us: a number, a text, or the code of the fault. */
const meaning = (type: DataType, value: unknown): unknown => {
  const bytes = reference.encodePayload({
    timestamp: 1,
    seq: 0,
    metrics: [{ name: 'm', type, value, timestamp: 1 } as Reference],
  })
  const [metric] = decoded(bytes)
  if (!metric?.wire) return 'nothing'
  const answer = meaningOf(metric.wire, type)
  return answer.ok ? answer.value : answer.fault.code
}

describe('a payload of the reference library', () => {
  test.each<[DataType, unknown, unknown]>([
    ['Int8', -128, -128],
    ['Int8', 127, 127],
    ['Int16', -32_768, -32_768],
    ['Int32', -2_147_483_648, -2_147_483_648],
    ['Int32', 2_147_483_647, 2_147_483_647],
    ['Int64', -1, -1],
    ['Int64', Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
    ['Int64', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    ['UInt8', 255, 255],
    ['UInt16', 65_535, 65_535],
    ['UInt32', 4_294_967_295, 4_294_967_295],
    ['UInt64', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    ['Float', 4.1, 4.1],
    ['Float', Number.NaN, Number.NaN],
    ['Double', -1e300, -1e300],
    ['Double', 0.1, 0.1],
    ['Boolean', true, 1],
    ['Boolean', false, 0],
    ['String', '开', '开'],
    ['Text', '', ''],
    ['UUID', 'c0ffee', 'c0ffee'],
    ['DateTime', 1_700_000_000_000, 1_700_000_000_000],
    ['Bytes', new Uint8Array([1, 2]), 'not-a-number'],
    ['File', new Uint8Array([1, 2]), 'not-a-number'],
    ['DataSet', { numOfColumns: 1, types: ['Int8'], columns: ['a'], rows: [[1], [2]] }, 'not-a-number'],
    ['Template', { isDefinition: true, metrics: [], parameters: [] }, 'not-a-number'],
  ])('%s %s is understood', (type, value, expected) => {
    expect(meaning(type, value)).toEqual(expected)
  })

  test('a 64-bit number that no double holds exactly is no value, on either side of nought', () => {
    for (const bits of [2n ** 53n + 1n, 2n ** 64n - 2n ** 53n - 5n, 2n ** 63n]) {
      const bytes = new Writer().bytes(2, new Writer().text(1, 'm').varint(4, 4).varint(11, bits).done()).done()
      const wire = decoded(bytes)[0]?.wire
      expect(wire && meaningOf(wire, 'Int64')).toMatchObject({ ok: false, fault: { code: 'not-a-number' } })
    }
  })

  test('flags, aliases, times, null and quality arrive', () => {
    const [metric, gone] = decoded(
      reference.encodePayload({
        timestamp: 5,
        seq: 255,
        metrics: [
          {
            name: 'a/b',
            alias: 7,
            timestamp: 1_700_000_000_123,
            type: 'Double',
            value: 1.5,
            isHistorical: true,
            properties: { engUnit: { type: 'String', value: '°C' }, Quality: { type: 'Int32', value: 500 } },
          },
          { name: 'gone', type: 'Int32', value: null },
        ],
      }),
    )
    expect(metric).toEqual({
      name: 'a/b',
      alias: 7n,
      timestamp: 1_700_000_000_123,
      type: 'Double',
      isHistorical: true,
      isNull: false,
      quality: 500,
      unit: '°C',
      wire: { in: 'double', number: 1.5 },
    })
    expect(gone).toMatchObject({ name: 'gone', isNull: true })
  })
})

const anyMetric: fc.Arbitrary<OutMetric> = fc
  .tuple(
    fc.record({
      name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
      alias: fc.integer({ min: 0, max: 0x7fffffff }),
      timestamp: fc.integer({ min: 0, max: 4e12 }),
      isHistorical: fc.boolean(),
    }),
    fc.oneof(
      fc.record({ type: fc.constant('Double' as const), value: fc.option(fc.double()) }),
      fc.record({ type: fc.constant('Float' as const), value: fc.float({ noNaN: true }) }),
      fc.record({ type: fc.constant('Int32' as const), value: fc.integer() }),
      fc.record({ type: fc.constantFrom('Int64' as const), value: fc.maxSafeInteger() }),
      fc.record({ type: fc.constant('UInt64' as const), value: fc.maxSafeNat() }),
      fc.record({ type: fc.constant('Boolean' as const), value: fc.option(fc.boolean()) }),
      fc.record({ type: fc.constant('String' as const), value: fc.string({ unit: 'grapheme' }) }),
    ),
  )
  .map(([head, value]) => ({ ...head, ...value }) as OutMetric)

describe('our own payloads', () => {
  test('say to the reference library what they say to us', () => {
    fc.assert(
      fc.property(fc.array(anyMetric, { maxLength: 8 }), fc.nat(255), (metrics, seq) => {
        const bytes = encodePayload({ timestamp: 1_700_000_000_000, seq, metrics })
        const theirs = reference.decodePayload(bytes)
        expect(Number(theirs.seq)).toBe(seq)
        expect(Number(theirs.timestamp)).toBe(1_700_000_000_000)
        expect(theirs.metrics?.length ?? 0).toBe(metrics.length)
        for (const [index, metric] of metrics.entries()) {
          const their = theirs.metrics?.[index]
          expect([their?.name, Number(their?.alias), their?.type]).toEqual([metric.name, metric.alias, metric.type])
          const value: unknown = their?.value
          const plain = typeof value === 'object' && value !== null ? Number(String(value)) : value
          if (metric.type === 'Float') expect(plain).toBe(Math.fround(metric.value ?? 0))
          // Where it cannot hold 64 bits it shows a number below nought as its two's complement.
          else if (metric.type === 'Int64') expect(plain).toBe(Number(BigInt.asUintN(64, BigInt(metric.value ?? 0))))
          else expect(plain).toEqual(metric.value)
        }
        const ours = decoded(bytes)
        expect(ours.map(({ name, isNull }) => [name, isNull])).toEqual(metrics.map(({ name, value }) => [name, value === null]))
      }),
      { numRuns: 300 },
    )
  })

  test('carry quality and unit as properties the reference library reads', () => {
    const bytes = encodePayload({
      timestamp: 1,
      seq: 0,
      metrics: [{ name: 't', timestamp: 1, type: 'Double', value: null, quality: 0, properties: { engUnit: '°C' } }],
    })
    expect(reference.decodePayload(bytes).metrics?.[0]).toMatchObject({
      value: null,
      properties: { Quality: { type: 'Int32', value: 0 }, engUnit: { type: 'String', value: '°C' } },
    })
  })
})

describe('hostile bytes', () => {
  const whole = encodePayload({
    timestamp: 1_700_000_000_000,
    seq: 3,
    metrics: [
      { name: 'temperature', alias: 1, timestamp: 1, type: 'Double', value: 4.1, quality: 192, properties: { engUnit: '°C' } },
      { name: 'door', alias: 2, timestamp: 1, type: 'Boolean', value: true },
    ],
  })

  test('are a field fault and never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        const answer = decodePayload(bytes)
        if (!answer.ok) expect(answer.fault.code).toBe('garbled')
      }),
      { numRuns: 2_000 },
    )
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const bytes = cut ? whole.slice(0, at) : whole.with(at, byte)
        const answer = decodePayload(bytes)
        for (const { wire, type } of answer.ok ? answer.value.metrics : []) if (wire && type) meaningOf(wire, type)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    ['a length beyond the end', [0x12, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['a varint that never ends', [0x08, ...Array<number>(11).fill(0xff)]],
    ['a varint of 65 bits', [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]],
    ['a group, long forbidden', [0x0b]],
    ['field nought', [0x00, 0x00]],
    ['a name that is no UTF-8', [0x12, 0x03, 0x0a, 0x01, 0xff]],
    ['a sequence number beyond 255', [0x18, 0x80, 0x02]],
    ['a compressed body', [0x22, 18, ...new TextEncoder().encode('SPBV1.0_COMPRESSED')]],
    ['half a double', [0x12, 0x03, 0x69, 0x00, 0x00]],
  ])('%s', (_, bytes) => {
    expect(decodePayload(Uint8Array.from(bytes))).toMatchObject({ ok: false, fault: { code: 'garbled' } })
  })

  test('a million empty metrics are refused before they fill the memory', () => {
    expect(decodePayload(new Uint8Array(40_002).fill(0x12).map((_, index) => (index % 2 === 0 ? 0x12 : 0)))).toMatchObject({
      ok: false,
    })
  })

  test('fields nobody knows are passed over', () => {
    const bytes = new Writer().text(90, 'x').double(91, 1).float(92, 1).varint(93, 1).varint(3, 9).done()
    expect(decodePayload(bytes)).toEqual({ ok: true, value: { seq: 9, metrics: [] } })
    const fields = new Fields(new Writer().varint(1, 2n ** 64n - 1n).done())
    fields.next()
    expect(fields.varint()).toBe(2n ** 64n - 1n)
  })

  test('a value of another kind than its type says is garbled, in every pair', () => {
    const wires = [
      { in: 'int', bits: 300n },
      { in: 'float', number: 1 },
      { in: 'double', number: 1 },
      { in: 'boolean', flag: true },
      { in: 'string', text: '1' },
      { in: 'other' },
    ] as const
    const home: Partial<Record<DataType, string>> = { Float: 'float', Double: 'double', Boolean: 'boolean', String: 'string' }
    for (const [type, where] of Object.entries(home) as [DataType, string][]) {
      for (const wire of wires) expect([type, wire.in, meaningOf(wire, type).ok]).toEqual([type, wire.in, wire.in === where])
    }
    expect(meaningOf({ in: 'int', bits: 300n }, 'UInt8')).toMatchObject({ ok: false, fault: { code: 'garbled' } })
    expect(meaningOf({ in: 'int', bits: 0xfbn }, 'Int8')).toEqual({ ok: true, value: -5 })
    expect(meaningOf({ in: 'int', bits: 0xffff_fffbn }, 'Int8')).toEqual({ ok: true, value: -5 })
    expect(meaningOf({ in: 'string', text: '1' }, 'Unknown')).toMatchObject({ ok: false, fault: { code: 'garbled' } })
    expect(dataTypes.filter(type => type.endsWith('Array')).every(type => !meaningOf({ in: 'other' }, type).ok)).toBe(true)
  })
})

test.each([
  [undefined, 'good'],
  [192, 'good'],
  [216, 'good'],
  [500, 'bad'],
  [0, 'bad'],
  [-1, 'bad'],
  [64, 'uncertain'],
  [7, 'bad'],
] as const)('quality %s is %s', (quality, trust) => {
  expect(trustOf(quality)).toBe(trust)
})

test.each([
  ['spBv1.0/g/NBIRTH/e', { kind: 'NBIRTH', node: { group: 'g', edge: 'e' } }],
  ['spBv1.0/g/DDATA/e/d', { kind: 'DDATA', node: { group: 'g', edge: 'e' }, device: 'd' }],
  ['spBv1.0/g/DDATA/e', undefined],
  ['spBv1.0/g/NDATA/e/d', undefined],
  ['spBv1.0/g/DDATA/e/d/f', undefined],
  ['spBv1.0/STATE/host', undefined],
  ['spAv1.0/g/NDATA/e', undefined],
  ['spBv1.0//NDATA/e', undefined],
])('topic %s', (topic, expected) => {
  expect(parseTopic(topic)).toEqual(expected)
})

test.each([
  ['spBv1.0/STATE/h', '{"online":true,"timestamp":5}', { host: 'h', online: true, timestamp: 5 }],
  ['spBv1.0/STATE/h', '{"online":false}', { host: 'h', online: false }],
  ['STATE/h', 'ONLINE', { host: 'h', online: true }],
  ['STATE/h', 'OFFLINE', { host: 'h', online: false }],
  ['STATE/h', 'maybe', undefined],
  ['spBv1.0/STATE/h', '{"online":"yes"}', undefined],
  ['spBv1.0/STATE/h', '7', undefined],
  ['spBv1.0/STATE/h/x', 'ONLINE', undefined],
  ['spBv1.0/STATE/h', ' '.repeat(2_000), undefined],
])('state %s %s', (topic, payload, expected) => {
  expect(parseState(topic, Buffer.from(payload))).toEqual(expected)
})
