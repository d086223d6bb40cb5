/** Which list an alarm stands in, and what stands above or below it there. Pure; every alarm is shown exactly once. */
import type { WireAlarm } from '../../../gateway/api/wire.ts'
import { isQuiet, mostUrgentFirst, needsAnswer } from './urgency.ts'

/** The lists of the alarm page, in order. */
export const segments = ['waiting', 'acknowledged', 'shelved', 'quiet'] as const
export type Segment = (typeof segments)[number]

/** How an alarm came below another: kept quiet because of it, came after it on the same equipment, or is what the escalation is about. */
export type Tie = 'child' | 'follower' | 'about'
export interface Below {
  readonly alarm: WireAlarm
  readonly tie: Tie
}
export interface Group {
  readonly alarm: WireAlarm
  /** Everything that stands below it, directly or through another, most urgent first; kept-quiet ones last. */
  readonly below: readonly Below[]
}
export type Triage = Readonly<Record<Segment, readonly Group[]>>

export function segmentOf(alarm: WireAlarm): Segment {
  if (needsAnswer(alarm)) return 'waiting'
  if (alarm.state === 'shelved') return 'shelved'
  return alarm.state === 'suppressed' || alarm.state === 'out-of-service' ? 'quiet' : 'acknowledged'
}

/** Groups by urgency of the most urgent alarm in each. */
export function triage(alarms: readonly WireAlarm[]): Triage {
  const above = tiesOf(alarms)
  const lists: Record<Segment, { alarm: WireAlarm; below: Below[] }[]> = { waiting: [], acknowledged: [], shelved: [], quiet: [] }
  const groups = new Map<string, { alarm: WireAlarm; below: Below[] }>()
  const sorted = alarms.toSorted(mostUrgentFirst)
  for (const alarm of sorted) {
    if (above.has(alarm.id)) continue
    const group = { alarm, below: [] }
    groups.set(alarm.id, group)
    lists[segmentOf(alarm)].push(group)
  }
  for (const alarm of sorted) {
    const tie = above.get(alarm.id)
    if (tie) groups.get(topOf(alarm.id, above))?.below.push({ alarm, tie: tie.tie })
  }
  for (const list of Object.values(lists)) {
    const first = new Map(list.map(group => [group, mostUrgentOf(group)]))
    list.sort((a, b) => mostUrgentFirst(first.get(a) ?? a.alarm, first.get(b) ?? b.alarm))
  }
  return lists
}

/** How many alarms stand in a list, folded ones included. */
export const lengthOf = (groups: readonly Group[]): number => groups.reduce((sum, group) => sum + 1 + group.below.length, 0)

export function countsOf(alarms: readonly WireAlarm[]): Readonly<Record<Segment, number>> {
  const counts: Record<Segment, number> = { waiting: 0, acknowledged: 0, shelved: 0, quiet: 0 }
  for (const alarm of alarms) counts[segmentOf(alarm)] += 1
  return counts
}

function mostUrgentOf({ alarm, below }: Group): WireAlarm {
  const [first] = below
  return first && mostUrgentFirst(first.alarm, alarm) < 0 ? first.alarm : alarm
}

interface Above {
  readonly id: string
  readonly tie: Tie
}

/** One above for each alarm at most, and never in a circle: where ties run in one, the alarm that is met first in order of urgency stands free. */
function tiesOf(alarms: readonly WireAlarm[]): ReadonlyMap<string, Above> {
  const known = new Map(alarms.map(alarm => [alarm.id, alarm]))
  const escalations = new Map<string, WireAlarm>()
  for (const alarm of alarms) {
    for (const id of alarm.about ?? []) {
      const other = escalations.get(id)
      if (!other || mostUrgentFirst(alarm, other) < 0) escalations.set(id, alarm)
    }
  }
  const above = new Map<string, Above>()
  for (const alarm of alarms.toSorted(mostUrgentFirst)) {
    const tie = tieOf(alarm, known, escalations.get(alarm.id))
    if (tie && !leadsBack(alarm.id, tie.id, above)) above.set(alarm.id, tie)
  }
  return above
}

/** What keeps it quiet goes first, then what came first, then what escalates it; a list is left only for what is kept quiet by design. */
function tieOf(alarm: WireAlarm, known: ReadonlyMap<string, WireAlarm>, escalation: WireAlarm | undefined): Above | undefined {
  for (const cause of alarm.state === 'suppressed' ? (alarm.suppressed?.causes ?? []) : []) {
    if (cause.alarm !== undefined && cause.alarm !== alarm.id && known.has(cause.alarm)) return { id: cause.alarm, tie: 'child' }
  }
  // Whatever somebody signed for stands in the list of such, with its end in sight.
  if (isQuiet(alarm)) return undefined
  const isBeside = (other: WireAlarm | undefined): other is WireAlarm =>
    other !== undefined && other.id !== alarm.id && segmentOf(other) === segmentOf(alarm)
  const first = alarm.firstOut === undefined ? undefined : known.get(alarm.firstOut)
  if (isBeside(first)) return { id: first.id, tie: 'follower' }
  return isBeside(escalation) ? { id: escalation.id, tie: 'about' } : undefined
}

function leadsBack(id: string, from: string, above: ReadonlyMap<string, Above>): boolean {
  for (let next: string | undefined = from; next !== undefined; next = above.get(next)?.id) if (next === id) return true
  return false
}

function topOf(id: string, above: ReadonlyMap<string, Above>): string {
  let top = id
  for (let next = above.get(top); next; next = above.get(top)) top = next.id
  return top
}

/** One line of the list. `fold` stands for what is folded below `of`. */
export type Line =
  | {
      readonly what: 'alarm'
      readonly alarm: WireAlarm
      readonly tie?: Tie
      readonly isFirstOut: boolean
      readonly escalates: number
      /** It is no longer of this list, and stays on screen because somebody stands on it. */
      readonly isHeld?: true
    }
  | {
      readonly what: 'fold'
      readonly of: WireAlarm
      readonly count: number
      readonly open: boolean
      /** One of those folded, for why they are. */
      readonly one: WireAlarm
    }

/** What is kept quiet by design stays folded until asked for; everything else is in sight. */
export function linesOf(groups: readonly Group[], open: ReadonlySet<string>): readonly Line[] {
  const lines: Line[] = []
  for (const { alarm, below } of groups) {
    const children = below.filter(one => one.tie === 'child')
    const others = below.filter(one => one.tie !== 'child')
    lines.push({
      what: 'alarm',
      alarm,
      isFirstOut: others.some(one => one.alarm.firstOut === alarm.id),
      escalates: others.filter(one => one.tie === 'about').length,
    })
    for (const { alarm: other, tie } of others)
      lines.push({
        what: 'alarm',
        alarm: other,
        tie,
        isFirstOut: below.some(one => one.alarm.firstOut === other.id),
        escalates: 0,
      })
    const [one] = children
    if (!one) continue
    const isOpen = open.has(alarm.id)
    lines.push({ what: 'fold', of: alarm, count: children.length, open: isOpen, one: one.alarm })
    if (isOpen)
      for (const { alarm: child } of children)
        lines.push({ what: 'alarm', alarm: child, tie: 'child', isFirstOut: false, escalates: 0 })
  }
  return lines
}

export const lineId = (line: Line): string => (line.what === 'alarm' ? line.alarm.id : `${line.of.id}/below`)

/**
 * The lines as they are to be shown while somebody stands on one of them: it stays where it was even if it has left the list, until they
 * move on. `before` is what is on screen.
 */
export function holding(
  lines: readonly Line[],
  before: readonly Line[],
  held: string | undefined,
  now: WireAlarm | undefined,
): readonly Line[] {
  if (held === undefined || lines.some(line => lineId(line) === held)) return lines
  const at = before.findIndex(line => lineId(line) === held)
  const line = before[at]
  if (!line || line.what !== 'alarm') return lines
  const kept: Line = { ...line, alarm: now ?? { ...line.alarm, state: 'normal', active: false }, isHeld: true }
  return lines.toSpliced(Math.min(at, lines.length), 0, kept)
}

/** Alarms that came within the last ten minutes; more than ten are a flood (ISA-18.2, standards.md §2.4). */
export const floodWithin = 600_000
export const floodFrom = 10
export const cameLately = (alarms: readonly WireAlarm[], now: number): readonly WireAlarm[] =>
  alarms.filter(alarm => alarm.state !== 'suppressed' && alarm.found === 'live' && now - alarm.raisedAt < floodWithin)

export interface Tied {
  readonly first: readonly WireAlarm[]
  readonly about: readonly WireAlarm[]
  readonly followers: readonly WireAlarm[]
  readonly children: readonly WireAlarm[]
}
/** Everything open that hangs together with one alarm, whatever list it stands in. */
export function tiedTo(alarm: WireAlarm, open: readonly WireAlarm[]): Tied {
  const about = new Set(alarm.about)
  const others = open.filter(other => other.id !== alarm.id)
  return {
    first: others.filter(other => other.id === alarm.firstOut),
    about: others.filter(other => about.has(other.id)),
    followers: others.filter(other => other.firstOut === alarm.id),
    children: others.filter(other => other.suppressed?.causes.some(cause => cause.alarm === alarm.id)),
  }
}

export interface Call {
  readonly alarm: WireAlarm
  /** Unanswered escalations of it: told on its card, not beside it. */
  readonly escalations: readonly WireAlarm[]
}
/** What calls a person, most urgent first. An escalation stands on the card of the first alarm it is about, as long as that is unanswered. */
export function callsOf(unanswered: readonly WireAlarm[]): readonly Call[] {
  const sorted = unanswered.toSorted(mostUrgentFirst)
  const plain = sorted.filter(alarm => alarm.about === undefined)
  const homeOf = (escalation: WireAlarm) => plain.find(alarm => escalation.about?.includes(alarm.id))
  const calls = new Map<string, WireAlarm[]>(plain.map(alarm => [alarm.id, []]))
  const homeless: WireAlarm[] = []
  for (const escalation of sorted.filter(alarm => alarm.about !== undefined)) {
    const home = homeOf(escalation)
    if (home) calls.get(home.id)?.push(escalation)
    else homeless.push(escalation)
  }
  return [...plain, ...homeless]
    .map(alarm => ({ alarm, escalations: calls.get(alarm.id) ?? [] }))
    .toSorted((a, b) => mostUrgentFirst(a.alarm, b.alarm))
}
