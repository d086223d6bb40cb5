import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { seconds } from '../../protocols/contract/time.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import { PortTaken } from '../api/serve.ts'
import { resumeFrom, startGateway } from '../app.ts'
import type { Gateway } from '../app.ts'
import type { Board } from '../board.ts'
import { DemoClock, systemClock } from '../clock.ts'
import { Simulation } from '../demo.ts'
import { loadSite } from '../site/load.ts'
import type { Site } from '../site/site.ts'
import { FolderTaken } from '../store/lock.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { printProblem } from './check.ts'
import { freeDemoPorts } from './demo-ports.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'

export const runHelp = `zhishou run [--site FILE] [--data DIR] [--host H] [--port N] [--speed N]

Starts the gateway with its dashboard. Without --site: the demo facility with simulated equipment.
启动网关与看板;不带 --site 时启动带模拟设备的演示设施。

  --site FILE   a site file or a folder of them           ZHISHOU_SITE
  --data DIR    where everything is kept (data/SITE)      ZHISHOU_DATA
  --host H      default 127.0.0.1                         ZHISHOU_HOST
  --port N      default 8080                              ZHISHOU_PORT
  --speed N     demo only, 1 to 600, default 60           ZHISHOU_SPEED`

const root = fileURLToPath(new URL('../..', import.meta.url))
const demoSite = join(root, 'simulators', 'school', 'site.yaml')
const readyWithin = seconds(60)

interface Options {
  readonly site: string | undefined
  readonly data: string | undefined
  readonly host: string | undefined
  readonly port: number | undefined
  readonly speed: number
}

/** Runs until it is told to stop. Exit 1 when the site file is wrong, a port or the data directory is taken. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const options = readOptions(args, io.env)
  if (options === 'help') {
    io.out(runHelp)
    return 0
  }
  if (typeof options === 'string') {
    io.err(options)
    io.err(runHelp)
    return 2
  }
  const zh = languageOf(args, io.env) === 'zh'
  const say = (inChinese: string, inEnglish: string): void => io.err(zh ? inChinese : inEnglish)
  const isDemo = options.site === undefined
  const siteFile = options.site ?? demoSite
  let env = io.env
  if (isDemo) {
    const { env: added, moved } = await freeDemoPorts(siteFile, env)
    // The simulated devices' passwords are made up at every start: nothing secret is written down.
    env = { ZHISHOU_DEMO_DEVICE_PASSWORD: randomBytes(18).toString('base64url'), ...env, ...added }
    for (const { name, from, to } of moved)
      say(`端口 ${from} 已被占用,演示改用 ${to}(${name})`, `port ${from} is taken; the demo uses ${to} (${name})`)
  }

  const loaded = await loadSite(siteFile, env)
  for (const problem of loaded.problems) printProblem(problem, zh ? 'zh' : 'en', line => io.err(line))
  if (!loaded.ok) {
    say('现场文件有误,未启动', 'the site file is wrong; nothing was started')
    return 1
  }
  const { site } = loaded
  const folder = options.data ?? join('data', site.id)
  const stopped = Promise.withResolvers<void>()
  listenForStop(() => stopped.resolve())
  try {
    const store = await openStore(folder, { wall: systemClock })
    const started = isDemo
      ? await startDemo(site, siteFile, folder, store, options, env, io)
      : await startSite(site, store, options, env, io)
    if (started.firstPassword !== undefined) {
      io.out(
        `${zh ? '首次启动,已创建账户' : 'First start, account made'}: admin  ${zh ? '密码' : 'password'}: ${started.firstPassword}`,
      )
    }
    const isStopped = await Promise.race([started.ready().then(() => false), stopped.promise.then(() => true)])
    if (!isStopped) io.out(`Zhishou is ready at ${started.address}`)
    await stopped.promise
    await started.stop()
    return 0
  } catch (error) {
    if (error instanceof PortTaken) {
      say(
        `端口被占用:${error.message}。用 --port 换一个,或停掉占用它的程序`,
        `${error.message}: choose another with --port, or stop the program that has it`,
      )
      return 1
    }
    if (error instanceof FolderTaken) {
      say(
        `数据目录 ${folder} 正被另一个值守网关使用:${error.message}`,
        `the data directory ${folder} is in use by another gateway: ${error.message}; stop it, or name another with --data`,
      )
      return 1
    }
    throw error
  }
}

/** A gateway under way, and when it may be called ready. */
type Started = Gateway & { ready(): Promise<void> }

async function portsOf(site: Site, store: Store, options: Options, env: Io['env'], io: Io) {
  return {
    wall: systemClock,
    store,
    host: options.host ?? site.server.host,
    port: options.port ?? site.server.port,
    dashboardFolder: join(root, 'dashboard', 'dist'),
    version: await packageVersion(),
    adminPassword: await secret(env, 'ZHISHOU_ADMIN_PASSWORD'),
    complain: (line: string) => io.err(line),
  }
}

async function startSite(site: Site, store: Store, options: Options, env: Io['env'], io: Io): Promise<Started> {
  const clock = { now: systemClock.now, after: systemClock.after, speed: 1 }
  const gateway = await startGateway(site, { ...(await portsOf(site, store, options, env, io)), clock, demo: undefined })
  return { ...gateway, ready: () => untilReady(gateway) }
}

/**
 * The demo's world goes on from where it was, and never behind real time. It runs at real time until its equipment is there, so that a
 * slow start is no silence of the equipment.
 */
async function startDemo(
  site: Site,
  siteFile: string,
  folder: string,
  store: Store,
  options: Options,
  env: Io['env'],
  io: Io,
): Promise<Started> {
  const clock = new DemoClock(systemClock, await resumeFrom(store, systemClock.now()), 1)
  let board: Board | undefined
  const simulation = new Simulation({
    entry: join(root, 'simulators', 'main.ts'),
    siteFile,
    stateFile: join(folder, 'simulated-equipment.json'),
    clock,
    wall: systemClock,
    env,
    onFaults: () => board?.faultsChanged(),
    onSpeed: () => board?.speedChanged(),
    onDeath: how => io.err(`the simulated equipment stopped: ${how}`),
  })
  const ports = await portsOf(site, store, options, env, io)
  const demo = (ofGateway: Board): Simulation => {
    board = ofGateway
    return simulation
  }
  try {
    await simulation.start()
    const gateway = await startGateway(site, { ...ports, clock, demo })
    const keepTime = keepDemoTime(store, clock)
    return {
      ...gateway,
      async ready() {
        await untilReady(gateway)
        await simulation.setSpeed(options.speed)
      },
      async stop() {
        await simulation.stop()
        await keepTime.stop()
        await gateway.stop()
      },
    }
  } catch (error) {
    await simulation.stop()
    await store.close()
    throw error
  }
}

/** Once a real second the demo's time is checkpointed, so that a killed demo goes on from there. */
function keepDemoTime(store: Store, clock: DemoClock): { stop(): Promise<void> } {
  const keep = async (): Promise<void> => {
    try {
      await store.journal.append([], [{ key: 'clock', value: clock.now() }])
    } catch {
      // A disk in trouble is told by the pipeline; the demo's pace is not worth a second alarm.
    }
  }
  let cancel = systemClock.after(seconds(1), again)
  function again(): void {
    void keep()
    cancel = systemClock.after(seconds(1), again)
  }
  return {
    stop() {
      cancel()
      return keep()
    },
  }
}

/** Ready, or a minute gone: a facility with a dead bus must be watched all the same. */
async function untilReady(gateway: Gateway): Promise<void> {
  const giveUpAt = systemClock.now() + readyWithin
  while (gateway.notReady().length > 0 && systemClock.now() < giveUpAt) {
    await new Promise<void>(resolve => systemClock.after(50 as Millis, resolve))
  }
}

function listenForStop(stop: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  process.on('message', message => {
    if (typeof message === 'object' && message !== null && 'stop' in message) stop()
  })
  if (process.connected) process.on('disconnect', stop)
}

function readOptions(args: readonly string[], env: Io['env']): Options | 'help' | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        site: { type: 'string' },
        data: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
        speed: { type: 'string' },
        lang: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return 'help'
    if (positionals.length > 0) return `unexpected "${positionals[0]}"`
    const site = values.site ?? env['ZHISHOU_SITE']
    const port = values.port ?? env['ZHISHOU_PORT']
    if (port !== undefined && !/^\d{1,5}$/.test(port)) return `--port ${port}: write a number from 0 to 65535`
    if (port !== undefined && Number(port) > 65_535) return `--port ${port}: write a number from 0 to 65535`
    const speed = values.speed ?? env['ZHISHOU_SPEED']
    if (values.speed !== undefined && site !== undefined) return '--speed is for the demo only; a real site runs at real time'
    const pace = speed === undefined ? 60 : Number(speed)
    if (!(pace >= 1 && pace <= 600)) return `--speed ${speed}: write a number from 1 to 600`
    return {
      site,
      data: values.data ?? env['ZHISHOU_DATA'],
      host: values.host ?? env['ZHISHOU_HOST'],
      port: port === undefined ? undefined : Number(port),
      speed: pace,
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** From the variable, or from the file that `NAME_FILE` names. */
async function secret(env: Io['env'], name: string): Promise<string | undefined> {
  const file = env[`${name}_FILE`]
  return env[name] ?? (file === undefined ? undefined : (await readFile(file, 'utf8')).trim())
}

async function packageVersion(): Promise<string> {
  const parsed: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown'
}
