import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadSite } from '../../gateway/site/load.ts'
import type { Binding, PreparedProblem } from '../../protocols/contract/driver.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { learned } from '../../protocols/snmp/advice.ts'
import type { Memory } from '../../protocols/snmp/ask.ts'
import { getObjects, nothingLearned, walkColumns } from '../../protocols/snmp/ask.ts'
import { BerReader, element, int32, integer, NotBer, objectId, octets, oidOf, unsigned } from '../../protocols/snmp/ber.ts'
import { parseSnmp } from '../../protocols/snmp/config.ts'
import { decode, decodeRows, rawOf } from '../../protocols/snmp/decode.ts'
import type { Pdu, Question, Value, Varbind } from '../../protocols/snmp/message.ts'
import { encodeCommunity, encodeQuestion, readCommunity } from '../../protocols/snmp/message.ts'
import { likeliest, named, nameOf } from '../../protocols/snmp/names.ts'
import { compareOids, parseOid } from '../../protocols/snmp/oid.ts'
import type { SnmpPoint } from '../../protocols/snmp/points.ts'
import { Rates } from '../../protocols/snmp/rates.ts'
import { planReads } from '../../protocols/snmp/reads.ts'
import type { Reply } from '../../protocols/snmp/session.ts'
import { snmp } from '../../protocols/snmp/driver.ts'
import { protocols } from '../../protocols/registry.ts'
import { binding, point } from './kit.ts'

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const parts = fc
  .tuple(
    fc.nat(1),
    fc.nat(39),
    fc.array(fc.oneof(fc.nat(200), fc.integer({ min: 0, max: 0xffff_ffff })), { minLength: 1, maxLength: 30 }),
  )
  .map(([root, second, rest]) => [root, second, ...rest].join('.'))

describe('bytes', () => {
  test('are those of X.690 and of messages that other agents sent', () => {
    expect(objectId('1.3.6.1.4.1.2680.1.2.7.3.2.0').toString('hex')).toBe('060d2b060104019478010207030200')
    expect(integer(0).toString('hex')).toBe('020100')
    expect(integer(127).toString('hex')).toBe('02017f')
    expect(integer(128).toString('hex')).toBe('02020080')
    expect(integer(0x7fff_ffff).toString('hex')).toBe('02047fffffff')
    expect(oidOf(bytes('883703'))).toBe('2.999.3')
    expect(int32(bytes('ff7f'))).toBe(-129)
    expect(octets('public').toString('hex')).toBe('04067075626c6963')
    expect(element(4, Buffer.alloc(200)).subarray(0, 3).toString('hex')).toBe('0481c8')
    expect(element(4, Buffer.alloc(70_000)).subarray(0, 5).toString('hex')).toBe('0483011170')
  })

  test('of OIDs and numbers come back as they went', () => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 0, max: 0x7fff_ffff }), (oid, n) => {
        expect(oidOf(new BerReader(objectId(oid)).take(6))).toBe(oid)
        expect(new BerReader(integer(n)).integer()).toBe(n)
      }),
    )
  })

  test('of a counter are unsigned, also where an agent leaves out the zero before a high bit', () => {
    expect(unsigned(bytes('ffffffff'), 32)).toBe(4_294_967_295n)
    expect(unsigned(bytes('00ffffffff'), 32)).toBe(4_294_967_295n)
    expect(unsigned(bytes('ffffffffffffffff'), 64)).toBe(18_446_744_073_709_551_615n)
    expect(() => unsigned(bytes('ff'), 32)).toThrow('beyond 32 bits')
    expect(() => unsigned(bytes('0100000000'), 32)).toThrow('beyond 32 bits')
    expect(() => unsigned(bytes('010000000000000000'), 64)).toThrow('beyond 64 bits')
  })

  test.each([
    ['3003020101ff', 'bytes follow its end'],
    ['30', 'it ends too early'],
    ['', 'it ends too early'],
    ['3080', 'a form that SNMP does not have'],
    ['3085000000000101', 'a form that SNMP does not have'],
    ['3082', 'it ends too early'],
    ['3005020101', 'it ends too early'],
    ['31020201', 'tag 0x31 where 0x30 belongs'],
    ['30020200', 'an integer of 0 bytes'],
    ['300702050100000000', 'beyond 32 bits'],
  ])('%s is no message: %s', (hex, why) => {
    expect(() => {
      const reader = new BerReader(bytes(hex))
      const inside = reader.inside(0x30)
      reader.end()
      inside.integer()
    }).toThrow(why)
  })

  test.each([
    ['80', 'begins with nothing'],
    ['2b86', 'ends too early'],
    ['2b9080808000', 'beyond 32 bits'],
    ['2b'.repeat(130), 'too many parts'],
  ])('%s is no OID: %s', (hex, why) => {
    expect(() => oidOf(bytes(hex))).toThrow(why)
  })

  test('that are anything at all are read or refused, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), any => {
        try {
          readCommunity(Buffer.from(any))
        } catch (error) {
          expect(error).toBeInstanceOf(NotBer)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('an answer', () => {
  /** As snmpd sent it to snmpget for sysUpTime and sysServices. */
  const answer = (values: string, head = '020101', tag = 'a2', status = '020100 020100'): Buffer => {
    const list = element(
      0x30,
      ...values
        .split('|')
        .filter(Boolean)
        .map(each => element(0x30, bytes(each))),
    )
    const pdu = element(bytes(tag)[0] ?? 0, bytes('02020539'), bytes(status), list)
    return element(0x30, bytes(head), octets('public'), pdu)
  }
  const oid = '06032b0601'
  const valueOf = (hex: string): Value | undefined => readCommunity(answer(`${oid}${hex}`)).pdu.varbinds[0]?.value

  test('tells every type of SMIv2', () => {
    expect(valueOf('0201ff')).toEqual({ type: 'integer', number: -1 })
    expect(valueOf('410400ffffff')).toEqual({ type: 'counter32', number: 16_777_215 })
    expect(valueOf('420100')).toEqual({ type: 'gauge', number: 0 })
    expect(valueOf('430205dc')).toEqual({ type: 'ticks', number: 1_500 })
    expect(valueOf('460900ffffffffffffffff')).toEqual({ type: 'counter64', count: 2n ** 64n - 1n })
    expect(valueOf('0403414243')).toEqual({ type: 'text', bytes: Buffer.from('ABC') })
    expect(valueOf('06022b06')).toEqual({ type: 'oid', text: '1.3.6' })
    expect(valueOf('0600')).toEqual({ type: 'oid', text: '0.0' })
    expect(valueOf('40040a010203')).toEqual({ type: 'address', text: '10.1.2.3' })
    expect(valueOf('44079f780441ac0000')).toEqual({ type: 'float', number: 21.5 })
    expect(valueOf('440b9f79084035800000000000')).toEqual({ type: 'float', number: 21.5 })
    expect(valueOf('44020102')).toEqual({ type: 'opaque', bytes: bytes('0102') })
    expect(['0500', '8000', '8100', '8200'].map(hex => valueOf(hex)?.type)).toEqual([
      'null',
      'no-such-object',
      'no-such-instance',
      'end-of-view',
    ])
  })

  test.each([
    ['4003010203', 'an address of 3 bytes'],
    ['800101', 'not empty'],
    ['090101', 'a type that SNMP does not have'],
    ['020101020101', 'bytes follow'],
  ])('with the value %s is none: %s', (hex, why) => {
    expect(() => valueOf(hex)).toThrow(why)
  })

  test('is told from a question, a trap, a report, another version and an error that there is not', () => {
    for (const tag of ['a0', 'a3', 'a4', 'a5', 'a6', 'a7'])
      expect(() => readCommunity(answer('', '020101', tag))).toThrow('it is no answer')
    expect(() => readCommunity(answer('', '020101', 'a8'))).toThrow('a report in v2c')
    expect(() => readCommunity(answer('', '020100'))).toThrow('version 1 where 2c was asked')
    expect(() => readCommunity(answer('', '020103'))).toThrow('version 3 where 2c was asked')
    expect(() => readCommunity(answer('', '020101', 'a2', '0201ff 020100'))).toThrow('below zero')
  })
})

test('a question is written as RFC 3416 has it', () => {
  const question: Question = { kind: 'bulk', oids: ['1.3.6.1'], repetitions: 10 }
  expect(encodeQuestion(1_337, question).toString('hex')).toBe('a5150202053902010002010a3009300706032b06010500')
  expect(encodeCommunity('public', 1, { kind: 'get', oids: [] }).toString('hex')).toBe(
    '301802010104067075626c6963a00b0201010201000201003000',
  )
})

test('there is no way to say that something is to be set', () => {
  // @ts-expect-error -- a question has no such kind
  const nothing = encodeQuestion(1, { kind: 'set', oids: ['1.3.6.1.2.1.1.5.0'] })
  expect(nothing[0]).not.toBe(0xa3)
  // @ts-expect-error -- and no value
  encodeQuestion(1, { kind: 'get', oids: [], value: 1 })
})

describe('an OID', () => {
  test.each(['1', '3.1', '1.40.1', 'a.b', '1..2', '1.3.', '1.03', '1.3.4294967296', `1.3${'.1'.repeat(130)}`, ''])(
    'is not %s',
    text => {
      expect(parseOid(text)).toBeUndefined()
    },
  )
  test('may begin with a dot, and is compared part by part', () => {
    expect(parseOid('.1.3.6.1')).toBe('1.3.6.1')
    expect(['1.3.10', '1.3.9', '1.3.9.1', '1.3'].toSorted(compareOids)).toEqual(['1.3', '1.3.9', '1.3.9.1', '1.3.10'])
  })
  test('has one name, and a name one OID', () => {
    expect(new Set(named.map(({ name }) => name.toLowerCase())).size).toBe(named.length)
    expect(new Set(named.map(({ oid }) => oid)).size).toBe(named.length)
    expect(nameOf('1.3.6.1.2.1.33.1.4.4.1.5.2')).toBe('upsOutputPercentLoad.2')
    expect(nameOf('1.3.6.1.9')).toBe('1.3.6.1.9')
    expect(likeliest('upsBatteryVolts')).toEqual(['upsBatteryVoltage', 'upsBatteryStatus', 'upsBatteryCurrent'])
  })
})

const about = (settings: Partial<SnmpPoint>): SnmpPoint => ({
  point: 'x.y' as PointId,
  oid: '1.3.6.1',
  sentinels: [],
  rate: false,
  scale: 1,
  offset: 0,
  ...settings,
})
const said = (value: Value, oid = '1.3.6.1.1', raw: Buffer = Buffer.alloc(0)): Varbind => ({ oid, value, raw })
const text = (value: string): Value => ({ type: 'text', bytes: Buffer.from(value) })
const number = (value: number): Value => ({ type: 'integer', number: value })

describe('a value', () => {
  test('in a text is a number only where the text is one', () => {
    const value = (shown: string, suffix?: string): unknown => {
      const answer = decode(about(suffix === undefined ? {} : { suffix }), said(text(shown)))
      return answer.ok ? answer.value : answer.fault.code
    }
    expect([' 23.5 ', '-4', '+7', '12\0', '0'].map(each => value(each))).toEqual([23.5, -4, 7, 12, 0])
    expect(['23,5', '0x10', '1e3', 'NaN', '', '1.2.3', '23.5 C', 'Infinity', '12 34'].map(each => value(each))).toEqual(
      Array.from({ length: 9 }, () => 'not-a-number'),
    )
    expect([value('23.5 C', 'C'), value('23.5°C', '°C'), value('75 F', 'C'), value('C', 'C')]).toEqual([
      23.5,
      23.5,
      'not-a-number',
      'not-a-number',
    ])
  })

  test('that is a fraction may be no number at all', () => {
    const answer = decode(about({}), said({ type: 'float', number: Number.NaN }))
    expect(answer).toMatchObject({ ok: false, fault: { code: 'not-a-number' } })
  })

  test('is shown as text where it is one, else as its bytes', () => {
    expect(rawOf(said(text('mains\0'), '', bytes('0400')))).toBe('mains')
    expect(rawOf(said({ type: 'text', bytes: bytes('ff00') }, '', bytes('0402ff00')))).toBe('0402ff00')
    expect(rawOf(said(number(1), '', bytes('020101')))).toBe('020101')
    const answer = decode(about({}), said({ type: 'opaque', bytes: bytes('0102') }))
    expect(answer).toMatchObject({ ok: false, fault: { detail: expect.stringContaining('0102') } })
    const long = decode(about({}), said(text('x'.repeat(500))))
    expect(long.ok ? 0 : long.fault.detail.length).toBeLessThan(150)
  })

  test('of rows is none where one of them has none', () => {
    const rows = [said(number(1)), said({ type: 'null' }, '1.3.6.1.2')]
    expect(decodeRows(about({ rows: 'sum' }), rows)).toMatchObject({ ok: false, fault: { code: 'no-such-address' } })
    expect(decodeRows(about({ rows: 'first' }), rows)).toEqual({ ok: true, value: 1 })
    expect(decodeRows(about({}), rows)).toMatchObject({ ok: false, fault: { detail: expect.stringContaining('2 rows (.1 .2)') } })
    const many = Array.from({ length: 12 }, (_, row) => said(number(row), `1.3.6.1.${row}`))
    expect(decodeRows(about({}), many)).toMatchObject({ ok: false, fault: { detail: expect.stringContaining('.7 …)') } })
  })

  test('that is turned over by its scale is highest where the raw one is lowest', () => {
    const rows = [said(number(1)), said(number(5))]
    expect(decodeRows(about({ rows: 'highest', scale: -1 }), rows)).toEqual({ ok: true, value: -1 })
    expect(decodeRows(about({ rows: 'lowest', scale: -1 }), rows)).toEqual({ ok: true, value: -5 })
    expect(decodeRows(about({ rows: 'lowest', convert: { scale: -1, offset: 0 } }), rows)).toEqual({ ok: true, value: -5 })
  })
})

describe('a rate', () => {
  const ticks = (hundredths: number): Varbind => said({ type: 'ticks', number: hundredths })
  const counter = (count: number): Varbind => said({ type: 'counter32', number: count })
  const counter64 = (count: bigint): Varbind => said({ type: 'counter64', count })
  const next = (...seen: readonly (readonly [Varbind, Varbind | undefined])[]): unknown => {
    const rates = new Rates()
    const last = seen.map(([count, time]) => rates.next(about({ rate: true }), count, time)).at(-1)
    return last === undefined ? undefined : last.ok ? last.value : last.fault.code
  }

  test('is the growth in a second of the agent’s clock', () => {
    expect(next([counter(100), ticks(1_000)])).toBeUndefined()
    expect(next([counter(100), ticks(1_000)], [counter(300), ticks(1_200)])).toBe(100)
    expect(next([counter(100), ticks(1_000)], [counter(100), ticks(1_200)])).toBe(0)
  })
  test('goes on over the widest number of a counter', () => {
    expect(next([counter(4_294_967_290), ticks(0)], [counter(4), ticks(100)])).toBe(10)
    expect(next([counter64(2n ** 64n - 6n), ticks(0)], [counter64(4n), ticks(100)])).toBe(10)
  })
  test('begins anew when the agent does, when its clock stands, when the counter is set back or is another', () => {
    expect(next([counter(100), ticks(1_000)], [counter(5), ticks(10)])).toBeUndefined()
    expect(next([counter(100), ticks(1_000)], [counter(200), ticks(1_000)])).toBeUndefined()
    expect(next([counter64(1_000n), ticks(0)], [counter64(5n), ticks(100)])).toBeUndefined()
    expect(next([counter(100), ticks(0)], [counter64(200n), ticks(100)])).toBeUndefined()
    // A look at a clock that stood still is none: the next one counts from the one before.
    expect(next([counter(100), ticks(0)], [counter(150), ticks(0)], [counter(200), ticks(100)])).toBe(100)
  })
  test('is only of counters that are there, and of agents that tell their time', () => {
    expect(next([said(number(1)), ticks(0)])).toBe('not-a-number')
    expect(next([said({ type: 'no-such-instance' }), ticks(0)])).toBe('no-such-address')
    expect(next([counter(1), undefined])).toBe('no-such-address')
    expect(next([counter(1), said({ type: 'no-such-object' })])).toBe('no-such-address')
  })
})

/** An agent with these objects, as RFC 3416 has it answer; `refuse` stands before it. */
function agentWith(
  objects: Readonly<Record<string, number>>,
  refuse: (question: Question) => Partial<Pdu> | undefined = () => undefined,
) {
  const asked: Question[] = []
  const all = Object.keys(objects).toSorted(compareOids)
  const after = (oid: string): Varbind => {
    const found = all.find(each => compareOids(each, oid) > 0)
    return found === undefined ? said({ type: 'end-of-view' }, oid) : said(number(objects[found] ?? 0), found)
  }
  const ask = (question: Question): Promise<Reply> => {
    asked.push(question)
    const plain: Pdu = { kind: 'response', id: 1, status: 0, index: 0, varbinds: [] }
    const refusal = refuse(question)
    if (refusal) return Promise.resolve({ ok: true, roundTripMs: 1, pdu: { ...plain, ...refusal } })
    if (question.kind === 'get') {
      const varbinds = question.oids.map(oid =>
        said(oid in objects ? number(objects[oid] ?? 0) : { type: 'no-such-instance' }, oid),
      )
      return Promise.resolve({ ok: true, roundTripMs: 1, pdu: { ...plain, varbinds } })
    }
    const varbinds: Varbind[] = []
    let last = question.oids
    for (let turn = 0; turn < (question.kind === 'bulk' ? question.repetitions : 1); turn++) {
      const row = last.map(after)
      varbinds.push(...row)
      last = row.map(({ oid }) => oid)
    }
    return Promise.resolve({ ok: true, roundTripMs: 1, pdu: { ...plain, varbinds } })
  }
  return { ask, asked }
}
const table = (column: number, rows: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: rows }, (_, row) => [`1.3.6.1.${column}.${row + 1}`, column * 1_000 + row]))
const codes = (of: ReadonlyMap<string, { ok: boolean; fault?: { code: string }; value?: unknown }>): unknown =>
  Object.fromEntries([...of].map(([oid, answer]) => [oid, answer.ok ? 'good' : answer.fault?.code]))

describe('objects that are asked for together', () => {
  const three = ['1.3.6.1.1.1', '1.3.6.1.1.2', '1.3.6.1.1.3']

  test('are asked again without the one that the agent refuses all of them for', async () => {
    const memory = nothingLearned(20)
    const { ask, asked } = agentWith(table(1, 3), question =>
      question.oids.includes('1.3.6.1.1.2') ? { status: 5, index: question.oids.indexOf('1.3.6.1.1.2') + 1 } : undefined,
    )
    const { of } = await getObjects(ask, three, memory)

    expect(codes(of)).toEqual({ '1.3.6.1.1.1': 'good', '1.3.6.1.1.2': 'refused', '1.3.6.1.1.3': 'good' })
    expect(asked).toHaveLength(2)
    expect([...memory.apart]).toEqual(['1.3.6.1.1.2'])
    expect(planReads([about({ oid: three[0] ?? '' }), about({ oid: three[1] ?? '' })], memory).map(({ oids }) => oids)).toEqual([
      [three[0]],
      [three[1]],
    ])
  })

  test('are asked in halves where the answer would be too big, and so from then on', async () => {
    const memory = nothingLearned(20)
    const { ask, asked } = agentWith(table(1, 3), ({ oids }) => (oids.length > 1 ? { status: 1, index: 0 } : undefined))
    const { of } = await getObjects(ask, three, memory)

    expect(codes(of)).toEqual({ '1.3.6.1.1.1': 'good', '1.3.6.1.1.2': 'good', '1.3.6.1.1.3': 'good' })
    expect(asked.map(({ oids }) => oids.length)).toEqual([3, 1, 2, 1, 1])
    expect(memory.most).toBe(1)
  })

  test('are found out one by one where the agent does not say which it refuses', async () => {
    const { ask } = agentWith(table(1, 3), ({ oids }) => (oids.includes('1.3.6.1.1.3') ? { status: 2, index: 0 } : undefined))
    const { of } = await getObjects(ask, three, nothingLearned(20))

    expect(codes(of)).toEqual({ '1.3.6.1.1.1': 'good', '1.3.6.1.1.2': 'good', '1.3.6.1.1.3': 'no-such-address' })
  })

  test('are none where others, fewer, more or swapped ones come back', async () => {
    for (const varbinds of [
      [said(number(1), '1.3.6.1.1.9'), said(number(2), '1.3.6.1.1.2')],
      [said(number(1), '1.3.6.1.1.1')],
      [said(number(1), '1.3.6.1.1.2'), said(number(2), '1.3.6.1.1.1')],
      [said(number(1), '1.3.6.1.1.1'), said(number(2), '1.3.6.1.1.2'), said(number(2), '1.3.6.1.1.3')],
      [],
    ]) {
      const { ask } = agentWith({}, () => ({ varbinds }))
      const { of } = await getObjects(ask, three.slice(0, 2), nothingLearned(20))
      expect(codes(of)).toEqual({ '1.3.6.1.1.1': 'wrong-reply', '1.3.6.1.1.2': 'wrong-reply' })
    }
  })

  test('end with whatever an agent answers', async () => {
    const status = fc.record({ status: fc.nat(20), index: fc.nat(6) })
    await fc.assert(
      fc.asyncProperty(fc.array(status, { minLength: 1, maxLength: 20 }), async answers => {
        let turn = 0
        const { ask, asked } = agentWith(table(1, 8), () => answers[turn++ % answers.length])
        const eight = Array.from({ length: 8 }, (_, row) => `1.3.6.1.1.${row + 1}`)
        const { of } = await getObjects(ask, eight, nothingLearned(20))
        expect([...of.keys()].toSorted()).toEqual(eight)
        expect(asked.length).toBeLessThanOrEqual(32)
      }),
    )
  })
})

describe('a column', () => {
  const rowsOf = async (
    ask: (question: Question) => Promise<Reply>,
    columns: readonly string[],
    memory: Memory = nothingLearned(20),
  ) => {
    const { of } = await walkColumns(ask, columns, memory, 50)
    return Object.fromEntries(
      [...of].map(([oid, answer]) => [
        oid,
        answer.ok ? answer.value.map(each => ('number' in each.value ? each.value.number : '')) : answer.fault.code,
      ]),
    )
  }

  test('is walked to its end beside others of other lengths', async () => {
    const { ask, asked } = agentWith({ ...table(1, 3), ...table(2, 25), ...table(4, 1) })
    const rows = await rowsOf(ask, ['1.3.6.1.1', '1.3.6.1.2', '1.3.6.1.3', '1.3.6.1.4'])

    expect(rows['1.3.6.1.1']).toEqual([1_000, 1_001, 1_002])
    expect(rows['1.3.6.1.2']).toHaveLength(25)
    expect([rows['1.3.6.1.3'], rows['1.3.6.1.4']]).toEqual([[], [4_000]])
    expect(asked.map(({ oids }) => oids.length)).toEqual([4, 1, 1])
  })

  test('is walked as well where the agent answers with fewer rows than asked', async () => {
    const whole = agentWith(table(1, 7))
    const short = async (question: Question): Promise<Reply> => {
      const reply = await whole.ask(question)
      return reply.ok ? { ...reply, pdu: { ...reply.pdu, varbinds: reply.pdu.varbinds.slice(0, 3) } } : reply
    }
    expect((await rowsOf(short, ['1.3.6.1.1', '1.3.6.1.2']))['1.3.6.1.1']).toHaveLength(7)
  })

  test('is asked row by row where the agent has no GETBULK, and in shorter turns where it is too big', async () => {
    const memory = nothingLearned(20)
    const none = agentWith(table(1, 3), ({ kind }) => (kind === 'bulk' ? { status: 5, index: 0 } : undefined))
    expect(await rowsOf(none.ask, ['1.3.6.1.1'], memory)).toEqual({ '1.3.6.1.1': [1_000, 1_001, 1_002] })
    expect(memory.bulk).toBe(false)
    const small = nothingLearned(20)
    const weak = agentWith(table(1, 9), question =>
      question.kind === 'bulk' && question.repetitions > 3 ? { status: 1 } : undefined,
    )
    expect((await rowsOf(weak.ask, ['1.3.6.1.1'], small))['1.3.6.1.1']).toHaveLength(9)
    expect(small.repetitions).toBe(2)
    expect(learned(20, small).map(({ en }) => en)).toEqual(['2 rows of a table in one request.'])
    expect(learned(20, { ...memory, most: 4, apart: new Set(['1.3.6.1.2.1.1.3.0']) })).toHaveLength(3)
  })

  test('of an old agent ends with noSuchName, and a refusal is one', async () => {
    const old = agentWith(table(1, 2), question =>
      question.kind === 'bulk'
        ? { status: 5, index: 0 }
        : question.oids[0] === '1.3.6.1.1.2'
          ? { status: 2, index: 1 }
          : undefined,
    )
    expect(await rowsOf(old.ask, ['1.3.6.1.1'])).toEqual({ '1.3.6.1.1': [1_000, 1_001] })
    const shut = agentWith(table(1, 2), () => ({ status: 16, index: 0 }))
    expect(await rowsOf(shut.ask, ['1.3.6.1.1'])).toEqual({ '1.3.6.1.1': 'refused' })
    const narrow = agentWith(table(1, 2), ({ oids }) => (oids.length > 1 ? { status: 1, index: 0 } : undefined))
    expect(Object.values(await rowsOf(narrow.ask, ['1.3.6.1.1', '1.3.6.1.2']))).toEqual([[1_000, 1_001], []])
  })

  test('that goes round, backwards, on without end or answers nothing is a fault', async () => {
    const row = (oid: string): Varbind => said(number(1), oid)
    const always = (varbinds: readonly Varbind[]) => agentWith({}, () => ({ varbinds })).ask
    expect(await rowsOf(always([row('1.3.6.1.1.1'), row('1.3.6.1.1.1')]), ['1.3.6.1.1'])).toEqual({ '1.3.6.1.1': 'garbled' })
    expect(await rowsOf(always([row('1.3.5')]), ['1.3.6.1.1'])).toEqual({ '1.3.6.1.1': 'garbled' })
    expect(await rowsOf(always([]), ['1.3.6.1.1'])).toEqual({ '1.3.6.1.1': 'wrong-reply' })
    expect(await rowsOf(always(Array.from({ length: 11 }, (_, n) => row(`1.3.6.1.1.${n}`))), ['1.3.6.1.1'])).toEqual({
      '1.3.6.1.1': 'wrong-reply',
    })
    expect(await rowsOf(agentWith(table(1, 60)).ask, ['1.3.6.1.1'])).toEqual({ '1.3.6.1.1': 'refused' })
    const silent = () => Promise.resolve<Reply>({ ok: false, fault: { code: 'timeout', detail: '' }, roundTripMs: 0 })
    expect(await rowsOf(silent, ['1.3.6.1.1'])).toEqual({ '1.3.6.1.1': 'timeout' })
  })

  test('ends with whatever an agent answers', async () => {
    const varbind = fc.tuple(fc.nat(4), fc.nat(4)).map(([column, index]) => said(number(0), `1.3.6.1.${column}.${index}`))
    const answers = fc.array(
      fc.record({ status: fc.constantFrom(0, 0, 0, 1, 2, 5), index: fc.nat(3), varbinds: fc.array(varbind, { maxLength: 20 }) }),
      {
        minLength: 1,
        maxLength: 10,
      },
    )
    await fc.assert(
      fc.asyncProperty(answers, async given => {
        let turn = 0
        const { ask } = agentWith({}, () => given[turn++ % given.length])
        const { of } = await walkColumns(ask, ['1.3.6.1.1', '1.3.6.1.2'], nothingLearned(4), 50)
        for (const [oid, answer] of of)
          if (answer.ok)
            expect(answer.value.map(each => each.oid)).toEqual(
              [...new Set(answer.value.map(each => each.oid))].toSorted(compareOids).filter(each => each.startsWith(`${oid}.`)),
            )
      }),
    )
  })
})

describe('a site file', () => {
  const problemsOf = (settings: Record<string, unknown>, bindings: readonly Binding[] = []): string[] => {
    const problems: PreparedProblem[] = []
    parseSnmp({ host: '10.0.0.5', ...settings }, bindings, problems)
    for (const { wrong, write } of problems)
      expect([wrong.zh, wrong.en, write.zh, write.en].every(words => words.length > 3)).toBe(true)
    return problems.map(
      ({ in: where, path, code }) => `${where === 'connection' ? '' : where.point}/${path.join('.')} ${code ?? ''}`,
    )
  }
  const v3 = { username: 'u', auth: 'sha256', password: 'long-enough' }

  test('may say little: community public, and v3 where there is a user', () => {
    expect(problemsOf({ protocol: 'snmp' })).toEqual([])
    expect(problemsOf({ version: '2c', community: 'x' })).toEqual([])
    expect(problemsOf({ version: 3, ...v3, encrypt: 'aes128', context: 'c' })).toEqual([])
    expect(problemsOf({ username: 'u' })).toEqual([])
    const problems: PreparedProblem[] = []
    expect(parseSnmp({ host: 'h', ...v3, encrypt: 'aes256' }, [], problems).way).toEqual({
      version: '3',
      context: '',
      credentials: {
        username: 'u',
        auth: { by: 'sha256', password: 'long-enough' },
        privacy: { by: 'aes256', password: 'long-enough' },
      },
    })
  })

  test.each([
    [{ host: undefined }, ['/host missing']],
    [{ version: 1 }, ['/version bad-value']],
    [{ version: '2c', username: 'u', context: 'c' }, ['/username bad-value', '/context bad-value']],
    [{ version: '3' }, ['/username missing']],
    [{ ...v3, community: 'public' }, ['/community bad-value']],
    [{ username: 'u', auth: 'sha1' }, ['/password missing']],
    [{ username: 'u', password: 'long-enough' }, ['/auth missing']],
    [{ ...v3, encryptPassword: 'long-enough' }, ['/encrypt missing']],
    [{ username: 'u', encrypt: 'aes128', encryptPassword: 'long-enough' }, ['/auth missing']],
    [{ ...v3, password: 'short' }, ['/password bad-value']],
    [{ ...v3, encrypt: 'aes128', encryptPassword: 'short' }, ['/encryptPassword bad-value']],
    [{ ...v3, auth: 'sha3', encrypt: 'des' }, ['/auth bad-value', '/encrypt bad-value']],
    [
      { retries: 9, most: 0, timeout: '1', every: 'soon', comunity: 'x' },
      ['/every bad-value', '/timeout bad-value', '/retries bad-value', '/most bad-value', '/comunity unknown-key'],
    ],
  ])('with %j is told %j', (settings, expected) => {
    expect(problemsOf(settings)).toEqual(expected)
  })

  test.each([
    [{}, '/oid missing'],
    [{ oid: 'upsNothing' }, '/oid bad-value'],
    [{ oid: 'upsInputVoltage.x' }, '/oid bad-value'],
    [{ oid: '1.3.6.1.2.1.33.1.2.4' }, '/oid bad-value'],
    [{ oid: 1.3 }, '/oid bad-value'],
    [{ oid: 'upsInputVoltage', rows: 'all' }, '/rows bad-value'],
    [{ oid: '1.3.6.1.1', map: { a: 'b' } }, '/map bad-value'],
    [{ oid: '1.3.6.1.1', map: [] }, '/map bad-value'],
    [{ oid: '1.3.6.1.1', sentinel: ['x'] }, '/sentinel bad-value'],
    [{ oid: 'ifInOctets.1', rate: true, map: { 1: 1 } }, '/rate bad-value'],
    [{ oid: '1.3.6.1.1', scale: 0 }, '/scale bad-value'],
    [{ oid: '1.3.6.1.1', register: 1 }, '/register unknown-key'],
  ])('with a point %j is told %s', (settings, expected) => {
    expect(problemsOf({}, [binding('u.p', settings)])).toEqual([`u.p${expected}`])
  })

  test('names what is meant', () => {
    const problems: PreparedProblem[] = []
    parseSnmp(
      { host: 'h' },
      [binding('u.p', { oid: 'upsBatteryVolts' }), binding('u.q', { oid: '1.3.6.1.2.1.33.1.2.4' })],
      problems,
    )
    expect(problems.map(({ write }) => write.en)).toEqual([
      expect.stringContaining('is it upsBatteryVoltage'),
      expect.stringContaining("'1.3.6.1.2.1.33.1.2.4.0' or upsEstimatedChargeRemaining"),
    ])
  })

  test('may bind one object to two points that mean something else by it, not to two that mean the same', () => {
    const source = { oid: 'upsOutputSource' }
    expect(problemsOf({}, [binding('u.a', source), binding('u.b', { ...source, map: { 3: 0, 5: 1 } })])).toEqual([])
    expect(problemsOf({}, [binding('u.a', source), binding('u.b', { oid: '1.3.6.1.2.1.33.1.4.1.0' })])).toEqual([
      'u.a/oid register-taken',
      'u.b/oid register-taken',
    ])
  })

  test('scales by the name, and by what is written where something is', () => {
    const problems: PreparedProblem[] = []
    const { points } = parseSnmp(
      { host: 'h' },
      [
        binding('u.a', { oid: 'upsBatteryVoltage' }),
        binding('u.b', { oid: 'upsBatteryVoltage', scale: 1 }),
        binding('u.c', { oid: '1.3.6.1.2.1.33.1.2.5.0' }),
      ],
      problems,
    )
    expect(points.map(({ oid, scale }) => [oid, scale])).toEqual([
      ['1.3.6.1.2.1.33.1.2.5.0', 0.1],
      ['1.3.6.1.2.1.33.1.2.5.0', 1],
      ['1.3.6.1.2.1.33.1.2.5.0', 1],
    ])
  })

  test('is planned in requests of at most so many objects, counters with the agent’s clock', () => {
    const prepared = snmp.prepare('line', { host: '10.0.0.5', most: 3 }, [
      ...[1, 2, 3, 4].map(row => binding(`u.p${row}`, { oid: `1.3.6.1.4.1.9.${row}` })),
      ...[1, 2, 3].map(row => binding(`u.r${row}`, { oid: `ifInOctets.${row}`, rate: true })),
      binding('u.load', { oid: 'upsOutputPercentLoad', rows: 'sum' }),
    ])
    const plan = prepared.ok ? prepared.driver.plan?.() : []
    expect(plan?.map(({ device, points }) => [device, points.length])).toEqual([
      ['10.0.0.5', 3],
      ['10.0.0.5', 1],
      ['10.0.0.5', 2],
      ['10.0.0.5', 1],
      ['10.0.0.5', 1],
    ])
    expect(plan?.[2]?.request).toBe('get 3 objects from 1.3.6.1.2.1.1.3.0')
    expect(plan?.at(-1)?.points).toEqual([point('u.load')])
    expect(snmp.prepare('line', { host: 'h', ...v3 }, []).ok).toBe(true)
    expect(snmp.prepare('line', {}, []).ok).toBe(false)
  })
})

describe('docs/protocols/snmp.md', async () => {
  const page = await readFile(new URL('../../docs/protocols/snmp.md', import.meta.url), 'utf8')

  test('has an example that is a right site file', async () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
    const folder = await mkdtemp(join(tmpdir(), 'docs-'))
    const named = example.replace('  server-room:\n', '  server-room:\n    name: Place\n')
    await writeFile(join(folder, 'site.yaml'), `site: { id: example, name: Example, timeZone: Asia/Shanghai }\n${named}`)
    const passwords = { UPS_PASSWORD: 'long-enough', UPS_SEAL: 'long-enough', UPS_WORD: 'word' }
    const { problems } = await loadSite(join(folder, 'site.yaml'), passwords, protocols)
    await rm(folder, { recursive: true })

    expect(problems.map(({ path, wrong }) => `${path}: ${wrong.en}`)).toEqual([])
  })

  test('names every setting in both languages', () => {
    const [zh = '', en = ''] = page.split('## English')
    for (const part of [snmp.schema.connection, snmp.schema.point]) {
      for (const key of Object.keys((part as { properties: object }).properties)) {
        expect(zh, key).toContain(`\`${key}`)
        if (key !== 'offset' && key !== 'unit') expect(en, key).toContain(`\`${key}`)
      }
    }
  })
})
