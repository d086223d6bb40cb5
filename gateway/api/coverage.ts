import type { PointId } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Alarm } from '../alarm/alarm.ts'
import type { LastRecord } from '../alarm/verdicts.ts'
import { failureOf } from '../policy/rule-book.ts'
import type { Rule, RuleId } from '../policy/rule.ts'
import { isVirtual } from '../policy/running.ts'
import type { BookClause, BookRule, Run } from '../site/book.ts'
import type { Equipment, Point } from '../site/site.ts'
import type { House } from './house.ts'
import type { WireCoveredClause, WireCoveringRule, WireStanding, WireWatch } from './wire.ts'

/** The books with the last word on each clause. One pass over rules and open alarms; the journal is not asked. */
export function coverageOf(house: House, time: (at: Instant) => string): readonly WireCoveredClause[] {
  const { site, state } = house
  const isOpen = (alarm: Alarm): boolean => alarm.state === 'unacknowledged' || alarm.state === 'acknowledged'
  const look: Look = {
    house,
    time,
    open: new Map(state.openAlarms().flatMap(alarm => (isOpen(alarm) ? [[alarm.rule, alarm] as const] : []))),
    rules: new Map(site.rules.map(rule => [rule.id, rule])),
    points: new Map(site.points.map(point => [point.id, point])),
    equipment: new Map(site.equipment.map(one => [one.id, one])),
    unheard: new Map(),
  }
  return site.book.map(entry => clauseOf(look, entry))
}

interface Look {
  readonly house: House
  readonly time: (at: Instant) => string
  /** Alarms whose condition stands. */
  readonly open: ReadonlyMap<RuleId, Alarm>
  readonly rules: ReadonlyMap<RuleId, Rule>
  readonly points: ReadonlyMap<PointId, Point>
  readonly equipment: ReadonlyMap<string, Equipment>
  readonly unheard: Map<PointId, boolean>
}

function clauseOf(look: Look, { clause, pack, inForce, rules: written, gap }: BookClause): WireCoveredClause {
  const rules = written.map(rule => ruleOf(look, rule))
  const watches = rules.flatMap(({ watchedBy }) => watchedBy)
  const { id, title, source, requirement, tell } = clause
  const standing = worst(watches)
  const times = watches.flatMap(watch => (watch.verdict === standing && watch.since !== null ? [Date.parse(watch.since)] : []))
  return {
    id,
    title,
    source,
    requirement,
    tell,
    standing,
    rules,
    policy: { ...pack, inForce },
    // Broken since the first breach that stands; kept since the last one was over.
    since: times.length === 0 ? null : look.time((standing === 'breached' ? least(times) : most(times)) as Instant),
    ...(gap && { gap }),
  }
}

const least = (times: readonly number[]): number => times.reduce((a, b) => Math.min(a, b))
const most = (times: readonly number[]): number => times.reduce((a, b) => Math.max(a, b))

const worst = (watches: readonly WireWatch[]): WireStanding =>
  (['breached', 'unknown', 'kept'] as const).find(verdict => watches.some(watch => watch.verdict === verdict)) ?? 'unwatched'

function ruleOf(look: Look, written: BookRule): WireCoveringRule {
  const { runs, point: _point, types, ...rest } = written
  const first = runs[0] && look.rules.get(runs[0].rule)
  const shown = first && look.points.get(first.point)
  return {
    ...rest,
    settings: settingsHere(look, runs) ?? rest.settings,
    types,
    unit: shown?.unit ?? '',
    labels: [...(shown?.labels ?? [])].map(([code, label]) => ({ code, label })),
    watchedBy: runs.flatMap(run => watchOf(look, run) ?? []),
  }
}

type Settings = Readonly<Record<string, unknown>>

/** The settings as they are wherever the rule runs as written; where facts of the equipment make them differ, as the pack has them. */
function settingsHere(look: Look, runs: readonly Run[]): Settings | undefined {
  const rules = runs.flatMap(run => look.rules.get(run.rule) ?? []).filter(({ overlay }) => overlay === undefined)
  const [first, ...others] = rules.map(rule => settingsOf(look, rule))
  const said = JSON.stringify(first)
  return others.every(other => JSON.stringify(other) === said) ? first : undefined
}

function settingsOf(look: Look, rule: Rule): Settings {
  const { kind: _kind, ...settings } = rule.settings
  const facts = look.equipment.get(rule.equipment)?.facts ?? {}
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, resolved(value, facts)]))
}

/** What a setting is at this equipment where it refers to one of its facts. */
function resolved(value: unknown, facts: Equipment['facts']): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const { fact, default: otherwise } = value as { readonly fact?: unknown; readonly default?: unknown }
  if (typeof fact === 'string') return facts[fact] ?? otherwise ?? value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner, facts)]))
}

function watchOf(look: Look, run: Run): WireWatch | undefined {
  const rule = look.rules.get(run.rule)
  const equipmentName = rule && look.equipment.get(rule.equipment)?.name
  if (!rule || !equipmentName) return undefined
  const record = lastRecord(look, rule)
  const { overlay } = rule
  return {
    rule: rule.id,
    equipment: rule.equipment,
    equipmentName,
    ...verdictOf(look, rule, run),
    ...(record && { record: { kind: record.kind, verdict: record.verdict, at: look.time(record.at) } }),
    ...(overlay && { overlay: { settings: settingsOf(look, rule), ...overlay } }),
  }
}

function verdictOf(look: Look, rule: Rule, { needs }: Run): Pick<WireWatch, 'verdict' | 'since' | 'alarm' | 'unheard'> {
  const { house, open, time } = look
  const alarm = open.get(rule.id)
  if (alarm) return { verdict: 'breached', since: time(alarm.since), alarm: alarm.id }
  const failure = open.get(failureOf(rule.id))
  if (failure) return { verdict: 'unknown', since: time(failure.since), alarm: failure.id, unheard: ['rule-failed'] }
  // Silence is what a rule of silence judges: until its time is up, it is kept.
  const unheard = rule.kind === 'stale' ? [] : unheardOf(look, needs)
  if (unheard.length > 0) return { verdict: 'unknown', since: null, unheard }
  return { verdict: 'kept', since: time(house.state.verdicts.overAt(rule.id) ?? house.state.verdicts.since) }
}

/** The points whose silence leaves a rule without a verdict: any it must have, or half of a group. */
function unheardOf(look: Look, needs: Run['needs']): readonly PointId[] {
  return needs.flatMap(group => {
    const silent = group.filter(point => isUnheard(look, point))
    return silent.length * 2 >= group.length ? silent : []
  })
}

function isUnheard({ house: { state }, unheard }: Look, point: PointId): boolean {
  const known = unheard.get(point)
  if (known !== undefined) return known
  const latest = state.latest(point)
  const is = latest === undefined || latest.quality === 'bad' || state.isStale(point)
  unheard.set(point, is)
  return is
}

/** What the rule itself wrote last; else the newest record of people that it waits for. */
function lastRecord({ house }: Look, rule: Rule): LastRecord | undefined {
  const { verdicts } = house.state
  const own = verdicts.recordOf(rule.id)
  if (own) return own
  const read = rule.inputs?.flatMap(({ point }) => (isVirtual(point) ? [/^(.+)\.record:([a-z-]+)/.exec(point)] : [])) ?? []
  const found = read.flatMap(match => (match ? (verdicts.recordAt(match[1] ?? '', match[2] ?? '') ?? []) : []))
  return found.toSorted((a, b) => b.at - a.at)[0]
}
