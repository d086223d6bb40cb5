import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Instant } from '../../protocols/contract/time.ts'

/** One backup that lies in the folder. */
export interface KeptBackup {
  readonly name: string
  readonly file: string
  readonly bytes: number
  /** As its name says, real time. */
  readonly madeAt: Instant
}

/** `zhishou-SITE-20261122T030000Z.zip`: in the order of time where names are in order. */
export const backupName = (site: string, now: Instant): string =>
  `zhishou-${site}-${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '')}.zip`

const pattern = /^zhishou-(.+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.zip$/

/** When a backup of this site was made, as its name says; `undefined` for any other name. */
export function madeAtIn(name: string, site: string): Instant | undefined {
  const [, of, year, month, day, hour, minute, second] = pattern.exec(name) ?? []
  if (of !== site) return undefined
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(at) ? undefined : (at as Instant)
}

/** The backups of one site in a folder, newest first. A folder that is not there has none. */
export async function backupsIn(folder: string, site: string): Promise<readonly KeptBackup[]> {
  const names = await readdir(folder).catch(() => [])
  const found = await Promise.all(
    names.map(async name => {
      const madeAt = madeAtIn(name, site)
      const file = join(folder, name)
      const bytes =
        madeAt === undefined
          ? undefined
          : await stat(file).then(
              one => one.size,
              () => undefined,
            )
      return madeAt === undefined || bytes === undefined ? [] : [{ name, file, bytes, madeAt }]
    }),
  )
  return found.flat().toSorted((a, b) => b.madeAt - a.madeAt)
}

/** Removes the oldest beyond `keep`; never one that is named in `spare`. Answers what went. */
export async function thinOut(kept: readonly KeptBackup[], keep: number, spare: ReadonlySet<string>): Promise<readonly string[]> {
  const over = kept.slice(keep).filter(({ name }) => !spare.has(name))
  for (const { file } of over) await rm(file, { force: true })
  return over.map(({ name }) => name)
}
