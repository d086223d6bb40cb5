import { describe, expect, test } from 'vitest'
import { alarmStates } from '../../gateway/alarm/alarm.ts'
import type { Alarm, AlarmId, AlarmState } from '../../gateway/alarm/alarm.ts'
import { Unanswered } from '../../gateway/alarm/unanswered.ts'
import type { Priority, Rule, RuleId } from '../../gateway/policy/rule.ts'
import { instant } from '../../protocols/contract/time.ts'

const rule = (id: string, equipment: string, ...inputs: readonly string[]): Rule =>
  ({
    id,
    equipment,
    point: `${equipment}.p`,
    ...(inputs.length > 0 ? { inputs: inputs.map(point => ({ name: 'unanswered', point })) } : {}),
  }) as unknown as Rule
const rules = [
  rule('smoke', 'smoke-1'),
  rule('warm', 'room-1'),
  rule('low', 'tank-1'),
  rule('nobody', 'smoke-1', 'smoke-1.alarm:unanswered-high'),
  rule('to-manager', 'room-1', 'room-1.area-alarm:unanswered'),
  rule('to-centre', 'desk-1', 'desk-1.site-alarm:unanswered'),
]
const areas: Readonly<Record<string, string>> = { 'smoke-1': 'office', 'room-1': 'office', 'tank-1': 'yard', 'desk-1': 'office' }
const build = (): Unanswered => new Unanswered(rules, equipment => areas[equipment])
const alarm = (id: string, of: string, state: AlarmState = 'unacknowledged', priority: Priority = 'high'): Alarm =>
  ({ id: id as AlarmId, rule: of as RuleId, state, priority }) as Alarm
const said = (open: readonly Alarm[], unanswered = build()): Readonly<Record<string, number>> =>
  Object.fromEntries(unanswered.readings(open, instant(0)).map(({ point, value }) => [point.split('.')[1], value]))

describe('alarms that nobody has answered', () => {
  test('count where they stand, in their area and on the site', () => {
    expect(said([alarm('A1', 'smoke'), alarm('A2', 'warm', 'unacknowledged', 'low'), alarm('A3', 'low')])).toEqual({
      'alarm:unanswered-high': 1,
      'area-alarm:unanswered': 2,
      'site-alarm:unanswered': 3,
    })
  })

  test.each(alarmStates)('count in state %s only if they wait for somebody', state => {
    const waits = ['unacknowledged', 'returned-unacknowledged', 'latched-unacknowledged'].includes(state)
    expect(said([alarm('A1', 'smoke', state)])['site-alarm:unanswered']).toBe(waits ? 1 : 0)
  })

  test('do not count where they are an escalation themselves: it would feed itself', () => {
    expect(said([alarm('A1', 'nobody'), alarm('A2', 'to-centre')])['site-alarm:unanswered']).toBe(0)
  })

  test('count for the site where their rule belongs to no equipment', () => {
    expect(said([alarm('A1', 'gateway.channel:mail')])).toEqual({
      'alarm:unanswered-high': 0,
      'area-alarm:unanswered': 0,
      'site-alarm:unanswered': 1,
    })
  })

  test('are said once, and again when their number changes', () => {
    const unanswered = build()
    said([alarm('A1', 'smoke')], unanswered)
    expect(said([alarm('A2', 'smoke')], unanswered)).toEqual({})
    expect(said([], unanswered)).toEqual({ 'alarm:unanswered-high': 0, 'area-alarm:unanswered': 0, 'site-alarm:unanswered': 0 })
  })

  test('are named to whoever looks at the escalation', () => {
    const open = [
      alarm('A1', 'smoke'),
      alarm('A2', 'warm', 'unacknowledged', 'low'),
      alarm('A3', 'low', 'shelved'),
      alarm('A4', 'nobody'),
    ]
    const about = (of: string): readonly string[] => build().about(of as RuleId, open)
    expect(about('nobody')).toEqual(['A1'])
    expect(about('to-manager')).toEqual(['A1', 'A2'])
    expect(about('to-centre')).toEqual(['A1', 'A2'])
    expect(about('smoke')).toEqual([])
  })
})
