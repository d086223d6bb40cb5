import { hexOf } from '../journal/hashing.ts'
import { bytesOfView, whole } from './archive.ts'
import type { Archive } from './archive.ts'
import { checkEvidence } from './evidence-check.ts'
import { checkSigned } from './proof-check.ts'
import type { SignedManifest } from './signed.ts'
import { hashOf, noVerdict, textOf, unreadable, Wrong } from './verdict.ts'
import type { Bytes, Given, Verdict } from './verdict.ts'

const manifestName = 'manifest.json'
const isLog = /\.(?:json|csv|pdf|xlsx)$/
const largestInMemory = 256 * 1024 * 1024

/** An inspector pack: the signed list, each file against it, each log by itself, and the evidence against the signed head. */
export async function checkPack(
  name: string,
  archive: Archive,
  given: Given,
  verify: (name: string, bytes: Bytes, given: Given) => Promise<Verdict>,
): Promise<Verdict> {
  let verdict: Verdict = { ...noVerdict, what: 'pack', name, finding: undefined, counts: { files: archive.names.length } }
  const members: Verdict[] = []
  try {
    const manifest = await manifestIn(archive)
    const fingerprint = checkSigned(manifest, manifestName, given)
    if (manifest.head) checkSigned(manifest.head, 'head', { ...given, key: fingerprint })
    verdict = { ...verdict, fingerprint, head: manifest.head }
    checkNames(archive, manifest)
    for (const { name: file, sha256, bytes } of manifest.files) {
      const isSame = archive.sizeOf(file) === bytes && hexOf(await hashOf(given.proving.hashing, archive.read(file))) === sha256
      if (isLog.test(file) && !file.startsWith('evidence/') && bytes <= largestInMemory) {
        const member = await verify(file, await inMemory(archive, file), { ...given, key: fingerprint })
        members.push(member)
        // Which record it is says more than that the file is another one.
        if (member.finding) throw within(file, member.finding)
      }
      if (!isSame) throw new Wrong('altered', file, { zh: `包里的“${file}”被改过`, en: `"${file}" of the pack was altered` })
    }
    const looked = await checkEvidence(archive, manifest.head, { ...given, key: fingerprint })
    return { ...verdict, members, counts: { ...verdict.counts, ...looked } }
  } catch (error) {
    if (!(error instanceof Wrong)) throw error
    return { ...verdict, members, finding: error.finding }
  }
}

async function manifestIn(archive: Archive): Promise<SignedManifest> {
  const text = await textOf(archive.read(manifestName), manifestName)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw unreadable(manifestName)
  }
  const isManifest = typeof value === 'object' && value !== null && 'what' in value && value.what === 'zhishou-pack-1'
  if (!isManifest || `${JSON.stringify(value, undefined, 1)}\n` !== text) throw unreadable(manifestName)
  const manifest = value as unknown as SignedManifest
  if (typeof manifest.signature !== 'string')
    throw new Wrong('unsigned', manifestName, { zh: '检查包没有签名', en: 'the pack is not signed' })
  return manifest
}

function checkNames({ names }: Archive, { files }: SignedManifest): void {
  const listed = new Set(files.map(({ name }) => name))
  for (const { name } of files)
    if (!names.includes(name))
      throw new Wrong('missing', name, { zh: `包里缺少“${name}”`, en: `"${name}" is missing from the pack` })
  for (const name of names)
    if (name !== manifestName && !listed.has(name))
      throw new Wrong('inserted', name, {
        zh: `包里多出“${name}”，清单里没有`,
        en: `"${name}" was put into the pack: the list does not have it`,
      })
}

const inMemory = async (archive: Archive, name: string): Promise<Bytes> => bytesOfView(await whole(archive.read(name)))

const within = (file: string, { kind, place, say }: NonNullable<Verdict['finding']>): Wrong =>
  new Wrong(kind, `${file}: ${place}`, { zh: `“${file}”：${say.zh}`, en: `"${file}": ${say.en}` })
