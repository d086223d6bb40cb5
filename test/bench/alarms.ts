import { io } from 'socket.io-client'
import type { Socket } from 'socket.io-client'
import type { WireChange } from '../../gateway/api/wire.ts'
import { alone, compared, gate, percentile } from './figure.ts'
import type { Bench, Figure, Pace } from './figure.ts'
import { inFolder } from './folder.ts'
import { startProgram } from './programs.ts'
import { signIn } from './sign-in.ts'

const id = 'alarms'
const peer = 'closures + socket.io'
const points = 10_000
const alarms = 1_000
/** A second of readings comes in so many parts, one every 100 ms; each raises its share of the alarms. */
const parts = 10

type Pushed = { readonly point: string; readonly t: number; readonly v: number }
const wait = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, Math.max(0, ms)))
const first = (socket: Socket, event: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    socket.once(event, resolve)
    socket.once('connect_error', reject)
  })

/** One way from a pushed reading to the screen. */
interface Way {
  readonly push: (readings: readonly Pushed[]) => Promise<void>
  /** Told of each alarm that came to the screen. */
  hear: (point: string, isRaised: boolean) => void
}

interface Round {
  readonly latencies: readonly number[]
  readonly lost: number
  /** From the first reading that was sent to the last alarm on the screen. */
  readonly whole: number
}

/** Every point once within a second; the watched ones go beyond their limit or come back. */
async function second(way: Way, isHot: boolean): Promise<Round> {
  const sent = new Map<string, number>()
  const latencies: number[] = []
  const seen = new Set<string>()
  let twice: string | undefined
  let done = (): void => {}
  const all = new Promise<void>(resolve => {
    done = resolve
  })
  way.hear = (point, isRaised) => {
    const at = sent.get(point)
    if (isRaised !== isHot || at === undefined) return
    if (seen.has(point)) twice = point
    seen.add(point)
    latencies.push(performance.now() - at)
    if (latencies.length === alarms) done()
  }
  const began = performance.now()
  const pushes: Promise<void>[] = []
  for (let part = 0; part < parts; part += 1) {
    await wait(began + part * (1_000 / parts) - performance.now())
    const t = Date.now()
    const readings: Pushed[] = []
    for (let n = part; n < points; n += parts) {
      const point = `probe-${n}.temperature`
      readings.push({ point, t, v: n < alarms && isHot ? 35 : 20 + (n % 7) / 10 })
      if (n < alarms) sent.set(point, performance.now())
    }
    pushes.push(way.push(readings))
  }
  await Promise.all(pushes)
  await Promise.race([all, wait(10_000)])
  const whole = performance.now() - began
  gate(twice === undefined, `the alarm of ${twice} came to the screen twice`)
  gate(latencies.length === alarms, `${alarms - latencies.length} of ${alarms} alarms never came to the screen`)
  return { latencies, lost: alarms - latencies.length, whole }
}

const pusher =
  (address: string, headers: Readonly<Record<string, string>>): Way['push'] =>
  async readings => {
    const response = await fetch(`${address}/api/v1/readings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(readings),
    })
    gate(response.status === 204, `readings were answered with ${response.status}`)
  }

async function measure({ quick }: Pace, folder: string): Promise<readonly Figure[]> {
  const [product, bare] = await Promise.all([
    startProgram('many-points.ts', [folder, String(points), String(alarms)]),
    startProgram('bare-alarms.ts'),
  ])
  const sockets: Socket[] = []
  try {
    const cookie = await signIn(product.said)
    const options = { transports: ['websocket'], reconnection: false, forceNew: true }
    const ourScreen = io(product.said, { ...options, extraHeaders: { cookie } })
    const theirScreen = io(bare.said, options)
    sockets.push(ourScreen, theirScreen)
    await Promise.all([first(ourScreen, 'connect'), first(theirScreen, 'connect')])
    const deaf = (): void => {}
    const ours: Way = { push: pusher(product.said, { cookie, origin: product.said }), hear: deaf }
    const theirs: Way = { push: pusher(bare.said, {}), hear: deaf }
    ourScreen.emit('watch', { points: ['probe-1.temperature'] })
    await first(ourScreen, 'snapshot')
    ourScreen.on('change', (change: WireChange) => {
      for (const alarm of change.alarms ?? []) ours.hear(alarm.point, alarm.active)
    })
    theirScreen.on('alarm', ({ point, raised }: { point: string; raised: boolean }) => theirs.hear(point, raised))
    // There and back once before anything is measured: every point is known then, and the code is warm.
    await second(ours, true)
    await second(ours, false)
    const rounds = quick ? 1 : 5
    const pairs: { product: Round[]; peer: Round[] } = { product: [], peer: [] }
    for (let round = quick ? 0 : -1; round < rounds; round += 1) {
      for (const [way, taken] of [
        [ours, pairs.product],
        [theirs, pairs.peer],
      ] as const) {
        const raised = await second(way, true)
        if (round >= 0) taken.push(raised)
        if (round < rounds - 1) await second(way, false)
      }
    }
    const label = { id, unit: 'ms', peer }
    const note = `${alarms} alarms within a second among ${points} points that all speak once a second; readings, journal and checkpoints on disk (fsync) before the screen hears`
    return [
      compared({ ...label, metric: 'reading sent to screen, p50', note }, pairs, ({ latencies }) => percentile(latencies, 0.5)),
      compared({ ...label, metric: 'reading sent to screen, p99' }, pairs, ({ latencies }) => percentile(latencies, 0.99)),
      compared({ ...label, metric: 'first reading to last alarm' }, pairs, ({ whole }) => whole),
      alone(
        { id, metric: 'alarms lost', unit: 'alarms' },
        pairs.product.map(({ lost }) => lost),
      ),
    ]
  } finally {
    for (const socket of sockets) socket.close()
    await Promise.all([bare.stop(), product.stop()])
  }
}

export const bench: Bench = {
  id,
  title: 'A thousand alarms in a second',
  quick: true,
  run: pace => inFolder(folder => measure(pace, folder)),
}
