import type { ChildProcess } from 'node:child_process'
import { execFile, fork } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadSite } from '../../gateway/site/load.ts'
import type { ControlAnswer, ControlNews, ControlRequest, SimulatedFault } from '../../simulators/control.ts'
import { lineOf } from '../../simulators/control-line.ts'
import { inSight } from '../../simulators/sight.ts'
import { freePorts } from './ports.ts'
import { models } from './world.ts'

const entry = fileURLToPath(new URL('../../simulators/main.ts', import.meta.url))
const school = fileURLToPath(new URL('../../simulators/school/site.yaml', import.meta.url))

let folder = ''
const children: ChildProcess[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zhishou-simulator-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) await exit(child, 'SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

const small = (port: number) => `
site: { id: small, name: Small, timeZone: Asia/Shanghai }
connections:
  bus: { protocol: modbus-tcp, host: 127.0.0.1, port: ${port} }
areas:
  canteen:
    name: Canteen
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        name: Cabinet
        connection: bus
        unit: 1
        points:
          temperature: { table: input, register: 0, type: int16, scale: 0.1 }
          door: { table: discrete, register: 0 }
`

async function smallSite(): Promise<{ readonly site: string; readonly port: number }> {
  const [port = 0] = await freePorts(1)
  const site = join(folder, 'site.yaml')
  await writeFile(site, small(port))
  return { site, port }
}

function start(site: string, env: NodeJS.ProcessEnv = {}, ...args: readonly string[]): ChildProcess {
  const child = fork(entry, ['--site', site, '--state', join(folder, 'world.json'), ...args], {
    env: { ...process.env, ...env },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  children.push(child)
  return child
}

function message(
  child: ChildProcess,
  fits: (message: ControlNews | ControlAnswer) => boolean,
): Promise<ControlNews | ControlAnswer> {
  return new Promise((done, failed) => {
    const hear = (said: unknown) => {
      const news = said as ControlNews | ControlAnswer
      if (!fits(news)) return
      child.off('message', hear)
      done(news)
    }
    child.on('message', hear)
    child.once('exit', code => failed(new Error(`it ended with ${code}`)))
  })
}

const ready = (child: ChildProcess) => message(child, news => 'ready' in news)
async function ask(child: ChildProcess, request: ControlRequest): Promise<ControlAnswer> {
  const answer = message(child, news => 'id' in news && news.id === request.id)
  child.send(request)
  return (await answer) as ControlAnswer
}
const active = (faults: readonly SimulatedFault[]) => faults.filter(one => one.active).map(one => `${one.fault}@${one.equipment}`)

function exit(child: ChildProcess, signal?: NodeJS.Signals): Promise<number | null> {
  return new Promise(done => {
    child.once('exit', code => done(code))
    if (signal) child.kill(signal)
  })
}

const command = (...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> =>
  promisify(execFile)(process.execPath, [entry, ...args]).then(
    ({ stdout }) => ({ code: 0, out: stdout }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
      return { code, out: stdout + stderr }
    },
  )

// Each of these starts real processes; on a busy machine that takes its time.
describe('the simulator process', () => {
  test('plays the whole school on free ports, every device of it, and is steered over IPC', async () => {
    const [canteen, fire, office, mqtt, opcua] = await freePorts(5)
    const child = start(school, {
      ZHISHOU_DEMO_MODBUS_CANTEEN: String(canteen),
      ZHISHOU_DEMO_MODBUS_FIRE: String(fire),
      ZHISHOU_DEMO_MODBUS_OFFICE: String(office),
      ZHISHOU_DEMO_MQTT: String(mqtt),
      ZHISHOU_DEMO_OPCUA: String(opcua),
    })
    const domain = Date.UTC(2026, 10, 24, 4)
    child.send({ id: 1, do: 'clock', wall: Date.now(), domain, speed: 60 } satisfies ControlRequest)
    const news = await ready(child)
    const faults = 'faults' in news ? news.faults : []
    const played = new Set(faults.map(fault => fault.equipment))
    expect(played.size).toBe(62)
    expect(active(faults)).toEqual([])

    const changed = message(child, said => !('id' in said) && active(said.faults).length > 0)
    const answer = await ask(child, { id: 2, do: 'fault', equipment: 'tank-1', fault: 'leak', on: true })
    expect(answer.ok && active(answer.faults)).toEqual(['leak@tank-1'])
    const heard = await changed
    expect('faults' in heard && active(heard.faults)).toEqual(['leak@tank-1'])
    expect(await ask(child, { id: 3, do: 'fault', equipment: 'nobody', fault: 'leak', on: true })).toMatchObject({
      ok: false,
      why: 'no-such-equipment',
    })
    const gone = exit(child)
    expect((await ask(child, { id: 4, do: 'stop' })).ok).toBe(true)
    expect(await gone).toBe(0)
    const kept = JSON.parse(await readFile(join(folder, 'world.json'), 'utf8')) as { domain: number }
    expect(kept.domain).toBeGreaterThan(domain)
    expect(kept.domain).toBeLessThan(domain + 60 * 60_000)
  })

  test('takes a fault from another process of the same site file, and says in both languages what it did', async () => {
    const { site } = await smallSite()
    const child = start(site)
    await ready(child)
    const on = await command('--site', site, '--fault', 'door-left-open@cold-1')
    expect(on).toEqual({ code: 0, out: '已注入故障 cold-1：门未关 · cold-1: door left open is on\n' })
    const listed = await ask(child, { id: 5, do: 'list' })
    expect(listed.ok && active(listed.faults)).toEqual(['door-left-open@cold-1'])
    expect(await command('--site', site, '--clear', 'door-left-open@cold-1')).toMatchObject({ code: 0 })
    const wrong = await command('--site', site, '--fault', 'flood@cold-1')
    expect(wrong.code).toBe(1)
    expect(wrong.out).toMatch(/door-left-open/)
    expect((await command('--site', site, '--fault', 'leak@nowhere')).out).toMatch(/没有设备 nowhere.*cold-1/)
  })

  test('is steered by name only once for a site, lets a second demo run beside it, and takes over from one that was killed', async () => {
    const { site } = await smallSite()
    const first = start(site)
    await ready(first)
    const second = await command('--site', site, '--state', join(folder, 'other.json'))
    expect(second.code).toBe(1)
    expect(second.out).toMatch(/already running/)
    expect((await stat(lineOf(site))).mode & 0o077).toBe(0)
    const [port = 0] = await freePorts(1)
    const elsewhere = join(folder, 'elsewhere')
    await mkdir(elsewhere)
    await writeFile(site, small(port))
    const demo = start(site, {}, '--state', join(elsewhere, 'world.json'))
    await ready(demo)
    await exit(demo, 'SIGTERM')
    expect((await command('--site', site, '--fault', 'door-left-open@cold-1')).code).toBe(0)
    await exit(first, 'SIGKILL')
    await ready(start(site, {}, '--fault', 'compressor-dead@cold-1'))
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('stops cleanly on %s', async signal => {
    const { site } = await smallSite()
    const child = start(site)
    await ready(child)
    expect(await exit(child, signal)).toBe(0)
    await expect(stat(lineOf(site))).rejects.toThrow('ENOENT')
    expect(JSON.parse(await readFile(join(folder, 'world.json'), 'utf8'))).toMatchObject({ version: 1 })
  })

  test('stops when the process that started it goes away', async () => {
    const { site } = await smallSite()
    const child = start(site)
    await ready(child)
    const gone = exit(child)
    child.disconnect()
    expect(await gone).toBe(0)
  })

  test('tells wrong usage (2) from a site that cannot be played (1)', async () => {
    const { site, port } = await smallSite()
    expect((await command()).code).toBe(2)
    expect((await command('--site', site, '--speed', '0')).code).toBe(2)
    expect((await command('--site', site, '--fault', 'leak')).code).toBe(2)
    expect((await command('--site', join(folder, 'nothing.yaml'), '--state', join(folder, 'w.json'))).code).toBe(1)
    await writeFile(site, small(port).replace('127.0.0.1', '192.168.7.7'))
    const remote = await command('--site', site, '--state', join(folder, 'w.json'))
    expect(remote.code).toBe(1)
    expect(remote.out).toMatch(/192\.168\.7\.7.*回环.*loopback/)
  })
})

describe('the school', () => {
  test('is a good site file whose equipment is all known, on three protocols', async () => {
    const loaded = await loadSite(school, {}, inSight().protocols)
    expect(loaded.problems).toEqual([])
    if (!loaded.ok) return
    const { equipment, connections, points } = loaded.site
    expect(equipment).toHaveLength(64)
    const pushed = new Set(points.filter(point => point.connection === 'push').map(point => point.equipment))
    for (const { id, type } of equipment) if (!pushed.has(id)) expect(models.has(type), `${id}: ${type}`).toBe(true)
    expect(new Set(connections.map(connection => connection.protocol))).toEqual(
      new Set(['modbus-tcp', 'mqtt-broker', 'opcua', 'http']),
    )
  })
})
