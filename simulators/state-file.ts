import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The world as it is kept between runs. */
export interface KeptWorld {
  readonly version: 1
  readonly domain: number
  readonly equipment: Readonly<Record<string, unknown>>
}

/** Undefined when there is none or it is damaged: a simulated world may begin anew. */
export async function readWorld(path: string): Promise<KeptWorld | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    const kept: unknown = JSON.parse(text)
    if (typeof kept !== 'object' || kept === null) return undefined
    const { version, domain, equipment } = kept as Record<string, unknown>
    if (version !== 1 || typeof domain !== 'number' || !Number.isFinite(domain)) return undefined
    if (typeof equipment !== 'object' || equipment === null) return undefined
    return { version, domain, equipment: equipment as Record<string, unknown> }
  } catch {
    return undefined
  }
}

/** Written beside, then renamed: a reader sees the old file or the new one. */
export async function writeWorld(path: string, world: KeptWorld): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const beside = `${path}.new`
  const file = await open(beside, 'w')
  try {
    await file.writeFile(JSON.stringify(world))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(beside, path)
}
