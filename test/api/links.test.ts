import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hours, instant, seconds } from '../../protocols/contract/time.ts'
import type { Alarm, AlarmId } from '../../gateway/alarm/alarm.ts'
import { nobody } from '../../gateway/duty/duty.ts'
import { Office } from '../../gateway/duty/office.ts'
import type { Claim } from '../../gateway/notify/answer-links.ts'
import type { NoticeId } from '../../gateway/notify/notice.ts'
import { isoInZone } from '../../gateway/zone.ts'
import { FakeClock } from '../kit/fake-clock.ts'
import { person } from '../notify/small-site.ts'
import { anAlarm, run, site } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let wall: FakeClock
const people = new Map([
  ['wang', person('wang', { account: 'operator' })],
  ['zhang', person('zhang', { account: 'viewer' })],
  ['zhao', person('zhao', { account: 'nobody-here' })],
])
beforeAll(async () => {
  wall = new FakeClock(Date.UTC(2026, 8, 1, 4))
  gateway = await run({ wall })
  gateway.house.duty = new Office({ duty: { ...nobody, people }, calendar: site.calendar })
})
// Each test has its own message, and an hour in which what the one before did wrong is forgotten.
let number = 0
beforeEach(async () => {
  number += 1
  await wall.passes(hours(2))
  gateway.house.alarmed(anAlarm())
  gateway.house.entries.length = 0
})
afterAll(() => gateway.close())

const claim = (more: Partial<Claim> = {}): Claim => ({
  notice: `N${number}-1` as NoticeId,
  alarm: 'A1' as AlarmId,
  times: 1,
  person: 'wang',
  expires: instant(wall.now() + hours(24)),
  ...more,
})
const token = (more: Partial<Claim> = {}): string => gateway.house.answerLinks.token(claim(more))
const get = (one: string): Promise<Response> => gateway.get(`/api/v1/links/${one}`)
const post = (one: string, comment = ''): Promise<Response> => gateway.send('POST', `/api/v1/links/${one}`, { comment })
const kinds = (): readonly string[] => gateway.house.entries.map(({ kind }) => kind).filter(kind => kind !== 'alarm.raised')
const alarm = (): Alarm | undefined => gateway.house.alarms.get('A1' as AlarmId)

describe('a link in a message', () => {
  test('shows what alarm it is and changes nothing, however often a scanner opens it', async () => {
    for (let time = 0; time < 3; time++) {
      const answer = await get(token())
      expect(answer.status).toBe(200)
      expect(await answer.json()).toMatchObject({
        alarm: 'A1',
        sentence: { zh: '1 号保鲜柜 柜内温度 9.4 °C，高于 8 °C' },
        clause: 'CAN-1',
        person: { zh: 'wang先生' },
        answerable: true,
        state: 'unacknowledged',
        expiresAt: isoInZone(instant(wall.now() + hours(24)), 'Asia/Shanghai'),
      })
    }
    expect(kinds()).toEqual([])
  })

  test('acknowledges under the name of the person, once', async () => {
    const link = token()
    const answer = await post(link, '我去看看')
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      answerable: false,
      why: 'used',
      acknowledged: { by: 'operator', comment: '我去看看' },
    })
    const entry = gateway.house.entries.find(({ kind }) => kind === 'alarm.acknowledged')
    expect(entry?.data).toMatchObject({ via: 'link', notice: `N${number}-1`, person: 'wang' })
    const again = await post(link)
    expect(again.status).toBe(410)
    expect(kinds().at(-1)).toBe('link-token.refused')
    expect(alarm()?.acknowledged?.comment).toBe('我去看看')
  })

  test('pressed twice at the same moment answers once', async () => {
    const link = token()
    const answers = await Promise.all([post(link), post(link)])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 410])
    expect(kinds().filter(kind => kind === 'alarm.acknowledged')).toHaveLength(1)
  })

  test('of another person for an alarm that somebody has answered says so', async () => {
    await post(token())
    const answer = await post(token({ notice: `N${number}-2` as NoticeId, person: 'zhao' }))
    expect(answer.status).toBe(409)
    const shown = await get(token({ notice: `N${number}-2` as NoticeId, person: 'zhao' }))
    expect(await shown.json()).toMatchObject({ answerable: false, why: 'answered', acknowledged: { by: 'operator' } })
  })

  test('is over after a day of real time', async () => {
    const link = token()
    await wall.passes(hours(24))
    expect((await get(link)).status).toBe(410)
    expect((await post(link)).status).toBe(410)
    expect(alarm()?.acknowledged).toBeUndefined()
    expect(kinds()).toContain('link-token.refused')
  })

  test('for an earlier occurrence answers nothing', async () => {
    gateway.house.alarmed(anAlarm({ times: 2 }))
    expect((await post(token())).status).toBe(409)
    expect(await (await get(token())).json()).toMatchObject({ answerable: false, why: 'come-again' })
    expect(alarm()?.acknowledged).toBeUndefined()
  })

  test('for an alarm that is over or shelved answers nothing', async () => {
    gateway.house.alarmed(anAlarm({ state: 'normal', active: false }))
    expect((await post(token())).status).toBe(409)
    expect(await (await get(token())).json()).toMatchObject({ why: 'over' })
    gateway.house.alarmed(anAlarm({ state: 'suppressed' }))
    expect(await (await get(token())).json()).toMatchObject({ why: 'quiet' })
    expect((await post(token())).status).toBe(409)
  })

  test('that somebody made up or changed is refused, whatever was changed', async () => {
    const good = token()
    const [payload = '', signature = ''] = good.split('.')
    const other = Buffer.from(JSON.stringify({ n: 'N1', a: 'A1', o: 1, p: 'zhao', x: wall.now() + 1e9 })).toString('base64url')
    const wrongKey = createHmac('sha256', 'another key').update(payload).digest('base64url')
    const last = signature.at(-1) === 'A' ? 'B' : 'A'
    for (const bad of [
      `${other}.${signature}`,
      `${payload}.${wrongKey}`,
      `${payload}.${signature.slice(0, -1)}${last}`,
      `${payload}.`,
      payload,
      `${good}.x`,
      `${payload}.${signature.slice(0, 20)}`,
      'x'.repeat(600),
    ]) {
      expect([bad, (await post(bad)).status]).toEqual([bad, 404])
    }
    expect(alarm()?.acknowledged).toBeUndefined()
  })

  test('is signed with HMAC-SHA256 over its payload, as anybody can recompute', () => {
    const [payload = '', signature] = token().split('.')
    expect(createHmac('sha256', Buffer.alloc(32, 7)).update(payload).digest('base64url')).toBe(signature)
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))).toEqual({
      n: `N${number}-1`,
      a: 'A1',
      o: 1,
      p: 'wang',
      x: wall.now() + hours(24),
    })
  })

  test('of somebody whose account may not answer alarms, or is disabled, or who has left, answers nothing', async () => {
    expect((await post(token({ person: 'zhang' }))).status).toBe(403)
    expect((await post(token({ person: 'gone' }))).status).toBe(410)
    await gateway.accounts.disable('operator')
    expect((await post(token())).status).toBe(403)
    await gateway.accounts.disable('operator', false)
    expect(kinds()).toEqual(['link-token.refused', 'link-token.refused', 'link-token.refused'])
    expect(alarm()?.acknowledged).toBeUndefined()
  })

  test('of somebody without an account acknowledges under their own name', async () => {
    expect((await post(token({ person: 'zhao' }))).status).toBe(200)
    expect(alarm()?.acknowledged?.by).toBe('zhao先生')
  })

  test('is not used up where the disk is full', async () => {
    gateway.house.isFull = true
    expect((await post(token())).status).toBe(503)
    gateway.house.isFull = false
    expect((await post(token())).status).toBe(200)
  })

  test('cannot be guessed by the hundred, and guessing does not fill the journal', async () => {
    const statuses: number[] = []
    for (let guess = 0; guess < 40; guess++) statuses.push((await get(`guess-${guess}.x`)).status)
    expect(statuses.slice(0, 20).every(status => status === 404)).toBe(true)
    expect(statuses.slice(22).every(status => status === 429)).toBe(true)
    expect(kinds().length).toBeLessThanOrEqual(11)
    await wall.passes(seconds(900))
    expect((await get(token())).status).toBe(200)
  })
})

describe('the channels', () => {
  const prepared = {
    id: 'mail',
    kind: 'smtp',
    open: () => ({ reaches: () => true, send: async () => ({ is: 'delivered', proof: '' }) as const }),
  }

  test('are shown with their state', async () => {
    gateway.house.channelStates = [
      { prepared, state: 'failing', since: instant(wall.now()), waiting: 3, why: 'connection refused' },
    ]
    const answer = await gateway.get('/api/v1/channels', await gateway.cookie('viewer'))
    expect(await answer.json()).toEqual({
      items: [
        {
          id: 'mail',
          kind: 'smtp',
          name: { zh: 'mail', en: 'mail' },
          state: 'failing',
          since: isoInZone(wall.now(), 'Asia/Shanghai'),
          lastDeliveredAt: null,
          waiting: 3,
          why: 'connection refused',
        },
      ],
      next: null,
    })
  })

  test('can be tried by an administrator, on a channel and for a person there is', async () => {
    gateway.house.channelStates = [{ prepared, state: 'idle', since: instant(wall.now()), waiting: 0 }]
    const cookie = await gateway.cookie('admin')
    const ask = (id: string, who: string) => gateway.send('POST', `/api/v1/channels/${id}/trial`, { person: who }, cookie)
    expect((await ask('mail', 'wang')).status).toBe(202)
    expect(gateway.house.entries.at(-1)).toMatchObject({
      kind: 'notice.queued',
      by: 'admin',
      data: { occasion: 'trial', person: 'wang' },
    })
    expect((await ask('fax', 'wang')).status).toBe(404)
    expect((await ask('mail', 'stranger')).status).toBe(404)
    const operator = await gateway.cookie('operator')
    expect((await gateway.send('POST', '/api/v1/channels/mail/trial', { person: 'wang' }, operator)).status).toBe(403)
  })
})
