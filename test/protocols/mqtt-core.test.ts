import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mayHear, maySay } from '../../protocols/mqtt/fence.ts'
import { Frames } from '../../protocols/mqtt/frames.ts'
import { lookAt } from '../../protocols/mqtt/packet.ts'
import { covers, filterMistake, matches } from '../../protocols/mqtt/topic.ts'
import { TopicTree } from '../../protocols/mqtt/tree.ts'
import { ack, goodbye, hello, packet, ping, say, sayOnce } from './peers/mqtt-packets.ts'

const level = fc.constantFrom('a', 'b', '', '$c')
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map(levels => levels.join('/'))
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 3 }), fc.constantFrom('a', '+', '#'))
  .map(([levels, last]) => [...levels, last].join('/'))

describe('the tree of topics', () => {
  test('finds the filters that a topic reaches, as one by one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(filter, { maxLength: 12 }), fc.nat(11), topic, (filters, gone, asked) => {
        const tree = new TopicTree<string>()
        for (const each of filters) tree.set(each, each)
        const [removed] = filters.splice(gone, 1)
        if (removed !== undefined) tree.delete(removed)
        expect(tree.reaching(asked).toSorted()).toEqual(filters.filter(each => matches(each, asked)).toSorted())
      }),
      { numRuns: 2_000 },
    )
  })

  test('finds the topics under a filter, as one by one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(topic, { maxLength: 12 }), fc.nat(11), filter, (topics, gone, asked) => {
        const tree = new TopicTree<string>()
        for (const each of topics) tree.set(each, each)
        const [removed] = topics.splice(gone, 1)
        if (removed !== undefined) tree.delete(removed)
        expect([...tree.under(asked)].toSorted()).toEqual(topics.filter(each => matches(asked, each)).toSorted())
        expect(tree.at(topics[0] ?? 'x')).toBe(topics[0])
      }),
      { numRuns: 2_000 },
    )
  })
})

test('a filter that covers another reaches all that the other reaches', () => {
  fc.assert(
    fc.property(filter, filter, topic, (wider, narrower, asked) => {
      fc.pre(covers(wider, narrower) && filterMistake(narrower) === undefined)
      expect(!matches(narrower, asked) || matches(wider, asked)).toBe(true)
    }),
    { numRuns: 2_000, maxSkipsPerRun: 200 },
  )
})

test('what an account is given to hear opens that and no more', () => {
  const who = { account: 'screen' }
  const given = ['zhishou/#', '$SYS/broker/+', 'plant/+/t']
  const open = [
    'zhishou/a/b',
    'zhishou/#',
    '$SYS/broker/uptime',
    '$SYS/broker/+',
    'plant/7/t',
    'plant/+/t',
    'devices/screen/#',
    'zhishou/x/status',
  ]
  const shut = [
    '#',
    '+/#',
    '$SYS/#',
    '$SYS/broker/a/b',
    'plant/#',
    'plant/+/+',
    'devices/other/x',
    '$share/g/zhishou/#',
    'a/b+',
    '',
  ]
  expect(open.filter(each => !mayHear(who, each, given))).toEqual([])
  expect(shut.filter(each => mayHear(who, each, given))).toEqual([])
  expect(mayHear({}, 'devices/#')).toBe(true)
  expect(['zhishou', 'zhishou/x', '$SYS/x', 'a/+'].some(each => maySay({}, each, new Map()))).toBe(false)
})

describe('packets', () => {
  const read = (bytes: Buffer): unknown => lookAt(bytes, 0, bytes.length)

  test('come out of a stream whole, however it is cut', () => {
    const payload = fc.string({ maxLength: 300 })
    const some = fc.array(
      fc.oneof(
        payload.map(text => say('devices/a/b', text)),
        payload.map(text => sayOnce(1, 7, 'devices/a/b', text)),
        fc.constant(ping),
      ),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(some, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (packets, cuts) => {
        const all = Buffer.concat([hello(), ...packets])
        const frames = new Frames()
        const got: string[] = []
        let at = 0
        for (let turn = 0; at < all.length; turn++) {
          const next = at + (cuts[turn % cuts.length] ?? 1)
          const wrong = frames.take(
            all.subarray(at, next),
            1_000,
            (bytes, from, to) => got.push(bytes.toString('hex', from, to)) > 0,
          )
          expect(wrong).toBeUndefined()
          at = next
        }
        expect(got).toEqual([hello(), ...packets].map(each => each.toString('hex')))
        expect([frames.held, frames.wanted]).toEqual([0, 0])
      }),
    )
  })

  test('that are too long are told before they are whole', () => {
    const frames = new Frames()
    expect(frames.take(hello(), 100, () => true)).toBeUndefined()
    expect(frames.take(Buffer.from([0x30, 0xff]), 100, () => true)).toBeUndefined()
    expect([frames.held, frames.wanted]).toEqual([2, 0])
    expect(frames.take(Buffer.from([0x7f]), 100, () => true)).toBe('oversize')
  })

  test('with a will, a name and a password carry all of it', () => {
    expect(read(hello({ id: 'i', user: 'u', password: 'p', will: 'w', willPayload: 'gone', keepAlive: 300 }))).toEqual({
      kind: 'connect',
      clientId: 'i',
      clean: true,
      will: { topic: 'w', payload: Buffer.from('gone'), qos: 0, retain: false },
      username: 'u',
      password: Buffer.from('p'),
    })
    expect(read(hello({ protocol: 'MQIsdp', level: 3 }))).toMatchObject({ kind: 'connect' })
  })

  test('are known by what they are', () => {
    const kinds = [say('a/b'), sayOnce(2, 1, 'Ä/b'), ack(0x40, 1), ack(0x62, 9), ping, goodbye].map(read)
    expect(kinds).toEqual(['publish', 'publish', 'other', 'other', 'other', 'disconnect'].map(kind => ({ kind })))
  })

  test('with filters that mean nothing say which and where, so that they can be refused by themselves', () => {
    const bytes = packet(
      0x82,
      Buffer.from([0, 9, 0, 3, 0x61, 0x2f, 0x23, 1, 0, 4]),
      Buffer.from('é/#/'.slice(0, 3)),
      Buffer.from([2]),
    )
    expect(read(bytes)).toEqual({ kind: 'filters', mistaken: [] })
    const mistaken = packet(0x82, Buffer.from([0, 9, 0, 3, 0x61, 0x2f, 0x23, 1, 0, 4]), Buffer.from('a+/b'), Buffer.from([2]))
    expect(read(mistaken)).toEqual({ kind: 'filters', mistaken: [['a+/b', 12, 16]] })
    expect(mistaken.toString('utf8', 12, 16)).toBe('a+/b')
    expect(read(packet(0xa2, Buffer.from([0, 9, 0, 2, 0x23, 0x61])))).toMatchObject({ mistaken: [['#a', 6, 8]] })
    expect(read(packet(0xa2, Buffer.from([0, 9, 0, 0])))).toBe('garbage')
  })

  test('of any bytes are known or told as garbage, and never throw', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0x10, 0x30, 0x32, 0x34, 0x40, 0x50, 0x62, 0x70, 0x82, 0xa2, 0xc0, 0xe0),
        fc.uint8Array({ maxLength: 60 }),
        (first, body) => {
          const found = read(packet(first, Buffer.from(body)))
          expect(typeof found === 'object' || found === 'garbage' || found === 'version').toBe(true)
        },
      ),
      { numRuns: 5_000 },
    )
  })

  test('a topic is garbage exactly when it is empty, is no UTF-8, or holds a wildcard or a zero', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), topicBytes => {
        const bytes = Buffer.from(topicBytes)
        const text = new TextDecoder('utf-8', { fatal: false }).decode(bytes)
        const isLegal = bytes.length > 0 && isUtf8(bytes) && !/[+#\0]/.test(text)
        expect(read(say(bytes))).toEqual(isLegal ? { kind: 'publish' } : 'garbage')
      }),
      { numRuns: 2_000 },
    )
  })
})
