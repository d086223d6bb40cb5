import type { Protocol } from '../contract/driver.ts'
import { rowsWords } from './points.ts'
import { cipherNames, signatureNames } from './usm.ts'

const duration = (fallback: string): object => ({
  type: 'string',
  pattern: '^(0|\\d+(\\.\\d+)?(ms|s|m|h|d))$',
  default: fallback,
})
const whole = (minimum: number, maximum: number, fallback: number): object => ({
  type: 'integer',
  minimum,
  maximum,
  default: fallback,
})

/** What an editor completes and checks. */
export const snmpSchema: Protocol['schema'] = {
  connection: {
    type: 'object',
    required: ['host'],
    properties: {
      host: { type: 'string' },
      port: whole(1, 65_535, 161),
      version: { enum: ['2c', '3'], default: '2c' },
      community: { type: 'string', default: 'public' },
      username: { type: 'string' },
      auth: { enum: signatureNames },
      password: { type: 'string' },
      encrypt: { enum: cipherNames },
      encryptPassword: { type: 'string' },
      context: { type: 'string' },
      every: duration('10s'),
      timeout: duration('2s'),
      retries: whole(0, 5, 2),
      most: whole(1, 100, 20),
    },
  },
  equipment: { type: 'object', properties: {} },
  point: {
    type: 'object',
    required: ['oid'],
    properties: {
      oid: { type: 'string', description: "'1.3.6.1.2.1.33.1.2.4.0' · upsEstimatedChargeRemaining" },
      rows: { enum: rowsWords },
      map: { type: 'object', additionalProperties: { type: 'number' } },
      suffix: { type: 'string' },
      rate: { type: 'boolean', default: false },
      scale: { type: 'number', default: 1 },
      offset: { type: 'number', default: 0 },
      unit: { type: 'string' },
      sentinel: { type: 'array', items: { type: 'number' } },
    },
  },
}
