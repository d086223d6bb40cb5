import type { Frame } from '../contract/driver.ts'
import type { Came, InletRefusal, Sent, Series } from '../contract/inlet.ts'
import type { PointId, Reading } from '../contract/reading.ts'
import type { Instant } from '../contract/time.ts'
import { between, minutes } from '../contract/time.ts'

/** Whatever is sent, no more than this is remembered of it. */
export const limits = { senders: 64, strangers: 500, atOnce: 1_000, tags: 32, letters: 120, mixed: 4, frames: 64 } as const
/** A series that was not sent for so long gives its place to another. */
const forgotten = minutes(15)

export interface Sender {
  readonly name: string
  requests: number
  /** Values sent, and those that are on disk. */
  sent: number
  taken: number
  unreadable: number
  unknown: number
  readonly refused: Map<InletRefusal, number>
  lastAt: Instant
  /** The furthest its times were ahead of the gateway's clock, ms. */
  ahead: number
}
export interface Stranger {
  readonly sent: Sent & { readonly named: Series }
  readonly sender: string
  /** On the wall clock. */
  readonly at: Instant
  /** On the domain clock, for a reading that it could become. */
  readonly receivedAt: Instant
}
/** The last that was heard for a point, and which series speak for it: there should be one. */
export interface Heard {
  readonly sent: Sent
  readonly reading: Reading
  readonly series: ReadonlySet<string>
  readonly sender: string
}

/** What was sent to a connection and what became of it. All of it is bounded, and no text that is kept holds on to the request it came in. */
export class SentBook {
  readonly #senders = new Map<string, Sender>()
  readonly #strangers = new Map<string, Stranger>()
  readonly #heard = new Map<PointId, Heard>()
  readonly #frames: Frame[] = []
  #overlooked = 0

  get senders(): readonly Sender[] {
    return [...this.#senders.values()]
  }
  /** The latest of each series that no point is bound to. */
  get strangers(): readonly Stranger[] {
    return [...this.#strangers.values()]
  }
  /** Values of series that there was no more room for. */
  get overlooked(): number {
    return this.#overlooked
  }
  get frames(): readonly Frame[] {
    return this.#frames
  }
  heard(point: PointId): Heard | undefined {
    return this.#heard.get(point)
  }
  get heardPoints(): ReadonlyMap<PointId, Heard> {
    return this.#heard
  }

  /** `at` on the wall clock, `receivedAt` on the domain clock. */
  note(came: Came, at: Instant, receivedAt: Instant): void {
    const { sender: name, taken, refused, strangers, unreadable } = came
    const sender = this.#senderOf(name, at)
    sender.requests += 1
    sender.sent += taken.length + refused.length + strangers.length
    sender.taken += taken.length
    sender.unknown += strangers.length
    sender.unreadable += unreadable
    sender.lastAt = at
    for (const { sent, why } of refused) {
      sender.refused.set(why, (sender.refused.get(why) ?? 0) + 1)
      if (why === 'too-new') sender.ahead = Math.max(sender.ahead, (sent.at ?? at) - at)
    }
    const first = new Map<PointId, Came['taken'][number]>()
    const last = new Map<PointId, Came['taken'][number]>()
    for (const one of taken) {
      if (!last.has(one.reading.point)) first.set(one.reading.point, one)
      last.set(one.reading.point, one)
    }
    for (const one of [...first.values(), ...last.values()]) this.#hear(one, sender.name)
    for (const sent of strangers.slice(0, limits.atOnce)) this.#meet(sent, sender.name, { at, receivedAt })
    this.#overlooked += Math.max(0, strangers.length - limits.atOnce)
    this.#frame(came, at)
  }

  #senderOf(name: string, at: Instant): Sender {
    const known = this.#senders.get(name)
    if (known) return known
    const longestGone = [...this.#senders.values()].toSorted((a, b) => a.lastAt - b.lastAt)[0]
    if (this.#senders.size >= limits.senders && longestGone) this.#senders.delete(longestGone.name)
    const fresh = {
      name: own(name),
      requests: 0,
      sent: 0,
      taken: 0,
      unreadable: 0,
      unknown: 0,
      refused: new Map(),
      lastAt: at,
      ahead: 0,
    }
    this.#senders.set(fresh.name, fresh)
    return fresh
  }

  #hear({ sent, reading }: Came['taken'][number], sender: string): void {
    const before = this.#heard.get(reading.point)
    const kept = ownCopy(sent)
    const label = kept.named.by === 'series' ? headOf(kept.named) : ''
    const series = before?.series ?? new Set<string>()
    const isNew = label !== '' && !series.has(label) && series.size < limits.mixed
    this.#heard.set(reading.point, { sent: kept, reading, series: isNew ? new Set([...series, label]) : series, sender })
  }

  #meet(sent: Sent, sender: string, { at, receivedAt }: Pick<Stranger, 'at' | 'receivedAt'>): void {
    if (sent.named.by === 'point') return
    const key = own(keyOf(sent.named), 4 * limits.letters)
    const known = this.#strangers.get(key)
    // Those that are still sent stand last.
    this.#strangers.delete(key)
    if (!known && this.#strangers.size >= limits.strangers) {
      const [eldest, stranger] = this.#strangers.entries().next().value ?? []
      if (eldest === undefined || !stranger || between(stranger.at, at) < forgotten) {
        this.#overlooked += 1
        return
      }
      this.#strangers.delete(eldest)
    }
    const copy = ownCopy(sent)
    const named = known?.sent.named ?? (copy.named as Series)
    this.#strangers.set(key, { sent: { ...copy, named }, sender, at, receivedAt })
  }

  #frame({ sender, taken, refused, strangers, unreadable }: Came, at: Instant): void {
    const first = refused[0]?.sent ?? strangers[0] ?? taken[0]?.sent
    const parts = [
      `${taken.length} taken`,
      ...(refused.length > 0 ? [`${refused.length} refused`] : []),
      ...(strangers.length > 0 ? [`${strangers.length} unknown`] : []),
      ...(unreadable > 0 ? [`${unreadable} unreadable`] : []),
    ]
    const note = `${parts.join(', ')}${first ? `: ${own(writtenOut(ownCopy(first)))}` : ''}`
    this.#frames.push({ at, device: own(sender), way: 'heard', hex: '', note })
    if (this.#frames.length > limits.frames) this.#frames.shift()
  }
}

/** A text of its own: a part of a longer one would keep all of that in memory. */
const own = (text: string, most: number = limits.letters): string => Buffer.from(text.slice(0, most)).toString()

function ownCopy({ named, value, at }: Sent): Sent {
  const kept =
    named.by === 'point'
      ? { by: named.by, point: own(named.point) }
      : {
          by: named.by,
          measurement: own(named.measurement),
          field: own(named.field),
          tags: new Map([...named.tags].slice(0, limits.tags).map(([tag, is]) => [own(tag), own(is)])),
        }
  return { named: kept, value: typeof value === 'string' ? own(value) : value, ...(at === undefined ? {} : { at }) }
}

/** Senders keep to one order of tags; who does not is told twice. */
function keyOf({ measurement, tags, field }: Series): string {
  let key = `${measurement} ${field}`
  for (const [tag, is] of tags) key += `,${tag}=${is}`
  return key
}

/** `modbus,slave_id=3`, as it is written in line protocol. */
export const headOf = ({ measurement, tags }: Pick<Series, 'measurement' | 'tags'>): string =>
  [
    escaped(measurement),
    ...[...tags].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([tag, is]) => `${escaped(tag)}=${escaped(is)}`),
  ].join(',')

/** `modbus,slave_id=3 temperature=4.5`, or `cold-1.temperature = 4.5` of what was named by its point. */
export function writtenOut({ named, value }: Sent): string {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return named.by === 'point' ? `${named.point} = ${shown}` : `${headOf(named)} ${escaped(named.field)}=${shown}`
}

const escaped = (text: string): string => text.replaceAll(/[,= ]/g, found => `\\${found}`)
