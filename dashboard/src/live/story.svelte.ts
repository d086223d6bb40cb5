import type { WireAlarm, WireEntry } from '../../../gateway/api/wire.ts'
import type { Http } from '../http.ts'
import { bucketOf, spanOf } from './mini.ts'
import type { Span } from './mini.ts'
import { curveOf } from './trend.ts'
import type { Curve } from './trend.ts'

/** What HTTP alone can tell of the alarm that is being looked at: what the journal says of it, and how its point went. */
export class Story {
  readonly #http: Http
  #id = ''
  #entries = $state.raw<readonly WireEntry[]>()
  #picture = $state.raw<{ readonly curve: Curve; readonly span: Span }>()
  #turn = 0

  constructor(http: Http) {
    this.#http = http
  }

  get entries(): readonly WireEntry[] | undefined {
    return this.#entries
  }
  get picture() {
    return this.#picture
  }

  /** Asks anew; what is known of the same alarm stays until the answer is here. */
  async show(alarm: WireAlarm, now: number): Promise<void> {
    const turn = ++this.#turn
    if (alarm.id !== this.#id) {
      this.#id = alarm.id
      this.#entries = undefined
      this.#picture = undefined
    }
    const span = spanOf(alarm, now)
    const every = bucketOf(span)
    const [story, readings] = await Promise.all([
      this.#http.alarm(alarm.id),
      alarm.point === '' ? undefined : this.#http.readings(alarm.point, span.from, span.to, every && every / 1000),
    ])
    if (turn !== this.#turn) return
    if (story.ok) this.#entries = story.value.timeline
    if (readings?.ok) this.#picture = { curve: curveOf(readings.value, every), span }
  }
}
