import { get } from 'sparkplug-payload'
import { expect, test } from 'vitest'
import type { Outbound } from '../../protocols/contract/driver.ts'
import { instant } from '../../protocols/contract/time.ts'
import type { BrokerSession } from '../../protocols/mqtt/client.ts'
import {
  deviceWord,
  discoveryWord,
  gatewayWord,
  hostStateWord,
  nodeWord,
  rebirthRequest,
} from '../../protocols/mqtt/own-words.ts'

const now = instant(1_700_000_000_000)
const node = { group: 'g', edge: 'e' }

/** Never called: it has only to compile, and would not if any of these were allowed. */
export function theCompilerRefuses(session: BrokerSession, outbound: Outbound): void {
  // @ts-expect-error a word cannot be put together by hand
  session.say({ topic: 'devices/tank-1/set', payload: '1', retain: false, qos: 0 })
  // @ts-expect-error the gateway does not speak on the topic of a device
  outbound.say('devices/tank-1/set', '1', { retain: false })
  // @ts-expect-error nor on zigbee2mqtt's
  gatewayWord('zigbee2mqtt/plug/set', 'ON', false)
  // @ts-expect-error an edge node of ours commands nobody
  nodeWord('NCMD', node, new Uint8Array())
  // @ts-expect-error nor does it command a device
  deviceWord('DCMD', node, 'd', new Uint8Array())
  // @ts-expect-error a rebirth names no metric and carries no value
  rebirthRequest(node, now, { name: 'setpoint', value: 4 })
  // @ts-expect-error what Home Assistant could switch is not announced
  discoveryWord({ prefix: 'homeassistant', component: 'switch', node: 'n', object: 'o' })
}

test('every word has a topic of the gateway, and the one command asks for births and nothing else', () => {
  const place = { prefix: 'homeassistant', component: 'sensor', node: 'zhishou_x', object: 'o' } as const
  expect(
    [
      gatewayWord('zhishou/x/status', 'online', true),
      discoveryWord(place),
      hostStateWord('zhishou', true, now),
      rebirthRequest(node, now),
      nodeWord('NDATA', node, new Uint8Array()),
      deviceWord('DDATA', node, 'd', new Uint8Array()),
    ].map(({ topic }) => topic),
  ).toEqual([
    'zhishou/x/status',
    'homeassistant/sensor/zhishou_x/o/config',
    'spBv1.0/STATE/zhishou',
    'spBv1.0/g/NCMD/e',
    'spBv1.0/g/NDATA/e',
    'spBv1.0/g/DDATA/e/d',
  ])
  const { metrics } = get('spBv1.0')?.decodePayload(rebirthRequest(node, now).payload as Uint8Array) ?? {}
  expect(metrics).toMatchObject([{ name: 'Node Control/Rebirth', type: 'Boolean', value: true }])
  expect(metrics).toHaveLength(1)
  expect(() => gatewayWord('devices/tank-1/set' as `zhishou/${string}`, '1', false)).toThrow(RangeError)
  expect(() => discoveryWord({ ...place, object: 'a/set' })).toThrow(RangeError)
})
