import type { WireCaseDeed, WireCaseDetail, WireCasePerson } from '../../../gateway/api/wire-cases.ts'
import type { Http, Page, Refusal } from '../http.ts'
import type { BrowserTime } from '../time.svelte.ts'
import type { Dictionary } from '../words/say.ts'

/** Real ms between two looks: others work on the same case. */
const every = 15_000

/** One case on the screen: asked for again from time to time, and what this person does about it. */
export class CaseBoard {
  readonly #id: string
  readonly #http: Http
  readonly #time: BrowserTime
  #one = $state.raw<WireCaseDetail>()
  #people = $state.raw<readonly WireCasePerson[]>([])
  #lost = $state<'not-found' | 'failed'>()
  #cancel: () => void = () => {}
  #stopped = true

  constructor(id: string, http: Http, time: BrowserTime) {
    this.#id = id
    this.#http = http
    this.#time = time
  }

  get one(): WireCaseDetail | undefined {
    return this.#one
  }
  /** Whom it can be given to. */
  get people(): readonly WireCasePerson[] {
    return this.#people
  }
  get lost(): 'not-found' | 'failed' | undefined {
    return this.#one ? undefined : this.#lost
  }

  /** Returns the way to stop. */
  start(mayRecord: boolean): () => void {
    this.#stopped = false
    void this.look()
    if (mayRecord) void this.#meet()
    return () => {
      this.#stopped = true
      this.#cancel()
    }
  }

  async look(): Promise<void> {
    this.#cancel()
    const answer = await this.#http.ask<WireCaseDetail>('GET', `/cases/${encodeURIComponent(this.#id)}`)
    if (this.#stopped) return
    if (answer.ok) this.#one = answer.value
    else this.#lost = answer.why === 'not-found' ? 'not-found' : 'failed'
    this.#cancel = this.#time.after(every, () => void this.look())
  }

  /** What went wrong, in words; empty when it is on record. */
  async take(deed: WireCaseDeed, body: object, t: Dictionary): Promise<string> {
    const answer = await this.#http.ask<WireCaseDetail>('POST', `/cases/${encodeURIComponent(this.#id)}/${deed}`, body)
    if (answer.ok) {
      this.#one = answer.value
      return ''
    }
    // Somebody was faster: show what they did beside what went wrong.
    if (answer.why === 'conflict') void this.look()
    return excuse(answer, t)
  }

  async #meet(): Promise<void> {
    const answer = await this.#http.ask<Page<WireCasePerson>>('GET', '/cases/people')
    if (answer.ok) this.#people = answer.value.items
  }
}

function excuse(refusal: Refusal, t: Dictionary): string {
  if (refusal.why === 'offline') return t.cases.offline
  return refusal.said ?? t.cases.failed
}
