import type { Found, FoundPoint } from '../../contract/driver.ts'
import type { Instant } from '../../contract/time.ts'
import type { Message } from '../mapping.ts'
import { rebirthRequest } from '../own-words.ts'
import type { Voice } from '../role.ts'
import type { Finder } from '../scan.ts'
import type { Metric } from './decode.ts'
import { decodePayload } from './decode.ts'
import type { EdgeNode } from './topic.ts'
import { nodeName, parseTopic } from './topic.ts'
import { meaningOf } from './value.ts'

const most = { nodes: 500, metrics: 2_000 } as const

/** Edge nodes and their devices, by their births. Who is heard without one is asked to be born again, if we are a host. */
export class NodeFinder implements Finder {
  readonly filters: readonly string[] = ['spBv1.0/#']
  readonly #mayAsk: boolean
  readonly #now: () => Instant
  readonly #born = new Map<string, readonly Metric[]>()
  readonly #heard = new Set<string>()
  readonly #asked = new Map<string, EdgeNode>()

  constructor(mayAsk: boolean, now: () => Instant) {
    this.#mayAsk = mayAsk
    this.#now = now
  }

  hear({ topic, payload, replayed }: Message, voice: Voice | undefined): void {
    const about = parseTopic(topic)
    if (!about || replayed || this.#heard.size >= most.nodes) return
    const name = `${nodeName(about.node)}${about.device === undefined ? '' : `/${about.device}`}`
    const { kind, node } = about
    if (kind === 'NBIRTH' || kind === 'DBIRTH') {
      const read = decodePayload(payload)
      if (read.ok) this.#born.set(name, read.value.metrics.slice(0, most.metrics))
    } else if (kind === 'NDATA' || kind === 'DDATA') {
      this.#heard.add(name)
      if (this.#born.has(name) || !this.#mayAsk || this.#asked.has(nodeName(node))) return
      this.#asked.set(nodeName(node), node)
      voice?.say(rebirthRequest(node, this.#now()))
    }
  }

  found(): readonly Found[] {
    const unborn = [...this.#heard].filter(name => !this.#born.has(name))
    return [
      ...[...this.#born].map(([name, metrics]) => ({
        device: { sparkplug: name },
        name,
        points: metrics.flatMap(pointOf),
      })),
      ...unborn.map(name => ({
        device: { sparkplug: name },
        name,
        points: [],
        note: {
          zh: '有数据但没有收到出生证书：给连接写上 sparkplug: { host: zhishou } 再找一次',
          en: 'it speaks, and its birth was not heard: give the connection sparkplug: { host: zhishou } and look again',
        },
      })),
    ]
  }
}

function pointOf({ name, type, wire, isNull, unit }: Metric): readonly FoundPoint[] {
  if (name === undefined || type === undefined || name === 'bdSeq' || name.startsWith('Node Control/')) return []
  const measured = unit === undefined ? {} : { unit }
  const point = { settings: { metric: name, ...measured }, name, ...measured }
  if (!wire || isNull) return [point]
  const meaning = meaningOf(wire, type)
  return meaning.ok ? [{ ...point, value: meaning.value, raw: type }] : []
}
