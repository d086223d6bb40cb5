import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Keeps the site's own files beside the data as they were loaded, so that a backup of the folder alone has them. */
export function keepSiteFiles(folder: string, source: string): void {
  const target = join(folder, 'site-files')
  const draft = `${target}.new`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true, mode: 0o700 })
  if (statSync(source).isDirectory()) {
    for (const name of readdirSync(source)) if (/\.ya?ml$/.test(name)) cpSync(join(source, name), join(draft, name))
  } else cpSync(source, join(draft, basename(source)))
  rmSync(target, { recursive: true, force: true })
  renameSync(draft, target)
}
