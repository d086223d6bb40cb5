import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '../../gateway/clock.ts'
import { openStore } from '../../gateway/store/open.ts'
import type { GoodReading } from '../../protocols/contract/reading.ts'
import { instant, millis } from '../../protocols/contract/time.ts'
import { alone, gate } from './figure.ts'
import type { Bench, Figure } from './figure.ts'
import { inFolder } from './folder.ts'
import { PlainTable } from './peers/plain-table.ts'
import { passes } from './process.ts'
import { began, pointsOf, wanderers } from './walk.ts'

const id = 'history'
const points = pointsOf(20)
const rounds = 50_000
const rows = rounds * points.length
const batchSize = 5_000
const minute = 60_000
const end = began + rounds * 10_000
const buckets = Math.floor((end - 1) / minute) - Math.floor(began / minute) + 1

/** One historian that is filled and asked like the others. */
interface Historian {
  readonly name: string
  readonly durability: string
  write(batch: readonly GoodReading[]): Promise<void>
  /** Min, mean and max by the minute of the first point; answers how many minutes. */
  ask(): Promise<number>
  close(): Promise<void>
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  gate(typeof address === 'object' && address !== null, 'no port')
  return address.port
}

const sizeOf = (path: string): number =>
  statSync(path).isDirectory()
    ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
    : statSync(path).blocks * 512

async function ours(folder: string): Promise<Historian> {
  const store = await openStore(folder, { wall: systemClock })
  return {
    name: 'zhishou',
    durability: 'synced before the answer',
    write: batch => store.historian.record(batch.map(reading => ({ reading }))),
    ask: async () =>
      (await store.historian.buckets(points[0] ?? ('' as never), instant(began), instant(end), millis(minute))).length,
    close: () => store.close(),
  }
}

async function table(folder: string): Promise<Historian> {
  mkdirSync(folder)
  const plain = new PlainTable(folder)
  return {
    name: 'node:sqlite table',
    durability: 'synced before the answer',
    write: async batch => plain.record(batch),
    ask: async () => plain.buckets(points[0] ?? '', began, end, minute).length,
    close: async () => plain.close(),
  }
}

const lines = (batch: readonly GoodReading[]): string =>
  batch.map(({ point, at, value }) => `reading,point=${point} value=${value} ${at}`).join('\n')

/** A server somebody else wrote, until it answers. */
async function server(command: string, args: readonly string[], env: object, alive: string): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: 'ignore', env: { ...process.env, ...env } })
  for (let look = 0; look < 200; look++) {
    const isUp = await fetch(alive).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isUp) return child
    await passes(50)
  }
  child.kill('SIGKILL')
  throw new Error(`${command} does not answer`)
}

async function stopped(child: ChildProcess): Promise<void> {
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGINT')
  await gone
}

async function posted(url: string, body: string): Promise<void> {
  const answer = await fetch(url, { method: 'POST', body })
  gate(answer.ok, `${url} answers ${answer.status} ${await answer.text()}`)
}

async function victoria(folder: string): Promise<Historian> {
  const base = `http://127.0.0.1:${await freePort()}`
  const args = [`-storageDataPath=${folder}`, `-httpListenAddr=${base.slice(7)}`, '-retentionPeriod=100y', '-loggerLevel=ERROR']
  const child = await server('victoria-metrics', args, {}, `${base}/health`)
  return {
    name: 'VictoriaMetrics',
    durability: 'answered before it is on disk',
    write: batch => posted(`${base}/write?precision=ms`, lines(batch)),
    async ask() {
      // At most 30,000 points an answer.
      const span = 25_000 * minute
      await posted(`${base}/internal/force_flush`, '')
      let found = 0
      for (const by of ['min', 'avg', 'max']) {
        found = 0
        for (let from = Math.floor(began / minute) * minute; from < end; from += span) {
          const query = `${by}_over_time(reading_value{point="${points[0]}"}[1m])`
          const asked = new URLSearchParams({
            query,
            start: String(from / 1_000),
            end: String(Math.min(end, from + span - minute) / 1_000),
            step: '60',
          })
          const answer = (await (await fetch(`${base}/api/v1/query_range?${asked}`)).json()) as {
            data: { result: { values: unknown[] }[] }
          }
          found += answer.data.result[0]?.values.length ?? 0
        }
      }
      return found
    },
    close: () => stopped(child),
  }
}

async function influx(folder: string): Promise<Historian> {
  const [port, other] = [await freePort(), await freePort()]
  const base = `http://127.0.0.1:${port}`
  const env = {
    INFLUXDB_DATA_DIR: join(folder, 'data'),
    INFLUXDB_DATA_WAL_DIR: join(folder, 'wal'),
    INFLUXDB_META_DIR: join(folder, 'meta'),
    INFLUXDB_HTTP_BIND_ADDRESS: `127.0.0.1:${port}`,
    INFLUXDB_BIND_ADDRESS: `127.0.0.1:${other}`,
    INFLUXDB_REPORTING_DISABLED: 'true',
    INFLUXDB_MONITOR_STORE_ENABLED: 'false',
    INFLUXDB_DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION: '1s',
    INFLUXDB_CONFIG_PATH: '/dev/null',
  }
  const child = await server('influxd', ['run', '-config', '/dev/null'], env, `${base}/ping`)
  await posted(`${base}/query`, '').catch(() => {})
  await posted(`${base}/query?q=${encodeURIComponent('CREATE DATABASE bench')}`, '')
  return {
    name: 'InfluxDB 1.6',
    durability: 'write-ahead log synced before the answer',
    write: batch => posted(`${base}/write?db=bench&precision=ms`, lines(batch)),
    async ask() {
      const query = `SELECT min(value), mean(value), max(value) FROM reading WHERE point = '${points[0]}' AND time >= ${began}ms AND time < ${end}ms GROUP BY time(1m)`
      const answer = (await (await fetch(`${base}/query?db=bench&epoch=ms&q=${encodeURIComponent(query)}`)).json()) as {
        results: { series: { values: unknown[] }[] }[]
      }
      return answer.results[0]?.series[0]?.values.length ?? 0
    },
    // Its cache goes into files after a second of quiet.
    close: async () => {
      await passes(4_000)
      await stopped(child)
    },
  }
}

async function measured(folder: string, open: (folder: string) => Promise<Historian>): Promise<readonly Figure[]> {
  const place = join(folder, String(readdirSync(folder).length))
  const historian = await open(place)
  const { name, durability } = historian
  try {
    const next = wanderers(points)
    let waiting: GoodReading[] = []
    let seconds = 0
    for (let round = 0; round < rounds; round++) {
      waiting.push(...next())
      if (waiting.length < batchSize && round < rounds - 1) continue
      const from = performance.now()
      await historian.write(waiting)
      seconds += (performance.now() - from) / 1_000
      waiting = []
    }
    const times: number[] = []
    for (let time = 0; time < 6; time++) {
      const from = performance.now()
      const found = await historian.ask()
      times.push(performance.now() - from)
      gate(Math.abs(found - buckets) <= 2, `${name} answers ${found} minutes of ${buckets}`)
    }
    await historian.close()
    const note = `${rows} readings of ${points.length} points in tenths, batches of ${batchSize}; ${durability}`
    return [
      alone({ id, metric: `${name}: recorded`, unit: 'readings/s', note }, [rows / seconds]),
      alone({ id, metric: `${name}: on disk`, unit: 'bytes/reading', note: 'all files after it was stopped' }, [
        sizeOf(place) / rows,
      ]),
      alone({ id, metric: `${name}: six days by the minute`, unit: 'ms', note }, times.slice(1)),
    ]
  } catch (error) {
    await historian.close().catch(() => {})
    throw error
  }
}

async function run(): Promise<readonly Figure[]> {
  const peers = [ours, table]
  if (existsSync('/usr/bin/victoria-metrics')) peers.push(victoria)
  if (existsSync('/usr/bin/influxd')) peers.push(influx)
  return inFolder(async folder => {
    const figures: Figure[] = []
    for (const open of peers) figures.push(...(await measured(folder, open)))
    return figures
  })
}

export const bench: Bench = { id, title: 'The same readings in four historians', quick: false, run }
