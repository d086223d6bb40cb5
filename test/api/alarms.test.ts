import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Alarm, AlarmId } from '../../gateway/alarm/alarm.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { anAlarm, noon, run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let viewer: string
let operator: string
beforeAll(async () => {
  gateway = await run()
  viewer = await gateway.cookie('viewer')
  operator = await gateway.cookie('operator')
})
afterAll(() => gateway.close())
beforeEach(() => {
  gateway.house.alarms.clear()
  gateway.house.entries.length = 0
})
const json = async (path: string) => (await gateway.get(path, viewer)).json()
const ids = (page: { items: { id: string }[] }): string[] => page.items.map(({ id }) => id)

describe('alarms', () => {
  test('cite clause, limit, policy and whom to tell, with ISO times', async () => {
    gateway.house.alarmed(anAlarm())
    const { timeline, ...alarm } = await json('/api/v1/alarms/A1')
    expect(alarm).toMatchObject({
      sentence: { zh: '1 号保鲜柜 柜内温度 9.4 °C，高于 8 °C', en: 'Cabinet 1: cabinet temperature 9.4 °C, above 8 °C' },
      clause: 'CAN-1',
      clauseTitle: { zh: '保鲜柜 0–8 °C' },
      tell: [{ zh: '综合部', en: 'General affairs' }],
      limit: { op: 'gt', value: 8, unit: '°C' },
      limitBasis: { kind: 'house-rule', verified: true },
      policy: { id: 'canteen', version: '1.0' },
      raisedAt: '2026-09-01T11:20:00.000+08:00',
      recorded: true,
    })
    expect(timeline).toMatchObject([{ kind: 'alarm.raised', about: 'A1' }])
  })
  test.each([
    ['silent', {}, '1 号保鲜柜 柜内温度 已无数据', 'Cabinet 1: cabinet temperature has sent no data'],
    ['left-open', { value: 1 }, '1 号保鲜柜 柜门 开', 'Cabinet 1: door open'],
  ])('of rule %s are told in plain words', async (rule, more, zh, en) => {
    const { value: _, ...bare } = anAlarm()
    const point = rule === 'left-open' ? 'door' : 'temperature'
    gateway.house.alarmed({ ...bare, ...more, rule: `cold-1.${point}.${rule}` as RuleId } as Alarm)
    expect((await json('/api/v1/alarms/A1')).sentence).toEqual({ zh, en })
  })
  test('are listed newest first in pages, each once, however often it was raised again', async () => {
    for (let i = 1; i <= 7; i += 1) {
      gateway.house.alarmed(anAlarm({ id: `A${i}` as AlarmId, raisedAt: (noon + i) as typeof noon }))
      gateway.house.alarmed(anAlarm({ id: `A${i}` as AlarmId, raisedAt: (noon + i) as typeof noon, times: 2 }))
    }
    const seen: string[] = []
    let next: string | null = ''
    while (next !== null) {
      const page: { items: { id: string }[]; next: string | null } = await json(
        `/api/v1/alarms?limit=2${next && `&cursor=${next}`}`,
      )
      seen.push(...ids(page))
      next = page.next
    }
    expect(seen).toEqual(['A7', 'A6', 'A5', 'A4', 'A3', 'A2', 'A1'])
  })
  test('are filtered by state, priority, equipment and time of the raise', async () => {
    const { house } = gateway
    house.alarmed(anAlarm({ id: 'A1' as AlarmId, state: 'normal', clearedAt: noon }))
    house.alarmed(anAlarm({ id: 'A2' as AlarmId, state: 'acknowledged', priority: 'high' }))
    house.alarmed(anAlarm({ id: 'A3' as AlarmId, raisedAt: noon }))
    expect(ids(await json('/api/v1/alarms?state=open'))).toEqual(['A3', 'A2'])
    expect(ids(await json('/api/v1/alarms?state=normal,unacknowledged'))).toEqual(['A3', 'A1'])
    expect(ids(await json('/api/v1/alarms?priority=high'))).toEqual(['A2'])
    expect(ids(await json(`/api/v1/alarms?from=${noon}`))).toEqual(['A3'])
    expect(ids(await json('/api/v1/alarms?equipment=gas-1'))).toEqual([])
    expect((await gateway.get('/api/v1/alarms?state=loud', viewer)).status).toBe(400)
  })
  test('of one piece of equipment, or open ones alone, are found without asking for each that is over', async () => {
    const { house } = gateway
    for (let i = 1; i <= 20; i += 1) house.alarmed(anAlarm({ id: `A${i}` as AlarmId, state: 'normal', clearedAt: noon }))
    house.alarmed(anAlarm({ id: 'A21' as AlarmId }))
    const asked = vi.spyOn(house.state, 'alarm')
    expect(ids(await json('/api/v1/alarms?equipment=gas-1'))).toEqual([])
    expect(ids(await json('/api/v1/alarms?state=open'))).toEqual(['A21'])
    expect(asked).not.toHaveBeenCalled()
    expect(ids(await json('/api/v1/alarms?equipment=cold-1'))).toHaveLength(21)
    asked.mockRestore()
  })
  test('are acknowledged once, by name, with a comment', async () => {
    gateway.house.alarmed(anAlarm())
    const acknowledge = (body: unknown) => gateway.send('POST', '/api/v1/alarms/A1/acknowledge', body, operator)
    const answer = await acknowledge({ comment: ' 已关门 ' })
    expect(answer.status).toBe(200)
    expect((await answer.json()).acknowledged).toEqual({ by: 'operator', at: '2026-09-01T12:00:00.000+08:00', comment: '已关门' })
    expect((await acknowledge({ comment: 'again' })).status).toBe(409)
    expect((await acknowledge({ comment: 7 })).status).toBe(400)
    expect((await gateway.send('POST', '/api/v1/alarms/A9/acknowledge', {}, operator)).status).toBe(404)
  })
  test('are not acknowledged while that could not be written down, and show that they are unrecorded', async () => {
    gateway.house.alarmed(anAlarm())
    gateway.house.isFull = true
    const answer = await gateway.send('POST', '/api/v1/alarms/A1/acknowledge', { comment: 'x' }, operator)
    const shown = await json('/api/v1/alarms/A1')
    gateway.house.isFull = false
    expect([answer.status, shown.recorded, shown.state]).toEqual([503, false, 'unacknowledged'])
  })
  test('show in the state of their point', async () => {
    gateway.house.alarmed(anAlarm())
    expect((await json('/api/v1/points/cold-1.temperature')).state).toBe('unacknowledged')
    expect((await json('/api/v1/points/cold-1.door')).state).toBe('normal')
  })
  test('whose rule has left the site file are not listed, and say why when asked for', async () => {
    gateway.house.alarmed(anAlarm({ rule: 'cold-1.temperature.gone' as RuleId }))
    expect(ids(await json('/api/v1/alarms'))).toEqual([])
    expect((await gateway.get('/api/v1/alarms/A1', viewer)).status).toBe(404)
  })
})

describe('the journal', () => {
  test('comes in order with proof positions, filtered and in pages', async () => {
    const inspector = await gateway.cookie('inspector')
    for (let i = 1; i <= 5; i += 1) gateway.house.alarmed(anAlarm({ id: `A${i}` as AlarmId }))
    await gateway.send('POST', '/api/v1/demo/faults', { equipment: 'cold-1', fault: 'door-left-open' }, operator)
    const page = async (query: string) => (await gateway.get(`/api/v1/journal?${query}`, inspector)).json()
    const first = await page('limit=4&order=oldest')
    const second = await page(`limit=4&order=oldest&cursor=${first.next}`)
    expect([...first.items, ...second.items].map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6])
    expect(second.next).toBeNull()
    expect((await page('kinds=fault.injected')).items).toMatchObject([
      { by: 'operator', about: 'cold-1', data: { fault: 'door-left-open' } },
    ])
    expect((await page('about=A3')).items.length).toBe(1)
  })
})

describe('the demo', () => {
  test('lists its faults, switches them and changes its pace', async () => {
    const { faults } = gateway.house
    await gateway.send('POST', '/api/v1/demo/faults', { equipment: 'cold-1', fault: 'door-left-open' }, operator)
    expect(faults[0]?.active).toBe(true)
    expect((await json('/api/v1/demo/faults')).items[0]).toMatchObject({
      equipment: 'cold-1',
      faults: [{ fault: 'door-left-open', active: true }],
    })
    expect(
      (await gateway.send('DELETE', '/api/v1/demo/faults', { equipment: 'cold-1', fault: 'door-left-open' }, operator)).status,
    ).toBe(204)
    expect(faults[0]?.active).toBe(false)
    expect((await gateway.send('POST', '/api/v1/demo/faults', { equipment: 'cold-1', fault: 'x' }, operator)).status).toBe(404)
    expect(await (await gateway.send('PUT', '/api/v1/demo/speed', { speed: 1 }, operator)).json()).toEqual({ speed: 1 })
    expect((await gateway.send('PUT', '/api/v1/demo/speed', { speed: 0 }, operator)).status).toBe(400)
  })
  test('is not there on a real site', async () => {
    const real = await run({ demo: false })
    const cookie = await real.cookie('admin')
    for (const path of ['/api/v1/demo/faults', '/api/v1/demo/speed']) expect((await real.get(path, cookie)).status).toBe(404)
    await real.close()
  })
})

describe('administration', () => {
  test('makes, changes and disables accounts and tokens, and writes each into the journal', async () => {
    const admin = await gateway.cookie('admin')
    const send = (method: string, path: string, body?: unknown) => gateway.send(method, path, body, admin)
    expect((await send('POST', '/api/v1/users', { username: 'li', role: 'viewer', password: 'look-only-9' })).status).toBe(201)
    expect((await send('POST', '/api/v1/users', { username: 'LI', role: 'viewer', password: 'look-only-9' })).status).toBe(409)
    expect((await send('POST', '/api/v1/users', { username: 'wu', role: 'god', password: 'look-only-9' })).status).toBe(400)
    expect((await send('POST', '/api/v1/users', { username: 'wu', role: 'viewer', password: 'short' })).status).toBe(400)
    expect((await send('PATCH', '/api/v1/users/li', { role: 'operator', disabled: true })).status).toBe(200)
    expect((await send('PATCH', '/api/v1/users/admin', { disabled: true })).status).toBe(409)
    const made = await (await send('POST', '/api/v1/tokens', { name: 'telegraf', role: 'operator' })).json()
    expect((await gateway.get('/api/v1/site', undefined, { authorization: `Bearer ${made.token}` })).status).toBe(200)
    const listed = await (await send('GET', '/api/v1/tokens')).text()
    expect(listed).not.toContain(made.token)
    expect((await send('DELETE', `/api/v1/tokens/${made.id}`)).status).toBe(204)
    expect((await gateway.get('/api/v1/site', undefined, { authorization: `Bearer ${made.token}` })).status).toBe(401)
    const kinds = gateway.house.entries.map(({ kind }) => kind)
    expect(kinds).toEqual(['account.created', 'account.role-changed', 'account.disabled', 'token.created', 'token.revoked'])
    expect(await (await send('GET', '/api/v1/users')).text()).not.toContain('argon2')
  })
})
