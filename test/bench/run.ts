/**
 * `npm run bench [-- --quick] [-- --json FILE] [-- --only ID]`: product and peer in turns on this machine, one bench after another.
 * Exit 1 when a bench refused its figures because a result was wrong, 2 for wrong usage.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { benches } from './benches.ts'
import type { Figure } from './figure.ts'
import { tableOf } from './table.ts'

const usage = `npm run bench [-- --quick] [-- --json FILE] [-- --only ID]

  --quick       shorter windows and fewer repetitions, under a minute on a quiet machine of two cores
  --json FILE   writes every figure as {id, metric, value, unit, peer, ratio, …}
  --only ID     one bench of: ${Object.keys(benches).join(' ')} (may be given more than once)
`

interface Options {
  readonly quick: boolean
  readonly json: string | undefined
  readonly only: readonly string[]
}

function optionsOf(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
        only: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return ''
    const unknown = values.only.find(id => !Object.hasOwn(benches, id))
    return unknown === undefined
      ? { quick: values.quick, json: values.json, only: values.only }
      : `there is no bench "${unknown}"`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const machine = (): string => {
  const { model } = cpus()[0] ?? { model: 'unknown' }
  const load = loadavg().map(average => average.toFixed(2))
  return `${availableParallelism()} cores (${model}), ${Math.round(totalmem() / 1e9)} GB, ${process.platform} ${release()}, Node ${process.version}, load average ${load.join(' ')}`
}

/** As it is promised to whoever reads the file, what is more behind it. */
const inOrder = ({ id, metric, value, unit, peer, ratio, ...more }: Figure): Figure => ({
  id,
  metric,
  value,
  unit,
  peer,
  ratio,
  ...more,
})

type Answer = { readonly figures: readonly Figure[] } | { readonly why: string }

/** A bench that waits for what never comes must not keep the others from their turn. */
const longest = 10 * 60_000

/** Each bench in a process of its own: a heap that another one filled would be measured with it. */
async function measure(id: string, quick: boolean): Promise<Answer> {
  // Short, because the path of a socket below it may not be long.
  const folder = mkdtempSync(join(tmpdir(), 'zb-'))
  const child = fork(join(import.meta.dirname, 'one.ts'), [id, ...(quick ? ['--quick'] : [])], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // What a rule costs in memory is read from the heap after it has been swept.
    execArgv: ['--expose-gc'],
    env: { ...process.env, NODE_OPTIONS: undefined, TMPDIR: folder },
  })
  running = () => child.kill('SIGTERM')
  let answer: Answer | undefined
  const patience = setTimeout(() => {
    answer = { why: `it was not done within ${longest / 60_000} minutes` }
    running()
  }, longest)
  child.on('message', message => (answer ??= message as Answer))
  const code = await new Promise<number | null>(resolve => child.on('exit', resolve))
  clearTimeout(patience)
  running = () => false
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  return answer ?? { why: stopped ? 'it was stopped' : `the process of the bench ended with ${code}` }
}

let running = (): boolean => false
let stopped = false
const stop = (): void => {
  stopped = true
  running()
}

async function run({ quick, json, only }: Options): Promise<number> {
  console.log(`${machine()}\n`)
  const figures: Figure[] = []
  const refused: string[] = []
  const began = performance.now()
  for (const [id, load] of Object.entries(benches)) {
    if (stopped || (only.length > 0 && !only.includes(id))) continue
    const bench = await load()
    if (quick && !bench.quick && only.length === 0) continue
    const from = performance.now()
    const answer = await measure(id, quick)
    console.log(`${id}: ${bench.title} (${((performance.now() - from) / 1_000).toFixed(1)} s)`)
    if ('figures' in answer) {
      figures.push(...answer.figures)
      console.log(`${tableOf(answer.figures)}\n`)
    } else {
      refused.push(id)
      console.log(`  no figure: ${answer.why}\n`)
    }
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(figures.map(inOrder), null, 2)}\n`)
  const seconds = ((performance.now() - began) / 1_000).toFixed(0)
  const without = refused.length > 0 ? `, without a figure: ${refused.join(' ')}` : ''
  console.log(`${figures.length} figures in ${seconds} s, load average now ${loadavg()[0]?.toFixed(2)}${without}`)
  return refused.length > 0 || stopped ? 1 : 0
}

// The terminal's Ctrl-C reaches the bench too; a signal to us alone is passed on, and so is the word of the command that started us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
process.on('message', message => {
  if (typeof message === 'object' && message !== null && 'stop' in message) stop()
})

const options = optionsOf(process.argv.slice(2))
if (typeof options === 'string') {
  console.error(options === '' ? usage : `${options}\n\n${usage}`)
  process.exitCode = options === '' ? 0 : 2
} else process.exitCode = await run(options)
if (process.connected) process.disconnect()
