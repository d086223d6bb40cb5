import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { PointId } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import { openStore } from '../../gateway/store/open.ts'
import type { StoredReading } from '../../gateway/store/store.ts'

/**
 * A gateway's worth of writing in small: journal with checkpoints, readings, accounts, what waits for an outside historian. Each promise that
 * has come true is said to `words.said`, in its place among the writes. Arguments: folder, how many rounds, how many of them before a stop.
 */
const [folder = '', rounds = '1', stops = '0'] = process.argv.slice(2)
const said = openSync(join(folder, 'words.said'), 'a')
const say = (line: string): void => void writeSync(said, `${line}\n`)
const wall = { now: () => instant(1_000), after: () => () => {} }
const points = ['tank-0.level', 'tank-1.level', 'tank-2.level'] as PointId[]

let store = await openStore(folder, { wall })
await store.spool.begin(['metrics'])
await store.historian.listening(instant(0), { at: 0 })
let told = 0
for (let round = 0; round < Number(rounds); round++) {
  if (round === Number(stops)) {
    // A proper stop and a start in between: the files are folded together and taken apart again.
    await store.close()
    store = await openStore(folder, { wall })
  }
  await Promise.all([keepJournal('a', round), keepJournal('b', round), keepReadings(round), keepAccount(round)])
  if (round % 4 === 3) await tell()
}
await store.close()
say('closed')

async function keepJournal(lane: string, round: number): Promise<void> {
  const nonce = `${lane}-${round}`
  const drafts = [1, 2, 3].map(part => ({
    kind: 'alarm.raised',
    at: instant(round),
    by: 'system',
    about: lane,
    data: { nonce, part },
  }))
  const entries = await store.journal.append(drafts, [{ key: lane, value: { nonce } }])
  say(`journal ${entries[0]?.seq} ${nonce}`)
}

/** Ninety readings of three points; a few of them late, so that a block that is sealed has to be opened again. */
async function keepReadings(round: number): Promise<void> {
  const readings: StoredReading[] = []
  for (let step = round * 30; step < round * 30 + 30; step++) {
    for (const point of points) {
      const at = instant((step - (step % 7 === 6 && round > 3 ? 90 : 0)) * 1_000 + (step % 7 === 6 ? 500 : 0))
      readings.push({ reading: { point, at, receivedAt: instant(step * 1_000), value: step / 10, quality: 'good' } })
    }
  }
  await store.historian.record(readings)
  say(`readings ${round}`)
}

async function keepAccount(number: number): Promise<void> {
  await store.accounts.put('account', 'counter', { number })
  say(`account ${number}`)
}

async function tell(): Promise<void> {
  const page = await store.spool.next('metrics', 250)
  if (!page) return
  told += page.which.length
  say(`telling ${told}`)
  await store.spool.sent('metrics', page.place)
  say(`told ${told}`)
}
