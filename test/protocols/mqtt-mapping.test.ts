import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Found } from '../../protocols/contract/driver.ts'
import { instant, millis } from '../../protocols/contract/time.ts'
import { believedTime, epochOf } from '../../protocols/mqtt/device-time.ts'
import { mqttBroker, mqttClient } from '../../protocols/mqtt/driver.ts'
import { ZigbeeFinder } from '../../protocols/mqtt/found-zigbee.ts'
import type { TopicPoint } from '../../protocols/mqtt/mapping.ts'
import { presenceOf, readingsOf } from '../../protocols/mqtt/mapping.ts'
import { pathOf, pointerOf } from '../../protocols/mqtt/payload.ts'
import { parsePoint } from '../../protocols/mqtt/points.ts'
import { binding, codeOf, freePort, Gateway, point, prepared, run } from './kit.ts'
import { Listener } from './peers/listener.ts'
import { hasMosquitto, startMosquitto } from './peers/programs.ts'

const now = instant(Date.parse('2026-03-02T08:00:00Z'))
const topicPoint = (settings: Record<string, unknown>, device: Record<string, unknown> = {}): TopicPoint => {
  const parsed = parsePoint(binding('d.p', settings, device), [])
  if (parsed.from !== 'topic') throw new Error('no topic')
  return parsed
}
const heard = (settings: Record<string, unknown>, payload: string, device: Record<string, unknown> = {}): unknown[] => {
  const asked = topicPoint(settings, device)
  return readingsOf([asked], { topic: asked.filter, payload: Buffer.from(payload), replayed: false }, now).map(reading =>
    reading.quality === 'bad' ? codeOf(reading) : [reading.value, reading.at - now],
  )
}
const s = now / 1_000

describe('any JSON becomes readings', () => {
  test.each<[string, Record<string, unknown>, string, unknown[]]>([
    ['a list of records, each with its time', { records: '/d', value: '/v', time: '/t' }, `{"d":[{"t":${s - 2},"v":1},{"t":${s - 1},"v":2}]}`, [[1, -2_000], [2, -1_000]]], // prettier-ignore
    ['a list alone', { records: '/', value: '/v' }, '[{"v":1},{"v":2}]', [[1, 0], [2, 0]]], // prettier-ignore
    ['a list of numbers', { records: '/v' }, '{"v":[1,2]}', [[1, 0], [2, 0]]], // prettier-ignore
    ['one record without its list', { records: '/d', value: '/v' }, '{"d":{"v":3}}', [[3, 0]]],
    ['the records that are meant', { records: '/', where: { n: 'hum' }, value: '/v' }, '[{"n":"temp","v":21},{"n":"hum","v":40}]', [[40, 0]]], // prettier-ignore
    ['a list in which nothing is meant', { records: '/', where: { n: 'co2' }, value: '/v' }, '[{"n":"temp","v":21}]', []],
    ['a list that is not there', { records: '/d', value: '/v' }, '{}', ['not-a-number']],
    ['a broken record among good ones', { records: '/', value: '/v' }, '[{"v":1},{},{"v":null}]', [[1, 0], 'not-a-number', 'not-a-number']], // prettier-ignore
    ['a number in quotes, where it is expected', { value: '/v', text: true }, '{"v":"12.5"}', [[12.5, 0]]],
    ['a number with its unit', { value: '/v', suffix: '°C' }, '{"v":"21.5 °C"}', [[21.5, 0]]],
    ['a plain payload with its unit', { suffix: '%' }, ' 40%\n', [[40, 0]]],
    ['another unit than expected', { value: '/v', suffix: '°C' }, '{"v":"70 °F"}', ['not-a-number']],
    ['no unit where one is expected', { value: '/v', suffix: '°C' }, '{"v":21.5}', ['not-a-number']],
    ['a cell of a row', { column: 2 }, '21.5, 40,1', [[40, 0]]],
    ['a cell of a row with semicolons', { column: 3 }, '21.5;40;1', [[1, 0]]],
    ['a cell after a separator of its own', { column: 2, separator: '|' }, 'a|7', [[7, 0]]],
    ['a cell beyond the row', { column: 4 }, '21.5,40,1', ['not-a-number']],
    ['an empty cell', { column: 2, separator: ',' }, '21.5,,1', ['not-a-number']],
    ['a row inside JSON', { value: '/row', column: 1 }, '{"row":"5,6"}', [[5, 0]]],
    ['a cell of what is no row', { value: '/row', column: 1 }, '{"row":5}', ['not-a-number']],
    ['the length of a list, which nobody said', { value: '/v/length' }, '{"v":[1,2]}', ['not-a-number']],
    ['time in seconds', { value: '/v', time: '/t' }, `{"v":1,"t":${s - 60}}`, [[1, -60_000]]],
    ['time in microseconds', { value: '/v', time: '/t' }, `{"v":1,"t":${(now - 5) * 1_000}}`, [[1, -5]]],
    ['time in text', { value: '/v', time: '/t' }, `{"v":1,"t":"${now - 7}"}`, [[1, -7]]],
    ['time with a space', { value: '/v', time: '/t' }, '{"v":1,"t":"2026-03-02 15:59:00+08:00"}', [[1, -60_000]]],
  ])('%s', (_, settings, payload, expected) => {
    expect(heard(settings, payload)).toEqual(expected)
  })

  test('a pointer is written as it was read', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 5 }), path => {
        fc.pre(!(path.length === 1 && path[0] === ''))
        expect(pathOf(pointerOf(path))).toEqual(path)
      }),
    )
  })

  /** Every number or truth that a JSON value holds, wherever it stands. */
  const leaves = (json: unknown): number[] => {
    if (typeof json === 'number') return [json]
    if (typeof json === 'boolean') return [json ? 1 : 0]
    return typeof json === 'object' && json !== null ? Object.values(json).flatMap(leaves) : []
  }

  test('never a value that the message does not hold', () => {
    const keys = fc.constantFrom('a', 'b', '0', '1', 'length', '__proto__', 'constructor')
    const { json } = fc.letrec(tie => ({
      json: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.oneof(
          fc.double(),
          fc.integer(),
          fc.boolean(),
          fc.constant(null),
          fc.string(),
          fc.constantFrom('7', 'NaN', 'on', '1e3'),
        ),
        fc.array(tie('json'), { maxLength: 4 }),
        fc.dictionary(keys, tie('json'), { maxKeys: 4 }),
      ),
    }))
    const path = fc.array(keys, { maxLength: 4 }).map(parts => `/${parts.join('/')}`)
    let values = 0
    fc.assert(
      fc.property(json, path, fc.option(path), (message, value, records) => {
        const payload = JSON.stringify(message)
        const asked = topicPoint({ value, ...(records === null ? {} : { records }) })
        const held = leaves(JSON.parse(payload))
        for (const reading of readingsOf([asked], { topic: asked.filter, payload: Buffer.from(payload), replayed: false }, now)) {
          if (reading.quality === 'bad') continue
          values++
          expect(held).toContain(reading.value)
        }
      }),
      { numRuns: 5_000 },
    )
    // So many of the random messages hold what is asked for that the above says something.
    expect(values).toBeGreaterThan(20)
  })

  test('any bytes are a reading or a fault, and never an exception', () => {
    const settings = fc.constantFrom(
      {},
      { value: '/a' },
      { records: '/', value: '/' },
      { column: 1 },
      { suffix: '°C' },
      { value: '/v', time: '/t' },
    )
    fc.assert(
      fc.property(settings, fc.uint8Array(), (wanted, bytes) => {
        const asked = topicPoint(wanted)
        for (const reading of readingsOf([asked], { topic: asked.filter, payload: bytes, replayed: false }, now)) {
          if (reading.quality !== 'bad') expect(Number.isFinite(reading.value)).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('no time of a device is taken from before 2000 or from more than ten minutes ahead', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.integer(), fc.string(), fc.constant(null)), value => {
        const ms = epochOf(value)
        if (!Number.isFinite(ms)) return
        const at = believedTime(ms, now)
        if (at.ok) expect([at.value >= Date.parse('2000-01-01'), at.value <= now + 600_000]).toEqual([true, true])
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('zigbee2mqtt', () => {
  const zigbee = { dialect: 'zigbee2mqtt', device: 'kitchen/fridge' }

  test('is read under its friendly name, which may hold slashes, at the key of the point or another', () => {
    expect(topicPoint({}, zigbee)).toMatchObject({ filter: 'zigbee2mqtt/kitchen/fridge', value: ['p'], device: 'zigbee2mqtt' })
    expect(heard({ value: '/temperature' }, '{"temperature":4.2,"battery":90}', zigbee)).toEqual([[4.2, 0]])
    expect(heard({ value: '/contact', map: { true: 0, false: 1 } }, '{"contact":false}', zigbee)).toEqual([[1, 0]])
    expect(heard({ value: '/t', time: '/last_seen' }, `{"t":4,"last_seen":"2026-03-02T07:59:59+00:00"}`, zigbee)).toEqual([
      [4, -1_000],
    ])
  })

  test.each([
    ['offline', false],
    ['online', true],
    ['{"state":"offline"}', false],
    ['{"state":"online"}', true],
    ['{"state":5}', undefined],
    ['', undefined],
    ['7', undefined],
  ])('availability %s', (payload, expected) => {
    const [presence] = topicPoint({}, zigbee).presence ?? []
    expect(presence && presenceOf(presence, Buffer.from(payload))).toBe(expected)
  })

  const devices = [
    { type: 'Coordinator', friendly_name: 'Coordinator' },
    {
      type: 'EndDevice',
      friendly_name: 'kitchen/fridge',
      definition: {
        vendor: 'Aqara',
        model: 'WSDCGQ11LM',
        exposes: [
          { type: 'numeric', property: 'temperature', unit: '°C', access: 1, label: 'Temperature' },
          { type: 'binary', property: 'contact', value_on: false, value_off: true, access: 1 },
          { type: 'enum', property: 'power_outage', values: ['off', 'on'], access: 7 },
          { type: 'numeric', property: 'only_written', access: 2 },
          { type: 'switch', features: [{ type: 'binary', property: 'state', value_on: 'ON', value_off: 'OFF', access: 7 }] },
          { type: 'composite', property: 'color', features: [{ type: 'numeric', property: 'x', access: 7 }] },
          5,
        ],
      },
    },
    { type: 'Router', friendly_name: 'plug', definition: null },
    'rubbish',
  ]

  test('a scan names each device with what it exposes and how to bind it', () => {
    const finder = new ZigbeeFinder()
    finder.hear({ topic: 'z/bridge/devices', payload: Buffer.from(JSON.stringify(devices)), replayed: true })
    finder.hear({ topic: 'z/bridge/state', payload: Buffer.from('online'), replayed: true })

    expect(finder.found()).toEqual([
      {
        device: { dialect: 'zigbee2mqtt', device: 'kitchen/fridge', base: 'z' },
        name: 'kitchen/fridge (Aqara WSDCGQ11LM)',
        points: [
          { settings: { value: '/temperature' }, name: 'Temperature', unit: '°C' },
          { settings: { value: '/contact', map: { false: 1, true: 0 } }, name: 'contact' },
          { settings: { value: '/power_outage', map: { off: 0, on: 1 } }, name: 'power_outage' },
          { settings: { value: '/state', map: { ON: 1, OFF: 0 } }, name: 'state' },
        ],
      },
      expect.objectContaining({ name: 'plug', points: [], note: expect.anything() }),
    ])
    finder.hear({ topic: 'z/bridge/devices', payload: Buffer.from('{'), replayed: true })
    expect(finder.found()).toEqual([])
  })

  test.skipIf(!hasMosquitto())(
    'over mosquitto: readings, a device that goes offline, a bridge that goes offline; nothing is ever said to it',
    async () => {
      const peer = await startMosquitto(await freePort())
      const other = await Listener.on(peer.port)
      await other.says('zigbee2mqtt/bridge/devices', JSON.stringify(devices), true)
      await other.says('zigbee2mqtt/bridge/state', '{"state":"online"}', true)
      const settings = { url: `mqtt://127.0.0.1:${peer.port}` }
      const { host, driver } = run(mqttClient, settings, [binding('cold-1.temperature', {}, zigbee)])
      const temperature = point('cold-1.temperature')
      await host.until('up', () => host.ups === 1)
      await other.says('zigbee2mqtt/kitchen/fridge', '{"temperature":4.2}')
      await host.until('the reading', () => host.last(temperature)?.value === 4.2)
      await other.says('zigbee2mqtt/kitchen/fridge/availability', '{"state":"offline"}', true)
      await host.until('its absence', () => codeOf(host.last(temperature)) === 'device-silent')
      await other.says('zigbee2mqtt/kitchen/fridge', '{"temperature":4.3}')
      await host.until('its return', () => host.last(temperature)?.value === 4.3)
      await other.says('zigbee2mqtt/bridge/state', 'offline', true)
      await host.until('the absence of all', () => codeOf(host.last(temperature)) === 'device-silent')

      const found: Found[] = []
      const scanned = driver.scan?.({ most: 20, listen: millis(1_000) }, AbortSignal.timeout(10_000)) ?? []
      for await (const step of scanned) if (step.step === 'found') found.push(step.found)
      expect(found.map(({ name }) => name)).toEqual(['kitchen/fridge (Aqara WSDCGQ11LM)', 'plug'])
      await driver.stop()
      expect(other.heard.filter(({ topic }) => /\/(set|get)$|\/request\//.test(topic))).toEqual([])
      await other.leaves()
      await peer.stop()
    },
    300_000,
  )
})

describe('a scan and a probe', () => {
  test('over the embedded broker find what devices say, and read it with the payload', async () => {
    const port = await freePort()
    const bound = [
      binding('tank-1.level', { value: '/level' }),
      binding('tank-1.flow', { topic: 'devices/tank-1/level', value: '/flow/0' }),
    ]
    const opened = run(mqttBroker, { port, accounts: { 'tank-1': 'secret' } }, [
      { ...bound[0], settings: { topic: 'devices/tank-1/level', value: '/level' } } as (typeof bound)[number],
      ...bound.slice(1),
    ])
    const { host, driver } = opened
    await host.until('up', () => host.ups === 1)
    const device = await Listener.on(port, [], { username: 'tank-1', password: 'secret' })
    const hush = device.repeats('devices/tank-1/level', '{"level":71.5,"flow":[3],"name":"x"}')
    const probes = await driver.probe?.(AbortSignal.timeout(5_000))
    const found: Found[] = []
    const scanned = driver.scan?.({ most: 20, listen: millis(1_000) }, AbortSignal.timeout(10_000)) ?? []
    for await (const step of scanned) if (step.step === 'found') found.push(step.found)
    hush()
    await device.leaves()
    await driver.stop()

    expect(probes).toMatchObject([
      { reading: { value: 71.5 }, raw: '{"level":71.5,"flow":[3],"name":"x"}' },
      { reading: { value: 3 } },
    ])
    expect(found).toEqual([
      {
        device: { device: 'tank-1' },
        name: 'devices/tank-1',
        points: [
          { settings: { topic: 'devices/tank-1/level', value: '/level' }, name: 'level', value: 71.5, raw: '71.5' },
          { settings: { topic: 'devices/tank-1/level', value: '/flow/0' }, name: 'flow 0', value: 3, raw: '3' },
        ],
      },
    ])
    expect(host.links).toEqual(['up'])
  })

  test.skipIf(!hasMosquitto())(
    'over an outside broker tell an old word from a fresh one',
    async () => {
      const peer = await startMosquitto(await freePort())
      const other = await Listener.on(peer.port, [])
      await other.says('plant/a', '5', true)
      const bound = [binding('d.a', { topic: 'plant/a' }), binding('d.b', { topic: 'plant/b' })]
      const driver = prepared(mqttClient, { url: `mqtt://127.0.0.1:${peer.port}` }, bound).open(new Gateway())
      const hush = other.repeats('plant/b', '7')
      const probes = await driver.probe?.(AbortSignal.timeout(1_500))
      hush()
      expect(probes?.map(({ reading, raw }) => [codeOf(reading), raw])).toEqual([
        ['timeout', '5'],
        ['good', '7'],
      ])
      await other.leaves()
      await peer.stop()

      const [silent] = (await driver.probe?.(AbortSignal.timeout(1_500))) ?? []
      expect(codeOf(silent?.reading)).toBe('unreachable')
      const steps: string[] = []
      for await (const { step } of driver.scan?.({ most: 1 }, AbortSignal.timeout(5_000)) ?? []) steps.push(step)
      expect(steps).toEqual(['trouble'])
    },
    300_000,
  )
})

test('mistakes in the dialects are told at their place', () => {
  const result = mqttClient.prepare(
    'b',
    {
      url: 'mqtt://x',
      homeAssistant: { prefix: 'zhishou/x', language: 'fr', topic: 1 },
      sparkplug: { host: 'a/b', edge: 'g', primaryHost: '#' },
    },
    [binding('d.p', { sparkplug: 'g', metric: 'm' }), binding('d.q', { topic: 't', records: '/', where: 5, column: 0 })],
  )
  const places = result.ok
    ? []
    : result.problems.map(({ in: where, path }) => `${where === 'connection' ? '' : where.point}/${path.join('.')}`)
  expect(places.toSorted()).toEqual([
    '/homeAssistant.language',
    '/homeAssistant.prefix',
    '/homeAssistant.topic',
    '/sparkplug.edge',
    '/sparkplug.host',
    '/sparkplug.primaryHost',
    'd.p/sparkplug',
    'd.q/column',
    'd.q/where',
  ])
  const blocks = mqttClient.prepare('b', { url: 'mqtt://x', homeAssistant: true, sparkplug: { primaryHost: 'h' } }, [])
  expect(blocks.ok ? [] : blocks.problems.map(({ path }) => path.join('.'))).toEqual(['homeAssistant', 'sparkplug.primaryHost'])
})
