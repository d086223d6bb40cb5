import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** A program of ours that runs beside the product, in a process of its own under the same Node. */
export interface Program {
  readonly pid: number
  /** The first line it printed: where it listens. */
  readonly said: string
  /** From the call to that line. */
  readonly startMs: number
  stop(): Promise<void>
}

/** Starts `peers/NAME.ts` and waits for its first line. */
export async function startProgram(name: string, args: readonly string[] = []): Promise<Program> {
  const file = join(import.meta.dirname, 'peers', name)
  const began = performance.now()
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const said = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', bytes => {
      text += String(bytes)
      if (text.includes('\n')) resolve(text.split('\n')[0] ?? '')
    })
    void ended.then(() => reject(new Error(`${name} ended before it said anything`)))
  })
  return {
    pid: child.pid ?? Number.NaN,
    said,
    startMs: performance.now() - began,
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
