/** One bench in a process of its own, so that none warms up or burdens the next: `one.ts ID [--quick]`, answers over IPC. */
import { benches } from './benches.ts'
import { gate, Wrong } from './figure.ts'
import { passes, treeOf } from './process.ts'

const [id = '', pace] = process.argv.slice(2)

async function answer(): Promise<unknown> {
  const bench = await benches[id]?.()
  if (!bench) return { why: `there is no bench ${id}` }
  try {
    const figures = await bench.run({ quick: pace === '--quick' })
    const odd = figures.find(({ value, ratio }) => !Number.isFinite(value) || (ratio !== null && !Number.isFinite(ratio)))
    gate(odd === undefined, `${odd?.metric} is ${odd?.value}, ratio ${odd?.ratio}`)
    return { figures }
  } catch (error) {
    return { why: error instanceof Wrong || !(error instanceof Error) ? String(error) : (error.stack ?? error.message) }
  }
}

/** A bench that gave up or was told to may have left its programs running: they end with this process. */
async function leave(): Promise<never> {
  for (const pid of treeOf(process.pid).slice(1)) {
    try {
      process.kill(pid, 'SIGTERM')
    } catch {
      // It ended by itself.
    }
  }
  // What is still closing writes into folders that are about to be removed.
  for (let look = 0; look < 80 && treeOf(process.pid).length > 1; look++) await passes(100)
  process.exit()
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void leave())

const said = await answer()
if (process.send) process.send(said, () => void leave())
else {
  console.log(JSON.stringify(said, null, 2))
  await leave()
}
