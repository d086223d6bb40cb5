import type { BrowserTime } from '../time.svelte.ts'
import type { Deed } from './deeds.ts'
import { send } from './records/send.ts'

/** The deeds that need nobody else and no answer of the gateway: seen, and done. */
export type KeptDeed = Extract<Deed, { do: 'acknowledge' | 'confirm' }>
export const canWait = (deed: Deed): deed is KeptDeed => deed.do === 'acknowledge' || deed.do === 'confirm'

/** What somebody did about an alarm where no network was; it waits in this browser. `at`: the browser's clock, ms. */
export interface KeptAnswer {
  readonly alarm: string
  /** The name of its equipment. */
  readonly where: string
  readonly deed: KeptDeed
  readonly by: string
  readonly at: number
  /** What the gateway said against it when it came there. */
  readonly refused?: string
}

const memory = 'zhishou.answers.kept'
const pause = 10_000

function read(): readonly KeptAnswer[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(memory) ?? '[]')
    return Array.isArray(kept) ? (kept as readonly KeptAnswer[]) : []
  } catch {
    return []
  }
}

const isSame = (a: KeptAnswer, b: KeptAnswer): boolean => a.alarm === b.alarm && a.deed.do === b.deed.do && a.by === b.by

/**
 * Answers given in a basement. They are sent by themselves, oldest first, by whoever gave them, with how long ago that was; the gateway
 * writes down both times. One for the page; other tabs share what is kept.
 */
export class KeptAnswers {
  #items = $state.raw<readonly KeptAnswer[]>(read())
  #sending = false

  get items(): readonly KeptAnswer[] {
    return this.#items
  }
  get waiting(): readonly KeptAnswer[] {
    return this.#items.filter(({ refused }) => refused === undefined)
  }
  get refused(): readonly KeptAnswer[] {
    return this.#items.filter(({ refused }) => refused !== undefined)
  }

  waitsFor(alarm: string): boolean {
    return this.waiting.some(one => one.alarm === alarm)
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

  /** On the browser's disk when it returns; the same deed about the same alarm once. */
  keep(answer: KeptAnswer): void {
    this.#write([...read().filter(one => !isSame(one, answer)), answer])
  }

  drop(answer: KeptAnswer): void {
    this.#write(read().filter(one => !isSame(one, answer)))
  }

  async deliver(by: string): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    try {
      for (const answer of read()) {
        if (answer.by !== by || answer.refused !== undefined) continue
        const { do: what, ...words } = answer.deed
        const sent = await send(`/alarms/${encodeURIComponent(answer.alarm)}/${what}`, {
          ...words,
          notedAgo: Math.max(0, Date.now() - answer.at),
        })
        if (sent.ok) this.drop(answer)
        else if (sent.why === 'refused') this.keep({ ...answer, refused: sent.said })
        else return
      }
    } finally {
      this.#sending = false
    }
  }

  #write(items: readonly KeptAnswer[]): void {
    localStorage.setItem(memory, JSON.stringify(items))
    this.#items = items
  }
}

export const keptAnswers = new KeptAnswers()
