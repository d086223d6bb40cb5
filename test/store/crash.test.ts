import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { leafOf } from '../../gateway/journal/leaf.ts'
import { FolderTaken, openStore } from '../../gateway/store/open.ts'
import type { Entry } from '../../gateway/journal/entry.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { emptyFolder, forever, wall } from './folder.ts'
import { times } from '../kit/thorough.ts'

const kills = times(30, 10)

interface Promised {
  readonly journal: Map<string, number>
  readonly readings: number[]
  account: number
}

/** Lets a child write into the folder and kills it, without warning, after it has kept `lines` promises. */
async function writeAndKill(folder: string, first: number, lines: number, promised: Promised): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('crash-child.ts', import.meta.url)), folder, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  let kept = 0
  promised.account = 0
  // Everything that reached the pipe was promised, also what comes out of it after the kill.
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, one = '', two = ''] = line.split(' ')
    expect(what).not.toBe('damage')
    if (what === 'journal') promised.journal.set(two, Number(one))
    if (what === 'readings') promised.readings.push(Number(one))
    if (what === 'account') promised.account = Number(one)
    if (++kept === lines) child.kill('SIGKILL')
  }
  expect(await ended).toEqual([null, 'SIGKILL'])
}

async function wholeJournal(store: Awaited<ReturnType<typeof openStore>>): Promise<Entry[]> {
  const all: Entry[] = []
  for (let after: number | undefined = 0; after !== undefined;) {
    const { entries, next }: { entries: readonly Entry[]; next: number | undefined } = await store.journal.page({
      limit: 5000,
      after,
    })
    all.push(...entries)
    after = next
  }
  return all
}

test(`what was promised is there after ${kills} kills, once, in order, unaltered`, { timeout: 600_000 }, async () => {
  const folder = emptyFolder()
  const promised: Promised = { journal: new Map(), readings: [], account: 0 }
  let first = 0
  let random = 7
  for (let kill = 0; kill < kills; kill++) {
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31
    await writeAndKill(folder, first, 1 + (Math.floor(random / 65_536) % 120), promised)
    const store = await openStore(folder, { wall })
    expect(store.damage).toEqual([])

    const entries = await wholeJournal(store)
    expect(entries.map(entry => entry.seq)).toEqual(entries.map((_, index) => index + 1))
    for (const { leaf, ...rest } of entries) if (leafOf(rest) !== leaf) expect.fail(`entry ${rest.seq} was altered`)
    const found = new Map<string, Entry[]>()
    for (const entry of entries)
      found.set(String(entry.data['nonce']), [...(found.get(String(entry.data['nonce'])) ?? []), entry])
    for (const [nonce, seq] of promised.journal)
      expect(found.get(nonce)?.map(entry => entry.seq)).toEqual([seq, seq + 1, seq + 2])
    // Also what was not promised is whole or absent, and the checkpoint is that of the last entry.
    for (const [nonce, group] of found) if (group.length !== 3) expect.fail(`${nonce} is there in part`)
    for (const [lane, value] of await store.journal.checkpoints()) {
      const last = entries.findLast(entry => entry.about === lane)
      expect(value).toEqual({ nonce: last?.data['nonce'] })
    }

    for (const point of ['tank-0.level', 'tank-1.level', 'tank-2.level'] as PointId[]) {
      const { samples } = await store.historian.raw(point, ...forever, 10_000_000)
      const times = samples.map(({ t }) => t / 1000)
      expect(times.length % 100).toBe(0)
      expect(new Set(times).size).toBe(times.length)
      if (samples.some(({ t, v }) => v !== t / 1000 / 10)) expect.fail('a value is not the one recorded')
      const there = new Set(times)
      for (const number of promised.readings)
        if (!there.has(number) || !there.has(number + 99)) expect.fail(`reading ${number} is missing`)
      first = Math.max(first, (times.at(-1) ?? -1) + 1)
    }
    const account = await store.accounts.get('account', 'counter')
    if (promised.account > 0)
      expect(account).toMatchObject({ number: expect.toSatisfy((number: number) => number >= promised.account) })
    await store.close()
  }
  expect(promised.journal.size).toBeGreaterThan(kills)
  expect(promised.readings.length).toBeGreaterThan(kills)
})

test('a second gateway on the same folder is refused and told who is there; a killed one leaves no lock', async () => {
  const folder = emptyFolder()
  const child = spawn(process.execPath, [fileURLToPath(new URL('crash-child.ts', import.meta.url)), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(createInterface({ input: child.stdout }), 'line')

  const refusal = await openStore(folder, { wall }).catch((error: unknown) => error)
  child.kill('SIGKILL')
  await once(child, 'exit')

  expect(refusal).toBeInstanceOf(FolderTaken)
  expect(refusal).toMatchObject({ pid: child.pid, folder, message: expect.stringContaining(`process ${child.pid} since 20`) })
  const store = await openStore(folder, { wall })
  const inThisProcess = await openStore(folder, { wall }).catch((error: unknown) => error)
  expect(inThisProcess).toMatchObject({ name: 'FolderTaken', pid: process.pid })
  await store.close()
  await (await openStore(folder, { wall })).close()
})
