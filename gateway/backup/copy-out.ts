import { createReadStream, statSync } from 'node:fs'
import { copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { hours } from '../../protocols/contract/time.ts'
import type { Clock } from '../../protocols/contract/time.ts'
import { hashOf } from './make.ts'
import type { CopyPlace } from './settings.ts'

export type Copied = { readonly ok: true } | { readonly ok: false; readonly why: string }

/** How a place is called on screens and in the journal: never with its secrets. */
export function placeName(place: CopyPlace): string {
  if ('folder' in place) return place.folder
  const { origin, pathname } = new URL(place.url)
  return `${origin}${pathname}`
}

/** Brings one backup to a place outside: whole, and read back where that can be done. Never throws. */
export async function copyOut(
  file: string,
  {
    place,
    sha256,
    wall,
    stopped,
  }: { readonly place: CopyPlace; readonly sha256: string; readonly wall: Clock; readonly stopped: AbortSignal },
): Promise<Copied> {
  try {
    await ('folder' in place ? intoFolder(file, place.folder, sha256) : toAddress(file, place, { sha256, wall, stopped }))
    return { ok: true }
  } catch (error) {
    const cause: unknown = error instanceof Error ? error.cause : undefined
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    return { ok: false, why: `${error instanceof Error ? error.message : String(error)}${code}`.slice(0, 300) }
  }
}

async function intoFolder(file: string, folder: string, sha256: string): Promise<void> {
  // A share that is not mounted is often an empty folder that is not there: it is not made, so that nobody trusts the wrong disk.
  if (!(await stat(folder)).isDirectory()) throw new Error(`${folder} is no folder`)
  const target = join(folder, basename(file))
  const part = `${target}.part`
  try {
    await copyFile(file, part)
    const handle = await open(part, 'r')
    await handle.sync().finally(() => handle.close())
    if ((await hashOf(part)) !== sha256) throw new Error('what was read back is not what was written')
    await rename(part, target)
  } finally {
    await rm(part, { force: true })
  }
}

const patience = hours(2)

async function toAddress(
  file: string,
  place: { readonly url: string; readonly token?: string },
  { sha256, wall, stopped }: { readonly sha256: string; readonly wall: Clock; readonly stopped: AbortSignal },
): Promise<void> {
  const url = new URL(basename(file), place.url.endsWith('/') ? place.url : `${place.url}/`)
  const ended = new AbortController()
  const end = (): void => ended.abort()
  const cancel = wall.after(patience, end)
  stopped.addEventListener('abort', end, { once: true })
  try {
    const request: RequestInit & { duplex: 'half' } = {
      method: 'PUT',
      headers: {
        'content-type': 'application/zip',
        'content-length': String(statSync(file).size),
        'x-content-sha256': sha256,
        ...(place.token === undefined ? {} : { authorization: `Bearer ${place.token}` }),
      },
      body: Readable.toWeb(createReadStream(file)) as ReadableStream,
      duplex: 'half',
      redirect: 'error',
      signal: ended.signal,
    }
    const response = await fetch(url, request)
    await response.body?.cancel()
    if (!response.ok) throw new Error(`the other side answers ${response.status}`)
  } finally {
    cancel()
    stopped.removeEventListener('abort', end)
  }
}

/** The folder backups lie in; made where it is not there. */
export const makeFolder = (folder: string): Promise<string | undefined> => mkdir(folder, { recursive: true, mode: 0o700 })
