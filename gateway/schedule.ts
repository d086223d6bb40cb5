import { Cron } from 'croner'
import type { Cancel, Clock, Instant, Millis } from '../protocols/contract/time.ts'

const names: Readonly<Record<string, string>> = {
  hourly: '0 * * * *',
  daily: '0 6 * * *',
  weekly: '0 6 * * 1',
  monthly: '0 6 1 * *',
}

/** A cron pattern of five parts, or one of the words `hourly`, `daily`, `weekly`, `monthly` (at six in the morning); `undefined` for anything else. */
export function parsePattern(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const pattern = Object.hasOwn(names, text) ? names[text] : text.trim()
  if (pattern === undefined || pattern.split(/\s+/).length !== 5) return undefined
  try {
    // One that never comes (30 February) is as wrong as one that cannot be read.
    return new Cron(pattern, { paused: true, timezone: 'UTC' }).nextRun(new Date(0)) ? pattern : undefined
  } catch {
    return undefined
  }
}

/** The first time of a pattern after `at`, by the clocks of that time zone. */
export function nextTime(pattern: string, zone: string, at: Instant): Instant | undefined {
  const next = new Cron(pattern, { paused: true, timezone: zone }).nextRun(new Date(at))
  return (next?.getTime() ?? undefined) as Instant | undefined
}

/** The last time of a pattern at or before `at`; `undefined` where there was none within four years. */
export function lastTime(pattern: string, zone: string, at: Instant): Instant | undefined {
  // A second more, so that one that is due now counts; then of the last two the one that is not ahead.
  const previous = new Cron(pattern, { paused: true, timezone: zone }).previousRuns(2, new Date(at + 1_000))
  return previous.map(run => run.getTime() as Instant).find(run => run <= at)
}

/** Does something at every time of a pattern, one at a time, by a clock of ours: a run that takes long is not begun twice. */
export class Timetable {
  readonly #clock: Clock
  readonly #next: (after: Instant) => Instant | undefined
  readonly #act: (due: Instant) => Promise<void>
  #cancel: Cancel = () => {}
  #running: Promise<void> | undefined
  #stopped = false

  constructor(clock: Clock, next: (after: Instant) => Instant | undefined, act: (due: Instant) => Promise<void>) {
    this.#clock = clock
    this.#next = next
    this.#act = act
  }

  start(): void {
    this.#arm()
  }

  /** Waits for what is running. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    await this.#running
  }

  #arm(): void {
    if (this.#stopped) return
    const due = this.#next(this.#clock.now())
    if (due === undefined) return
    const wait = Math.max(0, due - this.#clock.now()) as Millis
    this.#cancel = this.#clock.after(wait, () => {
      this.#running = this.#act(due).finally(() => {
        this.#running = undefined
        this.#arm()
      })
    })
  }
}
