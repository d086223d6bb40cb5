import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** Builds the dashboard as it is now into a folder of its own and returns that; what is tested is never an old build. */
export async function builtDashboard(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zhishou-dashboard-'))
  const configFile = fileURLToPath(new URL('../../dashboard/vite.config.ts', import.meta.url))
  await build({ configFile, logLevel: 'error', mode: 'production', build: { outDir: folder, emptyOutDir: true } })
  return folder
}
