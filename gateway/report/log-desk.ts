import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { minutes } from '../../protocols/contract/time.ts'
import type { Clock, Instant } from '../../protocols/contract/time.ts'
import type { SignedHead, SigningKey } from '../evidence/signed.ts'
import type { LogMade, LogTask } from './make.ts'
import type { Language, LogFormat, LogQuestion } from './question.ts'
import type { PaperSite } from './source.ts'

export type LogOutcome =
  | ({ readonly ok: true } & LogMade)
  | { readonly ok: false; readonly why: 'no-data' | 'disk-full'; readonly detail: string }
  | { readonly ok: false; readonly why: 'busy' | 'took-too-long' | 'cancelled' }

export interface LogPorts {
  readonly site: PaperSite
  /** The data directory. */
  readonly folder: string
  readonly clock: Clock
  readonly wall: Clock
  /** Seals what was read so far and signs the journal, so that the export can be proved; what could not be had is left out. */
  prove(): Promise<{ readonly key?: SigningKey; readonly head?: SignedHead }>
}

/** A log that was made; the file is the caller's, who removes it. */
export interface MadeLog extends LogMade {
  readonly export: string
  readonly file: string
}

const mostAtOnce = 2
const budget = minutes(5)

/** Makes logs in threads that may be ended at any moment, two at a time. Files lie in `exports/` of the data directory until they are sent. */
export class LogDesk {
  readonly #ports: LogPorts
  readonly #folder: string
  readonly #workers = new Set<Worker>()

  constructor(ports: LogPorts) {
    this.#ports = ports
    this.#folder = join(ports.folder, 'exports')
    // What a killed run left behind is nobody's.
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Rejects only where the thread itself fails. */
  async make(
    question: LogQuestion,
    { format, language, by }: { readonly format: LogFormat; readonly language: Language; readonly by: string },
    cancelled: AbortSignal,
  ): Promise<Exclude<LogOutcome, { ok: true }> | ({ readonly ok: true } & MadeLog)> {
    if (this.#workers.size >= mostAtOnce) return { ok: false, why: 'busy' }
    const { site, folder, clock, wall } = this.#ports
    const { key, head } = await this.#ports.prove()
    const id = randomUUID()
    mkdirSync(this.#folder, { recursive: true })
    const file = join(this.#folder, `${id}.${format}`)
    const { kind, from, to } = question
    const about = { export: id, site: site.id, log: kind, from, to, madeAt: wall.now(), by, ...(head && { head }) }
    const task: LogTask = { site, folder, question, format, language, file, now: clock.now() as Instant, about, key }
    const outcome = await this.#run(task, cancelled)
    if (outcome.ok) return { ...outcome, export: id, file }
    rmSync(file, { force: true })
    return outcome
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#workers].map(worker => worker.terminate()))
  }

  #run(task: LogTask, cancelled: AbortSignal): Promise<LogOutcome> {
    const worker = new Worker(new URL('./log-worker.ts', import.meta.url), {
      name: 'log',
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    })
    this.#workers.add(worker)
    return new Promise<LogOutcome>((resolve, reject) => {
      let outcome: LogOutcome = { ok: false, why: 'cancelled' }
      const end = (how: LogOutcome): void => {
        outcome = how
        void worker.terminate()
      }
      const cancelBudget = this.#ports.wall.after(budget, () => end({ ok: false, why: 'took-too-long' }))
      const cancel = (): void => end({ ok: false, why: 'cancelled' })
      cancelled.addEventListener('abort', cancel, { once: true })
      worker.once('message', end)
      worker.once('error', reject)
      worker.once('exit', () => {
        cancelBudget()
        cancelled.removeEventListener('abort', cancel)
        this.#workers.delete(worker)
        resolve(outcome)
      })
    })
  }
}
