import type { Protocol } from '../contract/driver.ts'
import { lineProperties } from '../kit/line-settings.ts'
import { longOrders, orders } from '../kit/orders.ts'
import { serialDefaults } from './config.ts'
import { tables, wordTypes } from './types.ts'

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
const forbidden = {
  type: 'array',
  items: { oneOf: [whole(0, 65_535), { type: 'array', minItems: 2, maxItems: 2, items: whole(0, 65_535) }] },
}

/** What the equipment may say for itself; without a word it is the connection's. */
const perUnit = {
  every: duration(),
  timeout: duration(),
  retries: whole(0, 5),
  pause: duration(),
  gap: whole(0, 124),
  most: whole(1, 125),
  exact: { type: 'boolean' },
  forbidden,
}

const connection = (retries: number): Readonly<Record<string, object>> => ({
  every: duration('10s'),
  timeout: duration('1s'),
  retries: whole(0, 5, retries),
  pause: duration('0'),
  pauseAfterConnect: duration('0'),
  gap: whole(0, 124, 10),
  most: whole(1, 125, 100),
  exact: { type: 'boolean', default: false },
  forbidden,
})

const point = {
  type: 'object',
  required: ['register'],
  properties: {
    table: { enum: tables, default: 'holding' },
    register: whole(0, 65_535),
    type: { enum: wordTypes, default: 'uint16' },
    length: whole(1, 125),
    bit: whole(0, 15),
    count: whole(1, 16),
    order: { enum: [...orders, ...longOrders], default: 'ABCD' },
    decimalsRegister: whole(0, 65_535),
    decimalsHighByte: whole(0, 65_535),
    map: { type: 'object', additionalProperties: { type: 'number' } },
    scale: { type: 'number', default: 1 },
    offset: { type: 'number', default: 0 },
    unit: { type: 'string' },
    sentinel: { type: 'array', items: { type: 'number' } },
  },
}
const equipment = (lowest: number): object => ({
  type: 'object',
  required: ['unit'],
  properties: { unit: whole(lowest, 255), ...perUnit },
})

/** What an editor completes and checks. */
export const tcpSchema: Protocol['schema'] = {
  connection: {
    type: 'object',
    required: ['host'],
    properties: {
      host: { type: 'string' },
      port: whole(1, 65_535, 502),
      framing: { enum: ['tcp', 'rtu'], default: 'tcp' },
      ...connection(0),
    },
  },
  equipment: equipment(0),
  point,
}
export const rtuSchema: Protocol['schema'] = {
  connection: { type: 'object', properties: { ...lineProperties(serialDefaults), ...connection(1) } },
  equipment: equipment(1),
  point,
}
