import type { EquipmentType } from './library.ts'
import { families, formats } from './models.ts'
import { unitNames } from './units.ts'

const words = {
  anyOf: [
    { type: 'string', minLength: 1 },
    {
      type: 'object',
      additionalProperties: false,
      properties: { zh: { type: 'string' }, en: { type: 'string' } },
      required: ['zh', 'en'],
    },
  ],
}
const settings = { type: 'object' }
const way = { baud: { type: 'integer' }, format: { anyOf: [{ enum: formats }, { type: 'number' }] }, unit: { type: 'integer' } }
const closed = (properties: object, required: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
})

/**
 * The JSON Schema of a model file, for editors. A point's own settings are its protocol's: which those are, the site file's schema and
 * `zhishou check` say.
 */
export function modelSchema(types: ReadonlyMap<string, EquipmentType>): object {
  const point = {
    type: 'object',
    properties: {
      name: words,
      unit: { enum: unitNames },
      plausible: { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
      note: words,
      verified: { type: 'boolean', default: true },
    },
  }
  const hint = closed(
    { look: words, points: { type: 'object', additionalProperties: settings }, link: settings, device: settings },
    ['look'],
  )
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: '值守型号文件 · Zhishou model file',
    ...closed(
      {
        model: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,63}$' },
        name: words,
        maker: { type: 'string' },
        types: { type: 'array', items: { enum: [...types.keys()] } },
        protocol: { enum: families },
        source: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
        verified: { type: 'boolean', default: false },
        link: closed({ ...way, port: { type: 'integer' }, seen: { type: 'array', items: closed(way) } }),
        device: settings,
        defaults: settings,
        points: { type: 'object', minProperties: 1, additionalProperties: point },
        hints: { type: 'array', items: hint },
        note: words,
      },
      ['model', 'name', 'protocol', 'points'],
    ),
  }
}
