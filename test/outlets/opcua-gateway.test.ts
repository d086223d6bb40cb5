import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as opcua from 'node-opcua-client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { io } from 'socket.io-client'
import { facility, freePort, password as adminPassword, person } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'
import { asScada, connect, password } from './ground.ts'
import type { Scada } from './ground.ts'

const site = (port: number): string => `\
site: { id: greenhill, name: { zh: 青山小学, en: Greenhill School }, policies: [canteen] }
connections:
  push: { protocol: http }
opcuaServer:
  port: ${port}
  accounts: { scada: '\${ZHISHOU_TEST_SCADA}' }
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        connection: push
        facts: { holds: cooked, serial: BX-1 }
        points: { temperature: {} }
        rules:
          temperature.hot: { kind: limit, op: gt, value: 20, onDelay: 0s, offDelay: 0s, priority: high }
`
const rule = 'cold-1.temperature.hot'
const node = 'ns=1;s=cold-1.temperature'

/** The product as `zhishou run` starts it, and a client nobody here wrote. */
describe('the running gateway in front of a SCADA', () => {
  let place: Facility
  let running: Product
  let file = ''
  let address = ''
  let port = 0
  let scada: Scada | undefined
  let admin: Awaited<ReturnType<typeof person>>
  beforeAll(async () => {
    process.env['ZHISHOU_TEST_SCADA'] = password
    place = await facility()
    port = await freePort()
    file = join(place.folder, 'site.yaml')
    address = `opc.tcp://127.0.0.1:${port}/zhishou`
    await writeFile(file, site(port))
    running = await place.start(['--site', file])
    admin = await person(running.address)
  })
  afterAll(async () => {
    await scada?.leave()
    await place?.remove()
    delete process.env['ZHISHOU_TEST_SCADA']
  })

  const come = async (): Promise<Scada> => vi.waitFor(() => connect(address), { timeout: 120_000, interval: 250 })
  const say = async (v: number): Promise<void> => {
    const answer = await admin.send('POST', '/api/v1/readings', [{ point: 'cold-1.temperature', t: Date.now(), v }])
    expect(answer.status).toBe(204)
  }
  /** What every screen shows as troubles of the gateway itself. */
  const onScreens = async (): Promise<readonly string[]> => {
    const signedIn = await fetch(`${running.address}/api/v1/session`, {
      method: 'POST',
      headers: { origin: running.address, 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password: adminPassword }),
    })
    const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const live = io(running.address, { extraHeaders: { cookie }, transports: ['websocket'] })
    live.on('connect', () => live.emit('watch', { points: 'all' }))
    const { health } = await new Promise<{ health: { troubles: { code: string }[] } }>(resolve => live.on('snapshot', resolve))
    live.disconnect()
    return health.troubles.map(({ code }) => code)
  }
  const state = async (): Promise<Record<string, never>> => (await admin.get('/api/v1/opcua-server')) as Record<string, never>

  test('gives points and alarms to whoever has the password, as they come and as people deal with them', async () => {
    await say(4.5)
    scada = await come()
    const read = async (): Promise<opcua.DataValue | undefined> =>
      scada?.session.read({ nodeId: node, attributeId: opcua.AttributeIds.Value })
    await vi.waitFor(async () => expect((await read())?.value.value).toBe(4.5), { timeout: 120_000, interval: 50 })
    const log = await scada.events([
      'ConditionName',
      'ActiveState.Id',
      'AckedState.Id',
      'ShelvingState.CurrentState',
      'Retain',
      'Severity',
      'ClientUserId',
      'Comment',
      '1:AlarmId',
    ])
    await say(25)
    const raised = await log.until(event => event['ConditionName'] === rule)
    expect(raised).toMatchObject({ 'ActiveState.Id': true, 'AckedState.Id': false, Retain: true, Severity: 900 })
    expect((await read())?.value.value).toBe(25)

    const alarm = `/api/v1/alarms/${String(raised['1:AlarmId'])}`
    expect((await admin.send('POST', `${alarm}/acknowledge`, { comment: 'the door stood open' })).status).toBe(200)
    const seen = await log.until(event => event['ConditionName'] === rule && event['AckedState.Id'] === true)
    expect(seen).toMatchObject({ 'ActiveState.Id': true, ClientUserId: 'admin' })
    expect(String(seen['Comment'])).toContain('the door stood open')
    await say(4)
    await log.until(event => event['ConditionName'] === rule && event['ActiveState.Id'] === false)
  })

  test('lets nobody in without it, and nobody change anything', async () => {
    await expect(connect(address, { user: { type: opcua.UserTokenType.Anonymous } })).rejects.toThrow()
    await expect(connect(address, { user: asScada('another-word') })).rejects.toThrow(/BadUserAccessDenied/)
    const none = { policy: opcua.SecurityPolicy.None, mode: opcua.MessageSecurityMode.None }
    await expect(connect(address, none)).rejects.toThrow()
    const value = { value: { dataType: opcua.DataType.Double, value: -99 } }
    const written = await scada?.session.write({ nodeId: node, attributeId: opcua.AttributeIds.Value, value })
    expect(written?.name).toBe('BadUserAccessDenied')
    const called = await scada?.session.call({ objectId: `ns=1;s=alarm:${rule}`, methodId: 'ns=0;i=9111', inputArguments: [] })
    expect(called?.statusCode.name).toBe('BadUserAccessDenied')
    const now = (await admin.get('/api/v1/points/cold-1.temperature')) as { value: number }
    expect(now.value).toBe(4)
  })

  test('tells people how it does, and who came', async () => {
    await vi.waitFor(async () => expect(await state()).toMatchObject({ sessions: 1, refusedWrites: 1, refusedCalls: 1 }), {
      timeout: 120_000,
      interval: 250,
    })
    expect(await state()).toMatchObject({ state: 'serving', address, refusedLogins: 1, trouble: null })
    expect(String((await state())['fingerprint'])).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
    const metrics = await (await admin.send('GET', '/metrics')).text()
    expect(metrics).toMatch(/^zhishou_opcua_server_sessions 1$/m)
  })

  test('comes back with the new equipment after a change of the site', async () => {
    await scada?.leave()
    scada = undefined
    const { files, digest } = (await admin.get('/api/v1/site/file')) as {
      files: { name: string; text: string }[]
      digest: string
    }
    const text = `${files[0]?.text}      cold-2:
        type: fresh-keeping-cabinet
        connection: push
        facts: { holds: cooked, serial: BX-2 }
        points: { temperature: {} }
`
    const changed = { files: [{ name: 'site.yaml', text }], before: digest, why: 'one more cabinet' }
    expect((await admin.send('POST', '/api/v1/site/apply', changed)).status).toBe(200)
    expect(await readFile(file, 'utf8')).toBe(text)
    const again = await come()
    const read = await again.session.read({ nodeId: 'ns=1;s=cold-2.temperature', attributeId: opcua.AttributeIds.Value })
    expect(read.statusCode.name).toBe('BadWaitingForInitialData')
    expect((await again.session.read({ nodeId: node, attributeId: opcua.AttributeIds.Value })).value.value).toBe(4)
    await again.leave()
  })

  test('says so on every screen where its port is taken, and is silent when the gateway stops', async () => {
    expect(await running.stop()).toBe(0)
    await expect(connect(address)).rejects.toThrow()
    const { createServer } = await import('node:net')
    const other = createServer().listen(port, '127.0.0.1')
    await new Promise(resolve => other.once('listening', resolve))
    running = await place.start(['--site', file])
    admin = await person(running.address)
    await vi.waitFor(
      async () => {
        expect(await state()).toMatchObject({ state: 'down', trouble: expect.stringContaining('EADDRINUSE') })
        expect(await onScreens()).toContain('opcua-server')
      },
      { timeout: 120_000, interval: 500 },
    )
    await new Promise(resolve => other.close(resolve))
    await (await come()).leave()
    await vi.waitFor(async () => expect(await state()).toMatchObject({ state: 'serving', trouble: null }), { timeout: 120_000 })
  })
})
