import { bytesOf, hexOf } from '../journal/hashing.ts'
import { openArchive } from './archive.ts'
import type { Archive } from './archive.ts'
import { checkProof, proofIn } from './proof-check.ts'
import type { SignedProof } from './signed.ts'
import { hashOf, noVerdict, textOf, unreadable, Wrong } from './verdict.ts'
import type { Bytes, Given, Verdict } from './verdict.ts'

const tailLength = 65_536
const proofPart = 'customXml/item1.xml'

/**
 * A PDF or a workbook: as a whole it is as it was signed, or it is not. How the proof lies in it is said at gateway/report/proof-in-file.ts.
 */
export async function checkWholeFile(what: 'pdf' | 'xlsx', name: string, bytes: Bytes, given: Given): Promise<Verdict> {
  const base = { ...noVerdict, what, name, counts: { bytes: bytes.size } }
  let proof: SignedProof | undefined
  try {
    const found = await (what === 'pdf' ? pdfIn(bytes, given) : workbookIn(bytes, given))
    proof = found.proof
    const { fingerprint, head } = checkProof(proof, given)
    const isSame = proof?.bytes === found.digest
    const finding = isSame ? undefined : { kind: 'altered' as const, place: name, say: notTheSame }
    return { ...base, finding, fingerprint, proof, head }
  } catch (error) {
    if (!(error instanceof Wrong)) throw error
    return { ...base, finding: error.finding, proof }
  }
}

const notTheSame = {
  zh: '文件内容与签名时不同：有人改过它，或用别的软件另存过。哪一处不同，请核对同一次导出的 CSV 或 JSON',
  en: 'the file is not what was signed: somebody altered it, or saved it again with another program. Where it differs, the CSV or JSON of the same export tells',
}

interface Found {
  readonly digest: string
  readonly proof: SignedProof | undefined
}

async function pdfIn(bytes: Bytes, { proving }: Given): Promise<Found> {
  const from = Math.max(0, bytes.size - tailLength)
  let tail = ''
  for await (const chunk of bytes.read(from)) for (const byte of chunk) tail += String.fromCharCode(byte)
  const start = tail.lastIndexOf('%zhishou-proof ')
  if (start < 0) {
    if (/%%EOF\s*$/.test(tail)) return { digest: '', proof: undefined }
    throw new Wrong('truncated', 'end', {
      zh: '文件末尾被截断，签名没有了',
      en: 'the end of the file was cut off, and the proof with it',
    })
  }
  const before = /startxref\s+(\d+)\s+%%EOF\s*$/.exec(tail.slice(0, start))?.[1]
  const [, base64 = '', again] = /^%zhishou-proof ([A-Za-z0-9+/=]+)\nstartxref\n(\d+)\n%%EOF\n$/.exec(tail.slice(start)) ?? []
  const proof = proofIn(base64)
  if (!proof || again !== before) throw unreadable('proof')
  return { digest: hexOf(await hashOf(proving.hashing, bytes.read(0, from + start))), proof }
}

async function workbookIn(bytes: Bytes, { proving }: Given): Promise<Found> {
  const archive: Archive = await openArchive(bytes)
  const members = archive.names.filter(member => member !== proofPart)
  if (members.length === archive.names.length) return { digest: '', proof: undefined }
  if (archive.names.at(-1) !== proofPart) throw unreadable(proofPart)
  const hash = proving.hashing.begin()
  for (const member of members) hash.add(bytesOf(`${hexOf(await hashOf(proving.hashing, archive.read(member)))}  ${member}\n`))
  const text = await textOf(archive.read(proofPart), proofPart)
  const [, base64] =
    /^<\?xml version="1\.0" encoding="UTF-8" standalone="yes"\?>\n<proof xmlns="urn:zhishou:proof-1">([A-Za-z0-9+/=]*)<\/proof>$/.exec(
      text,
    ) ?? []
  if (base64 === undefined) throw unreadable(proofPart)
  const proof = base64 === '' ? undefined : proofIn(base64)
  if (base64 !== '' && !proof) throw unreadable(proofPart)
  return { digest: hexOf(hash.end()), proof }
}
