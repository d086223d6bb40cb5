import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client } from '../crash/client.ts'
import { Device } from '../crash/device.ts'
import { cabinet, Ground, until } from '../crash/ground.ts'
import type { Running } from '../crash/ground.ts'
import { freePort } from '../kit/product.ts'

/** One honest device among bad company. Whatever the others do, its readings keep their rhythm and theirs are never values. */
const manners = ['slow', 'garbage', 'other transaction', 'silent', 'hangs up'] as const
const idOf = (manner: string): string => manner.replaceAll(' ', '-')
const every = 200

let ground: Ground
let gateway: Running
let client: Client
const devices = new Map<string, Device>()

beforeAll(async () => {
  for (const manner of ['honest', ...manners] as const) {
    const device = await new Device().start()
    device.manner = manner
    devices.set(idOf(manner), device)
  }
  const ports = new Map([...devices].map(([id, { port }]) => [id, port]))
  ports.set('absent', await freePort())
  const connections = [...ports].map(
    ([id, port]) => `  ${id}: { protocol: modbus-tcp, host: 127.0.0.1, port: ${port}, every: ${every}ms, timeout: 500ms }`,
  )
  const binding = '{ table: holding, register: 0, type: uint16, scale: 0.1 }'
  const equipment = [...ports.keys()].map(id => cabinet(`at-${id}`, id, 'unit: 1', binding))
  ground = await Ground.with(`
site: { id: ground, name: Ground, policies: [canteen] }
connections:
${connections.join('\n')}
areas:
  canteen:
    name: Canteen
    equipment:
${equipment.join('')}`)
  gateway = await ground.start()
  client = await Client.signIn(gateway.address)
})
afterAll(async () => {
  await ground?.remove()
  for (const device of devices.values()) await device.stop()
})

test('the gateway is ready in spite of them', async () => {
  expect((await fetch(`${gateway.address}/readyz`)).status).toBe(200)
  expect(gateway.startedIn).toBeLessThan(20_000)
})

describe('a device that', () => {
  test.each([
    ['is absent', 'absent', /unreachable/],
    ['answers after three seconds', 'slow', /timeout/],
    ['answers garbage', 'garbage', /./],
    ['answers another transaction', 'other-transaction', /./],
    ['never answers', 'silent', /timeout/],
    ['hangs up', 'hangs-up', /./],
  ])('%s is bad with its cause, and never a value', async (_, id, code) => {
    const point = `at-${id}.temperature`
    const shown = await until(
      () => client.point(point),
      seen => seen.quality === 'bad',
    )

    expect(shown.value).toBeNull()
    expect(shown.fault?.code).toMatch(code)
    expect(shown.fault?.detail).not.toBe('')
    const readings = await client.readings(point, Date.now() - 600_000, Date.now() + 1_000)
    expect(readings.length).toBeGreaterThan(0)
    expect(readings.filter(({ q, v }) => q !== 'bad' || v !== null)).toEqual([])
  })
})

test('the honest neighbour keeps its rhythm', { retry: 5 }, async () => {
  const from = Date.now()
  await pause(5_000)
  const to = Date.now()

  const times = (await client.readings('at-honest.temperature', from, to)).map(({ t, v, q }) => {
    expect([v, q]).toEqual([4.2, 'good'])
    return Date.parse(t)
  })
  const beats = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  const sorted = beats.toSorted((a, b) => a - b)
  console.log(`asked every ${every} ms: median ${sorted[Math.floor(sorted.length / 2)]} ms, longest ${sorted.at(-1)} ms`)
  expect(times.length).toBeGreaterThan(((to - from) / every) * 0.9 - 1)
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(every * 1.1)
  // A loaded test machine may lose a beat; a neighbour's three seconds or half-second timeout may not be among them.
  expect(sorted.at(-1)).toBeLessThan(every * 2.4)
})

test('one that mends its manners is good again, and says since when it was not', async () => {
  for (const id of ['garbage', 'other-transaction', 'silent']) {
    const device = devices.get(id)
    if (device) device.manner = 'honest'
  }
  for (const id of ['garbage', 'other-transaction', 'silent']) {
    const shown = await until(
      () => client.point(`at-${id}.temperature`),
      seen => seen.quality === 'good',
      120_000,
    )
    expect(shown.value).toBe(4.2)
    const gaps = await client.gaps(`at-${id}.temperature`, Date.now() - 600_000, Date.now())
    expect(gaps.length, id).toBeGreaterThan(0)
    expect(gaps[0]?.to, id).not.toBeNull()
  }
})

test('a device that comes up later is found without help', async () => {
  const port = Number(/absent: \{ protocol: modbus-tcp, host: 127.0.0.1, port: (\d+)/.exec(ground.text)?.[1])
  const device = await new Device().start(port)
  devices.set('absent', device)

  const shown = await until(
    () => client.point('at-absent.temperature'),
    seen => seen.quality === 'good',
    120_000,
  )
  expect(shown.value).toBe(4.2)
})
