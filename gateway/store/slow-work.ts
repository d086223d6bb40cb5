import type { Calls, Question } from './calls.ts'
import { describeFailure, sqliteCause } from './database.ts'
import type { History } from './history.ts'

export type SlowOperation = 'raw' | 'buckets' | 'rollup' | 'trimPlan' | 'trim'
export type SlowQuestion = Extract<Question, { operation: SlowOperation }>

const slowOperations: ReadonlySet<string> = new Set<SlowOperation>(['raw', 'buckets', 'rollup', 'trimPlan', 'trim'])
export const isSlow = (question: Question): question is SlowQuestion => slowOperations.has(question.operation)

/** What may take many turns, as work that pauses after each block. Throws RangeError when too much is asked. `beside`: bytes of the other files. */
export function slowWork(
  { series, trimming }: History,
  { operation, ask }: SlowQuestion,
  beside: () => number,
): Generator<void, Calls[SlowOperation]['answer']> {
  switch (operation) {
    case 'raw':
      return series.rawInTurns(ask.point, ask.from, ask.to, ask.limit)
    case 'buckets':
      return series.bucketsInTurns(ask.point, ask.from, ask.to, ask.every)
    case 'rollup':
      return series.rollupInTurns(ask.point, ask.from, ask.to, ask.tier)
    case 'trimPlan':
      return trimming.plan(ask, beside())
    case 'trim':
      return trimming.trim(ask)
  }
}

export type SlowAnswer =
  | { readonly id: number; readonly answer: Calls[SlowOperation]['answer'] }
  | { readonly id: number; readonly kind: 'mistake' | 'trouble'; readonly why: string }

// A block of sixteen thousand rows takes about a millisecond: what is to be written does not wait longer than for a few.
const stepsPerTurn = 4

/** Slow questions one after the other, a piece a turn. */
export class SlowWork {
  readonly #begin: (question: SlowQuestion) => Generator<void, Calls[SlowOperation]['answer']>
  readonly #asked: SlowQuestion[] = []
  #running: Generator<void, Calls[SlowOperation]['answer']> | undefined

  constructor(begin: (question: SlowQuestion) => Generator<void, Calls[SlowOperation]['answer']>) {
    this.#begin = begin
  }

  ask(question: SlowQuestion): void {
    this.#asked.push(question)
  }

  get isDue(): boolean {
    return this.#asked.length > 0
  }

  /** One is in the middle of the blocks: they must stay as they are. */
  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** Does a piece; what is answered now, if anything is. */
  step(): SlowAnswer | undefined {
    const [question] = this.#asked
    if (!question) return undefined
    try {
      this.#running ??= this.#begin(question)
      for (let step = 0; step < stepsPerTurn; step++) {
        const { done, value } = this.#running.next()
        if (!done) continue
        this.#end()
        return { id: question.id, answer: value }
      }
      return undefined
    } catch (error) {
      this.#end()
      const isMistake = sqliteCause(error) === 'other' && (error instanceof RangeError || error instanceof TypeError)
      return { id: question.id, kind: isMistake ? 'mistake' : 'trouble', why: describeFailure(error) }
    }
  }

  #end(): void {
    this.#running = undefined
    this.#asked.shift()
  }
}

/** The memory of an answer, to be handed over rather than copied. */
export function memoryIn(answer: unknown): ArrayBuffer[] {
  const figures = typeof answer === 'object' && answer !== null && 'samples' in answer ? answer.samples : answer
  return figures instanceof Float64Array && figures.buffer instanceof ArrayBuffer ? [figures.buffer] : []
}
