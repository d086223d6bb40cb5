import type { Server } from 'node:net'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import { whatWentWrong } from '../kit/answer.ts'

/** Why it cannot listen there; once it listens, an error ends it. */
export async function listening(server: Server, host: string, port: number, ended: () => void): Promise<Fault | undefined> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
  } catch (error) {
    const busy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    const why = busy ? 'is already in use' : `cannot be used (${whatWentWrong(error)})`
    return fault('refused', `Port ${port} on ${host} ${why}: write another port for this connection in the site file.`)
  }
  server.removeAllListeners('error')
  server.on('error', ended)
  return undefined
}
