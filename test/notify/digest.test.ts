import { expect, test } from 'vitest'
import type { Alarm, AlarmId } from '../../gateway/alarm/alarm.ts'
import { digestText } from '../../gateway/notify/digest.ts'
import type { DigestLine } from '../../gateway/notify/digest.ts'
import type { Priority, RuleId } from '../../gateway/policy/rule.ts'
import { instant } from '../../protocols/contract/time.ts'

const line = (name: string, priority: Priority, lifeSafety = false): DigestLine => {
  const alarm: Alarm = {
    id: name as AlarmId,
    rule: name as RuleId,
    state: 'unacknowledged',
    priority,
    active: true,
    since: instant(0),
    raisedAt: instant(0),
    times: 1,
    found: 'live',
  }
  return { alarm, occasions: ['raised'], sentence: { zh: name, en: name }, lifeSafety }
}

test('a danger to life is among the five that a digest tells in full, however many are more urgent by priority', () => {
  const many = Array.from({ length: 30 }, (_, index) => line(`door-${index}.`, 'high'))
  const { text } = digestText([...many, line('gas-1.', 'low', true)], 'flood', instant(60_000), 'Asia/Shanghai')

  expect(text.zh).toContain('gas-1.')
  expect(text.zh.indexOf('gas-1.')).toBeLessThan(text.zh.indexOf('door-0.'))
  expect(text.zh).toContain('26')
})
