import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A network between a browser and the gateway that can be cut, mended and made thin: what passes is bytes, and nobody looks into them. */
export interface Line {
  readonly address: string
  /** Bytes that have come from the gateway. */
  readonly carried: () => number
  /** Ends every connection and lets no other begin. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

const packet = 1_400

/**
 * `rate` in bytes per second from the gateway, of all connections together; as fast as it goes where left out. `latency` in ms to the gateway
 * and back.
 */
export async function lineTo(gateway: string, rate?: number, latency = 0): Promise<Line> {
  const { hostname, port } = new URL(gateway)
  const ends = new Set<Socket>()
  let isCut = false
  let carried = 0
  /** When the line is free again, in ms of its own clock. */
  let free = 0
  const server = createServer(near => {
    if (isCut) return near.destroy()
    const far = connect(Number(port), hostname)
    const end = (): void => {
      for (const one of [near, far]) {
        ends.delete(one)
        one.destroy()
      }
    }
    for (const one of [near, far]) {
      ends.add(one)
      one.on('error', end)
      // What is still on its way arrives.
      one.on('close', () => (latency === 0 ? end() : setTimeout(end, latency)))
    }
    // Timers of nearly the same time may change places; bytes may not.
    const queues = new Map<Socket, Buffer[]>([
      [near, []],
      [far, []],
    ])
    const later = (to: Socket, bytes: Buffer, ms: number): void => {
      const queue = queues.get(to)
      queue?.push(bytes)
      setTimeout(() => to.write(queue?.shift() ?? ''), ms)
    }
    if (latency === 0) near.pipe(far)
    else near.on('data', bytes => later(far, bytes, latency / 2))
    far.on('data', bytes => {
      carried += bytes.length
      if (rate === undefined) {
        later(near, bytes, latency / 2)
        return
      }
      // One line for all, a packet of each in turn.
      far.pause()
      const carry = (from: number): void => {
        if (from >= bytes.length) return void far.resume()
        const piece = bytes.subarray(from, from + packet)
        free = Math.max(free, performance.now()) + (piece.length / rate) * 1_000
        const wait = Math.max(0, free - performance.now())
        later(near, piece, wait + latency / 2)
        setTimeout(() => carry(from + packet), wait)
      }
      carry(0)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    carried: () => carried,
    cut() {
      isCut = true
      for (const one of ends) one.destroy()
    },
    mend() {
      isCut = false
    },
    async close() {
      for (const one of ends) one.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
