import type { Found, FoundPoint } from '../contract/driver.ts'
import type { Message } from './mapping.ts'
import { numberIn, Payload, pointerOf, shown } from './payload.ts'
import type { Finder } from './scan.ts'

const limits = { topics: 2_000, places: 50, depth: 5, bytes: 64 * 1024 } as const

/** Numbers on plain topics: whatever stands in a payload or in its JSON, with the place where it stands. */
export class TopicFinder implements Finder {
  readonly filters: readonly string[] = ['devices/#']
  readonly #byTopic = new Map<string, readonly FoundPoint[]>()
  readonly #prefix: string

  constructor(discoveryPrefix: string) {
    this.#prefix = discoveryPrefix
  }

  hear({ topic, payload }: Message): void {
    const isOthers =
      /^(\$|zhishou\/|spBv1\.0\/|STATE\/)|\/bridge\/|\/availability$/.test(topic) || topic.startsWith(`${this.#prefix}/`)
    if (isOthers || payload.length > limits.bytes || (!this.#byTopic.has(topic) && this.#byTopic.size >= limits.topics)) return
    const points = pointsIn(topic, payload)
    if (points.length > 0) this.#byTopic.set(topic, points)
  }

  found(claimed: ReadonlySet<string>): readonly Found[] {
    const free = [...this.#byTopic].filter(([topic]) => !claimed.has(topic))
    return [...Map.groupBy(free, ([topic]) => placeOf(topic))].map(([name, topics]) => {
      const [, own] = /^devices\/([^/]+)/.exec(topics[0]?.[0] ?? '') ?? []
      return { device: own === undefined ? {} : { device: own }, name, points: topics.flatMap(([, points]) => points) }
    })
  }
}

/** Topics that differ in their last level alone are of one device. */
const placeOf = (topic: string): string =>
  /^devices\/[^/]+/.exec(topic)?.[0] ?? (topic.split('/').slice(0, -1).join('/') || topic)

function pointsIn(topic: string, bytes: Uint8Array): readonly FoundPoint[] {
  const payload = new Payload(bytes)
  const plain = numberIn(payload.text, {})
  const name = topic.split('/').at(-1) ?? topic
  if (plain !== undefined) return [{ settings: { topic }, name, value: plain, raw: shown(payload.text) }]
  if (!payload.json.ok) {
    const row = payload.text.trim().split(/\s*[,;\t]\s*|\s+/)
    if (row.length < 2 || row.length > limits.places) return []
    return row.flatMap((cell, index) => {
      const value = numberIn(cell, {})
      const point = { settings: { topic, column: index + 1 }, name: `${name} ${index + 1}`, raw: shown(payload.text) }
      return value === undefined ? [] : [{ ...point, value }]
    })
  }
  return numbersIn(payload.json.value, [], limits.depth)
    .slice(0, limits.places)
    .map(({ path, value }) => ({
      settings: { topic, value: pointerOf(path) || '/' },
      name: path.join(' ') || name,
      value,
      raw: shown(value),
    }))
}

function numbersIn(json: unknown, path: readonly string[], depth: number): { path: readonly string[]; value: number }[] {
  if (typeof json === 'number') return [{ path, value: json }]
  if (typeof json === 'boolean') return [{ path, value: json ? 1 : 0 }]
  if (typeof json !== 'object' || json === null || depth === 0) return []
  return Object.entries(json)
    .slice(0, limits.places)
    .flatMap(([key, value]) => numbersIn(value, [...path, key], depth - 1))
}
