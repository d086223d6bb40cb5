import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../gateway/clock.ts'
import { openStore } from '../../gateway/store/open.ts'
import type { GoodReading, PointId } from '../../protocols/contract/reading.ts'
import { instant, millis } from '../../protocols/contract/time.ts'
import { alone, alternate, compared, gate } from './figure.ts'
import type { Bench, Figure, Pace } from './figure.ts'
import { inFolder } from './folder.ts'
import { PlainTable } from './peers/plain-table.ts'
import { began, pointsOf, wanderers } from './walk.ts'

const id = 'store'
const peer = 'node:sqlite table'
const durable = 'durable: each batch of 500 is synced before the next; table: WAL, synchronous FULL'

interface Written {
  readonly rowsPerSecond: number
  readonly bytesPerReading: number
}

type Batch = readonly GoodReading[]

function batchesOf(readings: Iterable<GoodReading>, size: number): Batch[] {
  const batches: GoodReading[][] = [[]]
  for (const reading of readings) {
    if (batches.at(-1)?.length === size) batches.push([])
    batches.at(-1)?.push(reading)
  }
  return batches
}

async function writeProduct(folder: string, batches: readonly Batch[], rows: number): Promise<Written> {
  const store = await openStore(folder, { wall: systemClock })
  const from = performance.now()
  for (const batch of batches) await store.historian.record(batch.map(reading => ({ reading })))
  const seconds = (performance.now() - from) / 1_000
  await store.close()
  const again = await openStore(folder, { wall: systemClock })
  const stats = await again.stats()
  await again.close()
  gate(stats.readings === rows, `the store holds ${stats.readings} readings of ${rows}`)
  return { rowsPerSecond: rows / seconds, bytesPerReading: stats.bytes / rows }
}

async function writePlain(folder: string, batches: readonly Batch[], rows: number): Promise<Written> {
  mkdirSync(folder)
  const table = new PlainTable(folder)
  const from = performance.now()
  for (const batch of batches) table.record(batch)
  const seconds = (performance.now() - from) / 1_000
  const [held, bytes] = [table.count('reading'), table.bytes()]
  table.close()
  gate(held === rows, `the table holds ${held} readings of ${rows}`)
  return { rowsPerSecond: rows / seconds, bytesPerReading: bytes / rows }
}

/** A hundred thermometers every ten seconds, as they come in. */
async function recording({ quick }: Pace): Promise<readonly Figure[]> {
  const points = pointsOf(100)
  const round = wanderers(points)
  const rounds = quick ? 400 : 5_000
  const batches = batchesOf(Array.from({ length: rounds }, round).flat(), 500)
  const rows = rounds * points.length
  return inFolder(async folder => {
    let run = 0
    const pairs = await alternate(
      quick ? 1 : 4,
      () => writeProduct(join(folder, `product-${run++}`), batches, rows),
      () => writePlain(join(folder, `plain-${run++}`), batches, rows),
    )
    return [
      compared({ id, metric: 'recorded', unit: 'readings/s', peer, note: durable }, pairs, written => written.rowsPerSecond),
      compared(
        {
          id,
          metric: 'on disk, 100 points',
          unit: 'bytes/reading',
          peer,
          note: `${rows} readings of 100 points in tenths, closed`,
        },
        pairs,
        written => written.bytesPerReading,
      ),
    ]
  })
}

/** A month of one thermometer every ten seconds, asked for by the minute. */
async function asking({ quick }: Pace): Promise<readonly Figure[]> {
  const point = 'cold-1.temperature' as PointId
  const points = [point, ...pointsOf(3)]
  const rows = 259_200
  const next = wanderers(points, 7)
  const batches = batchesOf(Array.from({ length: rows }, next).flat(), 5_000)
  const end = began + rows * 10_000
  return inFolder(async folder => {
    const store = await openStore(join(folder, 'product'), { wall: systemClock })
    const table = new PlainTable(folder)
    for (const batch of batches) {
      await store.historian.record(batch.map(reading => ({ reading })))
      table.record(batch.filter(reading => reading.point === point))
    }
    const ask = () => store.historian.buckets(point, instant(began), instant(end), millis(60_000))
    const askPlain = () => Promise.resolve(table.buckets(point, began, end, 60_000))
    sameBuckets(await ask(), await askPlain())
    const timed = (act: () => Promise<unknown>) => async (): Promise<number> => {
      const from = performance.now()
      await act()
      return performance.now() - from
    }
    const pairs = await alternate(quick ? 2 : 7, timed(ask), timed(askPlain))
    // A chart does not show forty thousand buckets, but an inspector's log does.
    const figure = compared(
      { id, metric: 'month of 10 s by the minute', unit: 'ms', peer, note: `${rows} readings into 43200 buckets` },
      pairs,
      ms => ms,
    )
    await store.close()
    const again = await openStore(join(folder, 'product'), { wall: systemClock })
    const { bytes, readings } = await again.stats()
    await again.close()
    gate(readings === rows * points.length, `the store holds ${readings} readings of ${rows * points.length}`)
    const sizes = { product: [bytes / readings], peer: [table.bytes() / rows] }
    table.close()
    const onDisk = {
      id,
      metric: 'on disk, month of four points',
      unit: 'bytes/reading',
      peer,
      note: 'sealed and closed, all files',
    }
    return [figure, compared(onDisk, sizes, size => size)]
  })
}

/** Twenty thermometers for a day as they are, and a year of one to the width of a screen, while more is written down all the time. */
async function looking(): Promise<readonly Figure[]> {
  const day = 8_640
  const points = pointsOf(20)
  const next = wanderers(points, 11)
  const yearly = 'meter-1.flow' as PointId
  const walk = wanderers([yearly], 13)
  return inFolder(async folder => {
    const store = await openStore(join(folder, 'product'), { wall: systemClock })
    const write = async (batch: Batch): Promise<void> => store.historian.record(batch.map(reading => ({ reading })))
    for (const batch of batchesOf(Array.from({ length: 3 * day }, next).flat(), 5_000)) await write(batch)
    // A reading a minute for a year.
    const minutely = Array.from({ length: 525_600 }, (_, index) => {
      const [reading] = walk()
      const at = instant(began + index * 60_000)
      return { ...(reading as GoodReading), at, receivedAt: at }
    })
    for (const batch of batchesOf(minutely, 5_000)) await write(batch)
    const wide: number[] = []
    for (let turn = 0; turn < 9; turn++) {
      const from = performance.now()
      const answers = await Promise.all(
        points.map(point => store.historian.raw(point, instant(began + day * 10_000), instant(began + 2 * day * 10_000), 1e6)),
      )
      wide.push(performance.now() - from)
      gate(
        answers.every(({ samples }) => samples.length === day),
        'a day of twenty points is not whole',
      )
    }
    const looked = new AbortController()
    let written = 0
    const begun = performance.now()
    const ingest = (async () => {
      while (!looked.signal.aborted) {
        const batch = Array.from({ length: 25 }, next).flat()
        await write(batch)
        written += batch.length
      }
    })()
    const narrow: number[] = []
    // Nine hours: the first step of whole quarters that asks for no more places than a wide screen has.
    const every = millis(540 * 60_000)
    for (let turn = 0; turn < 200; turn++) {
      const from = performance.now()
      const buckets = await store.historian.buckets(yearly, instant(began), instant(began + 525_600 * 60_000), every)
      narrow.push(performance.now() - from)
      const counted = buckets.reduce((sum, { count }) => sum + count, 0)
      gate(counted === 525_600, `a year to ${buckets.length} places counts ${counted} readings`)
    }
    looked.abort()
    await ingest
    const rate = written / ((performance.now() - begun) / 1_000)
    await store.close()
    const ordered = narrow.toSorted((a, b) => a - b)
    return [
      alone(
        { id, metric: 'twenty points, a day of 10 s as it is', unit: 'ms', note: '172,800 readings into JavaScript' },
        wide.slice(2),
      ),
      alone(
        { id, metric: 'a year by the minute to 1,000 places, 99th of a hundred', unit: 'ms', note: 'while readings are written' },
        [ordered[Math.floor(ordered.length * 0.99)] ?? Number.NaN],
      ),
      alone({ id, metric: 'written meanwhile', unit: 'readings/s', note: 'batches of 500, each synced' }, [rate]),
    ]
  })
}

type Bucket = Readonly<Record<string, unknown>>

function sameBuckets(ours: readonly Bucket[], theirs: readonly Bucket[]): void {
  gate(ours.length === 43_200 && theirs.length === ours.length, `${ours.length} buckets, the table has ${theirs.length}`)
  for (const [index, bucket] of ours.entries()) {
    const other = theirs[index] ?? {}
    const same = ['t', 'min', 'max', 'count'].every(key => bucket[key] === other[key])
    const near = Math.abs(Number(bucket['mean']) - Number(other['mean'])) < 1e-9
    gate(same && near, `bucket ${index}: ${JSON.stringify(bucket)} is not ${JSON.stringify(other)}`)
  }
}

export const bench: Bench = {
  id,
  title: 'Historian beside a plain table',
  quick: true,
  run: async pace => [...(await recording(pace)), ...(await asking(pace)), ...(pace.quick ? [] : await looking())],
}
