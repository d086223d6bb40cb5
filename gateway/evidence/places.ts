import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { seconds } from '../../protocols/contract/time.ts'
import type { Clock } from '../../protocols/contract/time.ts'
import type { HeadPlace } from './settings.ts'

/** A place outside that takes signed heads, one line of JSON each. */
export interface OutsidePlace {
  /** What it is called: the folder or the address, never with what is secret of it. */
  readonly name: string
  /** Resolves when the other side has it for good. */
  take(lines: readonly string[]): Promise<void>
}

const patience = seconds(20)

export function placeOf(place: HeadPlace, { site, wall }: { readonly site: string; readonly wall: Clock }): OutsidePlace {
  if ('folder' in place) return folderPlace(place.folder, site)
  const { url, token } = place
  const { protocol, host, pathname } = new URL(url)
  return {
    name: `${protocol}//${host}${pathname}`,
    async take(lines) {
      const headers = { 'content-type': 'application/x-ndjson', ...(token !== undefined && { authorization: `Bearer ${token}` }) }
      const answer = await send(url, { method: 'POST', headers, body: `${lines.join('\n')}\n` }, wall)
      if (answer.status < 200 || answer.status > 299) throw new Error(`HTTP ${answer.status}`)
    },
  }
}

/** The folder is not made: where a share is not mounted its mount point must not be filled instead. */
const folderPlace = (folder: string, site: string): OutsidePlace => ({
  name: folder,
  async take(lines) {
    const descriptor = openSync(join(folder, `zhishou-${site}-heads.ndjson`), 'a')
    try {
      writeSync(descriptor, `${lines.join('\n')}\n`)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  },
})

/** One HTTP request with an end: rejects when there is no whole answer in time. */
export async function send(
  url: string,
  request: {
    readonly method: 'POST'
    readonly headers: Readonly<Record<string, string>>
    readonly body: string | Uint8Array<ArrayBuffer>
  },
  wall: Clock,
): Promise<{ readonly status: number; readonly bytes: Uint8Array }> {
  const given = new AbortController()
  const cancel = wall.after(patience, () => given.abort(new Error('no answer in time')))
  try {
    const response = await fetch(url, { ...request, signal: given.signal, redirect: 'error' })
    return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : ''
    throw new Error(`${error instanceof Error ? error.message : String(error)}${cause}`, { cause: error })
  } finally {
    cancel()
  }
}
