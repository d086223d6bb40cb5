import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { systemClock } from '../../gateway/clock.ts'
import type { Driver } from '../../protocols/contract/driver.ts'
import { protocols } from '../../protocols/registry.ts'
import { freePort } from '../kit/product.ts'
import { startSchoolBus } from '../kit/school-bus.ts'
import { run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
let port: number
let stopBus: () => Promise<void>
let driver: Driver

beforeAll(async () => {
  const bus = await startSchoolBus()
  port = bus.port
  stopBus = () => bus.stop()
  gateway = await run({ demo: false })
  const text = `site: { id: a, name: A }
connections: { bus: { protocol: modbus-tcp, host: 127.0.0.1, port: ${port}, every: 500ms, timeout: 300ms } }
areas: { canteen: { equipment: { cold-1: { type: fresh-keeping-cabinet, connection: bus, unit: 1, points: { temperature: { table: input, register: 1, type: int16, scale: 0.1 } } } } } }
`
  const loaded = readSite([{ name: 'site.yaml', text }], {}, protocols, await loadShelf())
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const { connections, equipment, points } = loaded.site
  Object.assign(gateway.house.site, { connections, equipment, points })
  const [connection] = connections
  if (!connection) throw new Error('no connection')
  driver = connection.driver.open({
    clock: systemClock,
    wall: systemClock,
    publish: () => {},
    linkUp: () => {},
    linkDown: () => {},
  })
  driver.start()
  gateway.house.lines = {
    inlet: () => undefined,
    report: id => (id === 'bus' ? driver.report?.() : undefined),
    scan: (id, ask, signal) => (id === 'bus' ? driver.scan?.(ask, signal) : undefined),
    probe: (id, bindings, signal) => (id === 'bus' ? driver.probe?.(signal, bindings) : undefined),
  }
})
afterAll(async () => {
  await gateway.house.commissioning.stop()
  await driver?.stop()
  await gateway.close()
  await stopBus()
})

const ask = async (method: string, path: string, body?: unknown, role: 'admin' | 'operator' = 'admin') => {
  const response = await gateway.send(method, `/api/v1${path}`, body, await gateway.cookie(role))
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as Record<string, never>) }
}
const scanned = async (id: string) => {
  await expect
    .poll(async () => (await ask('GET', `/commissioning/scans/${id}`)).body?.['ended'], { timeout: 120_000 })
    .not.toBeNull()
  return (await ask('GET', `/commissioning/scans/${id}`)).body as unknown as {
    ended: string
    found: { name: string; known: string | null }[]
    trouble: { code: string } | null
  }
}

describe('a search for equipment', () => {
  test('finds what answers on a running line, says what is connected already, and ends', async () => {
    const begun = await ask('POST', '/commissioning/scans', { connection: 'bus', ask: { from: 1, to: 4 } })
    expect(begun.status).toBe(201)
    const busy = await ask('POST', '/commissioning/scans', { connection: 'bus', ask: { from: 1, to: 4 } })
    expect(busy.status).toBe(409)
    const scan = await scanned(String(begun.body?.['id']))
    expect(scan.ended).toBe('complete')
    expect(scan.found.map(({ name, known }) => [name, known])).toEqual([
      ['unit 1', 'cold-1'],
      ['unit 2', null],
      ['unit 3', null],
    ])
  })

  test('ends when it is told to, and the line is free again', async () => {
    const settings = { host: '127.0.0.1', port, timeout: '2s' }
    const begun = await ask('POST', '/commissioning/scans', { protocol: 'modbus-tcp', settings, ask: { from: 100, to: 200 } })
    expect(begun.status).toBe(201)
    const id = String(begun.body?.['id'])
    expect((await ask('DELETE', `/commissioning/scans/${id}`)).status).toBe(204)
    expect((await scanned(id)).ended).toBe('stopped')
    const again = await ask('POST', '/commissioning/scans', { protocol: 'modbus-tcp', settings, ask: { from: 1, to: 1 } })
    expect(again.status).toBe(201)
    expect((await scanned(String(again.body?.['id']))).found).toHaveLength(1)
  })

  test('tells the fault of a line where nobody is', async () => {
    const settings = { host: '127.0.0.1', port: await freePort(), timeout: '200ms' }
    const begun = await ask('POST', '/commissioning/scans', { protocol: 'modbus-tcp', settings, ask: { from: 1, to: 2 } })
    const scan = await scanned(String(begun.body?.['id']))
    expect(scan).toMatchObject({ ended: 'trouble', trouble: { code: 'unreachable' }, found: [] })
  })

  test('does not leave private networks without an explicit yes', async () => {
    const line = { protocol: 'modbus-tcp', settings: { host: '8.8.8.8' } }
    for (const path of ['/commissioning/scans', '/commissioning/try']) {
      const refused = await ask('POST', path, { ...line, equipment: { type: 'freezer', device: { unit: 1 } } })
      expect([path, refused.status]).toEqual([path, 403])
      expect(String(refused.body?.['detail'])).toContain('8.8.8.8')
    }
  })

  test.each([
    [{}, 400],
    [{ connection: 'bus', protocol: 'modbus-tcp' }, 400],
    [{ connection: 'nobody' }, 404],
    [{ connection: 'bus', ask: { from: 5, to: 2 } }, 400],
    [{ connection: 'bus', ask: { from: -1 } }, 400],
    [{ connection: 'bus', ask: { listen: 'soon' } }, 400],
    [{ connection: 'bus', ask: { most: 1e9 } }, 400],
    [{ protocol: 'modbus-tcp', settings: { host: 'x'.repeat(30_000) } }, 400],
    ['nonsense', 415],
  ])('is refused for %j', async (body, status) => {
    expect((await ask('POST', '/commissioning/scans', body)).status).toBe(status)
  })

  test('tells what is wrong with a line by its place, in both languages', async () => {
    const { status, body } = await ask('POST', '/commissioning/scans', {
      protocol: 'modbus-tcp',
      settings: { port: 0, hots: 'x' },
    })
    expect(status).toBe(200)
    const problems = (body as unknown as { problems: { path: string; wrong: { zh: string; en: string } }[] }).problems
    expect(problems.map(({ path }) => path).toSorted()).toEqual(['connection.host', 'connection.hots', 'connection.port'])
    for (const { wrong } of problems) expect(wrong.zh).toMatch(/[一-鿿]/)
  })
})

describe('equipment that is tried out', () => {
  test('is read over the running line, with its bytes and what would fit', async () => {
    const equipment = {
      type: 'fresh-keeping-cabinet',
      device: { unit: 2 },
      points: { temperature: { register: 0, type: 'float32' } },
    }
    const { status, body } = await ask('POST', '/commissioning/try', { connection: 'bus', equipment })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      problems: [],
      tried: {
        points: [{ key: 'temperature', raw: '33334083', quality: 'bad' }],
        hints: [{ code: 'order', change: [{ point: 'temperature', settings: { order: 'CDAB' } }], gives: [{ value: 4.1 }] }],
      },
    })
  })

  test('is read over a line that is not in the site file, by its model', async () => {
    const line = { protocol: 'modbus-tcp', settings: { host: '127.0.0.1', port } }
    const { body } = await ask('POST', '/commissioning/try', {
      ...line,
      equipment: { type: 'fresh-keeping-cabinet', model: 'xy-md02', device: { unit: 1 } },
    })
    expect(body).toMatchObject({
      problems: [],
      tried: { points: [{ key: 'temperature', value: 4.2, raw: '002a', quality: 'good' }], hints: [] },
    })
  })

  test('has its address mended where it is off by one, or in the other table', async () => {
    const equipment = {
      type: 'fresh-keeping-cabinet',
      device: { unit: 1 },
      points: { temperature: { table: 'input', register: 0, type: 'int16', scale: 0.1 } },
    }
    const { body } = await ask('POST', '/commissioning/try', { connection: 'bus', equipment })
    const hints = (body as unknown as { tried: { hints: { code: string; change: unknown }[] } }).tried.hints
    expect(hints[0]).toMatchObject({ code: 'address', change: [{ point: 'temperature', settings: { register: 1 } }] })
  })

  test('is told what to look at where it does not answer', async () => {
    const equipment = { type: 'fresh-keeping-cabinet', device: { unit: 77 }, points: { temperature: { register: 0 } } }
    const { body } = await ask('POST', '/commissioning/try', { connection: 'bus', equipment })
    expect(body).toMatchObject({
      tried: { points: [{ value: null, quality: 'bad' }], hints: [{ code: 'no-answer', change: [] }] },
    })
  })

  test('may be equipment of the site, looked at again', async () => {
    const { body } = await ask('POST', '/commissioning/try', { equipment: { id: 'cold-1' } })
    expect(body).toMatchObject({ tried: { points: [{ key: 'temperature', value: 4.2 }], hints: [] } })
    expect((await ask('POST', '/commissioning/try', { equipment: { id: 'nobody' } })).status).toBe(404)
  })

  test('has what is wrong with it told by its place', async () => {
    const equipment = {
      type: 'fresh-keeping-cabinet',
      device: { unit: 999 },
      points: { temperature: { register: 'x' }, colour: { register: 1 } },
    }
    const { body } = await ask('POST', '/commissioning/try', { connection: 'bus', equipment })
    const { tried, problems } = body as unknown as { tried: null; problems: { path: string }[] }
    expect(tried).toBeNull()
    const paths = problems.map(({ path }) => path)
    expect(paths).toContain('points.temperature.register')
    expect(paths).toContain('points.colour')
    expect(paths).toContain('device.unit')
  })

  test('is in the journal once, however often its values are read, and never with a password', async () => {
    const line = { protocol: 'mqtt', settings: { url: 'mqtt://user:hunter2@127.0.0.1:1', username: 'u', password: 'hunter2' } }
    for (let time = 0; time < 3; time += 1)
      await ask('POST', '/commissioning/try', {
        ...line,
        equipment: { type: 'freezer', device: {}, points: { temperature: { topic: 'a/b' } } },
      })
    const told = gateway.house.entries.filter(({ kind }) => kind.startsWith('commissioning.'))
    expect(told.length).toBeGreaterThan(0)
    expect(JSON.stringify(told)).not.toContain('hunter2')
    expect(told.filter(({ about, data }) => about === 'cold-1' && data['equipment'] === 'cold-1').length).toBe(1)
  })
})

describe('the polling doctor', () => {
  test('lists the lines for everybody, and tells the rest to who may read the journal', async () => {
    const all = await ask('GET', '/connections', undefined, 'operator')
    expect(all.body).toMatchObject({
      items: [{ id: 'bus', protocol: 'modbus-tcp', address: `127.0.0.1:${port}`, equipment: ['cold-1'] }],
    })
    await expect
      .poll(async () => (await ask('GET', '/connections/bus')).body?.['report'], { timeout: 120_000 })
      .toMatchObject({
        devices: [{ device: 'unit 1' }],
      })
    const one = await ask('GET', '/connections/bus')
    expect(one.body).toMatchObject({ plan: { requests: 1, serial: { known: false } } })
    expect((await ask('GET', '/connections/nobody')).status).toBe(404)
    const viewer = await gateway.get('/api/v1/connections/bus', await gateway.cookie('viewer'))
    expect(viewer.status).toBe(403)
  })
})
