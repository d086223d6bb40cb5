import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Clock, Millis } from '../contract/time.ts'
import { seconds } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed, whatWentWrong } from '../kit/answer.ts'
import type { Session } from '../kit/link.ts'
import type { Judged, Span } from './frame.ts'

export interface Reply {
  readonly judged: Judged
  /** From the last byte written to the last byte read, real time. */
  readonly roundTripMs: number
}

/** One request in flight at a time: cheap devices and serial servers know no more. */
export interface ModbusSession extends Session {
  /** False once an answer might belong to something else: the connection must be made anew before the next read. */
  readonly trusted: boolean
  read(span: Span): Promise<Reply>
}

export interface DialOptions {
  readonly host: string
  readonly port: number
  /** For one request, real time. */
  readonly timeout: Millis
  readonly wall: Clock
}

/** A connected socket, or why there is none: `unreachable`. */
export function openSocket({ host, port }: DialOptions, signal: AbortSignal): Promise<Answer<Socket>> {
  return new Promise(resolve => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: seconds(15) })
    const giveUp = (): void => {
      socket.destroy()
    }
    signal.addEventListener('abort', giveUp, { once: true })
    const settle = (answer: Answer<Socket>): void => {
      signal.removeEventListener('abort', giveUp)
      resolve(answer)
    }
    socket.once('connect', () => settle(answered(socket)))
    socket.once('error', error => settle(failed(fault('unreachable', `${host}:${port}: ${whatWentWrong(error)}`))))
    socket.once('close', () => settle(failed(fault('unreachable', `${host}:${port}: given up.`))))
  })
}

/** Resolves when the socket is gone, with what it died of; `heard` is told first, in the same turn. */
export function endOf(socket: Socket, heard: (why: Fault) => void): Promise<Fault> {
  return new Promise(resolve => {
    let why = 'The other side closed the connection.'
    socket.on('error', error => {
      why = `The connection broke: ${whatWentWrong(error)}.`
    })
    socket.once('close', () => {
      const died = fault('disconnected', why)
      heard(died)
      resolve(died)
    })
  })
}

export const notAnswered = (why: Fault): Judged => ({ kind: 'fault', fault: why })
