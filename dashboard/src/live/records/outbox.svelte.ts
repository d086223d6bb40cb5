import type { Said } from '../../../../gateway/api/wire.ts'
import type { RecordBody } from './draft.ts'
import type { BrowserTime } from '../../time.svelte.ts'
import { send } from './send.ts'

/** A record that waits on this phone for the gateway. `at`: the phone's clock, ms. */
export interface KeptRecord {
  readonly kind: string
  readonly name: Said
  readonly body: RecordBody
  readonly by: string
  readonly byName: string
  readonly at: number
  readonly refused?: string
}

const memory = 'zhishou.records.outbox'
const pause = 15_000

function read(): readonly KeptRecord[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(memory) ?? '[]')
    return Array.isArray(kept) ? (kept as readonly KeptRecord[]) : []
  } catch {
    return []
  }
}

/**
 * What was written down without a network and needs no signature. It is sent by itself, oldest first, each under its own key, by whoever
 * wrote it. One for the page; other tabs share what is kept.
 */
export class Outbox {
  #items = $state.raw<readonly KeptRecord[]>(read())
  #sent = $state(0)
  #sending = false

  get items(): readonly KeptRecord[] {
    return this.#items
  }
  /** How many have been delivered since the page was opened. */
  get sent(): number {
    return this.#sent
  }

  /** Looks again when the network is back, and from time to time. Returns the way to stop. */
  start(by: string, time: BrowserTime): () => void {
    let cancel = (): void => {}
    const look = (): void => {
      cancel()
      cancel = time.after(pause, look)
      void this.deliver(by)
    }
    const heard = (event: StorageEvent): void => {
      if (event.key === memory) this.#items = read()
    }
    addEventListener('online', look)
    addEventListener('storage', heard)
    look()
    return () => {
      removeEventListener('online', look)
      removeEventListener('storage', heard)
      cancel()
    }
  }

  /** On the phone's disk when it returns. */
  keep(record: KeptRecord): void {
    this.#write([...read().filter(({ body }) => body.key !== record.body.key), record])
  }
  drop(key: string): void {
    this.#write(read().filter(({ body }) => body.key !== key))
  }

  async deliver(by: string): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    try {
      for (const record of read()) {
        if (record.by !== by || record.refused !== undefined) continue
        // Done when it was noted down, whenever it arrives. How long ago is told, for the phone's clock may be wrong.
        const noted = record.body.at === undefined ? { notedAgo: Math.max(0, Date.now() - record.at) } : {}
        const answer = await send(`/records/${record.kind}`, { ...record.body, ...noted })
        if (answer.ok) {
          this.drop(record.body.key)
          this.#sent += 1
        } else if (answer.why === 'refused') this.keep({ ...record, refused: answer.said })
        else return
      }
    } finally {
      this.#sending = false
    }
  }

  #write(items: readonly KeptRecord[]): void {
    localStorage.setItem(memory, JSON.stringify(items))
    this.#items = items
  }
}

export const outbox = new Outbox()
