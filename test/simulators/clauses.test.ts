import { describe, expect, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import { dayInShanghai, schoolSite, stayAt } from './school.ts'

const site = await schoolSite()
const monday = dayInShanghai('2026-11-23')
const at = (hours: number) => instant(monday + hours * 3_600_000)
/** One of each type whose clauses this file proves. */
const mine = ['cold-1', 'freezer-1', 'disinfection-1', 'mixer-1', 'kitchen-1', 'cards-1'].concat(
  ['vaccine-1', 'vaccine-2', 'logbook-1', 'tank-1', 'pump-1'],
  ['patrol-1', 'key-1', 'monitoring-1', 'gate-1', 'lights-1', 'grid-1'],
)

test('a fortnight without a fault leaves canteen, clinic, pump house and office without an alarm', () => {
  expect(stayAt(site, { from: monday, hours: 14 * 24, stepSeconds: 60, equipment: mine })).toEqual([])
})

test('the school keeps the holidays and make-up days that its duties follow: National Day 2026 passes in peace', () => {
  const equipment = ['disinfection-1', 'kitchen-1', 'grid-1']
  const stay = { from: dayInShanghai('2026-09-18'), hours: 24 * 24, stepSeconds: 60, equipment }
  expect(stayAt(site, stay)).toEqual([])
  // 20 September is a Sunday that is worked: by the weekdays alone nobody would have come.
  const byWeekday = { ...site, calendar: { ...site.calendar, marks: new Map() } }
  expect(stayAt(byWeekday, stay).map(({ rule }) => rule)).toContain('disinfection-1.temperature.not-disinfected')
})

/** Equipment, fault, the rule that tells of it, its clause, and within how many hours after Monday 10:00. */
const broken: readonly (readonly [equipment: string, fault: string, rule: string, clause: string, hours: number])[] = [
  ['cold-1', 'door-left-open', 'temperature.too-warm', 'CAN-1', 1],
  ['cold-1', 'thermostat-stuck', 'temperature.too-cold', 'CAN-1', 4],
  ['cold-1', 'refrigerant-leak', 'power.not-cooling', 'CAN-2', 10],
  ['cold-1', 'compressor-dead', 'power.not-starting', 'CAN-2', 4],
  ['cold-1', 'compressor-dead', 'temperature.used-while-faulty', 'CAN-2', 24],
  ['cold-1', 'unplugged', 'power.no-power', 'CAN-2', 0.2],
  ['cold-1', 'frosting', 'frost.thick', 'CAN-3', 6],
  ['freezer-1', 'frosting', 'frost.thick', 'CAN-3', 6],
  ['freezer-1', 'overload', 'temperature.too-warm', 'CAN-4', 3],
  ['freezer-1', 'overload', 'running.overworked', 'CAN-5', 8],
  ['freezer-1', 'compressor-dead', 'temperature.not-freezing', 'CAN-5', 24],
  ['freezer-1', 'unplugged', 'power.no-power', 'CAN-5', 0.2],
  ['cold-1', 'mixed-food', 'raw.mixed', 'CAN-10', 0.2],
  ['mixer-1', 'overload', 'current.overloaded', 'CAN-12', 0.1],
  ['mixer-1', 'guard-open', 'guard.guard-open', 'CAN-12', 0.1],
  ['disinfection-1', 'heater-dead', 'heating.not-heating', 'CAN-9', 1.5],
  ['disinfection-1', 'heater-weak', 'heating.not-heating', 'CAN-9', 1.5],
  ['kitchen-1', 'valve-left-open', 'valve.left-open', 'CAN-11', 11],
  ['kitchen-1', 'power-left-on', 'power.left-on', 'CAN-11', 11],
  ['kitchen-1', 'windows-left-open', 'windows.left-open', 'CAN-11', 11],
  ['kitchen-1', 'door-left-open', 'door.left-open', 'CAN-11', 11],
  ['vaccine-1', 'compressor-dead', 'temperature.too-warm', 'VAC-1', 5],
  ['vaccine-1', 'unplugged', 'power.no-power', 'VAC-1', 0.2],
  ['vaccine-2', 'compressor-dead', 'temperature.too-warm', 'VAC-1', 12],
  ['disinfection-1', 'cycle-skipped', 'temperature.not-disinfected', 'CAN-6', 39],
  ['disinfection-1', 'stopped-short', 'temperature.cycle-failed', 'CAN-6', 3],
  ['disinfection-1', 'started-wet', 'heating.started-too-soon', 'CAN-7', 2],
  ['disinfection-1', 'opened-early', 'door.opened-early', 'CAN-8', 2],
  ['disinfection-1', 'opened-hot', 'door.opened-early', 'CAN-8', 2],
  ['disinfection-1', 'heater-dead', 'temperature.repair-unreported', 'CAN-9', 26],
  ['cold-1', 'unplugged', 'temperature.repair-unreported', 'CAN-2', 30],
  ['freezer-1', 'unplugged', 'temperature.repair-unreported', 'CAN-5', 26],
  ['mixer-1', 'overload', 'current.repair-unreported', 'CAN-12', 26],
  ['kitchen-1', 'check-skipped', 'checks.not-checked', 'CAN-11', 39],
  ['cards-1', 'backup-failed', 'backups.not-backed-up', 'CAN-13', 39],
  ['logbook-1', 'reading-skipped', 'readings.not-read', 'VAC-1', 9],
  ['tank-1', 'dosing-forgotten', 'dosings.overdue', 'WAT-1', 11 * 24],
  ['tank-1', 'overdose', 'dosed.wrong-dose', 'WAT-2', 0.1],
  ['tank-1', 'overdose', 'dosed.over-most', 'WAT-2', 0.1],
  ['tank-1', 'overdose', 'chlorine.high', 'WAT-3', 2],
  ['tank-1', 'underdosed', 'dosed.wrong-dose', 'WAT-2', 72],
  ['tank-1', 'dosing-unsigned', 'signed.unsigned', 'WAT-4', 96],
  ['patrol-1', 'round-skipped', 'visits.missed', 'PAT-1', 14.5],
  ['key-1', 'round-skipped', 'visits.missed', 'PAT-2', 13.5],
  ['monitoring-1', 'check-skipped', 'checks.missed', 'PAT-3', 5],
  ['grid-1', 'round-skipped', 'rounds.missed', 'PAT-6', 9],
  ['tank-1', 'bottle-empty', 'chlorine.low', 'WAT-3', 36],
  ['tank-1', 'bottle-empty', 'chlorine.weakening', 'WAT-5', 36],
  ['tank-1', 'dirty-water', 'turbidity.cloudy', 'WAT-3', 4],
  ['pump-1', 'bearing-wear', 'vibration.wearing', 'WAT-6', 90],
  ['pump-1', 'bearing-wear', 'vibration.rough', 'WAT-6', 36],
  ['pump-1', 'pump-dead', 'pressure.low', 'WAT-6', 0.5],
  ['pump-1', 'blocked', 'current.overloaded', 'WAT-6', 0.2],
  ['gate-1', 'gate-left-open', 'open.not-locked', 'PAT-4', 15],
  ['gate-1', 'gate-not-opened', 'open.not-open', 'PAT-4', 1],
  ['lights-1', 'lights-left-on', 'power.left-on', 'PAT-5', 10],
  ['lights-1', 'tap-left-running', 'water.left-running', 'PAT-5', 10],
  ['lights-1', 'windows-left-open', 'windows.left-open', 'PAT-5', 10],
]

/** With the fault from Monday 10:00 on: hours since Monday at which a rule was first raised, by `EQUIPMENT.RULE`. */
function raisedAt(equipment: string, fault: string, hours: number, since = 1): ReadonlyMap<string, number> {
  const faults = [{ on: equipment, fault, from: since }]
  const happened = stayAt(site, { from: at(9), hours: hours + 1, stepSeconds: 60, equipment: [equipment], faults })
  const raised = happened.filter(({ what }) => what === 'raised').toReversed()
  return new Map(raised.map(({ rule, at: when }) => [rule, (when - monday) / 3_600_000]))
}

describe('each clause is broken by a fault', () => {
  test.each(broken)('%s %s: %s (%s)', (equipment, fault, rule, clause, hours) => {
    expect([...raisedAt(equipment, fault, hours).keys()]).toContain(`${equipment}.${rule}`)
    expect(site.rules.find(({ id }) => id === `${equipment}.${rule}`)?.clause).toBe(clause)
  })

  test('an empty bottle is foreseen before the water is too weak', () => {
    for (const since of [41, 50]) {
      const raised = raisedAt('tank-1', 'bottle-empty', 100, since)
      expect(raised.get('tank-1.chlorine.weakening')).toBeGreaterThan(since + 9)
      expect(raised.get('tank-1.chlorine.weakening')).toBeLessThan(raised.get('tank-1.chlorine.low') ?? Infinity)
    }
  })

  test('a wearing bearing is foreseen a day and more before its vibration is harmful', () => {
    const raised = raisedAt('pump-1', 'bearing-wear', 150)
    expect(raised.get('pump-1.vibration.wearing')).toBeLessThan((raised.get('pump-1.vibration.harmful') ?? NaN) - 24)
  })
})
