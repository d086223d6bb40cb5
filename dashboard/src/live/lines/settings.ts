/** Forms that are made from the JSON Schema a protocol publishes: what its fields are, and what people typed as the file would have it. */
type Schema = Readonly<Record<string, unknown>>

export interface SettingField {
  readonly key: string
  readonly kind: 'text' | 'number' | 'choice' | 'flag' | 'json'
  readonly choices: readonly string[]
  readonly required: boolean
  /** What holds where nothing is typed. */
  readonly usual: string
  /** One of those that people have to look at; the rest stands below "more". */
  readonly first: boolean
}
export type Typed = Readonly<Record<string, string>>

/** Keys that people fill in; others are for those who know why. */
const forEverybody = new Set(
  (
    'host port path baud format unit address url endpoint endpointUrl username password community version ' +
    'table register type order scale offset topic value node oid di item object instance device number accounts'
  ).split(' '),
)
const secret = /password|secret|passphrase|private|community|auth|priv|token/i
export const isSecret = (key: string): boolean => secret.test(key)

/** Keys that must not be empty. */
export const requiredOf = (schema: Schema): readonly string[] =>
  (Array.isArray(schema['required']) ? schema['required'] : []).filter(key => typeof key === 'string')

export function fieldsOf(schema: Schema): readonly SettingField[] {
  const properties = recordOf(schema['properties'])
  const required = requiredOf(schema)
  const fields = Object.entries(properties).map(([key, property]): SettingField => {
    const { type, enum: choices, default: usual, anyOf } = recordOf(property)
    const isJson = type === 'object' || type === 'array' || Array.isArray(type) || anyOf !== undefined
    return {
      key,
      kind: Array.isArray(choices)
        ? 'choice'
        : type === 'boolean'
          ? 'flag'
          : type === 'integer' || type === 'number'
            ? 'number'
            : isJson
              ? 'json'
              : 'text',
      choices: Array.isArray(choices) ? choices.map(String) : [],
      required: required.includes(key),
      usual: usual === undefined ? '' : typeof usual === 'string' ? usual : JSON.stringify(usual),
      first: required.includes(key) || forEverybody.has(key),
    }
  })
  return fields.toSorted((a, b) => Number(b.required) - Number(a.required))
}

/** What was typed, as the site file would have it; what is no number although one is wanted stays text, and the gateway says so. */
export function settingsFrom(typed: Typed, schema: Schema): Record<string, unknown> {
  const fields = new Map(fieldsOf(schema).map(field => [field.key, field]))
  const settings: Record<string, unknown> = {}
  for (const [key, text] of Object.entries(typed)) {
    if (text.trim() === '') continue
    settings[key] = valueFrom(text.trim(), fields.get(key)?.kind ?? 'json')
  }
  return settings
}

function valueFrom(text: string, kind: SettingField['kind']): unknown {
  if (kind === 'number') return /^-?\d+(\.\d+)?(e-?\d+)?$/i.test(text) ? Number(text) : text
  if (kind === 'flag') return text === 'true'
  if (kind !== 'json') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The way back: settings as fields show them. */
export const typedFrom = (settings: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  )

/** Settings laid over what was typed; null takes one away. */
export function patched(typed: Typed, change: Readonly<Record<string, unknown>>): Record<string, string> {
  const next = { ...typed }
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete next[key]
    else next[key] = typeof value === 'string' ? value : JSON.stringify(value)
  }
  return next
}

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

/** `modbus-rtu` speaks `modbus`: which models go with a connection. */
export const familyOf = (kind: string): string => kind.split('-')[0] ?? kind

/** What can be said about where to look, by protocol. */
export function askFieldsOf(kind: string): readonly ('from' | 'to' | 'at' | 'listen')[] {
  switch (familyOf(kind)) {
    case 'mqtt':
      return ['at', 'listen']
    case 'opcua':
    case 'snmp':
      return ['at']
    case 'http':
    case 'gbt26875':
      return ['listen']
    default:
      return ['from', 'to']
  }
}
