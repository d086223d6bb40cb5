import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock, Instant } from '../../protocols/contract/time.ts'
import { after, hours } from '../../protocols/contract/time.ts'
import type { AlarmId } from '../alarm/alarm.ts'
import type { AccountShelf } from '../store/store.ts'
import type { Notice, NoticeId } from './notice.ts'

/** What a link in a message claims: this person was told of this occurrence of this alarm. */
export interface Claim {
  readonly notice: NoticeId
  readonly alarm: AlarmId
  /** Which occurrence: an alarm that has come again since is another question. */
  readonly times: number
  readonly person: string
  /** Real time. */
  readonly expires: Instant
}

export type Reading = { readonly is: 'good' | 'expired'; readonly claim: Claim } | { readonly is: 'forged' }

/** A link is good for a day of real time. */
const lifetime = hours(24)
const longestToken = 1_000
const secretKey = 'answer-links'

/**
 * Signed links to answer an alarm by, straight from the message. `PAYLOAD.SIGNATURE`, both base64url; the signature is HMAC-SHA256 over
 * the payload's text with a key that never leaves the data directory.
 */
export class AnswerLinks {
  readonly #key: Buffer
  readonly #wall: Clock
  readonly #publicUrl: string | undefined

  constructor(key: Buffer, wall: Clock, publicUrl: string | undefined) {
    this.#key = key
    this.#wall = wall
    this.#publicUrl = publicUrl?.replace(/\/+$/, '')
  }

  /** `undefined` where there is nothing to answer, or the site has no address to begin links with. */
  linkOf({ id, alarms, person, answers }: Notice): string | undefined {
    const [alarm] = alarms
    if (this.#publicUrl === undefined || answers === undefined || alarm === undefined) return undefined
    const expires = after(this.#wall.now(), lifetime)
    return `${this.#publicUrl}/a/${this.token({ notice: id, alarm, times: answers, person, expires })}`
  }

  token({ notice: n, alarm: a, times: o, person: p, expires: x }: Claim): string {
    const payload = Buffer.from(JSON.stringify({ n, a, o, p, x })).toString('base64url')
    return `${payload}.${this.#sign(payload).toString('base64url')}`
  }

  /** The signature is compared before anything of the payload is believed. */
  read(token: string): Reading {
    const [payload, signature, more] = token.length <= longestToken ? token.split('.') : []
    if (payload === undefined || signature === undefined || more !== undefined) return forged
    const [given, right] = [Buffer.from(signature, 'base64url'), this.#sign(payload)]
    // Base64url may write the same bytes in two ways; only ours counts.
    if (given.length !== right.length || right.toString('base64url') !== signature || !timingSafeEqual(given, right))
      return forged
    const claim = claimOf(payload)
    if (!claim) return forged
    return { is: claim.expires <= this.#wall.now() ? 'expired' : 'good', claim }
  }

  #sign(payload: string): Buffer {
    return createHmac('sha256', this.#key).update(payload).digest()
  }
}

const forged = { is: 'forged' } as const

function claimOf(payload: string): Claim | undefined {
  try {
    const { n, a, o, p, x } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>
    if (typeof n !== 'string' || typeof a !== 'string' || typeof p !== 'string') return undefined
    if (typeof o !== 'number' || typeof x !== 'number') return undefined
    return { notice: n as NoticeId, alarm: a as AlarmId, times: o, person: p, expires: x as Instant }
  } catch {
    return undefined
  }
}

/** The key of this data directory, made once. */
export async function linkKey(shelf: Pick<AccountShelf, 'get' | 'put'>): Promise<Buffer> {
  const known = await shelf.get('secret', secretKey)
  if (typeof known === 'string' && /^[0-9a-f]{64}$/.test(known)) return Buffer.from(known, 'hex')
  const made = randomBytes(32)
  await shelf.put('secret', secretKey, made.toString('hex'))
  return made
}
