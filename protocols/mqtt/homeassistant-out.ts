import type { OwnPoint, OwnSite, Words } from '../contract/driver.ts'
import type { DiscoveryPlace } from './own-words.ts'

/** How the site's points appear in Home Assistant. */
export interface HomeAssistantSettings {
  /** Its discovery prefix. */
  readonly prefix: string
  readonly language: keyof Words
}
export interface Announcement {
  readonly place: DiscoveryPlace
  readonly config: object
}

/**
 * One announcement for each point, each piece of equipment a device. Only sensors and binary sensors: nothing that Home Assistant could
 * give a command to. Home Assistant marks a value unavailable when the gateway is gone, when the reading is bad and after the point's own
 * time of silence.
 */
export function announcementsOf(site: OwnSite, { prefix, language }: HomeAssistantSettings): readonly Announcement[] {
  const node = `zhishou_${idOf(site.id)}`
  return site.points.map(point => {
    const kind = kindOf(point, language)
    const state = `zhishou/${site.id}/${point.equipment.id}/${point.key}`
    // Doubled, so that `a_b` + `c` and `a` + `b_c` are two: no key begins with an underscore.
    const object = idOf(`${point.equipment.id.replaceAll('_', '__')}_${point.key}`)
    return {
      place: { prefix, component: kind.component, node, object },
      config: {
        name: point.name[language],
        unique_id: `${node}_${object}`,
        default_entity_id: `${kind.component}.${`${node}_${object}`.replaceAll('-', '_').toLowerCase()}`,
        state_topic: state,
        ...kind.config,
        expire_after: Math.max(1, Math.round(point.stale / 1_000)),
        availability: [
          { topic: `zhishou/${site.id}/status` },
          { topic: state, value_template: "{{ 'offline' if value_json.q == 'bad' else 'online' }}" },
        ],
        availability_mode: 'all',
        device: {
          identifiers: [`${node}_${idOf(point.equipment.id)}`],
          name: point.equipment.name[language],
          model: point.equipment.typeName[language],
          manufacturer: '值守 Zhishou',
        },
        origin: { name: '值守 Zhishou' },
      },
    }
  })
}

/** Distinct ids stay distinct: what Home Assistant does not allow in an id is written as its code. */
const idOf = (text: string): string =>
  text.replaceAll(/[^A-Za-z0-9-]/g, sign => (sign === '_' ? '_' : `_x${sign.codePointAt(0)?.toString(16)}_`))

interface Kind {
  readonly component: DiscoveryPlace['component']
  readonly config: object
}

function kindOf(point: OwnPoint, language: keyof Words): Kind {
  const { kind, labels, unit, decimals } = point
  const deviceClass = kind === 'contact' ? contactClass(point) : undefined
  if (deviceClass !== undefined) {
    const config = { device_class: deviceClass, value_template: '{{ value_json.v }}', payload_on: '1', payload_off: '0' }
    return { component: 'binary_sensor', config }
  }
  if (labels.size > 0 && (kind === 'contact' || kind === 'state'))
    return { component: 'sensor', config: wordsOf(labels, language) }
  const measure = unit === '' ? {} : (units[unit] ?? { unit_of_measurement: unit })
  const isCounter = kind === 'counter'
  const known = 'device_class' in measure ? measure.device_class : undefined
  // What counts up is a quantity that was delivered; what lies in a tank is not.
  const of = isCounter && known === 'volume_storage' ? 'volume' : known
  const state = stateClassOf(kind, of)
  return {
    component: 'sensor',
    config: {
      value_template: '{{ value_json.v }}',
      ...measure,
      ...(of === undefined ? {} : { device_class: of }),
      ...(state === undefined ? {} : { state_class: state }),
      ...(kind === 'measurement' || isCounter ? { suggested_display_precision: decimals } : {}),
    },
  }
}

/** Home Assistant complains of a class of state that a class of device cannot have: then it is left out. */
function stateClassOf(kind: OwnPoint['kind'], of: string | undefined): string | undefined {
  if (kind === 'measurement') return of === 'energy' ? undefined : 'measurement'
  return kind === 'counter' && (of === undefined || counted.includes(of)) ? 'total_increasing' : undefined
}
const counted = ['energy', 'volume', 'distance', 'weight', 'duration']

/** What Home Assistant shows in its own words, if 1 means there what it means here. */
function contactClass({ key, labels }: OwnPoint): string | undefined {
  const [off, on] = [labels.get(0)?.en, labels.get(1)?.en]
  if (labels.size !== 2 || off === undefined) return undefined
  if (on === 'open') return key.includes('door') ? 'door' : 'opening'
  return on === 'running' ? 'running' : undefined
}

/** Our own words for each code, as the options of an enumeration. */
function wordsOf(labels: OwnPoint['labels'], language: keyof Words): object {
  const pairs = [...labels].map(([code, name]) => [code, name[language]] as const)
  const table = pairs.map(([code, name]) => `${code}: ${JSON.stringify(name)}`).join(', ')
  return {
    device_class: 'enum',
    options: [...new Set(pairs.map(([, name]) => name))],
    value_template: `{{ { ${table} }.get(value_json.v | int(-1)) }}`,
  }
}

/** Units that Home Assistant allows for a class of device; others are shown as they are. */
const units: Readonly<Record<string, { readonly device_class?: string; readonly unit_of_measurement?: string }>> = {
  '°C': { device_class: 'temperature', unit_of_measurement: '°C' },
  '%RH': { device_class: 'humidity', unit_of_measurement: '%' },
  kPa: { device_class: 'pressure', unit_of_measurement: 'kPa' },
  Pa: { device_class: 'pressure', unit_of_measurement: 'Pa' },
  bar: { device_class: 'pressure', unit_of_measurement: 'bar' },
  W: { device_class: 'power', unit_of_measurement: 'W' },
  kW: { device_class: 'power', unit_of_measurement: 'kW' },
  kWh: { device_class: 'energy', unit_of_measurement: 'kWh' },
  Wh: { device_class: 'energy', unit_of_measurement: 'Wh' },
  A: { device_class: 'current', unit_of_measurement: 'A' },
  mA: { device_class: 'current', unit_of_measurement: 'mA' },
  V: { device_class: 'voltage', unit_of_measurement: 'V' },
  mV: { device_class: 'voltage', unit_of_measurement: 'mV' },
  Hz: { device_class: 'frequency', unit_of_measurement: 'Hz' },
  'm³': { device_class: 'volume_storage', unit_of_measurement: 'm³' },
  L: { device_class: 'volume_storage', unit_of_measurement: 'L' },
  'm³/h': { device_class: 'volume_flow_rate', unit_of_measurement: 'm³/h' },
  'L/min': { device_class: 'volume_flow_rate', unit_of_measurement: 'L/min' },
  m: { device_class: 'distance', unit_of_measurement: 'm' },
  cm: { device_class: 'distance', unit_of_measurement: 'cm' },
  mm: { device_class: 'distance', unit_of_measurement: 'mm' },
  'mm/s': { device_class: 'speed', unit_of_measurement: 'mm/s' },
  'm/s': { device_class: 'speed', unit_of_measurement: 'm/s' },
  lx: { device_class: 'illuminance', unit_of_measurement: 'lx' },
  kg: { device_class: 'weight', unit_of_measurement: 'kg' },
  g: { device_class: 'weight', unit_of_measurement: 'g' },
  s: { device_class: 'duration', unit_of_measurement: 's' },
  min: { device_class: 'duration', unit_of_measurement: 'min' },
  h: { device_class: 'duration', unit_of_measurement: 'h' },
  pH: { device_class: 'ph' },
  ppm: { unit_of_measurement: 'ppm' },
  '%': { unit_of_measurement: '%' },
}
