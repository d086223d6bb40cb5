import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { minutes } from '../../protocols/contract/time.ts'
import type { AlarmId } from '../../gateway/alarm/alarm.ts'
import { anAlarm, passwords, run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let operator: string
beforeEach(async () => {
  gateway = await run()
  operator = await gateway.cookie('operator')
})
afterEach(() => gateway.close())

const draft = async () => (await gateway.get('/api/v1/handover', operator)).json()
const both = {
  outgoing: { password: passwords.operator },
  incoming: { username: 'admin', password: passwords.admin },
}
const sign = (body: object, cookie = operator, headers = {}): Promise<Response> =>
  gateway.send('POST', '/api/v1/handover', { ...both, ...body }, cookie, headers)
const signedEntries = () => gateway.house.entries.filter(({ kind }) => kind === 'handover.signed')
const urgent = anAlarm({ priority: 'high' })
const said = [{ key: 'alarm:A1', comment: '已报修，师傅九点到' }]

describe('a hand-over', () => {
  test('itemises what is open, is signed by two people with their passwords, and is on record for good', async () => {
    const { house } = gateway
    house.alarmed(urgent)
    house.alarmed(anAlarm({ id: 'A2' as AlarmId, rule: 'cold-1.temperature.silent' as never, state: 'suppressed' }))
    await gateway.send('POST', '/api/v1/cases', { what: '灯坏了', area: 'canteen' }, operator)
    const { digest, items } = await draft()
    expect(items.map(({ key, mustComment }: { key: string; mustComment: boolean }) => [key, mustComment])).toEqual([
      ['alarm:A1', true],
      ['suppressed:A2', false],
      ['case:C1', false],
    ])

    const answer = await sign({ digest, items: said, notes: '钥匙在抽屉' })

    expect(answer.status).toBe(201)
    expect(await answer.json()).toMatchObject({
      outgoing: { account: 'operator' },
      incoming: { account: 'admin' },
      notes: '钥匙在抽屉',
      items: [{ key: 'alarm:A1', comment: '已报修，师傅九点到', priority: 'high' }, { key: 'suppressed:A2' }, { key: 'case:C1' }],
    })
    expect((await (await gateway.get('/api/v1/handovers', operator)).json()).items.length).toBe(1)
    const next = await draft()
    expect(next.items[0]).toMatchObject({ key: 'alarm:A1', before: '已报修，师傅九点到' })
    expect(next.items.at(-1)).toMatchObject({ kind: 'note', title: { zh: '钥匙在抽屉' } })
    expect(next.last).toMatchObject({ outgoing: 'operator', incoming: 'admin' })
    expect(JSON.stringify(house.entries)).not.toContain(passwords.operator)
  })

  test('comes back with the fresh list when an alarm came between the list and the signatures', async () => {
    gateway.house.alarmed(urgent)
    const { digest } = await draft()
    gateway.house.alarmed(anAlarm({ id: 'A5' as AlarmId, rule: 'cold-1.door.left-open' as never, value: 1 }))

    const answer = await sign({ digest, items: said })

    expect(answer.status).toBe(409)
    const fresh = await answer.json()
    expect(fresh).toMatchObject({ type: 'urn:zhishou:problem:list-changed', changed: ['alarm:A5'] })
    expect(signedEntries()).toEqual([])
    const again = await sign({ digest: fresh.digest, items: [...said, { key: 'alarm:A5', comment: '' }] })
    expect(again.status).toBe(201)
  })

  test('notices also what came while the passwords were being proved', async () => {
    gateway.house.alarmed(urgent)
    const { digest } = await draft()
    const { act } = gateway.house
    gateway.house.act = decide => {
      gateway.house.alarmed(anAlarm({ id: 'A6' as AlarmId, rule: 'cold-1.door.left-open' as never, value: 1 }))
      return act.call(gateway.house, decide) as never
    }
    const answer = await sign({ digest, items: said })
    expect([answer.status, (await answer.json()).changed]).toEqual([409, ['alarm:A6']])
    expect(gateway.house.handovers.last('site')).toBeUndefined()
  })

  test('is not signed without a word about what is urgent', async () => {
    gateway.house.alarmed(urgent)
    const { digest } = await draft()
    const answer = await sign({ digest, items: [] }, operator, { 'accept-language': 'zh' })
    expect([answer.status, (await answer.json()).errors]).toEqual([400, [{ path: 'items.alarm:A1', wrong: '请写一句交接说明' }]])
  })

  test.each([
    ['who goes has the wrong password', { outgoing: { password: 'wrong' } }, 400, 'outgoing.password'],
    ['who comes has the wrong password', { incoming: { username: 'admin', password: 'wrong' } }, 400, 'incoming.password'],
    ['who comes does not exist', { incoming: { username: 'ghost', password: 'whatever' } }, 400, 'incoming.password'],
    ['who comes may only look', { incoming: { username: 'viewer', password: passwords.viewer } }, 400, 'incoming.username'],
    ['both are one person', { incoming: { username: 'Operator', password: passwords.operator } }, 400, 'incoming.username'],
  ])('is not signed when %s', async (_, body, status, path) => {
    const { digest } = await draft()
    const answer = await sign({ digest, items: [], ...body })
    expect([answer.status, (await answer.json()).errors[0].path]).toEqual([status, path])
    expect(signedEntries()).toEqual([])
    expect(gateway.house.handovers.last('site')).toBeUndefined()
  })

  test('slows down whoever guesses passwords at it, and writes the attempts down', async () => {
    const { digest } = await draft()
    for (let i = 0; i < 6; i += 1) await sign({ digest, items: [], incoming: { username: 'admin', password: `guess-${i}` } })

    expect((await sign({ digest, items: [] })).status).toBe(400)
    expect(gateway.house.entries.filter(({ kind }) => kind === 'account.refused').length).toBe(7)
  })

  test('is a matter of people: a token signs nothing, and who may only look neither', async () => {
    const { digest } = await draft()
    const admin = await gateway.cookie('admin')
    const made = await gateway.send('POST', '/api/v1/tokens', { name: 'robot', role: 'operator' }, admin)
    const { token } = await made.json()
    const byToken = await fetch(`${gateway.url}/api/v1/handover`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...both, digest, items: [] }),
    })
    expect(byToken.status).toBe(403)
    expect((await sign({ digest, items: [] }, await gateway.cookie('viewer'))).status).toBe(403)
    expect((await gateway.get('/api/v1/handover?roster=ghosts', operator)).status).toBe(404)
  })

  test('is as if nothing had happened when it cannot be written down', async () => {
    const { digest } = await draft()
    gateway.house.isFull = true
    const answer = await sign({ digest, items: [], notes: 'lost' })
    gateway.house.isFull = false
    expect([answer.status, (await draft()).last]).toEqual([503, null])
  })

  test('asks for a word about a case that is late', async () => {
    await gateway.send('POST', '/api/v1/cases', { what: '灯坏了', area: 'canteen' }, operator)
    expect((await draft()).items[0]).toMatchObject({ key: 'case:C1', mustComment: false })
    gateway.house.clock.pass(minutes(25 * 60))
    expect((await draft()).items[0]).toMatchObject({ key: 'case:C1', mustComment: true })
  })
})
