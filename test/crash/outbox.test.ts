import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Entry } from '../../gateway/journal/entry.ts'
import { openStore } from '../../gateway/store/open.ts'
import { systemClock } from '../../gateway/clock.ts'
import { Sink } from '../notify/sink.ts'
import { times } from '../kit/thorough.ts'

const child = fileURLToPath(new URL('./outbox-child.ts', import.meta.url))

const kills = times(200)
const grounds: Ground[] = []
let cache: string
beforeAll(async () => {
  // What node has compiled is kept between the runs: two hundred starts need not each do it again.
  cache = await mkdtemp(join(tmpdir(), 'zhishou-outbox-cache-'))
  const first = await new Ground().start()
  await first.finish()
})
afterEach(async () => {
  for (const ground of grounds.splice(0)) await ground.remove()
})
afterAll(async () => {
  await rm(cache, { recursive: true, force: true })
})

interface Child {
  readonly process: ChildProcess
  readonly ended: Promise<number | null>
  /** Resolves when it has printed this line. */
  said(line: string): Promise<void>
}

/** A data directory with the other side of its webhook. */
class Ground {
  folder = ''
  readonly sink = new Sink()
  readonly #running = new Set<ChildProcess>()

  async start(): Promise<this> {
    grounds.push(this)
    this.folder = await mkdtemp(join(tmpdir(), 'zhishou-outbox-'))
    await this.sink.start()
    return this
  }
  async remove(): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL')
    await this.sink.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  run(changes: number, mode = ''): Child {
    const { folder, sink } = this
    const options = ['--disable-warning=ExperimentalWarning', child, folder, sink.url, String(changes), mode]
    const started = spawn(process.execPath, options, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_COMPILE_CACHE: cache },
    })
    this.#running.add(started)
    started.once('close', () => this.#running.delete(started))
    let out = ''
    let waiting: { readonly line: string; readonly resolve: () => void }[] = []
    started.stdout.on('data', (bytes: Buffer) => {
      out += bytes.toString('utf8')
      waiting = waiting.filter(({ line, resolve }) => {
        if (out.includes(`${line}\n`)) resolve()
        return !out.includes(`${line}\n`)
      })
    })
    const ended = new Promise<number | null>(resolve => started.once('close', resolve))
    return {
      process: started,
      ended,
      said: line => new Promise(resolve => (out.includes(`${line}\n`) ? resolve() : waiting.push({ line, resolve }))),
    }
  }

  /** Runs until the outbox is empty. */
  async finish(): Promise<void> {
    this.sink.answers(() => 200)
    expect(await this.run(0, 'quiet').ended).toBe(0)
  }

  /** Everything the journal has, read after the last run. */
  async journal(): Promise<readonly Entry[]> {
    const store = await openStore(this.folder, { wall: systemClock })
    const all: Entry[] = []
    for (let after: number | undefined; ;) {
      const { entries, next } = await store.journal.page({ limit: 1_000, ...(after === undefined ? {} : { after }) })
      all.push(...entries)
      if (next === undefined) break
      after = next
    }
    await store.close()
    return all
  }

  /** What must be so whatever was killed when. */
  async expectExactlyOnce(): Promise<{ readonly notices: number; readonly repeated: number }> {
    const { sink } = this
    const entries = await this.journal()
    const changes = entries.filter(({ kind }) => kind === 'alarm.raised' || kind === 'alarm.cleared')
    const queued = entries.filter(({ kind }) => kind === 'notice.queued')
    // Every change of state has its notice to each of the two, in the order it happened, and none has two.
    const expected = changes.flatMap(({ about, kind }) =>
      ['wang', 'chen'].map(who => `${about} ${kind.slice('alarm.'.length)} ${who}`),
    )
    expect(queued.map(({ about, data }) => `${about} ${data['occasion']} ${data['person']}`)).toEqual(expected)
    const ids = queued.map(({ data }) => data['notice'])
    expect(new Set(ids).size).toBe(ids.length)
    // Each has one end: it was delivered, with a proof, or a newer one of the same alarm stood in its place before it went out.
    const endsOf = (kind: string) => entries.filter(one => one.kind === kind).map(({ data }) => data['notice'])
    const delivered = endsOf('notice.delivered')
    expect([...delivered, ...endsOf('notice.not-needed')].toSorted()).toEqual(ids.toSorted())
    expect(endsOf('notice.failed')).toEqual([])
    // At the sink each key came once; what came more often says so from the second time on, and is the same notice.
    const byKey = Map.groupBy(sink.got, ({ key }) => key)
    const arrived = new Set<unknown>(sink.got.flatMap(({ facts }) => facts.notices))
    expect(delivered.filter(id => !arrived.has(id))).toEqual([])
    expect([...arrived].filter(id => !ids.includes(id as string))).toEqual([])
    expect(byKey.size).toBe(arrived.size)
    let repeated = 0
    for (const same of byKey.values()) {
      expect(new Set(same.map(({ facts }) => facts.notices.join())).size).toBe(1)
      expect(same.slice(1).every(({ mayRepeat }) => mayRepeat)).toBe(true)
      repeated += same.length - 1
    }
    // Order is kept for each person.
    for (const who of ['wang', 'chen']) {
      const firsts = [...byKey.values()].flatMap(([first]) =>
        first?.person === who ? [Number(first.facts.notices[0]?.slice(1))] : [],
      )
      expect(firsts).toEqual(firsts.toSorted((a, b) => a - b))
    }
    return { notices: ids.length, repeated }
  }
}

describe('a kill', () => {
  test('while the message is with the other side sends it again under the same key, marked', async () => {
    const ground = await new Ground().start()
    const { sink } = ground
    const first = ground.run(4)
    sink.answers(nth => {
      if (nth === 3) first.process.kill('SIGKILL')
      return nth === 3 ? 'hang' : 200
    })
    await first.ended
    await ground.finish()
    const { notices, repeated } = await ground.expectExactlyOnce()
    expect(notices).toBeGreaterThanOrEqual(2)
    expect(repeated).toBeGreaterThanOrEqual(1)
  })

  test('after the other side has answered and before the answer is on disk loses and doubles nothing unmarked', async () => {
    const ground = await new Ground().start()
    const { sink } = ground
    const first = ground.run(4)
    sink.answers(nth => (nth === 2 ? response => response.writeHead(200).end('{}', () => first.process.kill('SIGKILL')) : 200))
    await first.ended
    await ground.finish()
    await ground.expectExactlyOnce()
  })

  test('as soon as the gateway is ready, with everything still to be sent, sends each once', async () => {
    const ground = await new Ground().start()
    const { sink } = ground
    sink.answers(() => 'hang')
    const first = ground.run(6)
    await sink.has(2)
    first.process.kill('SIGKILL')
    await first.ended
    const second = ground.run(0, 'quiet')
    await second.said('ready')
    second.process.kill('SIGKILL')
    await second.ended
    await ground.finish()
    await ground.expectExactlyOnce()
  })

  test(`${kills} times at random: none is lost, none comes twice unmarked`, { timeout: 600_000 }, async () => {
    const lanes = 2
    const results = await Promise.all(Array.from({ length: lanes }, (_, lane) => killed(kills / lanes, 20_260_901 + lane)))
    expect(results.reduce((sum, { notices }) => sum + notices, 0)).toBeGreaterThan(kills)
    expect(results.reduce((sum, { repeated }) => sum + repeated, 0)).toBeGreaterThan(0)
  })
})

/** So many kills at random messages: as one comes in, with the answer on its way, or a moment after the answer. */
async function killed(kills: number, seed: number): Promise<{ readonly notices: number; readonly repeated: number }> {
  const ground = await new Ground().start()
  const { sink } = ground
  const chance = (): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
    return (seed >> 8) / 0x7fffff
  }
  for (let kill = 0; kill < kills; kill++) {
    const victim = sink.got.length + 1 + Math.floor(chance() * 12)
    const how = chance()
    const one = ground.run(40)
    sink.answers(nth => {
      if (nth < victim) return 200
      if (how < 0.34) one.process.kill('SIGKILL')
      if (how < 0.34) return 'hang'
      return response => {
        response.writeHead(200).end('{}', () => setImmediate(() => one.process.kill('SIGKILL')))
        if (how < 0.67) one.process.kill('SIGKILL')
      }
    })
    await one.ended
  }
  await ground.finish()
  return ground.expectExactlyOnce()
}
