import type { Found, FoundPoint } from '../contract/driver.ts'
import type { Message } from './mapping.ts'
import { Payload, pointerOf } from './payload.ts'
import type { Finder } from './scan.ts'

type Json = Readonly<Record<string, unknown>>
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const textAt = (json: Json, key: string): string | undefined => (typeof json[key] === 'string' ? json[key] : undefined)
const listAt = (json: Json, key: string): readonly unknown[] => (Array.isArray(json[key]) ? (json[key] as unknown[]) : [])

/** What zigbee2mqtt says of its devices on `BASE/bridge/devices`, which is retained: nothing has to be waited for. */
export class ZigbeeFinder implements Finder {
  readonly filters: readonly string[] = ['+/bridge/devices', '+/+/bridge/devices']
  readonly #found = new Map<string, readonly Found[]>()
  readonly #topics = new Set<string>()

  hear({ topic, payload }: Message): void {
    const [, base] = /^(.+)\/bridge\/devices$/.exec(topic) ?? []
    if (base === undefined) return
    const { json } = new Payload(payload)
    const devices = json.ok && Array.isArray(json.value) ? (json.value as unknown[]) : []
    this.#found.set(
      base,
      devices.flatMap(device => (isJson(device) && device['type'] !== 'Coordinator' ? (foundDevice(device, base) ?? []) : [])),
    )
    for (const { device } of this.#found.get(base) ?? []) this.#topics.add(`${base}/${String(device['device'])}`)
  }

  claims(): ReadonlySet<string> {
    return this.#topics
  }

  found(): readonly Found[] {
    return [...this.#found.values()].flat()
  }
}

function foundDevice(device: Json, base: string): Found | undefined {
  const name = textAt(device, 'friendly_name')
  if (name === undefined) return undefined
  const definition = isJson(device['definition']) ? device['definition'] : undefined
  const model = definition && [textAt(definition, 'vendor'), textAt(definition, 'model')].filter(Boolean).join(' ')
  return {
    device: { dialect: 'zigbee2mqtt', device: name, ...(base === 'zigbee2mqtt' ? {} : { base }) },
    name: model ? `${name} (${model})` : name,
    points: definition ? listAt(definition, 'exposes').flatMap(pointsOf) : [],
    ...(definition ? {} : { note: { zh: 'zigbee2mqtt 不认识这个设备', en: 'zigbee2mqtt does not know this device' } }),
  }
}

/** One thing that a device exposes; a lamp or a switch holds several as features. */
function pointsOf(exposed: unknown): readonly FoundPoint[] {
  if (!isJson(exposed)) return []
  const property = textAt(exposed, 'property')
  const type = textAt(exposed, 'type')
  const features = listAt(exposed, 'features')
  if (features.length > 0 && type !== 'composite') return features.flatMap(pointsOf)
  // Bit 1: its state is published.
  const isPublished = typeof exposed['access'] !== 'number' || (exposed['access'] & 1) === 1
  if (property === undefined || !isPublished) return []
  const value = pointerOf([property])
  const unit = textAt(exposed, 'unit')
  const name = textAt(exposed, 'label') ?? property
  if (type === 'numeric') return [{ settings: { value }, name, ...(unit === undefined ? {} : { unit }) }]
  if (type === 'binary') {
    const on = exposed['value_on'] ?? true
    const off = exposed['value_off'] ?? false
    // A truth needs no words, unless true means that something is off: a contact is true while the door is shut.
    const isPlain = on === true && off === false
    return [{ settings: isPlain ? { value } : { value, map: { [String(on)]: 1, [String(off)]: 0 } }, name }]
  }
  if (type === 'enum') {
    const words = listAt(exposed, 'values').map(String)
    return words.length > 0
      ? [{ settings: { value, map: Object.fromEntries(words.map((word, code) => [word, code])) }, name }]
      : []
  }
  return []
}
