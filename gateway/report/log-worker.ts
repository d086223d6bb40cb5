import { parentPort, workerData } from 'node:worker_threads'
import { StoreTrouble } from '../store/store.ts'
import type { LogOutcome } from './log-desk.ts'
import { isDiskFull } from './log-desk.ts'
import { makeLog } from './make.ts'
import type { LogTask } from './make.ts'
import { makePack } from './pack.ts'
import type { PackTask } from './pack.ts'

/** One log or pack in a thread of its own, with its own eyes on the data folder; it ends with the file. */
async function answer(task: LogTask | PackTask): Promise<LogOutcome> {
  try {
    return { ok: true, ...(await ('questions' in task ? makePack(task) : makeLog(task))) }
  } catch (error) {
    if (error instanceof StoreTrouble) return { ok: false, why: 'no-data', detail: error.message }
    if (isDiskFull(error)) return { ok: false, why: 'disk-full', detail: error.message }
    throw error
  }
}

const outcome = await answer(workerData as LogTask | PackTask)
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(outcome)
