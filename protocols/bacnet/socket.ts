import type { Socket as Datagrams } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed, whatWentWrong } from '../kit/answer.ts'
import type { Session } from '../kit/link.ts'

export interface SocketSettings {
  /** Ours; 0: any that is free. */
  readonly port: number
  /** Name or address of one of this machine's network interfaces; without it all of them. */
  readonly via?: string
}

/** Datagrams to and from the network. */
export interface Socket extends Session {
  /** Where a broadcast of ours goes: of each interface that is used. */
  readonly broadcasts: readonly string[]
  send(bytes: Buffer, host: string, port: number): void
  hear(listener: (bytes: Buffer, host: string, port: number) => void): void
}

interface Face {
  readonly address: string
  readonly broadcast: string
}

/** Opens our port, or says why not: taken by another program, no such interface. */
export async function openSocket({ port, via }: SocketSettings, signal: AbortSignal): Promise<Answer<Socket>> {
  const faces = facesOf(via)
  if (via !== undefined && faces.length === 0)
    return failed(
      fault(
        'unreachable',
        `This machine has no network interface ${via}; it has ${facesOf()
          .map(({ address }) => address)
          .join(', ')}.`,
      ),
    )
  const own = await bound(port, via === undefined ? undefined : faces[0]?.address)
  if (!own.ok) return own
  // A socket at one address does not hear what is said to everybody: a second one does.
  const ears = via === undefined || port === 0 ? undefined : await bound(port, faces[0]?.broadcast)
  const sockets = [own.value, ...(ears?.ok ? [ears.value] : [])]
  if (signal.aborted) {
    for (const socket of sockets) socket.close()
    return failed(fault('unreachable', 'The call was given up.'))
  }
  return answered(over(own.value, sockets, faces))
}

function bound(port: number, address: string | undefined): Promise<Answer<Datagrams>> {
  return new Promise(resolve => {
    // Not shared: of two programs on one port each would get answers to the other's questions.
    const socket = createSocket({ type: 'udp4', reuseAddr: false })
    socket.once('error', error => {
      socket.close()
      const taken = 'code' in error && error.code === 'EADDRINUSE'
      const why = taken
        ? `UDP port ${port} is in use: another BACnet program, or another connection of this site, has it. Write another port at this connection, for example port: ${port + 1}.`
        : `UDP port ${port} cannot be opened: ${whatWentWrong(error)}.`
      resolve(failed(fault('unreachable', why)))
    })
    socket.bind({ port, ...(address === undefined ? {} : { address }), exclusive: true }, () => {
      socket.setBroadcast(true)
      resolve(answered(socket))
    })
  })
}

function over(own: Datagrams, sockets: readonly Datagrams[], faces: readonly Face[]): Socket {
  let listener: (bytes: Buffer, host: string, port: number) => void = () => {}
  let closed = false
  let end: (why: Fault) => void = () => {}
  const ended = new Promise<Fault>(resolve => (end = resolve))
  const gone = sockets.map(socket => new Promise<void>(resolve => socket.once('close', resolve)))
  const sending = new Set<Promise<void>>()
  const close = async (why = fault('disconnected', 'The port was closed.')): Promise<void> => {
    end(why)
    const first = !closed
    closed = true
    // What was said last (that a subscription is no longer wanted) is still to go out.
    await Promise.all(sending)
    if (first) for (const socket of sockets) socket.close()
    await Promise.all(gone)
  }
  for (const socket of sockets) {
    socket.on('message', (bytes, { address, port }) => listener(bytes, address, port))
    socket.removeAllListeners('error')
    socket.on('error', error => void close(fault('disconnected', `The network broke: ${whatWentWrong(error)}.`)))
  }
  return {
    ended,
    broadcasts: [...new Set(faces.map(({ broadcast }) => broadcast))],
    send(bytes, host, port) {
      if (closed) return
      // What cannot be sent is not answered: whoever asked will time out, and says so.
      const sent = new Promise<void>(resolve => own.send(bytes, port, host, () => resolve())).then(
        () => void sending.delete(sent),
      )
      sending.add(sent)
    },
    hear(next) {
      listener = next
    },
    close: () => close(),
  }
}

/** The IPv4 faces of this machine: all but the loopback, or the one that is named. */
function facesOf(via?: string): Face[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? [])
      .filter(
        ({ family, internal, address }) => family === 'IPv4' && (via === undefined ? !internal : via === name || via === address),
      )
      .map(({ address, netmask }) => ({ address, broadcast: broadcastOf(address, netmask) })),
  )
}

function broadcastOf(address: string, netmask: string): string {
  const mask = netmask.split('.').map(Number)
  return address
    .split('.')
    .map((part, at) => Number(part) | (~(mask[at] ?? 255) & 255))
    .join('.')
}
