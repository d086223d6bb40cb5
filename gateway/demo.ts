import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { Words } from '../protocols/contract/driver.ts'
import type { Clock } from '../protocols/contract/time.ts'
import type { ControlAnswer, ControlNews, ControlRequest, SimulatedFault } from '../simulators/control.ts'
import type { Demo } from './api/house.ts'
import type { DemoClock } from './clock.ts'

/** The simulated equipment ended before it was ready; it has said why on the same terminal. */
export class SimulationFailed extends Error {
  override readonly name = 'SimulationFailed'
}

export interface SimulationParts {
  readonly entry: string
  readonly siteFile: string
  readonly stateFile: string
  readonly wall: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onFaults: () => void
  readonly onSpeed: () => void
  readonly onDeath: (how: string) => void
}

type Question = ControlRequest extends infer Request ? (Request extends ControlRequest ? Omit<Request, 'id'> : never) : never

/** The simulated equipment of the demo in a process of its own: it has its own sockets and shares nothing with the gateway but the clock's pace. */
export class Simulation implements Demo {
  readonly #parts: SimulationParts
  readonly #waiting = new Map<number, (answer: ControlAnswer) => void>()
  #child: ChildProcess | undefined
  #clock: DemoClock | undefined
  #faults: readonly SimulatedFault[] = []
  #nextId = 1
  #stopping = false

  constructor(parts: SimulationParts) {
    this.#parts = parts
  }

  /** Starts the process, which loads what it needs and waits for its clock. Resolves when every simulated device listens. */
  start(): Promise<void> {
    const { entry, siteFile, stateFile, env } = this.#parts
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const child = fork(entry, ['--site', siteFile, '--state', stateFile, '--follow'], {
      env: { ...env },
      execArgv: ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=4'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child = child
    child.on('message', message => this.#hear(message as ControlAnswer | ControlNews, resolve))
    child.on('exit', (code, signal) => {
      const how = signal ?? `exit code ${code}`
      reject(new SimulationFailed(how))
      for (const answer of this.#waiting.values()) answer({ id: 0, ok: false, why: 'no-such-equipment', known: [] })
      if (!this.#stopping) this.#parts.onDeath(how)
    })
    return promise
  }

  /** The data directory is ours and its time is known: the world may begin. */
  begin(clock: DemoClock): void {
    this.#clock = clock
    this.#sendClock()
  }

  faults(): readonly { readonly equipment: string; readonly fault: string; readonly name: Words; readonly active: boolean }[] {
    return this.#faults
  }

  async setFault(equipment: string, fault: string, on: boolean): Promise<'done' | 'no-such-fault'> {
    const answer = await this.#ask({ do: 'fault', equipment, fault, on })
    return answer.ok ? 'done' : 'no-such-fault'
  }

  async setSpeed(speed: number): Promise<void> {
    this.#clock?.setSpeed(speed)
    this.#sendClock()
    this.#parts.onSpeed()
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    this.#stopping = true
    const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
    if (child.connected) child.send({ id: 0, do: 'stop' } satisfies ControlRequest, () => {})
    const cancel = this.#parts.wall.after(3_000 as Parameters<Clock['after']>[0], () => child.kill('SIGKILL'))
    await gone
    cancel()
  }

  #sendClock(): void {
    const clock = this.#clock
    if (clock) void this.#ask({ do: 'clock', wall: this.#parts.wall.now(), domain: clock.now(), speed: clock.speed })
  }

  #ask(question: Question): Promise<ControlAnswer> {
    const id = this.#nextId++
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      const request: ControlRequest = { ...question, id }
      this.#child?.send(request, error => error && resolve({ id, ok: false, why: 'no-such-equipment', known: [] }))
    })
  }

  #hear(message: ControlAnswer | ControlNews, ready: () => void): void {
    if ('id' in message) {
      this.#waiting.get(message.id)?.(message)
      this.#waiting.delete(message.id)
      if (!message.ok) return
    }
    this.#faults = message.faults
    if ('ready' in message) ready()
    this.#parts.onFaults()
  }
}
