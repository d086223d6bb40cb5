import type { PointId } from '../../protocols/contract/reading.ts'
import { days, instant } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { StoreTrouble } from '../store/store.ts'
import type { Historian, Sample } from '../store/store.ts'
import type { SeriesTags } from './influx.ts'
import { InfluxPeer, rawQuestion } from './influx.ts'
import { qualityOfCode } from './lines.ts'
import type { OutsideSettings } from './settings.ts'

/** Readings that are not here any more, from where they are. */
export interface Archive {
  readonly id: string
  /** At most `limit`, in the order of their times, from `from` until before `to`. Throws what the other side says. */
  raw(point: PointId, from: Instant, to: Instant, limit: number): Promise<readonly Sample[]>
}

/** The same historian, but what lies before its own first reading of a point is asked of the archive and marked with its name. */
export function withArchive(historian: Historian, archive: Archive): Historian {
  return {
    ...historian,
    async raw(point, from, to, limit) {
      const [first] = (await historian.raw(point, instant(0), to, 1)).samples
      const until = first === undefined ? to : first.t
      if (from >= until) return historian.raw(point, from, to, limit)
      const before = await asked(archive, point, from, until < to ? until : to, limit + 1)
      if (before.length > limit) return { samples: before.slice(0, limit), more: true }
      const rest =
        first === undefined ? { samples: [], more: false } : await historian.raw(point, until, to, limit - before.length)
      return { samples: [...before, ...rest.samples], more: rest.more }
    },
  }
}

async function asked(archive: Archive, point: PointId, from: Instant, to: Instant, limit: number): Promise<readonly Sample[]> {
  try {
    const samples = await archive.raw(point, from, to, limit)
    return samples.map(sample => ({ ...sample, source: archive.id }))
  } catch (error) {
    throw new StoreTrouble(`${archive.id}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The archive that a site names, with the words of its kind. */
export function archiveOn(
  settings: OutsideSettings,
  peer: Pick<InfluxPeer, 'lines' | 'rows'>,
  tagsOf: (point: string) => SeriesTags,
): Archive {
  const { id, kind, bucket } = settings
  if (kind === 'victoriametrics') return { id, raw: (point, from, to, limit) => exported(peer, tagsOf(point), from, to, limit) }
  return {
    id,
    async raw(point, from, to, limit) {
      const merging = new Merging()
      for await (const { _time: time, _field: field, _value: value } of peer.rows(
        rawQuestion(bucket, tagsOf(point), from, to, limit),
      ))
        merging.add(String(field), Date.parse(String(time)), Number(value))
      return merging.samples().slice(0, limit)
    },
  }
}

/** Value and quality of the same time are one reading. */
class Merging {
  readonly #values = new Map<number, number>()
  readonly #codes = new Map<number, number>()

  add(field: string, at: number, value: number): void {
    if (!Number.isFinite(at) || !Number.isFinite(value)) return
    if (field === 'q') this.#codes.set(at, value)
    else if (field === 'value') this.#values.set(at, value)
  }

  get size(): number {
    return Math.max(this.#values.size, this.#codes.size)
  }

  samples(): Sample[] {
    const times = [...new Set([...this.#values.keys(), ...this.#codes.keys()])].toSorted((a, b) => a - b)
    return times.map(at => {
      const q = qualityOfCode(this.#codes.get(at))
      return { t: instant(at), v: q === 'bad' ? null : (this.#values.get(at) ?? null), q }
    })
  }
}

const firstLook = days(1)
const longestLook = days(64)

/** VictoriaMetrics has no limit of its own for an export: it is asked for a day at a time, for longer where there is nothing. */
async function exported(
  peer: Pick<InfluxPeer, 'lines'>,
  tags: SeriesTags,
  from: number,
  to: number,
  limit: number,
): Promise<Sample[]> {
  const found: Sample[] = []
  const { site, equipment, point } = tags
  const match = `{__name__=~"reading_(value|q)",site=${quoted(site)},equipment=${quoted(equipment)},point=${quoted(point)}}`
  let look: number = firstLook
  for (let start = from; start < to && found.length < limit;) {
    const end = Math.min(to, start + look)
    const merging = new Merging()
    // Both ends are included there.
    const span = `start=${start / 1_000}&end=${(end - 1) / 1_000}`
    for await (const line of peer.lines(`/api/v1/export?match[]=${encodeURIComponent(match)}&${span}`)) readLine(line, merging)
    look = merging.size === 0 ? Math.min(look * 2, longestLook) : firstLook
    found.push(...merging.samples())
    start = end
  }
  return found.slice(0, limit)
}

/** A label value of PromQL is quoted as a string of Go, which for our names is as JSON has it. */
const quoted = (text: string): string => JSON.stringify(text)

function readLine(line: string, merging: Merging): void {
  if (line.trim() === '') return
  const { metric, values, timestamps } = JSON.parse(line) as {
    readonly metric: { readonly __name__: string }
    readonly values: readonly (number | null)[]
    readonly timestamps: readonly number[]
  }
  const field = metric.__name__.replace(/^reading_/, '')
  for (const [index, at] of timestamps.entries()) merging.add(field, at, values[index] ?? Number.NaN)
}
