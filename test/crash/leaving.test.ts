import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { freePort, root } from '../kit/product.ts'
import { answers, childrenOf, Ground, isAlive, processes, pushedSite, until } from './ground.ts'
import type { Running } from './ground.ts'

/** However it is ended, nothing is left behind: no process, no port, no socket file, no lock. */
let ground: Ground
afterEach(() => ground.remove())

/** All processes below one, itself included. */
function family(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap(child => family(child))]
}

async function nothingIsLeft(pids: readonly number[], killed = false): Promise<void> {
  await until(
    () => pids.filter(isAlive),
    alive => alive.length === 0,
    60_000,
  )
  expect(processes().filter(({ line }) => line.includes(ground.folder))).toEqual([])
  expect(await answers(ground.port)).toBe(false)
  // Only a killed gateway's own OPC UA certificate may stay: nobody is left who could take it away.
  expect(readdirSync(join(ground.folder, 'tmp')).filter(name => !(killed && name.startsWith('zhishou-opcua-')))).toEqual([])
}

const ends: readonly {
  readonly how: string
  readonly end: (gateway: Running) => void
  readonly code: number | null
  readonly clean: boolean
}[] = [
  { how: 'SIGINT to the start command', end: ({ command }) => command.kill('SIGINT'), code: 0, clean: true },
  { how: 'SIGTERM to the start command', end: ({ command }) => command.kill('SIGTERM'), code: 0, clean: true },
  { how: 'SIGTERM to the gateway itself', end: ({ pid }) => process.kill(pid, 'SIGTERM'), code: 0, clean: true },
  {
    how: 'Ctrl-C, which every process of the terminal hears',
    end: ({ command, pid }) => {
      process.kill(pid, 'SIGINT')
      command.kill('SIGINT')
    },
    code: 0,
    clean: true,
  },
  {
    how: 'Ctrl-C twice by an impatient person',
    end: ({ command }) => {
      command.kill('SIGINT')
      command.kill('SIGINT')
    },
    code: 0,
    clean: true,
  },
  { how: 'kill -9 of the start command', end: ({ command }) => command.kill('SIGKILL'), code: null, clean: true },
  { how: 'kill -9 of the gateway', end: ({ pid }) => process.kill(pid, 'SIGKILL'), code: 137, clean: false },
]

describe('a site that is ended by', () => {
  test.each(ends)('$how leaves nothing behind and starts again', async ({ end, code, clean }) => {
    ground = await Ground.with(pushedSite())
    const gateway = await ground.start()
    const pids = family(gateway.command.pid ?? 0)
    expect(pids.length).toBeGreaterThan(1)
    const ended = new Promise<number | null>(resolve => gateway.command.once('exit', resolve))
    end(gateway)

    expect(await ended).toBe(code)
    await nothingIsLeft(pids)
    expect(gateway.said()).not.toMatch(/did not close|^\s+at /m)
    if (clean) expect(existsSync(join(ground.data, 'gateway.pid'))).toBe(false)
    const again = await ground.start()
    expect(again.said()).not.toContain('damaged')
    expect(await again.stop()).toBe(0)
  })
})

describe('a terminal that is closed', () => {
  // Whoever keeps the output in a file still sits at the terminal.
  test.each([
    ['while it shows what is said', ''],
    ['while what is said goes into a file', ' > said.txt 2>&1'],
  ])('%s ends the site, and nothing is left behind', async (_, into) => {
    ground = await Ground.with(pushedSite())
    const line = `exec ${process.execPath} ${join(root, 'gateway', 'cli', 'zhishou.mjs')} start --site ${ground.site} --data ${ground.data} --port ${ground.port}${into}`
    // A real terminal, by util-linux: killed, it hangs up.
    const terminal = spawn('script', ['-qec', line, '/dev/null'], {
      cwd: ground.folder,
      env: ground.env,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const closed = new Promise(resolve => terminal.once('exit', resolve))
    await until(
      () => answers(ground.port),
      answered => answered,
      120_000,
    )
    const pids = family(terminal.pid ?? 0)
    expect(pids.length).toBeGreaterThan(2)

    terminal.kill('SIGKILL')

    await closed
    await nothingIsLeft(pids)
    expect(existsSync(join(ground.data, 'gateway.pid'))).toBe(false)
  })
})

describe('the demo with its simulated equipment', () => {
  test.each([
    { how: 'SIGTERM', killed: false, end: ({ command }: Running) => command.kill('SIGTERM') },
    { how: 'kill -9 of the gateway', killed: true, end: ({ pid }: Running) => process.kill(pid, 'SIGKILL') },
    { how: 'kill -9 of the start command', killed: false, end: ({ command }: Running) => command.kill('SIGKILL') },
  ])('ended by $how leaves nothing behind', async ({ end, killed }) => {
    ground = await Ground.with('')
    const ports: number[] = []
    for (const name of ['MODBUS_CANTEEN', 'MODBUS_FIRE', 'MODBUS_OFFICE', 'MQTT', 'OPCUA']) {
      const port = await freePort()
      ports.push(port)
      ground.env[`ZHISHOU_DEMO_${name}`] = String(port)
    }
    const gateway = await ground.launch(['start', '--data', ground.data, '--port', String(ground.port), '--speed', '1'])
    const pids = family(gateway.command.pid ?? 0)
    expect(pids.length).toBeGreaterThan(2)
    end(gateway)

    await nothingIsLeft(pids, killed)
    for (const port of ports) expect(await answers(port), String(port)).toBe(false)
  })
})

test('a start that is interrupted at any moment leaves nothing behind', async () => {
  ground = await Ground.with(pushedSite())
  for (const [index, after] of [30, 150, 400, 700, 1_000].entries()) {
    const starting = ground.start().catch(() => undefined)
    await pause(after)
    const ours = () => processes().filter(({ line }) => line.includes(ground.folder))
    const command = ours().find(({ line }) => line.includes('zhishou.mjs'))
    if (command) process.kill(command.pid, index % 2 === 0 ? 'SIGINT' : 'SIGKILL')
    await starting
    await until(
      () => ours(),
      left => left.length === 0,
      60_000,
    )
    expect(await answers(ground.port)).toBe(false)
  }
  const gateway = await ground.start()
  expect(await gateway.stop()).toBe(0)
})
