import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen } from '../kit.ts'

/** CRC-16 of the serial line, bit by bit as the standard describes it: shares nothing with the gateway's. */
export function sealed(...bytes: number[]): Buffer {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return Buffer.from([...bytes, crc & 255, crc >> 8])
}

export interface AskedOnLine {
  readonly unit: number
  readonly code: number
  readonly start: number
  readonly quantity: number
}

/** A right answer: each register shows what `register` says. */
export function told({ unit, code, start, quantity }: AskedOnLine, register: (address: number) => number): Buffer {
  const words = Array.from({ length: quantity }, (_, index) => register(start + index))
  return sealed(unit, code, quantity * 2, ...words.flatMap(word => [(word >> 8) & 255, word & 255]))
}
export const refused = ({ unit, code }: AskedOnLine, why: number): Buffer => sealed(unit, code | 0x80, why)

export type OnLine = (asked: AskedOnLine, say: (bytes: Uint8Array) => void) => Buffer | undefined | void

/** Units on one serial line, behind a socket: as a transparent serial server has them, or with `socat` behind a serial port. */
export class SerialLine {
  does: OnLine
  readonly asked: AskedOnLine[] = []
  /** Everything that came over the line. */
  readonly heard: Buffer[] = []
  connections = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  /** With `byteMs` each byte takes its time, one after another, in both directions, as on a line of that speed. */
  constructor(does: OnLine, byteMs = 0) {
    this.does = does
    this.#server = createServer({ noDelay: true }, socket => {
      this.connections += 1
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => {})
      const pace = new Pace(byteMs)
      const say = (bytes: Uint8Array): void => pace.after(bytes.length, () => socket.destroyed || socket.write(bytes))
      let received = Buffer.alloc(0)
      socket.on('data', bytes => {
        this.heard.push(bytes)
        received = Buffer.concat([received, bytes])
        for (; received.length >= 8; received = received.subarray(8)) {
          const frame = received.subarray(0, 8)
          if (!sealed(...frame.subarray(0, 6)).equals(frame)) {
            received = Buffer.alloc(0)
            return
          }
          const asked = {
            unit: frame.readUInt8(0),
            code: frame.readUInt8(1),
            start: frame.readUInt16BE(2),
            quantity: frame.readUInt16BE(4),
          }
          pace.after(8, () => {
            this.asked.push(asked)
            const reply = this.does(asked, say)
            if (reply) say(reply)
          })
        }
      })
    })
  }

  start(port = 0): Promise<number> {
    return listen(this.#server, port)
  }

  /** Bytes that nobody asked for. */
  babble(bytes: Uint8Array): void {
    for (const socket of this.#sockets) socket.write(bytes)
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

/** Time on the line: what is said later waits for what was said before. Kept in fractions, so that whole timers do not add up. */
class Pace {
  readonly #byteMs: number
  #free = 0

  constructor(byteMs: number) {
    this.#byteMs = byteMs
  }

  after(bytes: number, act: () => void): void {
    if (this.#byteMs === 0) return act()
    this.#free = Math.max(this.#free, performance.now()) + bytes * this.#byteMs
    const due = this.#free
    const look = (): void => {
      const left = due - performance.now()
      if (left <= 0) act()
      else if (left > 2) setTimeout(look, left - 1.5)
      else setImmediate(look)
    }
    look()
  }
}

export const hasSocat = (): boolean => existsSync('/usr/bin/socat')

export interface Ports {
  readonly path: string
  /** The other end, where there are two. */
  readonly other: string
  stop(): Promise<void>
}

async function socat(args: (folder: string) => readonly string[], names: readonly string[]): Promise<Ports> {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-pty-'))
  const child: ChildProcess = spawn('/usr/bin/socat', args(folder), { stdio: 'ignore' })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const paths = names.map(name => join(folder, name))
  for (let look = 0; look < 2_000 && !paths.every(path => existsSync(path)); look++) {
    if (child.exitCode !== null) throw new Error('socat ended before its port was there')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return {
    path: paths[0] ?? '',
    other: paths[1] ?? '',
    async stop() {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A serial port of this machine whose wires end at the TCP port of a `SerialLine`. */
export const serialPortTo = (port: number): Promise<Ports> =>
  socat(folder => [`pty,raw,echo=0,link=${join(folder, 'a')}`, `tcp:127.0.0.1:${port},nodelay`], ['a'])

/** Two serial ports whose wires are crossed. */
export const serialPair = (): Promise<Ports> =>
  socat(folder => [`pty,raw,echo=0,link=${join(folder, 'a')}`, `pty,raw,echo=0,link=${join(folder, 'b')}`], ['a', 'b'])
