import { hashes, verify } from '@noble/ed25519'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import type { Proving } from '../../gateway/evidence/statement.ts'

hashes.sha512 = sha512

/** Hashes and signatures without anything of the browser's: pages from a file have no Web Cryptography everywhere. */
export const browserProving: Proving = {
  hashing: {
    of(...parts) {
      const hash = sha256.create()
      for (const part of parts) hash.update(part)
      return hash.digest()
    },
    begin() {
      const hash = sha256.create()
      return { add: bytes => void hash.update(bytes), end: () => hash.digest() }
    },
  },
  isSignedBy(publicKey, message, signature) {
    try {
      return verify(signature, message, publicKey, { zip215: false })
    } catch {
      return false
    }
  },
}
