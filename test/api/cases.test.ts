import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hours } from '../../protocols/contract/time.ts'
import { anAlarm, run } from './house.ts'
import type { Running } from './house.ts'
import { png } from '../kit/picture.ts'

let gateway: Running
let viewer: string
let operator: string
let admin: string
beforeAll(async () => {
  gateway = await run()
  viewer = await gateway.cookie('viewer')
  operator = await gateway.cookie('operator')
  admin = await gateway.cookie('admin')
})
afterAll(() => gateway.close())
beforeEach(() => {
  gateway.house.alarms.clear()
})

const post = async (path: string, body: unknown, cookie = operator): Promise<Response> =>
  gateway.send('POST', `/api/v1${path}`, body, cookie)
const get = async (path: string, cookie = viewer) => (await gateway.get(`/api/v1${path}`, cookie)).json()
const leak = { what: '后厨水管漏水', area: 'canteen', place: '洗碗池下', reporter: { name: '陈老师', contact: '13800000000' } }
const opened = async (body: object = leak): Promise<string> => (await (await post('/cases', body)).json()).id
const tomorrow = (): number => gateway.house.clock.now() + hours(20)
const photo = (body: Uint8Array<ArrayBuffer> | string, type = 'image/png', cookie = operator): Promise<Response> =>
  fetch(`${gateway.url}/api/v1/photos`, { method: 'POST', headers: { cookie, 'content-type': type }, body })

describe('a case', () => {
  test('goes from the report to its close, with every step in the journal under the name of who did it', async () => {
    const id = await opened()
    const { id: picture } = await (await photo(new Uint8Array(png(9, 9)))).json()
    const steps: readonly (readonly [string, object, string])[] = [
      ['answer', { said: '今天下午去修' }, operator],
      ['assign', { person: 'operator', due: tomorrow(), note: '带生料带' }, admin],
      ['comment', { text: '已关阀' }, operator],
      ['act', { kind: 'repair', what: '换垫片', parts: [{ name: '垫片', count: 2 }], photos: [picture] }, operator],
      ['verify', { note: '不漏了' }, admin],
      ['tell', { how: '电话', said: '修好了' }, operator],
      ['close', {}, operator],
    ]
    const states: string[] = []
    for (const [deed, body, cookie] of steps) {
      const answer = await post(`/cases/${id}/${deed}`, body, cookie)
      expect([deed, answer.status]).toEqual([deed, 200])
      states.push((await answer.json()).state)
    }
    expect(states).toEqual(['answered', 'assigned', 'assigned', 'acted', 'verified', 'told', 'closed'])

    const one = await get(`/cases/${id}`, operator)
    expect(one).toMatchObject({
      where: { zh: '食堂 · 洗碗池下', en: 'Canteen · 洗碗池下' },
      reporter: { name: '陈老师', contact: '13800000000' },
      due: null,
      overdue: [],
      steps: [],
      openedAt: expect.stringMatching(/\+08:00$/),
    })
    expect(one.timeline.map(({ do: deed, by }: { do: string; by: string }) => `${deed} ${by}`)).toEqual([
      'open operator',
      'answer operator',
      'assign admin',
      'comment operator',
      'act operator',
      'verify admin',
      'tell operator',
      'close operator',
    ])
    expect(one.timeline[4]).toMatchObject({ kind: 'repair', parts: [{ name: '垫片', count: 2 }], photos: [picture] })
    const kinds = gateway.house.entries.filter(({ about }) => about === id).map(({ kind }) => kind)
    expect(kinds.at(-1)).toBe('case.closed')
  })

  test('shows the contact of the reporter to those who have to call, and to nobody else', async () => {
    const id = await opened()
    expect((await get(`/cases/${id}`, viewer)).reporter).toEqual({ name: '陈老师' })
    expect(JSON.stringify(await get('/cases', viewer))).not.toContain('13800000000')
    expect((await get(`/cases/${id}`, operator)).reporter.contact).toBe('13800000000')
  })

  test('says to each who looks what they may do, and to who worked on it that somebody else verifies', async () => {
    const id = await opened()
    await post(`/cases/${id}/assign`, { person: 'operator', due: tomorrow() })
    await post(`/cases/${id}/act`, { kind: 'cleaning', what: '疏通' })

    expect(await get(`/cases/${id}`, viewer)).toMatchObject({ steps: [], isOwnWork: false, isMine: false })
    expect(await get(`/cases/${id}`, operator)).toMatchObject({ isOwnWork: true, isMine: true })
    expect((await get(`/cases/${id}`, operator)).steps).not.toContain('verify')
    expect((await get(`/cases/${id}`, admin)).steps).toContain('verify')
    const refused = await gateway.send('POST', `/api/v1/cases/${id}/verify`, {}, operator, { 'accept-language': 'zh' })
    expect([refused.status, (await refused.json()).detail]).toEqual([409, '自己做的活要由别人核实。'])
  })

  test('is not verified by a token: it is in many hands', async () => {
    const id = await opened()
    await post(`/cases/${id}/assign`, { person: 'admin', due: tomorrow() })
    await post(`/cases/${id}/act`, { kind: 'repair', what: '换' })
    const { token } = await (await post('/tokens', { name: 'robot', role: 'operator' }, admin)).json()
    const verify = await fetch(`${gateway.url}/api/v1/cases/${id}/verify`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    })
    expect(verify.status).toBe(403)
    expect((await get(`/cases/${id}`)).state).toBe('acted')
  })

  test.each([
    ['answer', { said: '' }, 400],
    ['answer', {}, 400],
    ['act', { kind: 'repair', what: 'x' }, 409],
    ['act', { kind: 'explode', what: 'x' }, 400],
    ['verify', {}, 409],
    ['tell', { how: 'phone' }, 409],
    ['close', {}, 409],
    ['assign', { person: 'nobody-known', due: 4_000_000_000_000 }, 400],
    ['assign', { person: 'viewer', due: 4_000_000_000_000 }, 400],
    ['assign', { person: 'operator', due: 1_000 }, 400],
    ['assign', { person: 'operator', due: 'tomorrow' }, 400],
    ['cancel', { reason: 'same', duplicateOf: 'C999' }, 404],
  ])('that has just been opened refuses %s %o', async (deed, body, status) => {
    const id = await opened()
    const written = gateway.house.entries.length
    const answer = await post(`/cases/${id}/${deed}`, body)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json; charset=utf-8'])
    expect([(await get(`/cases/${id}`)).state, gateway.house.entries.length]).toEqual(['open', written])
  })

  test('needs what and where, of equipment and areas that exist', async () => {
    for (const [body, status] of [
      [{ area: 'canteen' }, 400],
      [{ what: '坏了' }, 400],
      [{ what: '坏了', equipment: 'cold-99' }, 404],
      [{ what: '坏了', area: 'moon' }, 404],
      [{ alarm: 'A99' }, 404],
      [{ what: '坏了', area: 'canteen', photos: ['../x'] }, 400],
    ] as const)
      expect([body, (await post('/cases', body)).status]).toEqual([body, status])
    expect((await post('/cases', leak, viewer)).status).toBe(403)
    expect((await post('/cases/C999/answer', { said: 'x' })).status).toBe(404)
  })

  test('opened from an alarm takes its words, and is not opened twice', async () => {
    gateway.house.alarmed(anAlarm())
    const made = await post('/cases', { alarm: 'A1' })
    expect(made.status).toBe(201)
    const one = await made.json()
    expect(one).toMatchObject({
      equipment: 'cold-1',
      alarm: 'A1',
      priority: 'medium',
      what: { zh: expect.stringContaining('9.4') },
    })
    expect(one.reporter).toBeUndefined()
    expect(one.steps).not.toContain('answer')
    expect((await post('/cases', { alarm: 'A1' })).status).toBe(409)
    await post(`/cases/${one.id}/cancel`, { reason: '误报' })
    expect((await post('/cases', { alarm: 'A1' })).status).toBe(201)
  })

  test('reported by somebody signed in has them as the reporter', async () => {
    const id = await opened({ what: '灯不亮', place: '二楼走廊' })
    expect((await get(`/cases/${id}`, operator)).reporter).toEqual({ name: 'operator', account: 'operator' })
  })

  test('is not changed by what could not be written down', async () => {
    const id = await opened()
    const { id: picture } = await (await photo(new Uint8Array(png(5, 5, 77)))).json()
    gateway.house.isFull = true
    const refused = await post(`/cases/${id}/answer`, { said: 'x' })
    const report = await post('/cases', { ...leak, photos: [picture] })
    gateway.house.isFull = false
    expect([refused.status, report.status, (await get(`/cases/${id}`)).state]).toEqual([503, 503, 'open'])
    expect((await post('/cases', { ...leak, photos: [picture] })).status).toBe(201)
  })

  test('that ended long ago is still shown, from the journal alone', async () => {
    const id = await opened()
    await post(`/cases/${id}/cancel`, { reason: '重复报' })
    gateway.house.cases.wake((gateway.house.clock.now() + 31 * 86_400_000) as never)
    expect(gateway.house.cases.get(id)).toBeUndefined()

    // A notice about it is written later; it is not the case.
    await gateway.house.note({ kind: 'notice.delivered', by: 'system', about: id, data: { case: id } })
    expect(await get(`/cases/${id}`)).toMatchObject({ id, state: 'cancelled', steps: [] })
    expect((await get('/cases?state=closed')).items[0]).toMatchObject({ id, state: 'cancelled' })
    expect((await post(`/cases/${id}/comment`, { text: 'x' })).status).toBe(409)
  })
})

describe('the list of cases', () => {
  test('has the open ones by what is due first, filtered by mine and overdue, in pages', async () => {
    const first = await opened()
    const second = await opened({ ...leak, what: '门坏了' })
    await post(`/cases/${second}/assign`, { person: 'admin', due: gateway.house.clock.now() + hours(1) })
    const ids = async (query: string, cookie = operator): Promise<readonly string[]> =>
      (await get(`/cases?${query}`, cookie)).items.map(({ id }: { id: string }) => id)

    const all = await ids('limit=500')
    expect(all.indexOf(second)).toBeLessThan(all.indexOf(first))
    expect(await ids('mine=true&limit=500', admin)).toContain(second)
    expect(await ids('mine=true&limit=500', admin)).not.toContain(first)
    expect(await ids('overdue=true')).toEqual([])
    gateway.house.clock.pass(hours(2))
    expect(await ids('overdue=true')).toEqual([second])
    const page = await get('/cases?limit=1')
    expect(page.items.length).toBe(1)
    expect((await get(`/cases?limit=500&cursor=${page.next}`)).items.length).toBe(all.length - 1)
    expect((await gateway.get('/api/v1/cases?state=lost', viewer)).status).toBe(400)
  })

  test('knows whom a case can be given to: those who may write records', async () => {
    const { items } = await get('/cases/people', operator)
    expect(items.map(({ id, isMe }: { id: string; isMe: boolean }) => [id, isMe])).toEqual([
      ['admin', false],
      ['operator', true],
    ])
  })
})

describe('a photo', () => {
  test('comes back byte for byte as the kind it is, and may be kept by the browser for good', async () => {
    const bytes = png(31, 17)
    const sent = await photo(new Uint8Array(bytes), 'image/jpeg')
    expect(sent.status).toBe(201)
    const { id } = await sent.json()
    const shown = await gateway.get(`/api/v1/photos/${id}`, viewer)
    expect(Buffer.from(await shown.arrayBuffer()).equals(bytes)).toBe(true)
    expect(Object.fromEntries(shown.headers)).toMatchObject({
      'content-type': 'image/png',
      'cache-control': 'private, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    })
  })

  test.each([
    ['nothing', '', 400],
    ['a page', '<html><script>alert(1)</script>', 400],
    ['a picture with a page behind it', Buffer.concat([png(), Buffer.from('<script>')]), 400],
    ['six megabytes', Buffer.alloc(6 * 1024 * 1024, 255), 413],
  ])('is not %s', async (_, body, status) => {
    expect((await photo(typeof body === 'string' ? body : new Uint8Array(body))).status).toBe(status)
  })

  test('is sent as a picture, by somebody who may write records, and asked for by its own name', async () => {
    expect((await photo(new Uint8Array(png()), 'image/svg+xml')).status).toBe(415)
    expect((await photo(new Uint8Array(png()), 'text/html')).status).toBe(415)
    expect((await photo(new Uint8Array(png()), 'image/png', viewer)).status).toBe(403)
    for (const id of ['x', '..%2f..%2fledger.db', `${'0'.repeat(64)}.png`])
      expect((await gateway.get(`/api/v1/photos/${id}`, viewer)).status).toBe(404)
    await rm(gateway.house.photos.folder, { recursive: true, force: true })
  })
})
