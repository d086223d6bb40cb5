import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { StoreTrouble } from '../../gateway/store/store.ts'
import type { Draft } from '../../gateway/journal/entry.ts'
import { instant } from '../../protocols/contract/time.ts'
import { emptyFolder, opened, reads, timesOf, walk } from './folder.ts'

const note = (at: number, text = ''): Draft => ({ kind: 'round.done', at: instant(at), by: 'wang', data: { text } })

/** A disk of a few MiB, where the system lets us make one. */
function smallDisk(mebibytes: number): string {
  const folder = emptyFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder])
  onTestFinished(() => void execFileSync('umount', ['-l', folder]))
  return folder
}
const mayMount = process.platform === 'linux' && process.getuid?.() === 0

test.skipIf(!mayMount)(
  'a full disk refuses and says so, loses nothing it promised, and is forgotten when there is room again',
  async () => {
    const disk = smallDisk(6)
    const store = await opened(join(disk, 'data'))
    await store.journal.append([note(1), note(2)], [{ key: 'k', value: 'before' }])
    await store.historian.record(walk(2000))
    const filler = join(disk, 'filler')
    expect(() => writeFileSync(filler, Buffer.alloc(8 * 1024 * 1024))).toThrow(/ENOSPC/)

    const refused: unknown[] = []
    for (let at = 3; refused.length < 5 && at < 500; at++) {
      await store.journal
        .append([note(at, 'x'.repeat(20_000)), note(at)], [{ key: 'k', value: 'full' }])
        .catch((error: unknown) => refused.push(error))
    }
    const before = await store.journal.page({ limit: 9999 })
    const failed = await store.historian.record(walk(30_000, 2000)).catch((error: unknown) => error)
    const account = await store.accounts.put('account', 'wang', 'y'.repeat(50_000)).catch((error: unknown) => error)

    for (const error of [...refused, failed, account]) expect(error).toBeInstanceOf(StoreTrouble)
    expect(String(refused[0])).toContain('disk full')
    expect(store.trouble).toContain('disk full')
    expect(await timesOf(store)).toHaveLength(2000)
    expect(before.entries.length % 2).toBe(0)

    rmSync(filler)
    const [next] = await store.journal.append([note(9)])
    await store.historian.record(walk(3000, 2000))

    expect(store.trouble).toBeUndefined()
    expect(next?.seq).toBe(before.entries.length + 1)
    expect(await timesOf(store)).toEqual(walk(5000).map(({ reading }) => reading.at))
    await store.close()
    const again = await opened(join(disk, 'data'))
    expect(again.damage).toEqual([])
    expect((await again.journal.page({ limit: 9999 })).entries.map(entry => entry.seq)).toEqual(
      Array.from({ length: before.entries.length + 1 }, (_, index) => index + 1),
    )
    expect(await timesOf(again)).toHaveLength(5000)
  },
)

test.skipIf(!mayMount)('a folder on a disk that is full from the start is refused, and nothing is called damaged', async () => {
  const disk = smallDisk(1)
  expect(() => writeFileSync(join(disk, 'filler'), Buffer.alloc(2 * 1024 * 1024))).toThrow(/ENOSPC/)
  mkdirSync(join(disk, 'data'))

  await expect(opened(join(disk, 'data'))).rejects.toBeInstanceOf(StoreTrouble)
  expect(readdirSync(join(disk, 'data')).filter(name => name.startsWith('damaged'))).toEqual([])
  rmSync(join(disk, 'filler'))
  const store = await opened(join(disk, 'data'))
  expect(store.damage).toEqual([])
  expect(await store.journal.append([note(1)])).toHaveLength(1)
})

test('a worker that dies refuses what waited, and a new one goes on where it was', async () => {
  const store = await opened(emptyFolder())
  await store.historian.record([reads(1, 4)])
  // More than the worker's heap may hold at once: the thread is ended by the runtime.
  const large = 'z'.repeat(6 * 1024 * 1024)
  for (let at = 0; at < 20; at++) await store.journal.append([note(at, `${at}${large}`)])

  const waited = await Promise.allSettled([
    store.journal.page({ limit: 1000 }),
    store.historian.latest(),
    store.journal.page({ limit: 1 }),
  ])

  for (const outcome of waited) expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'StoreTrouble' } })
  expect(store.trouble).toContain('memory')
  const append = async (): Promise<number> => (await store.journal.append([note(99)]))[0]?.seq ?? 0
  await expect.poll(() => append().catch(() => 0), { timeout: 120_000 }).toBe(21)
  expect(store.trouble).toBeUndefined()
  expect(await timesOf(store)).toEqual([1])
  expect((await store.stats()).restarts).toBe(1)
})

test('a million readings stay within the memory and the disk they may cost', { timeout: 300_000 }, async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('load-child.ts', import.meta.url)), emptyFolder()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const printed = JSON.parse(Buffer.concat(await child.stdout.toArray()).toString())

  expect(printed.stats).toMatchObject({ readings: 1_259_200, shed: 0, restarts: 0 })
  expect(printed.reopened).toBe(1_259_200)
  expect(printed.closedBytes / 1_259_200).toBeLessThan(4)
  // Coarse: the child makes the readings too. Without bounds the open readings alone would be hundreds of MB.
  expect(printed.resident.most - printed.resident.before).toBeLessThan(160)
  expect(printed.rowsPerSecond).toBeGreaterThan(5_000)
})
