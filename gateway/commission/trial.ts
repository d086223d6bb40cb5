import type { Binding, PreparedDriver, Protocol, Words } from '../../protocols/contract/driver.ts'
import { readSite } from '../site/load.ts'
import type { Shelf } from '../site/shelf.ts'
import type { Point } from '../site/site.ts'

type Settings = Readonly<Record<string, unknown>>

/** Equipment as the site file would have it, before it stands there. */
export interface TrialEquipment {
  readonly type: string
  readonly model?: string
  /** Keys of the entry that belong to the protocol: `{ unit: 3 }`. */
  readonly device?: Settings
  /** Bindings by point; with a model only what differs from it. */
  readonly points?: Readonly<Record<string, Settings>>
}
/** The line it hangs on: one of the running site with its settings as they are in force, or one that is not in the file yet. */
export interface TrialLine {
  readonly id: string
  readonly protocol: string
  readonly settings: Settings
  /** Settings of a running site have their `${NAME}` filled in; what a person types has not. */
  readonly filledIn: boolean
}

export type Trial =
  | {
      readonly ok: true
      readonly driver: PreparedDriver
      /** Without the bounds of what is plausible: a value that cannot be is shown here, and judged afterwards. */
      readonly bindings: readonly Binding[]
      readonly points: readonly Point[]
    }
  | { readonly ok: false; readonly problems: readonly TrialProblem[] }
export interface TrialProblem {
  /** `connection.host`, `device.unit`, `points.temperature.register`. */
  readonly path: string
  readonly wrong: Words
  readonly write: Words
}

/** The name under which equipment is tried. */
export const newcomer = 'newcomer'

/** What a trial needs of the product. */
export interface Ground {
  readonly protocols: readonly Protocol[]
  readonly shelf: Shelf
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Reads equipment that is not in the site file yet, exactly as the site file would be read: a site of one entry. What is wrong with it is
 * told by where it is in the entry.
 */
export function readTrial(line: TrialLine, equipment: TrialEquipment, { protocols, shelf, env }: Ground): Trial {
  const { type, model, device, points } = equipment
  const entry = { ...device, type, connection: line.id, ...(model === undefined ? {} : { model }), ...(points && { points }) }
  const text = JSON.stringify({
    site: { id: 'trial', name: 'trial', policies: [] },
    connections: { [line.id]: { ...written(line), protocol: line.protocol } },
    areas: { trial: { equipment: { [newcomer]: entry } } },
  })
  const loaded = readSite([{ name: 'trial', text }], env, protocols, shelf)
  const problems = loaded.problems
    .filter(({ severity }) => severity === 'error')
    .map(({ path, wrong, write }) => ({ path: placeIn(path, line.id, device), wrong, write }))
  const connection = loaded.ok ? loaded.site.connections[0] : undefined
  if (!loaded.ok || !connection) return { ok: false, problems }
  const bindings = connection.bindings.map(unbounded)
  return { ok: true, driver: connection.driver, bindings, points: loaded.site.points }
}

function unbounded(binding: Binding): Binding {
  const { plausible, ...rest } = binding
  return plausible === undefined ? binding : rest
}

export type PreparedLine =
  | { readonly ok: true; readonly driver: PreparedDriver; /** With variables filled in. */ readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly TrialProblem[] }

/** The settings of a line alone, where nothing hangs on it yet. */
export function prepareLine(line: TrialLine, { protocols, env }: Pick<Ground, 'protocols' | 'env'>): PreparedLine {
  const protocol = protocols.find(({ kind }) => kind === line.protocol)
  if (!protocol) return { ok: false, problems: [unknownProtocol(line.protocol, protocols)] }
  const unset = line.filledIn ? [] : unsetIn(line.settings, env)
  if (unset.length > 0) return { ok: false, problems: unset }
  const settings = line.filledIn ? line.settings : (fillIn(line.settings, env) as Settings)
  const prepared = protocol.prepare(line.id, settings, [])
  if (prepared.ok) return { ok: true, driver: prepared.driver, settings }
  const problems = prepared.problems.map(({ path, wrong, write }) => ({ path: ['connection', ...path].join('.'), wrong, write }))
  return { ok: false, problems }
}

/** Settings whose `${NAME}` stands for nothing: the equipment would be called by the variable's name, and say no to it. */
function unsetIn(settings: Settings, env: Ground['env']): readonly TrialProblem[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    const names = [...JSON.stringify(value).matchAll(variable)].flatMap(([, name = '', fallback]) =>
      env[name] === undefined && fallback === undefined ? [name] : [],
    )
    return names.map(name => ({
      path: `connection.${key}`,
      wrong: { zh: `环境变量 ${name} 没有设置`, en: `the environment variable ${name} is not set` },
      write: {
        zh: `启动网关前设置 ${name}，或设 ${name}_FILE 指向存放它的文件`,
        en: `set ${name} before the gateway starts, or ${name}_FILE to the file that holds it`,
      },
    }))
  })
}

const unknownProtocol = (kind: string, protocols: readonly Protocol[]): TrialProblem => {
  const known = protocols.map(protocol => protocol.kind).join(', ')
  return {
    path: 'protocol',
    wrong: { zh: `没有“${kind}”这种协议`, en: `there is no protocol "${kind}"` },
    write: { zh: `可用：${known}`, en: `known here: ${known}` },
  }
}

/** `${…}` in a setting that is in force already is no variable: it is written so that it stays what it is. */
const written = ({ settings, filledIn }: TrialLine): Settings => (filledIn ? (escaped(settings) as Settings) : settings)
const escaped = (value: unknown): unknown => mapTexts(value, text => text.replaceAll('${', '$${'))
const variable = /(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g
const fillIn = (value: unknown, env: Ground['env']): unknown =>
  mapTexts(value, text =>
    text.replace(variable, (whole, name: string, fallback?: string) => env[name] ?? fallback ?? whole).replaceAll('$${', '${'),
  )
function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value)
  if (Array.isArray(value)) return value.map(one => mapTexts(one, map))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapTexts(one, map)]))
}

/** From the place in the site of one entry to the place in what was asked. */
function placeIn(path: string, line: string, device: Settings | undefined): string {
  const steps = path.split('.')
  if (steps[0] === 'connections' && steps[1] === line) return ['connection', ...steps.slice(2)].join('.')
  if (steps[0] !== 'areas') return path
  const rest = steps.slice(3)
  if (rest[0] !== newcomer) return path
  const inEntry = rest.slice(1)
  return inEntry[0] !== undefined && device && Object.hasOwn(device, inEntry[0])
    ? ['device', ...inEntry].join('.')
    : inEntry.join('.')
}
