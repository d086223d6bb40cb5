/** What the site editor lists, section by section, found by typing. Pure. */
import type { Said } from '../../../../gateway/api/wire.ts'
import type { WireSettingRule, WireSettings } from '../../../../gateway/api/wire-site.ts'
import { homesOf, isSame, mappingOf, valueAt } from './draft.ts'
import type { Path } from './draft.ts'
import { saidOf } from './typed.ts'
import type { FieldKind } from './typed.ts'

export const sections = ['points', 'areas', 'equipment', 'people', 'rosters', 'channels'] as const
export type Section = (typeof sections)[number]

export interface Listed {
  readonly id: string
  /** Where it stands in the file. */
  readonly path: Path
  readonly title: Said
  readonly sub: Said | undefined
  readonly mark: 'added' | 'changed' | 'removed' | undefined
}

/** Names of equipment as the gateway says them, by id. */
export type Names = ReadonlyMap<string, { readonly name: Said; readonly typeName: Said }>

/** Everything of a section, what the draft takes out included, in the order of the file. */
export function listOf(
  section: Section,
  base: unknown,
  after: unknown,
  { points }: Pick<WireSettings, 'points'>,
  names: Names,
): readonly Listed[] {
  const marked = (path: Path): Listed['mark'] => {
    const [was, now] = [valueAt(base, path), valueAt(after, path)]
    return was === undefined ? 'added' : now === undefined ? 'removed' : isSame(was, now) ? undefined : 'changed'
  }
  const keyed = (above: Path, sub: (entry: unknown, id: string) => Said | undefined): readonly Listed[] =>
    keysAt(base, after, above).map(id => {
      const path = [...above, id]
      const entry = valueAt(after, path) ?? valueAt(base, path)
      return { id, path, title: saidOf(mappingOf(entry)['name'], id), sub: sub(entry, id), mark: marked(path) }
    })
  switch (section) {
    case 'areas':
      return keyed(['areas'], () => undefined).map(one => ({ ...one, mark: areaMark(base, after, one) }))
    case 'people':
      return keyed(['people'], entry => rolesOf(mappingOf(entry)['roles']))
    case 'rosters':
      return keyed(['duty', 'rosters'], () => undefined)
    case 'channels':
      return keyed(['channels'], entry => plainWords(mappingOf(entry)['kind']))
    case 'equipment': {
      const [were, are] = [homesOf(base), homesOf(after)]
      const all = keysAt(base, after, ['areas']).flatMap(area =>
        keyed(['areas', area, 'equipment'], (_, id) => names.get(id)?.typeName),
      )
      return all.flatMap(one => {
        const isMoved = were.has(one.id) && are.has(one.id) && !isSame(were.get(one.id), are.get(one.id))
        // It is listed where it will be.
        if (isMoved && one.mark === 'removed') return []
        const entry = mappingOf(valueAt(after, one.path) ?? valueAt(base, one.path))
        const title = saidOf(entry['name'], names.get(one.id)?.name ?? one.id)
        return [{ ...one, title, mark: isMoved ? ('changed' as const) : one.mark }]
      })
    }
    case 'points': {
      const [were, are] = [homesOf(base), homesOf(after)]
      return points.flatMap(point => {
        const was = were.get(point.equipment)
        const home = are.get(point.equipment) ?? was
        if (!home) return []
        const paths = [['points', point.key], ...rulesOf(base, was ?? home, point.key), ...rulesOf(after, home, point.key)]
        const isChanged = paths.some(
          path => !isSame(valueAt(base, [...(was ?? home), ...path]), valueAt(after, [...home, ...path])),
        )
        const of = saidOf(mappingOf(valueAt(after, home))['name'], names.get(point.equipment)?.name ?? point.equipment)
        return {
          id: point.id,
          path: [...home, 'points', point.key],
          title: { zh: `${of.zh} · ${point.name.zh}`, en: `${of.en} · ${point.name.en}` },
          sub: plainWords(point.id),
          mark: valueAt(after, home) === undefined ? ('removed' as const) : isChanged ? ('changed' as const) : undefined,
        }
      })
    }
  }
}

/** An area is what it is called; its equipment has a section of its own. */
function areaMark(base: unknown, after: unknown, { path, mark }: Listed): Listed['mark'] {
  if (mark !== 'changed') return mark
  return isSame(valueAt(base, [...path, 'name']), valueAt(after, [...path, 'name'])) ? undefined : 'changed'
}

const keysAt = (base: unknown, after: unknown, path: Path): readonly string[] => [
  ...new Set([...Object.keys(mappingOf(valueAt(base, path))), ...Object.keys(mappingOf(valueAt(after, path)))]),
]

/** Its overlays, below the piece of equipment. */
const rulesOf = (value: unknown, home: Path, point: string): readonly Path[] =>
  Object.keys(mappingOf(valueAt(value, [...home, 'rules'])))
    .filter(name => name.startsWith(`${point}.`) || name.startsWith(`${home[3] ?? ''}.${point}.`))
    .map(name => ['rules', name])

const plainWords = (text: unknown): Said | undefined => (typeof text === 'string' ? { zh: text, en: text } : undefined)
const rolesOf = (roles: unknown): Said | undefined =>
  Array.isArray(roles) && roles.length > 0 ? { zh: roles.join('、'), en: roles.join(', ') } : undefined

/** Where a piece of equipment stands. */
export const homeOf = (value: unknown, equipment: string): Path | undefined => homesOf(value).get(equipment)

/** Where a rule's overlay stands: under the short name, or under the long one where somebody wrote that. */
export function ruleAt(value: unknown, home: Path, { id, equipment }: Pick<WireSettingRule, 'id' | 'equipment'>): Path {
  const written = mappingOf(valueAt(value, [...home, 'rules']))
  const short = id.slice(equipment.length + 1)
  return [...home, 'rules', Object.hasOwn(written, id) && !Object.hasOwn(written, short) ? id : short]
}

/** Rules of the point that the file switches off: the gateway does not run them, so it does not tell of them either. */
export function offRules(value: unknown, home: Path, point: string, known: readonly WireSettingRule[]): readonly Path[] {
  return rulesOf(value, home, point)
    .map(path => [...home, ...path])
    .filter(path => {
      const entry = valueAt(value, path)
      const isOff = entry === 'off' || entry === false || mappingOf(entry)['off'] === true
      const name = path.at(-1) ?? ''
      return isOff && !known.some(({ id, equipment }) => id === name || id === `${equipment}.${name}`)
    })
}

export interface LimitField {
  readonly key: string
  readonly kind: FieldKind
  /** Its number is one of the point's unit. */
  readonly inUnit: boolean
}

const knownFields: readonly LimitField[] = [
  { key: 'value', kind: 'number', inUnit: true },
  { key: 'onDelay', kind: 'duration', inUnit: false },
  { key: 'deadband', kind: 'number', inUnit: true },
  { key: 'offDelay', kind: 'duration', inUnit: false },
  { key: 'after', kind: 'duration', inUnit: false },
  { key: 'perMinute', kind: 'number', inUnit: true },
  { key: 'window', kind: 'duration', inUnit: false },
  { key: 'eps', kind: 'number', inUnit: true },
  { key: 'for', kind: 'duration', inUnit: false },
]

/** The settings of a rule that a form asks for: plain numbers and times. A limit always has its delays and its deadband. */
export const limitFields = ({ kind, settings }: Pick<WireSettingRule, 'kind' | 'settings'>): readonly LimitField[] =>
  knownFields.filter(({ key }) => {
    const value = settings[key]
    if (typeof value === 'number' || typeof value === 'string') return true
    return value === undefined && kind === 'limit' && ['onDelay', 'deadband', 'offDelay'].includes(key)
  })

/** Those in which every word that was typed is found, in any language. */
export function found(list: readonly Listed[], text: string): readonly Listed[] {
  const wanted = text
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '')
  return list.filter(({ id, title, sub }) => {
    const all = [id, title.zh, title.en, sub?.zh ?? '', sub?.en ?? ''].join(' ').toLowerCase()
    return wanted.every(word => all.includes(word))
  })
}
