import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed, whatWentWrong } from '../kit/answer.ts'

/** Datagrams to and from one address and port. What comes from anywhere else never arrives: the socket is connected. */
export interface Datagrams {
  /** When it was closed, or when the network says that nobody is there. */
  readonly ended: Promise<Fault>
  send(bytes: Buffer): void
  hear(listener: (bytes: Buffer) => void): void
  close(): Promise<void>
}

/** A socket that speaks with one agent only, or why there is none: `unreachable`. Whether somebody is there it cannot know. */
export async function openDatagrams(host: string, port: number, signal: AbortSignal): Promise<Answer<Datagrams>> {
  let found: { readonly address: string; readonly family: number }
  try {
    found = await lookup(host)
  } catch (error) {
    return failed(fault('unreachable', `${host}: ${whatWentWrong(error)}.`))
  }
  if (signal.aborted) return failed(fault('unreachable', 'The call was given up.'))
  const socket = createSocket(found.family === 6 ? 'udp6' : 'udp4')
  const datagrams = overSocket(socket, `${host}:${port}`)
  return new Promise(resolve => {
    void datagrams.ended.then(why => resolve(failed(why)))
    socket.connect(port, found.address, () => resolve(answered(datagrams)))
  })
}

function overSocket(socket: Socket, place: string): Datagrams {
  let listener: (bytes: Buffer) => void = () => {}
  socket.on('message', bytes => listener(bytes))
  let open = true
  let why = fault('disconnected', 'The socket was closed.')
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  const close = (): Promise<void> => {
    if (open) socket.close()
    open = false
    return closed
  }
  socket.on('error', error => {
    why = fault('unreachable', `${place}: ${said(error)}.`)
    void close()
  })
  return {
    ended: closed.then(() => why),
    send: bytes => {
      // What could not be sent is told by an error event, as is a refusal by the other side's machine.
      if (open) socket.send(bytes, error => error && socket.emit('error', error))
    },
    hear(next) {
      listener = next
    },
    close,
  }
}

const said = (error: Error & { readonly code?: string }): string =>
  error.code === 'ECONNREFUSED' ? 'the machine is there, but no SNMP agent listens on this port' : whatWentWrong(error)
