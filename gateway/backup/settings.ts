/** When and where backups are made; the site file's `backup:` block. */
export interface BackupSettings {
  /** A cron pattern in the site's time zone; `undefined`: only when somebody asks. */
  readonly at: string | undefined
}
export const noBackups: BackupSettings = { at: undefined }
