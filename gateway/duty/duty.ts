import type { Words } from '../../protocols/contract/driver.ts'
import { hours, minutes } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { Day } from '../policy/calendar-days.ts'
import type { Span } from '../policy/calendar-span.ts'
import type { Priority } from '../policy/rule.ts'

/** Somebody who can be called. */
export interface Person {
  readonly id: string
  readonly name: Words
  /** The account's name, where they may sign in: what they do is on record under it. */
  readonly account?: string
  /** As the clauses name whom to tell: 食堂主管, 综合部. */
  readonly roles: readonly string[]
  readonly language: 'zh' | 'en'
  /** Channels in the order they are tried; all of the site's, in its order, where the entry names none. */
  readonly channels: readonly string[]
  /** Where the person is found, by kind of channel: `sms: '138…'`, `smtp: 'a@b'`, `dingtalk`, `wecom`, `feishu`. */
  readonly handles: Readonly<Record<string, string>>
}

export interface Shift {
  readonly id: string
  readonly name: Words
  /** Of the day it begins on; a span that ends at or before its beginning ends the next day. */
  readonly span: Span
}

/** One line of a rotation: who has which shift; `undefined` where nobody is named. */
export type Line = Readonly<Record<string, string | undefined>>

/** Days in turn: day `from` has line 0, the next line 1, and so on, for ever, backwards too. */
export interface Rotation {
  readonly from: Day
  readonly lines: readonly Line[]
}

export interface Swap {
  readonly roster: string
  readonly on: Day
  readonly shift: string
  /** Who stands in. */
  readonly person: string
  readonly reason: string
  /** Who entered it and when; absent where the site file says so. */
  readonly by?: string
  readonly at?: Instant
}

/** Who is on when. Non-working days (the site's calendar, make-up days and public holidays) may have a rotation of their own. */
export interface Roster {
  readonly id: string
  readonly name: Words
  readonly shifts: readonly Shift[]
  readonly rotation: Rotation
  readonly nonWorking?: Rotation
  readonly swaps: readonly Swap[]
}

/** A cell of the grid, DUT-2: person → station → centre. */
export interface Cell {
  readonly id: string
  readonly name: Words
  /** A person or a roster. */
  readonly head: string
  /** Areas it answers for itself; a cell above answers for those of the cells below it. */
  readonly areas: readonly string[]
  readonly above?: string
}

/** A special way for some alarms; the first that fits counts. What is left out fits everything. */
export interface Route {
  /** `GAS-10`, `GAS-*` */
  readonly clauses?: readonly string[]
  readonly areas?: readonly string[]
  readonly equipment?: readonly string[]
  readonly priorities?: readonly Priority[]
  /** Persons and rosters; told in place of the clause's own word. */
  readonly tell: readonly string[]
  readonly channels?: readonly string[]
}

/** People and how they are reached, as the site file has it. */
export interface Duty {
  readonly people: ReadonlyMap<string, Person>
  readonly rosters: ReadonlyMap<string, Roster>
  /** Words of clauses (either language) to persons and rosters; people's own `roles` are in it. */
  readonly roles: ReadonlyMap<string, readonly string[]>
  readonly cells: ReadonlyMap<string, Cell>
  readonly routes: readonly Route[]
  /** Unanswered for so long: one level up the grid for each. */
  readonly escalate: Readonly<Record<Priority, readonly Millis[]>>
  /** Alarms of these priorities wait for the morning. */
  readonly quiet?: { readonly span: Span; readonly priorities: readonly Priority[] }
}

/** Defaults of ours: DUT-2 names the levels and no time. The first fits the pack's `to-station` and `to-centre`. */
export const usualEscalation: Duty['escalate'] = {
  high: [minutes(5), minutes(15)],
  medium: [minutes(30), hours(2)],
  low: [hours(8), hours(24)],
  advisory: [],
}

/** A site that has named nobody: alarms are shown on the page and told to no phone. */
export const nobody: Duty = {
  people: new Map(),
  rosters: new Map(),
  roles: new Map(),
  cells: new Map(),
  routes: [],
  escalate: usualEscalation,
}

/** `GAS-*` is every clause of that book. */
export const fitsClause = (pattern: string, clause: string): boolean =>
  pattern.endsWith('*') ? clause.startsWith(pattern.slice(0, -1)) : pattern === clause

const arrow = /\s*(?:→|->)\s*/

/** A clause may write the order into one word, `主管 → 119`: each part is a word of its own. */
export function spokenParts({ zh, en }: Words): readonly Words[] {
  const [zhs, ens] = [zh.split(arrow), en.split(arrow)]
  return zhs.map((part, index) => ({ zh: part, en: ens[index] ?? part }))
}

const gridWords: readonly (readonly string[])[] = [
  ['网格员', 'Grid officer'],
  ['站长', 'Head of the station'],
  ['中心主任', 'Head of the centre'],
]

/** The level of the grid that a clause's word names: 0 whoever has the area's own cell, 1 the station above it, 2 the centre. */
export function gridLevelOf({ zh, en }: Words): number | undefined {
  const level = gridWords.findIndex(words => words.includes(zh) || words.includes(en))
  return level < 0 ? undefined : level
}
