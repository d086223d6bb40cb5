import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import { Rounds } from '../../gateway/rounds/rounds.ts'
import { night, ordered, uuid } from '../rounds/ground.ts'
import { noon, realClock, run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let operator: string
// The house's own clock stands at noon; here real time stands with it.
const wall = { now: () => noon, after: realClock.after }
beforeAll(async () => {
  gateway = await run({ wall })
  await gateway.house.demo?.setSpeed(1)
  operator = await gateway.cookie('operator')
})
beforeEach(() => {
  gateway.house.entries.length = 0
  Object.assign(gateway.house, { rounds: new Rounds({ routes: [{ ...night, equipment: 'cold-1' }, ordered] }) })
})
afterAll(() => gateway.close())

const visit = (code: string, more: object = {}) => ({ id: uuid(), code, at: noon - 60_000, ...more })
const send = (body: object, cookie = operator) => gateway.send('POST', '/api/v1/rounds/visits', body, cookie)
const rounds = async (cookie = operator) =>
  (await (await gateway.get('/api/v1/rounds', cookie)).json()) as { items: Record<string, unknown>[]; next: null }

describe('rounds over HTTP', () => {
  test('are listed with their check-points and what is under way', async () => {
    await send({ sentAt: noon, visits: [visit('7F3K-9QPM', { failed: [0], note: '锁坏了', offline: true })] })
    const { items, next } = await rounds()
    expect(next).toBeNull()
    expect(items).toMatchObject([
      {
        id: 'night-labs',
        equipmentName: { en: 'Cabinet 1' },
        within: 3_600_000,
        checkPoints: [{ id: 'gate', checks: [{ zh: '门锁好' }, { zh: '灯已关' }] }, { id: 'hall' }, { id: 'store' }],
        underWay: {
          passed: [
            { checkPoint: 'gate', by: 'operator', verdict: 'failed', failed: [{ zh: '门锁好' }], note: '锁坏了', offline: true },
          ],
        },
        due: [],
      },
      { id: 'in-order', ordered: true },
    ])
  })

  test('never show a code but to who administers: who records gets its hash, who looks gets nothing', async () => {
    const text = async (cookie: string) => (await gateway.get('/api/v1/rounds', cookie)).text()
    const hash = createHash('sha256').update('7F3K9QPM').digest('hex')
    for (const role of ['viewer', 'operator', 'inspector', 'admin'] as const)
      expect(await text(await gateway.cookie(role))).not.toContain('7F3K')
    expect(await text(operator)).toContain(hash)
    expect(await text(await gateway.cookie('viewer'))).not.toContain(hash)
    expect((await gateway.get('/api/v1/rounds/night-labs/codes', operator)).status).toBe(403)
  })

  test('give their codes to be printed, with links to where people reach the gateway', async () => {
    const admin = await gateway.cookie('admin')
    const codes = async (query = '') => (await gateway.get(`/api/v1/rounds/night-labs/codes${query}`, admin)).json()
    expect(await codes()).toMatchObject({
      round: 'night-labs',
      items: [{ checkPoint: 'gate', code: '7F3K-9QPM', holds: '7F3K-9QPM' }, {}, {}],
    })
    expect(await codes('?origin=http://10.0.0.9:8080/')).toMatchObject({
      items: [{ holds: 'http://10.0.0.9:8080/c/7F3K-9QPM', qr: { path: expect.stringMatching(/^M4 4h7v1h-7z/) } }, {}, {}],
    })
    expect((await gateway.get('/api/v1/rounds/night-labs/codes?origin=javascript:alert(1)', admin)).status).toBe(400)
    expect((await gateway.get('/api/v1/rounds/nowhere/codes', admin)).status).toBe(404)
  })

  test('take visits once each, tell what became of every one, and write down both times', async () => {
    const [first, wrong] = [visit('7f3k 9qpm'), visit('NOSUCHCODE')]
    const spoilt = { id: 'x', code: 7 }
    const answer = await send({ sentAt: noon, by: 'Operator', visits: [first, wrong, spoilt, first] })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      items: [
        { id: first.id, outcome: 'taken', round: 'night-labs', checkPoint: 'gate', at: '2026-09-01T11:59:00.000+08:00' },
        { id: wrong.id, outcome: 'refused', why: 'wrong-code', say: { zh: expect.stringContaining('旧标签') } },
        { id: 'x', outcome: 'refused', why: 'unreadable' },
        { id: first.id, outcome: 'known', round: 'night-labs' },
      ],
    })
    const again = await (await send({ sentAt: noon, visits: [first] })).json()
    expect(again).toMatchObject({ items: [{ outcome: 'known', at: '2026-09-01T11:59:00.000+08:00' }] })
    expect(gateway.house.entries.filter(({ kind }) => kind.startsWith('round.'))).toMatchObject([
      { kind: 'round.visited', by: 'operator', data: { phoneAt: noon - 60_000, receivedAt: noon } },
      { kind: 'round.begun' },
    ])
  })

  test('correct a phone whose clock is wrong by what it says when it sends', async () => {
    const phone = noon - 86_400_000
    await send({ sentAt: phone, visits: [visit('7F3K9QPM', { at: phone - 600_000 })] })
    const { items } = await rounds()
    expect(items[0]).toMatchObject({
      underWay: { passed: [{ at: '2026-09-01T11:50:00.000+08:00', phoneAt: '2026-08-31T11:50:00.000+08:00' }] },
    })
  })

  test('make a record that the rules hear when a round is whole, and show it as the last one', async () => {
    const codes = ['7F3K9QPM', '4XW2T8RB', 'M5D6HC3V']
    await send({ sentAt: noon, visits: codes.map((code, index) => visit(code, { at: noon - 300_000 + index * 60_000 })) })
    expect(gateway.house.entries.at(-1)).toMatchObject({
      kind: 'record.round',
      about: 'cold-1',
      at: noon - 180_000,
      data: { verdict: 'passed', fields: { minutes: 2 } },
    })
    const past = (await (await gateway.get('/api/v1/rounds/night-labs', operator)).json()) as object
    expect(past).toMatchObject({
      last: { state: 'completed' },
      walks: [{ state: 'completed', missing: [], passed: [{}, {}, {}] }],
    })
    expect((await gateway.get('/api/v1/rounds/nowhere', operator)).status).toBe(404)
  })

  test('are not sent by another person, nor taken while they cannot be written down', async () => {
    const wrong = await send({ sentAt: noon, by: 'wang', visits: [visit('7F3K9QPM')] })
    expect(wrong.status).toBe(409)
    expect(await wrong.text()).toContain('wang')
    gateway.house.isFull = true
    expect((await send({ sentAt: noon, visits: [visit('7F3K9QPM')] })).status).toBe(503)
    gateway.house.isFull = false
    expect((await rounds()).items[0]).not.toHaveProperty('underWay')
  })

  test.each([
    ['without the time of sending', { visits: [] }],
    ['with more than 200 at once', { sentAt: noon, visits: Array.from({ length: 201 }, () => ({ id: 'a' })) }],
    ['with a visit that has no id', { sentAt: noon, visits: [{ code: '7F3K9QPM' }] }],
    ['with a time that is none', { sentAt: -1, visits: [] }],
  ])('refuse a request %s', async (_name, body) => {
    expect((await send(body)).status).toBe(400)
  })

  test('are sent by who may record, by nobody else', async () => {
    for (const role of ['viewer', 'inspector'] as const)
      expect((await send({ sentAt: noon, visits: [] }, await gateway.cookie(role))).status).toBe(403)
    expect((await send({ sentAt: instant(noon), visits: [] })).status).toBe(200)
  })
})
