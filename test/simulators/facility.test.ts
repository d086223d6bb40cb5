import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { ClientSession, DataValue } from 'node-opcua-client'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { AttributeIds, DataType, OPCUAClient, StatusCodes } from 'node-opcua-client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pointId } from '../../protocols/contract/reading.ts'
import type { FacilityParts, PlayedSite } from '../../simulators/facility.ts'
import { Facility } from '../../simulators/facility.ts'
import { freePorts } from './ports.ts'

const run = promisify(execFile)

let folder = ''
const undo: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zhishou-facility-'))
})
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
  await rm(folder, { recursive: true, force: true })
})

type Wiring = readonly [key: string, unit: string, binding: Readonly<Record<string, unknown>>, contact?: 'contact']

interface Entry {
  readonly type: string
  readonly on: string
  readonly device?: Readonly<Record<string, unknown>>
  readonly points: readonly Wiring[]
}

function siteOf(connections: PlayedSite['connections'], equipment: Readonly<Record<string, Entry>>): PlayedSite {
  const entries = Object.entries(equipment)
  return {
    id: 'test',
    timeZone: 'Asia/Shanghai',
    connections,
    equipment: entries.map(([id, { type, device = {} }]) => ({ id, type, device })),
    points: entries.flatMap(([id, { on, points }]) =>
      points.map(([key, unit, binding, contact]) => ({
        id: pointId(id, key),
        key,
        equipment: id,
        kind: contact ?? ('measurement' as const),
        unit,
        connection: on,
        binding,
      })),
    ),
  }
}

async function play(site: PlayedSite, more: Partial<FacilityParts> = {}): Promise<Facility> {
  const facility = new Facility({ site, state: join(folder, 'world.json'), speed: 1, ...more })
  undo.push(() => facility.stop())
  await facility.start()
  return facility
}

const probe: Wiring = ['temperature', '°C', { table: 'input', register: 0, type: 'int16', scale: 0.1, sentinel: [-32_768] }]
const cold = (unit: number): Entry => ({
  type: 'fresh-keeping-cabinet',
  on: 'bus',
  device: { unit },
  points: [probe, ['power', 'W', { table: 'input', register: 4 }], ['door', '', { table: 'discrete', register: 2 }, 'contact']],
})
const bus = (port: number, more: object = {}) => [
  { id: 'bus', protocol: 'modbus-tcp', settings: { host: '127.0.0.1', port, ...more } },
]

async function mbpoll(port: number, ...args: readonly string[]): Promise<number[]> {
  const { stdout } = await run('mbpoll', ['-m', 'tcp', '-p', String(port), '-0', '-1', '-o', '1', ...args, '127.0.0.1'])
  return [...stdout.matchAll(/^\[\d+\]:\s+(-?[\d.]+)(?: \((-\d+)\))?/gm)].map(match => Number(match[2] ?? match[1]))
}
const refusal = (port: number, ...args: readonly string[]): Promise<string> =>
  mbpoll(port, ...args).then(
    values => `answered ${values.join()}`,
    (error: unknown) => String((error as { stderr?: unknown }).stderr),
  )

describe('a facility on Modbus TCP', () => {
  test('answers at the addresses of the site file, in the device’s own unit, and suffers what it is told', async () => {
    const [port = 0] = await freePorts(1)
    const fahrenheit: Entry = {
      type: 'vaccine-fridge',
      on: 'bus',
      device: { unit: 7 },
      points: [['temperature', '°C', { register: 3, type: 'float32', order: 'ABCD', unit: '°F' }]],
    }
    const facility = await play(siteOf(bus(port), { 'cold-1': cold(1), 'cold-2': cold(2), 'vaccine-1': fahrenheit }))
    const [tenths = NaN, hole, , , watts] = await mbpoll(port, '-a', '1', '-t', '3', '-r', '0', '-c', '5')
    expect(tenths).toBeGreaterThan(20)
    expect(tenths).toBeLessThan(80)
    expect(hole).toBe(0)
    expect([8, 320]).toContain(watts)
    expect((await mbpoll(port, '-a', '7', '-t', '4:float', '-B', '-r', '3'))[0]).toBeCloseTo((4.8 * 9) / 5 + 32, -0.5)
    expect(await refusal(port, '-a', '1', '-t', '3', '-r', '3', '-c', '5')).toMatch(/Illegal data address/)
    expect(await refusal(port, '-a', '3', '-t', '3', '-r', '0')).toMatch(/Target device failed/)

    facility.inject('cold-1', 'sensor-lost', true)
    expect(await mbpoll(port, '-a', '1', '-t', '3', '-r', '0')).toEqual([-32_768])
    facility.inject('vaccine-1', 'sensor-lost', true)
    const { stdout } = await run('mbpoll', [
      '-m',
      'tcp',
      '-p',
      String(port),
      '-0',
      '-1',
      '-a',
      '7',
      '-t',
      '4:float',
      '-B',
      '-r',
      '3',
      '127.0.0.1',
    ])
    expect(stdout).toMatch(/\[3\]:\s+-?nan/i)
    facility.inject('cold-1', 'sensor-lost', false)
    facility.inject('cold-1', 'device-silent', true)
    expect(await refusal(port, '-a', '1', '-t', '3', '-r', '0')).toMatch(/timed out/i)
    expect(await mbpoll(port, '-a', '2', '-t', '3', '-r', '0')).toHaveLength(1)
    facility.inject('cold-1', 'device-silent', false)
    facility.inject('cold-1', 'door-left-open', true)
    await expect.poll(() => mbpoll(port, '-a', '1', '-t', '1', '-r', '2')).toEqual([1])
  })

  test('answers 0x0B within a gap of the recorded series, and a value outside of it', async () => {
    const [port = 0] = await freePorts(1)
    const recorded: Entry = {
      type: 'room-thermometer',
      on: 'bus',
      device: { unit: 1 },
      points: [['temperature', '°C', { table: 'input', register: 0, type: 'int16', scale: 0.1, unit: '°F' }]],
    }
    const tuesday = Date.UTC(2026, 10, 23, 16)
    const begin = { wall: Date.now(), domain: tuesday - 86_400_000, speed: 1 }
    const facility = await play(siteOf(bus(port), { 'office-room': recorded }), { speed: 2, clock: begin })
    const [tenths = NaN] = await mbpoll(port, '-a', '1', '-t', '3', '-r', '0')
    expect(tenths).toBeGreaterThan(550)
    expect(tenths).toBeLessThan(800)
    facility.setClock({ wall: Date.now(), domain: tuesday + 4 * 3_600_000, speed: 1 })
    await expect.poll(() => refusal(port, '-a', '1', '-t', '3', '-r', '0')).toMatch(/Target device failed/)
    facility.setClock({ wall: Date.now(), domain: tuesday + 6 * 3_600_000, speed: 1 })
    await expect.poll(() => mbpoll(port, '-a', '1', '-t', '3', '-r', '0').catch(() => [])).toHaveLength(1)
  })

  test('lives as fast as its clock says', async () => {
    const [port = 0] = await freePorts(1)
    const facility = await play(siteOf(bus(port), { 'cold-1': cold(1) }), { speed: 600 })
    facility.inject('cold-1', 'door-left-open', true)
    await expect
      .poll(async () => (await mbpoll(port, '-a', '1', '-t', '3', '-r', '0'))[0] ?? 0, { timeout: 120_000 })
      .toBeGreaterThan(80)
  })
})

async function mosquitto(port: number): Promise<void> {
  const passwords = join(folder, 'passwords')
  const config = join(folder, 'mosquitto.conf')
  await writeFile(passwords, '')
  await run('mosquitto_passwd', ['-b', passwords, 'tank-1', 'secret'])
  await run('mosquitto_passwd', ['-b', passwords, 'reader', 'reads'])
  await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous false\npassword_file ${passwords}\nuser root\n`)
  const child = spawn('mosquitto', ['-c', config, '-v'], { stdio: ['ignore', 'ignore', 'pipe'] })
  undo.push(() => ended(child, 'SIGTERM'))
  if (child.stderr)
    for await (const line of createInterface({ input: child.stderr })) if (/mosquitto version .* running/.test(line)) break
  child.stderr?.resume()
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise(done => {
    child.once('exit', () => done())
    child.kill(signal)
  })
}

/** The next message of a topic, as Debian's client prints it. */
async function heard(port: number, topic: string, seconds = 8): Promise<string> {
  const args = [
    '-h',
    '127.0.0.1',
    '-p',
    String(port),
    '-u',
    'reader',
    '-P',
    'reads',
    '-q',
    '1',
    '-C',
    '1',
    '-W',
    String(seconds),
    '-t',
    topic,
  ]
  return (await run('mosquitto_sub', args, { encoding: 'latin1' }).catch(() => ({ stdout: '' }))).stdout.trim()
}

/** The same for what is said only once: resolves when the broker has confirmed the subscription. */
async function subscribed(port: number, topic: string): Promise<{ readonly message: Promise<string> }> {
  const to = ['-h', '127.0.0.1', '-p', String(port), '-u', 'reader', '-P', 'reads', '-q', '1', '-W', '20', '-t', topic]
  const child = spawn('stdbuf', ['-oL', 'mosquitto_sub', '-d', '-C', '1', ...to], { stdio: ['ignore', 'pipe', 'ignore'] })
  undo.push(() => ended(child, 'SIGTERM'))
  const lines = createInterface({ input: child.stdout })
  const message = new Promise<string>((resolve, reject) => {
    lines.on('line', line => {
      if (line.startsWith('{')) resolve(line)
    })
    child.once('exit', () => reject(new Error(`nothing was said on ${topic}`)))
  })
  message.catch(() => {})
  await new Promise<void>(resolve => {
    lines.on('line', line => {
      if (/SUBACK/.test(line)) resolve()
    })
  })
  return { message }
}

describe('a facility on MQTT', () => {
  test('each device speaks with its own account, its own time, words and units, to a mosquitto broker', async () => {
    const [port = 0] = await freePorts(1)
    const tank: Entry = {
      type: 'water-tank',
      on: 'broker',
      device: { device: 'tank-1' },
      points: [
        ['level', 'm', { topic: 'devices/+/state', value: '/water/level_mm', time: '/ts', unit: 'mm' }],
        ['dosing', '', { topic: 'devices/+/state', value: '/pump', time: '/ts', map: { on: 1, off: 0 } }, 'contact'],
        ['chlorine', 'mg/L', {}],
      ],
    }
    const broker = { id: 'broker', protocol: 'mqtt-broker', settings: { port, accounts: { 'tank-1': 'secret' } } }
    // The devices are there before their broker is.
    const facility = await play(siteOf([broker], { 'tank-1': tank }), { speed: 120 })
    await mosquitto(port)
    const before = Date.now()
    const state = JSON.parse(await heard(port, 'devices/tank-1/state')) as {
      water: { level_mm: number }
      pump: string
      ts: number
    }
    expect(state.water.level_mm).toBeGreaterThan(1500)
    expect(state.water.level_mm).toBeLessThan(2000)
    expect(state.pump).toBe('off')
    expect(Math.abs(state.ts - before)).toBeLessThan(3_600_000)
    expect(Number(await heard(port, 'devices/tank-1/chlorine'))).toBeGreaterThan(0.3)

    facility.inject('tank-1', 'sensor-lost', true)
    await expect.poll(() => heard(port, 'devices/tank-1/state')).toMatch(/"level_mm":null/)
    expect(await heard(port, 'devices/tank-1/chlorine')).toBe('NaN')
    facility.inject('tank-1', 'garbage', true)
    await expect.poll(() => heard(port, 'devices/tank-1/state')).not.toMatch(/level_mm/)
    facility.inject('tank-1', 'device-silent', true)
    await expect.poll(() => heard(port, 'devices/#', 1), { timeout: 120_000 }).toBe('')
    facility.inject('tank-1', 'garbage', false)
    facility.inject('tank-1', 'sensor-lost', false)
    facility.inject('tank-1', 'device-silent', false)
    await expect.poll(() => heard(port, 'devices/tank-1/state'), { timeout: 120_000 }).toMatch(/"level_mm":1\d{3}/)
  })
})

test('a household meter says once when it was read and what it stood at, not every half minute', async () => {
  const [port = 0] = await freePorts(1)
  const meter: Entry = {
    type: 'residential-meter',
    on: 'broker',
    device: { device: 'tank-1' },
    points: [['total', 'm³', { topic: 'devices/tank-1/reading', value: '/total', time: '/read_at' }]],
  }
  const broker = { id: 'broker', protocol: 'mqtt-broker', settings: { port, accounts: { 'tank-1': 'secret' } } }
  await mosquitto(port)
  const first = await subscribed(port, 'devices/tank-1/reading')
  const before = Date.now()
  const facility = await play(siteOf([broker], { 'household-1': meter }), { speed: 60 })
  const after = Date.now()
  const said = JSON.parse(await first.message) as { total: number; read_at: number }
  expect(said.total).toBeGreaterThan(300)
  // Read when it was put up, a while ago on a clock that runs sixty times as fast.
  expect(said.read_at).toBeGreaterThanOrEqual(before)
  expect(said.read_at).toBeLessThanOrEqual(after)
  // Two minutes of its world pass without another word; a loss is news at once.
  expect(await heard(port, 'devices/tank-1/reading', 2)).toBe('')
  const next = await subscribed(port, 'devices/tank-1/reading')
  facility.inject('household-1', 'sensor-lost', true)
  expect(JSON.parse(await next.message)).toEqual({ total: null, read_at: said.read_at })
})

describe('a facility on OPC UA', () => {
  async function session(port: number): Promise<ClientSession> {
    const client = OPCUAClient.create({
      endpointMustExist: false,
      connectionStrategy: { maxRetry: 0 },
      clientCertificateManager: new OPCUACertificateManager({ rootFolder: join(folder, 'client'), name: '' }),
    })
    await client.connect(`opc.tcp://127.0.0.1:${port}/school`)
    undo.push(() => client.disconnect())
    const opened = await client.createSession()
    undo.push(() => opened.close())
    return opened
  }

  test('shows exactly the nodes of the site file, with the world’s time and honest status codes', async () => {
    const [port = 0] = await freePorts(1)
    const room: Entry = {
      type: 'server-room',
      on: 'plant',
      points: [
        ['temperature', '°C', { node: 'ns=1;s=Room.Temperature' }],
        ['leak', '', { node: 'ns=3;i=1001' }, 'contact'],
      ],
    }
    const plant = {
      id: 'plant',
      protocol: 'opcua',
      settings: { endpoint: `opc.tcp://127.0.0.1:${port}/school`, security: 'none' },
    }
    const domain = Date.UTC(2026, 10, 24, 4)
    const facility = await play(siteOf([plant], { 'room-1': room }), { clock: { wall: Date.now(), domain, speed: 10 } })
    const opened = await session(port)
    const read = (nodeId: string): Promise<DataValue> => opened.read({ nodeId, attributeId: AttributeIds.Value })

    await expect.poll(async () => (await read('ns=1;s=Room.Temperature')).statusCode).toBe(StatusCodes.Good)
    const temperature = await read('ns=1;s=Room.Temperature')
    expect(temperature.value.dataType).toBe(DataType.Double)
    expect(temperature.value.value).toBeGreaterThan(18)
    expect(temperature.value.value).toBeLessThan(27)
    expect(Math.abs((temperature.sourceTimestamp?.getTime() ?? 0) - domain)).toBeLessThan(600_000)
    expect((await read('ns=3;i=1001')).value.value).toBe(false)
    expect((await read('ns=1;s=Room.Nothing')).statusCode).toBe(StatusCodes.BadNodeIdUnknown)

    facility.inject('room-1', 'leak', true)
    await expect.poll(async () => (await read('ns=3;i=1001')).value.value).toBe(true)
    facility.inject('room-1', 'sensor-lost', true)
    await expect.poll(async () => (await read('ns=1;s=Room.Temperature')).statusCode).toBe(StatusCodes.BadSensorFailure)
    expect((await read('ns=3;i=1001')).value.value).toBe(true)
    facility.inject('room-1', 'device-silent', true)
    await expect.poll(async () => (await read('ns=3;i=1001')).statusCode).toBe(StatusCodes.BadNoCommunication)
    facility.inject('room-1', 'device-silent', false)
    facility.inject('room-1', 'garbage', true)
    await expect.poll(async () => (await read('ns=1;s=Room.Temperature')).value.dataType).toBe(DataType.String)
    expect((await read('ns=3;i=1001')).value.dataType).toBe(DataType.Null)
  })
})

describe('a facility is kept', () => {
  test('and goes on with its state and its faults where it was left', async () => {
    const [port = 0] = await freePorts(1)
    const site = siteOf(bus(port), { 'cold-1': cold(1) })
    const domain = Date.UTC(2026, 10, 24, 4)
    const first = await play(site, { clock: { wall: Date.now(), domain, speed: 600 } })
    first.inject('cold-1', 'door-left-open', true)
    await expect
      .poll(async () => (await mbpoll(port, '-a', '1', '-t', '3', '-r', '0'))[0] ?? 0, { timeout: 120_000 })
      .toBeGreaterThan(80)
    first.inject('cold-1', 'sensor-stuck', true)
    const [stuck = NaN] = await mbpoll(port, '-a', '1', '-t', '3', '-r', '0')
    await first.stop()

    const kept = JSON.parse(await readFile(join(folder, 'world.json'), 'utf8')) as { domain: number; equipment: object }
    expect(kept.domain).toBeGreaterThan(domain)
    const second = await play(site, { speed: 60 })
    expect(
      second
        .faults()
        .filter(fault => fault.active)
        .map(fault => fault.fault),
    ).toEqual(['door-left-open', 'sensor-stuck'])
    expect(await mbpoll(port, '-a', '1', '-t', '3', '-r', '0')).toEqual([stuck])
    second.inject('cold-1', 'sensor-stuck', false)
    expect((await mbpoll(port, '-a', '1', '-t', '3', '-r', '0'))[0] ?? 0).toBeGreaterThan(80)
  })

  test('and begins anew from a damaged file', async () => {
    const [port = 0] = await freePorts(1)
    await writeFile(join(folder, 'world.json'), '{"version":1,"domain":12,"equi')
    const facility = await play(siteOf(bus(port), { 'cold-1': cold(1) }))
    expect(facility.played).toEqual(['cold-1'])
    expect(await mbpoll(port, '-a', '1', '-t', '3', '-r', '0')).toHaveLength(1)
  })
})

describe('a facility refuses', () => {
  test.each([
    [{ id: 'bus', protocol: 'modbus-tcp', settings: { host: '192.168.1.20', port: 502 } }],
    [{ id: 'bus', protocol: 'mqtt', settings: { url: 'mqtt://10.0.0.5:1883' } }],
    [{ id: 'bus', protocol: 'opcua', settings: { endpoint: 'opc.tcp://plc.example.org:4840' } }],
  ])('an address that is not on loopback: %j', async connection => {
    const points: readonly Wiring[] = [['temperature', '°C', { register: 0, node: 'ns=1;s=T' }]]
    const site = siteOf([connection], { 'cold-1': { type: 'fresh-keeping-cabinet', on: 'bus', device: { unit: 1 }, points } })
    await expect(play(site)).rejects.toThrow(/loopback/)
  })

  test('a port that is taken, and leaves nothing open', async () => {
    const [free = 0] = await freePorts(1)
    const other = createServer()
    const taken = await new Promise<number>(done =>
      other.listen(0, '127.0.0.1', () => {
        const address = other.address()
        done(typeof address === 'object' && address ? address.port : 0)
      }),
    )
    undo.push(() => new Promise(done => other.close(done)))
    const two = [...bus(free), { id: 'second', protocol: 'modbus-tcp', settings: { host: '127.0.0.1', port: taken } }]
    const site = siteOf(two, { 'cold-1': cold(1), 'cold-2': { ...cold(1), on: 'second' } })
    await expect(play(site)).rejects.toThrow(/EADDRINUSE/)
    expect(await refusal(free, '-a', '1', '-t', '3', '-r', '0')).toMatch(/refused/)
  })

  test('a fault or equipment it does not know, and names those it does', async () => {
    const [port = 0] = await freePorts(1)
    const pushed: Entry = { type: 'fresh-keeping-cabinet', on: 'push', points: [['temperature', '°C', {}]] }
    const connections = [...bus(port), { id: 'push', protocol: 'http', settings: {} }]
    const facility = await play(siteOf(connections, { 'cold-1': cold(1), 'cold-spare': pushed }))
    expect(facility.inject('cold-9', 'leak', true)).toEqual({ ok: false, why: 'no-such-equipment', known: ['cold-1'] })
    const answer = facility.inject('cold-1', 'gas-leak', true)
    expect(answer.ok ? [] : answer.known).toContain('compressor-dead')
  })
})
