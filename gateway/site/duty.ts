import type { Words } from '../../protocols/contract/driver.ts'
import { fitsClause, gridLevelOf, nobody, spokenParts, usualEscalation } from '../duty/duty.ts'
import type { Cell, Duty, Person, Roster, Route } from '../duty/duty.ts'
import type { Calendar } from '../policy/calendar.ts'
import { priorities } from '../policy/rule.ts'
import type { Clause, Priority } from '../policy/rule.ts'
import type { Parts } from './parts.ts'
import { oneOfChannels, readPeople } from './people.ts'
import { below, duration, idKey, list, mapping, oneOf, pairs, required, text, wordsOf } from './reader.ts'
import { suggest } from './report.ts'
import type { Finding, Item, Report } from './report.ts'
import { readHours, readRosters } from './rosters.ts'

/** What people and rosters are checked against. */
export interface DutyGround {
  readonly calendar: Calendar
  /** Every clause that a rule may cite. */
  readonly clauses: ReadonlySet<string>
  /** Those that a rule of this site does cite: their words must mean somebody. */
  readonly cited: readonly Clause[]
}

/** People, rosters, grid and routes of the site file. Every mistake is told with its place, all at once. */
export function readDuty(report: Report, parts: Parts, ground: DutyGround): Duty {
  const people = readPeople(report, parts)
  const item = parts.duty
  if (!item) return people.size > 0 ? { ...nobody, people, roles: rolesOf(people, new Map()) } : nobody
  if (!mapping(report, item, ['rosters', 'roles', 'cells', 'routes', 'escalate', 'quiet'])) return { ...nobody, people }
  const rosters = readRosters(report, below(item, 'rosters'), people, ground.calendar)
  const who = { people, rosters, hasAllRosters: rosters.size === pairs(below(item, 'rosters')).length }
  const roles = rolesOf(people, readRoles(report, below(item, 'roles'), who))
  const cells = readCells(report, below(item, 'cells'), parts, who)
  const routes = list(report, below(item, 'routes')).flatMap(one => readRoute(report, one, parts, ground, who) ?? [])
  const quiet = readQuiet(report, below(item, 'quiet'))
  warnOfUnansweredWords(report, below(item, 'roles') ?? item, ground.cited, roles, cells)
  return {
    people,
    rosters,
    roles,
    cells,
    routes,
    escalate: readEscalation(report, below(item, 'escalate')),
    ...(quiet ? { quiet } : {}),
  }
}

interface Who {
  readonly people: ReadonlyMap<string, Person>
  readonly rosters: ReadonlyMap<string, Roster>
  /** False where one was left out because of its own mistakes: its name is not to be called unknown. */
  readonly hasAllRosters: boolean
}

function rolesOf(
  people: ReadonlyMap<string, Person>,
  written: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const roles = new Map(written)
  for (const { id, roles: own } of people.values())
    for (const word of own) roles.set(word, [...new Set([...(roles.get(word) ?? []), id])])
  return roles
}

function readRoles(report: Report, item: Item | undefined, who: Who): ReadonlyMap<string, readonly string[]> {
  if (!item || !mapping(report, item)) return new Map()
  return new Map(pairs(item).map(([word, means]) => [word, readWho(report, means, who)]))
}

/** A person, a roster, or a list of them. */
function readWho(report: Report, item: Item, who: Who): readonly string[] {
  const items = Array.isArray(item.value) ? list(report, item) : [item]
  return [...new Set(items.flatMap(one => readOne(report, one, who) ?? []))]
}

function readOne(report: Report, item: Item, { people, rosters, hasAllRosters }: Who): string | undefined {
  const { value } = item
  if (typeof value === 'string' && (people.has(value) || rosters.has(value))) return value
  if (typeof value === 'string' && !hasAllRosters) return undefined
  report.error(item, {
    code: 'unknown-person',
    wrong: { zh: `没有叫 \`${String(value)}\` 的人或值班表`, en: `there is no person or roster \`${String(value)}\`` },
    write: suggest(String(value), [...people.keys(), ...rosters.keys()]),
  })
  return undefined
}

function readCells(report: Report, item: Item | undefined, parts: Parts, who: Who): ReadonlyMap<string, Cell> {
  const cells = new Map<string, Cell>()
  if (!item || !mapping(report, item)) return cells
  const known = pairs(item).map(([id]) => id)
  const areas = new Map<string, string>()
  for (const [id, entry] of pairs(item)) {
    if (!idKey(report, entry, id) || !mapping(report, entry, ['name', 'areas', 'head', 'above'])) continue
    const name = wordsOf(report, below(entry, 'name')) ?? { zh: id, en: id }
    const headItem = required(report, entry, 'head', 'wang')
    const head = headItem && readOne(report, headItem, who)
    const above = oneOf(report, below(entry, 'above'), known, 'unknown-cell')
    const own = list(report, below(entry, 'areas')).flatMap(area => {
      const found = oneOfAreas(report, area, parts)
      const other = found === undefined ? undefined : areas.get(found)
      if (other !== undefined) report.error(area, areaTwice(found ?? '', other))
      if (found !== undefined) areas.set(found, id)
      return found === undefined || other !== undefined ? [] : [found]
    })
    if (head !== undefined) cells.set(id, { id, name, head, areas: own, ...(above === undefined ? {} : { above }) })
  }
  return withoutCircles(report, item, cells)
}

function oneOfAreas(report: Report, item: Item, { areas }: Parts): string | undefined {
  return oneOf(
    report,
    item,
    areas.map(({ id }) => id),
    'unknown-area',
  )
}

const areaTwice = (area: string, other: string): Finding => ({
  code: 'duplicate-area',
  wrong: { zh: `\`${area}\` 已经归 \`${other}\``, en: `\`${area}\` already belongs to \`${other}\`` },
  write: { zh: '一个区域只归一个网格', en: 'an area belongs to one cell' },
})

/** Nobody is above himself: the first cell of a circle is told, and stands at the top. */
function withoutCircles(report: Report, item: Item, cells: ReadonlyMap<string, Cell>): ReadonlyMap<string, Cell> {
  const found = new Map(cells)
  for (const cell of cells.values()) {
    const chain: string[] = []
    for (let next = found.get(cell.id); next && !chain.includes(next.id); next = found.get(next.above ?? '')) chain.push(next.id)
    const last = found.get(chain.at(-1) ?? '')
    if (last?.above !== cell.id) continue
    const { above: _, ...top } = cell
    found.set(cell.id, top)
    const shown = [...chain, cell.id].join(' → ')
    const entry = below(item, cell.id)
    report.error((entry && below(entry, 'above')) ?? item, {
      code: 'cell-circle',
      wrong: { zh: `网格绕成了一圈：${shown}`, en: `the cells go in a circle: ${shown}` },
      write: { zh: '最上面一级（中心）不写 above', en: 'leave `above` out at the top, the centre' },
    })
  }
  return found
}

function readRoute(report: Report, item: Item, parts: Parts, { clauses }: DutyGround, who: Who): Route | undefined {
  if (!mapping(report, item, ['clauses', 'areas', 'equipment', 'priorities', 'tell', 'channels'])) return undefined
  const equipment = parts.equipment.map(({ id }) => id)
  const channels = new Map(pairs(parts.channels))
  const some = <T>(key: string, read: (one: Item) => T | undefined): readonly T[] | undefined => {
    const listed = below(item, key)
    return listed && list(report, listed).flatMap(one => read(one) ?? [])
  }
  const route = {
    clauses: some('clauses', one => readClause(report, one, clauses)),
    areas: some('areas', one => oneOfAreas(report, one, parts)),
    equipment: some('equipment', one => oneOf(report, one, equipment, 'unknown-equipment')),
    priorities: some('priorities', one => oneOf(report, one, priorities, 'unknown-priority')),
    channels: some('channels', one => oneOfChannels(report, one, channels)),
  }
  const tellItem = required(report, item, 'tell', '[wang]')
  const tell = tellItem ? readWho(report, tellItem, who) : []
  const written = Object.fromEntries(Object.entries(route).filter(([, value]) => value !== undefined))
  return tell.length > 0 ? { ...written, tell } : undefined
}

function readClause(report: Report, item: Item, clauses: ReadonlySet<string>): string | undefined {
  const pattern = text(report, item, 'GAS-10')
  if (pattern === undefined || [...clauses].some(clause => fitsClause(pattern, clause))) return pattern
  report.error(item, {
    code: 'unknown-clause',
    wrong: { zh: `没有条文 \`${pattern}\``, en: `there is no clause \`${pattern}\`` },
    write: suggest(pattern, clauses),
  })
  return undefined
}

function readEscalation(report: Report, item: Item | undefined): Duty['escalate'] {
  if (!item || !mapping(report, item, priorities)) return usualEscalation
  const read = (priority: Priority): Duty['escalate'][Priority] => {
    const times = below(item, priority)
    if (!times) return usualEscalation[priority]
    const items = list(report, times)
    const lengths = items.flatMap(one => duration(report, one) ?? [])
    const wrong = lengths.findIndex((length, index) => length <= (lengths[index - 1] ?? 0))
    const place = items[wrong]
    if (wrong >= 0 && lengths.length === items.length && place) report.error(place, notRising)
    return lengths
  }
  return { high: read('high'), medium: read('medium'), low: read('low'), advisory: read('advisory') }
}

const notRising: Finding = {
  code: 'bad-value',
  wrong: { zh: '每一级的时间要比前一级长', en: 'each level must come later than the one before' },
  write: { zh: '例如 `[5m, 15m]`，都从报警起算', en: 'for example `[5m, 15m]`, both counted from the alarm' },
}

function readQuiet(report: Report, item: Item | undefined): Duty['quiet'] {
  if (!item || !mapping(report, item, ['hours', 'priorities'])) return undefined
  const hours = required(report, item, 'hours', "'22:00-07:00'")
  const span = hours && readHours(report, hours)
  const wanted = list(report, required(report, item, 'priorities', '[advisory, low]')).flatMap(one => {
    const priority = oneOf(report, one, priorities, 'unknown-priority')
    if (priority === 'high') report.error(one, highWaits)
    return priority ?? []
  })
  return span && { span, priorities: wanted }
}

const highWaits: Finding = {
  code: 'bad-value',
  wrong: { zh: '严重报警不能等到早上', en: 'a high alarm cannot wait for the morning' },
  write: { zh: '从 priorities 里去掉 high', en: 'take high out of priorities' },
}

/** Bodies outside the site are called by people, not by the gateway. */
const outside = /119|110|120|消防队|fire service/i

/** Words of clauses that mean nobody here: one warning for all of them. Without it alarms quietly go to the cell or to who is on. */
function warnOfUnansweredWords(
  report: Report,
  item: Item,
  cited: readonly Clause[],
  roles: ReadonlyMap<string, readonly string[]>,
  cells: ReadonlyMap<string, Cell>,
): void {
  const words = new Map<string, Words>(cited.flatMap(({ tell }) => tell.flatMap(spokenParts)).map(word => [word.zh, word]))
  const open = [...words.values()].filter(
    word =>
      !roles.has(word.zh) &&
      !roles.has(word.en) &&
      !outside.test(word.zh) &&
      (gridLevelOf(word) === undefined || cells.size === 0),
  )
  if (open.length === 0) return
  report.warn(item, {
    code: 'role-unanswered',
    on: 'key',
    wrong: {
      zh: `条文要通知的 ${open.map(({ zh }) => zh).join('、')} 没有对应的人`,
      en: `nobody answers for these words of the clauses: ${open.map(({ en }) => en).join(', ')}`,
    },
    write: {
      zh: `在 duty.roles 写上，例如 \`${open[0]?.zh ?? ''}: wang\`，或写进某人的 roles`,
      en: `write them below duty.roles, for example \`${open[0]?.zh ?? ''}: wang\`, or among a person's roles`,
    },
  })
}
