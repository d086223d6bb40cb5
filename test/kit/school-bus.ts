import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from './product.ts'

/** The bus of `school-bus.py` on a port of its own, as soon as it answers there. */
export async function startSchoolBus(): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const port = await freePort()
  const child = spawn('/usr/bin/python3', [join(import.meta.dirname, 'school-bus.py'), String(port)], { stdio: 'ignore' })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`the bus ended with ${child.exitCode}: is python3-pymodbus installed?`)
    // It cannot say when it listens, so it is asked.
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return {
    port,
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

export const isOpen = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
