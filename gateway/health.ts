import type { Words } from '../protocols/contract/driver.ts'
import { seconds } from '../protocols/contract/time.ts'
import type { Clock, Instant } from '../protocols/contract/time.ts'
import type { Trouble } from './api/house.ts'
import type { Board } from './board.ts'
import type { Lines } from './lines.ts'
import type { Pipeline } from './pipeline.ts'
import type { Site } from './site/site.ts'
import type { Store } from './store/store.ts'

/** What goes on being counted when another watch takes over. */
export type Counts = Pipeline['counts']

/** Figures of the gateway itself. */
export function countersOf(pipeline: Counted, lines: Lines): Readonly<Record<string, number>> {
  return { ...sum(pipeline.counts, lines.counters()), unrecorded: pipeline.unrecorded }
}

type Counted = Pick<Pipeline, 'counts' | 'unrecorded'>

/** Each name counted in both. */
export function sum<C extends Readonly<Record<string, number>>>(counts: C, more: Readonly<Record<string, number>>): C {
  const total: Record<string, number> = { ...counts }
  for (const [name, count] of Object.entries(more)) total[name] = (total[name] ?? 0) + count
  return total as C
}

/** Ready once the store takes writes and every connection has either spoken or said why not. */
export function readiness(site: Site, board: Board, store: Store, pipeline: Counted, since: Instant): () => readonly string[] {
  const spoken = new Set<string>()
  return () => {
    const reasons: string[] = []
    const links = new Map(board.links().map(link => [link.connection, link]))
    if (store.trouble !== undefined) reasons.push(`storing: ${store.trouble}`)
    if (pipeline.unrecorded > 0) reasons.push(`journal: ${pipeline.unrecorded} entries wait for the disk`)
    for (const { id, points, protocol } of site.connections) {
      if (protocol === 'http' || spoken.has(id)) continue
      const link = links.get(id)
      const heard = points.some(point => (board.latest(point)?.receivedAt ?? 0) >= since)
      if (link?.up === false || (link?.up && (heard || points.length === 0 || protocol.startsWith('mqtt')))) spoken.add(id)
      else reasons.push(`polling: nothing has been read over ${id} yet`)
    }
    return reasons
  }
}

const say = (zh: string, en: string): Words => ({ zh, en })

/** What somebody should look at, beside the alarms. */
export function troublesOf(store: Store, pipeline: Counted): readonly Trouble[] {
  const troubles: Trouble[] = store.damage.map(({ file, movedTo, why }) => ({
    code: 'store-damaged',
    say: say(
      `数据文件 ${file} 已损坏(${why}),原件保存在 ${movedTo}，已新建`,
      `${file} was damaged (${why}); it is kept in ${movedTo} and a new one was begun`,
    ),
  }))
  if (store.trouble !== undefined) {
    troubles.push({
      code: 'store-trouble',
      say: say(`无法写入磁盘：${store.trouble}`, `the disk cannot be written: ${store.trouble}`),
    })
  }
  if (pipeline.unrecorded > 0) {
    const count = pipeline.unrecorded
    troubles.push({
      code: 'unrecorded',
      say: say(
        `有 ${count} 条记录尚未写入日志，暂不能确认报警`,
        `${count} entries are not in the journal yet; alarms cannot be acknowledged`,
      ),
    })
  }
  const { shed, unstored } = pipeline.counts
  if (shed > 0)
    troubles.push({
      code: 'shed',
      say: say(`已丢弃 ${shed} 个读数(网关过载)`, `${shed} readings were shed (gateway overloaded)`),
    })
  if (unstored > 0)
    troubles.push({ code: 'unstored', say: say(`有 ${unstored} 个读数未能存盘`, `${unstored} readings could not be stored`) })
  return troubles
}

/** The gateway's own health is looked at once a second of real time. */
export function watchTroubles(wall: Clock, look: () => void): () => void {
  let cancel = (): void => {}
  const again = (): void => {
    look()
    cancel = wall.after(seconds(1), again)
  }
  again()
  return () => cancel()
}
