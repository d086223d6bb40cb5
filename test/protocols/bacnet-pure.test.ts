import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Patient } from '../../protocols/bacnet/advice.ts'
import { advise } from '../../protocols/bacnet/advice.ts'
import {
  keyOfProperty,
  readError,
  readIAm,
  readMultipleAck,
  readNotification,
  readPropertyAck,
} from '../../protocols/bacnet/answers.ts'
import { parseBacnet } from '../../protocols/bacnet/config.ts'
import { errorFault, flagsOf, judge, shown } from '../../protocols/bacnet/decode.ts'
import { loadSpeech } from '../../protocols/bacnet/encode.ts'
import { placeOf, readFrame, readHost, Segments } from '../../protocols/bacnet/frame.ts'
import {
  abortName,
  errorName,
  objectName,
  propertyName,
  readObject,
  readProperty,
  rejectName,
  reliabilityName,
} from '../../protocols/bacnet/names.ts'
import type { BacnetPoint } from '../../protocols/bacnet/points.ts'
import { labelOf } from '../../protocols/bacnet/points.ts'
import type { Value } from '../../protocols/bacnet/tags.ts'
import { Cursor, strictly } from '../../protocols/bacnet/tags.ts'
import { contradicts, unitOf } from '../../protocols/bacnet/units.ts'
import type { PreparedProblem } from '../../protocols/contract/driver.ts'
import type { FaultCode } from '../../protocols/contract/fault.ts'
import { binding, point } from './kit.ts'
import { bits, enumerated, flags, objectId, real, text, unsigned } from './peers/bacnet-device.ts'

const hex = (written: string): Buffer => Buffer.from(written.replaceAll(/\s+/g, ''), 'hex')
const valueOf = (bytes: Buffer) => strictly(() => new Cursor(bytes).value())
const plain = (bytes: Buffer) => {
  const read = valueOf(bytes)
  return read.ok ? { ...read.value, raw: undefined } : read.fault.code
}
const to = { host: '10.0.0.5', port: 47_808 }

/** Annex F of ASHRAE 135 shows whole messages, byte by byte. */
describe('the examples of the standard', () => {
  test('F.3.5: analog input 5 is 72.3, as ReadProperty brings it', () => {
    const read = readPropertyAck(hex('0C 00000005 19 55 3E 44 4290999A 3F'))
    expect(read).toMatchObject({
      ok: true,
      value: { object: { type: 0, instance: 5 }, property: 85, got: { values: [{ type: 'real', value: Math.fround(72.3) }] } },
    })
  })

  test('F.3.7: analog input 16 is 72.2 and reliable', () => {
    const read = readMultipleAck(hex('0C 00000010 1E 29 55 4E 44 42906666 4F 29 67 4E 91 00 4F 1F'))
    expect(read.ok && read.value.map(({ property, got }) => [property, 'values' in got && got.values.map(shown)])).toEqual([
      [85, [72.2]],
      [103, [0]],
    ])
  })

  test('F.3.7: of three inputs the one that does not exist has its own error', () => {
    const read = readMultipleAck(
      hex(`0C 00000021 1E 29 55 4E 44 42293333 4F 1F  0C 00000032 1E 29 55 5E 91 01 91 1F 5F 1F
           0C 00000023 1E 29 55 4E 44 43D9D99A 4F 1F`),
    )
    expect(
      read.ok &&
        read.value.map(({ object, got }) => [object.instance, 'values' in got ? got.values.map(shown) : errorName(got.error)]),
    ).toEqual([
      [33, [42.3]],
      [50, 'object: unknown-object'],
      [35, [435.7]],
    ])
  })

  test('F.1.3: device 4 tells that analog input 10 is 65.0 and nothing is wrong', () => {
    const read = readNotification(hex('09 12 1C 02000004 2C 0000000A 39 00 4E 09 55 2E 44 42820000 2F 09 6F 2E 82 04 00 2F 4F'))
    expect(read).toMatchObject({ ok: true, value: { process: 18, device: 4, object: { type: 0, instance: 10 }, remaining: 0 } })
    expect(
      read.ok && read.value.results.map(({ property, got }) => [property, 'values' in got && got.values.map(({ type }) => type)]),
    ).toEqual([
      [85, ['real']],
      [111, ['bits']],
    ])
  })

  test('F.4.8: device 3 says who it is', () => {
    expect(readIAm(hex('C4 02000003 22 0400 91 03 21 63'))).toEqual({
      ok: true,
      value: { device: 3, maxApdu: 1_024, segmentation: 3, vendor: 99 },
    })
  })

  test('20.2: values of every kind, as the clause draws them', () => {
    expect(plain(hex('00'))).toEqual({ type: 'null' })
    expect(plain(hex('10'))).toEqual({ type: 'boolean', value: false })
    expect(plain(hex('11'))).toEqual({ type: 'boolean', value: true })
    expect(plain(hex('2148'))).toEqual({ type: 'unsigned', value: 72 })
    expect(plain(hex('3148'))).toEqual({ type: 'signed', value: 72 })
    expect(plain(hex('31B8'))).toEqual({ type: 'signed', value: -72 })
    expect(plain(hex('4442900000'))).toEqual({ type: 'real', value: 72 })
    expect(plain(hex('5508 4052000000000000'))).toEqual({ type: 'double', value: 72 })
    expect(plain(hex('63 1234FF'))).toEqual({ type: 'octets' })
    expect(plain(hex('7519 00 546869732069732061204241436E657420737472696E6721'))).toEqual({
      type: 'text',
      value: 'This is a BACnet string!',
    })
    expect(plain(hex('7505 04 5E73 5B89'))).toEqual({ type: 'text', value: '平安' })
    expect(plain(hex('82 03 A8'))).toEqual({ type: 'bits', value: [true, false, true, false, true] })
    expect(plain(hex('9100'))).toEqual({ type: 'enumerated', value: 0 })
    expect(plain(hex('A45B011804'))).toEqual({ type: 'date' })
    expect(plain(hex('B411232D11'))).toEqual({ type: 'time' })
    expect(plain(hex('C400C0000F'))).toEqual({ type: 'object', value: { type: 3, instance: 15 } })
  })

  test('what is asked reads as the clauses write it', async () => {
    const speech = await loadSpeech()
    const object = { type: 0, instance: 5 }
    expect(speech.readProperty(to, 1, { object, property: 85 }).toString('hex')).toBe('810a001101040275010c0c000000051955')
    expect(speech.readProperty({ ...to, network: 5, mac: '0c' }, 1, { object, property: 76, index: 0 }).toString('hex')).toBe(
      '810a001801240005010cff0275010c0c00000005194c2900',
    )
    expect(
      speech
        .readMultiple(to, 241, [
          { object: { type: 0, instance: 16 }, property: 85 },
          { object: { type: 0, instance: 16 }, property: 103 },
        ])
        .toString('hex'),
    ).toBe('810a001501040275f10e0c000000101e095509671f')
    const wish = { process: 18, object: { type: 0, instance: 10 }, confirmed: true, lifetime: 60 }
    expect(speech.subscribe(to, 15, wish).toString('hex')).toBe('810a0015010402750f0509121c0000000a2901393c')
    expect(speech.subscribe(to, 15, { process: 18, object: { type: 0, instance: 10 }, confirmed: true }).toString('hex')).toBe(
      '810a0011010402750f0509121c0000000a',
    )
    expect(speech.whoIs('broadcast', { from: 3, to: 3 }).toString('hex')).toBe('810b00100120ffff00ff100809031903')
    expect(speech.whoIs('unicast', undefined, 7).toString('hex')).toBe('810a000c0120000700ff1008')
    expect(speech.heardNotification(to, 9).toString('hex')).toBe('810a00090100200901')
    expect(speech.segmentAck(to, 9, { number: 4, window: 2, refused: true }).toString('hex')).toBe('810a000a010042090402')
  })
})

describe('bytes that are not what the standard says', () => {
  test.each([
    ['a real of three bytes', '43 429099'],
    ['a real of none', '40'],
    ['a double of four', '54 42909999'],
    ['an unsigned of none', '20'],
    ['an unsigned of nine', '2509 010203040506070809'],
    ['a boolean that is neither', '12'],
    ['a null with content', '0100'],
    ['a bit string without its head', '80'],
    ['a bit string with eight bits to spare', '82 08 00'],
    ['a text without a character set', '70'],
    ['a length that goes beyond', '75FF FFFFFFFF 00'],
    ['a length that is cut off', '75FE 01'],
    ['an application tag that opens', '26'],
    ['an unknown type', 'D100'],
    ['a date of three', 'A3 5B0118'],
    ['a time of two', 'B2 1123'],
    ['an object of three', 'C3 00C000'],
    ['an enumeration of five', '9505 0102030405'],
    ['nothing', ''],
  ])('%s is no value', (_, written) => {
    expect(plain(hex(written))).toBe('garbled')
  })

  test('the library takes the same bytes for zeros and for all well, which is why it does not read here', () => {
    const require = createRequire(import.meta.url)
    const asn1 = require('@bacnet-js/client/dist/lib/asn1.js') as {
      bacappDecodeApplicationData(bytes: Buffer, offset: number, end: number, type: number, property: number): { value: unknown }
    }
    expect(asn1.bacappDecodeApplicationData(hex('43 429099'), 0, 4, 0, 85).value).toBe(0)
    expect(asn1.bacappDecodeApplicationData(hex('80'), 0, 1, 0, 111).value).toEqual({ value: [], bitsUsed: 0 })
  })

  test('every beginning of an answer is refused, only the whole of it is read', () => {
    const whole = hex('0C 00000010 1E 29 55 4E 44 42906666 4F 29 6F 4E 82 04 00 4F 1F')
    for (let length = 1; length < whole.length; length++)
      expect(readMultipleAck(whole.subarray(0, length)).ok, `${length}`).toBe(false)
    const one = hex('0C 00000005 19 55 3E 44 4290999A 3F')
    for (let length = 0; length < one.length; length++)
      expect(readPropertyAck(one.subarray(0, length)).ok, `${length}`).toBe(false)
    expect(readPropertyAck(Buffer.concat([one, hex('00')])).ok).toBe(false)
    const told = hex('09 12 1C 02000004 2C 0000000A 39 00 4E 09 55 2E 44 42820000 2F 4F')
    for (let length = 0; length < told.length; length++)
      expect(readNotification(told.subarray(0, length)).ok, `${length}`).toBe(false)
    expect(readError(hex('9101 911F 00')).ok).toBe(false)
    expect(readError(hex('2101 911F')).ok).toBe(false)
    expect(readIAm(hex('C4 00000003 22 0400 91 03 21 63')).ok).toBe(false)
    expect(readIAm(hex('C4 02000003 92 0400 91 03 21 63')).ok).toBe(false)
  })

  test('structures are passed over whole, and only when they close', () => {
    const structured = readPropertyAck(hex('0C 00000005 19 55 3E 0E 2148 1E 11 1F 0F 3F'))
    expect(structured).toMatchObject({ ok: true, value: { got: { values: [{ type: 'constructed' }] } } })
    expect(readPropertyAck(hex('0C 00000005 19 55 3E 0F 0E 3F')).ok).toBe(false)
    expect(readPropertyAck(Buffer.concat([hex('0C 00000005 19 55 3E'), Buffer.alloc(40, 0x0e), hex('3F')])).ok).toBe(false)
  })

  test('anything at all is read or refused, never thrown', () => {
    const any = fc.uint8Array({ maxLength: 80 })
    fc.assert(
      fc.property(any, bytes => {
        const data = Buffer.from(bytes)
        for (const read of [readPropertyAck, readMultipleAck, readNotification, readIAm, readError]) read(data)
        readFrame(data, '10.0.0.5', 47_808)
        readFrame(Buffer.concat([Buffer.from([0x81, 0x0a, 0, data.length + 4]), data]), '10.0.0.5', 47_808)
        readFrame(Buffer.concat([Buffer.from([0x81, 0x0a, 0, data.length + 6, 1, 0]), data]), '10.0.0.5', 47_808)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('frames', () => {
  const frame = (network: string, apdu: string, link = '0a'): ReturnType<typeof readFrame> => {
    const rest = hex(network + apdu)
    return readFrame(Buffer.concat([hex(`81${link}`), Buffer.from([0, rest.length + 4]), rest]), '10.0.0.5', 47_808)
  }

  test('an answer says who it is from, also behind a router', () => {
    expect(frame('0100', '200905')).toMatchObject({
      kind: 'apdu',
      unicast: true,
      from: to,
      apdu: { kind: 'simple', invokeId: 9, service: 5 },
    })
    expect(frame('0108 0005 01 0C', '500C0C 9101 911F')).toMatchObject({
      from: { ...to, network: 5, mac: '0c' },
      apdu: { kind: 'error', invokeId: 12, service: 12 },
    })
    expect(frame('0100', '3409 0002 0C AA', '0a')).toMatchObject({ apdu: { kind: 'complex' } })
    expect(frame('0100', '3C09 0102 0C AA')).toMatchObject({
      apdu: { kind: 'complex', invokeId: 9, service: 12, segment: { more: true, number: 1, window: 2 } },
    })
    expect(frame('0100', '600109')).toMatchObject({ apdu: { kind: 'reject', invokeId: 1, reason: 9 } })
    expect(frame('0100', '710104')).toMatchObject({ apdu: { kind: 'abort', invokeId: 1, reason: 4 } })
    expect(frame('0100', '0005 07 01 AA')).toMatchObject({ apdu: { kind: 'confirmed', invokeId: 7, service: 1 } })
    expect(frame('0100', '0805 07 00 01 01 AA')).toMatchObject({ apdu: { kind: 'other' } })
    expect(frame('0100', '40 01 02 03')).toMatchObject({ apdu: { kind: 'other' } })
  })

  test('what was for everybody, or passed on, is not an answer to us', () => {
    expect(frame('0100', '200905', '0b')).toMatchObject({ unicast: false })
    expect(frame('0120 FFFF 00 FF', '1000')).toMatchObject({ unicast: false, from: to })
    const forwarded = hex('8104 0011 0A000009 BAC1 0100 1000 C40000')
    expect(readFrame(forwarded, '10.0.0.1', 47_808)).toMatchObject({
      kind: 'apdu',
      unicast: false,
      from: { host: '10.0.0.9', port: 47_809 },
    })
    expect(frame('0120 0007 00 FF', '1000')).toEqual({ kind: 'nothing', why: 'for network 7' })
  })

  test('a router that cannot deliver says so', () => {
    expect(frame('0180', '03 01 0007')).toEqual({ kind: 'undeliverable', reason: 1, network: 7 })
    expect(frame('0180', '01 0007')).toMatchObject({ kind: 'nothing' })
  })

  test.each([
    '',
    '81',
    '820a000701002009',
    '810a00080100200905',
    '810a000602002009',
    '81000005',
    '8104000801000000',
    '810a0004',
    '810a00050100',
    '810a00080108000001',
    '810a0009010800050000',
  ])('%s is nothing', written => {
    expect(readFrame(hex(written), '10.0.0.5', 47_808).kind).toBe('nothing')
  })

  test('a result of a broadcast device is told apart', () => {
    expect(readFrame(hex('8100 0006 0030'), '10.0.0.5', 47_808)).toEqual({ kind: 'result', code: 0x30 })
  })

  test('parts of an answer are put together in their order, whatever the window', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 400 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 200 }),
        (bytes, size, window) => {
          const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
            Buffer.from(bytes.slice(at * size, (at + 1) * size)),
          )
          const segments = new Segments()
          const results = parts.map((part, number) =>
            segments.take(part, { more: number < parts.length - 1, number: number & 255, window }),
          )
          const isTooMuch = results.some(({ tooMuch }) => tooMuch)
          expect(isTooMuch).toBe(parts.length > 200)
          if (!isTooMuch) expect(results.at(-1)?.whole).toEqual(Buffer.from(bytes))
          expect(results[0]?.ack).toBe(0)
        },
      ),
    )
  })

  test('a part out of turn is sent back with the last that fitted', () => {
    const segments = new Segments()
    const part = Buffer.from('part')
    expect(segments.take(part, { more: true, number: 1, window: 2 })).toEqual({ refuse: 0 })
    expect(segments.take(part, { more: true, number: 0, window: 2 })).toEqual({ ack: 0 })
    expect(segments.take(part, { more: true, number: 0, window: 2 })).toEqual({ refuse: 0 })
    expect(segments.take(part, { more: true, number: 1, window: 2 })).toEqual({})
    expect(segments.take(part, { more: true, number: 3, window: 2 })).toEqual({ refuse: 1 })
    expect(segments.take(part, { more: false, number: 2, window: 2 })).toEqual({ ack: 2, whole: Buffer.from('partpartpart') })
    expect(new Segments().take(Buffer.alloc(200_001), { more: true, number: 0, window: 1 })).toEqual({ tooMuch: true })
  })
})

const analog: BacnetPoint = {
  point: point('room.temperature'),
  object: { type: 0, instance: 1 },
  property: 85,
  scale: 1,
  offset: 0,
}
const said = (...bytes: Buffer[]) => ({
  values: bytes.map((each): Value => {
    const read = valueOf(each)
    if (!read.ok) throw new Error(read.fault.detail)
    return read.value
  }),
})
const reasonOf = (answer: ReturnType<typeof judge>): string | number => (answer.ok ? answer.value : answer.fault.code)

describe('what a value is worth', () => {
  test('a value the device vouches for is good', () => {
    expect(judge(analog, said(real(21.3)), { flags: flagsOf(said(flags())) })).toEqual({ ok: true, value: 21.3 })
    expect(judge(analog, said(real(21.3)), {})).toEqual({ ok: true, value: 21.3 })
    expect(judge({ ...analog, scale: 0.1, offset: 1 }, said(unsigned(205)), {})).toEqual({ ok: true, value: 21.5 })
    expect(reasonOf(judge(analog, said(enumerated(1)), {}))).toBe(1)
    expect(reasonOf(judge(analog, said(hex('11')), {}))).toBe(1)
    // In alarm is the device's judgement of the value, not of whether it is one.
    expect(reasonOf(judge(analog, said(real(9)), { flags: flagsOf(said(flags('alarm'))) }))).toBe(9)
  })

  test('a value that is typed in, held by hand or known to be wrong is none', () => {
    const doubted = (flag: 'fault' | 'overridden' | 'out', reliability?: number) =>
      judge(analog, said(real(21.3)), { flags: flagsOf(said(flags(flag))), reliability })
    expect(reasonOf(doubted('overridden'))).toBe('device-reported')
    expect(reasonOf(doubted('out'))).toBe('device-reported')
    expect([undefined, 1, 2, 3, 4, 5, 7, 12, 99].map(reliability => reasonOf(doubted('fault', reliability)))).toEqual([
      'device-reported',
      'sentinel',
      'out-of-range',
      'out-of-range',
      'sentinel',
      'sentinel',
      'device-reported',
      'device-silent',
      'device-reported',
    ])
    expect(doubted('fault', 1)).toMatchObject({ fault: { detail: 'The device says that the value is unreliable: no-sensor.' } })
  })

  test('flags that are no four bits make the value doubtful; an object without flags has none', () => {
    for (const wrong of [said(bits(false, false, false)), said(real(0)), said(flags(), flags()), said()])
      expect(reasonOf(judge(analog, said(real(21.3)), { flags: flagsOf(wrong) }))).toBe('garbled')
    expect(flagsOf(undefined)).toBeUndefined()
    expect(flagsOf({ error: { class: 2, code: 32 } })).toBeUndefined()
  })

  test('what is no number is none', () => {
    const none = [
      said(hex('00')),
      said(text('on')),
      said(flags()),
      said(objectId(0, 1)),
      said(),
      said(real(1), real(2)),
      said(real(Number.NaN)),
      said(real(Infinity)),
      said(hex('A45B011804')),
    ]
    expect(none.map(got => reasonOf(judge(analog, got, {})))).toEqual(none.map(() => 'not-a-number'))
    expect(reasonOf(judge(analog, said(hex('2508 FFFFFFFFFFFFFFFF')), {}))).toBe('out-of-range')
    expect(reasonOf(judge(analog, said(hex('2507 1FFFFFFFFFFFFF')), {}))).toBe(Number.MAX_SAFE_INTEGER)
    expect(reasonOf(judge(analog, said(hex('3508 FFFFFFFFFFFFFFFE')), {}))).toBe(-2)
    expect(reasonOf(judge({ ...analog, plausible: { min: -30, max: 60 } }, said(real(650)), {}))).toBe('out-of-range')
  })

  test('codes and texts mean what the map says, and only that', () => {
    const mapped = { ...analog, map: new Map(Object.entries({ 1: 0, 2: 1, auto: 7 })) }
    expect(reasonOf(judge(mapped, said(unsigned(2)), {}))).toBe(1)
    expect(reasonOf(judge(mapped, said(text('auto')), {}))).toBe(7)
    expect(reasonOf(judge(mapped, said(unsigned(3)), {}))).toBe('not-a-number')
    expect(reasonOf(judge(mapped, said(hex('00')), {}))).toBe('not-a-number')
  })

  test('one bit of several', () => {
    const third = { ...analog, property: 111, bit: 3 }
    expect(reasonOf(judge(third, said(flags('out')), {}))).toBe(1)
    expect(reasonOf(judge(third, said(flags('fault')), {}))).toBe(0)
    expect(reasonOf(judge({ ...third, bit: 9 }, said(flags()), {}))).toBe('not-a-number')
    expect(reasonOf(judge(third, said(unsigned(8)), {}))).toBe('not-a-number')
  })

  test('a value in another unit is not taken for one in ours, unless the site file says so', () => {
    const expecting = (symbol: string, isSaid = false): BacnetPoint => ({ ...analog, unit: { symbol, said: isSaid } })
    expect(reasonOf(judge(expecting('°C'), said(real(68)), { unit: 64 }))).toBe('device-reported')
    expect(reasonOf(judge(expecting('°C', true), said(real(68)), { unit: 64 }))).toBe(68)
    expect(reasonOf(judge(expecting('°C'), said(real(20)), { unit: 62 }))).toBe(20)
    expect(reasonOf(judge(expecting('°C'), said(real(20)), { unit: 95 }))).toBe(20)
    expect(reasonOf(judge(expecting('°C'), said(real(20)), {}))).toBe(20)
    expect(contradicts(98, '%RH')).toBe(false)
    expect(contradicts(134, 'hPa')).toBe(false)
    expect(contradicts(64, '')).toBe(false)
    expect(contradicts(54, 'MPa')).toBe(true)
    expect([unitOf(62), unitOf(4), unitOf(95), unitOf(60_000)]).toEqual(['°C', 'ohms', undefined, 'unit 60000'])
  })

  test('errors are told by what they mean here', () => {
    const codes = [
      [1, 31],
      [2, 32],
      [2, 42],
      [2, 50],
      [2, 27],
      [0, 25],
      [2, 72],
      [5, 30],
      [5, 29],
      [4, 31],
    ] as const
    expect(codes.map(([errorClass, code]) => errorFault({ class: errorClass, code }).code)).toEqual([
      'no-such-address',
      'no-such-address',
      'no-such-address',
      'no-such-address',
      'refused',
      'refused',
      'not-a-number',
      'timeout',
      'refused',
      'refused',
    ])
  })
})

describe('what a site file says', () => {
  test('objects and properties are written as integrators write them', () => {
    const same = ['analog-input:1', 'analog-input,1', 'analog-input 1', 'analogInput:1', 'AI1', 'AI:1', 'ai-1', '0:1', '0,1']
    expect(same.map(written => readObject(written))).toEqual(same.map(() => ({ type: 0, instance: 1 })))
    expect(readObject('MSV 12')).toEqual({ type: 19, instance: 12 })
    expect(readObject('128:4194302')).toEqual({ type: 128, instance: 4_194_302 })
    for (const wrong of [
      '',
      'AI',
      '1',
      'analog-inputs:1',
      'XY1',
      '1024:1',
      'AI:9999999',
      'AI:-1',
      'AI:1.5',
      ':1',
      'constructor:1',
    ])
      expect(readObject(wrong), wrong).toBeUndefined()
    expect([85, '85', 'present-value', 'presentValue', 'toString', -1, 1.5, 5_000_000, {}].map(readProperty)).toEqual([
      85,
      85,
      85,
      85,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect([
      objectName({ type: 13, instance: 4 }),
      objectName({ type: 300, instance: 4 }),
      propertyName(117),
      propertyName(999),
    ]).toEqual(['multi-state-input:4', '300:4', 'units', 'property 999'])
    expect([rejectName(9), rejectName(77), abortName(4), abortName(77), reliabilityName(1), reliabilityName(64)]).toEqual([
      'unrecognized-service',
      'reason 77',
      'segmentation-not-supported',
      'reason 77',
      'no-sensor',
      'reliability 64',
    ])
    expect(errorName({ class: 99, code: 999 })).toBe('class 99: code 999')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_023 }), fc.integer({ min: 0, max: 4_194_303 }), (type, instance) => {
        expect(readObject(objectName({ type, instance }))).toEqual({ type, instance })
      }),
    )
  })

  test('addresses are of IPv4, with a port where it is not the usual one', () => {
    expect(readHost('10.0.0.5')).toEqual({ host: '10.0.0.5', port: 47_808 })
    expect(readHost('10.0.0.5:47809')).toEqual({ host: '10.0.0.5', port: 47_809 })
    for (const wrong of ['', 'ahu', '10.0.0', '10.0.0.256', '10.0.0.5:0', '10.0.0.5:70000'])
      expect(readHost(wrong), wrong).toBeUndefined()
    expect(placeOf({ host: '10.0.0.5', port: 47_808, network: 5, mac: '0c' })).toBe('10.0.0.5:47808/5:0c')
    expect(labelOf({ object: { type: 8, instance: 12 }, property: 76, index: 1 })).toBe('device:12 object-list[1]')
  })

  const parse = (settings: Record<string, unknown>, bindings: Parameters<typeof parseBacnet>[1]) => {
    const problems: PreparedProblem[] = []
    const config = parseBacnet({ protocol: 'bacnet', ...settings }, bindings, problems)
    return {
      config,
      problems,
      paths: problems.map(({ path, in: where }) => `${where === 'connection' ? 'connection' : where.point} ${path.join('.')}`),
    }
  }

  test('equipment of one controller is one station, with settings of its own', () => {
    const { config, problems } = parse({ every: '5s' }, [
      binding('ahu.supply', { object: 'AI1' }, { device: 12, timeout: '1s' }),
      binding('vav.room', { object: 'AI2' }, { device: 12 }),
      binding('pump.state', { object: 'BI1' }, { address: '10.0.0.9', network: 7, mac: 12, cov: false }),
    ])
    expect(problems).toEqual([])
    expect(config.stations.map(({ name, points, every, timeout, cov }) => [name, points.length, every, timeout, cov])).toEqual([
      ['device 12', 2, 5_000, 1_000, true],
      ['10.0.0.9:47808/7:0c', 1, 5_000, 3_000, false],
    ])
  })

  test('every mistake is told where it stands', () => {
    expect(parse({ port: 99_999, host: 'ahu', broadcast: '1.2.3', every: 'often', cov: 'yes', speed: 1 }, []).paths).toEqual([
      'connection broadcast',
      'connection host',
      'connection port',
      'connection every',
      'connection cov',
      'connection speed',
    ])
    expect(parse({}, [binding('a.b', { object: 'AI1' })]).paths).toEqual(['a.b device'])
    expect(parse({ host: '10.0.0.5' }, [binding('a.b', { object: 'AI1' })]).paths).toEqual([])
    expect(parse({}, [binding('a.b', {}, { device: 1 })]).paths).toEqual(['a.b object'])
    expect(
      parse({}, [
        binding(
          'a.b',
          { object: 'tank', property: 'level', index: -1, bit: 'one', map: { 1: 'on' }, scale: 0, priority: 8 },
          { device: 5_000_000, mac: 'zz' },
        ),
      ]).paths,
    ).toEqual([
      'a.b device',
      'a.b mac',
      'a.b object',
      'a.b property',
      'a.b index',
      'a.b bit',
      'a.b map',
      'a.b scale',
      'a.b priority',
    ])
    expect(parse({}, [binding('a.b', { object: 'AI1' }, { device: 1, mac: 5 })]).paths).toEqual(['a.b mac'])
    expect(
      parse({}, [
        binding('a.b', { object: 'AI1' }, { device: 1 }),
        binding('c.d', { object: 'analog-input:1' }, { device: 1 }),
      ]).problems.map(({ code }) => code),
    ).toEqual(['register-taken', 'register-taken'])
    const differing = parse({}, [
      binding('a.b', { object: 'AI1' }, { device: 1, every: '5s' }),
      binding('c.d', { object: 'AI2' }, { device: 1, every: '9s' }),
    ])
    expect(differing.paths).toEqual(['c.d every'])
    const once = parse({}, [
      binding('a.b', { object: 'AI1' }, { device: 1 }),
      binding('c.d', { object: 'AI2' }, { device: 1, every: '9s' }),
    ])
    expect([once.problems, once.config.stations[0]?.every]).toEqual([[], 9_000])
  })

  test('what was asked has one name whatever answers', () => {
    expect(keyOfProperty({ object: { type: 0, instance: 1 }, property: 85 })).toBe('0:1/85')
    expect(keyOfProperty({ object: { type: 0, instance: 1 }, property: 87, index: 0 })).toBe('0:1/87[0]')
  })
})

describe('what it looks like and what to try', () => {
  const settings = parseBacnet({ protocol: 'bacnet' }, [binding('a.b', { object: 'AI1' }, { device: 12 })], []).stations[0]
  const well = (over: Partial<Patient> = {}): string[] => {
    if (!settings) throw new Error('no station')
    const figures = { asked: 100, answered: 100, timeouts: 0, nonsense: 0 }
    const contact = { address: to, device: 12, maxApdu: 480, multiple: true, most: 40 }
    return advise({ figures, settings, contact, why: undefined, twins: [], absent: [], units: [], ...over }).map(({ en, zh }) => {
      expect(zh).not.toBe('')
      return en
    })
  }
  const silence = (code: FaultCode) => ({ code, detail: '' })
  const never = { asked: 3, answered: 0, timeouts: 3, nonsense: 0 }

  test('nothing where all is well', () => expect(well()).toEqual([]))

  test('silence is told by its kind', () => {
    expect(well({ why: silence('timeout') })).toEqual([expect.stringContaining('It did answer before')])
    expect(well({ why: silence('timeout'), figures: never })).toEqual([expect.stringContaining('Nobody says to be 12:')])
    const onNetwork = settings && { ...settings, network: 5 }
    expect(well({ why: silence('timeout'), figures: never, ...(onNetwork && { settings: onNetwork }) })[0]).toContain(
      '12 on network 5',
    )
    const placed = settings && { ...settings, address: to }
    expect(well({ why: silence('timeout'), figures: never, ...(placed && { settings: placed }) })[0]).toContain('UDP 47808')
    expect(well({ why: silence('wrong-reply') })[0]).toContain('Another device is at this address')
    expect(well({ why: silence('device-silent') })[0]).toContain('MS/TP side')
  })

  test('losses, nonsense, twins, what is absent, other units', () => {
    expect(well({ figures: { asked: 100, answered: 96, timeouts: 4, nonsense: 0 } })[0]).toContain('4 % of the questions')
    expect(well({ figures: { asked: 100, answered: 90, timeouts: 0, nonsense: 10 } })[0]).toContain('no proper BACnet')
    expect(well({ twins: ['10.0.0.9:47808'] })[0]).toContain('10.0.0.5:47808 and 10.0.0.9:47808')
    expect(well({ absent: ['analog-input:7'] })[0]).toContain('analog-input:7')
    const celsius = { ...analog, unit: { symbol: '°C', said: false } }
    expect(well({ units: [{ point: celsius, unit: 62 }] })).toEqual([])
    expect(well({ units: [{ point: celsius, unit: 64 }] })[0]).toContain('Write unit: °F at the point if the device is right')
    expect(well({ units: [{ point: { ...celsius, unit: { symbol: '°C', said: true } }, unit: 64 }] })[0]).toContain(
      'Compare once',
    )
  })
})
