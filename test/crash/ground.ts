import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort, password, root } from '../kit/product.ts'

const bootstrap = join(root, 'gateway', 'cli', 'zhishou.mjs')
// Left to the tests themselves: the command starts with these and nothing a developer's shell may have set.
const silenced = ['ZHISHOU_SITE', 'ZHISHOU_DATA', 'ZHISHOU_PORT', 'ZHISHOU_HOST', 'ZHISHOU_SPEED', 'ZHISHOU_LANG', 'NODE_OPTIONS']

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly address: string
  /** The gateway's own process. */
  readonly pid: number
  /** The start command's process, its parent. */
  readonly command: ChildProcess
  /** From the start command to "ready". */
  readonly startedIn: number
  /** What it printed so far, both streams. */
  said(): string
  /** `SIGTERM` to the start command, as a supervisor sends it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  kill(): Promise<void>
}

/** A folder of its own with a site file, a data directory and a port, and the real start command on them. */
export class Ground {
  readonly folder = mkdtempSync(join(tmpdir(), 'zhishou-ground-'))
  readonly data: string
  readonly site: string
  readonly port: number
  readonly env: Record<string, string | undefined>
  readonly #running = new Set<ChildProcess>()

  /** Of the site file. */
  readonly text: string

  private constructor(port: number, text: string, data: string | undefined) {
    this.port = port
    this.text = text
    this.data = data ?? join(this.folder, 'data')
    this.site = join(this.folder, 'site.yaml')
    const scratch = join(this.folder, 'tmp')
    mkdirSync(scratch)
    this.env = { ...process.env, ZHISHOU_ADMIN_PASSWORD: password, LANG: 'en_US.UTF-8', LC_ALL: undefined, TMPDIR: scratch }
    for (const name of silenced) this.env[name] = undefined
  }

  static async with(site: string, data?: string): Promise<Ground> {
    const ground = new Ground(await freePort(), site, data)
    writeFileSync(ground.site, site)
    return ground
  }

  /** The start command with this ground's site, data directory and port; resolves once it is ready, rejects when it ends before. */
  start(...more: readonly string[]): Promise<Running> {
    return this.launch(['start', '--site', this.site, '--data', this.data, '--port', String(this.port), ...more])
  }

  async launch(args: readonly string[]): Promise<Running> {
    const began = performance.now()
    const { child, ended, said } = this.#spawn(args)
    const ready = Promise.withResolvers<string>()
    const look = (): void => {
      const found = /Zhishou is ready at (\S+)/.exec(said())
      if (found?.[1]) ready.resolve(found[1])
    }
    child.stdout?.on('data', look)
    void ended.then(code => ready.reject(new Error(`ended with ${code} before it was ready:\n${said()}`)))
    const address = await ready.promise
    const startedIn = performance.now() - began
    const pid = childrenOf(child.pid ?? 0)[0]
    if (pid === undefined) throw new Error('the start command has no child')
    return {
      address,
      pid,
      command: child,
      startedIn,
      said,
      stop(signal = 'SIGTERM') {
        child.kill(signal)
        return ended
      },
      async kill() {
        process.kill(pid, 'SIGKILL')
        await ended
      },
    }
  }

  /** Any command to its end, or killed after `within` ms: then the code is `null`. */
  async command(args: readonly string[], { input = '', within = 120_000 } = {}): Promise<Ended> {
    const { child, ended } = this.#spawn(args, true)
    const heard = { out: '', err: '' }
    child.stdout?.on('data', (bytes: Buffer) => (heard.out += bytes.toString('utf8')))
    child.stderr?.on('data', (bytes: Buffer) => (heard.err += bytes.toString('utf8')))
    child.stdin?.end(input)
    const tooLong = new AbortController()
    void pause(within, undefined, { signal: tooLong.signal }).then(
      () => child.kill('SIGKILL'),
      () => {},
    )
    const code = await ended
    tooLong.abort()
    return { code, ...heard }
  }

  /** The start command that is expected to refuse. */
  refused(...more: readonly string[]): Promise<Ended> {
    return this.command(['start', '--site', this.site, '--data', this.data, '--port', String(this.port), ...more])
  }

  async remove(): Promise<void> {
    for (const child of this.#running) {
      const ended = new Promise(resolve => child.once('close', resolve))
      child.kill('SIGTERM')
      await ended
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  #spawn(args: readonly string[], withInput = false) {
    const child = spawn(process.execPath, [bootstrap, ...args], {
      cwd: root,
      env: this.env,
      stdio: [withInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    })
    this.#running.add(child)
    let text = ''
    child.stdout?.on('data', (bytes: Buffer) => (text += bytes.toString('utf8')))
    child.stderr?.on('data', (bytes: Buffer) => (text += bytes.toString('utf8')))
    // `close` and not `exit`: whatever still holds the pipes is still alive.
    const ended = new Promise<number | null>(resolve => child.once('close', resolve))
    void ended.then(() => this.#running.delete(child))
    return { child, ended, said: () => text }
  }
}

/** Every process with its parent and command line, as the kernel has them. */
export function processes(): readonly { readonly pid: number; readonly parent: number; readonly line: string }[] {
  return readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name)) return []
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      // What has ended but was not collected yet is gone for every purpose but the kernel's.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (state === 'Z') return []
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
      return [{ pid: Number(name), parent: Number(parent), line }]
    } catch {
      return []
    }
  })
}

export const childrenOf = (parent: number): readonly number[] =>
  processes()
    .filter(one => one.parent === parent)
    .map(({ pid }) => pid)

export const isAlive = (pid: number): boolean => processes().some(one => one.pid === pid)

/** Whether somebody listens there. */
export function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Looks until it is so; the error says what was seen last. */
export async function until<T>(look: () => T | Promise<T>, isSo: (seen: T) => boolean, within = 120_000): Promise<T> {
  const giveUpAt = performance.now() + within
  for (;;) {
    const seen = await look()
    if (isSo(seen)) return seen
    if (performance.now() > giveUpAt) throw new Error(`not within ${within} ms; last seen: ${JSON.stringify(seen)}`)
    await pause(25)
  }
}

/** A cabinet that takes pushed readings, and nothing else: starts in about a second. */
export const pushedSite = (cabinets = 1, more = ''): string => `
site: { id: ground, name: Ground, policies: [canteen] }
connections:
  push: { protocol: http }
${more}
areas:
  canteen:
    name: Canteen
    equipment:
${Array.from({ length: cabinets }, (_, index) => cabinet(`cold-${index + 1}`, 'push')).join('')}`

export const cabinet = (id: string, connection: string, more = '', temperature = '{}'): string => `
      ${id}:
        type: fresh-keeping-cabinet
        name: Cabinet ${id}
        connection: ${connection}
        facts: { holds: cooked }
        ${more}
        points: { temperature: ${temperature} }
`
