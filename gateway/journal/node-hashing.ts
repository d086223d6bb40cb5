import { createHash } from 'node:crypto'
import type { Hashing } from './hashing.ts'

/** SHA-256 by Node. */
export const nodeHashing: Hashing = {
  of(...parts) {
    const hash = createHash('sha256')
    for (const part of parts) hash.update(part)
    return hash.digest()
  },
  begin() {
    const hash = createHash('sha256')
    return { add: bytes => void hash.update(bytes), end: () => hash.digest() }
  },
}
