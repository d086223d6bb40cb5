import { makeBackup } from './make.ts'
import type { BackupMade, BackupTask } from './make.ts'
import { checkBackup, tryBackup } from './restore.ts'
import type { RestoreRefusal } from './restore.ts'
import type { Manifest } from './manifest.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { StoreTrouble } from '../store/store.ts'

/** What a thread of its own does about backups: plain data both ways. */
export type BackupWork =
  | ({ readonly do: 'make' } & BackupTask)
  | { readonly do: 'check'; readonly file: string }
  | {
      readonly do: 'try'
      readonly file: string
      readonly folder: string
      readonly passphrase: string | undefined
      readonly now: Instant
    }

export type BackupAnswer =
  | { readonly ok: true; readonly made: BackupMade }
  | { readonly ok: true; readonly manifest: Omit<Manifest, 'members'> }
  | ({ readonly ok: false } & (RestoreRefusal | { readonly why: 'trouble'; readonly detail: string }))

export async function work(task: BackupWork): Promise<BackupAnswer> {
  if (task.do === 'make') {
    try {
      return { ok: true, made: await makeBackup(task) }
    } catch (error) {
      if (error instanceof StoreTrouble) return { ok: false, why: 'trouble', detail: error.message }
      throw error
    }
  }
  const looked = task.do === 'check' ? await checkBackup(task.file) : await tryBackup(task.file, task)
  if (!looked.ok) return looked
  const { members: _, ...manifest } = looked.manifest
  return { ok: true, manifest }
}
