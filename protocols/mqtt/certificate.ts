import type { KeyObject } from 'node:crypto'
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import type { Instant } from '../contract/time.ts'

/** A certificate for a server in a house without an authority: signed with its own key, to be trusted by copying it. X.509 v3, P-256. */

export interface SelfMade {
  /** PEM. */
  readonly cert: string
  readonly key: string
}

/** Clocks of devices are often behind. */
const validFrom = Date.UTC(2024, 0, 1)
const validYears = 10

/** With an old key the renewed certificate stays the same server to whoever trusts its key. */
export function makeCertificate(names: readonly string[], now: Instant, oldKey?: string): SelfMade {
  const key = oldKey === undefined ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : createPrivateKey(oldKey)
  const until = new Date(Math.max(now, validFrom))
  until.setUTCFullYear(until.getUTCFullYear() + validYears)
  const body = toBeSigned(names, until, key)
  const cert = sequence(body, ecdsaWithSha256, bitString(sign('sha256', body, key)))
  const lines = cert.toString('base64').match(/.{1,64}/g) ?? []
  return {
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

function toBeSigned(names: readonly string[], until: Date, key: KeyObject): Buffer {
  // Positive and at most 20 bytes long: RFC 5280, 4.1.2.2.
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  const whose = sequence(set(sequence(oid('550403'), tag(0x0c, Buffer.from('Zhishou MQTT broker')))))
  return sequence(
    tag(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ecdsaWithSha256,
    whose,
    sequence(time(new Date(validFrom)), time(until)),
    whose,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    tag(0xa3, sequence(...extensions(names))),
  )
}

function extensions(names: readonly string[]): Buffer[] {
  const alternatives = names.map(name => (isIP(name) === 0 ? tag(0x82, Buffer.from(name, 'latin1')) : tag(0x87, address(name))))
  const isCritical = tag(0x01, Buffer.from([0xff]))
  return [
    // No authority: it vouches for nobody else.
    sequence(oid('551d13'), isCritical, tag(0x04, sequence())),
    sequence(oid('551d25'), tag(0x04, sequence(oid('2b06010505070301')))),
    sequence(oid('551d11'), tag(0x04, sequence(...alternatives))),
  ]
}

/** The bytes of an IPv4 or IPv6 address. */
function address(text: string): Buffer {
  if (isIP(text) === 4) return Buffer.from(text.split('.').map(Number))
  const [front = '', back] = (text.split('%')[0] ?? '').split('::')
  const words = (part: string): number[] => (part === '' ? [] : part.split(':').map(word => Number.parseInt(word, 16)))
  const [left, right] = [words(front), words(back ?? '')]
  const middle = Array.from<number>({ length: 8 - left.length - right.length }).fill(0)
  return Buffer.from([...left, ...middle, ...right].flatMap(word => [word >> 8, word & 255]))
}

// DER, as little of it as a certificate needs.
function tag(kind: number, content: Uint8Array): Buffer {
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([kind, ...size]), content])
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => tag(0x30, Buffer.concat(parts))
const set = (...parts: readonly Uint8Array[]): Buffer => tag(0x31, Buffer.concat(parts))
const integer = (bytes: Uint8Array): Buffer => tag(0x02, bytes)
const oid = (hex: string): Buffer => tag(0x06, Buffer.from(hex, 'hex'))
const bitString = (bytes: Uint8Array): Buffer => tag(0x03, Buffer.concat([Buffer.from([0]), bytes]))
const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
/** RFC 5280, 4.1.2.5: two digits for the year until 2049. */
function time(at: Date): Buffer {
  const digits = at.toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return at.getUTCFullYear() < 2050 ? tag(0x17, Buffer.from(digits.slice(2))) : tag(0x18, Buffer.from(digits))
}
