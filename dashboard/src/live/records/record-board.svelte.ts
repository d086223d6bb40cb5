import type { WireRecord, WireRecordKind, WireTank } from '../../../../gateway/api/wire-records.ts'
import type { Http, Page } from '../../http.ts'

const memory = 'zhishou.record-kinds'

/** The forms as they were last seen, so that they are there without a network too. */
function remembered(): readonly WireRecordKind[] | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(memory) ?? 'null')
    return Array.isArray(kept) ? (kept as readonly WireRecordKind[]) : undefined
  } catch {
    return undefined
  }
}

/** What can be written down here, and what was lately. */
export class RecordBoard {
  readonly #http: Http
  #kinds = $state.raw<readonly WireRecordKind[] | undefined>(remembered())
  #records = $state.raw<readonly WireRecord[]>()
  #next = $state<string | null>(null)
  #tanks = $state.raw<readonly WireTank[]>([])
  #failed = $state(false)

  constructor(http: Http) {
    this.#http = http
  }

  get kinds(): readonly WireRecordKind[] | undefined {
    return this.#kinds
  }
  get records(): readonly WireRecord[] | undefined {
    return this.#records
  }
  get hasMore(): boolean {
    return this.#next !== null
  }
  /** Tanks whose water waits for its contact time or a test. */
  get waiting(): readonly WireTank[] {
    return this.#tanks.filter(({ contact }) => contact !== null && contact.state !== 'safe')
  }
  get failed(): boolean {
    return this.#failed && this.#kinds === undefined
  }

  async look(): Promise<void> {
    const answer = await this.#http.ask<Page<WireRecordKind>>('GET', '/records/kinds')
    this.#failed = !answer.ok
    if (!answer.ok) return
    this.#kinds = answer.value.items
    localStorage.setItem(memory, JSON.stringify(answer.value.items))
  }

  async lookAtTanks(): Promise<void> {
    const dosing = this.#kinds?.find(({ kind }) => kind === 'dosing')
    const answers = await Promise.all(
      (dosing?.equipment ?? []).map(id => this.#http.ask<WireTank>('GET', `/dosing/${encodeURIComponent(id)}`)),
    )
    this.#tanks = answers.flatMap(answer => (answer.ok ? [answer.value] : []))
  }

  /** The newest, or those before the ones that are shown. */
  async lookBack(equipment: string | undefined, isMore = false): Promise<void> {
    const query = new URLSearchParams({ limit: isMore ? '30' : '10' })
    if (equipment !== undefined) query.set('equipment', equipment)
    if (isMore && this.#next !== null) query.set('cursor', this.#next)
    const answer = await this.#http.ask<Page<WireRecord>>('GET', `/records?${query}`)
    if (!answer.ok) return
    this.#records = isMore ? [...(this.#records ?? []), ...answer.value.items] : answer.value.items
    this.#next = answer.value.next
  }
}
