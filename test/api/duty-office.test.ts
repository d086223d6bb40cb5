import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Office } from '../../gateway/duty/office.ts'
import type { Site } from '../../gateway/site/site.ts'
import type { WireDutyPlan, WirePerson, WireShift } from '../../gateway/api/wire-duty.ts'
import type { Role } from '../../gateway/accounts/permissions.ts'
import { schoolSite } from '../simulators/school.ts'
import { noon, run } from './house.ts'
import type { Running } from './house.ts'

/** The real server over the house in memory, with the people and the calendar of the demo facility. It is noon on 1 September 2026. */
let gateway: Running
let school: Site
beforeAll(async () => {
  school = await schoolSite()
  gateway = await run()
  Object.assign(gateway.house, { site: { ...gateway.house.site, calendar: school.calendar, areas: school.areas } })
})
afterAll(() => gateway.close())
beforeEach(() => {
  gateway.house.duty = new Office({ duty: school.duty, calendar: school.calendar })
  gateway.house.isFull = false
})

const ask = async <T>(path: string, role: Role = 'viewer'): Promise<T> => {
  const answer = await gateway.get(path, await gateway.cookie(role))
  expect(answer.status).toBe(200)
  return (await answer.json()) as T
}
const refused = async (path: string): Promise<number> => (await gateway.get(path, await gateway.cookie('viewer'))).status
const wanted = { roster: 'guard', on: '2026-09-02', shift: 'night', person: 'liu', reason: '陈海请假' }
const enter = async (body: object, role: Role = 'operator', language = 'zh') =>
  gateway.send('POST', '/api/v1/duty/swaps', body, await gateway.cookie(role), { 'accept-language': language })

describe('who is on duty', () => {
  test('is this month unless said, from midnight to midnight of the site', async () => {
    const plan = await ask<WireDutyPlan>('/api/v1/duty')
    expect([plan.from, plan.to, plan.today]).toEqual([
      '2026-09-01T00:00:00.000+08:00',
      '2026-10-01T00:00:00.000+08:00',
      '2026-09-01',
    ])
    expect(plan.days).toHaveLength(30)
    const guard = plan.rosters.find(({ id }) => id === 'guard')
    expect(guard?.shifts.map(({ id, hours }) => `${id} ${hours}`)).toEqual([
      'day 07:30–15:30',
      'evening 15:30–23:30',
      'night 23:30–07:30',
    ])
    expect(guard?.now).toEqual({
      roster: 'guard',
      on: '2026-09-01',
      shift: 'day',
      from: '2026-09-01T07:30:00.000+08:00',
      to: '2026-09-01T15:30:00.000+08:00',
      person: 'zhao',
      planned: 'zhao',
    })
    expect(guard?.next).toMatchObject({ shift: 'evening', person: 'zhou' })
    // The night of the day before reaches into the month.
    expect(guard?.items).toHaveLength(91)
    expect(guard?.items[0]).toMatchObject({ on: '2026-08-31', shift: 'night' })
  })

  test('names holidays and make-up days, and the swaps of the site file', async () => {
    const plan = await ask<WireDutyPlan>('/api/v1/duty?month=2026-10')
    expect(plan.days[0]).toEqual({ date: '2026-10-01', working: false, name: { zh: '国庆节', en: 'National Day' } })
    expect(plan.days.find(({ date }) => date === '2026-10-10')).toMatchObject({ working: true })
    const night = plan.rosters[0]?.items.find(({ on, shift }) => on === '2026-10-03' && shift === 'night')
    expect(night).toMatchObject({ person: 'sun', planned: 'zhao', swap: { reason: '赵铁柱家中有事，与孙长河换班' } })
  })

  test('has the grid with who heads each cell now, the times and the quiet hours', async () => {
    const plan = await ask<WireDutyPlan>('/api/v1/duty')
    expect(plan.cells.find(({ id }) => id === 'fire-cell')).toEqual({
      id: 'fire-cell',
      name: { zh: '消防网格', en: 'Fire protection' },
      head: 'guard',
      person: 'zhao',
      areas: [{ id: 'fire', name: { zh: '消防', en: 'Fire protection' } }],
      above: 'safety',
    })
    expect(plan.cells.find(({ id }) => id === 'centre')).toMatchObject({ person: 'ma', above: null })
    expect(plan.escalate).toMatchObject({ high: [300_000, 900_000], advisory: [] })
    expect(plan.quiet).toEqual({ hours: '22:00–07:00', priorities: ['advisory', 'low'] })
  })

  test('shows a hole as nobody, also in who heads a cell', async () => {
    const guard = school.duty.rosters.get('guard')
    if (!guard) throw new Error('no guard')
    const rosters = new Map(school.duty.rosters).set('guard', {
      ...guard,
      rotation: { ...guard.rotation, lines: [{ evening: 'zhou' }] },
    })
    gateway.house.duty = new Office({ duty: { ...school.duty, rosters }, calendar: school.calendar })
    const plan = await ask<WireDutyPlan>('/api/v1/duty')
    expect(plan.rosters[0]?.now).toMatchObject({ shift: 'day', person: null })
    expect(plan.rosters[0]?.next).toMatchObject({ shift: 'evening', person: 'zhou' })
    expect(plan.cells.find(({ id }) => id === 'fire-cell')?.person).toBeNull()
  })

  test('says what comes next in hours that no shift covers', async () => {
    const guard = school.duty.rosters.get('guard')
    if (!guard) throw new Error('no guard')
    const evening = guard.shifts.filter(({ id }) => id === 'evening')
    const rosters = new Map([['guard', { ...guard, shifts: evening }]])
    gateway.house.duty = new Office({ duty: { ...school.duty, rosters }, calendar: school.calendar })
    const plan = await ask<WireDutyPlan>('/api/v1/duty')
    expect(plan.rosters[0]).toMatchObject({ now: null, next: { on: '2026-09-01', shift: 'evening' } })
  })

  test('is answered for any stretch up to 400 days and refused beyond', async () => {
    const week = await ask<WireDutyPlan>('/api/v1/duty?from=2026-09-07T00:00:00%2B08:00&to=2026-09-14T00:00:00%2B08:00')
    expect(week.days.map(({ date }) => date)).toHaveLength(7)
    for (const query of [
      'month=2026-13',
      'month=next',
      'from=2026-09-08T00:00:00Z&to=2026-09-07T00:00:00Z',
      'from=2026-01-01T00:00:00Z&to=2027-03-01T00:00:00Z',
      'from=8640000000000000',
      'from=-8640000000000000&to=-8639999999999000',
      'to=tomorrow',
    ])
      expect([query, await refused(`/api/v1/duty?${query}`)]).toEqual([query, 400])
  })
})

describe('a swap', () => {
  test('is answered with the shift as it is now, and stands in the journal under the name of who asked', async () => {
    const answer = await enter(wanted)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      roster: 'guard',
      on: '2026-09-02',
      shift: 'night',
      from: '2026-09-02T23:30:00.000+08:00',
      to: '2026-09-03T07:30:00.000+08:00',
      person: 'liu',
      planned: 'zhou',
      swap: { reason: '陈海请假', by: 'operator', at: '2026-09-01T12:00:00.000+08:00' },
    } satisfies WireShift)
    expect(gateway.house.entries.at(-1)).toMatchObject({
      kind: 'roster.swapped',
      at: noon,
      by: 'operator',
      about: 'guard',
      data: { on: '2026-09-02', shift: 'night', person: 'liu', instead: 'zhou', reason: '陈海请假' },
    })
    const plan = await ask<WireDutyPlan>('/api/v1/duty')
    expect(plan.rosters[0]?.items.filter(({ swap }) => swap).map(({ on }) => on)).toEqual(['2026-09-02'])
  })

  test.each([
    ['an unknown roster', { roster: 'guards' }, 400, '没有这个值班表。'],
    ['an unknown shift', { shift: 'noon' }, 400, '没有这个班次'],
    ['an unknown person', { person: 'mallory' }, 400, '没有这个人'],
    ['a day that does not exist', { on: '2026-02-31' }, 400, '没有这一天'],
    ['no day at all', { on: 7 }, 400, '错误'],
    ['a day too far ahead', { on: '2028-01-01' }, 400, '400 天'],
    ['a shift that is over', { on: '2026-08-31' }, 409, '已经结束'],
    ['a day of antiquity', { on: '0001-01-01' }, 409, '已经结束'],
    ['whoever has it already', { person: 'zhou' }, 409, '本来就是这个人'],
    ['no reason', { reason: '  ' }, 400, '错误'],
    ['a reason like a book', { reason: '长'.repeat(201) }, 400, '错误'],
  ])('is refused for %s, and nothing is written', async (_what, change, status, why) => {
    const before = gateway.house.entries.length
    const answer = await enter({ ...wanted, ...change })
    const body = (await answer.json()) as { detail: string }
    expect([answer.status, body.detail.includes(why) ? why : body.detail]).toEqual([status, why])
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(gateway.house.entries).toHaveLength(before)
  })

  test('is refused in the language of who asks', async () => {
    const answer = await enter({ ...wanted, person: 'mallory' }, 'operator', 'en')
    expect(await answer.json()).toMatchObject({ detail: 'There is no such person; people are in the site file.' })
  })

  test('is not for those who may only look', async () => {
    for (const role of ['viewer', 'inspector'] as const) expect((await enter(wanted, role)).status).toBe(403)
    expect(gateway.house.duty.onDuty('guard', Date.parse('2026-09-03T01:00:00+08:00') as typeof noon)?.person).toBe('zhou')
  })

  test('is refused with 503 where the disk is full', async () => {
    gateway.house.isFull = true
    expect((await enter(wanted)).status).toBe(503)
    gateway.house.isFull = false
    expect((await ask<WireDutyPlan>('/api/v1/duty')).rosters[0]?.items.some(({ swap }) => swap)).toBe(false)
  })

  test('of two people at once leaves the later one', async () => {
    const answers = await Promise.all([enter(wanted), enter({ ...wanted, person: 'sun' })])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    const plan = await ask<WireDutyPlan>('/api/v1/duty')
    const night = plan.rosters[0]?.items.find(({ on, shift }) => on === '2026-09-02' && shift === 'night')
    const last = gateway.house.entries.findLast(({ kind }) => kind === 'roster.swapped')
    expect(night?.person).toBe(last?.data['person'])
  })
})

describe('people', () => {
  test('are shown with their roles, and to nobody but administrators with where they are found', async () => {
    for (const role of ['viewer', 'operator', 'inspector'] as const) {
      const text = JSON.stringify(await ask('/api/v1/people', role))
      expect(text).not.toMatch(/138\d{8}|@|handles|account/)
    }
    const { items } = await ask<{ items: readonly WirePerson[] }>('/api/v1/people')
    expect(items[0]).toEqual({ id: 'wang', name: { zh: '王芳', en: 'Wang Fang' }, roles: ['食堂主管'] })
    const { items: all } = await ask<{ items: readonly WirePerson[] }>('/api/v1/people', 'admin')
    expect(all[0]).toEqual({
      id: 'wang',
      name: { zh: '王芳', en: 'Wang Fang' },
      roles: ['食堂主管'],
      account: 'wangfang',
      language: 'zh',
      channels: school.duty.people.get('wang')?.channels,
      handles: { sms: '13800000001', dingtalk: '13800000001', smtp: 'wangfang@greenhill.example' },
    })
  })

  test('know themselves by their account', async () => {
    const wang = school.duty.people.get('wang')
    if (!wang) throw new Error('no wang')
    const people = new Map(school.duty.people).set('wang', { ...wang, account: 'Operator' })
    gateway.house.duty = new Office({ duty: { ...school.duty, people }, calendar: school.calendar })
    const { items } = await ask<{ items: readonly WirePerson[] }>('/api/v1/people', 'operator')
    expect(items.filter(({ me }) => me).map(({ id }) => id)).toEqual(['wang'])
    await enter(wanted)
    const plan = await ask<WireDutyPlan>('/api/v1/duty')
    expect(plan.rosters[0]?.items.find(({ swap }) => swap)?.swap).toMatchObject({ byName: { zh: '王芳', en: 'Wang Fang' } })
  })
})
