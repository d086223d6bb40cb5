import { join } from 'node:path'
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import type * as Library from 'node-opcua-client'
import type { Clock } from '../contract/time.ts'
import type { OpcuaConnection } from './config.ts'
import type { Judged } from './trust.ts'
import { judge, readShelf } from './trust.ts'

interface Question {
  readonly connection: OpcuaConnection
  /** For the gateway's own key; what is trusted lies in `trusted` below it. */
  readonly folder: string
  readonly wall: Clock
}

export const loadCertificates = (): Promise<unknown> => import('node-opcua-certificate-manager')

/** The gateway's own key and certificate, and our word in place of the library's on whether the server may be trusted. */
export async function certificatesFor(
  { connection, folder, wall }: Question,
  opcua: typeof Library,
  tell: (judged: Judged) => void,
): Promise<OPCUACertificateManager> {
  const { OPCUACertificateManager } = await import('node-opcua-certificate-manager')
  const trusted = join(folder, 'trusted')
  const host = new URL(connection.endpoint.replace(/^opc\.tcp:/, 'http:')).hostname.replace(/^\[|\]$/g, '')
  const judged = async (chain: Buffer | Buffer[]): Promise<Library.StatusCode> => {
    const certificate = leafOf(Array.isArray(chain) ? (chain[0] ?? Buffer.alloc(0)) : chain)
    const shelf = await readShelf(trusted)
    const verdict = judge({ certificate, trust: connection.trust, shelf, host, now: wall.now(), folder: trusted })
    tell(verdict)
    return verdict.trusted ? opcua.StatusCodes.Good : opcua.StatusCodes.BadCertificateUntrusted
  }
  class Certificates extends OPCUACertificateManager {
    override checkCertificate(chain: Buffer | Buffer[], callback?: unknown): Promise<Library.StatusCode> {
      const answer = judged(chain)
      if (typeof callback === 'function') {
        const hand = callback as (error: Error | null, status?: Library.StatusCode) => void
        answer.then(
          status => hand(null, status),
          (error: unknown) => hand(error instanceof Error ? error : new Error(String(error))),
        )
      }
      return answer
    }
  }
  const manager = new Certificates({ rootFolder: folder })
  await manager.initialize()
  return manager
}

/** Servers may send the whole chain in one; the first is their own. */
function leafOf(chain: Buffer): Buffer {
  const [, first = 0] = chain
  const digits = first & 0x80 ? first & 0x7f : 0
  if (digits > 3) return chain
  const length = digits === 0 ? first : chain.length >= 2 + digits ? chain.readUIntBE(2, digits) : 0
  return chain.subarray(0, Math.min(chain.length, 2 + digits + length))
}
