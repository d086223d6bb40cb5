import { execFile, spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { realClock } from '../../api/house.ts'
import type { Channel, ChannelParts, Message, PreparedChannel } from '../../../gateway/notify/channel.ts'
import { channelKinds } from '../../../gateway/notify/channels.ts'
import type { Person } from '../../../gateway/duty/duty.ts'

export const wang: Person = {
  id: 'wang',
  name: { zh: '王芳', en: 'Wang Fang' },
  account: 'wangfang',
  roles: ['食堂主管'],
  language: 'zh',
  channels: [],
  handles: {
    sms: '138-0000-0000',
    smtp: 'wang@example.org',
    wecom: 'WangFang',
    dingtalk: '13800000000',
    feishu: 'ou_84aad35d084aa403a838cf73ee18467',
  },
}
export const li: Person = { ...wang, id: 'li', handles: {} }

export const message = (more: Partial<Message> = {}): Message => ({
  key: 'greenhill.N31',
  occasion: 'raised',
  priority: 'high',
  title: '1 号保鲜柜温度过高',
  text: '1 号保鲜柜温度过高\n柜内 9.4 °C，上限 8 °C，已 15 分钟。\n请关好柜门。',
  link: 'https://zhishou.example.org/a/zsl_AbC-123',
  language: 'zh',
  facts: { alarms: ['A7'], clause: 'CAN-1', equipment: 'cold-1' },
  mayRepeat: false,
  ...more,
})

export const noParts: ChannelParts = {
  wall: realClock,
  site: { id: 'greenhill', name: '青山小学' },
  secrets: { get: async () => undefined, put: async () => {} },
  subscriptions: { of: async () => [], remove: async () => {} },
  publish: async () => false,
}

/** A channel of that kind as the site file would open it; throws with what is wrong. */
export function prepare(kind: string, settings: Readonly<Record<string, unknown>>): PreparedChannel {
  const prepared = channelKinds.find(one => one.kind === kind)?.prepare('one', settings)
  if (!prepared?.ok) throw new Error(JSON.stringify(prepared?.problems))
  return prepared.channel
}
export const open = (kind: string, settings: Readonly<Record<string, unknown>>, parts: Partial<ChannelParts> = {}): Channel =>
  prepare(kind, settings).open({ ...noParts, ...parts })

/** What is wrong with settings: `code path`. */
export function wrong(kind: string, settings: Readonly<Record<string, unknown>>): readonly string[] {
  const prepared = channelKinds.find(one => one.kind === kind)?.prepare('one', settings)
  return prepared?.ok === false ? prepared.problems.map(({ code, path }) => `${code ?? 'wrong-setting'} ${path.join('.')}`) : []
}

export const never = new AbortController().signal

export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}
export interface Sink {
  readonly url: string
  readonly port: number
  readonly received: Received[]
  /** How the next requests are answered. */
  answer: (response: ServerResponse, request: Received) => void
}

/** A real HTTP server on loopback that keeps what it gets; closed when the test is over. */
export async function sink(answer: Sink['answer'] = says(200, '')): Promise<Sink> {
  const received: Received[] = []
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) }
      received.push(one)
      it.answer(response, one)
    })
  }
  const server = createServer(listener)
  const port = await listening(server)
  const it: Sink = { url: `http://127.0.0.1:${port}`, port, received, answer }
  return it
}

export async function listening(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

export const says =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse): void => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    response.writeHead(status, headers).end(text)
  }

/** The one request there was, with its JSON. */
export function only({ received }: Sink): Received & { readonly json: Record<string, unknown> } {
  const [one, ...others] = received
  if (one === undefined || others.length > 0) throw new Error(`${received.length} requests`)
  return {
    ...one,
    get json() {
      return JSON.parse(one.body.toString('utf8')) as Record<string, unknown>
    },
  }
}

/** A second opinion by code nobody here wrote: Python's standard library. JSON in, JSON out. */
export function python(script: string, input: unknown): unknown {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', `import sys, json\ndata = json.load(sys.stdin)\n${script}`], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 64 * 1_024 * 1_024,
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

export const run = promisify(execFile)
