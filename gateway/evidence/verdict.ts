import type { Words } from '../../protocols/contract/driver.ts'
import type { Hashing } from '../journal/hashing.ts'
import type { SignedHead, SignedProof, TreeHead } from './signed.ts'
import type { Proving } from './statement.ts'

/** What is wrong, by kind: stable, for programs. */
export type FaultKind =
  | 'altered'
  | 'missing'
  | 'inserted'
  | 'swapped'
  | 'truncated'
  | 'unsigned'
  | 'wrong-signature'
  | 'other-key'
  | 'unreadable'
  | 'foreign'

/** The first thing that is wrong: where, and in words. */
export interface Finding {
  readonly kind: FaultKind
  /** `entry 17`, `temperature row 3`, a file in a pack. */
  readonly place: string
  readonly say: Words
}

/** What was found of one file or data directory. */
export interface Verdict {
  readonly what: 'data' | 'json' | 'csv' | 'pdf' | 'xlsx' | 'pack' | 'unknown'
  readonly name: string
  /** The first fault; `undefined` where everything agrees. */
  readonly finding: Finding | undefined
  /** What a reader should know though nothing is wrong with it. */
  readonly notes: readonly Words[]
  /** Who signed it. */
  readonly fingerprint: string | undefined
  readonly proof: SignedProof | undefined
  readonly head: TreeHead | undefined
  /** How much was looked at. */
  readonly counts: Readonly<Record<string, number>>
  /** The files of a pack. */
  readonly members: readonly Verdict[]
}

/** What a verifier is given beside the file. */
export interface Given {
  readonly proving: Proving
  /** The fingerprint of the key that must have signed; `undefined`: whichever did is named. */
  readonly key: string | undefined
  /** Heads that were kept outside. */
  readonly heads: readonly SignedHead[]
}

/** A file, as whoever verifies has it. */
export interface Bytes {
  readonly size: number
  /** From `from` until before `to`. */
  read(from?: number, to?: number): AsyncIterable<Uint8Array>
}

export class Wrong extends Error {
  override readonly name = 'Wrong'
  readonly finding: Finding

  constructor(kind: FaultKind, place: string, say: Words) {
    super(say.en)
    this.finding = { kind, place, say }
  }
}

export const noVerdict = {
  notes: [],
  fingerprint: undefined,
  proof: undefined,
  head: undefined,
  counts: {},
  members: [],
} as const

/** Lines of a text that ends with a line feed, without it; throws Wrong for bytes that are no UTF-8 and where the last line is cut off. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>, end: '\n' | '\r\n'): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let rest = ''
  let line = 0
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode()
    } catch {
      throw unreadable(`line ${line + 1}`)
    }
  }
  for await (const chunk of bytes) {
    const lines = (rest + decode(chunk)).split(end)
    rest = lines.pop() ?? ''
    for (const text of lines) {
      line += 1
      yield text
    }
  }
  rest += decode()
  if (rest !== '')
    throw new Wrong('truncated', `line ${line + 1}`, {
      zh: `文件在第 ${line + 1} 行中断，后面的内容没有了`,
      en: `the file breaks off in line ${line + 1}: the rest of it is missing`,
    })
}

export const unreadable = (place: string): Wrong =>
  new Wrong('altered', place, {
    zh: `${place} 处不是导出时的样子，读不出来`,
    en: `at ${place} it is not as it was exported and cannot be read`,
  })

/** SHA-256 of what comes, as it comes. */
export async function hashOf(hashing: Hashing, bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const hash = hashing.begin()
  for await (const chunk of bytes) hash.add(chunk)
  return hash.end()
}

export async function textOf(bytes: AsyncIterable<Uint8Array>, place: string): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let text = ''
  try {
    for await (const chunk of bytes) text += decoder.decode(chunk, { stream: true })
    return text + decoder.decode()
  } catch (error) {
    if (error instanceof Wrong) throw error
    throw unreadable(place)
  }
}

/** What a file seems to be: by what stands first in it, and where that says nothing, by its name. */
export async function whatIsIt(name: string, bytes: Bytes): Promise<'json' | 'csv' | 'pdf' | 'zip' | undefined> {
  let start = ''
  for await (const chunk of bytes.read(0, Math.min(bytes.size, 64))) for (const byte of chunk) start += String.fromCharCode(byte)
  if (start.startsWith('%PDF-')) return 'pdf'
  if (start.startsWith('PK')) return 'zip'
  if (start.startsWith('{"log":')) return 'json'
  // The byte order mark as its three bytes.
  if (start.startsWith('\u00ef\u00bb\u00bf')) return 'csv'
  const [, extension] = /\.(json|csv|pdf|xlsx|zip)$/i.exec(name.toLowerCase()) ?? []
  return extension === 'xlsx' ? 'zip' : (extension as 'json' | 'csv' | 'pdf' | 'zip' | undefined)
}
