import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, statSync, writeSync } from 'node:fs'
import type { SignedProof } from '../evidence/signed.ts'
import type { ZipMember } from '../zip.ts'
import type { Seal } from './seal.ts'
import type { Part } from './workbook.ts'

/**
 * The proof of a file whose rows cannot be read back one by one goes into the file itself, as the proof's JSON in base64.
 *
 * - PDF: the file as it was made, then the line `%zhishou-proof BASE64`, then `startxref`, the same offset and `%%EOF` again, so that readers
 *   still find the end where they look for it. `bytes` of the proof is the SHA-256 of everything before that line.
 * - XLSX: the archive's last member, the custom XML part `customXml/item1.xml`: `<proof xmlns="urn:zhishou:proof-1">BASE64</proof>`. `bytes` is
 *   the SHA-256 of what `sha256sum` prints of all members before it, in the order of the archive: `HEX  NAME` and a line feed for each. (A
 *   comment of the archive would be simpler; LibreOffice does not open an archive that has one.)
 */
export const proofMark = 'zhishou-proof '
export const proofPart = 'customXml/item1.xml'

const encoded = (proof: SignedProof): string => Buffer.from(JSON.stringify(proof)).toString('base64')

/** Gives the digest of the bytes, hex, whether or not there was a key to sign it. */
export async function sealPdf(file: string, seal: Seal): Promise<string> {
  const { size } = statSync(file)
  const bytes = await digestOf(file, size)
  const proof = seal.end(bytes)
  if (proof) writeAt(file, size, `%${proofMark}${encoded(proof)}\nstartxref\n${await startOf(file, size)}\n%%EOF\n`)
  return bytes
}

/** The members of a workbook as they go into the archive, and after them the proof over what they held. */
export function* sealedMembers(parts: Iterable<Part>, seal: Seal): Generator<ZipMember> {
  const sums: string[] = []
  for (const { name, pieces } of parts)
    yield {
      name,
      from: {
        *pieces() {
          const hash = createHash('sha256')
          for (const piece of pieces()) {
            hash.update(piece)
            yield piece
          }
          sums.push(`${hash.digest('hex')}  ${name}\n`)
        },
      },
    }
  const proof = (): string => {
    const made = seal.end(createHash('sha256').update(sums.join('')).digest('hex'))
    return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<proof xmlns="urn:zhishou:proof-1">${made ? encoded(made) : ''}</proof>`
  }
  // Members are written one after the other: by now every one before it has been read to its end.
  yield { name: proofPart, from: { pieces: () => [proof()] } }
}

/** SHA-256 of a file, or of its first `size` bytes, hex. */
export async function digestOf(file: string, size?: number): Promise<string> {
  const hash = createHash('sha256')
  if (size !== 0)
    for await (const chunk of createReadStream(file, size === undefined ? {} : { end: size - 1 }))
      hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}

/** Where the PDF says that its table of objects begins. */
async function startOf(file: string, size: number): Promise<string> {
  let tail = ''
  for await (const chunk of createReadStream(file, { start: Math.max(0, size - 1_024), encoding: 'latin1' }))
    tail += String(chunk)
  const found = /startxref\s+(\d+)\s+%%EOF\s*$/.exec(tail)?.[1]
  if (found === undefined) throw new Error('the PDF has no end')
  return found
}

function writeAt(file: string, place: number, data: string | Uint8Array): void {
  const descriptor = openSync(file, 'r+')
  try {
    const bytes = Buffer.from(data)
    for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done, bytes.length - done, place + done)
  } finally {
    closeSync(descriptor)
  }
}
