import { Agent as PlainAgent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import { escape, flux, fluxDateTime, fluxInteger, HttpError, InfluxDB } from '@influxdata/influxdb-client'
import type { ParameterizedQuery } from '@influxdata/influxdb-client'
import type { Peer, Sent } from './peer.ts'
import type { OutsideSettings } from './settings.ts'

const measurement = 'reading'

/** What a series is known by over there. */
export interface SeriesTags {
  readonly site: string
  readonly equipment: string
  readonly point: string
  readonly unit: string
}

/** Measurement and tags of a series, escaped and in the order of their names. A tag without a value cannot be said and is left out. */
export function seriesKey({ site, equipment, point, unit }: SeriesTags): string {
  const tags = { equipment, point, site, unit }
  const said = Object.entries(tags).filter(([, value]) => value !== '')
  return [escape.measurement(measurement), ...said.map(([name, value]) => `${name}=${escape.tag(value)}`)].join(',')
}

// What the other side says about the lines themselves: wrong, too many at once, not as the field was before.
const aboutLines: ReadonlySet<number> = new Set([400, 413, 422])
const longestWhy = 500

/** InfluxDB 2, or what speaks its write path. Keeps nothing in memory: what is not acknowledged stays where it was. */
export class InfluxPeer implements Peer {
  readonly #client: InfluxDB
  readonly #settings: Pick<OutsideSettings, 'org' | 'bucket'>
  readonly #agent: PlainAgent

  constructor(settings: Pick<OutsideSettings, 'url' | 'token' | 'org' | 'bucket'>, timeout = 30_000) {
    const { url, token } = settings
    this.#agent = new (url.startsWith('https:') ? SecureAgent : PlainAgent)({ keepAlive: true, maxSockets: 2 })
    const transportOptions = { agent: this.#agent }
    this.#client = new InfluxDB({ url, timeout, transportOptions, ...(token === undefined ? {} : { token }) })
    this.#settings = settings
  }

  async write(lines: readonly string[]): Promise<Sent> {
    const { org, bucket } = this.#settings
    let why: unknown
    const api = this.#client.getWriteApi(org, bucket, 'ms', {
      // One request for all of them, and no buffer that would try again behind our back.
      batchSize: lines.length + 1,
      maxBatchBytes: Number.MAX_SAFE_INTEGER,
      flushInterval: 0,
      maxRetries: 0,
      maxBufferLines: 1,
      // A promise keeps the client from taking some failures for success and from writing to the console.
      async writeFailed(error) {
        why = error
        throw error
      },
    })
    try {
      api.writeRecords([...lines])
      await api.flush()
      return { is: 'taken' }
    } catch (error) {
      return outcomeOf(why ?? error)
    } finally {
      api.dispose()
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Answers a request of any path line by line. Throws what the client throws. */
  async *lines(path: string): AsyncIterable<string> {
    const decoder = new TextDecoder()
    let rest = ''
    for await (const chunk of this.#client.transport.iterate(path, '', { method: 'GET', headers: {} })) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = parts.pop() ?? ''
      yield* parts
    }
    rest += decoder.decode()
    if (rest !== '') yield rest
  }

  /** Rows of a Flux question, each as its columns. Throws what the client throws. */
  async *rows(question: ParameterizedQuery): AsyncIterable<Readonly<Record<string, unknown>>> {
    for await (const { values, tableMeta } of this.#client.getQueryApi(this.#settings.org).iterateRows(question))
      yield tableMeta.toObject(values)
  }
}

/** The readings of one series from `from` until before `to`, at most so many of each field, in the order of their times. */
export function rawQuestion(
  bucket: string,
  { site, equipment, point }: SeriesTags,
  from: number,
  to: number,
  limit: number,
): ParameterizedQuery {
  // Value and quality are of different types: as numbers of one kind they may stand in one column.
  return flux`from(bucket: ${bucket})
  |> range(start: ${fluxDateTime(new Date(from).toISOString())}, stop: ${fluxDateTime(new Date(to).toISOString())})
  |> filter(fn: (r) => r._measurement == ${measurement} and r.site == ${site} and r.equipment == ${equipment} and r.point == ${point})
  |> filter(fn: (r) => r._field == "value" or r._field == "q")
  |> toFloat()
  |> keep(columns: ["_time", "_field", "_value"])
  |> sort(columns: ["_time"])
  |> limit(n: ${fluxInteger(limit)})`
}

function outcomeOf(error: unknown): Sent {
  const why = (error instanceof Error ? error.message : String(error)).slice(0, longestWhy)
  if (!(error instanceof HttpError)) return { is: 'trouble', why }
  if (aboutLines.has(error.statusCode))
    return { is: 'refused', why: `${error.statusCode} ${wordsIn(error) ?? why}`.slice(0, longestWhy) }
  const wait = error.retryAfter()
  return { is: 'trouble', why: `${error.statusCode} ${why}`, ...(wait > 0 ? { retryAfter: wait } : {}) }
}

/** InfluxDB says which line and why in JSON; others in plain text. */
function wordsIn({ json, body }: HttpError): string | undefined {
  const message: unknown = json?.message ?? json?.error
  return typeof message === 'string' ? message : body
}
