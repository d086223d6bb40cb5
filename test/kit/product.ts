import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const bootstrap = join(root, 'gateway', 'cli', 'zhishou.mjs')
export const password = 'Watch-2026-standing'

export interface Product {
  readonly address: string
  /** Everything printed so far, both streams. */
  readonly said: () => string
  /** The gateway's own process: what `kill -9` is for. */
  readonly pid: number
  stop(): Promise<number | null>
  /** `kill -9`, and waits until the process and its simulated equipment are gone. */
  kill(): Promise<void>
}

export interface Facility {
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
  start(args?: readonly string[]): Promise<Product>
  /** Another command of the same facility, to its end. */
  command(...args: readonly string[]): { readonly code: number | null; readonly out: string }
  remove(): Promise<void>
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

/** A data directory and ports of its own for the real product, started by the very file that `npm start` runs. */
export async function facility(): Promise<Facility> {
  const folder = await mkdtemp(join(tmpdir(), 'zhishou-facility-'))
  const port = await freePort()
  const env: Record<string, string | undefined> = {
    ...process.env,
    ZHISHOU_ADMIN_PASSWORD: password,
    LANG: 'C.UTF-8',
    LC_ALL: undefined,
    NODE_OPTIONS: undefined,
    // Simulated equipment of the same site file may be running for somebody else on this machine.
    TMPDIR: folder,
  }
  for (const name of ['MODBUS_CANTEEN', 'MODBUS_FIRE', 'MODBUS_OFFICE', 'MQTT', 'OPCUA'])
    env[`ZHISHOU_DEMO_${name}`] = String(await freePort())
  const running = new Set<ChildProcess>()
  return {
    folder,
    env,
    async start(args = []) {
      const child = spawn(process.execPath, [bootstrap, 'start', '--data', folder, '--port', String(port), ...args], {
        cwd: root,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      running.add(child)
      let said = ''
      const ended = new Promise<number | null>(resolve => child.on('exit', resolve))
      child.on('exit', () => running.delete(child))
      const address = await new Promise<string>((resolve, reject) => {
        const hear = (bytes: Buffer): void => {
          said += bytes.toString('utf8')
          const ready = /Zhishou is ready at (\S+)/.exec(said)
          if (ready?.[1]) resolve(ready[1])
        }
        child.stdout.on('data', hear)
        child.stderr.on('data', hear)
        void ended.then(code => reject(new Error(`ended with ${code} before it was ready:\n${said}`)))
      })
      const nameplate: unknown = JSON.parse(await readFile(join(folder, 'gateway.pid'), 'utf8'))
      const pid = typeof nameplate === 'object' && nameplate !== null && 'pid' in nameplate ? Number(nameplate.pid) : Number.NaN
      return {
        address,
        said: () => said,
        pid,
        stop() {
          child.kill('SIGINT')
          return ended
        },
        async kill() {
          process.kill(pid, 'SIGKILL')
          await ended
        },
      }
    },
    command(...args) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [bootstrap, ...args], { cwd: root, env, encoding: 'utf8' })
      return { code: status, out: `${stdout}${stderr}` }
    },
    async remove() {
      for (const child of running) {
        const ended = new Promise(resolve => child.on('exit', resolve))
        child.kill('SIGINT')
        await ended
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A signed-in person at the HTTP interface. */
export async function person(
  address: string,
): Promise<{ get(path: string): Promise<unknown>; send(method: string, path: string, body?: unknown): Promise<Response> }> {
  const origin = { origin: address }
  const response = await fetch(`${address}/api/v1/session`, {
    method: 'POST',
    headers: { ...origin, 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password }),
  })
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`)
  return {
    async get(path) {
      const answer = await fetch(`${address}${path}`, { headers: { cookie } })
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
      return answer.json()
    },
    send(method, path, body) {
      const headers = { ...origin, cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
      return fetch(`${address}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    },
  }
}
