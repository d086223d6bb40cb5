import { Worker } from 'node:worker_threads'
import { seconds } from '../protocols/contract/time.ts'
import type { Clock, Instant, Millis } from '../protocols/contract/time.ts'
import type { BacktestQuestion, Backtests, BacktestOutcome } from './api/house.ts'

export type { BacktestOutcome } from './api/house.ts'

/** What the thread is given. */
export interface BacktestTask extends BacktestQuestion {
  readonly site: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly digest: string
  readonly folder: string
  readonly from: Instant
  readonly to: Instant
}

export interface BacktestPorts extends Pick<BacktestTask, 'site' | 'env' | 'digest' | 'folder'> {
  readonly wall: Clock
  /** Longer than this nobody waits. Default: 45 s, within the time that a connection may be silent. */
  readonly budget?: Millis
}

/** Tries changes on the stored history beside the gateway, one at a time, in a thread that may be ended at any moment. */
export class Backtester implements Backtests {
  readonly #ports: BacktestPorts
  #worker: Worker | undefined

  constructor(ports: BacktestPorts) {
    this.#ports = ports
  }

  /** Rejects only where the thread itself fails. */
  run(question: BacktestQuestion, cancelled: AbortSignal): Promise<BacktestOutcome> {
    if (this.#worker) return Promise.resolve({ ok: false, why: 'busy' })
    const { site, env, digest, folder, wall, budget = seconds(45) } = this.#ports
    // The environment is no plain object, and cannot be handed to a thread as it is.
    const task: BacktestTask = { ...question, site, env: { ...env }, digest, folder }
    const worker = new Worker(new URL('./backtest-worker.ts', import.meta.url), {
      name: 'backtest',
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: 384, stackSizeMb: 2 },
    })
    this.#worker = worker
    return new Promise<BacktestOutcome>((resolve, reject) => {
      let outcome: BacktestOutcome = { ok: false, why: 'cancelled' }
      const end = (how: BacktestOutcome): void => {
        outcome = how
        void worker.terminate()
      }
      const cancelBudget = wall.after(budget, () => end({ ok: false, why: 'took-too-long' }))
      const cancel = (): void => end({ ok: false, why: 'cancelled' })
      cancelled.addEventListener('abort', cancel, { once: true })
      worker.once('message', end)
      worker.once('error', reject)
      worker.once('exit', () => {
        cancelBudget()
        cancelled.removeEventListener('abort', cancel)
        this.#worker = undefined
        resolve(outcome)
      })
    })
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate()
  }
}
