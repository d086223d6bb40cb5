import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../kit/product.ts'
import { startMosquittoWith } from '../protocols/peers/programs.ts'
import type { Bench, Figure, Pace, Pairs } from './figure.ts'
import { alone, alternate, compared, gate } from './figure.ts'
import { passes, residentMb } from './process.ts'
import type { Program } from './programs.ts'
import { startProgram } from './programs.ts'
import { gatewayHeap } from '../../gateway/cli/heap.mjs'

const id = 'broker'
const bare = 'bare aedes'
const loads = [
  { name: '1→1 QoS 0', senders: 1, qos: 0 },
  { name: '10→1 QoS 0', senders: 10, qos: 0 },
  { name: '1→1 QoS 1', senders: 1, qos: 1 },
  { name: '10→1 QoS 1', senders: 10, qos: 1 },
] as const

/** Delivered messages a second. */
async function speedOf(port: number, { senders, qos }: (typeof loads)[number], ms: number): Promise<number> {
  const load = await startProgram('mqtt-load.ts', [String(port), String(senders), String(qos), String(ms)])
  await load.stop()
  gate(Number(load.said) > 0, 'no message came through')
  return Number(load.said)
}

async function speeds(own: Program, aedes: Program, pace: Pace): Promise<Figure[]> {
  const figures: Figure[] = []
  const ms = pace.quick ? 800 : 3_000
  const mosquitto = existsSync('/usr/sbin/mosquitto') && !pace.quick ? await startMosquitto() : undefined
  for (const load of loads) {
    const pairs: Pairs<number> = await alternate(
      pace.quick ? 1 : 4,
      () => speedOf(Number(own.said), load, ms),
      () => speedOf(Number(aedes.said), load, ms),
    )
    const note = 'ours with accounts, fence and limits'
    figures.push(compared({ id, metric: load.name, unit: 'messages/s', peer: bare, note }, pairs, value => value))
    if (!mosquitto) continue
    const other: number[] = []
    for (const _ of pairs.product) other.push(await speedOf(mosquitto.port, load, ms))
    figures.push(
      compared(
        { id, metric: load.name, unit: 'messages/s', peer: 'mosquitto', note },
        { product: pairs.product, peer: other },
        value => value,
      ),
    )
  }
  await mosquitto?.stop()
  return figures
}

const startMosquitto = async (): ReturnType<typeof startMosquittoWith> => {
  const port = await freePort()
  return startMosquittoWith(
    port,
    `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 1000\nmax_queued_messages 0\nset_tcp_nodelay true\n`,
  )
}

/** Resident memory with everybody there, after each round. */
async function rounds(broker: Program, count: number, often: number): Promise<readonly number[]> {
  const sizes: number[] = []
  for (let round = 0; round < often; round++) {
    const crowd = await startProgram('mqtt-crowd.ts', [broker.said, String(count)])
    gate(Number(crowd.said) === count, `${crowd.said} of ${count} devices came in`)
    await passes(500)
    sizes.push(residentMb(broker.pid))
    await crowd.stop()
    await passes(1_000)
  }
  return sizes
}

async function crowds({ quick }: Pace): Promise<Figure[]> {
  const [count, often] = quick ? [500, 3] : [5_000, 10]
  const folder = mkdtempSync(join(tmpdir(), 'zb-'))
  const own = await startProgram('own-broker.ts', [String(count), folder], gatewayHeap)
  const aedes = await startProgram('bare-aedes.ts')
  try {
    const [ours, theirs] = [await rounds(own, count, often), await rounds(aedes, count, often)]
    const most = (sizes: readonly number[]): number => Math.max(...sizes)
    const growth = (sizes: readonly number[]): number => (sizes.at(-1) ?? 0) - (sizes[0] ?? 0)
    const pair = { product: [ours], peer: [theirs] }
    return [
      compared({ id, metric: `memory with ${count} devices, most of ${often} rounds`, unit: 'MB', peer: bare }, pair, most),
      alone(
        {
          id,
          metric: `growth from the first to the last of ${often} rounds`,
          unit: 'MB',
          note: `bare aedes ${growth(theirs).toFixed(0)}`,
        },
        [growth(ours)],
      ),
    ]
  } finally {
    await own.stop()
    await aedes.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

export const bench: Bench = {
  id,
  title: 'The embedded broker beside bare aedes and mosquitto',
  quick: false,
  async run(pace): Promise<readonly Figure[]> {
    const own = await startProgram('own-broker.ts', ['11'], gatewayHeap)
    const aedes = await startProgram('bare-aedes.ts')
    try {
      return [...(await speeds(own, aedes, pace)), ...(await crowds(pace))]
    } finally {
      await own.stop()
      await aedes.stop()
    }
  },
}
