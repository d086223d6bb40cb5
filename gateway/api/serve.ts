import { createServer } from './server.ts'
import type { ServeOptions } from './server.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { Front } from './front.ts'
import type { House } from './house.ts'
import { Live } from './live.ts'
import { OutsideChanges } from './outside.ts'
import { AddressRefused, PortTaken } from './address.ts'

export interface Served {
  /** `http://127.0.0.1:8080` */
  readonly address: string
  /** Requests wait from now on; those under way are given so long to come to their end. */
  hold(within: Millis): Promise<void>
  /** They go on, in this house; every screen gets a fresh picture where it is another one. */
  goOn(house: House): void
  close(): Promise<void>
}

/** Serves the interface, the live channel and the dashboard on one port. Rejects with `PortTaken` when it is not free. */
export async function serve(house: House, accounts: Accounts, options: ServeOptions): Promise<Served> {
  const front = new Front(house)
  const live = new Live(house, accounts)
  const app = await createServer(front, accounts, options, () => live.figures())
  live.attach(app.server)
  try {
    await app.listen({ host: options.host, port: options.port })
  } catch (error) {
    await live.stop()
    await app.close()
    if (isCode(error, 'EADDRINUSE')) throw new PortTaken(options.host, options.port)
    const refused = ['EADDRNOTAVAIL', 'EACCES', 'EPERM', 'ENOTFOUND', 'EAI_AGAIN'].find(code => isCode(error, code))
    if (refused !== undefined) throw new AddressRefused(options.host, options.port, refused)
    throw error
  }
  live.start()
  const outside = new OutsideChanges(front, accounts)
  outside.start()
  const bound = app.server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.port
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    address: `http://${host}:${port}`,
    hold: within => front.hold(within),
    goOn(next) {
      const isAnother = next !== front.house
      front.goOn(next)
      if (isAnother) live.goOn(next)
    },
    async close() {
      await outside.stop()
      await live.stop()
      await app.close()
    },
  }
}

const isCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code
