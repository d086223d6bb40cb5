import type { Found, FoundPoint } from '../../protocols/contract/driver.ts'
import type { EquipmentType } from '../site/library.ts'
import { propertiesOf } from '../site/settings.ts'
import { quantityOf, unitSymbol } from '../site/units.ts'

type Settings = Readonly<Record<string, unknown>>

/** What a draft may draw on: the equipment types, and which types a model suits. */
export interface DraftGround {
  readonly types: ReadonlyMap<string, EquipmentType>
  readonly models: ReadonlyMap<string, { readonly types: readonly string[] }>
  /** What a binding must have at least, where nothing was seen: so that the draft is one that can be read, and corrected. */
  readonly least?: Settings
}

/** The least a protocol asks of a binding: nought where it wants a number. */
export function leastOf(schema: object): Settings {
  const required: unknown = 'required' in schema ? schema.required : undefined
  const properties = propertiesOf(schema) ?? {}
  return Object.fromEntries(
    (Array.isArray(required) ? required : []).flatMap((key: unknown) => {
      const property = typeof key === 'string' ? properties[key] : undefined
      if (typeof key !== 'string' || typeof property !== 'object' || property === null || !('type' in property)) return []
      return property.type === 'integer' || property.type === 'number' ? [[key, 0]] : []
    }),
  )
}

/** An equipment entry as the site file would have it. */
export interface DraftEntry {
  readonly id: string
  readonly type: string
  readonly model?: string
  readonly connection: string
  readonly device: Settings
  readonly points: Readonly<Record<string, Settings>>
  /** What a person has to look at before this is true. */
  readonly remarks: readonly string[]
}

/** Where nothing is known of a device but that it answers. */
const plainest = 'room-thermometer'

/** A first guess at the entry of what was found: its model where one is known, else the type whose points its units fit. */
export function draftOf(
  found: Found,
  connection: string,
  taken: ReadonlySet<string>,
  { types, models, least = {} }: DraftGround,
): DraftEntry {
  const id = freeId(found.name, taken)
  const model = (found.models ?? []).find(one => models.get(one)?.types.some(type => types.has(type)))
  const ofModel = model === undefined ? undefined : models.get(model)?.types.find(type => types.has(type))
  if (model !== undefined && ofModel !== undefined) {
    const others = (found.models ?? []).filter(one => one !== model)
    const remarks = others.length > 0 ? [`or model: ${others.join(', ')}`] : []
    return { id, type: ofModel, model, connection, device: found.device, points: {}, remarks }
  }
  const fitted = fittingType(found.points, types)
  const type = types.get(fitted.type)
  const main = type?.main ?? 'temperature'
  const first = found.points[0]
  const points = Object.keys(fitted.points).length > 0 ? fitted.points : { [main]: first?.settings ?? least }
  const used = new Set(Object.values(points))
  const rest = found.points.filter(({ settings }) => !used.has(settings))
  return {
    id,
    type: fitted.type,
    connection,
    device: found.device,
    points,
    remarks: [
      'the type and its points are a guess: compare with the nameplate and the manual',
      ...rest.slice(0, 20).map(point => `also there: ${oneLine(point)}`),
      ...(rest.length > 20 ? [`and ${rest.length - 20} more`] : []),
    ],
  }
}

const oneLine = ({ name, settings, value, unit, raw }: FoundPoint): string =>
  [name, JSON.stringify(settings), value === undefined ? '' : `= ${value}${unit === undefined ? '' : ` ${unit}`}`, raw ?? '']
    .filter(part => part !== '')
    .join(' ')
    .replace(/[\r\n]+/g, ' ')
    .slice(0, 160)

/** The type most of whose points have a value of their own unit among what was found. */
function fittingType(found: readonly FoundPoint[], types: DraftGround['types']): Pick<DraftEntry, 'type' | 'points'> {
  const known = found.filter(({ unit }) => unit !== undefined && unitSymbol(unit) !== undefined)
  const tries = [...types.values()].map(type => {
    const left = [...known]
    const points: Record<string, Settings> = {}
    for (const point of type.points.values()) {
      const place = left.findIndex(
        ({ unit, name }) => fits(unit ?? '', point.unit) && (left.length === 1 || alike(name, point.key)),
      )
      const anyway = place >= 0 ? place : left.findIndex(({ unit }) => fits(unit ?? '', point.unit))
      const taken = anyway < 0 ? undefined : left.splice(anyway, 1)[0]
      if (taken) points[point.key] = taken.settings
    }
    const missing = type.points.size - Object.keys(points).length
    return { type, points, score: Object.keys(points).length * 10 - missing, hasMain: points[type.main] !== undefined }
  })
  const best = tries.filter(({ hasMain }) => hasMain).toSorted((a, b) => b.score - a.score)[0]
  return best ? { type: best.type.type, points: best.points } : { type: plainest, points: {} }
}

const fits = (found: string, wanted: string): boolean => {
  const symbol = unitSymbol(found)
  return symbol !== undefined && wanted !== '' && quantityOf(symbol) === quantityOf(wanted)
}
const alike = (name: string, key: string): boolean => name.toLowerCase().includes(key.toLowerCase())

/** A name that is free and may stand as a key: `Unit 3` becomes `unit-3`, the second one `unit-3-2`. */
export function freeId(name: string, taken: ReadonlySet<string>): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
  const base = plain === '' ? 'equipment' : plain.replace(/-+$/, '')
  for (let count = 1; ; count++) {
    const id = count === 1 ? base : `${base}-${count}`
    if (!taken.has(id)) return id
  }
}
