/** Our broker in a process of its own, so that it can be killed and its memory read: `broker-process.ts JSON`, answers over IPC. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Broker } from '../../../protocols/mqtt/broker.ts'
import { brokerLimits } from '../../../protocols/mqtt/limits.ts'
import { realClock } from '../kit.ts'

interface Wanted {
  readonly port: number
  readonly folder?: string
  readonly accounts: Readonly<Record<string, string>>
  readonly limits?: Partial<typeof brokerLimits>
}
const { port, folder, accounts, limits = {} } = JSON.parse(process.argv[2] ?? '{}') as Wanted

setFlagsFromString('--expose-gc')
const sweep = runInNewContext('gc') as () => void

const opened = await Broker.open({
  host: '127.0.0.1',
  port,
  accounts: new Map(Object.entries(accounts).map(([name, password]) => [name, { password, hears: [] }])),
  anonymous: false,
  maxPacket: 256 * 1024,
  limits: { ...brokerLimits, ...limits },
  named: new Map(),
  wall: realClock,
  ...(folder === undefined ? {} : { folder }),
  heard() {},
  fellSilent() {},
})
if (!opened.ok) throw new Error(opened.fault.detail)
const broker = opened.value

process.on('message', () => {
  sweep()
  sweep()
  const { heapUsed, rss } = process.memoryUsage()
  process.send?.({
    heapUsed,
    rss,
    connections: broker.connections,
    unsent: broker.traffic.unsent,
    held: broker.traffic.held,
    ...broker.hub.figures,
  })
})
process.send?.('ready')
