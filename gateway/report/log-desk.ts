import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { minutes } from '../../protocols/contract/time.ts'
import type { Clock } from '../../protocols/contract/time.ts'
import type { SignedHead, SigningKey } from '../evidence/signed.ts'
import type { LogMade, LogTask } from './make.ts'
import type { PackTask } from './pack.ts'
import type { Language, LogFormat, LogQuestion } from './question.ts'
import type { Export } from './seal.ts'
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

/** A log or pack that was made; the file is the caller's, who removes it. */
export interface MadeLog extends LogMade {
  readonly export: string
  readonly file: string
}

export type Made = Exclude<LogOutcome, { ok: true }> | ({ readonly ok: true } & MadeLog)

const mostAtOnce = 2
const budget = minutes(5)

/** Makes logs in threads that may be ended at any moment, two at a time. Files lie in `exports/` of the data directory until they are sent. */
export class LogDesk {
  readonly #ports: LogPorts
  readonly #folder: string
  readonly #workers = new Set<Worker>()
  #busy = 0

  constructor(ports: LogPorts) {
    this.#ports = ports
    this.#folder = join(ports.folder, 'exports')
    // What a killed run left behind is nobody's.
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Rejects only where the thread itself fails. */
  async make(
    question: LogQuestion,
    {
      format,
      language,
      by,
      preview,
    }: { readonly format: LogFormat; readonly language: Language; readonly by: string; readonly preview?: number },
    cancelled: AbortSignal,
  ): Promise<Made> {
    const { kind: log, from, to } = question
    const cut = preview === undefined ? {} : { preview }
    return this.#make(format, { log, from, to, by }, cancelled, base => ({ ...base, question, format, language, ...cut }), {
      isProved: preview === undefined,
    })
  }

  /** Several logs in all their forms, with what proves them. Rejects only where the thread itself fails. */
  async pack(
    questions: readonly [LogQuestion, ...LogQuestion[]],
    { language, by }: { readonly language: Language; readonly by: string },
    cancelled: AbortSignal,
  ): Promise<Made> {
    const [{ from, to }] = questions
    const log = questions.map(({ kind }) => kind).join(',')
    return this.#make('zip', { log, from, to, by }, cancelled, base => ({ ...base, questions, language }))
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#workers].map(worker => worker.terminate()))
  }

  async #make(
    ending: string,
    asked: Pick<Export, 'log' | 'from' | 'to' | 'by'>,
    cancelled: AbortSignal,
    taskOf: (base: Pick<LogTask, 'site' | 'folder' | 'file' | 'now' | 'about' | 'key'>) => LogTask | PackTask,
    // A look on a screen seals nothing and signs nothing.
    { isProved }: { readonly isProved: boolean } = { isProved: true },
  ): Promise<Made> {
    if (this.#busy >= mostAtOnce) return { ok: false, why: 'busy' }
    const id = randomUUID()
    const file = join(this.#folder, `${id}.${ending}`)
    this.#busy += 1
    let isKept = false
    try {
      const { site, folder, clock, wall } = this.#ports
      const { key, head } = isProved ? await this.#ports.prove() : {}
      if (cancelled.aborted) return { ok: false, why: 'cancelled' }
      mkdirSync(this.#folder, { recursive: true })
      const about = { export: id, site: site.id, ...asked, madeAt: wall.now(), ...(head && { head }) }
      const outcome = await this.#run(taskOf({ site, folder, file, now: clock.now(), about, key }), cancelled)
      isKept = outcome.ok
      return outcome.ok ? { ...outcome, export: id, file } : outcome
    } catch (error) {
      if (isDiskFull(error)) return { ok: false, why: 'disk-full', detail: String(error) }
      throw error
    } finally {
      this.#busy -= 1
      if (!isKept) for (const left of [file, `${file}.parts`]) rmSync(left, { recursive: true, force: true })
    }
  }

  #run(task: LogTask | PackTask, cancelled: AbortSignal): Promise<LogOutcome> {
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
      // More than a thread may take is more than anybody can read: the same answer as for what takes too long.
      worker.once('error', error =>
        'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? end({ ok: false, why: 'took-too-long' }) : reject(error),
      )
      worker.once('exit', () => {
        cancelBudget()
        cancelled.removeEventListener('abort', cancel)
        this.#workers.delete(worker)
        resolve(outcome)
      })
    })
  }
}

/** Whether there is no room left on the disk, or none for this account. */
export const isDiskFull = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
