import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seconds } from '../../protocols/contract/time.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import type { Gateway, Ports } from '../app.ts'
import type { Board } from '../board.ts'
import { DemoClock, SteadyClock, systemClock } from '../clock.ts'
import { Simulation } from '../demo.ts'
import { resumeFrom } from '../restore.ts'
import type { Site } from '../site/site.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { freeDemoPorts } from './demo-ports.ts'
import type { Io } from './io.ts'
import { finishChange } from '../commission/site-disk.ts'
import { SecretUnreadable } from './not-started.ts'

export interface StartOptions {
  readonly data: string | undefined
  readonly host: string | undefined
  readonly port: number | undefined
  /** How fast the demo's world runs; a real site runs at real time. */
  readonly speed: number
}
/** Says a sentence to the person at the terminal, in that person's language. */
export type Say = (zh: string, en: string) => void

/** A gateway under way, and when it may be called ready. */
export type Started = Gateway & { ready(): Promise<void> }

const root = fileURLToPath(new URL('../..', import.meta.url))
const demoSite = join(root, 'simulators', 'school', 'site.yaml')
const readyWithin = seconds(60)

/** `undefined` when the site file is wrong: every problem has been said, and nothing was touched. */
export async function startSite(file: string, options: StartOptions, io: Io, say: Say): Promise<Started | undefined> {
  await finishChange(file)
  const site = await readSite(file, io.env, io, say)
  if (!site) return undefined
  const adminPassword = await secret(io.env, 'ZHISHOU_ADMIN_PASSWORD')
  const folder = options.data ?? join('data', site.id)
  const store = await storeIn(folder, say)
  const { startGateway } = await import('../app.ts')
  const clock = new SteadyClock(systemClock)
  const ports = await portsOf(site, store, folder, options, io, adminPassword)
  const gateway = await startGateway(site, { ...ports, clock, source: { path: file, env: io.env } })
  return { ...gateway, ready: () => untilReady(gateway) }
}

/**
 * The demo's world goes on from where it was, and never behind real time. It runs at real time until its equipment is there, so that a
 * slow start is no silence of the equipment. The equipment's process loads while the gateway does.
 */
export async function startDemo(options: StartOptions, io: Io, say: Say): Promise<Started | undefined> {
  const { env: added, moved } = await freeDemoPorts(demoSite, io.env)
  // The simulated devices' passwords are made up at every start: nothing secret is written down.
  const env = { ZHISHOU_DEMO_DEVICE_PASSWORD: randomBytes(18).toString('base64url'), ...io.env, ...added }
  for (const { name, from, to } of moved) {
    say(`端口 ${from} 已被占用，演示改用 ${to}(${name})`, `port ${from} is taken; the demo uses ${to} (${name})`)
  }
  const folder = options.data ?? join('data', 'demo')
  const adminPassword = await secret(io.env, 'ZHISHOU_ADMIN_PASSWORD')
  let board: Board | undefined
  const simulation = new Simulation({
    entry: join(root, 'simulators', 'main.ts'),
    siteFile: demoSite,
    stateFile: join(folder, 'simulated-equipment.json'),
    wall: systemClock,
    env,
    onFaults: () => board?.faultsChanged(),
    onSpeed: () => board?.speedChanged(),
    onDeath: how => say(`演示设备停止了：${how}`, `the simulated equipment stopped: ${how}`),
  })
  const equipment = simulation.start()
  // Awaited where the gateway begins to poll; a failure before that must not pass for nobody's.
  equipment.catch(() => {})
  let store: Store | undefined
  let isGatewaysStore = false
  try {
    store = await storeIn(folder, say)
    const clock = new DemoClock(systemClock, await resumeFrom(store, systemClock.now()), 1)
    simulation.begin(clock)
    const [site, { startGateway }] = await Promise.all([readSite(demoSite, env, io, say), import('../app.ts')])
    if (!site) throw new Error('the demo has a wrong site file')
    const ports = await portsOf(site, store, folder, options, io, adminPassword)
    isGatewaysStore = true
    const demo = (ofGateway: Board): Simulation => {
      board = ofGateway
      return simulation
    }
    const gateway = await startGateway(site, { ...ports, clock, demo, equipment, source: { path: demoSite, env } })
    const keepTime = keepDemoTime(ports.store, clock)
    return {
      ...gateway,
      async ready() {
        await untilReady(gateway)
        await simulation.setSpeed(options.speed)
      },
      async stop() {
        // The gateway first: equipment that is switched off under it would go down in the journal as a fault.
        await keepTime.stop()
        await gateway.stop()
        await simulation.stop()
      },
    }
  } catch (error) {
    await simulation.stop()
    if (!isGatewaysStore) await store?.close()
    throw error
  }
}

async function readSite(file: string, env: Io['env'], io: Io, say: Say): Promise<Site | undefined> {
  const [{ asOf, loadSite }, { printProblem }] = await Promise.all([import('../site/load.ts'), import('./problem.ts')])
  const loaded = await loadSite(file, env, undefined, asOf(systemClock.now()))
  for (const problem of loaded.problems) say(printed(problem, 'zh'), printed(problem, 'en'))
  if (loaded.ok) return loaded.site
  say('现场文件有误，未启动', 'the site file is wrong; nothing was started')
  return undefined

  function printed(problem: Parameters<typeof printProblem>[0], language: 'zh' | 'en'): string {
    const lines: string[] = []
    printProblem(problem, language, line => void lines.push(line))
    return lines.join('\n')
  }
}

/** Whoever starts it at a terminal is told there of damaged files, beside every screen. */
async function storeIn(folder: string, say: Say): Promise<Store> {
  const store = await openStore(folder, { wall: systemClock })
  for (const { file, movedTo, why } of store.damage) {
    say(
      `数据文件 ${file} 已损坏（${why}），原件保存为 ${movedTo}，已新建`,
      `${file} was damaged (${why}); it is kept as ${movedTo} and a new one was begun`,
    )
  }
  return store
}

async function portsOf(
  site: Site,
  store: Store,
  folder: string,
  options: StartOptions,
  io: Io,
  adminPassword: string | undefined,
): Promise<Omit<Ports, 'clock'>> {
  return {
    wall: systemClock,
    store,
    folder,
    host: options.host ?? site.server.host,
    port: options.port ?? site.server.port,
    dashboardFolder: join(root, 'dashboard', 'dist'),
    version: await packageVersion(),
    adminPassword,
    complain: line => io.err(line),
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

/** From the variable, or from the file that `NAME_FILE` names. */
async function secret(env: Io['env'], name: string): Promise<string | undefined> {
  const file = env[`${name}_FILE`]
  if (env[name] !== undefined || file === undefined) return env[name]
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    throw new SecretUnreadable(`${name}_FILE`, error)
  }
}

async function packageVersion(): Promise<string> {
  const parsed: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown'
}
