import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../protocols/kit.ts'

export const hasInfluxd = (): boolean => existsSync('/usr/bin/influxd')
export const hasVictoria = (): boolean => existsSync('/usr/bin/victoria-metrics')

/** One of the databases that line protocol was made for, with a folder of its own. */
export interface Peer {
  readonly url: string
  stop(): Promise<void>
}

async function start(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  url: string,
  folder: string,
): Promise<Peer> {
  const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env } })
  const ended = once(child, 'exit')
  const gone = ended.then(() => Promise.reject(new Error(`${program} ended`)))
  gone.catch(() => {})
  for (;;) {
    const answer = await Promise.race([fetch(`${url}/ping`).catch(() => undefined), gone])
    if (answer !== undefined) break
    await Promise.race([new Promise(resolve => setTimeout(resolve, 50)), gone])
  }
  return {
    url,
    async stop() {
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** InfluxDB 1, whose reader of line protocol is the one of InfluxDB 2. */
export async function startInfluxd(): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-influxd-'))
  const [web, rpc] = [await freePort(), await freePort()]
  const env = {
    INFLUXDB_META_DIR: join(folder, 'meta'),
    INFLUXDB_DATA_DIR: join(folder, 'data'),
    INFLUXDB_DATA_WAL_DIR: join(folder, 'wal'),
    INFLUXDB_HTTP_BIND_ADDRESS: `127.0.0.1:${web}`,
    INFLUXDB_BIND_ADDRESS: `127.0.0.1:${rpc}`,
    INFLUXDB_REPORTING_DISABLED: 'true',
    INFLUXDB_HTTP_LOG_ENABLED: 'false',
    INFLUXDB_MONITOR_STORE_ENABLED: 'false',
  }
  const peer = await start('influxd', ['run', '-config', '/dev/null'], env, `http://127.0.0.1:${web}`, folder)
  await fetch(`${peer.url}/query?q=${encodeURIComponent('CREATE DATABASE d')}`, { method: 'POST' })
  return peer
}

export async function startVictoria(): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-victoria-'))
  const port = await freePort()
  const options = ['-retentionPeriod=100y', '-loggerLevel=ERROR', '-memory.allowedBytes=64MB', '-search.latencyOffset=0']
  const args = [`-storageDataPath=${folder}`, `-httpListenAddr=127.0.0.1:${port}`, ...options]
  return start('victoria-metrics', args, {}, `http://127.0.0.1:${port}`, folder)
}
