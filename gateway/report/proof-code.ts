import { fingerprintOf, publicKeyOf } from '../evidence/signed.ts'
import { say } from './cell-text.ts'
import type { Reader } from './cell-text.ts'
import type { PaperProof } from './layout.ts'
import type { Seal } from './seal.ts'

/** `zhishou:proof:EXPORT:CHAIN:FINGERPRINT`, the chain's first 16 hex digits: what the code on a sheet of paper says. */
export const proofCode = (exported: string, chain: string, fingerprint: string): string =>
  `zhishou:proof:${exported}:${chain.slice(0, 16)}:${fingerprint}`

/** What paper says of a sealed log. */
export function paperProof({ about, whole, key }: Seal, reader: Reader): PaperProof {
  const fingerprint = key && fingerprintOf(publicKeyOf(key))
  return {
    code: proofCode(about.export, whole, fingerprint ?? 'unsigned'),
    fingerprint: fingerprint ?? say({ zh: '未签名', en: 'not signed' }, reader),
    chain: whole,
  }
}
