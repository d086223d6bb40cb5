import { createSocket } from 'node:dgram'
import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Cancel, Clock } from '../contract/time.ts'
import { seconds } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed, whatWentWrong } from '../kit/answer.ts'
import { FrameFinder } from '../kit/frame-finder.ts'
import type { Session } from '../kit/link.ts'
import type { FireConnection } from './config.ts'
import type { FireFrame } from './frame.ts'
import { cutFire } from './frame.ts'

export interface ListenerParts {
  readonly connection: FireConnection
  readonly wall: Clock
  /** A whole frame with a right checksum. What is given back goes to its sender: that it has arrived. */
  readonly heard: (frame: FireFrame, from: string) => Uint8Array | undefined
  readonly counted: (what: 'noise' | 'refused' | 'hung-up') => void
}

/** A connection that brings no whole frame for so long after it was opened, or half a one, is of no use. */
const patience = seconds(60)
/** Half a frame is given up after so long. */
const pause = seconds(5)
/** Noise of one connection; beyond it is no transmission unit. */
const mostNoise = 16_384

/** Opens the port. `unreachable` where it cannot be had. */
export async function listenForUnits(parts: ListenerParts, signal: AbortSignal): Promise<Answer<Session>> {
  const { transport } = parts.connection
  const doors: Door[] = []
  for (const open of [...(transport === 'udp' ? [] : [openTcp]), ...(transport === 'tcp' ? [] : [openUdp])]) {
    const door = await open(parts)
    if (!door.ok || signal.aborted) {
      await Promise.all([...doors, ...(door.ok ? [door.value] : [])].map(one => one.close()))
      return door.ok ? failed(fault('unreachable', 'Given up.')) : door
    }
    doors.push(door.value)
  }
  return answered({
    ended: Promise.race(doors.map(door => door.ended)),
    close: async () => void (await Promise.all(doors.map(door => door.close()))),
  })
}

interface Door {
  readonly ended: Promise<Fault>
  close(): Promise<void>
}

function openTcp(parts: ListenerParts): Promise<Answer<Door>> {
  const { host, port, most } = parts.connection
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, keepAlive: true }, socket => {
    if (sockets.size >= most) {
      parts.counted('refused')
      return void socket.destroy()
    }
    sockets.add(socket)
    const stop = serve(socket, parts)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      sockets.delete(socket)
      stop()
    })
  })
  return new Promise(resolve => {
    server.once('error', error => resolve(failed(fault('unreachable', `port ${port}: ${whatWentWrong(error)}`))))
    server.listen(port, host, () =>
      resolve(
        answered({
          ended: new Promise<Fault>(over => server.once('close', () => over(fault('disconnected', 'The port was closed.')))),
          close: () =>
            new Promise<void>(closed => {
              for (const socket of sockets) socket.destroy()
              server.close(() => closed())
            }),
        }),
      ),
    )
  })
}

/** Hears one connection. Gives back how to stop. */
function serve(socket: Socket, { wall, heard, counted }: ListenerParts): () => void {
  const finder = new FrameFinder(cutFire)
  const from = socket.remoteAddress ?? ''
  let cancelHalf: Cancel = () => {}
  let cancelIdle: Cancel = () => {}
  const hangUp = (): void => {
    counted('hung-up')
    socket.destroy()
  }
  const wait = (): void => {
    cancelIdle()
    cancelIdle = wall.after(patience, () => {
      // A unit that has spoken may be silent for hours; one that never did is none.
      hangUp()
    })
  }
  const take = (frames: readonly FireFrame[]): void => {
    if (frames.length > 0) cancelIdle()
    for (const frame of frames) {
      const answer = heard(frame, from)
      // Whoever does not take its answers is not waited for.
      if (answer && !socket.destroyed && socket.writableLength < mostNoise) socket.write(answer)
    }
    cancelHalf()
    if (finder.waiting > 0) cancelHalf = wall.after(pause, () => take(finder.silent()))
    if (finder.noise > mostNoise) {
      counted('noise')
      hangUp()
    }
  }
  wait()
  socket.on('data', bytes => take(finder.take(bytes)))
  return () => {
    cancelHalf()
    cancelIdle()
  }
}

function openUdp({ connection, heard, counted }: ListenerParts): Promise<Answer<Door>> {
  const { host, port } = connection
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' })
  socket.on('message', (bytes, peer) => {
    // A datagram is whole or it is nothing.
    const finder = new FrameFinder(cutFire)
    const frames = [...finder.take(bytes), ...finder.silent()]
    if (frames.length === 0) counted('noise')
    for (const frame of frames) {
      const answer = heard(frame, peer.address)
      if (answer) socket.send(answer, peer.port, peer.address, () => {})
    }
  })
  return new Promise(resolve => {
    socket.once('error', error => {
      socket.close()
      resolve(failed(fault('unreachable', `UDP port ${port}: ${whatWentWrong(error)}`)))
    })
    socket.bind(port, host, () => {
      socket.removeAllListeners('error')
      const ended = new Promise<Fault>(over => {
        socket.once('close', () => over(fault('disconnected', 'The UDP port was closed.')))
        socket.on('error', () => socket.close())
      })
      resolve(answered({ ended, close: () => new Promise<void>(closed => socket.close(() => closed())) }))
    })
  })
}
