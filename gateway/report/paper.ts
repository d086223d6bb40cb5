import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PaperSite } from './source.ts'

const fileName = 'site-as-run.json'

/**
 * Keeps the site beside its data, so that a log can be made from the data directory alone: after a restore, on another machine, years later. It
 * is a convenience of names and places; limits and versions come from the journal.
 */
export function keepPaperSite(folder: string, site: PaperSite): void {
  const file = join(folder, fileName)
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${file}.new`, JSON.stringify(site, plain))
  renameSync(`${file}.new`, file)
}

/** `undefined` where no gateway of this version has run on the folder. */
export function paperSiteIn(folder: string): PaperSite | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, fileName), 'utf8'), revived) as PaperSite
  } catch {
    return undefined
  }
}

/** Maps and sets as `{"$map": [[key, value], …]}` and `{"$set": […]}`. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Map) return { $map: [...value] }
  if (value instanceof Set) return { $set: [...value] }
  return value
}

function revived(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('$map' in value && Array.isArray(value.$map)) return new Map(value.$map as [unknown, unknown][])
  if ('$set' in value && Array.isArray(value.$set)) return new Set(value.$set)
  return value
}
