import { expect, test } from 'vitest'
import { dayInShanghai, schoolSite, stayAt } from './school.ts'

const site = await schoolSite()
const inAreas = (...areas: readonly string[]) => site.equipment.filter(({ area }) => areas.includes(area)).map(({ id }) => id)

test('a fortnight without a fault raises no alarm in the server room, at the fire equipment and at the gas', () => {
  // Over a weekend, and over the 22nd and 23rd on which commercial meters are read.
  const equipment = [...inAreas('server-room', 'fire'), 'gas-meter-1', 'gas-meter-2', 'gas-alarm-1']
  expect(equipment.length).toBeGreaterThan(15)
  expect(stayAt(site, { from: dayInShanghai('2026-11-12'), hours: 14 * 24, equipment })).toEqual([])
})

test('a whole month without a fault misses no duty: reports, readings, backups, handovers, disinfections', () => {
  const equipment = [...inAreas('meters', 'duty'), 'backup-1', 'gas-meter-1', 'exit-1']
  expect(equipment.length).toBeGreaterThan(18)
  // All of November, so that what is due in a month has been judged.
  const rules = site.rules.filter(rule => equipment.includes(rule.equipment) && rule.kind === 'due')
  expect(new Set(rules.map(rule => rule.settings['each'])).size).toBeGreaterThanOrEqual(4)
  expect(stayAt(site, { from: dayInShanghai('2026-10-30'), hours: 34 * 24, stepSeconds: 60, equipment })).toEqual([])
})
