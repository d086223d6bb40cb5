import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Draft, Entry } from '../journal/entry.ts'
import { StoreTrouble } from '../store/store.ts'
import { restoredName } from './restore.ts'

/** The first start after a restore says so in the journal: from which backup, made when, and whether the keys came back. */
export async function noteRestored(folder: string, note: (draft: Omit<Draft, 'at'>) => Promise<Entry>): Promise<void> {
  const file = join(folder, restoredName)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return
  }
  try {
    const data: unknown = JSON.parse(text)
    const isObject = typeof data === 'object' && data !== null && !Array.isArray(data)
    await note({ kind: 'backup.restored', by: 'system', data: isObject ? { ...data } : { text } })
    rmSync(file, { force: true })
  } catch (error) {
    // The next start says it.
    if (!(error instanceof StoreTrouble) && !(error instanceof SyntaxError)) throw error
  }
}
