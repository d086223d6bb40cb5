import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { days, hours, minutes } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Alarm, AlarmId } from '../../gateway/alarm/alarm.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { anAlarm, ManualClock, noon, passwords, run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let operator: string
let wall: ManualClock
beforeAll(async () => {
  wall = new ManualClock(noon)
  gateway = await run({ wall })
  await gateway.accounts.create('bob', 'operator', 'operate-33')
  operator = await gateway.cookie('operator')
})
afterAll(() => gateway.close())
beforeEach(() => {
  gateway.house.alarms.clear()
  gateway.house.entries.length = 0
  // Whoever had to wait after wrong passwords has waited, and a refused attempt is again written down.
  wall.pass(minutes(61))
})

const frozen = { rule: 'cold-1.temperature.frozen' as RuleId, priority: 'high' } as const
const leak = { rule: 'gas-1.flow.leak' as RuleId, priority: 'high' } as const
const say = (deed: string, body: unknown = {}, id = 'A1', cookie = operator): Promise<Response> =>
  gateway.send('POST', `/api/v1/alarms/${id}/${deed}`, body, cookie)
const does = async (deed: string, body?: unknown, id?: string) => {
  const answer = await say(deed, body, id)
  return { status: answer.status, ...(await answer.json()) }
}
const raised = (more: Partial<Alarm> = {}): void => gateway.house.alarmed(anAlarm(more))
const state = (id = 'A1'): string | undefined => gateway.house.alarms.get(id as AlarmId)?.state
const until = (ms: number): string => new Date(noon + ms).toISOString()
const permit = (ms: number) => ({ reason: '换压缩机', substitute: '每小时人工测温', until: until(ms) })
const kinds = (): readonly string[] => gateway.house.entries.map(({ kind }) => kind)

describe('a person who may answer alarms', () => {
  test('acknowledges, says what was done, and both names and times are kept', async () => {
    raised()
    await does('acknowledge', { comment: '去看' })
    expect(await does('confirm', { action: '关好了门' })).toMatchObject({
      status: 200,
      state: 'acknowledged',
      acknowledged: { by: 'operator', comment: '去看' },
      confirmed: { by: 'operator', action: '关好了门', at: '2026-09-01T12:00:00.000+08:00' },
    })
    expect(await does('confirm', { action: '再说一次' })).toMatchObject({ status: 409 })
  })
  test('shelves with a reason until a time, and takes it from the shelf: judged afresh', async () => {
    raised()
    expect(await does('shelve', { for: '30m', reason: ' 清洁 ' })).toMatchObject({
      status: 200,
      state: 'shelved',
      shelved: { by: 'operator', reason: '清洁', until: '2026-09-01T12:30:00.000+08:00', oneShot: false },
    })
    expect(await does('acknowledge')).toMatchObject({ status: 409 })
    expect(await does('unshelve')).toMatchObject({ status: 200, state: 'unacknowledged', times: 2 })
    expect(kinds().slice(1)).toEqual(['alarm.shelved', 'alarm.unshelved', 'alarm.raised'])
  })
  test('takes out of service with a substitute until a time, and puts it back', async () => {
    raised()
    expect(await does('out-of-service', permit(hours(5)))).toMatchObject({
      status: 200,
      state: 'out-of-service',
      outOfService: { by: 'operator', reason: '换压缩机', substitute: '每小时人工测温' },
    })
    expect(await does('return-to-service')).toMatchObject({ status: 200, state: 'unacknowledged' })
  })
  test('resets a latched alarm once it was acknowledged and is over, not before', async () => {
    raised({ ...leak, state: 'latched-unacknowledged', active: false })
    expect(await does('reset')).toMatchObject({ status: 409 })
    await does('acknowledge')
    expect(await does('reset')).toMatchObject({ status: 200, state: 'normal' })
  })
})

describe('an alarm that is over', () => {
  const over = { state: 'normal', active: false, clearedAt: noon, acknowledged: { by: 'li', at: noon, comment: '' } } as const
  test('can still be told what was done about it, once', async () => {
    raised(over)
    expect(await does('confirm', { action: '关好了门' })).toMatchObject({ status: 200, state: 'normal' })
    expect(await does('confirm', { action: '关好了门' })).toMatchObject({ status: 409 })
  })
  test('can be shelved, so that its rule stays quiet for a while', async () => {
    raised(over)
    expect(await does('shelve', { for: '1h', reason: '除霜' })).toMatchObject({ status: 200, state: 'shelved', active: false })
  })
  test('gives way to the newer one of its rule', async () => {
    raised(over)
    raised({ id: 'A2' as AlarmId })
    expect(await does('shelve', { for: '1h', reason: '除霜' })).toMatchObject({
      status: 409,
      detail: expect.stringContaining('newer'),
    })
    expect(await does('confirm', { action: '关好了门' })).toMatchObject({ status: 200 })
    expect(state('A2')).toBe('unacknowledged')
  })
  test('is not acknowledged once more', async () => {
    raised(over)
    expect(await does('acknowledge')).toMatchObject({ status: 409, detail: expect.stringContaining('acknowledged it already') })
  })
})

describe('two clicks at once', () => {
  test.each(['unacknowledged', 'returned-unacknowledged'] as const)(
    'on an alarm that is %s: one is done, the other is told so',
    async from => {
      raised({ state: from, active: from === 'unacknowledged' })
      const answers = await Promise.all([say('acknowledge'), say('acknowledge')])
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
      expect(kinds().filter(kind => kind === 'alarm.acknowledged')).toHaveLength(1)
    },
  )
})

describe('a shelf', () => {
  test.each([
    ['a medium alarm', {}, '8h', 200],
    ['a medium alarm', {}, '481m', 400],
    ['a high alarm', frozen, '60m', 200],
    ['a high alarm alone', frozen, '61m', 409],
    ['a high alarm', frozen, '121m', 400],
    ['gas', leak, '1m', 409],
  ])('of %s %j for %s answers with %i', async (_name, more, length, status) => {
    raised(more)
    expect(await does('shelve', { for: length, reason: 'x' })).toMatchObject({ status })
    expect(state()).toBe(status === 200 ? 'shelved' : 'unacknowledged')
  })
  test.each([
    [{ for: '1h' }],
    [{ for: '1h', reason: '  ' }],
    [{ reason: 'x' }],
    [{ for: '0s', reason: 'x' }],
    [{ for: '-1h', reason: 'x' }],
  ])('without a reason or a length is none: %j', async body => {
    raised()
    expect(await does('shelve', body)).toMatchObject({ status: 400, errors: [{ path: expect.stringMatching(/^body\./) }] })
    expect(state()).toBe('unacknowledged')
  })

  const signed = (username: string, password: string) => ({ for: '2h', reason: '等配件', second: { username, password } })
  test('of two hours on a high alarm is signed by a second person, whose name is kept', async () => {
    raised(frozen)
    expect(await does('shelve', signed('bob', 'operate-33'))).toMatchObject({
      status: 200,
      shelved: { by: 'operator', second: 'bob' },
    })
  })
  test.each([
    ['the same person, in other letters', 'OPERATOR', passwords.operator, 'same-person'],
    ['somebody without the right', 'viewer', passwords.viewer, 'without-right'],
    ['a wrong password', 'bob', 'operate-44', 'wrong'],
    ['nobody of this house', 'eve', 'operate-44', 'wrong'],
  ])('is not signed by %s, and that is on record', async (_who, username, password, why) => {
    raised(frozen)
    expect(await does('shelve', signed(username, password))).toMatchObject({ status: 400 })
    expect(state()).toBe('unacknowledged')
    expect(gateway.house.entries.at(-1)).toMatchObject({
      kind: 'access.refused',
      by: 'operator',
      about: 'A1',
      data: { why, second: username },
    })
    expect(JSON.stringify(gateway.house.entries)).not.toContain(password)
  })
  test('lets nobody try passwords of the second person one after the other', async () => {
    raised(frozen)
    for (let tries = 0; tries < 6; tries += 1) await say('shelve', signed('bob', `operate-${tries}`))
    // The right one comes too soon now.
    expect(await does('shelve', signed('bob', 'operate-33'))).toMatchObject({ status: 400 })
    wall.pass(minutes(10))
    expect(await does('shelve', signed('bob', 'operate-33'))).toMatchObject({ status: 200 })
  })
})

describe('a permit', () => {
  test.each([
    ['that is over', -minutes(1), 400],
    ['that ends now', 0, 400],
    ['of 30 days', days(30), 200],
    ['beyond 30 days', days(30) + 1, 400],
  ])('%s answers with %i', async (_name, length, status) => {
    raised(leak)
    expect(await does('out-of-service', permit(length as number))).toMatchObject({ status })
    expect(state()).toBe(status === 200 ? 'out-of-service' : 'unacknowledged')
  })
  test.each(['reason', 'substitute', 'until'])('without %s is none', async field => {
    raised()
    expect(await does('out-of-service', { ...permit(hours(1)), [field]: undefined })).toMatchObject({ status: 400 })
  })
})

describe('what cannot be written down', () => {
  test.each([
    ['acknowledge', {}, {}],
    ['confirm', { action: 'x' }, { acknowledged: { by: 'li', at: noon, comment: '' }, state: 'acknowledged' }],
    ['shelve', { for: '1h', reason: 'x' }, {}],
    [
      'unshelve',
      {},
      { state: 'shelved', shelved: { by: 'li', at: noon, until: (noon + 1) as Instant, reason: 'x', oneShot: false } },
    ],
    ['reset', {}, { state: 'latched-acknowledged', active: false }],
    ['out-of-service', permit(hours(1)), {}],
    [
      'return-to-service',
      {},
      {
        state: 'out-of-service',
        outOfService: { by: 'li', at: noon, until: (noon + 1) as Instant, reason: 'x', substitute: 'y' },
      },
    ],
  ] as const)('%s is refused and nothing has changed', async (deed, body, more) => {
    raised(more as Partial<Alarm>)
    const before = structuredClone(gateway.house.alarms.get('A1' as AlarmId))
    gateway.house.isFull = true
    const answer = await does(deed, body)
    gateway.house.isFull = false
    expect(answer).toMatchObject({ status: 503, type: 'urn:zhishou:problem:not-recordable' })
    expect(gateway.house.alarms.get('A1' as AlarmId)).toEqual(before)
  })
})

describe('somebody without the right', () => {
  test.each(['viewer', 'inspector'] as const)('a %s is refused each command, and each attempt is on record', async role => {
    raised()
    const cookie = await gateway.cookie(role)
    const deeds = ['acknowledge', 'confirm', 'shelve', 'unshelve', 'reset', 'out-of-service', 'return-to-service']
    for (const deed of deeds) expect((await say(deed, {}, 'A1', cookie)).status).toBe(403)
    expect(state()).toBe('unacknowledged')
    expect(
      gateway.house.entries.slice(1).map(({ kind, by, about, data }) => [kind, by, about, data['role'], data['path']]),
    ).toEqual(deeds.map(deed => ['access.refused', role, 'A1', role, `/api/v1/alarms/A1/${deed}`]))
  })
  test('is not shown in the story of the alarm, which everybody may read, but in the journal', async () => {
    raised()
    await say('acknowledge', {}, 'A1', await gateway.cookie('viewer'))
    const { timeline } = await (await gateway.get('/api/v1/alarms/A1', operator)).json()
    expect(timeline.map(({ kind }: { kind: string }) => kind)).toEqual(['alarm.raised'])
    const { items } = await (await gateway.get('/api/v1/journal?about=A1', operator)).json()
    expect(items.map(({ kind }: { kind: string }) => kind)).toEqual(['access.refused', 'alarm.raised'])
  })
  test('cannot fill the journal by asking again and again; how often is told later', async () => {
    raised()
    const cookie = await gateway.cookie('viewer')
    for (let tries = 0; tries < 30; tries += 1) await say('acknowledge', {}, 'A1', cookie)
    const refused = () => gateway.house.entries.filter(({ kind }) => kind === 'access.refused')
    expect(refused()).toHaveLength(10)
    // Another account has a budget of its own.
    await say('acknowledge', {}, 'A1', await gateway.cookie('inspector'))
    expect(refused()).toHaveLength(11)
    wall.pass(minutes(2))
    await say('acknowledge', {}, 'A1', cookie)
    await say('acknowledge', {}, 'A1', cookie)
    await say('acknowledge', {}, 'A1', cookie)
    expect(
      refused()
        .slice(11)
        .map(({ data }) => data['unwritten']),
    ).toEqual([20, undefined])
  })
  test('is refused all the same while the disk is full', async () => {
    raised()
    gateway.house.isFull = true
    const answer = await say('acknowledge', {}, 'A1', await gateway.cookie('viewer'))
    gateway.house.isFull = false
    expect([answer.status, state()]).toEqual([403, 'unacknowledged'])
  })
})

describe('a hostile body', () => {
  const bodies: readonly unknown[] = [
    null,
    [],
    'text',
    7,
    { comment: { $gt: '' } },
    { comment: ['a'] },
    { comment: 'x'.repeat(2_001) },
    { action: 'x'.repeat(2_001) },
    { action: '\u0000' },
    { for: 'NaNh', reason: 'x' },
    { for: '1e9d', reason: 'x' },
    { for: 3_600_000, reason: 'x' },
    { for: '1h', reason: 'x', oneShot: 'yes' },
    { for: '1h', reason: 'x', second: 'bob' },
    { for: '1h', reason: 'x', second: { username: 'b'.repeat(65), password: 'x' } },
    { reason: 'x', substitute: 'y', until: 'tomorrow' },
    { reason: 'x', substitute: 'y', until: '2026-02-31T00:00:00Z' },
    { reason: 'x', substitute: 'y', until: 9e15 },
    { reason: 'x', substitute: 'y', until: '2026-09-01T13:00:00' },
  ]
  test.each(['acknowledge', 'confirm', 'shelve', 'out-of-service'])('to %s never breaks anything', async deed => {
    for (const body of bodies) {
      gateway.house.alarms.clear()
      raised()
      const answer = await fetch(`${gateway.url}/api/v1/alarms/A1/${deed}`, {
        method: 'POST',
        headers: { cookie: operator, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      expect([body, answer.status < 500]).toEqual([body, true])
    }
    for (const raw of ['{', '{"comment":', '{"__proto__":{"state":"normal"}}', '{"constructor":{"prototype":{}}}', '\ufeff{}']) {
      const answer = await fetch(`${gateway.url}/api/v1/alarms/A1/${deed}`, {
        method: 'POST',
        headers: { cookie: operator, 'content-type': 'application/json' },
        body: raw,
      })
      expect([raw, [200, 400, 409].includes(answer.status)]).toEqual([raw, true])
    }
  })
  test.each(['A1%00', '..%2f..%2fadmin', 'A'.repeat(201), "A1' OR 1=1", '%F0%9F%94%A5', 'constructor', '__proto__'])(
    'to an alarm called %s finds none',
    async id => {
      raised()
      expect([400, 404, 414]).toContain((await say('acknowledge', {}, id)).status)
      expect(state()).toBe('unacknowledged')
    },
  )
})
