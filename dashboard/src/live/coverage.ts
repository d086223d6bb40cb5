/** The books as the page shows them: counted, searched, narrowed. Pure. */
import type { Said, WireCoveredClause, WireDuty, WirePriority, WireStanding, WireWatch } from '../../../gateway/api/wire.ts'
import { mostSevere } from './urgency.ts'
import type { Tone } from './urgency.ts'

export const standings = ['breached', 'unknown', 'kept', 'unwatched'] as const satisfies readonly WireStanding[]
export type Tally = Readonly<Record<WireStanding, number>>

export interface BookView {
  readonly id: string
  readonly name: Said
  readonly version: string
  readonly effective: string
  readonly inForce: boolean
  readonly clauses: readonly WireCoveredClause[]
  readonly tally: Tally
}

export const tallyOf = (clauses: readonly WireCoveredClause[]): Tally => {
  const tally = { breached: 0, unknown: 0, kept: 0, unwatched: 0 }
  for (const { standing } of clauses) tally[standing] += 1
  return tally
}

/** Clause by clause in the order they came, each book with its own. */
export const booksOf = (clauses: readonly WireCoveredClause[]): readonly BookView[] =>
  [...Map.groupBy(clauses, ({ policy }) => policy.id)].flatMap(([id, of]) => {
    const policy = of[0]?.policy
    if (!policy) return []
    const { name, version, effective, inForce } = policy
    return [{ id, name, version, effective, inForce, clauses: of, tally: tallyOf(of) }]
  })

export interface Wanted {
  readonly book: string | undefined
  readonly standing: WireStanding | undefined
  readonly text: string
}

/** Every word of the search must stand somewhere in the clause: its id, words, rules or equipment, in either language. */
export function narrow(clauses: readonly WireCoveredClause[], { book, standing, text }: Wanted): readonly WireCoveredClause[] {
  const words = text.trim().toLocaleLowerCase().split(/\s+/)
  return clauses.filter(
    clause =>
      (book === undefined || clause.policy.id === book) &&
      (standing === undefined || clause.standing === standing) &&
      (text.trim() === '' || words.every(word => textOf(clause).includes(word))),
  )
}

const texts = new WeakMap<WireCoveredClause, string>()
function textOf(clause: WireCoveredClause): string {
  const known = texts.get(clause)
  if (known !== undefined) return known
  const { id, title, requirement, source, rules } = clause
  const said = [title, requirement, source, ...rules.flatMap(rule => [rule.title, ...rule.types])]
  const places = rules.flatMap(({ watchedBy, unwired, off }) => [...watchedBy, ...unwired, ...off])
  const all = [id, ...said.flatMap(({ zh, en }) => [zh, en])]
  const names = places.flatMap(({ equipment, equipmentName: { zh, en } }) => [equipment, zh, en])
  const text = [...all, ...new Set(names)].join('\n').toLocaleLowerCase()
  texts.set(clause, text)
  return text
}

/** The equipment that watches a clause, each once with its worst verdict, the broken first. */
export interface Watcher {
  readonly equipment: string
  readonly name: Said
  readonly verdict: WireWatch['verdict']
  readonly tone: Tone
}
const order = ['breached', 'unknown', 'kept'] as const

export function watchersOf({ rules }: WireCoveredClause): readonly Watcher[] {
  const found = new Map<string, { watcher: Watcher; tones: Tone[] }>()
  for (const { priority, watchedBy } of rules) {
    for (const { equipment, equipmentName, verdict } of watchedBy) {
      const tone = toneOfVerdict(verdict, priority)
      const known = found.get(equipment)
      const tones = [...(known?.tones ?? []), tone]
      const worse = known && order.indexOf(known.watcher.verdict) <= order.indexOf(verdict) ? known.watcher.verdict : verdict
      found.set(equipment, { tones, watcher: { equipment, name: equipmentName, verdict: worse, tone: mostSevere(tones) } })
    }
  }
  return [...found.values()].map(({ watcher }) => watcher).toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
}

export const toneOfVerdict = (verdict: WireWatch['verdict'], priority: WirePriority): Tone =>
  verdict === 'breached' ? priority : verdict === 'unknown' ? 'unknown' : 'calm'

/** Colour and shape of a clause: those of the most severe rule that is broken. */
export function toneOfClause({ standing, rules }: WireCoveredClause): Tone {
  if (standing === 'unknown') return 'unknown'
  if (standing !== 'breached') return 'calm'
  return mostSevere(
    rules.flatMap(({ priority, watchedBy }) => (watchedBy.some(({ verdict }) => verdict === 'breached') ? [priority] : [])),
  )
}

/** The points without which nobody can tell, each once. */
export const unheardOf = ({ rules }: WireCoveredClause): readonly string[] => [
  ...new Set(rules.flatMap(({ watchedBy }) => watchedBy.flatMap(({ unheard }) => unheard ?? []))),
]

/** How much of the time of a duty is gone, 0 to 1; `undefined` where it has no beginning. */
export function spentOf({ state, doneAt, dueAt }: WireDuty, now: number): number | undefined {
  if (state === 'missed') return 1
  if (doneAt === null || dueAt === null) return undefined
  const [from, to] = [Date.parse(doneAt), Date.parse(dueAt)]
  return to > from ? Math.min(1, Math.max(0, (now - from) / (to - from))) : undefined
}

export const toneOfDuty = ({ state, priority }: WireDuty): Tone =>
  state === 'missed' ? priority : state === 'soon' ? 'advisory' : 'calm'

export const dutyGroups = ['missed', 'soon', 'day', 'week', 'later'] as const

/** The soonest first; what has no time yet is last. */
export const soonestFirst = (a: WireDuty, b: WireDuty): number => dueOf(a) - dueOf(b) || (a.rule < b.rule ? -1 : 1)
const dueOf = ({ dueAt }: WireDuty): number => (dueAt === null ? Number.MAX_SAFE_INTEGER : Date.parse(dueAt))

/** When a duty has to be thought of; one that has no time yet is for later. */
export function groupOf({ state, dueAt }: WireDuty, now: number): (typeof dutyGroups)[number] {
  if (state === 'missed' || state === 'soon') return state
  const left = dueAt === null ? Number.POSITIVE_INFINITY : Date.parse(dueAt) - now
  return left <= 86_400_000 ? 'day' : left <= 7 * 86_400_000 ? 'week' : 'later'
}
