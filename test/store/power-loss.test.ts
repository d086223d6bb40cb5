import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { PointId } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import { leafOf } from '../../gateway/journal/leaf.ts'
import { openOrSetAside } from '../../gateway/store/damage.ts'
import { History, historyLayout } from '../../gateway/store/history.ts'
import { Ledger, ledgerLayout } from '../../gateway/store/ledger.ts'
import { Disk, deedsIn } from './disk.ts'
import type { Deed } from './disk.ts'
import { emptyFolder, forever } from './folder.ts'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const points = ['tank-0.level', 'tank-1.level', 'tank-2.level'] as PointId[]

/** What the writer had been promised by then, and what it had only asked for. */
interface Promised {
  readonly journal: Map<string, number>
  readings: number
  account: number
  told: number
  telling: number
}

/** Runs the writer with the recorder before it; gives back what was done to its files, in order. */
function recorded(rounds: number, stopsAfter: number): readonly Deed[] {
  const folder = emptyFolder()
  const [shim, log, data] = [join(folder, 'recorder.so'), join(folder, 'log'), join(folder, 'data')]
  const built = spawnSync('gcc', ['-shared', '-fPIC', '-O1', '-o', shim, here('recorder.c'), '-ldl', '-lpthread'], {
    encoding: 'utf8',
  })
  expect(built.stderr).toBe('')
  mkdirSync(data)
  const env = { ...process.env, LD_PRELOAD: shim, RECORD_BELOW: data, RECORD_TO: log }
  const child = spawnSync(process.execPath, [here('power-child.ts'), data, String(rounds), String(stopsAfter)], {
    env,
    encoding: 'utf8',
  })
  expect([child.status, child.stderr]).toEqual([0, ''])
  return [...deedsIn(readFileSync(log))]
}

/** In memory where the system has such a place: thousands of images are written and thrown away. */
function imageFolder(): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'zhishou-image-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function lay(folder: string, image: ReadonlyMap<string, Buffer>, file: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const [path, bytes] of image) if (basename(path).startsWith(file)) writeFileSync(join(folder, basename(path)), bytes)
}

function checkLedger(folder: string, promised: Promised): void {
  const { database, damage } = openOrSetAside(join(folder, 'ledger.db'), ledgerLayout, instant(0))
  expect(damage).toEqual([])
  const ledger = new Ledger(database)
  try {
    const { entries } = ledger.journal.page({ limit: 100_000 })
    const groups = new Map<string, number[]>()
    for (const [index, { leaf, ...entry }] of entries.entries()) {
      if (entry.seq !== index + 1) expect.fail(`entry ${index + 1} is missing`)
      if (leafOf(entry) !== leaf) expect.fail(`entry ${entry.seq} was altered`)
      const nonce = String(entry.data['nonce'])
      groups.set(nonce, [...(groups.get(nonce) ?? []), entry.seq])
    }
    for (const [nonce, seqs] of groups) if (seqs.length !== 3) expect.fail(`${nonce} is there ${seqs.length} times instead of 3`)
    for (const [nonce, seq] of promised.journal) if (groups.get(nonce)?.[0] !== seq) expect.fail(`${nonce} was promised`)
    for (const { key, json } of ledger.journal.checkpoints())
      expect(JSON.parse(json ?? 'null')).toEqual({ nonce: entries.findLast(({ about }) => about === key)?.data['nonce'] })
    const account = JSON.parse(ledger.accounts.get('account', 'counter') ?? '{"number":-1}') as { number: number }
    expect(account.number).toBeGreaterThanOrEqual(promised.account)
  } finally {
    ledger.close()
  }
}

/** The readings of a round as the writer makes them: their times, in its order. */
function timesOf(round: number): number[] {
  return Array.from({ length: 30 }, (_, index) => {
    const step = round * 30 + index
    return (step - (step % 7 === 6 && round > 3 ? 90 : 0)) * 1_000 + (step % 7 === 6 ? 500 : 0)
  })
}

function checkHistory(folder: string, promised: Promised): void {
  const { database, damage } = openOrSetAside(join(folder, 'history.db'), historyLayout, instant(0))
  expect(damage).toEqual([])
  const history = new History(database, 'own')
  try {
    const stored: number[] = []
    for (const name of points) {
      const times = [...history.series.columns(name, ...forever)].flatMap(rows => Array.from(rows.at))
      if (new Set(times).size !== times.length) expect.fail(`${name} has a reading twice`)
      const rounds = times.length / 30
      if (!Number.isInteger(rounds) || rounds < promised.readings)
        expect.fail(`${name} has ${times.length} of ${promised.readings * 30} readings`)
      const whole = Array.from({ length: rounds }, (_, round) => timesOf(round)).flat()
      if (times.join() !== whole.toSorted((a, b) => a - b).join())
        expect.fail(`${name} has not the readings of its first ${rounds} rounds`)
      stored.push(times.length)
    }
    expect(history.damaged).toBe(0)
    if (new Set(stored).size !== 1) expect.fail(`a batch is there in part: ${stored.join()}`)
    checkSpool(history, (stored[0] ?? 0) / 30, promised)
  } finally {
    history.close()
  }
}

/** What waits is the end of what is stored, in the order in which it came; what was told is told. */
function checkSpool({ table: { spool } }: History, rounds: number, { told, telling }: Promised): void {
  if (rounds === 0) return
  const came = Array.from({ length: rounds }, (_, round) =>
    timesOf(round).flatMap(at => points.map(name => `${name}@${at}`)),
  ).flat()
  const waiting: string[] = []
  for (let page = spool.next('metrics', 5_000); page; page = spool.next('metrics', 5_000)) {
    for (const [index, place] of page.which.entries()) waiting.push(`${page.points[place]}@${page.rows.at[index]}`)
    spool.sent('metrics', page.place)
  }
  const left = came.length - waiting.length
  if (left < told || left > telling) expect.fail(`${left} are told instead of ${told} to ${telling}`)
  if (came.slice(left).join() !== waiting.join()) expect.fail('what waits is not what is stored')
}

function hear(promised: Promised, words: string): void {
  for (const line of words.split('\n')) {
    const [what, one = '', two = ''] = line.split(' ')
    if (what === 'journal') promised.journal.set(two, Number(one))
    else if (what === 'readings') promised.readings = Number(one) + 1
    else if (what === 'account') promised.account = Number(one)
    else if (what === 'telling') promised.telling = Number(one)
    else if (what === 'told') promised.told = Number(one)
  }
}

/** The same chances every time. */
function chances(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface Course {
  readonly promised: Promised
  readonly images: number
}

/** Loses the power at every step, and looks at what is left each time. Throws where that is not what it has to be. */
function loseThePower(deeds: readonly Deed[], disk: Disk): Course {
  const folder = join(imageFolder(), 'data')
  const promised: Promised = { journal: new Map(), readings: 0, account: -1, told: 0, telling: 0 }
  const chance = chances(11)
  let images = 0
  const look = (image: ReadonlyMap<string, Buffer>, file: 'ledger.db' | 'history.db', where: string): void => {
    lay(folder, image, file)
    images++
    try {
      if (file === 'ledger.db') checkLedger(folder, promised)
      else checkHistory(folder, promised)
    } catch (error) {
      throw new Error(`power lost ${where}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
  for (const [step, deed] of deeds.entries()) {
    const { what, path, offset, data } = deed
    if (what === 'a') {
      hear(promised, data.toString())
      continue
    }
    disk.do(deed)
    const file = (['ledger.db', 'history.db'] as const).find(name => basename(path).startsWith(name))
    const where = `at step ${step} (${what} ${basename(path)} at ${offset}, ${data.length} bytes)`
    if (what === 'w' && file) {
      look(disk.torn(chance), file, `in the middle of a write ${where}`)
      if (step % 3 === 0) look(disk.shuffled(chance), file, `with its writes in any order ${where}`)
    } else if (!path.endsWith('-shm') && !path.endsWith('.said')) {
      for (const each of file ? [file] : (['ledger.db', 'history.db'] as const))
        look(disk.forgotten(), each, `with nothing unsynced kept ${where}`)
    }
  }
  return { promised, images }
}

test(
  'wherever the power goes, what was promised is there, nothing is there twice, and the files can be read',
  { timeout: 600_000 },
  () => {
    const { promised, images } = loseThePower(recorded(45, 20), new Disk())
    expect(promised.readings).toBe(45)
    expect(promised.journal.size).toBe(90)
    expect(promised.told).toBeGreaterThan(1_500)
    expect(images).toBeGreaterThan(1_500)
  },
)

test('a disk that only says that it has synced is found out, so this can fail', () => {
  const deeds = recorded(3, 2)
  expect(() => loseThePower(deeds, new Disk(path => path.endsWith('ledger.db-wal')))).toThrow(/power lost/)
  expect(() => loseThePower(deeds, new Disk(path => path.endsWith('history.db-wal')))).toThrow(/power lost/)
})
