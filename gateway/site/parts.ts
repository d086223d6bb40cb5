import type { Words } from '../../protocols/contract/driver.ts'
import type { Document } from './document.ts'
import { below, idKey, list, mapping, number, pairs, required, text, wordsOf } from './reader.ts'
import type { Item, Report } from './report.ts'
import type { Area } from './site.ts'

/** A part with the id under which it is written. */
export interface Named {
  readonly id: string
  readonly item: Item
}

/** The files taken apart and merged: each part still knows which file it came from. */
export interface Parts {
  readonly header: Header
  readonly connections: readonly Named[]
  readonly areas: readonly Area[]
  readonly equipment: readonly (Named & { readonly area: string })[]
  /** Files that are packs of the site's own. */
  readonly packs: readonly Item[]
  /** Files that are models of the site's own. */
  readonly models: readonly Item[]
  readonly calendar: Item | undefined
  readonly people: Item | undefined
  readonly duty: Item | undefined
  readonly channels: Item | undefined
  readonly rounds: Item | undefined
  readonly historian: Item | undefined
  readonly evidence: Item | undefined
  readonly retention: Item | undefined
  readonly backup: Item | undefined
  readonly logs: Item | undefined
  readonly opcuaServer: Item | undefined
  readonly site: Item | undefined
}

export interface Header {
  readonly id: string
  readonly name: Words
  readonly timeZone: string
  readonly server: { readonly host: string; readonly port: number; readonly publicUrl?: string }
  /** The packs named, undefined where the site leaves it to what equipment it has. */
  readonly policies: readonly Item[] | undefined
  /** The region whose own rules hold: it changes what packs leave to it. */
  readonly region: string | undefined
}

const unnamed: Header = {
  id: 'site',
  name: { zh: '未命名', en: 'Unnamed' },
  timeZone: 'Asia/Shanghai',
  server: { host: '127.0.0.1', port: 8080 },
  policies: undefined,
  region: undefined,
}

const blocks = [
  'site',
  'connections',
  'areas',
  'calendar',
  'people',
  'duty',
  'channels',
  'rounds',
  'historian',
  'evidence',
  'retention',
  'backup',
  'logs',
  'opcuaServer',
] as const

/** Takes the files apart. Parts with a wrong id or written twice are reported and left out. */
export function takeApart(report: Report, documents: readonly Document[]): Parts {
  const roots: Item[] = []
  const packs: Item[] = []
  const models: Item[] = []
  for (const document of documents) {
    const root = { document, path: [], value: document.value }
    // A file of comments only is no fault beside others.
    if (document.value === null && documents.length > 1) continue
    if (documents.length > 1 && below(root, 'pack')) {
      packs.push(root)
      continue
    }
    if (documents.length > 1 && below(root, 'model')) {
      models.push(root)
      continue
    }
    // What begins with x- is the writer's own: a place for YAML anchors.
    const own = pairs(root).flatMap(([key]) => (key.startsWith('x-') ? [key] : []))
    if (mapping(report, root, [...blocks, ...own])) roots.push(root)
  }
  const first = roots[0]
  const sites = roots.flatMap(root => below(root, 'site') ?? [])
  if (first && sites.length === 0) required(report, first, 'site', '{ id: greenhill, name: 青山小学 }')
  for (const again of sites.slice(1)) report.error(again, twice('site', again, sites[0]))
  const areas = new Map<string, Area>()
  const connections = new Map<string, Named>()
  const equipment = new Map<string, Named & { area: string }>()
  for (const root of roots) {
    const connectionsItem = below(root, 'connections')
    if (connectionsItem && mapping(report, connectionsItem))
      for (const [id, item] of pairs(connectionsItem)) keep(report, connections, { id, item })
    const areasItem = below(root, 'areas')
    if (!areasItem || !mapping(report, areasItem)) continue
    for (const [area, item] of pairs(areasItem)) {
      if (!idKey(report, item, area) || !mapping(report, item, ['name', 'equipment'])) continue
      const name = wordsOf(report, below(item, 'name'))
      // The same area may go on in another file; the first name counts.
      if (!areas.has(area) || name) areas.set(area, { id: area, name: name ?? { zh: area, en: area } })
      const equipmentItem = below(item, 'equipment')
      if (!equipmentItem || !mapping(report, equipmentItem)) continue
      for (const [id, entry] of pairs(equipmentItem)) keep(report, equipment, { id, item: entry, area })
    }
  }
  if (first && roots.every(root => below(root, 'areas') === undefined)) required(report, first, 'areas', '…')
  const areasItem = roots.flatMap(root => below(root, 'areas') ?? [])[0]
  if (areasItem && equipment.size === 0) report.warn(areasItem, nothingHere)
  const site = sites[0]
  const part = (key: string): Item | undefined => roots.flatMap(root => below(root, key) ?? [])[0]
  return {
    header: site ? readHeader(report, site) : unnamed,
    connections: [...connections.values()],
    areas: [...areas.values()],
    equipment: [...equipment.values()],
    packs,
    models,
    calendar: part('calendar'),
    people: part('people'),
    duty: part('duty'),
    channels: part('channels'),
    rounds: part('rounds'),
    historian: part('historian'),
    evidence: part('evidence'),
    retention: part('retention'),
    backup: part('backup'),
    logs: part('logs'),
    opcuaServer: part('opcuaServer'),
    site,
  }
}

const nothingHere = {
  code: 'no-equipment',
  on: 'key',
  wrong: { zh: '没有一台设备可看管', en: 'there is no equipment to watch' },
  write: { zh: '在某个区域的 equipment 下写一台设备', en: 'write a piece of equipment below `equipment` of an area' },
} as const

function keep<T extends Named>(report: Report, parts: Map<string, T>, part: T) {
  if (!idKey(report, part.item, part.id)) return
  const before = parts.get(part.id)
  if (before) report.error(part.item, twice(part.id, part.item, before.item))
  else parts.set(part.id, part)
}

function twice(id: string, again: Item, before: Item | undefined) {
  const place = before ? `${before.document.file}:${before.document.place(before.path, 'key').line}` : again.document.file
  return {
    code: 'duplicate-id',
    on: 'key',
    wrong: { zh: `\`${id}\` 已经在 ${place} 用过`, en: `\`${id}\` is already used at ${place}` },
    write: { zh: `换一个编号，例如 \`${id}-2\``, en: `give this one another id, for example \`${id}-2\`` },
  } as const
}

function readHeader(report: Report, item: Item): Header {
  if (!mapping(report, item, ['id', 'name', 'timeZone', 'server', 'policies', 'region'])) return unnamed
  const idItem = required(report, item, 'id', 'greenhill')
  const id = text(report, idItem, 'greenhill')
  if (id !== undefined && idItem && !/^[a-z0-9][a-z0-9-]{0,63}$/.test(id)) {
    report.error(idItem, {
      code: 'bad-id',
      wrong: { zh: `“${id}”不能作编号：只能用 a-z、0-9 和 -`, en: `"${id}" cannot be the site's id: only a-z, 0-9 and -` },
      write: { zh: '例如 `greenhill`', en: 'for example `greenhill`' },
    })
  }
  const policies = below(item, 'policies')
  return {
    id: id ?? unnamed.id,
    name: wordsOf(report, required(report, item, 'name', '青山小学')) ?? unnamed.name,
    timeZone: readTimeZone(report, below(item, 'timeZone')),
    server: readServer(report, below(item, 'server')),
    policies: policies && list(report, policies),
    region: text(report, below(item, 'region'), 'zibo'),
  }
}

function readTimeZone(report: Report, item: Item | undefined): string {
  const zone = text(report, item, 'Asia/Shanghai')
  if (zone === undefined || !item) return unnamed.timeZone
  try {
    // The runtime's own list knows the names in use; the constructor also knows the older aliases. Offsets are no place.
    if (!/^[+-]/.test(zone)) return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone && zone
  } catch {
    // Unknown to the runtime: told below.
  }
  report.error(item, {
    code: 'unknown-time-zone',
    wrong: { zh: `没有“${zone}”这个时区`, en: `there is no time zone "${zone}"` },
    write: { zh: '写“洲/城市”，例如 `Asia/Shanghai`', en: 'write area/city, for example `Asia/Shanghai`' },
  })
  return unnamed.timeZone
}

function readServer(report: Report, item: Item | undefined): Header['server'] {
  if (!item || !mapping(report, item, ['host', 'port', 'publicUrl'])) return unnamed.server
  const portItem = below(item, 'port')
  const port = number(report, portItem, 8080)
  if (portItem && port !== undefined && (!Number.isInteger(port) || port < 1 || port > 65_535)) {
    report.error(portItem, {
      code: 'bad-port',
      wrong: { zh: `${port} 不是端口号`, en: `${port} is not a port` },
      write: { zh: '写 1–65535 的整数，例如 `8080`', en: 'write a whole number from 1 to 65535, for example `8080`' },
    })
  }
  const publicUrl = readPublicUrl(report, below(item, 'publicUrl'))
  return {
    host: text(report, below(item, 'host'), '127.0.0.1') ?? unnamed.server.host,
    port: port ?? unnamed.server.port,
    ...(publicUrl === undefined ? {} : { publicUrl }),
  }
}

/** Where people reach the gateway from their phones: the beginning of every link in a message. */
function readPublicUrl(report: Report, item: Item | undefined): string | undefined {
  const url = text(report, item, 'https://zhishou.example.org')
  if (url === undefined || !item) return undefined
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url.replace(/\/+$/, '')
  report.error(item, {
    code: 'bad-url',
    wrong: { zh: `“${url}”不是网址`, en: `"${url}" is no address` },
    write: { zh: '以 http:// 或 https:// 开头', en: 'begin it with http:// or https://' },
  })
  return undefined
}
