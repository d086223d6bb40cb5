import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const here = import.meta.dirname

/** A server that nobody here wrote, as its own process. */
export interface Peer {
  readonly port: number
  stop(): Promise<void>
}

/** Resolves once somebody listens on the port. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (child.exitCode !== null) throw new Error(`The peer ended with ${child.exitCode}.`)
    const open = await new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (open) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('The peer never listened.')
}

async function launch(command: string, args: readonly string[], port: number): Promise<Peer> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let words = ''
  child.stderr.on('data', bytes => (words = (words + String(bytes)).slice(-2_000)))
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  try {
    await listening(port, child)
  } catch (error) {
    child.kill('SIGKILL')
    throw new Error(`${command}: ${String(error)} ${words}`, { cause: error })
  }
  return {
    port,
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

export const hasPymodbus = (): boolean => existsSync('/usr/lib/python3/dist-packages/pymodbus')
export const startPymodbus = (port: number, framer: 'socket' | 'rtu' = 'socket'): Promise<Peer> =>
  launch('/usr/bin/python3', [join(here, 'pymodbus_server.py'), String(port), framer], port)

/** The same library's fault injection, a fault for each unit. */
export const startPymodbusFaults = (port: number, framer: 'socket' | 'rtu' = 'socket'): Promise<Peer> =>
  launch('/usr/bin/python3', [join(here, 'pymodbus_faults.py'), String(port), framer], port)

export const hasLibmodbus = (): boolean => existsSync('/usr/include/modbus/modbus.h')
/** Compiled on the spot from the small C file beside this one. */
export async function startLibmodbus(port: number): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-libmodbus-'))
  const program = join(folder, 'server')
  await promisify(execFile)('gcc', ['-O1', '-o', program, join(here, 'libmodbus_server.c'), '-lmodbus'])
  const peer = await launch(program, [String(port)], port)
  return {
    port,
    async stop() {
      await peer.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A libmodbus unit on a serial port. */
export async function startLibmodbusRtu(path: string, baud: number, unit: number): Promise<{ stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-libmodbus-'))
  const program = join(folder, 'unit')
  await promisify(execFile)('gcc', ['-O1', '-o', program, join(here, 'libmodbus_rtu.c'), '-lmodbus'])
  const child = spawn(program, [path, String(baud), String(unit)], { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    void ended.then(() => reject(new Error('the libmodbus unit ended')))
  })
  return {
    async stop() {
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const hasMbpoll = (): boolean => existsSync('/usr/bin/mbpoll')
/** Runs `mbpoll` once; resolves with what it printed. */
export async function mbpoll(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('/usr/bin/mbpoll', ['-1', '-q', ...args], { timeout: 20_000 })
  return stdout
}

export const hasMosquitto = (): boolean => existsSync('/usr/sbin/mosquitto') && existsSync('/usr/bin/mosquitto_pub')
export const startMosquitto = (port: number): Promise<Peer> => launch('/usr/sbin/mosquitto', ['-p', String(port)], port)

/** With a configuration file of these lines; it says where to listen. */
export async function startMosquittoWith(port: number, lines: string): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-mosquitto-'))
  const file = join(folder, 'mosquitto.conf')
  writeFileSync(file, lines)
  const peer = await launch('/usr/sbin/mosquitto', ['-c', file], port)
  return {
    port,
    async stop() {
      await peer.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Runs `mosquitto_pub` to its end; resolves with its exit code. */
export async function mosquittoPub(port: number, args: readonly string[]): Promise<number> {
  const child = spawn('/usr/bin/mosquitto_pub', ['-h', '127.0.0.1', '-p', String(port), ...args], { stdio: 'ignore' })
  return new Promise(resolve => child.once('exit', code => resolve(code ?? -1)))
}
