import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { emptyFolder } from '../store/folder.ts'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The real VictoriaMetrics with a folder of its own, that can be stopped, killed and started again on the same address. */
export class Victoria {
  readonly port: number
  readonly #folder: string
  #process: ChildProcess | undefined

  private constructor(port: number, folder: string) {
    this.port = port
    this.#folder = folder
  }

  static async begin(): Promise<Victoria> {
    const victoria = new Victoria(await freePort(), emptyFolder())
    onTestFinished(() => victoria.stop('SIGKILL'))
    await victoria.start()
    return victoria
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    // The same series at the same time is one point, as InfluxDB has it by itself.
    const options = ['-retentionPeriod=100y', '-dedup.minScrapeInterval=1ms', '-loggerLevel=ERROR', '-memory.allowedBytes=64MB']
    const child = spawn(
      'victoria-metrics',
      [`-storageDataPath=${this.#folder}`, `-httpListenAddr=127.0.0.1:${this.port}`, ...options],
      {
        stdio: 'ignore',
      },
    )
    this.#process = child
    const gone = once(child, 'exit').then(() => Promise.reject(new Error('VictoriaMetrics ended')))
    gone.catch(() => {})
    for (;;) {
      const answer = await Promise.race([fetch(`${this.url}/health`).catch(() => undefined), gone])
      if (answer?.ok) return
      await Promise.race([new Promise(resolve => setTimeout(resolve, 50)), gone])
    }
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  /** What it holds of a metric: `equipment.point@ms=value`, sorted. */
  async rows(metric: string): Promise<string[]> {
    // What was taken is searchable a second later; asked to, at once.
    await fetch(`${this.url}/internal/force_flush`)
    const answer = await fetch(
      `${this.url}/api/v1/export?match[]=${encodeURIComponent(`{__name__="${metric}"}`)}&start=0&end=4102444800`,
    )
    const text = await answer.text()
    return text
      .split('\n')
      .filter(line => line !== '')
      .flatMap(line => {
        const {
          metric: labels,
          values,
          timestamps,
        } = JSON.parse(line) as {
          metric: Record<string, string>
          values: number[]
          timestamps: number[]
        }
        return timestamps.map((at, index) => `${labels['equipment']}.${labels['point']}@${at}=${values[index]}`)
      })
      .filter(row => !row.startsWith('gateway.'))
      .toSorted()
  }
}
