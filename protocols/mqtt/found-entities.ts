import type { Found } from '../contract/driver.ts'
import type { Entity } from './homeassistant-in.ts'
import { entitiesOf } from './homeassistant-in.ts'
import type { Message } from './mapping.ts'
import type { Finder } from './scan.ts'

const mostEntities = 5_000

/** What devices and bridges announce to Home Assistant; our own announcements are not found again. */
export class EntityFinder implements Finder {
  readonly filters: readonly string[]
  readonly #prefix: string
  readonly #byTopic = new Map<string, readonly Entity[]>()

  constructor(prefix: string) {
    this.#prefix = prefix
    this.filters = [`${prefix}/+/+/config`, `${prefix}/+/+/+/config`]
  }

  hear({ topic, payload }: Message): void {
    const entities = entitiesOf(topic, payload, this.#prefix)
    if (!entities || topic.split('/').at(-3)?.startsWith('zhishou_')) return
    if (this.#byTopic.size < mostEntities) this.#byTopic.set(topic, entities)
  }

  claims(): ReadonlySet<string> {
    const sources = [...this.#byTopic.values()].flat().map(({ source }) => source)
    return new Set(sources.flatMap(source => ('topic' in source ? [source.topic] : [])))
  }

  found(): readonly Found[] {
    const entities = [...this.#byTopic.values()].flat()
    return [...Map.groupBy(entities, ({ deviceName, name }) => deviceName ?? name)].flatMap(([name, own]) => {
      const readable = own.filter(({ source }) => 'topic' in source)
      const why = own.flatMap(({ source }) => ('unreadable' in source ? [source.unreadable] : []))[0]
      const isInput = own.some(({ component }) => component === 'sensor' || component === 'binary_sensor')
      if (readable.length === 0 && !isInput) return []
      return [
        {
          device: {},
          name,
          points: readable.map(({ uniqueId, name: pointName, unit }) => ({
            settings: { discovery: uniqueId, ...(unit === undefined ? {} : { unit }) },
            name: pointName,
            ...(unit === undefined ? {} : { unit }),
          })),
          ...(readable.length === 0 && why ? { note: why } : {}),
        },
      ]
    })
  }
}
