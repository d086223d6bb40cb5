import type { WireHandover, WireHandoverItem, WireSignedHandover } from '../../../gateway/api/wire-handover.ts'
import type { Http, Page } from '../http.ts'
import type { BrowserTime } from '../time.svelte.ts'
import type { Dictionary } from '../words/say.ts'

const every = 15_000
const memory = 'zhishou.handover'

interface Written {
  comments: Record<string, string>
  notes: string
}
export interface Signature {
  readonly outgoing: string
  readonly username: string
  readonly incoming: string
}

/** The list that is handed over, and what is written about it: kept in this tab whatever comes, until both have signed. */
export class HandoverBoard {
  readonly #http: Http
  readonly #time: BrowserTime
  #roster: string | undefined
  #draft = $state.raw<WireHandover>()
  #past = $state.raw<readonly WireSignedHandover[]>([])
  #failed = $state(false)
  #changed = $state(false)
  #known = new Set<string>()
  /** Came after the list was first shown. */
  #fresh = $state.raw<ReadonlySet<string>>(new Set())
  #cancel: () => void = () => {}
  #stopped = true
  comments = $state<Record<string, string>>({})
  notes = $state('')

  constructor(http: Http, time: BrowserTime) {
    this.#http = http
    this.#time = time
    const kept = keptBefore()
    this.comments = kept.comments
    this.notes = kept.notes
  }

  get draft(): WireHandover | undefined {
    return this.#draft
  }
  get past(): readonly WireSignedHandover[] {
    return this.#past
  }
  get failed(): boolean {
    return this.#failed && this.#draft === undefined
  }
  /** The list was another one when both wanted to sign. */
  get changed(): boolean {
    return this.#changed
  }
  get fresh(): ReadonlySet<string> {
    return this.#fresh
  }
  readonly musts = $derived((this.#draft?.items ?? []).filter(({ mustComment }) => mustComment))
  readonly silent = $derived(this.musts.filter(({ key }) => (this.comments[key] ?? '').trim() === ''))

  /** Returns the way to stop. */
  start(): () => void {
    this.#stopped = false
    void this.look()
    void this.#remember()
    return () => {
      this.#stopped = true
      this.#cancel()
    }
  }

  choose(roster: string): void {
    this.#roster = roster
    this.#known = new Set()
    this.#fresh = new Set()
    this.#changed = false
    void this.look()
  }

  async look(): Promise<void> {
    this.#cancel()
    const of = this.#roster === undefined ? '' : `?roster=${encodeURIComponent(this.#roster)}`
    const answer = await this.#http.ask<WireHandover>('GET', `/handover${of}`)
    if (this.#stopped) return
    this.#failed = !answer.ok
    if (answer.ok) this.#show(answer.value)
    this.#cancel = this.#time.after(every, () => void this.look())
  }

  write(key: string, comment: string): void {
    this.comments[key] = comment
    this.keep()
  }

  keep(): void {
    sessionStorage.setItem(memory, JSON.stringify({ comments: this.comments, notes: this.notes } satisfies Written))
  }

  /** The record that both have signed, or what went wrong, in words. */
  async sign({ outgoing, username, incoming }: Signature, t: Dictionary): Promise<WireSignedHandover | string> {
    const draft = this.#draft
    if (!draft) return t.handover.failed
    const answer = await this.#http.ask<WireSignedHandover>('POST', '/handover', {
      ...(draft.rosters.length === 0 ? {} : { roster: draft.roster }),
      digest: draft.digest,
      items: draft.items.map(({ key }) => ({ key, comment: this.comments[key] ?? '' })),
      notes: this.notes,
      outgoing: { password: outgoing },
      incoming: { username: username.trim(), password: incoming },
    })
    if (answer.ok) {
      this.comments = {}
      this.notes = ''
      sessionStorage.removeItem(memory)
      this.#changed = false
      void this.look()
      void this.#remember()
      return answer.value
    }
    if (answer.why === 'conflict' && answer.code === 'list-changed') {
      await this.look()
      this.#changed = true
      return t.handover.changed
    }
    if (answer.why === 'offline') return t.handover.offline
    return answer.said ?? t.handover.failed
  }

  /** What was written of an alarm stays with it when it was shelved meanwhile. */
  #show(draft: WireHandover): void {
    const carried = (item: WireHandoverItem): string | undefined =>
      Object.entries(this.comments).find(([key]) => key.slice(key.indexOf(':') + 1) === item.id)?.[1]
    for (const item of draft.items) {
      const found = this.comments[item.key] ?? carried(item)
      if (found !== undefined) this.comments[item.key] = found
    }
    const isFirst = this.#known.size === 0 && this.#draft?.roster !== draft.roster
    const fresh = isFirst ? [] : draft.items.map(({ key }) => key).filter(key => !this.#known.has(key))
    for (const { key } of draft.items) this.#known.add(key)
    if (isFirst) this.#known.add('')
    if (fresh.length > 0) this.#fresh = new Set([...this.#fresh, ...fresh])
    this.#draft = draft
  }

  async #remember(): Promise<void> {
    const answer = await this.#http.ask<Page<WireSignedHandover>>('GET', '/handovers?limit=20')
    if (answer.ok) this.#past = answer.value.items
  }
}

function keptBefore(): Written {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(memory) ?? 'null')
    if (typeof kept !== 'object' || kept === null) return { comments: {}, notes: '' }
    return { comments: {}, notes: '', ...(kept as Partial<Written>) }
  } catch {
    return { comments: {}, notes: '' }
  }
}
