import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../clock.ts'
import { openStore } from '../store/open.ts'
import type { ExitCode } from './io.ts'

/**
 * Run once after an install: loads whatever a start loads, so that its compiled form is kept and the first start is as quick and as
 * small as every later one.
 */
export async function prepare(): Promise<ExitCode> {
  const folder = await mkdtemp(join(tmpdir(), 'zhishou-prepare-'))
  try {
    const store = await openStore(folder, { wall: systemClock })
    await Promise.all([
      import('../app.ts'),
      import('./start.ts'),
      import('./check.ts'),
      import('../../protocols/opcua/session.ts').then(({ loadLibrary }) => loadLibrary()),
    ])
    await store.close()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return 0
}
