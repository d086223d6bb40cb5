import { fingerprintBy, bytesOfBase64, isSigned } from './statement.ts'
import type { Signed, SignedHead, SignedProof } from './signed.ts'
import { Wrong } from './verdict.ts'
import type { Given } from './verdict.ts'

/** The proof in base64 as an export carries it; `undefined` for a text that holds none as it was written. */
export function proofIn(base64: string): SignedProof | undefined {
  const bytes = bytesOfBase64(base64)
  if (bytes.length === 0) return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return proofOf(JSON.parse(text), text)
  } catch {
    return undefined
  }
}

/** The same as JSON; its text must be as it would be written, so that nothing hides in it. */
export function proofOf(value: unknown, text: string): SignedProof | undefined {
  const isProof = typeof value === 'object' && value !== null && 'what' in value && value.what === 'zhishou-proof-1'
  return isProof && JSON.stringify(value) === text ? (value as SignedProof) : undefined
}

/** Refuses a statement that its key has not signed, or that another key has signed than the one that should have. Gives its fingerprint. */
export function checkSigned(statement: Signed<object>, place: string, { proving, key }: Pick<Given, 'proving' | 'key'>): string {
  if (!isSigned(statement, proving))
    throw new Wrong('wrong-signature', place, {
      zh: `${place}的签名不符：签名之后内容被改过，或签名是假的`,
      en: `the signature of ${place} does not fit: what is signed was altered, or the signature is forged`,
    })
  const fingerprint = fingerprintBy(proving.hashing, statement.publicKey)
  if (key !== undefined && fingerprint !== key)
    throw new Wrong('other-key', place, {
      zh: `${place}是用另一把密钥（${fingerprint}）签的，不是 ${key}`,
      en: `${place} was signed by another key (${fingerprint}), not by ${key}`,
    })
  return fingerprint
}

/** The signature of an export, and of the head that it carries: both by one key. */
export function checkProof(
  proof: SignedProof | undefined,
  given: Given,
): { readonly fingerprint: string; readonly head: SignedHead | undefined } {
  if (!proof)
    throw new Wrong('unsigned', 'proof', {
      zh: '文件没有签名：导出时没有密钥，或签名被去掉了',
      en: 'the file is not signed: there was no key when it was made, or the signature was taken away',
    })
  const fingerprint = checkSigned(proof, 'proof', given)
  if (proof.head) checkSigned(proof.head, 'head', { ...given, key: fingerprint })
  return { fingerprint, head: proof.head }
}
