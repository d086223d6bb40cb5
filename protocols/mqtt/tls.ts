import { X509Certificate } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { Server, Socket } from 'node:net'
import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { createSecureContext, createServer } from 'node:tls'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Cancel, Clock } from '../contract/time.ts'
import { days, minutes, seconds } from '../contract/time.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed, whatWentWrong } from '../kit/answer.ts'
import type { Identity } from './accounts.ts'
import { makeCertificate } from './certificate.ts'
import type { Door } from './house.ts'
import { isPem, placeOf, plainFingerprint, textOf } from './pem.ts'

export interface TlsConfig {
  readonly port: number
  /** Files (absolute, or below the connection's folder), or the PEM text itself. Absent: a certificate of our own making. */
  readonly cert?: string
  readonly key?: string
  /** Who signs the devices' certificates. */
  readonly ca?: string
  readonly clientCerts: 'off' | 'asked' | 'required'
  /** Further names and addresses for the certificate of our own making. */
  readonly names: readonly string[]
}

interface TlsParts {
  readonly wall: Clock
  readonly folder?: string
  readonly connections: number
  readonly welcome: (socket: Socket, door: Door) => void
  readonly refused: (who: string, detail: string) => void
}

export interface TlsDoor {
  readonly server: Server
  stop(): void
}

interface Papers {
  readonly cert: string
  readonly key: string
  readonly ca?: string
}

const lookAgain = minutes(1)
const renewBefore = days(30)

/** A listener that is ready to listen. It takes new certificates when their files change, without losing a connection. */
export async function openTls(config: TlsConfig, parts: TlsParts): Promise<Answer<TlsDoor>> {
  const found = await papersOf(config, parts)
  if (!found.ok) return found
  const { clientCerts } = config
  const server = createServer(
    {
      ...found.value,
      minVersion: 'TLSv1.2',
      requestCert: clientCerts !== 'off',
      rejectUnauthorized: clientCerts === 'required',
      handshakeTimeout: seconds(10),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: seconds(30),
    },
    socket => letIn(socket, config, parts),
  )
  // Handshakes count, too: each costs more than a connection that is up.
  server.maxConnections = parts.connections
  server.on('tlsClientError', (error, socket) => {
    parts.refused(socket.remoteAddress ?? '', `TLS: ${whatWentWrong(error)}`)
    socket.destroy()
  })
  return answered({ server, stop: watch(server, config, parts) })
}

function letIn(socket: TLSSocket, { clientCerts }: TlsConfig, { welcome, refused }: TlsParts): void {
  const certificate = clientCerts === 'off' ? undefined : socket.getPeerX509Certificate()
  if (certificate && !socket.authorized) {
    refused(socket.remoteAddress ?? '', `its certificate is not ours: ${whatWentWrong(socket.authorizationError)}`)
    socket.destroy()
    return
  }
  const needsCertificate = clientCerts === 'required'
  welcome(socket, certificate ? { identity: identityOf(certificate), needsCertificate } : { needsCertificate })
}

export function identityOf({ subject, subjectAltName, fingerprint256 }: X509Certificate): Identity {
  const common = [...subject.matchAll(/^CN=(.*)$/gm)].map(([, name]) => name ?? '')
  const others = [...(subjectAltName ?? '').matchAll(/(?:^|, )DNS:([\w.-]+)(?=, |$)/g)].map(([, name]) => name ?? '')
  return { names: [...common, ...others], fingerprint: plainFingerprint(fingerprint256) }
}

/** Looks every minute whether the papers are others now; what cannot be used is told and the old ones stay. */
function watch(server: ReturnType<typeof createServer>, config: TlsConfig, parts: TlsParts): () => void {
  let cancel: Cancel = () => {}
  let stopped = false
  let known: string | undefined
  const look = async (): Promise<void> => {
    const stamp = await stampOf(config, parts)
    if (known !== undefined && stamp !== known) {
      const found = await papersOf(config, parts)
      if (found.ok) server.setSecureContext(found.value)
      else parts.refused('tls', found.fault.detail)
    }
    known = stamp
    if (!stopped) cancel = parts.wall.after(lookAgain, () => void look())
  }
  void look()
  return () => {
    stopped = true
    cancel()
  }
}

/** Changes when a file does; for a certificate of our own making also when it is time for the next one. */
async function stampOf(config: TlsConfig, parts: TlsParts): Promise<string> {
  const texts = [config.cert ?? ownFile(parts, 'cert'), config.key ?? ownFile(parts, 'key'), config.ca]
  const stamps = await Promise.all(
    texts.map(async text => {
      if (text === undefined || isPem(text)) return ''
      const found = await stat(placeOf(text, parts.folder)).catch(() => undefined)
      return `${found?.mtimeMs}/${found?.size}`
    }),
  )
  const own = config.cert === undefined ? await ownPapers(parts) : undefined
  return `${stamps.join(' ')} ${own !== undefined && isEnding(own.cert, parts.wall) ? 'ending' : ''}`
}

async function papersOf(config: TlsConfig, parts: TlsParts): Promise<Answer<Papers>> {
  try {
    const { cert, key, ca } = config
    const own =
      cert === undefined
        ? await selfMade(config, parts)
        : { cert: await textOf(cert, parts.folder), key: await textOf(key ?? cert, parts.folder) }
    const papers = { ...own, ...(ca === undefined ? {} : { ca: await textOf(ca, parts.folder) }) }
    const trouble = troubleWith(papers, parts.wall)
    return trouble ? failed(trouble) : answered(papers)
  } catch (error) {
    return failed(fault('refused', `The certificate of the broker cannot be read: ${whatWentWrong(error)}.`))
  }
}

function troubleWith({ cert, key, ca }: Papers, wall: Clock): Fault | undefined {
  try {
    createSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }) })
    const { validTo } = new X509Certificate(cert)
    if (Date.parse(validTo) < wall.now()) return fault('refused', `The certificate of the broker expired on ${validTo}.`)
    return undefined
  } catch (error) {
    return fault('refused', `The certificate of the broker or its key cannot be used: ${whatWentWrong(error)}.`)
  }
}

async function selfMade({ names }: TlsConfig, parts: TlsParts): Promise<Papers> {
  const found = await ownPapers(parts)
  const lacks = found && names.some(name => !hasName(new X509Certificate(found.cert), name))
  if (found && !lacks && !isEnding(found.cert, parts.wall)) return found
  const made = makeCertificate([...new Set([...namesHere(), ...names])], parts.wall.now(), found?.key)
  const [cert, key] = [ownFile(parts, 'cert'), ownFile(parts, 'key')]
  if (parts.folder !== undefined && cert !== undefined && key !== undefined) {
    await mkdir(parts.folder, { recursive: true })
    await writeFile(key, made.key, { mode: 0o600 })
    await writeFile(cert, made.cert)
  }
  return made
}

const hasName = (certificate: X509Certificate, name: string): boolean =>
  (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined

function namesHere(): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap(each => (each ?? []).map(({ address }) => address))
  return [hostname(), 'localhost', ...addresses.filter(address => !address.startsWith('fe80:'))]
}

async function ownPapers(parts: TlsParts): Promise<Papers | undefined> {
  const [cert, key] = [ownFile(parts, 'cert'), ownFile(parts, 'key')]
  if (cert === undefined || key === undefined) return undefined
  try {
    const papers = { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') }
    createSecureContext(papers)
    return papers
  } catch {
    return undefined
  }
}

const ownFile = ({ folder }: TlsParts, what: 'cert' | 'key'): string | undefined =>
  folder === undefined ? undefined : join(folder, `broker-${what}.pem`)

const isEnding = (cert: string, wall: Clock): boolean => Date.parse(new X509Certificate(cert).validTo) - wall.now() < renewBefore
