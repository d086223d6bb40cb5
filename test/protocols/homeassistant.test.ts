import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Found } from '../../protocols/contract/driver.ts'
import { millis } from '../../protocols/contract/time.ts'
import { mqttBroker, mqttClient } from '../../protocols/mqtt/driver.ts'
import { entitiesOf, templatePath } from '../../protocols/mqtt/homeassistant-in.ts'
import { announcementsOf } from '../../protocols/mqtt/homeassistant-out.ts'
import { binding, codeOf, freePort, Gateway, isGood, point, prepared, realClock, run } from './kit.ts'
import { fridge } from './own-site.ts'
import { Listener } from './peers/listener.ts'
import type { Peer } from './peers/programs.ts'
import { hasMosquitto, startMosquitto } from './peers/programs.ts'

const entities = (topic: string, config: unknown) =>
  entitiesOf(topic, Buffer.from(typeof config === 'string' ? config : JSON.stringify(config)), 'homeassistant')

describe('an announcement to Home Assistant', () => {
  test('is read with short keys and a base topic, as Tasmota writes it', () => {
    const config = {
      name: 'ANALOG Temperature',
      stat_t: 'tele/tasmota_1/SENSOR',
      '~': 'tele/tasmota_1/',
      avty_t: '~LWT',
      pl_avail: 'Online',
      pl_not_avail: 'Offline',
      uniq_id: '1_ANALOG_Temperature',
      dev: { ids: ['1'], name: 'Kitchen' },
      unit_of_meas: '°C',
      dev_cla: 'temperature',
      exp_aft: 60,
      val_tpl: "{{value_json['ANALOG']['Temperature']}}",
    }
    expect(entities('homeassistant/sensor/1_ANALOG_Temperature/config', config)).toEqual([
      {
        uniqueId: '1_ANALOG_Temperature',
        component: 'sensor',
        name: 'ANALOG Temperature',
        deviceName: 'Kitchen',
        deviceClass: 'temperature',
        unit: '°C',
        source: {
          topic: 'tele/tasmota_1/SENSOR',
          value: ['ANALOG', 'Temperature'],
          words: new Map(),
          presence: [{ topic: 'tele/tasmota_1/LWT', online: 'Online', offline: 'Offline' }],
          needs: 'all',
          expireAfter: 60,
        },
      },
    ])
  })

  test('of a whole device is read part by part', () => {
    const found = entities('homeassistant/device/bla/config', {
      dev: { ids: 'ea334450945afc', name: 'Kitchen' },
      o: { name: 'bla2mqtt' },
      cmps: {
        one: { p: 'sensor', device_class: 'temperature', value_template: '{{ value_json.temperature }}', unique_id: 'temp01' },
        two: { p: 'binary_sensor', state_topic: 'other', unique_id: 'door01', pl_on: true, pl_off: false },
        three: { p: 'switch', unique_id: 'switch01', command_topic: 'x/set' },
      },
      state_topic: 'sensorBedroom/state',
      availability: [{ topic: 'a', value_template: '{{ value_json.state }}' }],
      availability_mode: 'any',
    })
    expect(
      found?.map(({ uniqueId, deviceName, source }) => [uniqueId, deviceName, 'topic' in source ? source.topic : 'unreadable']),
    ).toEqual([
      ['temp01', 'Kitchen', 'sensorBedroom/state'],
      ['door01', 'Kitchen', 'other'],
      ['switch01', 'Kitchen', 'unreadable'],
    ])
    expect(found?.[1]?.source).toMatchObject({
      words: new Map([
        ['false', 0],
        ['true', 1],
      ]),
      needs: 'any',
      presence: [{ topic: 'a', value: ['state'] }],
    })
  })

  test.each([
    ['not below the prefix', 'hass/sensor/x/config', undefined],
    ['no configuration', 'homeassistant/sensor/x/state', undefined],
    ['an id with a forbidden sign', 'homeassistant/sensor/x y/config', undefined],
    ['Home Assistant itself', 'homeassistant/status', undefined],
  ])('is not: %s', (_, topic, expected) => {
    expect(entities(topic, { unique_id: 'x' })).toEqual(expected)
  })

  test.each(['', '{', '[]', '7', 'null', '{"unique_id":5}', '{}'])('of %j announces nothing', payload => {
    expect(entities('homeassistant/sensor/x/config', payload)).toEqual([])
  })

  test.each([
    ['{{ value_json.x }}', ['x']],
    ['{{value_json.a.b_1}}', ['a', 'b_1']],
    ["{{ value_json['a b'][0].c }}", ['a b', '0', 'c']],
    ['{{ value_json["x"] | float | round(2) }}', ['x']],
    ['{{- value_json.x -}}', ['x']],
    ['{{ value_json }}', []],
    ['{{ value }}', undefined],
    [undefined, undefined],
    ['{{ value_json.x | int }}', 'other'],
    ['{{ value_json.x | float(0) }}', 'other'],
    ['{{ value_json.x * 2 }}', 'other'],
    ['{{ value_json.x if value_json.y else 0 }}', 'other'],
    ['{% if value_json.x %}1{% endif %}', 'other'],
    ['{{ value_json.x }} °C', 'other'],
    ['{{ value.split(",")[0] }}', 'other'],
    [5, 'other'],
  ])('template %j picks %j', (template, expected) => {
    expect(templatePath(template)).toEqual(expected)
  })

  test('of any bytes and any JSON is an answer and never an exception', () => {
    const topics = fc.constantFrom('homeassistant/sensor/x/config', 'homeassistant/device/x/config')
    fc.assert(
      fc.property(topics, fc.uint8Array({ maxLength: 100 }), (topic, bytes) => void entitiesOf(topic, bytes, 'homeassistant')),
    )
    const keys = fc.constantFrom('unique_id', 'stat_t', 'avty', 'cmps', 'dev', '~', 'val_tpl', 't', 'p', 'exp_aft', 'pl_on')
    const json = fc.letrec(tie => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.integer(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        tie('object'),
      ),
      object: fc.dictionary(keys, tie('any'), { maxKeys: 5 }),
    }))
    fc.assert(
      fc.property(topics, json.object, (topic, config) => {
        for (const { source } of entities(topic, config) ?? []) if ('topic' in source) expect(source.topic).not.toMatch(/[+#]/)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('our own announcements', () => {
  const ours = announcementsOf(fridge, { prefix: 'homeassistant', language: 'en' })
  const of = (key: string): Readonly<Record<string, unknown>> =>
    (ours.find(({ place }) => place.object.endsWith(key))?.config ?? {}) as Readonly<Record<string, unknown>>

  test('name the unit, the class and the kind of each point', () => {
    expect(of('temperature')).toMatchObject({
      name: 'Temperature',
      state_topic: 'zhishou/greenhill/cold-1/temperature',
      value_template: '{{ value_json.v }}',
      device_class: 'temperature',
      unit_of_measurement: '°C',
      state_class: 'measurement',
      expire_after: 600,
      device: { identifiers: ['zhishou_greenhill_cold-1'], name: 'Fridge 1', model: 'Fridge' },
    })
    expect(of('energy')).toMatchObject({ device_class: 'energy', state_class: 'total_increasing' })
    expect(of('door')).toMatchObject({ device_class: 'door', payload_on: '1', payload_off: '0' })
    expect(of('mode')).toMatchObject({
      device_class: 'enum',
      options: ['off', 'defrost'],
      value_template: '{{ { 0: "off", 2: "defrost" }.get(value_json.v | int(-1)) }}',
    })
  })

  test('are sensors alone, and name no topic that anything could be commanded on', () => {
    expect(new Set(ours.map(({ place }) => place.component))).toEqual(new Set(['sensor', 'binary_sensor']))
    expect(JSON.stringify(ours)).not.toMatch(/command|set_|_cmd/)
  })

  test('have an id each, whatever the equipment and the points are called', () => {
    const names = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,6}$/)
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(names, names), { selector: ([equipment, key]) => `${equipment}.${key}`, maxLength: 12 }),
        pairs => {
          const [first] = fridge.points
          const site = {
            ...fridge,
            points: pairs.flatMap(([id, key]) => (first ? [{ ...first, key, equipment: { ...first.equipment, id } }] : [])),
          }
          const ids = announcementsOf(site, { prefix: 'h', language: 'zh' }).map(({ place }) => `${place.node}/${place.object}`)
          expect(new Set(ids).size).toBe(pairs.length)
          for (const id of ids) expect(id).toMatch(/^[\w-]+\/[\w-]+$/)
        },
      ),
    )
  })

  test('tell a_b + c from a + b_c', () => {
    const [first] = fridge.points
    const points = [
      ['a_b', 'c'],
      ['a', 'b_c'],
    ].flatMap(([id = '', key = '']) => (first ? [{ ...first, key, equipment: { ...first.equipment, id } }] : []))
    const objects = announcementsOf({ ...fridge, points }, { prefix: 'h', language: 'zh' }).map(({ place }) => place.object)
    expect(objects).toEqual(['a__b_c', 'a_b_c'])
  })

  test('can be understood by ourselves as by anybody', () => {
    const [first] = ours
    const topic = `homeassistant/sensor/${first?.place.node}/${first?.place.object}/config`
    expect(entities(topic, first?.config)?.[0]).toMatchObject({ unit: '°C', source: { unreadable: expect.anything() } })
  })
})

describe.skipIf(!hasMosquitto())('Home Assistant over mosquitto', () => {
  let peer: Peer
  beforeAll(async () => {
    peer = await startMosquitto(await freePort())
  })
  afterAll(() => peer?.stop())
  const url = (): string => `mqtt://127.0.0.1:${peer.port}`

  test('our points are announced, again when Home Assistant starts, and taken back when they are no more', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zhishou-home-'))
    const settings = { url: url(), homeAssistant: { prefix: 'homeassistant', language: 'en' } }
    const { host, driver } = run(mqttClient, settings, [], new Gateway(realClock, realClock, folder))
    await host.until('up', () => host.ups === 1)
    driver.outbound?.present?.(fridge)
    const other = await Listener.on(peer.port, ['homeassistant/#'])
    const config = 'homeassistant/sensor/zhishou_greenhill/cold-1_temperature/config'
    await other.until('the announcement', () => other.on(config).length === 1)
    expect(other.heard.filter(({ retain }) => retain)).toHaveLength(4)

    await other.says('homeassistant/status', 'offline')
    await other.says('homeassistant/status', 'online')
    await other.until('the announcement again', () => other.on(config).length === 2)
    await driver.stop()

    // The next run has one point less: what was announced before is known from the folder.
    const later = run(mqttClient, settings, [], new Gateway(realClock, realClock, folder))
    later.driver.outbound?.present?.({ ...fridge, points: fridge.points.slice(1) })
    await other.until('the end of it', () => other.on(config).at(-1)?.payload.length === 0)
    await later.driver.stop()
    const late = await Listener.on(peer.port, ['homeassistant/+/zhishou_greenhill/+/config', 'probe'])
    await late.says('probe', 'x')
    await late.until('all that is retained', () => late.heard.length === 4)
    expect(late.heard.map(({ topic }) => topic.split('/')[3])).not.toContain('cold-1_temperature')
    await other.leaves()
    await late.leaves()
    rmSync(folder, { recursive: true })
  })

  test('what a device announces is read where it says, follows a change, and falls silent as it says', async () => {
    const other = await Listener.on(peer.port, ['nothing'])
    const announce = (topic: string, more: object = {}) =>
      other.says(
        'homeassistant/sensor/probe-1/config',
        JSON.stringify({
          unique_id: 'p1',
          state_topic: topic,
          unit_of_measurement: '°C',
          value_template: '{{ value_json.t }}',
          ...more,
        }),
        true,
      )
    await announce('kitchen/a', { availability_topic: 'kitchen/lwt', expire_after: 1 })
    const bound = [
      binding('room.temperature', { discovery: 'p1', unit: '°C' }),
      binding('room.humidity', { discovery: 'nobody' }),
    ]
    const { host, driver } = run(mqttClient, { url: url() }, bound)
    const temperature = point('room.temperature')
    await host.until('up', () => host.ups === 1)
    const says = async (topic: string, value: number): Promise<void> => {
      // The subscription to an announced topic follows the announcement: it is said until it is heard.
      for (let turn = 0; turn < 50 && host.last(temperature)?.value !== value; turn++) {
        await other.says(topic, JSON.stringify({ t: value }))
        await new Promise(resolve => setTimeout(resolve, 50))
      }
    }
    await says('kitchen/a', 21)
    expect(host.last(temperature)).toMatchObject({ value: 21, quality: 'good' })
    await host.until('silence', () => codeOf(host.last(temperature)) === 'device-silent')
    await announce('kitchen/b', { availability_topic: 'kitchen/lwt' })
    await says('kitchen/b', 22)
    const seen = host.readings.length
    await other.says('kitchen/a', '{"t":99}')
    await other.says('kitchen/lwt', 'offline')
    await host.until('its last will', () => codeOf(host.last(temperature)) === 'device-silent')
    expect(host.readings.slice(seen).filter(isGood)).toEqual([])
    await announce('kitchen/b', { unit_of_measurement: '°F' })
    await host.until('another unit', () => codeOf(host.last(temperature)) === 'wrong-reply')
    await other.says('homeassistant/sensor/probe-1/config', '', true)
    await host.until('the end', () => codeOf(host.last(temperature)) === 'no-such-address')
    await host.until('a word on what nobody announces', () => codeOf(host.last(point('room.humidity'))) === 'no-such-address')
    await driver.stop()
    await other.leaves()
  })

  test('a scan finds what is announced, with bindings that read', async () => {
    const other = await Listener.on(peer.port, ['nothing'])
    const config = { unique_id: 'p7', name: 'CO2', stat_t: 'office/co2', unit_of_meas: 'ppm', dev: { name: 'Office' } }
    await other.says('homeassistant/sensor/office/config', JSON.stringify(config), true)
    await other.says('homeassistant/switch/lamp/config', JSON.stringify({ unique_id: 'l', command_topic: 'lamp/set' }), true)
    const driver = prepared(mqttClient, { url: url() }, []).open(new Gateway())
    const found: Found[] = []
    for await (const step of driver.scan?.({ most: 20, listen: millis(1_000) }, AbortSignal.timeout(10_000)) ?? []) {
      if (step.step === 'found') found.push(step.found)
    }
    expect(found.find(({ name }) => name === 'Office')).toEqual({
      device: {},
      name: 'Office',
      points: [{ settings: { discovery: 'p7', unit: 'ppm' }, name: 'CO2', unit: 'ppm' }],
    })
    expect(found.map(({ name }) => name)).not.toContain('l')
    await other.leaves()
  })
})

test('Home Assistant at the embedded broker hears what is announced, says that it is there, and can say nothing else', async () => {
  const port = await freePort()
  const accounts = { home: { password: 'secret', hears: ['homeassistant/#', 'zhishou/#'] } }
  const { host, driver } = run(mqttBroker, { port, accounts, homeAssistant: {} }, [])
  await host.until('up', () => host.ups === 1)
  driver.outbound?.present?.(fridge)
  driver.outbound?.say('zhishou/greenhill/cold-1/temperature', '{"v":4}', { retain: true })
  const home = await Listener.on(port, ['homeassistant/#', 'zhishou/#'], { username: 'home', password: 'secret' })
  const topic = 'homeassistant/sensor/zhishou_greenhill/cold-1_temperature/config'
  await home.until('the announcement', () => home.on(topic).length === 1)
  await home.says('homeassistant/status', 'online')
  await home.until('the announcement again', () => home.on(topic).length === 2)
  const thrownOut = new Promise<void>(resolve => home.client.once('close', () => resolve()))
  home.client.publish('zhishou/greenhill/cold-1/temperature', '{"v":99}')
  await thrownOut
  await driver.stop()
})
