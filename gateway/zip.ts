import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import yauzl from 'yauzl'
import type { Entry, ZipFile } from 'yauzl'
import yazl from 'yazl'
import type { Instant } from '../protocols/contract/time.ts'

/** What goes into an archive: a file on the disk, bytes, or pieces that are made when their turn comes. */
export interface ZipMember {
  /** With `/` between folders. */
  readonly name: string
  readonly from:
    { readonly file: string } | { readonly bytes: Uint8Array } | { readonly pieces: () => Iterable<string | Uint8Array> }
  /** False for what is compressed already. Default: true. */
  readonly compress?: boolean
}

/** Writes members in order, a piece at a time, beyond 4 GiB where it must (zip64). Rejects with what the disk says; the file is then the caller's to remove. */
export async function writeZip(file: string, members: Iterable<ZipMember>, at: Instant): Promise<void> {
  const zip = new yazl.ZipFile()
  const mtime = new Date(at)
  for (const { name, from, compress = true } of members) {
    if ('file' in from) zip.addFile(from.file, name, { mtime, compress })
    else if ('pieces' in from)
      zip.addReadStreamLazy(name, { mtime, compress }, give => {
        const pieces = Readable.from(inBytes(from.pieces()), { objectMode: false })
        pieces.once('error', error => zip.emit('error', error))
        give(null, pieces)
      })
    else zip.addBuffer(Buffer.from(from.bytes), name, { mtime, compress })
  }
  // A member that cannot be read fails the whole archive, and lets go of the file.
  const stopped = new AbortController()
  const failed = new Promise<never>((_, reject) =>
    zip.on('error', (error: Error) => {
      reject(error)
      stopped.abort()
    }),
  )
  zip.end()
  const written = pipeline(zip.outputStream, createWriteStream(file, { flags: 'wx' }), { signal: stopped.signal })
  await Promise.race([failed, written.catch(async error => (stopped.signal.aborted ? failed : Promise.reject(error)))])
}

/** Pieces of a size that is worth a turn. */
function* inBytes(pieces: Iterable<string | Uint8Array>): Generator<Uint8Array> {
  let waiting = ''
  for (const piece of pieces) {
    if (typeof piece === 'string') waiting += piece
    else {
      if (waiting !== '') yield Buffer.from(waiting)
      waiting = ''
      yield piece
    }
    if (waiting.length < 64 * 1024) continue
    yield Buffer.from(waiting)
    waiting = ''
  }
  if (waiting !== '') yield Buffer.from(waiting)
}

/** An archive that is open for reading. */
export interface Zip {
  /** In the order of the archive. */
  readonly names: readonly string[]
  sizeOf(name: string): number | undefined
  /** Rejects for a name that is not there and for bytes that fail their checksum. */
  read(name: string): Promise<Readable>
  close(): void
}

/** Opens an archive: rejects for what is none, what is cut off, and for names that point outside of it. */
export async function openZip(file: string): Promise<Zip> {
  const zip = await new Promise<ZipFile>((resolve, reject) =>
    yauzl.open(file, { lazyEntries: true, autoClose: false, validateEntrySizes: true }, (error, opened) =>
      error ? reject(error) : resolve(opened),
    ),
  )
  try {
    const entries = await new Promise<Map<string, Entry>>((resolve, reject) => {
      const found = new Map<string, Entry>()
      zip.on('entry', (entry: Entry) => {
        found.set(entry.fileName, entry)
        zip.readEntry()
      })
      zip.once('end', () => resolve(found))
      zip.once('error', reject)
      zip.readEntry()
    })
    return {
      names: [...entries.keys()],
      sizeOf: name => entries.get(name)?.uncompressedSize,
      read: name =>
        new Promise((resolve, reject) => {
          const entry = entries.get(name)
          if (!entry) return reject(new Error(`the archive has no ${name}`))
          zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)))
        }),
      close: () => zip.close(),
    }
  } catch (error) {
    zip.close()
    throw error
  }
}
