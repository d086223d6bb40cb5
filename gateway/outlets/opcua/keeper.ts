import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Cancel, Clock } from '../../../protocols/contract/time.ts'
import { millis, minutes, seconds } from '../../../protocols/contract/time.ts'
import type { FromFace, ToFace } from './talk.ts'

export interface KeeperParts {
  readonly wall: Clock
  /** What a process is told when it begins: everything, from the start. */
  readonly opening: () => readonly ToFace[]
  readonly hear: (message: FromFace) => void
  /** It has ended by itself; it is started again. */
  readonly died: (how: string) => void
}

/** Messages on their way to the process; more than this means that it does not keep up. */
const mostOnTheWay = 32
/** It says something each five seconds. One that is silent for so long hangs, and is ended. */
const longestSilence = minutes(1)
const shortest = seconds(1)
const longest = minutes(1)

/** Keeps the process that serves: if it dies it is started again, with growing pauses, and shown everything anew. */
export class Keeper {
  readonly #parts: KeeperParts
  #child: ChildProcess | undefined
  #cancelRestart: Cancel = () => {}
  #cancelWatch: Cancel = () => {}
  #onTheWay = 0
  #deaths = 0
  #stopped = true

  constructor(parts: KeeperParts) {
    this.#parts = parts
  }

  /** The process that serves now. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Whether it takes more; what cannot wait may be told all the same. */
  get isFree(): boolean {
    return this.#onTheWay < mostOnTheWay
  }

  start(): void {
    this.#stopped = false
    this.#begin()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelRestart()
    this.#cancelWatch()
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
    this.tell({ do: 'stop' })
    const cancel = this.#parts.wall.after(seconds(3), () => child.kill('SIGKILL'))
    await gone
    cancel()
  }

  tell(what: ToFace): void {
    const child = this.#child
    if (!child?.connected) return
    this.#onTheWay += 1
    child.send(what, undefined, undefined, () => {
      if (this.#child === child) this.#onTheWay -= 1
    })
  }

  #begin(): void {
    if (this.#stopped) return
    const child = fork(fileURLToPath(new URL('./process.ts', import.meta.url)), [], {
      // Beyond this it has been overrun: it ends and is started anew.
      execArgv: ['--disable-warning=ExperimentalWarning', '--max-old-space-size=384'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { PATH: process.env['PATH'] },
    })
    this.#child = child
    this.#onTheWay = 0
    this.#watch(child)
    child.on('message', message => {
      this.#watch(child)
      const heard = message as FromFace
      if (heard.say === 'ready') this.#deaths = 0
      this.#parts.hear(heard)
    })
    child.on('error', () => {})
    let last = ''
    child.stderr?.on('data', (bytes: Buffer) => (last = (last + bytes.toString()).slice(-1_000)))
    child.on('exit', (code, signal) => this.#died(child, [signal ?? `exit code ${code}`, last.trim()].join(': ')))
    for (const message of this.#parts.opening()) this.tell(message)
  }

  #watch(child: ChildProcess): void {
    this.#cancelWatch()
    this.#cancelWatch = this.#parts.wall.after(longestSilence, () => void child.kill('SIGKILL'))
  }

  #died(child: ChildProcess, how: string): void {
    if (this.#child !== child) return
    this.#child = undefined
    this.#cancelWatch()
    if (this.#stopped) return
    this.#parts.died(how)
    const pause = millis(Math.min(longest, shortest * 2 ** Math.min(this.#deaths++, 10)))
    this.#cancelRestart = this.#parts.wall.after(pause, () => this.#begin())
  }
}
