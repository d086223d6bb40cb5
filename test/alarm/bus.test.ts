import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { minutes } from '../../protocols/contract/time.ts'
import type { Alarm } from '../../gateway/alarm/alarm.ts'
import { startGateway } from '../../gateway/app.ts'
import type { Gateway } from '../../gateway/app.ts'
import type { Board } from '../../gateway/board.ts'
import { DemoClock, systemClock } from '../../gateway/clock.ts'
import { loadSite } from '../../gateway/site/load.ts'
import type { Site } from '../../gateway/site/site.ts'
import { openStore } from '../../gateway/store/open.ts'
import type { Store } from '../../gateway/store/store.ts'
import { Facility } from '../../simulators/facility.ts'
import { freePorts } from '../simulators/ports.ts'

/** The domain runs so many times as fast as real time: ten minutes take ten seconds. */
const speed = 60
const school = fileURLToPath(new URL('../../simulators/school/site.yaml', import.meta.url))

const afterOf = (spec: unknown): number => (spec as { readonly after: number }).after

/** The school's canteen and nothing else: its bus, what hangs on it, and the rules of that. */
function canteenOf(site: Site): Site {
  const connections = site.connections.filter(({ id }) => id === 'canteen-bus')
  const points = site.points.filter(({ connection }) => connection === 'canteen-bus')
  const watched = new Set(points.map(({ id }) => id))
  const standing = new Set(points.map(({ equipment }) => equipment))
  return {
    ...site,
    connections,
    points,
    equipment: site.equipment.filter(({ id }) => standing.has(id)),
    // At sixty times two minutes are two seconds, and a busy machine takes as long to notice that the line is gone.
    rules: site.rules.filter(
      ({ kind, spec, watches }) =>
        watches.length > 0 && watches.every(point => watched.has(point)) && !(kind === 'stale' && afterOf(spec) < minutes(10)),
    ),
  }
}

describe('the canteen bus of the school, pulled and put back', () => {
  let folder = ''
  let store: Store
  let site: Site
  let facility: Facility
  let gateway: Gateway
  let board: Board
  const play = async (): Promise<Facility> => {
    const next = new Facility({ site, state: join(folder, 'world.json'), speed })
    await next.start()
    return next
  }
  /** Resolves as soon as what the board shows fits. */
  const until = (fits: (open: readonly Alarm[]) => boolean): Promise<void> =>
    new Promise(resolve => {
      const look = (): void => {
        if (!fits(board.openAlarms())) return
        stop()
        resolve()
      }
      const stop = board.listen({ alarm: look, readings: look, link: look })
      look()
    })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zhishou-bus-'))
    const [port] = await freePorts(1)
    const loaded = await loadSite(school, { ZHISHOU_DEMO_MODBUS_CANTEEN: String(port) })
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    site = canteenOf(loaded.site)
    store = await openStore(join(folder, 'data'), { wall: systemClock })
    facility = await play()
    gateway = await startGateway(site, {
      clock: new DemoClock(systemClock, systemClock.now(), speed),
      wall: systemClock,
      store,
      folder,
      host: '127.0.0.1',
      port: 0,
      dashboardFolder: join(folder, 'none'),
      version: 'test',
      adminPassword: 'only-for-this-1',
      demo: made => {
        board = made
        return { faults: () => [], setFault: () => Promise.resolve('no-such-fault' as const), setSpeed: () => Promise.resolve() }
      },
      complain: line => expect.fail(line),
    })
  })
  afterAll(async () => {
    await gateway.stop()
    await facility.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('has exactly one alarm with all its silences below it, and leaves nothing behind', async () => {
    const line = 'gateway.connection:canteen-bus'
    const silences = site.rules.filter(({ kind, spec }) => kind === 'stale' && afterOf(spec) <= minutes(10))
    expect(silences.length).toBe(3)
    await until(() => site.points.every(({ id }) => board.latest(id)?.quality === 'good'))

    await facility.stop()
    await until(open => silences.every(({ id }) => open.some(({ rule, state }) => rule === id && state === 'suppressed')))

    const alarm = board.openAlarms().find(({ rule }) => rule === line)
    expect(alarm).toMatchObject({ state: 'unacknowledged', because: { zh: `${site.equipment.length} 台设备读不到` } })
    const children = board.openAlarms().filter(({ suppressed }) => suppressed?.causes.some(cause => cause.alarm === alarm?.id))
    expect(children.length).toBeGreaterThanOrEqual(silences.length)

    facility = await play()
    await until(open => open.every(({ rule, state, active }) => state !== 'suppressed' && !(rule === line && active)))

    const { entries } = await store.journal.page({ limit: 10_000 })
    const raised = entries.flatMap(({ kind, data }) => (kind === 'alarm.raised' ? [data['alarm'] as Alarm] : []))
    const called = raised.filter(({ state, rule }) => state === 'unacknowledged' && (rule === line || rule.endsWith('.silent')))
    expect(called.map(({ rule }) => rule)).toEqual([line])
    expect(entries.filter(({ kind }) => kind === 'flood.began')).toEqual([])
    expect(board.openAlarms().filter(({ rule, active }) => active && rule.endsWith('.silent'))).toEqual([])
  })
})
