import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { days, hours, seconds } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { Alarm, AlarmId } from '../../gateway/alarm/alarm.ts'
import type { WireKpi } from '../../gateway/api/wire-kpi.ts'
import { daysOf } from '../../gateway/api/routes/kpi.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { anAlarm, noon, run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let viewer: string
beforeAll(async () => {
  gateway = await run()
  viewer = await gateway.cookie('viewer')
})
afterAll(() => gateway.close())
beforeEach(() => {
  gateway.house.alarms.clear()
  gateway.house.entries.length = 0
})

/** `ago` before the noon at which the house stands. */
function happened(kind: string, ago: Millis, more: Partial<Alarm> = {}): void {
  const at = (noon - ago) as Instant
  const alarm = anAlarm({ raisedAt: at, ...more })
  const seq = gateway.house.entries.length + 1
  gateway.house.entries.push({
    seq,
    kind: `alarm.${kind}`,
    at,
    by: 'system',
    about: alarm.id,
    data: { alarm },
    writtenAt: at,
    leaf: '',
  })
}
const ask = async (query = ''): Promise<WireKpi> => {
  const answer = await gateway.get(`/api/v1/kpi${query}`, viewer)
  expect(answer.status).toBe(200)
  return answer.json()
}

describe('GET /kpi', () => {
  test('tells of the last seven days by the days of the site, with whole pages read one after the other', async () => {
    for (let n = 0; n < 1_500; n += 1) {
      const id = `A${n}` as AlarmId
      happened('raised', (days(7) - n * 400_000) as Millis, { id })
      happened('acknowledged', (days(7) - n * 400_000 - 60_000) as Millis, { id, state: 'normal', active: false })
    }
    const kpi = await ask()
    expect([kpi.from, kpi.to]).toEqual(['2026-08-25T12:00:00.000+08:00', '2026-09-01T12:00:00.000+08:00'])
    expect(kpi.calls.total).toBe(1_500)
    expect(kpi.calls.perDay).toHaveLength(8)
    expect(kpi.calls.perDay[1]?.from).toBe('2026-08-26T00:00:00.000+08:00')
    expect(kpi.calls.perDay.reduce((sum, { calls }) => sum + calls, 0)).toBe(1_500)
    expect(kpi.acknowledge.find(({ priority }) => priority === 'medium')).toMatchObject({
      answered: 1_500,
      medianMs: 60_000,
      unanswered: 0,
    })
    expect(kpi.measures.map(({ id }) => id)).toEqual(['rate', 'peak', 'flood', 'stale', 'chattering', 'top-ten', 'mix', 'answer'])
  })
  test('names the rule that calls most with its equipment and clause, and says what to do about it', async () => {
    for (const second of [0, 20, 40]) {
      happened('raised', (hours(2) - seconds(second)) as Millis)
      happened('cleared', (hours(2) - seconds(second + 5)) as Millis, { state: 'returned-unacknowledged', active: false })
    }
    happened('raised', hours(1), { id: 'A2' as AlarmId, rule: 'gone.from.file' as RuleId })
    const { top, chattering, acknowledge } = await ask()
    expect(top.items).toMatchObject([
      {
        rule: 'cold-1.temperature.too-warm',
        title: { zh: '保鲜柜温度过高' },
        equipment: 'cold-1',
        equipmentName: { zh: '1 号保鲜柜' },
        clause: 'CAN-1',
        calls: 3,
        chatters: 1,
      },
      { rule: 'gone.from.file', title: { en: 'gone.from.file' }, equipment: '', suggestion: null },
    ])
    expect(chattering).toEqual({ rules: 1, times: 1 })
    expect(acknowledge.map(({ priority }) => priority)).toEqual(['high', 'medium', 'low', 'advisory'])
  })
  test('knows by the calendar of the site what came after hours', async () => {
    // 1 September 2026 is a Tuesday; the office closes at 18:00.
    happened('raised', hours(1), { id: 'A1' as AlarmId })
    happened('raised', hours(15), { id: 'A2' as AlarmId, rule: 'a' as RuleId })
    happened('raised', hours(14), { id: 'A3' as AlarmId, rule: 'b' as RuleId, priority: 'advisory' })
    expect((await ask()).calls.outside).toEqual({ all: 2, urgent: 1 })
  })
  test('counts an alarm that stands for longer than a day, from what is open now', async () => {
    gateway.house.alarms.set('A1' as AlarmId, anAlarm({ raisedAt: (noon - days(60)) as Instant }))
    const { stale } = await ask()
    expect(stale).toMatchObject({
      count: 1,
      items: [{ alarm: 'A1', equipment: 'cold-1', raisedAt: '2026-07-03T12:00:00.000+08:00' }],
    })
  })
  test('takes a period in ms or with an offset, to the millisecond', async () => {
    happened('raised', hours(3))
    expect((await ask(`?from=${noon - hours(3)}&to=${noon}`)).calls.total).toBe(1)
    expect((await ask(`?from=${noon - hours(3) + 1}&to=${noon}`)).calls.total).toBe(0)
    expect((await ask('?from=2026-09-01T09:00:00%2B08:00&to=2026-09-01T09:00:00.001%2B08:00')).calls.total).toBe(1)
  })
  test.each([
    ['backwards', `from=${noon}&to=${noon - 1}`],
    ['of no length', `from=${noon}&to=${noon}`],
    ['longer than 400 days', `from=${noon - days(400) - 1}&to=${noon}`],
    ['that is no time', 'from=yesterday'],
    ['without an offset', 'from=2026-09-01T09:00:00'],
    ['asked twice', `from=${noon - 2}&from=${noon - 1}&to=${noon}`],
  ])('refuses a period %s', async (_what, query) => {
    expect((await gateway.get(`/api/v1/kpi?${query}`, viewer)).status).toBe(400)
  })
  test('of a year without alarms is all zero', async () => {
    const kpi = await ask(`?from=${noon - days(400)}&to=${noon}`)
    expect(kpi.calls).toMatchObject({ total: 0, late: 0 })
    expect(kpi.top).toEqual({ share: 0, items: [] })
  })
})

describe('the days of a site', () => {
  test('are as long as its clocks make them', () => {
    const from = Date.UTC(2026, 2, 28, 23) as Instant
    const starts = daysOf(from, (from + days(3)) as Instant, 'Europe/Berlin')
    expect(starts.map((start, n) => (start - (starts[n - 1] ?? start)) / hours(1))).toEqual(
      [0, 23, 24, 24].slice(0, starts.length),
    )
    expect(starts[0]).toBe(Date.UTC(2026, 2, 28, 23))
  })
})
