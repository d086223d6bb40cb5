import { days } from '../../protocols/contract/time.ts'
import type { Millis } from '../../protocols/contract/time.ts'

/** A place outside where backups are copied to: a folder (a share that is mounted), or an address that takes a PUT. */
export type CopyPlace = { readonly folder: string } | { readonly url: string; readonly token?: string }

/** When and where backups are made; the site file's `backup:` block. */
export interface BackupSettings {
  /** A cron pattern in the site's time zone; `undefined`: only when somebody asks. */
  readonly at: string | undefined
  /** `undefined`: `backups` in the data directory. */
  readonly folder: string | undefined
  /** How many stay; older ones that were made by itself go. */
  readonly keep: number
  /** What keys and passwords are locked with; without it they are left out. */
  readonly passphrase: string | undefined
  readonly copies: readonly CopyPlace[]
  /** The newest is copied out at least so often. */
  readonly copyEvery: Millis
  /** The newest is restored on trial at least so often. */
  readonly verifyEvery: Millis
}

export const noBackups: BackupSettings = {
  at: undefined,
  folder: undefined,
  keep: 14,
  passphrase: undefined,
  copies: [],
  copyEvery: days(7),
  verifyEvery: days(30),
}
