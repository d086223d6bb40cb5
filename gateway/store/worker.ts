import { statSync } from 'node:fs'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { historyWrites, ledgerWrites } from './calls.ts'
import type { Question, Word, WorkerStart } from './calls.ts'
import { openBeside, openOrSetAside } from './damage.ts'
import type { Damage } from './damage.ts'
import { describeFailure, sqliteCause } from './database.ts'
import { lookForEvidence, PeriodClosings } from './evidence-calls.ts'
import type { EvidenceQuestion } from './evidence-calls.ts'
import { atOnce } from '../historian/turns.ts'
import { History, historyLayout } from './history.ts'
import type { HistoryWrite } from './history.ts'
import { ledgerOf } from './gap-reasons.ts'
import { askSpool, tellSpool } from './spool-calls.ts'
import { Ledger, ledgerLayout } from './ledger.ts'
import type { PointLimits } from './store.ts'
import { isSlow, memoryIn, slowWork, SlowWork } from './slow-work.ts'
import type { LedgerWrite } from './ledger.ts'

// A turn takes no more than this before it looks at the journal again.
const rowsPerTurn = 20_000

/** The one thread that touches SQLite. Each turn: the journal, then readings, then one question, then a little sealing. */
class StoreWorker {
  readonly #say: (word: Word, memory?: readonly ArrayBuffer[]) => void
  readonly #files: readonly string[]
  readonly #ledger: Ledger
  readonly #history: History
  readonly #damage: readonly Damage[]
  readonly #ledgerWrites: LedgerWrite[] = []
  readonly #historyWrites: HistoryWrite[] = []
  /** Points by the places at which readings name them. */
  readonly #names: string[] = []
  readonly #reads: Question[] = []
  readonly #closings: PeriodClosings
  readonly #slow: SlowWork
  readonly #isBeside: boolean
  #closing: number | undefined
  #scheduled = false
  #mayNotSeal = false
  /** Pages may have become free. */
  #givesBack = false
  #mayNotGrow = false
  #damagedTold = 0

  constructor({ folder, access, now }: WorkerStart, say: (word: Word, memory?: readonly ArrayBuffer[]) => void) {
    this.#say = say
    this.#isBeside = access === 'beside'
    this.#slow = new SlowWork(question => slowWork(this.#history, question, () => this.#sizeOf(ledgerFile)))
    const ledgerFile = join(folder, 'ledger.db')
    const historyFile = join(folder, 'history.db')
    this.#files = [ledgerFile, historyFile]
    if (access === 'beside') {
      this.#damage = []
      this.#ledger = new Ledger(openBeside(ledgerFile, ledgerLayout))
      this.#history = new History(openBeside(historyFile, historyLayout), access)
      this.#closings = new PeriodClosings(this.#history)
      this.#mayNotGrow = true
      return
    }
    const ledger = openOrSetAside(ledgerFile, ledgerLayout, now)
    const history = openOrSetAside(historyFile, historyLayout, now)
    this.#damage = [...ledger.damage, ...history.damage]
    this.#ledger = new Ledger(ledger.database)
    this.#history = new History(history.database, access)
    this.#closings = new PeriodClosings(this.#history)
  }

  start(): void {
    this.#say({ is: 'ready', damage: this.#damage })
    this.#tellDamage()
    this.#schedule()
  }

  take(question: Question): void {
    if (question.operation === 'close') this.#closing = question.id
    else if (question.operation === 'closePeriod') this.#closings.ask(question.id, question.ask)
    else if (ledgerWrites.has(question.operation)) this.#ledgerWrites.push(question as LedgerWrite)
    else if (historyWrites.has(question.operation)) {
      // Also where the write will be refused: the next one goes by these names.
      if (question.operation === 'record') for (const name of question.ask.names) this.#names.push(name)
      this.#historyWrites.push(question as HistoryWrite)
    } else if (isSlow(question) && !this.#isBeside) this.#slow.ask(question)
    else this.#reads.push(question)
    this.#schedule()
  }

  /** Not at once: what arrived together is handled together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#turn()
    })
  }

  #turn(): void {
    this.#writeLedger()
    this.#writeHistory()
    const read = this.#reads.shift()
    if (read) this.#answer(read)
    this.#answerSlow()
    if (this.#closing === undefined) {
      this.#seal()
      this.#prove()
    }
    const idle = this.#reads.length === 0 && this.#historyWrites.length === 0 && !this.#slow.isDue
    if (idle && this.#closing === undefined) this.#tidy()
    if (idle && this.#closing !== undefined) return this.#close(this.#closing)
    const proving = this.#closings.areDue || (this.#ledger.treeIsDue && !this.#mayNotGrow)
    const tidying = this.#history.table.sealingDue || this.#history.table.joiningDue || this.#givesBack
    if (!idle || proving || (tidying && !this.#mayNotSeal)) this.#schedule()
  }

  #writeLedger(): void {
    const asked = this.#ledgerWrites.splice(0)
    const writes = asked.filter(write => write.operation !== 'strike')
    for (const write of asked) if (write.operation === 'strike') this.#strike(write)
    if (writes.length === 0) return
    try {
      for (const outcome of this.#ledger.write(writes)) {
        if ('mistake' in outcome) this.#say({ is: 'refusal', id: outcome.id, kind: 'mistake', why: outcome.mistake })
        else this.#say({ is: 'answer', ...outcome })
      }
    } catch (error) {
      for (const { id } of writes) this.#say({ is: 'refusal', id, kind: 'trouble', why: describeFailure(error) })
    }
  }

  /** By itself: where the journal does not allow it, what others write must not fail with it. */
  #strike({ id, ask }: Extract<LedgerWrite, { operation: 'strike' }>): void {
    try {
      this.#say({ is: 'answer', id, answer: this.#ledger.strike(ask) })
    } catch (error) {
      const kind = sqliteCause(error) === 'other' ? 'mistake' : 'trouble'
      this.#say({ is: 'refusal', id, kind, why: describeFailure(error) })
    }
  }

  #writeHistory(): void {
    const taken = this.#takeHistoryWrites()
    const writes = taken.filter(write => write.operation !== 'spoolWrite')
    for (const write of taken) if (write.operation === 'spoolWrite') this.#tellSpool(write)
    if (writes.length === 0) return
    try {
      const batches = writes.flatMap(({ operation, ask }) => (operation === 'record' ? [{ ...ask, points: this.#names }] : []))
      for (const { operation, ask } of writes) {
        if (operation === 'listen') this.#history.table.listen(ask.at, ask.boot)
        else if (operation === 'limits') this.#history.table.limit(ask.at, ask.zone, ask.limits.map(validLimits))
      }
      if (batches.length > 0) this.#history.table.record(batches)
      for (const { id } of writes) this.#say({ is: 'answer', id, answer: undefined })
      this.#mayNotSeal = false
    } catch (error) {
      for (const { id } of writes) this.#say({ is: 'refusal', id, kind: 'trouble', why: describeFailure(error) })
    }
  }

  /** By itself: what is recorded must not fail with it. */
  #tellSpool({ id, ask }: Extract<HistoryWrite, { operation: 'spoolWrite' }>): void {
    try {
      tellSpool(this.#history, ask)
      this.#say({ is: 'answer', id, answer: undefined })
    } catch (error) {
      this.#say({ is: 'refusal', id, kind: 'trouble', why: describeFailure(error) })
    }
  }

  /** Batches in order up to the row budget. A run's beginning goes alone, before what is recorded after it. */
  #takeHistoryWrites(): HistoryWrite[] {
    let rows = 0
    let count = 0
    for (const write of this.#historyWrites) {
      const isAlone = write.operation === 'listen' || write.operation === 'limits'
      if (count > 0 && (rows >= rowsPerTurn || isAlone)) break
      count++
      if (isAlone) break
      if (write.operation === 'record') rows += write.ask.which.length
    }
    return this.#historyWrites.splice(0, count)
  }

  #answer(question: Question): void {
    const { id } = question
    try {
      this.#say({ is: 'answer', id, answer: this.#history.read(() => this.#look(question)) })
    } catch (error) {
      const kind = error instanceof RangeError || error instanceof TypeError ? 'mistake' : 'trouble'
      this.#say({ is: 'refusal', id, kind, why: describeFailure(error) })
    }
    this.#tellDamage()
  }

  #answerSlow(): void {
    const said = this.#slow.step()
    if (!said) return
    if ('why' in said) this.#say({ is: 'refusal', ...said })
    else this.#say({ is: 'answer', ...said }, memoryIn(said.answer))
    this.#givesBack = true
    this.#tellDamage()
  }

  #look(question: Question): unknown {
    if (isSlow(question)) return atOnce(slowWork(this.#history, question, () => 0))
    const { operation, ask } = question
    const { series, table } = this.#history
    switch (operation) {
      case 'checkpoints':
        return this.#ledger.journal.checkpoints()
      case 'page':
        return this.#ledger.journal.page(ask)
      case 'aged':
        return this.#ledger.journal.aged(ask)
      case 'citedPhotos':
        return this.#ledger.journal.citedPhotos(ask)
      case 'get':
        return this.#ledger.accounts.get(ask.table, ask.key)
      case 'all':
        return this.#ledger.accounts.all(ask.table)
      case 'latest':
        return [...table.points.all].flatMap(({ name, newest, newestGood }) =>
          newest ? [{ point: name, any: newest, good: newestGood }] : [],
        )
      case 'gaps':
        return series.gaps(ask.point, ask.from, ask.to, ask.silentAfter)
      case 'spool':
        return askSpool(this.#history, ask)
      case 'ledgerOf':
        return ledgerOf({ history: this.#history, ledger: this.#ledger }, ask.point, ask.from, ask.to)
      case 'stats':
        return this.#stats()
      default:
        return lookForEvidence({ history: this.#history, ledger: this.#ledger }, { operation, ask } as EvidenceQuestion)
    }
  }

  #stats(): unknown {
    const { readings, openReadings, pointCount } = this.#history
    const bytes = this.#files.reduce((sum, file) => sum + this.#sizeOf(file), 0)
    return { bytes, readings, entries: this.#ledger.journal.count(), openReadings, points: pointCount }
  }

  #sizeOf(file: string): number {
    return [file, `${file}-wal`].reduce((sum, each) => sum + (statSync(each, { throwIfNoEntry: false })?.size ?? 0), 0)
  }

  #seal(): void {
    if (!this.#history.table.sealingDue || this.#mayNotSeal || this.#slow.isRunning) return
    try {
      this.#givesBack = true
      this.#history.table.sealSome()
    } catch (error) {
      // Nothing is lost: the log still has it. Tried again once a write has succeeded.
      this.#mayNotSeal = true
      this.#say({ is: 'notice', trouble: describeFailure(error) })
    }
    this.#tellDamage()
  }

  /** What makes the file smaller: only while nobody waits. */
  #tidy(): void {
    if (this.#mayNotSeal || this.#isBeside || this.#history.table.sealingDue) return
    try {
      if (this.#history.table.joiningDue) {
        this.#givesBack = true
        this.#history.table.joinSome()
      } else if (this.#givesBack) this.#givesBack = this.#history.giveBack()
    } catch (error) {
      this.#mayNotSeal = true
      this.#say({ is: 'notice', trouble: describeFailure(error) })
    }
    this.#tellDamage()
  }

  /** A piece of closing a period, and of the journal's tree. */
  #prove(): void {
    const done = this.#closings.step()
    if (done && 'error' in done) this.#say({ is: 'refusal', id: done.id, kind: 'trouble', why: describeFailure(done.error) })
    else if (done) this.#say({ is: 'answer', ...done })
    if (!this.#ledger.treeIsDue || this.#mayNotGrow) return
    try {
      this.#ledger.growTree()
    } catch {
      // A cache, no more: without it proofs are slower. The next start tries again.
      this.#mayNotGrow = true
    }
  }

  #tellDamage(): void {
    if (this.#history.damaged === this.#damagedTold) return
    this.#damagedTold = this.#history.damaged
    this.#say({ is: 'damaged readings', count: this.#damagedTold })
  }

  #close(id: number): void {
    this.#history.close()
    this.#ledger.close()
    this.#say({ is: 'answer', id, answer: undefined })
    parentPort?.close()
  }
}

const validLimits = ({ point, min, max, staleAfter, silentAfter }: PointLimits) => ({ point, min, max, staleAfter, silentAfter })

const port = parentPort
if (port) {
  const say = (word: Word, memory: readonly ArrayBuffer[] = []): void => port.postMessage(word, memory)
  try {
    const worker = new StoreWorker(workerData as WorkerStart, say)
    port.on('message', (question: Question) => worker.take(question))
    worker.start()
  } catch (error) {
    say({ is: 'not ready', why: describeFailure(error) })
  }
}
