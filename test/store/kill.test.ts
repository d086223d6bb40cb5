import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { PointId } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import { leafOf } from '../../gateway/journal/leaf.ts'
import { openOrSetAside } from '../../gateway/store/damage.ts'
import { History, historyLayout } from '../../gateway/store/history.ts'
import { Ledger, ledgerLayout } from '../../gateway/store/ledger.ts'
import { emptyFolder, forever } from './folder.ts'
import { times } from '../kit/thorough.ts'

const kills = times(200)
/** They wait for the disk and for each other's start: more than one at a time makes use of that. */
const lanes = 4
/** Then a new folder is begun, so that looking through it does not take longer each time. */
const perFolder = 10
const points = ['tank-0.level', 'tank-1.level', 'tank-2.level'] as PointId[]

/** What a folder has promised to those that were killed on it. */
interface Promised {
  readonly journal: Map<string, number>
  readonly readings: number[]
  account: number
  told: number
  telling: number
}

/** A writer that is killed without warning: after so many promises, or so soon that it has hardly begun. */
async function writeAndKill(folder: string, first: number, chance: number, promised: Promised): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('crash-child.ts', import.meta.url)), folder, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const most = 1 + Math.floor(chance * 150)
  let kept = 0
  promised.account = 0
  // Everything that reached the pipe was promised, also what comes out of it after the kill.
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, one = '', two = ''] = line.split(' ')
    if (what === 'damage') expect.fail(line)
    if (what === 'journal') promised.journal.set(two, Number(one))
    if (what === 'readings') promised.readings.push(Number(one))
    if (what === 'account') promised.account = Number(one)
    if (what === 'telling') promised.telling = promised.told + Number(one)
    if (what === 'told') promised.told += Number(one)
    if (++kept === most) child.kill('SIGKILL')
  }
  expect(await ended).toEqual([null, 'SIGKILL'])
}

function checkLedger(folder: string, { journal, account }: Promised): void {
  const { database, damage } = openOrSetAside(join(folder, 'ledger.db'), ledgerLayout, instant(0))
  expect(damage).toEqual([])
  const ledger = new Ledger(database)
  try {
    const { entries } = ledger.journal.page({ limit: 1_000_000 })
    const groups = new Map<string, number[]>()
    for (const [index, { leaf, ...entry }] of entries.entries()) {
      if (entry.seq !== index + 1) expect.fail(`entry ${index + 1} is missing`)
      if (leafOf(entry) !== leaf) expect.fail(`entry ${entry.seq} was altered`)
      const nonce = String(entry.data['nonce'])
      groups.set(nonce, [...(groups.get(nonce) ?? []), entry.seq])
    }
    for (const [nonce, seqs] of groups) if (seqs.length !== 3) expect.fail(`${nonce} is there ${seqs.length} times instead of 3`)
    for (const [nonce, seq] of journal) if (groups.get(nonce)?.[0] !== seq) expect.fail(`${nonce} was promised`)
    const counter = JSON.parse(ledger.accounts.get('account', 'counter') ?? '{"number":0}') as { number: number }
    if (counter.number < account) expect.fail(`account ${account} was promised`)
  } finally {
    ledger.close()
  }
}

/** Returns the number from which the next writer goes on. */
function checkHistory(folder: string, promised: Promised): number {
  const { database, damage } = openOrSetAside(join(folder, 'history.db'), historyLayout, instant(0))
  expect(damage).toEqual([])
  const history = new History(database, 'own')
  try {
    let next = 0
    let count = 0
    for (const name of points) {
      const numbers: number[] = []
      for (const rows of history.series.columns(name, ...forever))
        for (let index = 0; index < rows.at.length; index++) {
          const number = (rows.at[index] ?? 0) / 1_000
          if (rows.value[index] !== number / 10) expect.fail('a value is not the one recorded')
          numbers.push(number)
        }
      const there = new Set(numbers)
      if (there.size !== numbers.length) expect.fail(`${name} has a reading twice`)
      if (numbers.length % 100 !== 0) expect.fail(`${name} has a batch in part`)
      for (const number of promised.readings)
        if (!there.has(number) || !there.has(number + 99)) expect.fail(`reading ${number} of ${name} was promised`)
      next = Math.max(next, (numbers.at(-1) ?? -1) + 1)
      count += numbers.length
    }
    expect(history.damaged).toBe(0)
    checkSpool(history, count, promised)
    return next
  } finally {
    history.close()
  }
}

/** What waits for the outside is the end of what is stored. What was acknowledged before the kill is told, or was just being told. */
function checkSpool({ table: { spool } }: History, count: number, promised: Promised): void {
  if (!spool.isWanted) return
  const { rows } = spool.state('metrics')
  const told = count - rows
  if (told < promised.told || told > Math.max(promised.told, promised.telling))
    expect.fail(`${told} are told instead of ${promised.told} to ${promised.telling}`)
  promised.told = told
  promised.telling = told
  const page = spool.next('metrics', 1)
  const place = page?.which[0]
  if (place !== undefined && (page?.rows.at[0] ?? 0) / 1_000 !== Math.floor(told / points.length))
    expect.fail('what waits is not what comes next')
}

async function lane(number: number): Promise<{ readonly promises: number }> {
  let random = 7 + number
  let promises = 0
  for (let done = 0; done < kills / lanes; done += perFolder) {
    const folder = emptyFolder()
    const promised: Promised = { journal: new Map(), readings: [], account: 0, told: 0, telling: 0 }
    let first = 0
    for (let kill = 0; kill < Math.min(perFolder, kills / lanes - done); kill++) {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0
      await writeAndKill(folder, first, random / 2 ** 32, promised)
      checkLedger(folder, promised)
      first = checkHistory(folder, promised)
    }
    promises += promised.journal.size + promised.readings.length
  }
  return { promises }
}

test(`what was promised is there after each of ${kills} kills, once, in order, unaltered`, { timeout: 600_000 }, async () => {
  const all = await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)))
  expect(all.reduce((sum, { promises }) => sum + promises, 0)).toBeGreaterThan(kills * 5)
})
