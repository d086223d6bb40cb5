import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import { Unanswered } from '../../gateway/alarm/unanswered.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import type { Verdict } from '../../gateway/policy/verdict.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { RuleBook } from '../../gateway/policy/rule-book.ts'
import { loadSite } from '../../gateway/site/load.ts'
import type { Site } from '../../gateway/site/site.ts'
import { fault } from '../../protocols/contract/fault.ts'
import type { Reading } from '../../protocols/contract/reading.ts'
import { protocols } from '../../protocols/registry.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { LocalTime } from '../../simulators/clock.ts'
import { SimulatedEquipment } from '../../simulators/equipment.ts'
import { byCalendar } from '../../simulators/physics/model.ts'
import { modelsByType } from '../../simulators/physics/models.ts'
import { parseSeries } from '../../simulators/physics/recorded-room.ts'
import { wireFaults } from '../../simulators/wire-faults.ts'

const file = fileURLToPath(new URL('../../simulators/school/site.yaml', import.meta.url))
const csv = new URL('../../simulators/recorded/ambient_temperature_system_failure.csv', import.meta.url)

/** The demo's site file as it ships. */
export async function schoolSite(): Promise<Site> {
  const loaded = await loadSite(file, {}, protocols)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 2))
  return loaded.site
}

export interface Happening {
  readonly at: Instant
  readonly rule: string
  readonly what: 'raised' | 'cleared'
  readonly because?: string
}

export interface Stay {
  readonly from: Instant
  readonly hours: number
  /** The world's step in seconds; a contact that is open for less may be missed. */
  readonly stepSeconds?: number
  /** Only this equipment is there; default all of it. */
  readonly equipment?: readonly string[]
  /** What somebody suffers, and from which hour to which. */
  readonly faults?: readonly { readonly on: string; readonly fault: string; readonly from?: number; readonly to?: number }[]
}

/**
 * The school lives through some time in a moment: its models say what they would say on the wire, and the gateway's own evaluator and
 * alarm desk judge it by the packs that ship. Nobody answers an alarm. Rules that broke are told as `RULE!failed`.
 */
export function stayAt(site: Site, { from, hours, stepSeconds = 30, equipment, faults = [] }: Stay): readonly Happening[] {
  const models = modelsByType(parseSeries(readFileSync(csv, 'utf8')))
  const local = new LocalTime(site.timeZone)
  const worldAt = (now: number, dtSeconds: number) => byCalendar({ now, dtSeconds, ...local.at(now) }, site.calendar.marks)
  const present = new Map(
    site.equipment.flatMap(({ id, type, connection }) => {
      const model = models.get(type)
      if (!model || connection === 'push' || (equipment && !equipment.includes(id))) return []
      return [[id, new SimulatedEquipment(id, model, wireFaults('modbus-tcp'), worldAt(from, 0), undefined)] as const]
    }),
  )
  for (const { on, fault: id } of faults) if (!present.get(on)?.knows(id)) throw new Error(`${on} knows no fault ${id}`)
  const points = site.points.flatMap(point => {
    const one = present.get(point.equipment)
    return one ? [{ point, one }] : []
  })
  const rules = site.rules.filter(rule => present.has(rule.equipment))
  const staleAfter = new Map(site.points.map(point => [point.id, point.staleAfter]))
  const evaluator = new Evaluator({ rules, kinds: ruleKinds, staleAfter: id => staleAfter.get(id), startAt: from })
  const desk = new AlarmDesk(new RuleBook(rules))
  const areas = new Map(site.equipment.map(one => [one.id, one.area]))
  const unanswered = new Unanswered(rules, id => areas.get(id))
  const happened: Happening[] = []
  const note = (verdicts: readonly Verdict[]) => {
    for (const verdict of verdicts) {
      desk.hear(verdict)
      const { transition } = verdict
      const because = transition.what === 'raised' && transition.because ? { because: transition.because.en } : {}
      happened.push({ at: transition.at, rule: verdict.rule, what: transition.what, ...because })
    }
    for (const finding of evaluator.takeFindings())
      if ('failure' in finding)
        happened.push({ at: finding.failure.at, rule: `${finding.rule}!failed`, what: 'raised', because: finding.failure.why })
  }
  const judge = (readings: readonly Reading[], now: Instant) => {
    note(evaluator.hear(readings, now))
    const waiting = unanswered.readings(desk.openAlarms(), now)
    if (waiting.length > 0) note(evaluator.hear(waiting, now))
  }
  judge([], from)
  const steps = Math.round((hours * 3600) / stepSeconds)
  for (let step = 1; step <= steps; step++) {
    const now = (from + step * stepSeconds * 1000) as Instant
    const hour = (step * stepSeconds) / 3600
    for (const { on, fault: id, from: since = 0, to = Infinity } of faults)
      present.get(on)?.suffer(id, hour > since && hour <= to)
    for (const one of present.values()) one.step(worldAt(now, stepSeconds))
    const readings = points.flatMap(({ point, one }): Reading[] => {
      if (one.suffers('device-silent')) return []
      const value = one.value(point.key)
      const at = (one.takenAt(point.key) ?? now) as Instant
      if (value === undefined) return []
      if (value === 'sensor-lost')
        return [
          { point: point.id, at, receivedAt: now, quality: 'bad', fault: fault('sentinel', 'the simulated sensor is gone') },
        ]
      return [{ point: point.id, at, receivedAt: now, value, quality: 'good' }]
    })
    judge(readings, now)
  }
  return happened
}

/** Midnight in Shanghai that begins a day, written `2026-11-16`. */
export const dayInShanghai = (day: string): Instant => Date.parse(`${day}T00:00:00+08:00`) as Instant
