import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import { seconds } from '../contract/time.ts'
import type { Answer } from './answer.ts'
import { answered, failed, whatWentWrong } from './answer.ts'
import type { Session } from './link.ts'
import type { LineSettings } from './line-settings.ts'

/** Bytes to and from equipment over a serial port or a socket: what a frame protocol is laid on. */
export interface Wire extends Session {
  send(bytes: Uint8Array): void
  /** Everything that comes from now on goes to this listener, in place of the one before; what came while nobody listened is gone. */
  hear(listener: (bytes: Uint8Array) => void): void
}

/** An open wire, or why there is none: `unreachable`. A site without serial lines never loads the library for them. */
export async function dialWire(line: LineSettings, signal: AbortSignal): Promise<Answer<Wire>> {
  return line.via === 'tcp' ? dialSocket(line, signal) : (await import('./serial.ts')).openSerial(line, signal)
}

function dialSocket({ host, port }: Extract<LineSettings, { via: 'tcp' }>, signal: AbortSignal): Promise<Answer<Wire>> {
  return new Promise(resolve => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: seconds(15) })
    const giveUp = (): void => void socket.destroy()
    signal.addEventListener('abort', giveUp, { once: true })
    const settle = (answer: Answer<Wire>): void => {
      signal.removeEventListener('abort', giveUp)
      resolve(answer)
    }
    socket.once('connect', () => settle(answered(overSocket(socket))))
    socket.once('error', error => settle(failed(fault('unreachable', `${host}:${port}: ${whatWentWrong(error)}`))))
    socket.once('close', () => settle(failed(fault('unreachable', `${host}:${port}: given up.`))))
    if (signal.aborted) giveUp()
  })
}

function overSocket(socket: Socket): Wire {
  let listener: (bytes: Uint8Array) => void = () => {}
  socket.on('data', bytes => listener(bytes))
  const ended = new Promise<Fault>(resolve => {
    let why = 'The other side closed the connection.'
    socket.on('error', error => {
      why = `The connection broke: ${whatWentWrong(error)}.`
    })
    socket.once('close', () => resolve(fault('disconnected', why)))
  })
  return {
    ended,
    send: bytes => void socket.write(bytes),
    hear(next) {
      listener = next
    },
    close: () => void socket.destroy(),
  }
}
