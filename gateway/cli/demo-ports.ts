import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'

/**
 * The demo's equipment must not stumble over another program: every `${ZHISHOU_DEMO_…:-PORT}` of the demo's site file whose port is
 * taken gets a free one. Returns what to add to the environment, and what was moved.
 */
export async function freeDemoPorts(
  siteFile: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{
  readonly env: Record<string, string>
  readonly moved: readonly { readonly name: string; readonly from: number; readonly to: number }[]
}> {
  const text = await readFile(siteFile, 'utf8')
  const found = new Map(
    [...text.matchAll(/\$\{(ZHISHOU_DEMO_[A-Z0-9_]+):-(\d+)\}/g)].map(([, name = '', port]) => [name, Number(port)]),
  )
  const added: Record<string, string> = {}
  const moved: { name: string; from: number; to: number }[] = []
  for (const [name, wanted] of found) {
    if (env[name] !== undefined || (await isFree(wanted))) continue
    const free = await anyFree()
    added[name] = String(free)
    moved.push({ name, from: wanted, to: free })
  }
  return { env: added, moved }
}

const isFree = async (port: number): Promise<boolean> => (await listenOnce(port)) !== undefined

async function anyFree(): Promise<number> {
  const port = await listenOnce(0)
  if (port === undefined) throw new Error('no free port on 127.0.0.1')
  return port
}

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: '127.0.0.1' }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined))
    })
  })
}
