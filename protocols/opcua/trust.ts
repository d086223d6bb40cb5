import { X509Certificate } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Instant } from '../contract/time.ts'
import type { Words } from '../contract/driver.ts'
import { revokedBy } from './revoked.ts'

/** `any`, or the SHA-1 or SHA-256 fingerprint of the one certificate, lower-case hex without colons. */
export type Trust = string

/** What lies in the connection's `trusted` folder. */
export interface Shelf {
  readonly certificates: readonly X509Certificate[]
  /** Serial numbers by the issuer's subject, out of the revocation lists. */
  readonly revoked: ReadonlyMap<string, ReadonlySet<string>>
}

export type Judged =
  | { readonly trusted: true; readonly advice: readonly Words[] }
  | { readonly trusted: false; readonly fault: Fault; readonly advice: readonly Words[] }

/** 3A:5F:… as certificates' fingerprints are read aloud and compared. */
export const shown = (hex: string): string => hex.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:')
export const plain = (written: string): string => written.replaceAll(/[:\s]/g, '').toLowerCase()

export interface Question {
  /** As the server showed it, DER; the first of a chain. */
  readonly certificate: Uint8Array
  readonly trust: Trust | undefined
  readonly shelf: Shelf
  /** The host the connection names. */
  readonly host: string
  readonly now: Instant
  /** Where the shelf is, for the advice. */
  readonly folder: string
}

/**
 * Whether the server is the one that is meant. A fingerprint in the site file names exactly this one, whatever its dates and names say; a
 * certificate of the shelf, or one that an authority of the shelf has issued, must be valid as well.
 */
export function judge({ certificate, trust, shelf, host, now, folder }: Question): Judged {
  const read = readCertificate(certificate)
  if (!read)
    return no(
      'The server shows something that is no certificate.',
      say('服务器出示的不是证书', 'What the server shows is no certificate.'),
    )
  const sha256 = plain(read.fingerprint256)
  const name = subjectOf(read)
  const who = `${name}, SHA-256 ${shown(sha256)}`
  const issuer = shelf.certificates.find(one => isIssuedBy(read, one))
  if (shelf.revoked.get(issuer?.subject ?? read.issuer)?.has(serialOf(read)))
    return no(`The server's certificate has been revoked: ${who}.`, {
      zh: `服务器证书（${name}）已被吊销：换上新证书前不要连接`,
      en: `The server's certificate (${name}) has been revoked: have it renewed before anything is read.`,
    })
  const dates = datesOf(read, now)
  const wrongHost = !namesHost(read, host)
  if (trust === 'any') return { trusted: true, advice: [anyone, ...complaints(name, dates, wrongHost, host)] }
  if (trust !== undefined) {
    if (trust === sha256 || trust === plain(read.fingerprint))
      return { trusted: true, advice: complaints(name, dates, wrongHost, host) }
    return no(`The server shows another certificate than the trusted one: ${who}.`, {
      zh: `服务器换了证书：现在是 ${name}，指纹 ${shown(sha256)}。确认是设备更换或续期后，把 trust 改成它；否则查是否有人冒充`,
      en: `The server shows another certificate: ${name}, fingerprint ${shown(sha256)}. If it was renewed or replaced write this as \`trust\`; else find out who answers there.`,
    })
  }
  const isKnown = shelf.certificates.some(one => plain(one.fingerprint256) === sha256)
  if (!isKnown && !issuer)
    return no(
      `The server's certificate is not trusted yet: ${who}. If it is the right one, write trust: '${sha256}' at the connection.`,
      {
        zh: `还没有信任服务器证书：${name}，指纹 ${shown(sha256)}。和设备上显示的核对后，在连接里写 trust: '${sha256}'，或把证书放进 ${folder}`,
        en: `The server's certificate is not trusted yet: ${name}, fingerprint ${shown(sha256)}. Compare it with what the device shows, then write trust: '${sha256}' at the connection or put the certificate into ${folder}.`,
      },
    )
  if (dates !== 'valid')
    return no(`The server's certificate is ${dates === 'expired' ? 'expired' : 'not valid yet'}: ${who}.`, {
      zh: `${dateWords(name, dates).zh}。续期，或写 trust: '${sha256}' 表示仍然接受它`,
      en: `${dateWords(name, dates).en} Have it renewed, or write trust: '${sha256}' to accept it all the same.`,
    })
  if (!isKnown && wrongHost)
    return no(`The server's certificate is for another host than ${host}: ${who}.`, {
      zh: `证书（${name}）不是发给 ${host} 的：查地址，或写 trust: '${sha256}'`,
      en: `The certificate (${name}) is for another host than ${host}: check the address, or write trust: '${sha256}'.`,
    })
  return { trusted: true, advice: complaints(name, dates, wrongHost, host) }
}

const say = (zh: string, en: string): Words => ({ zh, en })
const no = (detail: string, advice: Words): Judged => ({ trusted: false, fault: fault('refused', detail), advice: [advice] })
export const anyone = say(
  'trust: any：任何人都能冒充这台服务器。改成它的证书指纹',
  'trust: any: anybody can pass for this server. Write the fingerprint of its certificate instead.',
)

function complaints(name: string, dates: Dates, wrongHost: boolean, host: string): Words[] {
  return [
    ...(dates === 'valid' ? [] : [dateWords(name, dates)]),
    ...(wrongHost ? [say(`证书（${name}）里没有 ${host} 这个地址`, `The certificate (${name}) does not name ${host}.`)] : []),
  ]
}

type Dates = 'valid' | 'expired' | 'early'
const dateWords = (name: string, dates: Dates): Words =>
  dates === 'expired'
    ? say(`服务器证书（${name}）已过期`, `The server's certificate (${name}) has expired.`)
    : say(
        `服务器证书（${name}）还没到生效日期：查两边的时钟`,
        `The server's certificate (${name}) is not valid yet: check both clocks.`,
      )

function datesOf({ validFromDate, validToDate }: X509Certificate, now: Instant): Dates {
  if (now > validToDate.getTime()) return 'expired'
  return now < validFromDate.getTime() ? 'early' : 'valid'
}

/** The first of a chain: node takes one certificate, and what follows it is not part of it. */
function readCertificate(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    return undefined
  }
}

const subjectOf = ({ subject }: X509Certificate): string =>
  /(?:^|\n)CN=(.*)/.exec(subject)?.[1]?.slice(0, 80) ?? subject.replaceAll('\n', ', ').slice(0, 80)

const serialOf = ({ serialNumber }: X509Certificate): string => serialNumber.toLowerCase().replace(/^0+/, '')

/** Issued by an authority of the shelf, and not merely said to be. */
const isIssuedBy = (certificate: X509Certificate, authority: X509Certificate): boolean =>
  authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey)

const namesHost = (certificate: X509Certificate, host: string): boolean =>
  (isIP(host) === 0 ? certificate.checkHost(host, { subject: 'never' }) : certificate.checkIP(host)) !== undefined

/** Reads the shelf: certificates (`.der`, `.pem`, `.crt`, `.cer`) and revocation lists (`.crl`). What cannot be read is passed over. */
export async function readShelf(folder: string): Promise<Shelf> {
  const certificates: X509Certificate[] = []
  const revoked = new Map<string, Set<string>>()
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  for (const name of names) {
    if (!/\.(der|pem|crt|cer|crl)$/i.test(name)) continue
    const bytes = await readFile(join(folder, name)).catch(() => undefined)
    if (!bytes) continue
    if (/\.crl$/i.test(name)) {
      const list = revokedBy(bytes)
      // The list is the administrator's own: its serial numbers are taken for every authority of the shelf.
      if (list) revoked.set(name, new Set(list))
      continue
    }
    const read = readCertificate(bytes)
    if (read) certificates.push(read)
  }
  const all = new Set([...revoked.values()].flatMap(list => [...list]))
  return { certificates, revoked: new Map(certificates.map(({ subject }) => [subject, all])) }
}
