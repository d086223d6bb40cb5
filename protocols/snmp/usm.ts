import type { Authentication, Encryption } from 'net-snmp'

/** How messages are signed and how they are encrypted, as written in the site file; each with the number the library knows it by. */
const signatures = { md5: 2, sha1: 3, sha224: 4, sha256: 5, sha384: 6, sha512: 7 } as const
const ciphers = { aes128: 4, aes256: 6, 'aes256-cisco': 8 } as const
export type Signature = keyof typeof signatures
export type Cipher = keyof typeof ciphers
export const signatureNames = Object.keys(signatures) as readonly Signature[]
export const cipherNames = Object.keys(ciphers) as readonly Cipher[]

export interface Credentials {
  readonly username: string
  readonly auth?: { readonly by: Signature; readonly password: string }
  /** Only where there is `auth`. */
  readonly privacy?: { readonly by: Cipher; readonly password: string }
}

/** The agent whose key is used, and its time: they are part of the initialization vector. */
export interface Engine {
  readonly id: Buffer
  readonly boots: number
  readonly time: number
}

/**
 * The user-based security model's cryptography (RFC 3414, 3826, 7860), out of net-snmp. Only this is taken from it: its session takes
 * answers from any address, takes an unsigned answer in a signed conversation, and ends the process over a v3 message in a v2c one.
 */
export interface Security {
  /** Bytes of a signature. */
  readonly signatureLength: number
  sign(message: Buffer, engine: Buffer): Buffer
  encrypt(scoped: Buffer, engine: Engine): { readonly text: Buffer; readonly salt: Buffer }
  /** Throws where there is nothing that can be decrypted. */
  decrypt(text: Buffer, salt: Buffer, engine: Engine): Buffer
}

interface Library {
  readonly Authentication: Pick<typeof Authentication, 'calculateDigest' | 'getParametersLength'>
  readonly Encryption: Pick<typeof Encryption, never> & {
    encryptPdu(
      cipher: number,
      scoped: Buffer,
      password: string,
      signature: number,
      engine: LibraryEngine,
    ): { encryptedPdu: Buffer; msgPrivacyParameters: Buffer }
    decryptPdu(cipher: number, text: Buffer, salt: Buffer, password: string, signature: number, engine: LibraryEngine): Buffer
  }
}
interface LibraryEngine {
  readonly engineID: Buffer
  readonly engineBoots: number
  readonly engineTime: number
}

/** Loaded only where a site speaks v3. */
export async function securityOf({ auth, privacy }: Credentials): Promise<Security> {
  const library = (await import('net-snmp')).default as unknown as Library
  const signature = auth ? signatures[auth.by] : 2
  const theirs = ({ id, boots, time }: Engine): LibraryEngine => ({ engineID: id, engineBoots: boots, engineTime: time })
  return {
    signatureLength: auth ? library.Authentication.getParametersLength(signature) : 0,
    sign: (message, engine) => library.Authentication.calculateDigest(message, signature, auth?.password ?? '', engine),
    encrypt(scoped, engine) {
      if (!privacy) throw new Error('There is nothing to encrypt with.')
      const { encryptedPdu, msgPrivacyParameters } = library.Encryption.encryptPdu(
        ciphers[privacy.by],
        scoped,
        privacy.password,
        signature,
        theirs(engine),
      )
      return { text: encryptedPdu, salt: msgPrivacyParameters }
    },
    decrypt(text, salt, engine) {
      if (!privacy) throw new Error('There is nothing to decrypt with.')
      return library.Encryption.decryptPdu(ciphers[privacy.by], text, salt, privacy.password, signature, theirs(engine))
    },
  }
}
