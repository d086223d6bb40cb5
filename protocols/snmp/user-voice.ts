import { timingSafeEqual } from 'node:crypto'
import type { FaultCode } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Clock, Instant } from '../contract/time.ts'
import { BerReader, element, integer, NotBer, octets, tags } from './ber.ts'
import type { Pdu, Question } from './message.ts'
import { encodeQuestion, readPdu } from './message.ts'
import type { Credentials, Security } from './usm.ts'
import type { Heard, Voice } from './voice.ts'
import { noise } from './voice.ts'

const [signed, encrypted, reportable] = [1, 2, 4]
const userModel = 3
/** What fits into one datagram of IPv4. */
const largest = 65_507
/** RFC 3414: an authentic message is believed within so many seconds of the agent's own time. */
const timeWindow = 150

interface Head {
  readonly id: number
  readonly flags: number
  readonly engine: Buffer
  readonly boots: number
  readonly time: number
  readonly user: string
  readonly signature: Buffer
  readonly salt: Buffer
  /** Encrypted, or plain. */
  readonly text: Buffer | undefined
  readonly plain: BerReader | undefined
}

export interface UserVoiceParts {
  readonly credentials: Credentials
  readonly context: string
  readonly security: Security
  readonly wall: Clock
}

/** SNMP v3 with one user: an answer is taken only when it is signed and encrypted as the question was, by this very agent, now. */
export class UserVoice implements Voice {
  readonly #parts: UserVoiceParts
  readonly #flags: number
  #engine: Buffer | undefined
  #boots = 0
  #time = 0
  #at: Instant | undefined
  /** The time was signed: nobody else may have said it. */
  #isSure = false

  constructor(parts: UserVoiceParts) {
    this.#parts = parts
    const { auth, privacy } = parts.credentials
    this.#flags = (auth ? signed : 0) | (privacy ? encrypted : 0)
  }

  /** The agent's id is part of every key: it is asked for with a question that says nothing. */
  hello(id: number): Buffer | undefined {
    if (this.#engine) return undefined
    const nobody = securityParameters(Buffer.alloc(0), 0, 0, '', Buffer.alloc(0), Buffer.alloc(0))
    return message(id, reportable, nobody, scoped(Buffer.alloc(0), '', encodeQuestion(id, { kind: 'get', oids: [] })))
  }

  say(id: number, question: Question): Buffer {
    const { credentials, context, security } = this.#parts
    const engine = this.#engine ?? Buffer.alloc(0)
    const [boots, time] = [this.#boots, this.#now()]
    let text = scoped(engine, context, encodeQuestion(id, question))
    let salt: Buffer = Buffer.alloc(0)
    if (credentials.privacy) {
      const sealed = security.encrypt(text, { id: engine, boots, time })
      text = octets(sealed.text)
      salt = sealed.salt
    }
    const blank = Buffer.alloc(security.signatureLength)
    const whole = message(
      id,
      this.#flags | reportable,
      securityParameters(engine, boots, time, credentials.username, blank, salt),
      text,
    )
    if (credentials.auth) {
      const at = whole.length - text.length - octets(salt).length - blank.length
      security.sign(whole, engine).copy(whole, at)
    }
    return whole
  }

  hear(datagram: Buffer): Heard {
    try {
      return this.#judge(readHead(datagram), datagram)
    } catch (error) {
      if (error instanceof NotBer) return noise('garbled', `No SNMP v3 answer: ${error.message}.`)
      throw error
    }
  }

  /** Passwords are never sent, and what is encrypted stays so. */
  hide(datagram: Buffer): Buffer {
    return Buffer.from(datagram)
  }

  #judge(head: Head, datagram: Buffer): Heard {
    const { credentials, security, context } = this.#parts
    const isSigned = (head.flags & signed) > 0
    if (this.#engine && !head.engine.equals(this.#engine) && !head.plain)
      return noise('wrong-reply', 'An answer of another agent (engine id).')
    if (isSigned) {
      if (!credentials.auth || head.user !== credentials.username || !this.#engine?.equals(head.engine))
        return noise('wrong-reply', 'An answer signed for somebody else.')
      if (!isAuthentic(datagram, head, security)) return noise('garbled', 'The signature of the answer is wrong.')
    }
    let plain = head.plain
    if (head.text) {
      if (!isSigned || !credentials.privacy || head.salt.length !== 8) return noise('garbled', 'Encrypted, but not for us.')
      plain = new BerReader(security.decrypt(head.text, head.salt, { id: head.engine, boots: head.boots, time: head.time }))
    }
    if (!plain) return noise('garbled', 'An answer without content.')
    const body = plain.inside(tags.sequence)
    const engine = body.take(tags.octets)
    const name = body.take(tags.octets).toString('utf8')
    const pdu = readPdu(body)
    body.end()
    if (pdu.kind === 'report') return this.#report(head, pdu, isSigned)
    if ((head.flags & this.#flags) !== this.#flags)
      return noise('garbled', 'An answer that is not signed or not encrypted as the question was.')
    if (!this.#engine?.equals(head.engine) || !engine.equals(this.#engine) || name !== context)
      return noise('wrong-reply', 'An answer of another agent or context.')
    if (pdu.id !== head.id) return noise('wrong-reply', 'An answer whose two numbers are not the same.')
    if (isSigned && !this.#isInTime(head)) return noise('wrong-reply', 'A signed answer of another time: it may be repeated.')
    return { is: 'answer', id: head.id, pdu }
  }

  #report(head: Head, { varbinds }: Pdu, isSigned: boolean): Heard {
    const { id } = head
    const [, number] = /^1\.3\.6\.1\.6\.3\.15\.1\.1\.(\d+)\.0$/.exec(varbinds[0]?.oid ?? '') ?? []
    const isOurs = this.#engine?.equals(head.engine) ?? true
    if (number === '4') {
      if (this.#engine) return { is: 'report', id, fault: fault('disconnected', 'Another SNMP agent answers now (engine id).') }
      if (head.engine.length < 5 || head.engine.length > 32)
        return noise('garbled', 'An engine id of a length that there is not.')
      this.#engine = Buffer.from(head.engine)
      this.#keepTime(head, false)
      return { is: 'again', id }
    }
    if (!isOurs) return noise('wrong-reply', 'A report of another agent.')
    if (number === '2') {
      this.#keepTime(head, isSigned)
      return { is: 'again', id }
    }
    const [code, detail] = reports[number ?? ''] ?? ['refused', `The agent reports ${varbinds[0]?.oid ?? 'nothing'}.`]
    return { is: 'report', id, fault: fault(code, detail) }
  }

  #now(): number {
    const { wall } = this.#parts
    return Math.min(
      0x7fff_ffff,
      this.#time + (this.#at === undefined ? 0 : Math.max(0, Math.floor((wall.now() - this.#at) / 1000))),
    )
  }

  #keepTime({ boots, time }: Head, isSigned: boolean): void {
    this.#boots = boots
    this.#time = time
    this.#at = this.#parts.wall.now()
    this.#isSure = isSigned
  }

  #isInTime(head: Head): boolean {
    const isNewer = head.boots > this.#boots || (head.boots === this.#boots && head.time >= this.#now())
    const isNear = head.boots === this.#boots && Math.abs(head.time - this.#now()) <= timeWindow
    if (this.#isSure && !isNewer && !isNear) return false
    if (isNewer || !this.#isSure) this.#keepTime(head, true)
    return true
  }
}

/** What an agent says of the conversation in place of an answer: usmStats… of RFC 3414. */
const reports: Readonly<Record<string, readonly [FaultCode, string]>> = {
  1: ['refused', 'The agent does not allow this user this kind of signature or encryption (unsupportedSecLevels).'],
  3: ['refused', 'The agent does not know this user (unknownUserNames).'],
  5: ['refused', 'The agent finds the signature wrong: another password, or another auth (wrongDigests).'],
  6: ['refused', 'The agent cannot decrypt: another encryptPassword, or another encrypt (decryptionErrors).'],
}

function readHead(datagram: Buffer): Head {
  const outer = new BerReader(datagram)
  const whole = outer.inside(tags.sequence)
  outer.end()
  const version = whole.integer()
  if (version !== 3) throw new NotBer('another version than 3')
  const global = whole.inside(tags.sequence)
  const id = global.integer()
  global.integer()
  const [flags, ...more] = global.take(tags.octets)
  if (flags === undefined || more.length > 0 || (flags & 3) === encrypted) throw new NotBer('flags that there are not')
  if (global.integer() !== userModel) throw new NotBer('another security model')
  global.end()
  const sealed = whole.inside(tags.octets)
  const user = sealed.inside(tags.sequence)
  sealed.end()
  const engine = user.take(tags.octets)
  const [boots, time] = [user.integer(), user.integer()]
  if (boots < 0 || time < 0) throw new NotBer('a time below zero')
  const name = user.take(tags.octets).toString('utf8')
  const [signature, salt] = [user.take(tags.octets), user.take(tags.octets)]
  user.end()
  const text = (flags & encrypted) > 0 ? whole.take(tags.octets) : undefined
  const plain = text ? undefined : new BerReader(whole.whole().raw)
  whole.end()
  return { id, flags, engine, boots, time, user: name, signature, salt, text, plain }
}

/** The signature is over the message with nothing in its place. */
function isAuthentic(datagram: Buffer, { signature, engine }: Head, security: Security): boolean {
  if (signature.length !== security.signatureLength) return false
  const unsigned = Buffer.from(datagram)
  unsigned.fill(0, signature.byteOffset - datagram.byteOffset, signature.byteOffset - datagram.byteOffset + signature.length)
  return timingSafeEqual(security.sign(unsigned, engine), signature)
}

const scoped = (engine: Buffer, context: string, pdu: Buffer): Buffer =>
  element(tags.sequence, octets(engine), octets(context), pdu)

const securityParameters = (engine: Buffer, boots: number, time: number, user: string, signature: Buffer, salt: Buffer): Buffer =>
  octets(element(tags.sequence, octets(engine), integer(boots), integer(time), octets(user), octets(signature), octets(salt)))

const message = (id: number, flags: number, parameters: Buffer, text: Buffer): Buffer =>
  element(
    tags.sequence,
    integer(3),
    element(tags.sequence, integer(id), integer(largest), octets(Buffer.from([flags])), integer(userModel)),
    parameters,
    text,
  )
