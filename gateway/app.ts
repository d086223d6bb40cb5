import { join } from 'node:path'
import { seconds } from '../protocols/contract/time.ts'
import type { Clock } from '../protocols/contract/time.ts'
import { Accounts } from './accounts/accounts.ts'
import type { Demo } from './api/house.ts'
import { serve } from './api/serve.ts'
import type { Board } from './board.ts'
import { ClockWatch } from './clock-watch.ts'
import { SteadyClock } from './clock.ts'
import { Closing } from './closing.ts'
import { watchTroubles } from './health.ts'
import { Commissioning } from './commission/commissioning.ts'
import { SiteFiles } from './commission/site-files.ts'
import { Lines } from './lines.ts'
import { farewellOf } from './notify/mqtt.ts'
import { Relief } from './relief.ts'
import type { Site } from './site/site.ts'
import type { Store } from './store/store.ts'
import { openWatch } from './watch.ts'
import type { Watch, WatchParts } from './watch.ts'

/** Everything a test replaces. */
export interface Ports {
  readonly clock: Clock & { readonly speed: number }
  readonly wall: Clock
  /** Opened on the data directory before the domain clock is set, because the clock goes on from where the last run was. */
  readonly store: Store
  /** The data directory; drivers keep their own things below it. */
  readonly folder: string
  readonly host: string
  readonly port: number
  readonly dashboardFolder: string
  readonly version: string
  /** From the environment, for the first account. */
  readonly adminPassword: string | undefined
  /** The demo's simulated equipment; hears of the board so that screens learn of its faults. */
  readonly demo?: (board: Board) => Demo
  /** Resolves when there is equipment to talk to; polling begins then. */
  readonly equipment?: Promise<void>
  /** Where the site was read from, so that a change can be tried on it. */
  readonly source?: { readonly path: string; readonly env: Readonly<Record<string, string | undefined>> }
  readonly complain: (line: string) => void
}

export interface Gateway {
  readonly address: string
  /** Printed once; only where the first account was made with a random password. */
  readonly firstPassword: string | undefined
  /** Empty once polling, evaluating and storing. */
  notReady(): readonly string[]
  /** The site file, to be changed while the gateway runs. Absent where the site was not read from one. */
  readonly siteFiles: SiteFiles | undefined
  mention(kind: string, data: Readonly<Record<string, unknown>>): void
  stop(): Promise<void>
}

const closeWithin = seconds(8)

const demoIsFixed = {
  zh: '演示的现场文件随程序提供，模拟设备由它生成，不能在这里改；请用 --site 启动自己的现场',
  en: "the demo's site file ships with the program and its simulated equipment is made from it: start a site of your own with --site",
}
const beingStarted = { ok: false, why: 'stopping', detail: 'the gateway is being started' } as const

/**
 * Everything is made here, in the order the data flows, and closed in the opposite order: what stays while the gateway runs (store, lines,
 * address), and between them the watch, which is made anew when the site changes.
 */
export async function startGateway(site: Site, ports: Ports): Promise<Gateway> {
  const { clock, wall, store, folder, version, source, complain } = ports
  const closing = new Closing(wall, closeWithin, complain)
  closing.add('store', () => store.close())
  try {
    const lines = new Lines({
      clock,
      wall,
      folder: join(folder, 'connections'),
      farewell: farewellOf(site.id),
      stopWithin: closeWithin,
      complain,
    })
    let relief: Relief | undefined
    const watch = (): Watch => relief?.watch ?? first
    const siteFiles =
      source &&
      new SiteFiles({
        path: source.path,
        env: source.env,
        folder: join(folder, 'site-versions'),
        wall,
        version,
        ...(ports.demo ? { fixed: demoIsFixed } : {}),
        running: () => ({ site: watch().site, openAlarms: watch().board.openAlarms() }),
        relieve: async (next, entry) => relief?.relieve(next, entry) ?? beingStarted,
        complain,
      })
    const commissioning = new Commissioning({ clock: wall, env: source?.env ?? {} })
    const common = { clock, wall, store, folder, version, lines, commissioning, closeWithin, complain, since: clock.now() }
    const parts: WatchParts = {
      ...common,
      ...(source ? { source } : {}),
      ...(siteFiles ? { siteFiles } : {}),
      ...(ports.demo ? { demo: ports.demo } : {}),
    }
    const first: Watch = await openWatch(site, parts)
    closing.add('watch', () => watch().close())
    closing.add('what works for the watch', () => watch().windDown())
    await siteFiles?.begin()

    const accounts = new Accounts(store.accounts, wall)
    const firstPassword = await accounts.begin(ports.adminPassword)
    const http = await serve(first.house, accounts, {
      host: ports.host,
      port: ports.port,
      dashboardFolder: ports.dashboardFolder,
      report: (error, request) =>
        complain(`${request}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    })
    closing.add('http', () => http.close())

    await Promise.all([ports.equipment, ...site.connections.map(({ driver }) => driver.preload?.())])
    closing.add('connections', () => lines.stop())
    closing.add('searches for equipment', () => commissioning.stop())
    const clockWatch =
      clock instanceof SteadyClock ? new ClockWatch(clock, wall, by => running.watch.pipeline.clockSet(by)) : undefined
    const running = new Relief(first, { watch: parts, http, lines, store, clockWatch, complain })
    relief = running
    // A broker is told while the line to it still stands.
    closing.add('mqtt farewell', () => running.watch.mqtt.offline())
    lines.goOn(first.hearer)
    lines.begin(site)
    first.mqtt.online()
    clockWatch?.start()
    closing.add('clock watch', () => clockWatch?.stop())
    closing.add(
      'troubles',
      watchTroubles(wall, () => running.watch.lookAtTroubles()),
    )
    return {
      address: http.address,
      firstPassword,
      notReady: () => running.watch.house.notReady(),
      siteFiles,
      mention: (kind, data) => running.watch.pipeline.mention({ kind, by: 'system', data }),
      async stop() {
        await running.stop()
        running.watch.pipeline.mention({ kind: 'gateway.stopped', by: 'system', data: {} })
        await closing.all()
      },
    }
  } catch (error) {
    await closing.all()
    throw error
  }
}
