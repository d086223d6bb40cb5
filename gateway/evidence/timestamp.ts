import { createHash, randomBytes, verify, X509Certificate } from 'node:crypto'
import type { Clock } from '../../protocols/contract/time.ts'
import { BadDer, der, objectId, objectIdOf, partsOf, readDer, sequence, unsigned } from './der.ts'
import type { Der } from './der.ts'
import { send } from './places.ts'

/** A time stamp of an authority (RFC 3161) over a signed head, as it was found right. */
export interface Stamp {
  /** ms. */
  readonly at: number
  /** Who signed it, as the certificate says. Whether that authority is to be trusted is for the reader to say. */
  readonly by: string
  readonly serial: string
  readonly policy: string
}

/** Why a token proves nothing. */
export class BadStamp extends Error {
  override readonly name = 'BadStamp'
}

const sha256 = '2.16.840.1.101.3.4.2.1'
const digests: Readonly<Record<string, string>> = {
  [sha256]: 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}
const signedData = '1.2.840.113549.1.7.2'
const stampInfo = '1.2.840.113549.1.9.16.1.4'
const contentTypeAttribute = '1.2.840.113549.1.9.3'
const digestAttribute = '1.2.840.113549.1.9.4'
const forStamping = '1.3.6.1.5.5.7.3.8'

/** The digest alone goes out. Rejects where no answer came or where it does not prove what was asked. */
export async function askForStamp(url: string, text: string, wall: Clock): Promise<Stamp & { readonly token: Uint8Array }> {
  const nonce = randomBytes(8)
  const request = stampRequest(text, nonce)
  const headers = { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' }
  const { status, bytes } = await send(url, { method: 'POST', headers, body: request }, wall)
  if (status !== 200) throw new Error(`HTTP ${status}`)
  const token = tokenIn(bytes)
  return { token, ...readStamp(token, text, nonce) }
}

/** TimeStampReq, §2.4.1. */
export function stampRequest(text: string, nonce: Uint8Array): Uint8Array<ArrayBuffer> {
  const imprint = sequence(sequence(objectId(sha256), der(0x05)), der(0x04, digestOf(text)))
  return Uint8Array.from(sequence(der(0x02, Uint8Array.of(1)), imprint, unsigned(nonce), der(0x01, Uint8Array.of(0xff))))
}

/** The token of a TimeStampResp, §2.4.2. Throws BadStamp where it was refused. */
export function tokenIn(answer: Uint8Array): Uint8Array {
  return orBad(() => {
    const [status, token] = partsOf(readDer(answer))
    const code = status && partsOf(status)[0]?.content[0]
    // 0 granted, 1 granted with modifications.
    if (code !== 0 && code !== 1) throw new BadStamp(`the authority refused: status ${code ?? 'unknown'}`)
    if (!token) throw new BadStamp('the answer holds no token')
    return Uint8Array.from(token.whole)
  })
}

/**
 * Reads a token and refuses one that was made over something else, altered, or signed by a certificate that is not for time stamps. Throws
 * BadStamp.
 */
export function readStamp(token: Uint8Array, text: string, nonce?: Uint8Array): Stamp {
  return orBad(() => {
    const [type, wrapped] = partsOf(readDer(token))
    if (!type || objectIdOf(type) !== signedData || !wrapped) throw new BadStamp('no signed token')
    const [, , inner, ...others] = partsOf(one(partsOf(wrapped)[0]))
    const [innerType, innerContent] = partsOf(one(inner))
    if (!innerType || objectIdOf(innerType) !== stampInfo) throw new BadStamp('no time stamp inside')
    const info = one(partsOf(one(innerContent))[0]).content
    const signers = one(others.findLast(({ tag }) => tag === 0x31))
    const certificates = others.filter(({ tag }) => tag === 0xa0).flatMap(partsOf)
    const by = signerOf(partsOf(signers)[0], info, certificates)
    const { imprint, ...stamp } = infoIn(info, nonce)
    if (!Buffer.from(imprint).equals(digestOf(text))) throw new BadStamp('the stamp is of something else')
    return { ...stamp, by }
  })
}

/** TSTInfo, §2.4.2. */
function infoIn(info: Uint8Array, nonce: Uint8Array | undefined): Omit<Stamp, 'by'> & { readonly imprint: Uint8Array } {
  const [, policy, imprint, serial, time, ...more] = partsOf(readDer(info))
  const [algorithm, digest] = partsOf(one(imprint))
  if (objectIdOf(one(partsOf(one(algorithm))[0])) !== sha256) throw new BadStamp('the stamp is not over SHA-256')
  if (nonce) {
    const told = more.find(({ tag }) => tag === 0x02)
    if (!told || !Buffer.from(told.whole).equals(unsigned(nonce))) throw new BadStamp('an answer to another question')
  }
  return {
    at: timeOf(one(time)),
    serial: Buffer.from(one(serial).content).toString('hex'),
    policy: objectIdOf(one(policy)),
    imprint: one(digest).content,
  }
}

/** The name on the certificate that signed the token (RFC 5652 §5.4). */
function signerOf(signer: Der | undefined, info: Uint8Array, certificates: readonly Der[]): string {
  const parts = partsOf(one(signer))
  const hash = digests[objectIdOf(one(partsOf(one(parts[2]))[0]))]
  const attributes = one(parts.find(({ tag }) => tag === 0xa0))
  const signature = one(parts.findLast(({ tag }) => tag === 0x04)).content
  if (hash === undefined) throw new BadStamp('a digest that is not accepted')
  const valueOf = (wanted: string): Der => {
    const found = partsOf(attributes).find(attribute => objectIdOf(one(partsOf(attribute)[0])) === wanted)
    return one(partsOf(one(partsOf(one(found))[1]))[0])
  }
  if (objectIdOf(valueOf(contentTypeAttribute)) !== stampInfo) throw new BadStamp('the signature is of something else')
  if (!createHash(hash).update(info).digest().equals(valueOf(digestAttribute).content))
    throw new BadStamp('the stamp was altered')
  // What is signed are the attributes as a SET, though they stand there under another tag.
  const message = Buffer.from(attributes.whole)
  message[0] = 0x31
  for (const { whole } of certificates) {
    const certificate = new X509Certificate(whole)
    if (!certificate.keyUsage?.includes(forStamping)) continue
    if (verify(hash, message, certificate.publicKey, signature)) return certificate.subject.replaceAll('\n', ', ')
  }
  throw new BadStamp('no certificate for time stamps in it has signed this')
}

function timeOf({ tag, content }: Der): number {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(Buffer.from(content).toString('latin1'))
  if (tag !== 0x18 || !found) throw new BadStamp('a time that is none')
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return Date.UTC(year, month - 1, day, hour, minute, second) + Math.round(Number(found[7] ?? 0) * 1000)
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest()

function one<T>(part: T | undefined): T {
  if (part === undefined) throw new BadStamp('the token is not whole')
  return part
}

function orBad<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (error instanceof BadStamp) throw error
    if (error instanceof BadDer) throw new BadStamp(`not readable: ${error.message}`)
    throw new BadStamp(error instanceof Error ? error.message : String(error))
  }
}
