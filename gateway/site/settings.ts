import { asFlag, asNumber, pairs, unknownKey } from './reader.ts'
import type { Item, Report } from './report.ts'

type Settings = Readonly<Record<string, unknown>>

/**
 * What is left of an entry for its protocol. A key the protocol's schema does not name is reported and left out; what came out of the
 * environment as text is handed on as the number or flag that the schema asks for.
 */
export function settingsOf(report: Report, item: Item, ours: readonly string[], schema: object | undefined): Settings {
  const theirs = propertiesOf(schema)
  const settings: Record<string, unknown> = {}
  for (const [key, child] of pairs(item)) {
    if (ours.includes(key)) continue
    if (theirs && !Object.hasOwn(theirs, key)) unknownKey(report, child, key, [...Object.keys(theirs), ...ours])
    else settings[key] = typed(child, theirs?.[key])
  }
  return settings
}

/** The properties of a JSON Schema object; undefined where it leaves them open. */
export function propertiesOf(schema: object | undefined): Settings | undefined {
  const properties: unknown = schema && 'properties' in schema ? schema.properties : undefined
  return typeof properties === 'object' && properties !== null ? (properties as Settings) : undefined
}

function typed(item: Item, schema: unknown): unknown {
  const type: unknown = typeof schema === 'object' && schema !== null && 'type' in schema ? schema.type : undefined
  if (type === 'integer' || type === 'number') return asNumber(item)
  return type === 'boolean' ? asFlag(item) : item.value
}
