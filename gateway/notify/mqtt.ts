import type { Outbound, OwnSite } from '../../protocols/contract/driver.ts'
import { readingsIn } from '../../protocols/contract/reading.ts'
import type { Reading, ReadingColumns } from '../../protocols/contract/reading.ts'
import type { AlarmEvent } from '../alarm/alarm.ts'
import type { Outlet } from '../pipeline.ts'
import type { RuleBook } from '../policy/rule-book.ts'
import { siteBook } from '../site/site-book.ts'
import type { Site } from '../site/site.ts'

/** Carries readings and alarms to every broker of the site, retained, below `zhishou/SITE/` (contract §4). */
export class MqttOutlet implements Outlet {
  readonly #site: Site
  readonly #rules: RuleBook
  readonly #brokers: readonly Outbound[]
  readonly #places: ReadonlyMap<string, { readonly topic: `zhishou/${string}`; readonly unit: string }>

  constructor(site: Site, brokers: readonly Outbound[]) {
    this.#site = site
    this.#rules = siteBook(site)
    this.#brokers = brokers
    this.#places = new Map(
      site.points.map(({ id, equipment, key, unit }) => [id, { topic: `zhishou/${site.id}/${equipment}/${key}` as const, unit }]),
    )
  }

  online(): void {
    const own = ownSite(this.#site)
    for (const broker of this.#brokers) broker.present?.(own)
    this.#say(`zhishou/${this.#site.id}/status`, 'online')
  }

  offline(): void {
    this.#say(`zhishou/${this.#site.id}/status`, 'offline')
  }

  /** What was kept of points that were in the site of before and are not in this one is taken from every broker. */
  forget(before: Site): void {
    for (const { id, equipment, key } of before.points)
      if (!this.#places.has(id)) this.#say(`zhishou/${before.id}/${equipment}/${key}`, '')
  }

  readings(readings: readonly Reading[]): void {
    if (this.#brokers.length === 0) return
    for (const { point, at, value, quality } of readings) {
      const place = this.#places.get(point)
      if (place) this.#say(place.topic, JSON.stringify({ t: at, v: value ?? null, q: quality, unit: place.unit }))
    }
    for (const broker of this.#brokers) broker.tell?.(readings)
  }

  columns(columns: ReadingColumns): void {
    if (this.#brokers.length > 0) this.readings(readingsIn(columns))
  }

  alarmChanged({ alarm }: AlarmEvent, recorded: boolean): void {
    const rule = this.#rules.get(alarm.rule)
    const { title, clause, equipment } = rule ?? {}
    const topic = `zhishou/${this.#site.id}/alarms/${alarm.id}` as const
    const isOver = alarm.state === 'normal'
    this.#say(topic, JSON.stringify({ ...alarm, title, clause, equipment, recorded }), !isOver)
    // What is over is told once and then forgotten: a broker must not fill up with old alarms.
    if (isOver) this.#say(topic, '')
  }

  #say(topic: `zhishou/${string}`, payload: string, retain = true): void {
    for (const broker of this.#brokers) broker.say(topic, payload, { retain })
  }
}

/** Said by an outside broker when the gateway vanishes. */
export const farewellOf = (site: string): { readonly topic: `zhishou/${string}`; readonly payload: string } => ({
  topic: `zhishou/${site}/status`,
  payload: 'offline',
})

/** The site as other systems may see it. */
function ownSite({ id, name, points, equipment }: Site): OwnSite {
  const places = new Map(equipment.map(entry => [entry.id, { id: entry.id, name: entry.name, typeName: entry.typeName }]))
  return {
    id,
    name,
    points: points.flatMap(point => {
      const place = places.get(point.equipment)
      const { key, name: pointName, kind, unit, decimals, labels, staleAfter } = point
      return place
        ? [{ point: point.id, key, equipment: place, name: pointName, kind, unit, decimals, labels, stale: staleAfter }]
        : []
    }),
  }
}
