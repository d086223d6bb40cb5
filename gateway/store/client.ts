import { Worker } from 'node:worker_threads'
import { millis } from '../../protocols/contract/time.ts'
import type { Cancel, Clock } from '../../protocols/contract/time.ts'
import { historyWrites, ledgerWrites, slowWrites } from './calls.ts'
import type { Calls, Operation, Word, WorkerStart } from './calls.ts'
import type { Access } from './database.ts'
import type { Damage } from './damage.ts'
import { Gathering } from './gathering.ts'
import { StoreTrouble } from './store.ts'
import type { Urgency } from './store.ts'

// What may wait in memory. Questions are refused first, then history; the journal has by far the most room.
const mostQuestions = 200
const mostReadings = 100_000
const mostEntries = 100_000
const firstPause = 200
// Readings for which nobody waits are written together: a write costs as much for one as for thousands.
const gatheringTime = 250
const mostGathered = 16_384
const longestPause = 30_000

type Lane = 'ledger' | 'history' | 'questions'
const laneOf = (operation: Operation): Lane =>
  ledgerWrites.has(operation) ? 'ledger' : historyWrites.has(operation) ? 'history' : 'questions'

/** The one answer for all that travels together. */
interface Journey {
  readonly done: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

interface Waiting {
  readonly lane: Lane
  readonly weight: number
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

/** The main thread's end of the worker. A worker that dies rejects what waited and is started again after a pause. */
export class StoreClient {
  readonly #folder: string
  readonly #access: Access
  readonly #wall: Clock
  readonly #waiting = new Map<number, Waiting>()
  readonly #queued = { ledger: 0, history: 0, questions: 0 }
  readonly #budget = { ledger: mostEntries, history: mostReadings, questions: mostQuestions }
  readonly #shed = { ledger: 0, history: 0, questions: 0 }
  readonly #trouble: { ledger?: string | undefined; history?: string | undefined; worker?: string | undefined } = {}
  readonly #damage: Damage[] = []
  readonly #gathering = new Gathering()
  #journey: Journey | undefined
  #cancelDeparture: Cancel = () => {}
  #departsNow = false
  #damagedReadings = 0
  #worker: Worker | undefined
  #lastId = 0
  #pause = firstPause
  #cancelRestart: Cancel = () => {}
  #restarts = 0
  #closed = false

  constructor(folder: string, access: Access, wall: Clock) {
    this.#folder = folder
    this.#access = access
    this.#wall = wall
  }

  get trouble(): string | undefined {
    return this.#trouble.worker ?? this.#trouble.ledger ?? this.#trouble.history
  }

  get damage(): readonly Damage[] {
    if (this.#damagedReadings === 0) return this.#damage
    const why = `${this.#damagedReadings} block(s) of readings have a wrong checksum and are left out`
    return [...this.#damage, { file: 'history.db', movedTo: 'history.db, table damaged_block', why }]
  }

  get counters(): { readonly shed: number; readonly restarts: number; readonly queued: number } {
    const { ledger, history, questions } = this.#shed
    return { shed: ledger + history + questions, restarts: this.#restarts, queued: this.#waiting.size }
  }

  /** Resolves when the worker has opened the databases. Rejects with StoreTrouble when it cannot. */
  start(): Promise<void> {
    const start: WorkerStart = { folder: this.#folder, access: this.#access, now: this.#wall.now() }
    // The heap holds the open readings and one answer; everything else is SQLite's own memory.
    const resourceLimits = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 }
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { name: 'store', workerData: start, resourceLimits })
    this.#worker = worker
    this.#gathering.beginAnew()
    return new Promise((resolve, reject) => {
      worker.on('message', (word: Word) => {
        if (word.is === 'ready') {
          this.#damage.push(...word.damage)
          this.#trouble.worker = undefined
          this.#pause = firstPause
          resolve()
        } else if (word.is === 'not ready') {
          reject(new StoreTrouble(word.why))
          this.#trouble.worker = word.why
        } else {
          this.#hear(word)
        }
      })
      worker.on('error', error => {
        this.#trouble.worker = `the store worker died: ${error instanceof Error ? error.message : String(error)}`
      })
      worker.on('exit', () => {
        this.#lost(worker)
        reject(new StoreTrouble(this.#trouble.worker ?? 'the store worker ended'))
      })
    })
  }

  /** `weight`: how many entries or readings the call carries, for the budget. `memory` is handed over instead of copied. */
  call<K extends Operation>(
    operation: K,
    ask: Calls[K]['ask'],
    weight = 1,
    memory: readonly ArrayBuffer[] = [],
  ): Promise<Calls[K]['answer']> {
    const lane = laneOf(operation)
    const worker = this.#mayCall(operation, lane, weight)
    if (worker instanceof StoreTrouble) return Promise.reject(worker)
    // What was recorded before this is written down before it.
    this.#depart()
    return this.#post(worker, operation, ask, lane, weight, memory)
  }

  /** Readings, put by the caller; on disk when it resolves. They travel with all that are recorded in the same breath, or `soon`. */
  record(weight: number, put: (gathering: Gathering) => void, urgency: Urgency): Promise<void> {
    const refused = this.#mayCall('record', 'history', weight)
    if (refused instanceof StoreTrouble) return Promise.reject(refused)
    try {
      put(this.#gathering)
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new TypeError(String(error)))
    }
    const isFirst = this.#journey === undefined
    const journey = (this.#journey ??= newJourney())
    if (isFirst) this.#cancelDeparture = this.#wall.after(millis(gatheringTime), () => this.#depart())
    if ((urgency === 'now' || this.#gathering.count >= mostGathered) && !this.#departsNow) {
      this.#departsNow = true
      queueMicrotask(() => this.#depart())
    }
    return journey.done
  }

  /** The worker, or why it cannot be called. */
  #mayCall(operation: Operation, lane: Lane, weight: number): Worker | StoreTrouble {
    if (this.#closed) return new StoreTrouble('the store is closed')
    if (this.#access === 'beside' && (lane !== 'questions' || slowWrites.has(operation)))
      return new StoreTrouble('the store is open for reading only')
    const worker = this.#worker
    if (!worker) return new StoreTrouble(this.#trouble.worker ?? 'the store worker is not running')
    const queued = this.#queued[lane] + (lane === 'history' ? this.#gathering.count : 0)
    if (queued + weight > this.#budget[lane] && queued > 0) {
      this.#shed[lane] += weight
      return new StoreTrouble(`shed: too much waits to be written or read (${lane})`)
    }
    return worker
  }

  #depart(): void {
    const journey = this.#journey
    if (!journey) return
    this.#cancelDeparture()
    this.#departsNow = false
    this.#journey = undefined
    const worker = this.#worker
    if (!worker) return journey.reject(new StoreTrouble(this.#trouble.worker ?? 'the store worker is not running'))
    const { count } = this.#gathering
    const { batch, memory } = this.#gathering.take()
    this.#post(worker, 'record', batch, 'history', count, [memory]).then(journey.resolve, journey.reject)
  }

  /** Lets everything that waits be written, then ends the worker. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#depart()
    this.#closed = true
    this.#cancelRestart()
    const worker = this.#worker
    if (!worker) return
    const ended = new Promise<void>(resolve => worker.once('exit', () => resolve()))
    // A worker that dies meanwhile has ended too.
    await this.#post(worker, 'close', null, 'questions', 0).catch(() => {})
    await ended
  }

  #post<K extends Operation>(
    worker: Worker,
    operation: K,
    ask: Calls[K]['ask'],
    lane: Lane,
    weight: number,
    memory: readonly ArrayBuffer[] = [],
  ): Promise<Calls[K]['answer']> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage({ id, operation, ask }, memory)
      this.#queued[lane] += weight
      this.#waiting.set(id, { lane, weight, resolve, reject })
    })
  }

  #hear(word: Exclude<Word, { is: 'ready' | 'not ready' }>): void {
    if (word.is === 'notice') {
      this.#trouble.history = word.trouble
      return
    }
    if (word.is === 'damaged readings') {
      this.#damagedReadings = word.count
      this.#trouble.history = `${word.count} damaged block(s) of readings`
      return
    }
    const waiting = this.#waiting.get(word.id)
    if (!waiting) return
    this.#waiting.delete(word.id)
    this.#queued[waiting.lane] -= waiting.weight
    if (word.is === 'answer') {
      if (waiting.lane !== 'questions') this.#trouble[waiting.lane] = undefined
      waiting.resolve(word.answer as never)
    } else if (word.kind === 'trouble') {
      if (waiting.lane !== 'questions') this.#trouble[waiting.lane] = word.why
      waiting.reject(new StoreTrouble(word.why))
    } else {
      waiting.reject(new TypeError(word.why))
    }
  }

  #lost(worker: Worker): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const why = this.#trouble.worker ?? 'the store worker ended'
    if (!this.#closed) this.#trouble.worker = why
    for (const { reject } of this.#waiting.values()) reject(new StoreTrouble(why))
    this.#depart()
    this.#waiting.clear()
    for (const lane of ['ledger', 'history', 'questions'] as const) this.#queued[lane] = 0
    if (this.#closed) return
    const pause = this.#pause
    this.#pause = Math.min(pause * 2, longestPause)
    this.#cancelRestart = this.#wall.after(millis(pause), () => {
      this.#restarts++
      // A failed start has set `trouble` and ends in `exit`, which plans the next.
      this.start().catch(() => {})
    })
  }
}

function newJourney(): Journey {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  return { done: promise, resolve, reject }
}
