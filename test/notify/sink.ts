import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the other side of a webhook got. */
export interface Got {
  readonly key: string
  readonly person: string
  readonly occasion: string
  readonly mayRepeat: boolean
  readonly text: string
  readonly title: string
  readonly link?: string
  readonly facts: { readonly alarms: readonly string[]; readonly notices: readonly string[]; readonly recorded: boolean }
  readonly at: number
}
export type Behaviour = number | 'hang' | 'reset' | ((response: ServerResponse, got: Got) => void)

/** A real HTTP server that keeps what it got, in order, and answers as the test says; 200 unless it says otherwise. */
export class Sink {
  readonly got: Got[] = []
  #server!: Server
  #behaviour: (nth: number, got: Got) => Behaviour = () => 200
  #waiting: { readonly count: number; readonly resolve: () => void }[] = []

  async start(): Promise<this> {
    this.#server = createServer((request, response) => void this.#take(request, response))
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }
  /** The answer to the nth request, from 1. */
  answers(behaviour: (nth: number, got: Got) => Behaviour): void {
    this.#behaviour = behaviour
  }
  /** Resolves when so many have come in all. */
  async has(count: number): Promise<void> {
    if (this.got.length >= count) return
    await new Promise<void>(resolve => this.#waiting.push({ count, resolve }))
  }
  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as Omit<Got, 'person' | 'at'> & { person: { id: string } }
    const got: Got = { ...body, person: body.person.id, key: String(request.headers['idempotency-key']), at: performance.now() }
    this.got.push(got)
    const how = this.#behaviour(this.got.length, got)
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.got.length >= count) resolve()
      return this.got.length < count
    })
    if (typeof how === 'function') how(response, got)
    else if (how === 'reset') request.socket.destroy()
    else if (how !== 'hang') response.writeHead(how).end('{}')
  }
}
