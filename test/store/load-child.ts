import { readFileSync } from 'node:fs'
import { instant, millis } from '../../protocols/contract/time.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { openStore } from '../../gateway/store/open.ts'
import type { StoredReading } from '../../gateway/store/store.ts'

/**
 * Records a million readings (1,000 points every 10 s, tenths that wander), durably in batches of 500, then a month of one point, and
 * prints what it cost as one line of JSON. Memory is resident MB: before the store, idle, the most while recording, at the end.
 */
const [folder = '', count = '1000000'] = process.argv.slice(2)
const wall = { now: () => instant(Date.now()), after: () => () => {} }
const resident = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024
const start = 1_700_000_000_000
const points = Array.from({ length: 1000 }, (_, index) => `line-${index >> 3}.temperature-${index & 7}` as PointId)
const tenths = new Int32Array(1001).fill(40)
let random = 1
const step = (): number => {
  random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fffffff
  return ((random >> 16) % 3) - 1
}

const before = resident()
const store = await openStore(folder, { wall })
const idle = resident()
let most = idle
let recorded = 0
const began = performance.now()
while (recorded < Number(count)) {
  const batch = points.slice(recorded % 1000, (recorded % 1000) + 500).map((point, index): StoredReading => {
    const place = (recorded % 1000) + index
    const at = instant(start + Math.floor(recorded / 1000) * 10_000)
    const value = (tenths[place] = (tenths[place] ?? 0) + step()) / 10
    return { reading: { point, at, receivedAt: instant(at + 15), value, quality: 'good' } }
  })
  await store.historian.record(batch)
  recorded += 500
  if (recorded % 20_000 === 0) most = Math.max(most, resident())
}
const rowsPerSecond = recorded / ((performance.now() - began) / 1000)

const month = 259_200
const lone = 'cold-1.temperature' as PointId
const beforeMonth = await store.stats()
for (let index = 0; index < month; index += 5000) {
  const batch = Array.from({ length: Math.min(5000, month - index) }, (_, offset): StoredReading => {
    const at = instant(start + (index + offset) * 10_000)
    const value = (tenths[1000] = (tenths[1000] ?? 0) + step()) / 10
    return { reading: { point: lone, at, receivedAt: at, value, quality: 'good' } }
  })
  await store.historian.record(batch)
}
async function time(act: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let run = 0; run < 5; run++) {
    const from = performance.now()
    await act()
    times.push(performance.now() - from)
  }
  return times.toSorted((a, b) => a - b)[2] ?? 0
}
const end = instant(start + month * 10_000)
const dayMs = await time(() => store.historian.buckets(lone, instant(end - 86_400_000), end, millis(60_000)))
const monthMinutesMs = await time(() => store.historian.buckets(lone, instant(start), end, millis(60_000)))
const monthDaysMs = await time(() => store.historian.buckets(lone, instant(start), end, millis(86_400_000)))
const gapsMs = await time(() => store.historian.gaps(lone, instant(start), end, millis(60_000)))
const stats = await store.stats()
const atEnd = resident()
await store.close()
const reopening = performance.now()
const again = await openStore(folder, { wall })
const reopenMs = performance.now() - reopening
const closed = await again.stats()
await again.close()
console.log(
  JSON.stringify({
    rowsPerSecond: Math.round(rowsPerSecond),
    resident: { before, idle, most, atEnd },
    queries: { dayMs, monthMinutesMs, monthDaysMs, gapsMs, reopenMs },
    stats,
    readingsBeforeMonth: beforeMonth.readings,
    closedBytes: closed.bytes,
    reopened: closed.readings,
  }),
)
