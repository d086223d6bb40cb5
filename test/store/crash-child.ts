import { instant } from '../../protocols/contract/time.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { openStore } from '../../gateway/store/open.ts'
import type { StoredReading } from '../../gateway/store/store.ts'
import { say } from '../kit/say.ts'

/**
 * Writes as fast as it can until it is killed, and prints each promise of the store that has come true, one line each, straight to
 * the pipe: `journal <seq> <nonce>`, `readings <first> <count>`, `account <number>`, and `telling <rows>` before and `told <rows>` after an outside
 * historian has acknowledged so many more. Arguments: folder, first reading's number.
 */
const [folder = '', firstNumber = '0'] = process.argv.slice(2)
const wall = { now: () => instant(Date.now()), after: () => () => {} }

const store = await openStore(folder, { wall })
for (const damage of store.damage) say(`damage ${damage.file}: ${damage.why}`)
await store.spool.begin(['metrics'])
await store.historian.listening(instant(Date.now()))
say('ready')
await Promise.all([keepJournal('a'), keepJournal('b'), keepHistory(Number(firstNumber)), keepAccount(), keepTelling()])

async function keepJournal(lane: string): Promise<void> {
  for (let index = 0; ; index++) {
    const nonce = `${lane}-${process.pid}-${index}`
    const drafts = [1, 2, 3].map(part => ({
      kind: 'alarm.raised',
      at: instant(index),
      by: 'system',
      about: lane,
      data: { nonce, part },
    }))
    const entries = await store.journal.append(drafts, [{ key: lane, value: { nonce } }])
    say(`journal ${entries[0]?.seq} ${nonce}`)
  }
}

async function keepHistory(first: number): Promise<void> {
  const points = [0, 1, 2].map(number => `tank-${number}.level` as PointId)
  for (let number = first; ; number += 100) {
    const readings: StoredReading[] = []
    for (let step = number; step < number + 100; step++) {
      const at = instant(step * 1000)
      for (const point of points) readings.push({ reading: { point, at, receivedAt: at, value: step / 10, quality: 'good' } })
    }
    await store.historian.record(readings)
    say(`readings ${number} 100`)
  }
}

async function keepAccount(): Promise<void> {
  for (let number = 1; ; number++) {
    await store.accounts.put('account', 'counter', { pid: process.pid, number })
    say(`account ${number}`)
  }
}

async function keepTelling(): Promise<void> {
  for (;;) {
    const page = await store.spool.next('metrics', 450)
    if (!page) {
      await store.stats()
      continue
    }
    say(`telling ${page.which.length}`)
    await store.spool.sent('metrics', page.place)
    say(`told ${page.which.length}`)
  }
}
