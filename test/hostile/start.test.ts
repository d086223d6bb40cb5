import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Client } from '../crash/client.ts'
import { answers, Ground, processes, pushedSite, until } from '../crash/ground.ts'
import type { Running } from '../crash/ground.ts'
import { freePort, root } from '../kit/product.ts'

/** What a stranger does wrong at the start, and what must not be left behind by it. */
const grounds: Ground[] = []
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise(resolve => server.close(resolve))
  for (const ground of grounds.splice(0)) await ground.remove()
})

async function groundWith(site: string): Promise<Ground> {
  const ground = await Ground.with(site)
  grounds.push(ground)
  return ground
}

async function occupied(): Promise<number> {
  const port = await freePort()
  const server = createServer(socket => socket.destroy())
  servers.push(server)
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return port
}

const leftOf = (ground: Ground) => processes().filter(({ line }) => line.includes(ground.folder))
const lineNumber = (text: string, part: string): number => text.split('\n').findIndex(line => line.includes(part)) + 1

describe('a wrong site file', () => {
  const wrong = `site: { id: ground, name: Ground }
connections:
  push: { protocol: http }
  bus: { protocol: modbus-tcp, host: 127.0.0.1, port: 99999 }
  odd: { protocol: telepathy }
areas:
  canteen:
    name: Canteen
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        name: Cabinet
        connection: nowhere
        points: { temperature: {}, smell: {} }
      cold-2:
        type: time-machine
        name: Machine
        connection: push
        points: {}
`
  test('is told with all its mistakes at once and nothing is started or made', async () => {
    const ground = await groundWith(wrong)

    const { code, out, err } = await ground.refused()

    expect(code).toBe(1)
    for (const part of ['port: 99999', 'telepathy', 'nowhere', 'smell', 'time-machine']) {
      const line = lineNumber(wrong, part)
      expect(err, part).toMatch(new RegExp(`site\\.yaml:${line}:\\d+ error `))
    }
    expect(out).toBe('')
    expect(err).not.toMatch(/^\s+at /m)
    expect(existsSync(ground.data)).toBe(false)
    expect(await answers(ground.port)).toBe(false)
    expect(leftOf(ground)).toEqual([])
  })

  test('leaves a data directory that is there as it was', async () => {
    const ground = await groundWith(wrong)
    mkdirSync(ground.data)
    writeFileSync(join(ground.data, 'ledger.db'), 'mine')

    expect((await ground.refused()).code).toBe(1)

    expect(readdirSync(ground.data)).toEqual(['ledger.db'])
    expect(readFileSync(join(ground.data, 'ledger.db'), 'utf8')).toBe('mine')
  })

  test.each([
    ['is not there', undefined],
    ['is empty', ''],
    ['is no YAML', 'site: { id: [\n  - }'],
    ['is a picture', '\u0089PNG\r\n\u001A\n\0\0\0'],
    ['is a list', '- a\n- b\n'],
  ])('that %s is one clear sentence and no stack', async (_, text) => {
    const ground = await groundWith(text ?? '')
    if (text === undefined) ground.env['ZHISHOU_SITE'] = undefined
    const site = text === undefined ? join(ground.folder, 'absent.yaml') : ground.site

    const { code, err } = await ground.command(['start', '--site', site, '--data', ground.data, '--port', String(ground.port)])

    expect(code).toBe(1)
    expect(err).toMatch(/(site|absent)\.yaml(:\d+:\d+)? error /)
    expect(err).not.toMatch(/^\s+at /m)
    expect(existsSync(ground.data)).toBe(false)
  })
})

describe('a port that another program has', () => {
  test('is named with the way out, and the data directory is free afterwards', async () => {
    const ground = await groundWith(pushedSite())
    const taken = await occupied()

    const { code, err } = await ground.refused('--port', String(taken))

    expect(code).toBe(1)
    expect(err).toContain(String(taken))
    expect(err).toContain('--port')
    expect(err.match(/--port/g)).toHaveLength(1)
    expect(err).not.toMatch(/^\s+at /m)
    expect(leftOf(ground)).toEqual([])
    const now = await ground.start()
    expect(now.said()).not.toContain('in use')
    await now.stop()
  })

  test('ends the demo with all its simulated equipment', async () => {
    const ground = await groundWith('')
    const taken = await occupied()
    const ports: number[] = []
    for (const name of ['MODBUS_CANTEEN', 'MODBUS_FIRE', 'MODBUS_OFFICE', 'MQTT', 'OPCUA']) {
      const port = await freePort()
      ports.push(port)
      ground.env[`ZHISHOU_DEMO_${name}`] = String(port)
    }

    const { code, err } = await ground.command(['start', '--data', ground.data, '--port', String(taken)], { within: 60_000 })

    expect(code).toBe(1)
    expect(err).toContain(`127.0.0.1:${taken}`)
    expect(leftOf(ground)).toEqual([])
    for (const port of ports) expect(await answers(port), String(port)).toBe(false)
    expect(readdirSync(join(ground.folder, 'tmp'))).toEqual([])
    const again = await groundWith(pushedSite())
    const running = await again.launch(['start', '--site', again.site, '--data', ground.data, '--port', String(again.port)])
    await running.stop()
  })

  test('of the MQTT broker is told on the live channel while the rest runs', async () => {
    const taken = await occupied()
    const ground = await groundWith(
      pushedSite(1, `  broker: { protocol: mqtt-broker, port: ${taken}, accounts: { cold-9: 'a-long-password' } }`).concat(`
      cold-9:
        type: fresh-keeping-cabinet
        name: Cabinet 9
        connection: broker
        points: { temperature: { topic: devices/cold-9/t } }
`),
    )
    const gateway = await ground.start()
    const client = await Client.signIn(gateway.address)
    const screen = await client.watch()

    const link = await until(
      () => screen.links.get('broker'),
      seen => seen !== undefined,
    )

    expect(link).toMatchObject({ up: false, fault: { detail: expect.stringContaining(String(taken)) } })
    expect((await client.push([{ point: 'cold-1.temperature', v: 4 }])).status).toBe(204)
    expect(await client.point('cold-1.temperature')).toMatchObject({ value: 4, quality: 'good' })
    screen.close()
  })
})

describe('a second gateway on the same data directory', () => {
  let ground: Ground
  let first: Running
  beforeAll(async () => {
    ground = await Ground.with(pushedSite())
    first = await ground.start()
  })
  afterAll(() => ground.remove())

  test('is refused, is told whose it is, and disturbs nothing', async () => {
    const { code, err } = await ground.refused('--port', String(await freePort()))

    expect(code).toBe(1)
    expect(err).toContain(`process ${first.pid}`)
    expect(err).toContain('--data')
    expect(err).not.toMatch(/^\s+at /m)
    const client = await Client.signIn(first.address)
    expect((await client.push([{ point: 'cold-1.temperature', v: 5 }])).status).toBe(204)
    expect(await client.point('cold-1.temperature')).toMatchObject({ value: 5 })
  })

  test('leaves no simulated equipment of its own behind', async () => {
    const { code, err } = await ground.command(['start', '--data', ground.data, '--port', String(await freePort())])

    expect(code).toBe(1)
    expect(err).toContain(`process ${first.pid}`)
    expect(leftOf(ground).filter(({ pid }) => pid !== first.pid && pid !== first.command.pid)).toEqual([])
    expect(readdirSync(join(ground.folder, 'tmp'))).toEqual([])
  })
})

describe('a place or an address that cannot be had', () => {
  const complaint = { code: 1, err: expect.not.stringMatching(/^\s+at /m) }

  test('a data directory that is a file is told in a sentence', async () => {
    const ground = await groundWith(pushedSite())
    writeFileSync(ground.data, 'a file')

    const ended = await ground.refused()

    expect(ended).toMatchObject(complaint)
    expect(ended.err).toContain(ground.data)
  })

  test('a data directory that cannot be made is told in a sentence', async () => {
    const ground = await groundWith(pushedSite())
    const below = join(ground.site, 'data')

    const ended = await ground.command(['start', '--site', ground.site, '--data', below, '--port', '0'])

    expect(ended).toMatchObject(complaint)
    expect(ended.err).toContain(below)
  })

  test('an address that is not this machine is told in a sentence', async () => {
    const ground = await groundWith(pushedSite())

    const ended = await ground.refused('--host', '192.0.2.7')

    expect(ended).toMatchObject(complaint)
    expect(ended.err).toContain('192.0.2.7')
    expect(ended.err).toContain('--host')
  })

  test('a password file that is not there is told in a sentence', async () => {
    const ground = await groundWith(pushedSite())
    ground.env['ZHISHOU_ADMIN_PASSWORD'] = undefined
    ground.env['ZHISHOU_ADMIN_PASSWORD_FILE'] = join(ground.folder, 'absent')

    const ended = await ground.refused()

    expect(ended).toMatchObject(complaint)
    expect(ended.err).toContain(join(ground.folder, 'absent'))
  })
})

test('an end that Node does not come to by itself is brought about, with the code there was', async () => {
  const ground = await groundWith(pushedSite())
  const stuck = join(ground.folder, 'stuck.mjs')
  writeFileSync(
    stuck,
    "if (process.argv[1].endsWith('main.ts')) process.on('exit', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000))\n",
  )
  ground.env['NODE_OPTIONS'] = `--import=${stuck}`

  const ended = await ground.refused('--host', '192.0.2.7')

  expect(ended).toMatchObject({ code: 1 })
  expect(leftOf(ground)).toEqual([])
})

test('a start from another working directory with a relative site file finds it', async () => {
  const ground = await groundWith(pushedSite())
  const bare = spawnSync(process.execPath, [join(root, 'gateway', 'cli', 'zhishou.mjs'), 'check', 'site.yaml'], {
    cwd: ground.folder,
    env: ground.env,
    encoding: 'utf8',
  })
  expect(bare.stderr + bare.stdout).toContain('good: 1 piece')
  expect(bare.status).toBe(0)
})
