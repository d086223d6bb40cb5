import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { connect } from 'node:tls'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Clock, Instant } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed, whatWentWrong } from '../kit/answer.ts'
import type { SettingReader } from '../kit/settings.ts'
import { parseFingerprint } from './broker-settings.ts'
import { plainFingerprint, textOf } from './pem.ts'

/** How the gateway knows an outside broker over TLS, and how that broker knows the gateway. */
export interface Trust {
  /** PEM, or a file: who signs the broker's certificate. Absent: the well-known authorities. */
  readonly ca?: string
  /** The gateway's own certificate and key for brokers that want one. */
  readonly cert?: string
  readonly key?: string
  /** The name in the broker's certificate, where it is not the one in the address. */
  readonly serverName?: string
  /** SHA-256 of the only certificate that is accepted, whoever signed it and for whatever name. */
  readonly fingerprint?: string
}

const names = ['ca', 'cert', 'key', 'serverName'] as const

export function parseTrust(reader: SettingReader, url: string): Trust {
  const texts = Object.fromEntries(
    names.flatMap(name => {
      const text = reader.text(name)
      return text === undefined ? [] : [[name, text]]
    }),
  ) as Trust
  const fingerprint = parseFingerprint(reader)
  const trust = fingerprint === undefined ? texts : { ...texts, fingerprint }
  const [first] = Object.keys(trust)
  if (first !== undefined && !/^(mqtts|wss):/.test(url)) {
    reader.problem(
      [first],
      { zh: `${first} 只用于加密连接`, en: `${first} is for an encrypted connection only` },
      { zh: '地址写 mqtts://…', en: 'write url: mqtts://…' },
    )
  }
  if ((trust.cert === undefined) !== (trust.key === undefined)) {
    reader.problem(
      [trust.cert === undefined ? 'key' : 'cert'],
      { zh: 'cert 和 key 要一起写', en: 'cert and key belong together' },
      { zh: '两个都写', en: 'write both' },
      'missing',
    )
  }
  return trust
}

const text = { type: 'string' }
export const trustProperties: Readonly<Record<string, object>> = {
  ca: { ...text, description: 'PEM file (absolute or below the connection’s folder), or the PEM itself' },
  cert: text,
  key: text,
  serverName: text,
  fingerprint: { ...text, description: 'SHA-256 of the only certificate that is accepted' },
}

/** The same with what is in the files. A file that cannot be read is a fault that names it. */
export async function readTrust(trust: Trust, folder: string | undefined): Promise<Answer<Trust>> {
  const read: { ca?: string; cert?: string; key?: string } = {}
  for (const name of ['ca', 'cert', 'key'] as const) {
    const given = trust[name]
    if (given === undefined) continue
    try {
      read[name] = await textOf(given, folder)
    } catch (error) {
      return failed(fault('refused', `The file for ${name} cannot be read: ${whatWentWrong(error)}.`))
    }
  }
  return answered({ ...trust, ...read })
}

/** For a library that dials by itself. */
export const tlsOptions = ({ ca, cert, key, serverName }: Trust): ConnectionOptions => ({
  ...(ca === undefined ? {} : { ca }),
  ...(cert === undefined ? {} : { cert }),
  ...(key === undefined ? {} : { key }),
  ...(serverName === undefined ? {} : { servername: serverName }),
})

/**
 * A connection to exactly the broker that is meant: its certificate has been looked at before a single byte of ours, a password least
 * of all, goes out. Faults: `unreachable`, or `refused` for a certificate that is not to be trusted.
 */
export function dialTls(
  { host, port, wall }: { readonly host: string; readonly port: number; readonly wall: Clock },
  trust: Trust,
  signal: AbortSignal,
): Promise<Answer<TLSSocket>> {
  return new Promise(resolve => {
    const where = `${host}:${port}`
    const { fingerprint } = trust
    const servername = trust.serverName ?? (isIP(host) === 0 ? host : undefined)
    let socket: TLSSocket
    try {
      socket = connect({
        host,
        port,
        ...tlsOptions(trust),
        ...(servername === undefined ? {} : { servername }),
        minVersion: 'TLSv1.2',
        // A pinned certificate is compared below, and nothing else counts then.
        rejectUnauthorized: fingerprint === undefined,
      })
    } catch (error) {
      resolve(failed(fault('refused', `${where}: the certificate or key cannot be used: ${whatWentWrong(error)}.`)))
      return
    }
    const giveUp = (): void => void socket.destroy()
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    const settle = (answer: Answer<TLSSocket>): void => {
      signal.removeEventListener('abort', giveUp)
      if (!answer.ok) socket.destroy()
      resolve(answer)
    }
    socket.once('secureConnect', () => {
      const wrong = fingerprint === undefined ? undefined : pinTrouble(socket, fingerprint, wall.now())
      settle(wrong === undefined ? answered(socket) : failed(fault('refused', `${where}: ${wrong}`)))
    })
    socket.on('error', error => settle(failed(tlsFault(where, error))))
    socket.once('close', () => settle(failed(fault('unreachable', `${where}: the broker closed the connection.`))))
  })
}

function pinTrouble(socket: TLSSocket, fingerprint: string, now: Instant): string | undefined {
  const certificate: X509Certificate | undefined = socket.getPeerX509Certificate()
  if (!certificate) return 'the broker shows no certificate.'
  const shown = plainFingerprint(certificate.fingerprint256)
  if (shown === fingerprint && Date.parse(certificate.validTo) < now) return `${meanings.CERT_HAS_EXPIRED}.`
  if (shown !== fingerprint) return `the broker shows another certificate than the pinned one (${shown}).`
  return undefined
}

const meanings = {
  CERT_HAS_EXPIRED: "the broker's certificate has expired",
  CERT_NOT_YET_VALID: "the broker's certificate is not valid yet, or this machine's clock is behind",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the broker's certificate is for another name: write serverName, or the name in it as the address",
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the broker signed its certificate itself: write ca with that certificate, or fingerprint',
  SELF_SIGNED_CERT_IN_CHAIN: "the broker's certificate is signed by nobody known here: write ca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the broker's certificate is signed by nobody known here: write ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the broker's certificate is signed by nobody known here: write ca",
} as const

/** A certificate that is not to be trusted is the broker's no; everything else is a line that does not work. */
export function tlsFault(where: string, error: Error): Fault {
  const meaning = tlsMeaning(error)
  return fault(meaning === undefined ? 'unreachable' : 'refused', `${where}: ${meaning ?? whatWentWrong(error)}.`)
}

/** What an error says about certificates, theirs or ours; undefined when it is about something else. */
export function tlsMeaning(error: Error): string | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const meaning = (meanings as Readonly<Record<string, string | undefined>>)[code]
  if (meaning !== undefined) return meaning
  if (!/^ERR_SSL_.*(CERTIFICATE|UNKNOWN_CA|BAD_CERT)/.test(code)) return undefined
  return `the broker wants a certificate it can accept from us: write cert and key (${code})`
}
