import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { io } from 'socket.io-client'
import type { Socket } from 'socket.io-client'
import type { ServerToBrowser, WireChange, WireSnapshot } from '../../gateway/api/wire.ts'
import type { AlarmId } from '../../gateway/alarm/alarm.ts'
import { instant } from '../../protocols/contract/time.ts'
import { anAlarm, noon, passwords, run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
const open: Socket[] = []
beforeEach(async () => {
  gateway = await run()
})
afterEach(async () => {
  for (const socket of open.splice(0)) socket.close()
  await gateway.close()
})

/** A browser's side of the channel, which keeps what it was told in order. */
class Browser {
  readonly socket: Socket
  readonly snapshots: WireSnapshot[] = []
  readonly changes: WireChange[] = []
  readonly #waiting = new Set<() => void>()

  constructor(headers: Record<string, string>, more: Record<string, unknown> = {}) {
    this.socket = io(gateway.url, {
      transports: ['websocket'],
      extraHeaders: headers,
      reconnection: false,
      forceNew: true,
      ...more,
    })
    open.push(this.socket)
    const heard: Partial<ServerToBrowser> = {
      snapshot: state => this.snapshots.push(state),
      change: change => this.changes.push(change),
    }
    for (const [name, listener] of Object.entries(heard)) {
      this.socket.on(name, (...said: unknown[]) => {
        Reflect.apply(listener, undefined, said)
        for (const wake of this.#waiting) wake()
      })
    }
  }
  once(event: string): Promise<unknown> {
    return new Promise(resolve => this.socket.once(event, resolve))
  }
  watch(points: unknown): void {
    this.socket.emit('watch', { points })
  }
  /** Resolves when what was told so far satisfies the test. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const look = (): void => {
        if (!isSo()) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }
}
async function browserOf(role: 'viewer' | 'operator' = 'viewer'): Promise<Browser> {
  const browser = new Browser({ cookie: await gateway.cookie(role) })
  await browser.once('connect')
  return browser
}

describe('a screen', () => {
  test('gets a snapshot of what it shows, then numbered changes of that alone', async () => {
    const { house } = gateway
    house.reads('cold-1.temperature', 4.2)
    house.reads('gas-1.flow', 0.1)
    house.alarmed(anAlarm())
    const browser = await browserOf()
    browser.watch(['cold-1.temperature', 'cold-1.door', 'not-a-point'])
    await browser.until(() => browser.snapshots.length === 1)

    const [snapshot] = browser.snapshots
    expect(snapshot?.readings).toEqual([['cold-1.temperature', noon, noon, 4.2, 'good']])
    expect(snapshot?.alarms[0]).toMatchObject({ id: 'A1', clause: 'CAN-1', raisedAt: noon - 40 * 60_000 })
    expect(snapshot?.clock).toEqual({ now: noon, speed: 60 })

    house.reads('gas-1.flow', 0.2)
    house.reads('cold-1.temperature', 4.3)
    house.reads('cold-1.temperature', 4.4)
    await browser.until(() => browser.changes.length === 1)
    house.alarmed(anAlarm({ state: 'normal', clearedAt: noon }), 'alarm.cleared')
    await browser.until(() => browser.changes.length === 2)

    expect(browser.changes.map(({ seq }) => seq)).toEqual([(snapshot?.seq ?? 0) + 1, (snapshot?.seq ?? 0) + 2])
    expect(browser.changes[0]?.readings).toEqual([['cold-1.temperature', noon, noon, 4.4, 'good']])
    expect(browser.changes[1]?.alarms).toMatchObject([{ id: 'A1', state: 'normal' }])
  })
  test('that shows all is told of all, and of links, faults, troubles and pace', async () => {
    const { house } = gateway
    const browser = await browserOf()
    browser.watch('all')
    await browser.until(() => browser.snapshots.length === 1)
    const link = { connection: 'bus', up: false, since: noon, fault: { code: 'timeout', detail: 'no answer' } } as const
    house.troubles = [{ code: 'store', say: { zh: '磁盘', en: 'disk' } }]
    house.faults = house.faults.map(fault => ({ ...fault, active: true }))
    for (const listener of house.listeners) {
      listener.link?.(link)
      listener.troubles?.(house.troubles)
      listener.faults?.()
    }
    await browser.until(() => browser.changes.length === 1)
    expect(browser.changes[0]).toMatchObject({
      links: [link],
      faults: [{ equipment: 'cold-1', fault: 'door-left-open' }],
      health: { ready: true, troubles: [{ code: 'store' }] },
    })
    await house.demo?.setSpeed(1)
    await browser.until(() => browser.changes.length === 2)
    expect(browser.changes[1]).toEqual({ seq: browser.changes[0]!.seq + 1, clock: { now: noon, speed: 1 } })
  })
  test('that asks again gets a fresh snapshot and goes on counting from it', async () => {
    const browser = await browserOf()
    browser.watch('all')
    await browser.until(() => browser.snapshots.length === 1)
    gateway.house.reads('cold-1.temperature', 5)
    await browser.until(() => browser.changes.length === 1)
    browser.watch('all')
    await browser.until(() => browser.snapshots.length === 2)
    gateway.house.reads('cold-1.temperature', 6)
    await browser.until(() => browser.changes.length === 2)
    expect(browser.snapshots[1]?.readings[0]?.[3]).toBe(5)
    expect(browser.changes[1]?.seq).toBe(browser.snapshots[1]!.seq + 1)
  })
  test('says nothing until it says what it shows', async () => {
    const [silent, watching] = [await browserOf(), await browserOf('operator')]
    watching.watch('all')
    await watching.until(() => watching.snapshots.length === 1)
    gateway.house.reads('cold-1.temperature', 5)
    await watching.until(() => watching.changes.length === 1)
    expect([silent.snapshots.length, silent.changes.length]).toEqual([0, 0])
  })
  test('works over polling alone', async () => {
    const browser = new Browser({ cookie: await gateway.cookie('viewer') }, { transports: ['polling'] })
    await browser.once('connect')
    browser.watch('all')
    await browser.until(() => browser.snapshots.length === 1)
    gateway.house.reads('cold-1.temperature', 5)
    await browser.until(() => browser.changes.length === 1)
  })
  test('gets the first picture of a large site packed, and what comes later as it is', async () => {
    const { house } = gateway
    for (let n = 0; n < 2_000; n++) house.alarmed(anAlarm({ id: `A${n}` as AlarmId }))
    const browser = await browserOf()
    const raw = (
      browser.socket.io.engine.transport as unknown as { readonly ws: { readonly _socket: { readonly bytesRead: number } } }
    ).ws._socket
    const before = raw.bytesRead
    browser.watch('all')
    await browser.until(() => browser.snapshots.length === 1)
    const whole = JSON.stringify(browser.snapshots[0]).length
    expect(browser.snapshots[0]?.alarms).toHaveLength(2_000)
    expect(whole).toBeGreaterThan(1_000_000)
    expect(raw.bytesRead - before).toBeLessThan(whole / 10)

    const then = raw.bytesRead
    house.reads('cold-1.temperature', 4.3)
    await browser.until(() => browser.changes.length === 1)
    const change = JSON.stringify(browser.changes[0]).length
    expect(raw.bytesRead - then).toBeGreaterThanOrEqual(change)
  })
  test('hears of a thousand readings in one message', async () => {
    const browser = await browserOf()
    browser.watch('all')
    await browser.until(() => browser.snapshots.length === 1)
    for (let i = 0; i < 1_000; i += 1) gateway.house.reads('cold-1.temperature', i)
    await browser.until(() => browser.changes.at(-1)?.readings?.[0]?.[3] === 999)
    expect(browser.changes.length).toBe(1)
  })
  test.each([undefined, null, 7, { points: 'some' }, { points: [1] }, { points: ['x'.repeat(300)] }])(
    'that asks for %j is sent away, and the others stay',
    async wish => {
      const [odd, other] = [await browserOf(), await browserOf('operator')]
      const gone = odd.once('disconnect')
      odd.socket.emit('watch', wish)
      await gone
      other.watch('all')
      await other.until(() => other.snapshots.length === 1)
    },
  )
})

describe('who may listen', () => {
  const refused = async (headers: Record<string, string>, more?: Record<string, unknown>): Promise<string> => {
    const browser = new Browser(headers, more)
    return ((await browser.once('connect_error')) as Error).message
  }
  test('is nobody without a session or token', async () => {
    expect(await refused({})).toBe('not-signed-in')
    expect(await refused({ cookie: 'zhishou_session=zss_x' })).toBe('not-signed-in')
    expect(await refused({ authorization: 'Bearer nope' })).toBe('not-signed-in')
    expect(await refused({}, { auth: { token: { $ne: null } } })).toBe('not-signed-in')
  })
  test('is not a page of another site, even with the cookie', async () => {
    const cookie = await gateway.cookie('viewer')
    for (const origin of ['http://evil.example', 'null', `${gateway.url}.evil.example`]) {
      expect(await refused({ cookie, origin })).toMatch(/websocket error|refused/)
    }
    const own = new Browser({ cookie, origin: gateway.url })
    await own.once('connect')
  })
  test('is a program with a token, in the header or in the handshake', async () => {
    const { secret } = await gateway.accounts.createToken('panel', 'viewer', 'admin')
    await new Browser({ authorization: `Bearer ${secret}` }).once('connect')
    await new Browser({}, { auth: { token: secret } }).once('connect')
  })
})

describe('a sign-in that ends', () => {
  test.each([
    ['signing out', async () => gateway.accounts.signOut((await gateway.cookie('viewer')).split('=')[1] ?? '')],
    ['a change of role', () => gateway.accounts.setRole('viewer', 'operator')],
    ['a change of password', () => gateway.accounts.setPassword('viewer', 'something-new')],
    ['disabling the account', () => gateway.accounts.disable('viewer')],
  ])('by %s tells the screen and closes it', async (_how, end) => {
    const browser = await browserOf()
    const [told, closed] = [browser.once('signedOut'), browser.once('disconnect')]
    await end()
    await Promise.all([told, closed])
  })
  test('by another process is noticed within five seconds', { retry: 3 }, async () => {
    const browser = await browserOf()
    const key = 'account/viewer'
    const row = gateway.house.shelf.rows.get(key) as { epoch: number }
    const started = performance.now()
    const closed = browser.once('signedOut')
    gateway.house.shelf.rows.set(key, { ...row, disabled: true, epoch: row.epoch + 1 })
    await closed
    expect(performance.now() - started).toBeLessThan(5_000)
  })
  test('by revoking its token too', async () => {
    const { secret, token } = await gateway.accounts.createToken('panel', 'viewer', 'admin')
    const browser = new Browser({ authorization: `Bearer ${secret}` })
    await browser.once('connect')
    const closed = browser.once('signedOut')
    await gateway.accounts.revokeToken(token.id)
    await closed
  })
  test('leaves a screen of somebody else alone', async () => {
    const [gone, stays] = [await browserOf(), await browserOf('operator')]
    const closed = gone.once('signedOut')
    await gateway.accounts.disable('viewer')
    await closed
    stays.watch('all')
    await stays.until(() => stays.snapshots.length === 1)
    expect(await gateway.accounts.signIn('operator', passwords.operator, '::1')).toMatchObject({ ok: true })
  })
})

describe('a reader that is too slow', () => {
  test('is told nothing until it has caught up, and then everything at once', async () => {
    const { house } = gateway
    // Many alarms with long comments that cannot be packed make messages that fill the kernel's buffers soon.
    const acknowledged = { by: 'li', at: noon, comment: '' }
    const flood = (round: number): void => {
      for (let i = 0; i < 300; i += 1) {
        const said = { ...acknowledged, comment: randomBytes(1_500).toString('base64') }
        house.alarmed(anAlarm({ id: `A${i}` as AlarmId, acknowledged: said, state: 'acknowledged', times: round }))
      }
    }
    const browser = await browserOf()
    browser.watch('all')
    await browser.until(() => browser.snapshots.length === 1)
    const raw = (browser.socket.io.engine.transport as unknown as { ws: { _socket: import('node:net').Socket } }).ws._socket
    raw.pause()
    // Once the kernel takes nothing more, it stays so.
    let slow = 0
    for (let round = 1; round <= 200 && slow < 10; round += 1) {
      flood(round)
      const metrics = await (await gateway.get('/metrics')).text()
      slow = /^zhishou_live_sockets_slow 1$/m.test(metrics) ? slow + 1 : 0
      await new Promise(resolve => setTimeout(resolve, 30))
    }
    expect(slow).toBe(10)
    house.reads('cold-1.temperature', 7.7)
    const before = browser.snapshots.length
    raw.resume()
    await browser.until(() => browser.snapshots.length > before && browser.snapshots.at(-1)?.readings.length === 1)
    expect(browser.snapshots.at(-1)?.readings).toEqual([['cold-1.temperature', noon, noon, 7.7, 'good']])
    // Behind or not, the numbers it saw are without a hole.
    const seen = [...browser.changes.map(({ seq }) => seq), ...browser.snapshots.map(({ seq }) => seq)].toSorted((a, b) => a - b)
    expect(seen).toEqual(seen.map((_, i) => (seen[0] ?? 0) + i))
    house.reads('cold-1.temperature', 7.8, instant(noon + 1))
    await browser.until(() => browser.changes.at(-1)?.readings?.[0]?.[3] === 7.8)
  })
})
