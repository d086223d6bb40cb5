import type { Protocol } from '../contract/driver.ts'
import { highestInstance, properties } from './names.ts'

const whole = (minimum: number, maximum: number, fallback?: number): object => ({
  type: 'integer',
  minimum,
  maximum,
  ...(fallback === undefined ? {} : { default: fallback }),
})
const duration = (fallback?: string): object => ({
  type: 'string',
  pattern: '^(0|\\d+(\\.\\d+)?(ms|s|m|h|d))$',
  ...(fallback === undefined ? {} : { default: fallback }),
})
const address = { type: 'string', pattern: '^\\d{1,3}(\\.\\d{1,3}){3}(:\\d{1,5})?$' }

/** What an editor completes and checks. */
export const bacnetSchema: Protocol['schema'] = {
  connection: {
    type: 'object',
    properties: {
      port: { ...whole(0, 65_535, 47_808), description: 'UDP port of the gateway itself' },
      interface: { type: 'string', description: 'eth0, or an address of this machine' },
      broadcast: { ...address, description: 'where devices are looked for; else the broadcast address of the interface' },
      host: { ...address, description: 'a router or a controller: everything of this connection is at or behind it' },
      bbmd: { ...address, description: 'a broadcast device in another subnet, with which the gateway registers' },
      every: duration('10s'),
      timeout: duration('3s'),
      retries: whole(0, 5, 1),
      most: whole(1, 200, 40),
      cov: { type: 'boolean', default: true },
      lifetime: duration('10m'),
      confirm: duration('1m'),
    },
  },
  equipment: {
    type: 'object',
    properties: {
      device: { ...whole(0, highestInstance), description: 'device instance' },
      address,
      network: whole(1, 65_534),
      mac: { oneOf: [whole(0, 255), { type: 'string' }] },
      every: duration(),
      timeout: duration(),
      retries: whole(0, 5),
      most: whole(1, 200),
      cov: { type: 'boolean' },
      lifetime: duration(),
      confirm: duration(),
    },
  },
  point: {
    type: 'object',
    required: ['object'],
    properties: {
      object: { type: 'string', description: 'analog-input:1, AI1, 0:1' },
      property: { oneOf: [{ enum: Object.keys(properties) }, whole(0, 4_194_303)], default: 'present-value' },
      index: whole(0, 65_535),
      bit: whole(0, 511),
      map: { type: 'object', additionalProperties: { type: 'number' } },
      scale: { type: 'number', default: 1 },
      offset: { type: 'number', default: 0 },
      unit: { type: 'string' },
    },
  },
}
