import { facility, person } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'
import { alone, alternate, compared, gate } from './figure.ts'
import type { Bench, Figure, Pace } from './figure.ts'
import { cpuSeconds, passes, residentMb, treeOf } from './process.ts'
import { startProgram } from './programs.ts'

const id = 'start'
const peer = 'fastify + socket.io hello'

/** The whole demo as one user command starts it, and what each of its processes takes. */
interface Weight {
  readonly gatewayMb: number
  readonly simulatorsMb: number
  readonly wholeMb: number
}

function weigh({ pid }: Product, stranger: number): Weight {
  // The command's own process is the parent of the gateway; the simulated equipment is the gateway's child.
  const [gateway = pid, ...below] = treeOf(pid)
  const command = treeOf(process.pid).filter(of => of !== process.pid && of !== stranger && !below.includes(of) && of !== gateway)
  const all = (pids: readonly number[]): number => pids.reduce((sum, of) => sum + residentMb(of), 0)
  return { gatewayMb: residentMb(gateway), simulatorsMb: all(below), wholeMb: all([gateway, ...below, ...command]) }
}

/** Percent of one core over the window. */
async function load(pid: number, ms: number): Promise<number> {
  const [cpu, from] = [cpuSeconds(pid), performance.now()]
  await passes(ms)
  return ((cpuSeconds(pid) - cpu) / ((performance.now() - from) / 1_000)) * 100
}

interface Shown {
  readonly id: string
  readonly connection: string
  readonly quality: string
  readonly at: string | null
}

async function pointsOf(product: Product): Promise<readonly Shown[]> {
  const api = await person(product.address)
  const { items } = (await api.get('/api/v1/points?limit=500')) as { items: Shown[] }
  return items
}

const newest = (points: readonly Shown[]): number => Math.max(...points.map(({ at }) => (at === null ? 0 : Date.parse(at))))

/** Ready means ready: it says so itself, and equipment of every polled connection is on screen. */
async function isUp(product: Product): Promise<void> {
  const { status } = await fetch(`${product.address}/readyz`)
  gate(status === 200, `the gateway called itself ready and answers ${status} on /readyz`)
  const points = (await pointsOf(product)).filter(({ connection }) => !['push', 'broker'].includes(connection))
  const silent = [...Map.groupBy(points, ({ connection }) => connection)].filter(([, of]) =>
    of.every(({ quality }) => quality !== 'good'),
  )
  gate(points.length > 0 && silent.length === 0, `nothing good has come over ${silent.map(([name]) => name).join(' ')}`)
}

async function starts(works: Facility, { quick }: Pace): Promise<readonly Figure[]> {
  const { product, peer: hello } = await alternate(
    quick ? 1 : 5,
    async () => {
      const from = performance.now()
      const up = await works.start(['--speed', '1'])
      const ms = performance.now() - from
      await isUp(up)
      gate((await up.stop()) === 0, 'the gateway did not end well')
      return ms
    },
    async () => {
      const program = await startProgram('hello-server.mjs')
      const { status } = await fetch(program.said)
      gate(status === 200, `the hello server answers ${status}`)
      await program.stop()
      return program.startMs
    },
    0,
  )
  const pairs = { product: product.map(ms => ms / 1_000), peer: hello.map(ms => ms / 1_000) }
  const note = 'command to ready line, on an existing data directory; the simulated equipment starts with it'
  return [compared({ id, metric: 'warm start', unit: 's', peer, note }, pairs, seconds => seconds)]
}

async function running(works: Facility, { quick }: Pace): Promise<readonly Figure[]> {
  const settle = quick ? 1_500 : 10_000
  const window = quick ? 3_000 : 20_000
  const hello = await startProgram('hello-server.mjs')
  const product = await works.start(['--speed', '1'])
  try {
    await passes(settle)
    const atOne = await load(product.pid, window)
    await isUp(product)
    gate((await fetch(hello.said)).ok, 'the hello server does not answer')
    const helloMb = residentMb(hello.pid)
    const weight = weigh(product, hello.pid)
    const before = newest(await pointsOf(product))
    const fast = await (await person(product.address)).send('PUT', '/api/v1/demo/speed', { speed: 60 })
    gate(fast.ok, `the speed could not be set: ${fast.status}`)
    await passes(settle / 2)
    const atSixty = await load(product.pid, window)
    await isUp(product)
    const passed = (newest(await pointsOf(product)) - before) / (window + settle / 2)
    gate(passed > 40, `the demo ran ${passed.toFixed(1)} times as fast as real time, not 60`)
    const after = weigh(product, hello.pid)
    const seconds = window / 1_000
    const atRest = `resident, after ${(settle + window) / 1_000} s at 1×, nobody looking`
    const memory = { product: [weight.gatewayMb], peer: [helloMb] }
    return [
      compared({ id, metric: 'gateway memory', unit: 'MB', peer, note: atRest }, memory, mb => mb),
      alone({ id, metric: 'simulators memory', unit: 'MB', note: atRest }, [weight.simulatorsMb]),
      alone({ id, metric: 'whole demo memory', unit: 'MB', note: `${atRest}, the command's own process included` }, [
        weight.wholeMb,
      ]),
      alone({ id, metric: 'gateway CPU at 1×', unit: '% of a core', note: `over ${seconds} s` }, [atOne]),
      alone({ id, metric: 'gateway CPU at 60×', unit: '% of a core', note: `over ${seconds} s` }, [atSixty]),
      alone({ id, metric: 'gateway memory at 60×', unit: 'MB', note: `resident, after ${seconds} s at 60×` }, [after.gatewayMb]),
      alone({ id, metric: 'whole demo memory at 60×', unit: 'MB', note: `resident, after ${seconds} s at 60×` }, [after.wholeMb]),
    ]
  } finally {
    await hello.stop()
    await product.stop()
  }
}

export const bench: Bench = {
  id,
  title: 'The demo: start, memory, processor',
  quick: true,
  async run(pace) {
    const works = await facility()
    try {
      // The long run comes first: it makes the data directory and warms the caches that a warm start is about.
      const weights = await running(works, pace)
      return [...(await starts(works, pace)), ...weights]
    } finally {
      await works.remove()
    }
  },
}
