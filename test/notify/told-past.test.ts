import { expect, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import type { AlarmId } from '../../gateway/alarm/alarm.ts'
import { toldPast } from '../../gateway/notify/told-past.ts'

test('the journal says who was told of an alarm that has long been over: of each notice the last word, digests included', () => {
  const base = { person: 'wang', as: '食堂主管', level: 0, occasion: 'raised', alarms: ['A1'], queuedAt: 1_000 }
  const told = toldPast('A1' as AlarmId, [
    { kind: 'notice.queued', at: instant(1_000), data: { ...base, notice: 'N1' } },
    { kind: 'alarm.raised', at: instant(1_000), data: {} },
    {
      kind: 'notice.delivered',
      at: instant(3_000),
      data: { ...base, notice: 'N1', channel: 'mail', proof: '250 OK', attempts: 2 },
    },
    {
      kind: 'notice.failed',
      at: instant(4_000),
      data: { ...base, notice: 'N2', alarms: ['A7', 'A1'], why: { zh: '无人可通知', en: '' } },
    },
    { kind: 'notice.delivered', at: instant(4_000), data: { ...base, notice: 'N3', alarms: ['A2'] } },
    { kind: 'notice.delivered', at: instant(4_000), data: { alarms: ['A1'], notice: 5 } },
  ])
  expect(told).toMatchObject([
    { notice: 'N1', outcome: 'delivered', channel: 'mail', proof: '250 OK', attempts: 2, at: 1_000, deliveredAt: 3_000 },
    { notice: 'N2', outcome: 'failed', proof: '无人可通知' },
  ])
  expect(told).toHaveLength(2)
})
