import { instant } from '../../protocols/contract/time.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { systemClock } from '../../gateway/clock.ts'
import { openStore } from '../../gateway/store/open.ts'
import { say } from '../kit/say.ts'
import { outsideFor, points, settingsOf } from './parts.ts'

/**
 * A gateway's half that records and forwards, until it is killed. Prints each batch that is stored: `stored <second>`. Arguments: folder, url of
 * the other side, first second, and how many.
 */
const [folder = '', url = '', first = '0', count = '0'] = process.argv.slice(2)
const start = Date.UTC(2026, 8, 1)
const store = await openStore(folder, { wall: systemClock })
const { outside } = outsideFor(store, [settingsOf(url)], systemClock, systemClock)
await outside.begin()
await store.historian.listening(instant(start + Number(first) * 1_000))
for (let second = Number(first); second < Number(first) + Number(count); second++) {
  const at = instant(start + second * 1_000)
  await store.historian.record(
    points.map(({ id }) => ({
      reading: { point: id as PointId, at, receivedAt: at, value: second / 10, quality: 'good' as const },
    })),
  )
  say(`stored ${second}`)
}
