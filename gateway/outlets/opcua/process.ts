import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { seconds } from '../../../protocols/contract/time.ts'
import { systemClock } from '../../clock.ts'
import { Doorkeeper } from './doorkeeper.ts'
import { FaceServer } from './server.ts'
import type { Space } from './space.ts'
import type { FromFace, ToFace } from './talk.ts'
import { Turnstile } from './turnstile.ts'

/**
 * The process that talks to SCADAs. The gateway tells it what to show; all it can tell the gateway is what happened at its door. When
 * the gateway goes, so does it; when it is overrun, the gateway does not notice.
 */
const tell = (what: FromFace): void => void process.send?.(what, undefined, undefined, () => {})
let server: FaceServer | undefined
let space: Space | undefined
/** What came while the server was still starting. */
const early: ToFace[] = []

async function begin({ face, orders }: Extract<ToFace, { do: 'begin' }>): Promise<void> {
  await mkdir(orders.folder, { recursive: true, mode: 0o700 })
  const { accounts, clients } = orders
  const turnstile = new Turnstile({ wall: systemClock })
  server = await FaceServer.make(orders, new Doorkeeper({ wall: systemClock, accounts, clients, tell }), turnstile)
  space = await server.listen(face)
  for (const message of early.splice(0)) hear(message)
  const fingerprint = createHash('sha256').update(server.certificate).digest('hex')
  tell({ say: 'ready', address: server.address, fingerprint })
  count()
}

function count(): void {
  if (server) tell({ say: 'counts', ...server.counts })
  systemClock.after(seconds(5), count)
}

function hear(message: ToFace): void {
  if (message.do === 'stop') return leave()
  if (message.do === 'begin') {
    begin(message).catch((error: unknown) => {
      tell({ say: 'trouble', why: error instanceof Error ? error.message : String(error) })
      systemClock.after(seconds(1), () => process.exit(1))
    })
    return
  }
  if (!space) return void early.push(message)
  if (message.do === 'readings') return space.show(message.readings)
  for (const condition of message.known) space.know(condition)
  for (const state of message.states) space.set(state, message.news)
}

function leave(): void {
  systemClock.after(seconds(2), () => process.exit(0))
  void (server?.stop() ?? Promise.resolve()).finally(() => process.exit(0))
}

process.on('message', hear)
process.on('disconnect', () => process.exit(0))
// The gateway ends it; a Ctrl-C in the terminal reaches both.
process.on('SIGINT', () => {})
