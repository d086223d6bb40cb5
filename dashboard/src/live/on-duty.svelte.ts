import type { Said } from '../../../gateway/api/wire.ts'
import type { WireDutyPlan, WirePerson } from '../../../gateway/api/wire-duty.ts'
import type { Http, Page } from '../http.ts'
import type { BrowserTime } from '../time.svelte.ts'
import type { LiveBoard } from './live-board.svelte.ts'

export interface OnDuty {
  readonly roster: Said
  /** Absent where the roster has a hole now. */
  readonly person?: Said
  /** Domain time, ms. */
  readonly until: number
}

/** Real ms between two questions: when the next shift begins, and never more often or more seldom than this. */
const soonest = 30_000
const latest = 600_000

/** Who is on duty now, for the strip on every page. A site without rosters has nobody to show. */
export class OnDutyBoard {
  readonly #http: Http
  readonly #time: BrowserTime
  readonly #live: LiveBoard
  #people: ReadonlyMap<string, Said> = new Map()
  #now = $state.raw<readonly OnDuty[]>([])
  #cancel: () => void = () => {}
  #stopped = true

  constructor(http: Http, time: BrowserTime, live: LiveBoard) {
    this.#http = http
    this.#time = time
    this.#live = live
  }

  get now(): readonly OnDuty[] {
    return this.#now
  }

  /** Returns the way to stop. Call it once domain time is known. */
  start(): () => void {
    this.#stopped = false
    void this.#ask()
    return () => {
      this.#stopped = true
      this.#cancel()
    }
  }

  async #ask(): Promise<void> {
    const now = this.#live.now
    const asked = new URLSearchParams({ from: new Date(now).toISOString(), to: new Date(now + 60_000).toISOString() })
    const plan = await this.#http.ask<WireDutyPlan>('GET', `/duty?${asked}`)
    if (this.#stopped) return
    if (plan.ok && plan.value.rosters.length > 0 && this.#people.size === 0) await this.#meet()
    if (this.#stopped) return
    if (plan.ok) this.#now = plan.value.rosters.flatMap(({ name, now }) => (now ? [this.#seen(name, now.person, now.to)] : []))
    this.#cancel = this.#time.after(this.#pause(), () => void this.#ask())
  }

  async #meet(): Promise<void> {
    const people = await this.#http.ask<Page<WirePerson>>('GET', '/people')
    if (people.ok) this.#people = new Map(people.value.items.map(({ id, name }) => [id, name]))
  }

  #seen(roster: Said, person: string | null, to: string): OnDuty {
    const until = Date.parse(to)
    if (person === null) return { roster, until }
    return { roster, until, person: this.#people.get(person) ?? { zh: person, en: person } }
  }

  #pause(): number {
    const next = Math.min(...this.#now.map(one => one.until))
    const real = (next - this.#live.now) / this.#live.speed
    return Number.isFinite(real) ? Math.max(soonest, Math.min(latest, real + 1000)) : latest
  }
}
