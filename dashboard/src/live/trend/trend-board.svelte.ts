import type { WireAlarm, WireOutlook, WirePoint } from '../../../../gateway/api/wire.ts'
import type { Http } from '../../http.ts'
import type { LiveBoard } from '../live-board.svelte.ts'
import { curveOf, withReading } from '../trend.ts'
import type { Curve } from '../trend.ts'
import { AheadBoard } from './ahead-board.svelte.ts'
import { shifted, shifts } from './compare.ts'
import type { Comparison } from './compare.ts'
import { day } from './span.ts'
import type { Shown } from './span.ts'

export interface Question {
  readonly point: WirePoint
  /** Doors, modes and pumps that are drawn below. */
  readonly lanes: readonly WirePoint[]
  readonly shown: Shown
  readonly compare: Comparison
}

/** Single readings of an hour that are more than this come as buckets of a second. */
const second = 1000

/** What the trend shows: the curve and its lanes, asked once and then grown by the live channel, what to compare with, what was raised. */
export class TrendBoard {
  readonly #http: Http
  readonly #live: LiveBoard
  readonly #ahead: AheadBoard
  #curve = $state.raw<Curve>()
  /** What the curve is of: while another is asked for, the old one stays in sight. */
  #of = $state.raw<string>()
  #lanes = $state.raw<ReadonlyMap<string, Curve>>(new Map())
  #other = $state.raw<Curve>()
  #alarms = $state.raw<readonly WireAlarm[]>([])
  #phase = $state<'loading' | 'ready' | 'failed'>('loading')
  #round = 0

  constructor(http: Http, live: LiveBoard) {
    this.#http = http
    this.#live = live
    this.#ahead = new AheadBoard(http)
  }

  get curve(): Curve | undefined {
    return this.#curve
  }
  get of(): string | undefined {
    return this.#of
  }
  get other(): Curve | undefined {
    return this.#other
  }
  get outlook(): WireOutlook | undefined {
    return this.#ahead.outlook
  }
  /** What was raised within the time that is shown. */
  get alarms(): readonly WireAlarm[] {
    return this.#alarms
  }
  get phase() {
    return this.#phase
  }
  lane(point: string): Curve | undefined {
    return this.#lanes.get(point)
  }

  /** Shows another point or another time; returns the way to stop growing it. */
  show({ point, lanes, shown, compare }: Question): () => void {
    const round = (this.#round += 1)
    this.#phase = 'loading'
    if (this.#of !== point.id) {
      this.#curve = undefined
      this.#alarms = []
    }
    this.#other = undefined
    const still = () => round === this.#round
    void this.#ask(point, shown, still)
    void this.#askLanes(lanes, shown, still)
    void this.#askAlarms(point.equipment, shown, still)
    void this.lookAhead(point.id, shown)
    if (compare !== 'none') void this.#compare(point.id, shown, shifts[compare], still)
    if (!shown.follows && shown.to < this.#live.now) return () => {}
    const length = shown.to - shown.from
    const grown = new Set([point.id, ...lanes.map(({ id }) => id)])
    return this.#live.onReadings(readings => {
      if (!still()) return
      const since = shown.follows ? this.#live.now - length : shown.from
      let curve = this.#curve
      let changed: Map<string, Curve> | undefined
      for (const [id, at, , value, quality] of readings) {
        if (!grown.has(id) || (!shown.follows && at > shown.to)) continue
        const good = quality === 'bad' ? null : value
        if (id === point.id && curve) curve = withReading(curve, at, good, since)
        const lane = this.#lanes.get(id)
        if (!lane) continue
        changed ??= new Map(this.#lanes)
        changed.set(id, withReading(changed.get(id) ?? lane, at, good, since))
      }
      if (curve !== this.#curve) this.#curve = curve
      if (changed) this.#lanes = changed
    })
  }

  /** Limits, watches and forecast, as they are now. */
  async lookAhead(point: string, { from, to }: Shown): Promise<void> {
    await this.#ahead.look(point, { from, to: Math.max(to, this.#live.now) })
  }

  async #ask(point: WirePoint, { from, to, every }: Shown, still: () => boolean): Promise<void> {
    const answer = await this.#read(point.id, from, to, every)
    if (!still()) return
    if (answer) {
      this.#curve = answer
      this.#of = point.id
    }
    this.#phase = answer ? 'ready' : 'failed'
  }

  async #askLanes(points: readonly WirePoint[], { from, to, every }: Shown, still: () => boolean): Promise<void> {
    const curves = await Promise.all(points.map(async ({ id }) => [id, await this.#read(id, from, to, every)] as const))
    if (still()) this.#lanes = new Map(curves.flatMap(([id, curve]) => (curve ? [[id, curve]] : [])))
  }

  async #compare(point: string, { from, to, every }: Shown, by: number, still: () => boolean): Promise<void> {
    const before = await this.#read(point, from - by, to - by, every)
    if (still() && before) this.#other = shifted(before, by)
  }

  /** Those raised in sight, or up to a day before and perhaps over in it; one that still stands is on the board of open ones. */
  async #askAlarms(equipment: string, { from, to }: Shown, still: () => boolean): Promise<void> {
    const query = { equipment, from: String(Math.round(from - day)), to: String(Math.round(to)), limit: '200' }
    const answer = await this.#http.alarms(query)
    if (still() && answer.ok) this.#alarms = answer.value.items
  }

  async #read(point: string, from: number, to: number, every: number | undefined): Promise<Curve | undefined> {
    const answer = await this.#http.readings(point, from, to, every === undefined ? undefined : every / 1000)
    if (!answer.ok) return undefined
    if (every === undefined && answer.value.next !== null) return this.#read(point, from, to, second)
    return curveOf(answer.value, every)
  }
}
