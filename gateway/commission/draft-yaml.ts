import type { DraftEntry } from './draft.ts'

type Settings = Readonly<Record<string, unknown>>

/** What stands above the drafts: a whole site of their own, or nothing where they go into a site that is there. */
export interface DraftHead {
  readonly connection?: { readonly id: string; readonly protocol: string; readonly settings: Settings }
}

/** Drafts as YAML that `zhishou check` takes: with a connection a site of its own, else a part to lay beside the site's files. */
export function draftYaml(entries: readonly DraftEntry[], { connection }: DraftHead): string {
  const site = connection
    ? [
        'site: { id: draft, name: { zh: 草稿, en: Draft } }',
        'connections:',
        `  ${key(connection.id)}:`,
        ...lines({ protocol: connection.protocol, ...connection.settings }, 4),
      ]
    : []
  const equipment = entries.flatMap(({ id, type, model, connection: line, device, points, remarks }) => [
    ...remarks.map(remark => `      # ${remark.replace(/[\r\n]+/g, ' ')}`),
    `      ${key(id)}:`,
    ...lines({ type, ...(model === undefined ? {} : { model }), connection: line, ...device }, 8),
    ...(Object.keys(points).length === 0
      ? []
      : ['        points:', ...Object.entries(points).map(([name, settings]) => `          ${key(name)}: ${flow(settings)}`)]),
  ])
  return [
    ...site,
    'areas:',
    '  found:',
    '    name: { zh: 新发现的设备, en: Found equipment }',
    '    equipment:',
    ...equipment,
    '',
  ].join('\n')
}

const lines = (settings: Settings, indent: number): readonly string[] =>
  Object.entries(settings).map(([name, value]) => `${' '.repeat(indent)}${key(name)}: ${flow(value)}`)

/** Plain where YAML reads it as the text it is; else quoted as JSON, which YAML understands. */
const plain = /^[A-Za-z][A-Za-z0-9_/.-]*$/
const readOtherwise = /^(true|false|null|yes|no|on|off|y|n)$/i
/** A key, or a text that stands alone. */
export const key = (name: string): string => (plain.test(name) && !readOtherwise.test(name) ? name : JSON.stringify(name))

/** A value on one line. `${` is written so that it stays what it is. */
export function flow(value: unknown): string {
  if (typeof value === 'string') return key(value.replaceAll('${', '$${'))
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const parts = Object.entries(value).map(([name, one]) => `${key(name)}: ${flow(one)}`)
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
}
