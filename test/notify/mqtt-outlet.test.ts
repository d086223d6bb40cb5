import { expect, test } from 'vitest'
import type { Outbound, OwnSite } from '../../protocols/contract/driver.ts'
import type { Reading } from '../../protocols/contract/reading.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import { protocols } from '../../protocols/registry.ts'
import { MqttOutlet } from '../../gateway/notify/mqtt.ts'
import { readSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'

/** A real site file, read as the gateway reads it. */
const file = `
site: { id: greenhill, name: Greenhill, timeZone: Asia/Shanghai }
connections:
  home: { protocol: mqtt, url: mqtt://127.0.0.1, homeAssistant: { language: en }, sparkplug: { host: zhishou, edge: school/canteen } }
areas:
  canteen:
    name: Canteen
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        name: Fridge
        connection: home
        dialect: zigbee2mqtt
        device: kitchen/fridge
        points:
          temperature: { value: /temperature }
          door: { discovery: door-1 }
`

test('every broker is told who the site is before it is told that it is online, and then of every reading', async () => {
  const loaded = readSite([{ name: 'site.yaml', text: file }], {}, protocols, await loadShelf())
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems.filter(({ severity }) => severity === 'error')))
  const { site } = loaded
  const said: string[] = []
  const presented: OwnSite[] = []
  const told: Reading[] = []
  const broker: Outbound = {
    say: (topic, payload) => void said.push(`${topic} ${payload}`),
    present(own) {
      said.push('presented')
      presented.push(own)
    },
    tell: readings => void told.push(...readings),
  }
  const plain: Outbound = { say: () => {} }
  const outlet = new MqttOutlet(site, [broker, plain])
  const reading: Reading = {
    point: pointId('cold-1', 'temperature'),
    at: instant(5),
    receivedAt: instant(6),
    value: 4.5,
    quality: 'good',
  }

  outlet.online()
  outlet.readings([reading])

  expect(said).toEqual([
    'presented',
    'zhishou/greenhill/status online',
    'zhishou/greenhill/cold-1/temperature {"t":5,"v":4.5,"q":"good","unit":"°C"}',
  ])
  const [own] = presented
  expect([own?.id, own?.name.en, own?.points.map(({ point }) => point)]).toEqual([
    'greenhill',
    'Greenhill',
    ['cold-1.temperature', 'cold-1.door'],
  ])
  expect(own?.points[0]).toMatchObject({
    key: 'temperature',
    unit: '°C',
    kind: 'measurement',
    equipment: { id: 'cold-1', name: { en: 'Fridge' } },
  })
  expect(own?.points[1]?.labels.size).toBe(2)
  expect(told).toEqual([reading])
})
