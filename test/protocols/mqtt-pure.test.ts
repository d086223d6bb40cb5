import { describe, expect, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import { mqttBroker, mqttClient } from '../../protocols/mqtt/driver.ts'
import { packetLength } from '../../protocols/mqtt/packet.ts'
import { brokerLimits, RetainedBudget } from '../../protocols/mqtt/limits.ts'
import type { TopicPoint } from '../../protocols/mqtt/mapping.ts'
import { readingsOf } from '../../protocols/mqtt/mapping.ts'
import { parsePoint } from '../../protocols/mqtt/points.ts'
import { filterMistake, matches } from '../../protocols/mqtt/topic.ts'
import { binding, codeOf } from './kit.ts'

const now = instant(Date.parse('2026-03-02T08:00:00Z'))
const heard = (settings: Record<string, unknown>, payload: string, topic = 'devices/d/p', replayed = false): unknown[] =>
  readingsOf(
    [parsePoint(binding('d.p', settings), []) as TopicPoint],
    { topic, payload: Buffer.from(payload), replayed },
    now,
  ).map(reading => (reading.quality === 'bad' ? codeOf(reading) : [reading.value, reading.at - now]))

describe('a message becomes a reading', () => {
  test.each<[string, Record<string, unknown>, string, unknown]>([
    ['plain number', {}, '21.5', [21.5, 0]],
    ['plain number with space and sign', {}, ' -3e1\n', [-30, 0]],
    ['scale and offset', { scale: 0.1, offset: 1 }, '215', [22.5, 0]],
    ['a JSON pointer', { value: '/a/1/t' }, '{"a":[0,{"t":4}]}', [4, 0]],
    ['a pointer without its slash', { value: 't' }, '{"t":4}', [4, 0]],
    ['a pointer with an escaped slash', { value: '/a~1b' }, '{"a/b":4}', [4, 0]],
    ['a JSON truth', { value: '/on' }, '{"on":true}', [1, 0]],
    ['a word', { map: { open: 1, closed: 0 } }, 'open', [1, 0]],
    ['a word in JSON', { value: '/s', map: { ON: 1 } }, '{"s":"ON"}', [1, 0]],
    ['device time in ms', { value: '/v', time: '/t' }, `{"v":1,"t":${now - 60_000}}`, [1, -60_000]],
    ['device time in ISO with offset', { value: '/v', time: '/t' }, '{"v":1,"t":"2026-03-02T15:59:00+08:00"}', [1, -60_000]],
    ['an unknown word', { map: { open: 1 } }, 'ajar', 'not-a-number'],
    ['text', {}, 'warm', 'not-a-number'],
    ['nothing', {}, '', 'not-a-number'],
    ['nothing where JSON belongs', { value: '/v' }, '', 'not-a-number'],
    ['NaN', {}, 'NaN', 'not-a-number'],
    ['hexadecimal, which nobody meant', {}, '0x10', 'not-a-number'],
    ['a number in quotes', { value: '/v' }, '{"v":"12"}', 'not-a-number'],
    ['null', { value: '/v' }, '{"v":null}', 'not-a-number'],
    ['an object', { value: '/v' }, '{"v":{}}', 'not-a-number'],
    ['a missing value', { value: '/v' }, '{"w":1}', 'not-a-number'],
    ['an inherited name', { value: '/constructor' }, '{}', 'not-a-number'],
    ['a number beyond all numbers', { value: '/v' }, '{"v":1e999}', 'not-a-number'],
    ['half a JSON', { value: '/v' }, '{"v":1', 'garbled'],
    ['time without offset', { value: '/v', time: '/t' }, '{"v":1,"t":"2026-03-02T08:00:00"}', 'garbled'],
    ['time of a clock never set', { value: '/v', time: '/t' }, '{"v":1,"t":5000}', 'garbled'],
    ['time an hour ahead', { value: '/v', time: '/t' }, `{"v":1,"t":${now + 3_600_000}}`, 'garbled'],
  ])('%s', (_, settings, payload, expected) => {
    expect(heard(settings, payload)).toEqual([expected])
  })

  test('a replayed word is a reading only with the device time', () => {
    expect(heard({}, '5', 'devices/d/p', true)).toEqual([])
    expect(heard({ value: '/v', time: '/t' }, `{"v":5,"t":${now - 1}}`, 'devices/d/p', true)).toEqual([[5, -1]])
  })

  test('other topics concern nobody', () => {
    expect(heard({}, '5', 'devices/d/other')).toEqual([])
    expect(heard({ topic: 'plant/+/t' }, '5', 'plant/7/t')).toEqual([[5, 0]])
    expect(heard({ topic: 'plant/+/t' }, '5', 'plant/7/8/t')).toEqual([])
  })
})

test.each([
  ['a/b', 'a/b', true],
  ['a/+', 'a/', true],
  ['a/+', 'a', false],
  ['a/#', 'a', true],
  ['a/#', 'a/b/c', true],
  ['#', '$SYS/x', false],
  ['+/x', '$SYS/x', false],
  ['$SYS/#', '$SYS/x', true],
])('filter %s and topic %s: %s', (filter, topic, expected) => {
  expect(matches(filter, topic)).toBe(expected)
})

test('a wildcard stands alone, and # last', () => {
  expect(['a/b+', 'a/#/b', 'a#', '', 'a/'.repeat(30)].every(filter => filterMistake(filter) !== undefined)).toBe(true)
  expect(['a/+/b', '#', '+'].map(filterMistake)).toEqual([undefined, undefined, undefined])
})

test('a packet is measured before it is read', () => {
  expect(packetLength(Buffer.from([0x10, 0x81, 0x01]), true)).toBe(132)
  expect(packetLength(Buffer.from([0x30, 0x81]), false)).toBe('more')
  expect(packetLength(Buffer.from([0x10, 0]), false)).toBe('garbage')
  expect(packetLength(Buffer.from([0x62, 2]), false)).toBe(4)
  expect(packetLength(Buffer.from([0x60, 2]), false)).toBe('garbage')
})

test('retained messages have a budget in number and in bytes, and removing gives room back', () => {
  const budget = new RetainedBudget()
  for (let n = 0; n < brokerLimits.retained; n++) budget.keep(`t${n}`, 1)
  expect([budget.hasRoom('new', 1), budget.hasRoom('t5', 9), budget.hasRoom('t5', brokerLimits.retainedBytes)]).toEqual([
    false,
    true,
    false,
  ])
  budget.keep('t5', 0)
  expect(budget.hasRoom('new', 1)).toBe(true)
})

describe('mistakes in the settings', () => {
  const places = (result: ReturnType<typeof mqttBroker.prepare>): string[] =>
    result.ok
      ? []
      : result.problems.map(({ in: where, path }) => `${where === 'connection' ? '' : where.point}/${path.join('.')}`).toSorted()

  test('of the embedded broker are told all at once', () => {
    const result = mqttBroker.prepare('b', { port: 0, accounts: { 'a/b': 'x', d: 5 }, anonymos: true }, [
      binding('d.p', { topic: 'a/#' }),
      binding('d.q', { topic: 'zhishou/x', time: '/t', map: { on: 'yes' } }),
    ])
    expect(places(result)).toEqual([
      '/accounts.a/b',
      '/accounts.d',
      '/anonymos',
      '/port',
      'd.p/device',
      'd.p/topic',
      'd.q/device',
      'd.q/map',
      'd.q/time',
      'd.q/topic',
    ])
  })

  test('of an outside broker likewise', () => {
    expect(places(mqttClient.prepare('b', { url: 'http://x', user: 'me' }, []))).toEqual(['/url', '/user'])
  })
})
