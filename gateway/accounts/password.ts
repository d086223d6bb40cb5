import * as crypto from 'node:crypto'

/**
 * Passwords are kept as one PHC-like line that carries its own parameters, so that they can be raised later without locking anybody
 * out: `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`, or `$scrypt$n=131072,r=8,p=1$…` where the runtime has no Argon2.
 */
export type PasswordHash = string

/** OWASP's minimum for Argon2id: 19 MiB, two passes, one lane. */
const argon = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 }
const scryptCost = { N: 131_072, r: 8, p: 1 }
/** Longer input only buys an attacker CPU time. */
export const longestPassword = 256
export const shortestPassword = 8

/** Takes some 50 ms in the thread pool, off the event loop. */
export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = crypto.randomBytes(16)
  if (hasArgon) {
    const tag = await argon2id(password, salt, argon)
    return `$argon2id$v=19$m=${argon.memory},t=${argon.passes},p=${argon.parallelism}$${base64(salt)}$${base64(tag)}`
  }
  const tag = await scrypt(password, salt, scryptCost)
  return `$scrypt$n=${scryptCost.N},r=${scryptCost.r},p=${scryptCost.p}$${base64(salt)}$${base64(tag)}`
}

/** Whether this is the password; compares in constant time. A line it does not understand matches nothing. */
export async function isPassword(password: string, hash: PasswordHash): Promise<boolean> {
  const read = parse(hash)
  if (read === undefined || password.length > longestPassword) return false
  const { kind, cost, salt, tag } = read
  const number = (name: string): number => cost.get(name) ?? 0
  const making =
    kind === 'argon2id'
      ? argon2id(password, salt, {
          memory: number('m'),
          passes: number('t'),
          parallelism: number('p'),
          tagLength: tag.length,
        })
      : scrypt(password, salt, { N: number('n'), r: number('r'), p: number('p') })
  // Parameters that no hash can have: a damaged line.
  const made = await making.catch(() => undefined)
  if (made === undefined) return false
  return made.length === tag.length && crypto.timingSafeEqual(made, tag)
}

/** A password that nobody chose: 120 bits, letters that cannot be mistaken for each other when read aloud. */
export function randomPassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
  const groups = Array.from({ length: 5 }, () =>
    Array.from({ length: 5 }, () => letters[crypto.randomInt(letters.length)]).join(''),
  )
  return groups.join('-')
}

const hasArgon = typeof crypto.argon2 === 'function'
const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

interface ReadHash {
  readonly kind: 'argon2id' | 'scrypt'
  readonly cost: ReadonlyMap<string, number>
  readonly salt: Buffer
  readonly tag: Buffer
}
function parse(hash: string): ReadHash | undefined {
  const parts = hash.split('$').filter(part => part !== '' && !part.startsWith('v='))
  const [kind, cost, salt, tag] = parts
  if ((kind !== 'argon2id' && kind !== 'scrypt') || cost === undefined || salt === undefined || tag === undefined)
    return undefined
  const pairs = cost.split(',').map(pair => pair.split('='))
  return {
    kind,
    cost: new Map(pairs.map(([name, value]) => [name ?? '', Number(value)])),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
}

function argon2id(message: string, nonce: Buffer, cost: typeof argon): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, tag: Buffer): void => (error ? reject(error) : resolve(tag))
    crypto.argon2('argon2id', { message: Buffer.from(message), nonce, ...cost }, done)
  })
}

function scrypt(password: string, salt: Buffer, cost: typeof scryptCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    crypto.scrypt(password, salt, 32, { ...cost, maxmem: 256 * 1024 * 1024 }, (error, tag) =>
      error ? reject(error) : resolve(tag),
    )
  })
}
