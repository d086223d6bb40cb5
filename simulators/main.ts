import { parseArgs } from 'node:util'
import { CannotPlay } from './binding.ts'
import type { Setting } from './clock.ts'
import { fastest, later, slowest } from './clock.ts'
import { ControlLine, handOver, lineOf, parseRequest } from './control-line.ts'
import type { ControlAnswer, ControlNews, ControlRequest } from './control.ts'

const usage = `node simulators/main.ts --site FILE [--state FILE] [--speed N] [--fault NAME@EQUIPMENT …] [--clear NAME@EQUIPMENT …]

  按现场文件模拟设备；同一现场的模拟器已在运行时，只把故障交给它。
  Plays the equipment of a site file; when a simulator of that site already runs, only hands it the faults.

  --site FILE   现场文件 · the site file
  --state FILE  保存模拟世界的文件 · where the simulated world is kept; needed to start one
  --follow      等父进程的时钟 · the world begins with the parent process's clock
  --speed N     世界的快慢，${slowest} 到 ${fastest} · how fast the world runs, default 1
  --fault F@E   打开故障 · switches a fault on
  --clear F@E   解除故障 · switches a fault off
`

interface Wish {
  readonly equipment: string
  readonly fault: string
  readonly on: boolean
}

interface Order {
  readonly site: string
  readonly state: string | undefined
  readonly speed: number
  /** The world begins when the parent process has sent its clock, however long that takes. */
  readonly follow: boolean
  readonly wishes: readonly Wish[]
}

class WrongUsage extends Error {}

function readOrder(argv: readonly string[]): Order {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      site: { type: 'string' },
      state: { type: 'string' },
      speed: { type: 'string', default: '1' },
      follow: { type: 'boolean', default: false },
      fault: { type: 'string', multiple: true, default: [] },
      clear: { type: 'string', multiple: true, default: [] },
    },
  })
  const speed = Number(values.speed)
  if (values.site === undefined) throw new WrongUsage('--site FILE')
  if (!(speed >= slowest && speed <= fastest)) throw new WrongUsage(`--speed ${values.speed}: ${slowest}…${fastest}`)
  const wishes = [...values.fault.map(wish => readWish(wish, true)), ...values.clear.map(wish => readWish(wish, false))]
  return { site: values.site, state: values.state, speed, follow: values.follow, wishes }
}

function readWish(text: string, on: boolean): Wish {
  const [fault = '', equipment = '', ...more] = text.split('@')
  if (fault === '' || equipment === '' || more.length > 0) throw new WrongUsage(`${text}: NAME@EQUIPMENT`)
  return { equipment, fault, on }
}

const say = (text: string) => process.stdout.write(`${text}\n`)

/** One line per wish, and whether all were granted. */
function report(wishes: readonly Wish[], answers: readonly ControlAnswer[]): boolean {
  let good = true
  for (const [index, { equipment, fault, on }] of wishes.entries()) {
    const answer = answers[index]
    if (answer?.ok) {
      const name = answer.faults.find(one => one.equipment === equipment && one.fault === fault)?.name
      say(
        on
          ? `已注入故障 ${equipment}：${name?.zh} · ${equipment}: ${name?.en} is on`
          : `已解除故障 ${equipment}：${name?.zh} · ${equipment}: ${name?.en} is off`,
      )
      continue
    }
    good = false
    const known = answer?.known.join(', ') ?? ''
    if (answer?.why === 'no-such-equipment') say(`没有设备 ${equipment} · there is no equipment ${equipment}: ${known}`)
    else say(`${equipment} 没有故障 ${fault} · ${equipment} has no fault ${fault}: ${known}`)
  }
  return good
}

async function main(): Promise<number | undefined> {
  const order = readOrder(process.argv.slice(2))
  const requests = order.wishes.map((wish, id): ControlRequest => ({ id, do: 'fault', ...wish }))
  const line = lineOf(order.site)

  if (requests.length > 0) {
    const answers = await handOver(line, requests)
    if (answers) return report(order.wishes, answers) ? 0 : 1
  }
  if (order.state === undefined) throw new WrongUsage('--state FILE')

  // Only loaded here, so that handing over a fault is quick; and while the parent's clock is on its way.
  const parts = Promise.all([import('../gateway/site/load.ts'), import('./facility.ts'), import('./sight.ts')])
  // A parent that keeps us waiting is opening its own files; the slowest library can be read meanwhile.
  if (order.follow) void import('./players/opcua-player.ts')
  const first = process.send ? await firstClock(order.follow ? undefined : 500) : undefined
  const [{ loadSite }, { Facility }, { inSight }] = await parts
  const { protocols, conversions } = inSight()
  const loaded = await loadSite(order.site, process.env, protocols)
  if (!loaded.ok) {
    for (const { severity, file, line: row, column, wrong } of loaded.problems)
      if (severity === 'error') say(`${file}:${row}:${column} ${wrong.zh} · ${wrong.en}`)
    return 1
  }
  const tell = (news: ControlNews | ControlAnswer) => {
    if (process.connected) process.send?.(news, () => {})
  }
  const facility = new Facility({
    site: loaded.site,
    conversions,
    state: order.state,
    speed: order.speed,
    ...(first ? { clock: first } : {}),
    onFaults: faults => tell({ faults }),
  })
  const answer = (request: ControlRequest): ControlAnswer => {
    if (request.do === 'stop') later(0, stop)
    if (request.do === 'clock') facility.setClock(request)
    if (request.do === 'fault') {
      const injected = facility.inject(request.equipment, request.fault, request.on)
      if (!injected.ok) return { id: request.id, ...injected }
    }
    return { id: request.id, ok: true, faults: facility.faults() }
  }
  const control = new ControlLine(line, answer)
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    void Promise.allSettled([control.stop(), facility.stop()]).then(() => process.exit(0))
  }
  // Ctrl-C reaches the whole terminal; a gateway that we follow stops polling first and then tells us.
  process.on('SIGINT', () => order.follow || stop())
  process.on('SIGTERM', stop)

  // A second demo of the same site on this machine has its own parent to steer it; the line stays with the first.
  if (!(await control.start()) && !process.send) {
    say(`该现场的模拟器已在运行 · a simulator of this site is already running`)
    return 1
  }
  try {
    await facility.start()
  } catch (error) {
    await control.stop()
    throw error
  }
  process.on('disconnect', stop)
  process.on('message', message => {
    const request = parseRequest(message)
    if (request) tell(answer(request))
  })
  for (const request of early.splice(0)) tell(answer(request))
  if (!report(order.wishes, requests.map(answer))) stop()
  tell({ ready: true, faults: facility.faults() })
  say(`模拟设备已就绪 · the simulated equipment is ready: ${facility.played.join(', ')}`)
  return undefined
}

/** What the parent process said before there was anybody to answer. */
const early: ControlRequest[] = []

/** The parent's clock, so that the world does not first live at another time; a parent that sends none is not waited for long. */
function firstClock(patience: number | undefined): Promise<Setting | undefined> {
  return new Promise(done => {
    const leave = () => process.exit(0)
    process.once('disconnect', leave)
    const hear = (message: unknown) => {
      const request = parseRequest(message)
      if (request) early.push(request)
      if (request?.do !== 'clock') return
      cancel()
      process.off('message', hear)
      process.off('disconnect', leave)
      done(request)
    }
    const cancel =
      patience === undefined
        ? () => {}
        : later(patience, () => {
            process.off('message', hear)
            process.off('disconnect', leave)
            done(undefined)
          })
    process.on('message', hear)
  })
}

try {
  const code = await main()
  if (code !== undefined) process.exit(code)
} catch (error) {
  const wrong = error instanceof WrongUsage || (error instanceof TypeError && 'code' in error)
  process.stderr.write(`${describe(error)}\n${wrong ? usage : ''}`)
  process.exit(wrong ? 2 : 1)
}

function describe(error: unknown): string {
  if (error instanceof CannotPlay) return error.message
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    return `端口已被占用 · a port is already taken: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}
