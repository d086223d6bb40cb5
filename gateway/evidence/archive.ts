import { unreadable, Wrong } from './verdict.ts'
import type { Bytes } from './verdict.ts'

/** The members of a zip archive, as a verifier reads them: strictly, and with what browsers and Node have in common. */
export interface Archive {
  /** In the order of the archive. */
  readonly names: readonly string[]
  sizeOf(name: string): number
  /** Throws Wrong for bytes that fail their checksum. */
  read(name: string): AsyncIterable<Uint8Array>
}

interface Member {
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly offset: number
}

const endMark = 0x06054b50
const memberMark = 0x02014b50
const localMark = 0x04034b50
const wideEndMark = 0x06064b50
const wide = 0xffffffff

/** Opens an archive (APPNOTE 6.3, zip64 too). Throws Wrong for what is none, for two members of one name and for what is encrypted. */
export async function openArchive(bytes: Bytes): Promise<Archive> {
  const members = new Map<string, Member>()
  const directory = await directoryOf(bytes)
  for (let at = 0; at < directory.byteLength;) {
    if (at + 46 > directory.byteLength || directory.getUint32(at, true) !== memberMark) throw unreadable('zip directory')
    const lengths = [28, 30, 32].map(place => directory.getUint16(at + place, true)) as [number, number, number]
    const [nameLength, extraLength, commentLength] = lengths
    const end = at + 46 + nameLength + extraLength + commentLength
    if (end > directory.byteLength) throw unreadable('zip directory')
    const name = nameIn(directory, at + 46, nameLength)
    if (members.has(name)) throw unreadable(`zip directory, ${name} twice`)
    if (directory.getUint16(at + 8, true) & 1) throw unreadable(name)
    members.set(name, memberAt(directory, at, at + 46 + nameLength, extraLength))
    at = end
  }
  return {
    names: [...members.keys()],
    sizeOf: name => members.get(name)?.size ?? 0,
    async *read(name) {
      const member = members.get(name)
      if (!member) throw unreadable(name)
      yield* membersBytes(bytes, name, member)
    },
  }
}

async function directoryOf(bytes: Bytes): Promise<DataView> {
  const tailFrom = Math.max(0, bytes.size - 65_557)
  const tail = await whole(bytes.read(tailFrom))
  for (let at = tail.byteLength - 22; at >= 0; at--) {
    // Nothing may stand behind the end but its own comment.
    if (tail.getUint32(at, true) !== endMark || at + 22 + tail.getUint16(at + 20, true) !== tail.byteLength) continue
    let [size, offset] = [tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)]
    if (offset === wide || size === wide) {
      if (at < 12) break
      const place = Number(tail.getBigUint64(at - 12, true))
      const end = await whole(bytes.read(place, place + 56))
      if (end.byteLength < 56 || end.getUint32(0, true) !== wideEndMark) break
      ;[size, offset] = [Number(end.getBigUint64(40, true)), Number(end.getBigUint64(48, true))]
    }
    if (offset + size > bytes.size) break
    return whole(bytes.read(offset, offset + size))
  }
  throw new Wrong('truncated', 'zip', {
    zh: '压缩包不完整：末尾的目录没有了，或被改过',
    en: 'the archive is not whole: the directory at its end is missing or was altered',
  })
}

function memberAt(directory: DataView, at: number, extra: number, extraLength: number): Member {
  const [crc, packed, size, offset] = [16, 20, 24, 42].map(place => directory.getUint32(at + place, true)) as [
    number,
    number,
    number,
    number,
  ]
  const figures = { size, packed, offset }
  const end = extra + extraLength
  for (let place = extra; place < end; place += 4 + directory.getUint16(place + 2, true)) {
    // Readers differ in what they make of fields that do not fit: what is not said twice the same is not said.
    if (place + 4 > end || place + 4 + directory.getUint16(place + 2, true) > end) throw unreadable('zip directory')
    if (directory.getUint16(place, true) !== 1) continue
    let next = place + 4
    for (const key of ['size', 'packed', 'offset'] as const) {
      if (figures[key] !== wide) continue
      if (next + 8 > end) throw unreadable('zip directory')
      figures[key] = Number(directory.getBigUint64(next, true))
      next += 8
    }
  }
  return { method: directory.getUint16(at + 10, true), crc, ...figures }
}

async function* membersBytes(
  bytes: Bytes,
  name: string,
  { method, crc, packed, size, offset }: Member,
): AsyncGenerator<Uint8Array> {
  const head = await whole(bytes.read(offset, offset + 30))
  if (head.byteLength < 30 || head.getUint32(0, true) !== localMark) throw unreadable(name)
  const start = offset + 30 + head.getUint16(26, true) + head.getUint16(28, true)
  const local = await whole(bytes.read(offset + 30, offset + 30 + head.getUint16(26, true)))
  if (nameIn(local, 0, local.byteLength) !== name || start + packed > bytes.size) throw unreadable(name)
  const stored = bytes.read(start, start + packed)
  if (method !== 0 && method !== 8) throw unreadable(name)
  let [sum, count] = [0, 0]
  try {
    for await (const chunk of method === 8 ? inflated(stored) : stored) {
      sum = crcOf(chunk, sum)
      count += chunk.length
      // A forged length must not take the memory.
      if (count > size) throw unreadable(name)
      yield chunk
    }
  } catch (error) {
    if (error instanceof Wrong) throw error
    throw unreadable(name)
  }
  if (sum !== crc || count !== size) throw unreadable(name)
}

async function* inflated(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = new DecompressionStream('deflate-raw')
  const writer = stream.writable.getWriter()
  const feed = async (): Promise<void> => {
    for await (const chunk of packed) await writer.write(Uint8Array.from(chunk))
    await writer.close()
  }
  const fed = feed()
  // What fails there fails here too; nobody else waits for it.
  fed.catch(() => {})
  const reader = stream.readable.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      yield value
    }
    await fed
  } finally {
    await reader.cancel().catch(() => {})
  }
}

export async function whole(bytes: AsyncIterable<Uint8Array>): Promise<DataView> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytes) {
    chunks.push(chunk)
    size += chunk.length
  }
  const joined = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    joined.set(chunk, at)
    at += chunk.length
  }
  return new DataView(joined.buffer)
}

/** Bytes in memory as a file: for an archive inside an archive. */
export const bytesOfView = (view: DataView): Bytes => ({
  size: view.byteLength,
  async *read(from = 0, to = view.byteLength) {
    yield new Uint8Array(view.buffer, from, Math.max(0, Math.min(to, view.byteLength) - from))
  },
})

function nameIn(view: DataView, at: number, length: number): string {
  if (at + length > view.byteLength) throw unreadable('zip directory')
  return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, length))
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

function crcOf(bytes: Uint8Array, before: number): number {
  let crc = ~before
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 255] as number)
  return ~crc >>> 0
}
