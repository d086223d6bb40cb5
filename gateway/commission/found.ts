import { randomUUID } from 'node:crypto'
import type { Found, ScanAsk, ScanStep } from '../../protocols/contract/driver.ts'
import { fault } from '../../protocols/contract/fault.ts'
import type { Fault } from '../../protocols/contract/fault.ts'
import { between, minutes, seconds } from '../../protocols/contract/time.ts'
import type { Cancel, Clock, Instant } from '../../protocols/contract/time.ts'
import type { AskedLine } from './line-on-trial.ts'

/** A search for equipment as whoever asked for it sees it. */
export interface Scan {
  readonly id: string
  /** Which line it is on, for people. */
  readonly line: string
  readonly by: string
  readonly begunAt: Instant
  readonly endedAt?: Instant
  readonly progress?: { readonly done: number; readonly of: number }
  readonly found: readonly Found[]
  readonly trouble?: Fault
  /** Why it ended: it had looked everywhere, somebody stopped it, nobody asked any more, or as much was found as was wanted. */
  readonly ended?: 'complete' | 'stopped' | 'left-alone' | 'enough' | 'trouble'
}

export interface ScanWish {
  /** One at a time goes over a line; what runs on the same physical line has the same key. */
  readonly key: string
  readonly line: string
  readonly by: string
  readonly ask: ScanAsk
  readonly open: () => AskedLine
}
export type Begun =
  { readonly ok: true; readonly id: string } | { readonly ok: false; readonly why: 'line-busy' | 'too-many' | 'cannot-scan' }

/** A search is for somebody who looks at it; one that nobody asks for any more ends. */
const patience = seconds(60)
/** What was found can be looked at for so long after the end. */
const memory = minutes(10)
/** On all lines together, running and remembered. */
const mostRunning = 4
const mostKept = 16

interface Running {
  scan: Scan
  readonly key: string
  readonly giveUp: AbortController
  readonly done: Promise<void>
  ending?: Scan['ended']
  lookedAt: Instant
}

/** Searches for equipment that people began: bounded, one to a line, and over when nobody looks. */
export class Scans {
  readonly #clock: Clock
  readonly #scans = new Map<string, Running>()
  #cancelWatch: Cancel = () => {}

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Lines that are searched at the moment. */
  isBusy(key: string): boolean {
    return this.#running().some(one => one.key === key)
  }

  begin({ key, line, by, ask, open }: ScanWish): Begun {
    this.#forget()
    if (this.isBusy(key)) return { ok: false, why: 'line-busy' }
    if (this.#running().length >= mostRunning || this.#scans.size >= mostKept) return { ok: false, why: 'too-many' }
    const asked = open()
    const giveUp = new AbortController()
    const steps = asked.scan(ask, giveUp.signal)
    if (!steps) {
      void asked.close()
      return { ok: false, why: 'cannot-scan' }
    }
    const id = randomUUID()
    const now = this.#clock.now()
    const scan: Scan = { id, line, by, begunAt: now, found: [] }
    const begun = Promise.withResolvers<void>()
    const running: Running = { scan, key, giveUp, done: begun.promise, lookedAt: now }
    this.#scans.set(id, running)
    void this.#follow(running, steps, ask.most)
      .catch((bug: unknown) => {
        running.scan = { ...running.scan, trouble: fault('disconnected', bug instanceof Error ? bug.message : String(bug)) }
        running.ending ??= 'trouble'
      })
      .then(() => asked.close())
      .finally(() => {
        running.scan = { ...running.scan, endedAt: this.#clock.now(), ended: running.ending ?? 'complete' }
        begun.resolve()
      })
    this.#watch()
    return { ok: true, id }
  }

  /** As far as it has come; asking keeps it going. */
  look(id: string): Scan | undefined {
    this.#forget()
    const found = this.#scans.get(id)
    if (found) found.lookedAt = this.#clock.now()
    return found?.scan
  }

  /** Resolves when the line is free again; false where there is no such search. */
  async end(id: string): Promise<boolean> {
    const found = this.#scans.get(id)
    if (!found) return false
    this.#stop(found, 'stopped')
    await found.done
    return true
  }

  async stop(): Promise<void> {
    this.#cancelWatch()
    await Promise.all(
      [...this.#scans.values()].map(one => {
        this.#stop(one, 'stopped')
        return one.done
      }),
    )
  }

  async #follow(running: Running, steps: AsyncIterable<ScanStep>, most: number): Promise<void> {
    for await (const step of steps) {
      if (running.ending !== undefined) return
      const { scan } = running
      if (step.step === 'asked') running.scan = { ...scan, progress: { done: step.done, of: step.of } }
      else if (step.step === 'found') running.scan = { ...scan, found: [...scan.found, step.found] }
      else {
        running.scan = { ...scan, trouble: step.fault }
        running.ending = 'trouble'
        return
      }
      if (running.scan.found.length >= most) this.#stop(running, 'enough')
    }
  }

  #stop(running: Running, why: NonNullable<Scan['ended']>): void {
    if (running.scan.endedAt !== undefined) return
    running.ending ??= why
    running.giveUp.abort()
  }

  #running(): readonly Running[] {
    return [...this.#scans.values()].filter(({ scan }) => scan.endedAt === undefined)
  }

  #watch(): void {
    this.#cancelWatch()
    this.#cancelWatch = this.#clock.after(seconds(5), () => {
      const now = this.#clock.now()
      for (const one of this.#running()) if (between(one.lookedAt, now) >= patience) this.#stop(one, 'left-alone')
      if (this.#running().length > 0) this.#watch()
    })
  }

  #forget(): void {
    const now = this.#clock.now()
    const over = [...this.#scans].filter(([, { scan }]) => scan.endedAt !== undefined)
    for (const [id, { scan }] of over)
      if (scan.endedAt !== undefined && between(scan.endedAt, now) >= memory) this.#scans.delete(id)
    // The oldest that are over make room.
    const kept = over.filter(([id]) => this.#scans.has(id)).toSorted(([, a], [, b]) => a.scan.begunAt - b.scan.begunAt)
    for (const [id] of kept.slice(0, Math.max(0, this.#scans.size - mostKept + 1))) this.#scans.delete(id)
  }
}
