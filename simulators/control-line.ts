import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { ControlAnswer, ControlRequest } from './control.ts'

/** Where the simulator of a site file listens: the same path for everybody who names the same file. */
export function lineOf(site: string): string {
  const name = `zhishou-simulator-${createHash('sha256').update(resolve(site)).digest('hex').slice(0, 24)}`
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`)
}

/** What came over a line or from the parent process, or nothing when it is no request. */
export function parseRequest(raw: unknown): ControlRequest | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined
  const { id, do: what, equipment, fault, on, wall, domain, speed } = raw as Record<string, unknown>
  if (typeof id !== 'number') return undefined
  if (what === 'list' || what === 'stop') return { id, do: what }
  if (what === 'fault' && typeof equipment === 'string' && typeof fault === 'string' && typeof on === 'boolean')
    return { id, do: what, equipment, fault, on }
  if (what === 'clock' && isTime(wall) && isTime(domain) && isTime(speed)) return { id, do: what, wall, domain, speed }
  return undefined
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

/** The local socket of a running simulator: one JSON object a line, each request answered with its id. */
export class ControlLine {
  readonly #path: string
  readonly #answer: (request: ControlRequest) => ControlAnswer
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  constructor(path: string, answer: (request: ControlRequest) => ControlAnswer) {
    this.#path = path
    this.#answer = answer
  }

  /**
   * Only its own user may use it. A socket file that a killed simulator left behind is taken over; a living one is not: then this
   * resolves with false.
   */
  async start(): Promise<boolean> {
    const living = await dial(this.#path)
    living?.destroy()
    if (living) return false
    if (process.platform !== 'win32') await rm(this.#path, { force: true })
    const server = createServer(socket => this.#serve(socket))
    this.#server = server
    const mask = process.umask(0o077)
    try {
      await new Promise<void>((done, failed) => {
        server.once('error', failed)
        server.listen(this.#path, done)
      })
    } finally {
      process.umask(mask)
    }
    return true
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    const server = this.#server
    this.#server = undefined
    if (server) await new Promise<void>(done => server.close(() => done()))
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
    createInterface({ input: socket }).on('line', line => {
      const request = parseRequest(parseJson(line))
      if (request && !socket.destroyed) socket.write(`${JSON.stringify(this.#answer(request))}\n`)
    })
  }
}

/** Hands requests to a simulator that runs already; undefined when there is none. */
export async function handOver(path: string, requests: readonly ControlRequest[]): Promise<ControlAnswer[] | undefined> {
  const socket = await dial(path)
  if (!socket) return undefined
  const answers: ControlAnswer[] = []
  for (const request of requests) socket.write(`${JSON.stringify(request)}\n`)
  try {
    for await (const line of createInterface({ input: socket })) {
      answers.push(JSON.parse(line) as ControlAnswer)
      if (answers.length === requests.length) break
    }
  } finally {
    socket.destroy()
  }
  return answers
}

const dial = (path: string): Promise<Socket | undefined> =>
  new Promise(done => {
    const socket = connect(path)
    socket.once('connect', () => done(socket))
    socket.once('error', () => done(undefined))
  })

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
