/** Our broker as the product runs it: accounts, fence, limits, durable where somebody is owed it. Says its port. */
import { systemClock } from '../../../gateway/clock.ts'
import { Broker } from '../../../protocols/mqtt/broker.ts'
import { brokerLimits } from '../../../protocols/mqtt/limits.ts'
import { freePort } from '../../kit/product.ts'

const [accounts = '1', folder] = process.argv.slice(2)
const port = await freePort()
const opened = await Broker.open({
  host: '127.0.0.1',
  port,
  accounts: new Map(
    Array.from({ length: Number(accounts) }, (_, n) => [`d${n}`, { password: 'p', hears: n === 0 ? ['devices/#'] : [] }]),
  ),
  anonymous: false,
  maxPacket: 256 * 1024,
  // The load is meant.
  limits: { ...brokerLimits, packetsPerSecond: 10_000_000, inFlight: 1_000, queue: 100_000, unsentBytes: 16 * 1024 * 1024 },
  named: new Map(),
  wall: systemClock,
  ...(folder === undefined ? {} : { folder }),
  heard() {},
  fellSilent() {},
})
if (!opened.ok) throw new Error(opened.fault.detail)
console.log(port)
