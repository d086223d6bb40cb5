import { parentPort, workerData } from 'node:worker_threads'
import { work } from './work.ts'
import type { BackupWork } from './work.ts'

/** One piece of work in a thread of its own, with its own eyes on the data folder; it ends with the answer. */
const answer = await work(workerData as BackupWork)
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(answer)
