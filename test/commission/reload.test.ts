import { writeFile } from 'node:fs/promises'
import { io } from 'socket.io-client'
import mqtt from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PointId } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Entry } from '../../gateway/journal/entry.ts'
import { another, ReloadGround, until } from './ground.ts'

/** As the site file has it for both buses. */
const every = 1_000

describe('a change of the site while it runs', () => {
  let ground: ReloadGround
  beforeAll(async () => {
    ground = await ReloadGround.make()
  })
  afterAll(() => ground.remove())

  const open = async (): Promise<readonly { rule: string; state: string; id: string; since: string; raisedAt: string }[]> =>
    (await ground.send('GET', '/alarms')).body.items.filter(({ state }: { state: string }) => state !== 'normal')
  const alarmOf = async (rule: string) => (await open()).find(alarm => alarm.rule === `cold-3.temperature.${rule}`)
  const entries = async (...kinds: string[]): Promise<readonly Entry[]> =>
    (await ground.store.journal.page({ kinds, limit: 1_000 })).entries
  const stored = async (point: string): Promise<readonly (number | null)[]> =>
    (await ground.store.historian.raw(point as PointId, 0 as Instant, (Date.now() + 1) as Instant, 10_000)).samples.map(
      ({ v }) => v,
    )

  test('leaves the sweeps, the readings, the sockets and the people of all that it does not touch as they are', async () => {
    const { steady, other } = ground
    await steady.reaches(4)
    const device = await mqtt.connectAsync(`mqtt://127.0.0.1:${ground.brokerPort}`, { reconnectPeriod: 0 })
    let wasCut = false
    device.on('close', () => (wasCut = true))
    const live = io(ground.gateway.address, { extraHeaders: { cookie: ground.cookie }, transports: ['websocket'] })
    const heard: string[] = []
    live.on('disconnect', () => heard.push('disconnect'))
    live.on('siteChanged', () => heard.push('siteChanged'))
    live.on('snapshot', (snapshot: { readings: unknown[] }) => heard.push(`snapshot of ${snapshot.readings.length > 0}`))
    live.on('connect', () => live.emit('watch', { points: 'all' }))
    await until(() => heard.includes('snapshot of true'), 'a snapshot')
    heard.length = 0

    const [before, otherCalls] = [steady.at.length, other.connections]
    await device.publishAsync('devices/tank/t', '4.5', { qos: 1 })
    // The broker's points are said while the change goes on: none of it is lost.
    const change = ground.change(text => another(text, 'cold-2b'))
    for (let value = 10; value < 30; value += 1) {
      // A point has one word for each millisecond.
      const last = Date.now()
      await until(() => Date.now() > last + 20, 'time passes')
      await device.publishAsync('devices/tank/t', String(value / 10), { qos: 1 })
    }
    const { status, body } = await change
    expect([status, body]).toMatchObject([200, { meaning: { equipment: { added: [{ id: 'cold-2b' }], removed: [] } } }])
    expect(body.meaning.connections).toMatchObject({ added: [], removed: [], changed: [{ id: 'other' }] })

    await steady.reaches(before + 6)
    expect(steady.longestGap(before - 2)).toBeLessThan(1.5 * every)
    expect([steady.connections, other.connections]).toEqual([1, otherCalls + 1])
    // Every sweep of the untouched line has its own value; each is stored once, in its order.
    await until(async () => (await stored('cold-1.power')).length >= before + 5, 'the stored sweeps')
    const values = await stored('cold-1.power')
    expect(values).toEqual(values.map((_, index) => (values[0] ?? 0) + index))
    const words = [4.5, ...Array.from({ length: 20 }, (_, index) => (index + 10) / 10)]
    await until(async () => (await stored('cold-4.temperature')).length >= words.length, 'the words of the broker')
    expect(await stored('cold-4.temperature')).toEqual(words)
    expect(wasCut).toBe(false)
    await until(() => heard.some(word => word.startsWith('snapshot')), 'a fresh snapshot')
    expect(heard.slice(0, 2)).toEqual(['siteChanged', 'snapshot of true'])
    expect((await ground.send('GET', '/site')).body.equipment.map(({ id }: { id: string }) => id)).toContain('cold-2b')
    await until(async () => (await stored('cold-2b.power')).length > 0, 'the new cabinet speaks')
    expect((await entries('link.down')).length).toBe(0)
    expect((await entries('site.changed')).at(-1)).toMatchObject({
      by: 'admin',
      data: { why: 'because the test says so', equipment: { added: ['cold-2b'], removed: [] }, files: ['site.yaml'] },
    })
    expect((await entries('gateway.started')).length).toBe(1)
    expect(await ground.text()).toContain('# stays')
    live.disconnect()
    await device.endAsync()
  })

  test('keeps alarms that are open, acknowledged or shelved, silences and delays that are running', async () => {
    await ground.reads('cold-3.temperature', -8)
    const icy = (await alarmOf('icy')) ?? expect.fail('no alarm')
    expect(icy.state).toBe('unacknowledged')
    const acknowledged = await ground.send('POST', `/alarms/${icy.id}/acknowledge`, { note: '已处理' })
    expect(acknowledged.status).toBe(200)
    // The delay of the other rule began with that reading and is not over yet.
    expect(await alarmOf('chilly')).toBeUndefined()

    expect((await ground.change(text => another(text, 'cold-2c'))).status).toBe(200)
    expect(await alarmOf('icy')).toMatchObject({ id: icy.id, state: 'acknowledged' })
    await until(async () => (await alarmOf('chilly')) !== undefined, 'the delay is over')
    const chilly = (await alarmOf('chilly')) ?? expect.fail('no alarm')
    // The delay of ten seconds went on over the change: it began with the reading that raised the other one.
    expect(chilly.since).toBe(icy.since)
    expect(Date.parse(chilly.raisedAt) - Date.parse(chilly.since)).toBe(10_000)
    expect(chilly.state).toBe('unacknowledged')

    const shelved = await ground.send('POST', `/alarms/${chilly?.id}/shelve`, { for: '30m', reason: 'maintenance' })
    expect([shelved.status, shelved.body]).toMatchObject([200, { state: 'shelved' }])
    expect((await ground.change(text => another(text, 'cold-2d'))).status).toBe(200)
    expect((await alarmOf('chilly'))?.state).toBe('shelved')
    await ground.reads('cold-3.temperature', 4)
    await until(async () => (await alarmOf('icy')) === undefined, 'it is over')
  })

  test('closes the alarms of what is taken out, as it said it would', async () => {
    await ground.reads('cold-3.temperature', -8)
    await until(async () => (await alarmOf('icy')) !== undefined, 'the alarm')
    const { body: now } = await ground.send('GET', '/site/file')
    const drafted = await ground.send('POST', '/site/draft', {
      changes: [{ what: 'equipment', id: 'cold-3', entry: null }],
    })
    expect(drafted.status).toBe(200)
    expect(drafted.body.diff).toContain('-      cold-3:')
    expect(drafted.body.meaning.equipment.removed).toMatchObject([{ id: 'cold-3' }])
    expect(drafted.body.meaning.alarms.length).toBeGreaterThan(0)
    expect(await ground.text()).toBe(now.files[0].text)
    const { files, before } = drafted.body
    expect((await ground.send('POST', '/site/apply', { files, before, why: 'it was sold' })).status).toBe(200)
    expect(await open()).toEqual([])
    const [version] = (await ground.send('GET', '/site/versions')).body.items
    expect(version).toMatchObject({ by: 'admin', why: 'it was sold', digest: before })
    expect(version.diff).toContain('+      cold-3:')

    const { digest } = (await ground.send('GET', '/site/file')).body
    const back = await ground.send('POST', '/site/rollback', { to: version.id, before: digest, why: 'it was not' })
    expect([back.status, back.body]).toMatchObject([200, { digest: before }])
    expect(await ground.text()).toBe(now.files[0].text)
  })

  test('refuses a wrong file with its lines, and everything stays as it is', async () => {
    const [text, sweeps] = [await ground.text(), ground.steady.at.length]
    const { status, body } = await ground.change(now => now.replace('type: fresh-keeping-cabinet', 'type: fresh-cabinet'))
    const line = text.split('\n').findIndex(one => one.includes('type: fresh-keeping-cabinet')) + 1
    expect([status, body.problems[0]]).toMatchObject([422, { line, column: 15, code: 'unknown-equipment-type' }])
    expect(await ground.text()).toBe(text)
    const renamed = await ground.change(now => now.replace('id: greenhill', 'id: redhill'))
    expect([renamed.status, renamed.body.detail]).toMatchObject([409, expect.stringContaining('site.id')])
    await ground.steady.reaches(sweeps + 2)
  })

  test('takes no sign that nobody sees in a line that is new, and minds none that lay there before', async () => {
    const before = await ground.text()
    const turned = before.replace('# ', '# \u202E ')
    expect(turned).not.toBe(before)
    const typed = await ground.change(() => turned)
    expect([typed.status, typed.body.errors]).toMatchObject([400, [{ wrong: expect.stringContaining('U+202E') }]])
    expect(await ground.text()).toBe(before)
    const why = await ground.change(text => another(text, 'unseen'), 'because \u202E so')
    expect([why.status, why.body.errors.map(({ path }: { path: string }) => path)]).toEqual([400, ['body.why']])

    // Somebody has put it there with an editor: the site runs, and another change is made over the interface.
    await writeFile(ground.file, turned)
    const edited = await ground.send('POST', '/site/reload', { why: 'edited on the disk' })
    expect([edited.status, edited.body]).toMatchObject([200, {}])
    const drafted = await ground.send('POST', '/site/draft', { files: [{ name: 'site.yaml', text: another(turned, 'unseen') }] })
    expect([drafted.status, drafted.body]).toMatchObject([200, {}])
    expect((await ground.change(text => another(text, 'unseen'))).status).toBe(200)
    expect(await ground.text()).toBe(another(turned, 'unseen'))
    expect((await ground.change(() => before)).status).toBe(200)
  })

  test('lets the first of two administrators win, and tells the other', async () => {
    const { body: now } = await ground.send('GET', '/site/file')
    const apply = (id: string) =>
      ground.send('POST', '/site/apply', {
        files: [{ name: 'site.yaml', text: another(now.files[0].text, id) }],
        before: now.digest,
        why: 'both at once',
      })
    const outcomes = await Promise.all([apply('one'), apply('two')])
    expect(outcomes.map(({ status }) => status)).toEqual([200, 409])
    const text = await ground.text()
    expect([text.includes('      one:'), text.includes('      two:')]).toEqual([true, false])
  })

  test('is for administrators', async () => {
    const { address } = ground.gateway
    for (const [method, path] of [
      ['GET', '/site/file'],
      ['GET', '/site/versions'],
      ['POST', '/site/draft'],
      ['POST', '/site/apply'],
      ['POST', '/site/rollback'],
      ['POST', '/site/reload'],
    ] as const)
      expect((await fetch(`${address}/api/v1${path}`, { method })).status).toBe(401)
  })

  test('survives a restart as it would without the change', async () => {
    const before = (await ground.send('GET', '/site/file')).body.digest
    await ground.stop()
    await ground.start()
    expect((await ground.send('GET', '/site/file')).body).toMatchObject({ digest: before, running: before })
    expect(ground.complaints).toEqual([])
  })
})
