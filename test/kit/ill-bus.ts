import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { isOpen } from './school-bus.ts'
import { freePort } from './product.ts'

/** The badly wired bus of `ill-bus.py` on a port of its own, with the function codes of everything that was sent to it. */
export async function startIllBus(): Promise<{
  readonly port: number
  /** Every function code it was asked with, so far. */
  readonly asked: () => ReadonlySet<number>
  stop(): Promise<void>
}> {
  const port = await freePort()
  const child = spawn('/usr/bin/python3', [join(import.meta.dirname, 'ill-bus.py'), String(port)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  let said = ''
  child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString('latin1')))
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`the bus ended with ${child.exitCode}`)
    // It cannot say when it listens, so it is asked.
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return {
    port,
    asked: () => new Set(said.split('\n').filter(Boolean).map(Number)),
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
