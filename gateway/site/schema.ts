import type { Protocol } from '../../protocols/contract/driver.ts'
import { channelKinds } from '../notify/channels.ts'
import { modeNames, priorities } from '../policy/rule.ts'
import { dutySchema, peopleSchema } from './duty-schema.ts'
import { backupSchema, deliverySchema, evidenceSchema, outsideSchema, retentionSchema } from './keeping-schema.ts'
import type { EquipmentType } from './library.ts'
import type { PackRule } from './pack-rules.ts'
import { opcuaServerSchema } from './opcua-server.ts'
import { propertiesOf } from './settings.ts'
import type { Shelf } from './shelf.ts'
import { conversion, unitNames } from './units.ts'

/** What many places of the schema point to. */
const definitions = {
  words: {
    description: '一个名称，或中英文各一个 · one name, or one in each language',
    anyOf: [{ type: 'string', minLength: 1 }, closed({ zh: { type: 'string' }, en: { type: 'string' } }, ['zh', 'en'])],
  },
  duration: { description: '5s · 10m · 6h · 10d', type: 'string', pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d)|.*\\$\\{.*)$' },
  span: { description: '[min, max]', type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 },
  limits: closed({ min: { type: 'number' }, max: { type: 'number' } }),
  priority: { enum: priorities },
  reason: { type: 'string', minLength: 1 },
  modes: { type: 'array', items: { enum: modeNames } },
  reAlarm: { anyOf: [{ const: 'never' }, { $ref: '#/definitions/duration' }] },
  number: { type: 'number' },
  word: { type: 'string' },
}
const ref = (name: keyof typeof definitions) => ({ $ref: `#/definitions/${name}` })

/**
 * The JSON Schema that editors complete and check by: types, their points and rules, packs, protocols and units as they ship. It
 * speaks of shape only; what belongs together (a register used twice, limits that cross) is for `zhishou check`.
 */
export function siteSchema({ types, packs, models }: Shelf, protocols: readonly Protocol[]): object {
  const rules = [...packs.values()].flatMap(pack => pack.rules)
  const typeNames = [...types.values()].map(type => `${type.type}: ${type.name.zh} · ${type.name.en}`)
  const modelNames = [...models.values()].map(model => `${model.id}: ${model.name.zh} · ${model.name.en}`)
  const bindings = bindingsOf(protocols)
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: '值守现场文件 · Zhishou site file',
    patternProperties: { '^x-': {} },
    ...closed({
      site: closed(
        {
          id: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,63}$' },
          name: ref('words'),
          timeZone: { type: 'string', default: 'Asia/Shanghai' },
          server: closed({
            host: { type: 'string', default: '127.0.0.1' },
            port: orVariable({ type: 'integer', minimum: 1, maximum: 65_535, default: 8080 }),
            publicUrl: {
              type: 'string',
              pattern: '^https?://|\\$\\{',
              description: '手机从哪里进来 · how phones reach it: https://…',
            },
          }),
          policies: { type: 'array', items: { enum: [...packs.keys()] } },
        },
        ['id', 'name'],
      ),
      connections: keyed({
        type: 'object',
        required: ['protocol'],
        properties: { protocol: { enum: protocols.map(protocol => protocol.kind) } },
        allOf: protocols.map(({ kind, schema }) => when('protocol', kind, connectionOf(schema.connection))),
      }),
      people: peopleSchema(),
      duty: dutySchema(),
      rounds: keyed(roundSchema()),
      channels: keyed(channelSchema()),
      historian: keyed(outsideSchema()),
      evidence: evidenceSchema(),
      retention: retentionSchema(),
      backup: backupSchema(),
      logs: keyed(deliverySchema()),
      opcuaServer: opcuaServerSchema(),
      areas: keyed(
        closed({
          name: ref('words'),
          equipment: keyed({
            ...closed(
              {
                ...merged(protocols.map(protocol => variables(protocol.schema.equipment))),
                type: { enum: [...types.keys()], description: typeNames.join('\n') },
                model: { anyOf: [{ enum: [...models.keys()], description: modelNames.join('\n') }, { type: 'string' }] },
                name: ref('words'),
                connection: { type: 'string' },
                facts: {
                  type: 'object',
                  additionalProperties: { anyOf: [{ type: ['string', 'number', 'boolean'] }, ref('words')] },
                },
                points: { type: 'object' },
                rules: { type: 'object' },
              },
              ['type', 'connection'],
            ),
            anyOf: [{ required: ['points'] }, { required: ['model'] }],
            allOf: [...types.values()].map(type =>
              when('type', type.type, { properties: typeProperties(type, rules, bindings) }),
            ),
          }),
        }),
      ),
    }),
    definitions: {
      ...definitions,
      ...Object.fromEntries(Object.entries(bindings).map(([key, schema]) => [`binding-${key}`, schema])),
    },
  }
}

/** A way to people: its kind says which settings it takes. */
const channelSchema = () => ({
  type: 'object',
  required: ['kind'],
  properties: { kind: { enum: channelKinds.map(({ kind }) => kind) }, name: ref('words') },
  allOf: channelKinds.map(({ kind, schema }) =>
    when('kind', kind, {
      ...schema,
      properties: { ...variables(schema), kind: {}, name: {} },
      additionalProperties: false,
    }),
  ),
})

/** A round that people walk, with the places on its way. */
const roundSchema = () =>
  closed(
    {
      name: ref('words'),
      equipment: { type: 'string' },
      within: ref('duration'),
      ordered: { type: 'boolean', default: false },
      checkpoints: keyed(
        closed(
          {
            name: ref('words'),
            code: { type: ['string', 'number'], description: '8–16 位字母或数字 · 8 to 16 letters or digits: 7F3K-9QPM' },
            area: { type: 'string' },
            checks: { type: 'array', items: ref('words') },
          },
          ['code'],
        ),
      ),
    },
    ['equipment', 'checkpoints'],
  )

/** Every protocol's keys of a point; where two protocols use one key, either form. */
function bindingsOf(protocols: readonly Protocol[]): Readonly<Record<string, unknown>> {
  const forms = new Map<string, unknown[]>()
  for (const { schema } of protocols) {
    for (const [key, form] of Object.entries(propertiesOf(schema.point) ?? {})) {
      const known = forms.get(key) ?? []
      if (!known.some(other => JSON.stringify(other) === JSON.stringify(form))) known.push(form)
      forms.set(key, known)
    }
  }
  return Object.fromEntries([...forms].map(([key, known]) => [key, { anyOf: [...known, { type: 'string', pattern: '\\$\\{' }] }]))
}

function typeProperties(type: EquipmentType, rules: readonly PackRule[], bindings: object) {
  const settings = Object.fromEntries(Object.keys(bindings).map(key => [key, { $ref: `#/definitions/binding-${key}` }]))
  const points = [...type.points.values()].map(point => {
    const { unit: _, ...others } = settings
    const units = unitNames.filter(unit => conversion(unit, point.unit))
    const own = {
      name: ref('words'),
      from: ref('word'),
      connection: ref('word'),
      stale: ref('duration'),
      lateness: ref('duration'),
      limits: ref('limits'),
      range: ref('span'),
      plausible: ref('span'),
      decimals: ref('number'),
      ...(units.length > 0 && { unit: { enum: units, default: point.unit } }),
    }
    return [
      point.key,
      {
        description: `${point.name.zh} · ${point.name.en}`,
        anyOf: [{ const: 'off' }, { ...closed({ ...others, ...own }), type: ['object', 'null'] }],
      },
    ]
  })
  const known = rules.filter(rule => rule.equipment.includes(type.type))
  return {
    points: closed(Object.fromEntries(points) as object),
    rules: closed(Object.fromEntries(known.map(rule => [`${rule.point}.${rule.name}`, overlayOf(rule)]))),
  }
}

function overlayOf(rule: PackRule) {
  const settings = Object.entries(rule.spec as object).map(([key, value]) => {
    const isDuration = typeof rule.raw[key] === 'string' && /^\d/.test(rule.raw[key])
    return [key, ref(isDuration ? 'duration' : typeof value === 'number' ? 'number' : 'word')]
  })
  const properties = {
    ...Object.fromEntries(settings),
    priority: ref('priority'),
    reason: ref('reason'),
    off: { type: 'boolean' },
    latching: { type: 'boolean' },
    ...(rule.handling.lifeSafety === true ? {} : { lifeSafety: { type: 'boolean' }, notDuring: ref('modes') }),
    reAlarm: ref('reAlarm'),
    locksOut: { type: 'boolean' },
  }
  return { description: `${rule.title.zh} · ${rule.title.en}`, anyOf: [{ const: 'off' }, closed(properties)] }
}

function connectionOf(schema: object) {
  const open = propertiesOf(schema) === undefined
  return { ...schema, properties: { ...variables(schema), protocol: {} }, additionalProperties: open }
}

/** Every value may also be a variable, whatever its type: `'${PORT}'`. */
function variables(schema: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(propertiesOf(schema) ?? {}).map(([key, value]) => [key, orVariable(value)]))
}

function orVariable(schema: unknown) {
  return { anyOf: [schema, { type: 'string', pattern: '\\$\\{' }] }
}

function closed(properties: object, required?: readonly string[]) {
  return { type: 'object', additionalProperties: false, properties, ...(required && { required }) }
}

const keyed = (item: object) => ({
  type: 'object',
  propertyNames: { pattern: '^[a-z0-9][a-z0-9_-]{0,63}$' },
  additionalProperties: item,
})
const merged = (parts: readonly object[]) => Object.assign({}, ...parts) as object

function when(key: string, value: string, schema: object) {
  // oxlint-disable-next-line unicorn/no-thenable -- JSON Schema's own word
  return { if: { properties: { [key]: { const: value } }, required: [key] }, then: schema }
}
