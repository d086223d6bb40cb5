import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Dlt645Ask, Dlt645Frame } from '../../protocols/meters/dlt645.ts'
import { askDlt645, cutDlt645, encodeDlt645, judgeDlt645 } from '../../protocols/meters/dlt645.ts'
import { namedDlt645 } from '../../protocols/meters/dlt645-data.ts'
import { decodeField } from '../../protocols/meters/field.ts'
import { FrameFinder } from '../../protocols/kit/frame-finder.ts'

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const hex = (raw: Uint8Array): string =>
  Buffer.from(raw)
    .toString('hex')
    .toUpperCase()
    .replaceAll(/..(?!$)/g, '$& ')
const framesIn = (raw: Uint8Array): readonly Dlt645Frame[] => {
  const finder = new FrameFinder(cutDlt645)
  return [...finder.take(raw), ...finder.silent()]
}
const energy: Dlt645Ask = { ask: 'read', edition: '2007', address: '000000000001', di: '00010000' }
const reply = bytes('68 01 00 00 00 00 00 68 91 08 33 33 34 33 AB 89 67 45 17 16')
const frame = (over: Partial<Dlt645Frame> = {}): Dlt645Frame => ({
  address: '000000000001',
  control: 0x91,
  data: Uint8Array.of(0x00, 0x00, 0x01, 0x00, 0x78, 0x56, 0x34, 0x12),
  ...over,
})

describe('a DL/T 645 question', () => {
  test('is written as in the vectors', () => {
    expect(hex(encodeDlt645({ ask: 'address' }))).toBe('68 AA AA AA AA AA AA 68 13 00 DF 16')
    // Found in public programs for many meters, letter for letter.
    expect(hex(encodeDlt645({ ...energy, address: 'AAAAAAAAAAAA' }))).toBe('68 AA AA AA AA AA AA 68 11 04 33 33 34 33 AE 16')
    expect(hex(encodeDlt645({ ask: 'read', edition: '1997', address: '000000000001', di: '9010' }))).toBe(
      '68 01 00 00 00 00 00 68 01 02 43 C3 DA 16',
    )
  })

  test('can only read: there is no word for writing, freezing, clearing, switching or broadcasting', () => {
    expectTypeOf<Dlt645Ask['ask']>().toEqualTypeOf<'read' | 'next' | 'address'>()
    fc.assert(
      fc.property(
        fc.constantFrom<'read' | 'next'>('read', 'next'),
        fc.constantFrom<'1997' | '2007'>('1997', '2007'),
        fc.integer({ min: 0, max: 999_999_999_999 }),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.integer({ min: 0, max: 255 }),
        (ask, edition, number, di, part) => {
          const width = edition === '2007' ? 8 : 4
          const identifier = di.toString(16).padStart(8, '0').slice(-width).toUpperCase()
          const raw = encodeDlt645({ ask, edition, address: String(number).padStart(12, '0'), di: identifier, part })
          expect(edition === '2007' ? [0x11, 0x12] : [0x01, 0x02]).toContain(raw[8])
        },
      ),
    )
  })
})

describe('DL/T 645 frames in a stream', () => {
  test('the vector is read', () => {
    const [found] = framesIn(Uint8Array.of(0xfe, 0xfe, 0xfe, 0xfe, ...reply))
    expect(found).toEqual(frame())
    const judged = found && judgeDlt645(energy, found)
    const named = namedDlt645.get('import')?.field['2007']
    expect(judged?.kind === 'data' && named && decodeField(named, judged.data)).toEqual({ ok: true, value: 123_456.78 })
  })

  test('wake bytes are no part of the checksum, and noise around a frame is not looked at', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 30 }).filter(noise => !noise.includes(0x68)),
        fc.uint8Array({ maxLength: 30 }).filter(noise => !noise.includes(0x68)),
        (before, after) => {
          expect(framesIn(Uint8Array.of(...before, ...reply, ...after))).toEqual([frame()])
        },
      ),
    )
  })

  test('one changed byte makes it no frame', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: reply.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        expect(framesIn(reply.with(at, ((reply[at] ?? 0) + by) & 255)).filter(({ data }) => data.length === 8)).toEqual([])
      }),
    )
  })

  test('any bytes at all are survived, and what is found adds up', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), raw => {
        for (const { data } of framesIn(raw)) expect(data.length).toBeLessThanOrEqual(200)
      }),
    )
  })
})

describe('an answer', () => {
  test.each([
    ['fits', frame(), 'data', undefined],
    ['is our own question', frame({ control: 0x11 }), 'echo', undefined],
    ['comes from another meter', frame({ address: '000000000002' }), 'other', 'wrong-reply'],
    ['is to another function', frame({ control: 0x93 }), 'other', 'wrong-reply'],
    ['confirms a write', frame({ control: 0x94 }), 'other', 'wrong-reply'],
    ['is in the edition of 1997', frame({ control: 0x81, data: Uint8Array.of(0x10, 0x90, 1, 2, 3, 4) }), 'other', 'wrong-reply'],
    ['has other data', frame({ data: Uint8Array.of(0, 0, 2, 0, 1, 2, 3, 4) }), 'other', 'wrong-reply'],
    ['is too short for its identifier', frame({ data: Uint8Array.of(0, 0) }), 'other', 'wrong-reply'],
    ['says there is no such data', frame({ control: 0xd1, data: Uint8Array.of(2) }), 'refused', 'no-such-address'],
    ['says the password is wrong', frame({ control: 0xd1, data: Uint8Array.of(4) }), 'refused', 'refused'],
    ['refuses without a word', frame({ control: 0xd1, data: new Uint8Array() }), 'refused', 'refused'],
    ['goes on', frame({ control: 0xb1 }), 'more', undefined],
  ] as const)('that %s', (_what, given, kind, code) => {
    const judged = judgeDlt645(energy, given)
    expect(judged.kind).toBe(kind)
    expect('fault' in judged ? judged.fault.code : undefined).toBe(code)
  })

  test('that goes on is asked for, part by part and not for ever', () => {
    const first = judgeDlt645(energy, frame({ control: 0xb1 }))
    if (first.kind !== 'more') throw new Error('no more')
    expect(hex(first.next.bytes)).toBe('68 01 00 00 00 00 00 68 12 05 33 33 34 33 34 E9 16')
    const second = (part: number, control = 0x92) =>
      first.next.judge(frame({ control, data: Uint8Array.of(0, 0, 1, 0, 0xaa, part) }))
    expect(second(1)).toEqual({ kind: 'data', data: Uint8Array.of(0xaa) })
    expect(second(2).kind).toBe('other')
    let judged = second(1, 0xb2)
    let parts = 2
    while (judged.kind === 'more') {
      judged = judged.next.judge(frame({ control: 0xb2, data: Uint8Array.of(0, 0, 1, 0, 0xaa, parts++) }))
      expect(parts).toBeLessThan(20)
    }
    expect(judged).toMatchObject({ kind: 'refused', fault: { code: 'garbled' } })
  })

  test('to a call says who it is', () => {
    const answer = frame({ control: 0x93, address: '202511220001', data: Uint8Array.of(1, 0, 0x22, 0x11, 0x25, 0x20) })
    expect(askDlt645({ ask: 'address' }).judge(answer).kind).toBe('data')
  })
})

describe('values', () => {
  const value = (name: string, ...raw: number[]) => {
    const field = namedDlt645.get(name)?.field['2007']
    return field && decodeField(field, Uint8Array.from(raw))
  }

  test('are read with the decimals of the standard', () => {
    expect(value('voltage-a', 0x05, 0x22)).toEqual({ ok: true, value: 220.5 })
    expect(value('current-a', 0x34, 0x12, 0x00)).toEqual({ ok: true, value: 1.234 })
    expect(value('power', 0x56, 0x34, 0x12)).toEqual({ ok: true, value: 12.3456 })
    expect(value('frequency', 0x99, 0x49)).toEqual({ ok: true, value: 49.99 })
    expect(value('factor', 0x95, 0x09)).toEqual({ ok: true, value: 0.995 })
  })

  test('may be negative where the standard has a sign, and nowhere else', () => {
    expect(value('power', 0x56, 0x34, 0x92)).toEqual({ ok: true, value: -12.3456 })
    expect(value('power', 0x00, 0x00, 0x80)).toEqual({ ok: true, value: 0 })
    expect(value('voltage-a', 0x05, 0x92)).toEqual({ ok: true, value: 920.5 })
    expect(value('import', 0x78, 0x56, 0x34, 0xf2)).toMatchObject({ ok: false, fault: { code: 'garbled' } })
  })

  test('are told as missing where a phase is not there', () => {
    expect(value('voltage-b', 0xff, 0xff)).toMatchObject({ ok: false, fault: { code: 'sentinel' } })
    expect(value('voltage-b')).toMatchObject({ ok: false, fault: { code: 'garbled' } })
  })

  test('have one identifier each', () => {
    const taken = [...namedDlt645.values()].map(({ di }) => di['2007'])
    expect(new Set(taken).size).toBe(taken.length)
    expect(taken.every(di => di !== undefined && /^[0-9A-F]{8}$/.test(di))).toBe(true)
  })
})
