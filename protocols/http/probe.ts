import type { Probe } from '../contract/driver.ts'
import { fault } from '../contract/fault.ts'
import type { Fault } from '../contract/fault.ts'
import type { PointId, Reading } from '../contract/reading.ts'
import type { Instant } from '../contract/time.ts'
import { failed } from '../kit/answer.ts'
import { toReading } from '../kit/number.ts'
import type { SentBook } from './book.ts'
import { writtenOut } from './book.ts'
import { judge } from './judge.ts'
import type { SentPoint } from './points.ts'
import { SeriesIndex } from './series.ts'

/** The last that was sent for each of these points, as it reads with their settings; they need not be in the site file. No `raw`: nothing was sent. */
export function lookUp(points: readonly SentPoint[], book: SentBook, now: Instant): readonly Probe[] {
  const index = new SeriesIndex(points)
  const probes = new Map<PointId, Probe>()
  const heard = [...book.heardPoints.values()].map(({ sent, reading }) => ({ sent, receivedAt: reading.receivedAt }))
  for (const { sent, receivedAt } of [...book.strangers, ...heard]) {
    const point = index.find(sent.named)
    if (!point) continue
    const taken = judge(point, sent, receivedAt)
    const reading = taken.ok
      ? taken.reading
      : bad(point.point, fault('not-a-number', `It would be refused: ${taken.wrong.en}.`), receivedAt)
    probes.set(point.point, { reading, raw: writtenOut(sent), roundTripMs: 0 })
  }
  const nothing = fault('timeout', 'Nothing was sent for it since the connection was opened.')
  return points.map(({ point }) => probes.get(point) ?? { reading: bad(point, nothing, now), raw: '', roundTripMs: 0 })
}

const bad = (point: PointId, why: Fault, at: Instant): Reading => toReading(point, failed(why), { at, receivedAt: at })
