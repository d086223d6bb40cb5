import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A wire between two that can be cut and mended, or go deaf: nothing comes through any more and nobody is told. */
export interface Cut {
  readonly port: number
  /** How often somebody has connected. */
  readonly calls: number
  cut(): void
  mend(): void
  deafen(): void
  stop(): Promise<void>
}

export async function wireTo(port: number): Promise<Cut> {
  const open = new Set<Socket>()
  let whole = true
  let deaf = false
  let calls = 0
  const server = createServer(near => {
    calls += 1
    if (!whole) return void near.destroy()
    const far = connect({ host: '127.0.0.1', port })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from)
      from.on('data', bytes => {
        if (!deaf) to.write(bytes)
      })
      from.on('error', () => {})
      from.on('close', () => {
        open.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    whole = false
    for (const socket of open) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    get calls() {
      return calls
    },
    cut,
    mend() {
      deaf = false
      whole = true
    },
    deafen() {
      deaf = true
    },
    async stop() {
      cut()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
