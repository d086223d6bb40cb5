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

/** `rate` in bytes per second from the gateway, of all connections together; as fast as it goes where left out. */
export async function lineTo(gateway: string, rate?: number): Promise<Line> {
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
      one.on('close', end)
    }
    near.pipe(far)
    far.on('data', bytes => {
      carried += bytes.length
      if (rate === undefined) {
        near.write(bytes)
        return
      }
      // One line for all: who comes later waits until the bytes before are through.
      far.pause()
      free = Math.max(free, performance.now()) + (bytes.length / rate) * 1_000
      setTimeout(
        () => {
          near.write(bytes)
          far.resume()
        },
        Math.max(0, free - performance.now()),
      )
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
