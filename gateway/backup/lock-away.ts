import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'

const mark = Buffer.from('ZSLOCK1\n')
// 64 MiB and about a tenth of a second a guess (RFC 7914: 128 · N · r bytes).
const cost = { N: 2 ** 16, r: 8, p: 1, maxmem: 2 ** 27 }
const [saltBytes, ivBytes, tagBytes] = [16, 12, 16]

/** Locks bytes with a passphrase: scrypt (RFC 7914) makes the key, AES-256-GCM locks and detects any change. */
export function lockAway(bytes: Uint8Array, passphrase: string): Buffer {
  const [salt, iv] = [randomBytes(saltBytes), randomBytes(ivBytes)]
  const cipher = createCipheriv('aes-256-gcm', keyOf(passphrase, salt), iv)
  cipher.setAAD(mark)
  const locked = Buffer.concat([cipher.update(bytes), cipher.final()])
  return Buffer.concat([mark, salt, iv, cipher.getAuthTag(), locked])
}

/** What was locked; `undefined` for another passphrase and for bytes that were changed. */
export function unlock(locked: Uint8Array, passphrase: string): Buffer | undefined {
  const bytes = Buffer.from(locked)
  if (bytes.length < mark.length + saltBytes + ivBytes + tagBytes || !bytes.subarray(0, mark.length).equals(mark))
    return undefined
  let from = mark.length
  const take = (length: number): Buffer => bytes.subarray(from, (from += length))
  const [salt, iv, tag] = [take(saltBytes), take(ivBytes), take(tagBytes)]
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(passphrase, salt), iv, { authTagLength: tagBytes })
    decipher.setAAD(mark)
    decipher.setAuthTag(tag)
    return Buffer.concat([decipher.update(bytes.subarray(from)), decipher.final()])
  } catch {
    return undefined
  }
}

const keyOf = (passphrase: string, salt: Buffer): Buffer => scryptSync(passphrase.normalize('NFC'), salt, 32, cost)
