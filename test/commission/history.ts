import { systemClock } from '../../gateway/clock.ts'
import { openStore } from '../../gateway/store/open.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'

const minute = 60_000

/**
 * Lays a history into a data folder in which no gateway runs: every five minutes of an hour these values of a cabinet, one an hour, the last
 * hour just over.
 */
export async function layHistory(folder: string, equipment: string, hours: readonly number[]): Promise<void> {
  const store = await openStore(folder, { wall: systemClock })
  const start = Math.floor(systemClock.now() / minute) * minute - (hours.length * 60 + 5) * minute
  await store.historian.listening(instant(start))
  await store.historian.record(
    hours.flatMap((value, hour) =>
      Array.from({ length: 12 }, (_, step) => {
        const at = instant(start + (hour * 60 + step * 5) * minute)
        const point = pointId(equipment, 'temperature')
        return { reading: { point, at, receivedAt: instant(at + 20), value, quality: 'good' as const } }
      }),
    ),
  )
  await store.close()
}
