import { createServer, connect as dial } from 'node:net'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import * as opcua from 'node-opcua-client'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { bytesOf, dialFrom } from './opcua-bytes.ts'

/**
 * Hammers an OPC UA server from a few addresses until it is told to stop, in a process of its own: half-open connections, chunks without end,
 * sessions that are never signed in to, anonymous ones, and wrong passwords for the SCADA's own name.
 */
const { port, address, certificate } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly port: number
  readonly address: string
  /** The server's, base64. */
  readonly certificate: string
}
opcua.setWarningLogger(() => {})
opcua.setErrorLogger(() => {})
const done = { connections: 0, chunks: 0, opened: 0, anonymous: 0, guesses: 0, refused: 0 }
const flood = { isOver: false }
const soon = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Says hello, or nothing, and stays; as soon as it is shown out it comes again. */
async function linger(from: string, kind: number): Promise<void> {
  while (!flood.isOver) {
    const socket = dialFrom(from, port)
    done.connections += 1
    if (kind > 0) socket.write(bytesOf.hello(address))
    if (kind > 1) socket.write(bytesOf.open())
    await Promise.race([new Promise(resolve => socket.once('close', resolve)), soon(30_000)])
    await soon(20)
  }
}

async function pourChunks(from: string): Promise<void> {
  const { message, words, hello, open } = bytesOf
  const chunk = message('MSGC', Buffer.concat([words(1, 1, 2, 2), Buffer.alloc(60_000, 1)]))
  while (!flood.isOver) {
    const socket = dialFrom(from, port)
    done.connections += 1
    socket.write(hello(address))
    socket.write(open())
    socket.setMaxListeners(0)
    for (let count = 0; count < 200 && !socket.destroyed && !flood.isOver; count++) {
      done.chunks += 1
      if (!socket.write(chunk)) await Promise.race([new Promise(resolve => socket.once('drain', resolve)), soon(50)])
    }
    socket.destroy()
    await soon(20)
  }
}

/** A door of our own that leads to the server from another address. */
async function doorFrom(localAddress: string): Promise<string> {
  const server = createServer(near => {
    const far = dial({ host: '127.0.0.1', port, localAddress })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {})
      one.on('close', () => other.destroy())
      one.pipe(other)
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  return `opc.tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function openSessions(from: string, keys: OPCUACertificateManager): Promise<void> {
  const door = await doorFrom(from)
  while (!flood.isOver) {
    const client = opcua.OPCUAClient.create({
      applicationName: 'Flood',
      clientCertificateManager: keys,
      securityPolicy: opcua.SecurityPolicy.Basic256Sha256,
      securityMode: opcua.MessageSecurityMode.SignAndEncrypt,
      serverCertificate: Buffer.from(certificate, 'base64'),
      endpointMustExist: false,
      connectionStrategy: { maxRetry: 0, initialDelay: 50, maxDelay: 50 },
      transportTimeout: 3_000,
    })
    done.connections += 1
    try {
      await client.connect(door)
      for (let count = 0; count < 30 && !flood.isOver; count++) await openOne(client)
      done.anonymous += 1
      await client.createSession({ type: opcua.UserTokenType.Anonymous })
    } catch {
      done.refused += 1
    }
    try {
      done.guesses += 1
      await client.createSession({ type: opcua.UserTokenType.UserName, userName: 'scada', password: `guess-${done.guesses}` })
    } catch {
      done.refused += 1
    }
    await Promise.race([client.disconnect().catch(() => {}), soon(500)])
    await soon(20)
  }
}

interface Raw {
  performMessageTransaction(request: unknown, answered: (error: Error | null, response?: unknown) => void): void
  _getBuiltApplicationUri(): string
  getCertificate(): Buffer
}

/** CreateSession, and nothing after it. */
function openOne(client: opcua.OPCUAClient): Promise<void> {
  const raw = client as unknown as Raw
  const request = new opcua.CreateSessionRequest({
    clientDescription: { applicationUri: raw._getBuiltApplicationUri(), applicationType: opcua.ApplicationType.Client },
    endpointUrl: address,
    sessionName: `never ${done.opened}`,
    clientNonce: randomBytes(32),
    clientCertificate: raw.getCertificate(),
    requestedSessionTimeout: 3_600_000,
  })
  return new Promise((resolve, reject) => {
    raw.performMessageTransaction(request, error => {
      if (error) return reject(error)
      done.opened += 1
      resolve()
    })
  })
}

const folder = mkdtempSync(join(tmpdir(), 'zhishou-flood-'))
const keys = new OPCUACertificateManager({ rootFolder: folder, automaticallyAcceptUnknownCertificate: true })
await keys.initialize()
process.on('message', message => {
  if (message === 'stop') {
    flood.isOver = true
    process.send?.(done, () => {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
      process.exit(0)
    })
  } else process.send?.(done)
})
process.on('disconnect', () => process.exit(0))
for (let one = 0; one < 60; one++) void linger('127.0.6.1', one % 3)
for (let one = 0; one < 3; one++) void pourChunks('127.0.6.2')
for (let one = 0; one < 4; one++) void openSessions(`127.0.6.${3 + one}`, keys)
process.send?.('begun')
