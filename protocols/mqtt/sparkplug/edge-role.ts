import type { DriverHost, OwnSite } from '../../contract/driver.ts'
import type { Reading } from '../../contract/reading.ts'
import type { Cancel, Instant } from '../../contract/time.ts'
import { after, between, seconds } from '../../contract/time.ts'
import type { Message } from '../mapping.ts'
import type { Notebook } from '../notebook.ts'
import type { OwnWord } from '../own-words.ts'
import type { Role, Voice } from '../role.ts'
import type { EdgeParts, EdgeSteps } from './edge.ts'
import { SparkplugEdge } from './edge.ts'
import { snake } from './host-role.ts'

/** However often a host asks, births go out no more than once in this time. */
const birthsApart = seconds(2)

/** Carries what the edge node says and hears. `bdSeq` outlives the run, so that no host takes an old death for a new one. */
export class EdgeRole implements Role {
  readonly filters: readonly string[]
  readonly #host: DriverHost
  readonly #notebook: Notebook
  readonly #node: SparkplugEdge
  #voice: Voice | undefined
  #commandsAt: Instant | undefined
  #cancel: Cancel = () => {}

  constructor(parts: EdgeParts, host: DriverHost, notebook: Notebook) {
    this.#host = host
    this.#notebook = notebook
    this.#node = new SparkplugEdge(parts)
    this.filters = this.#node.filters
  }

  farewell(): OwnWord {
    const noted = this.#notebook.read()
    const last = typeof noted === 'object' && noted !== null && 'bdSeq' in noted ? Number(noted.bdSeq) : -1
    const bdSeq = Number.isInteger(last) && last >= -1 ? (last + 1) % 256 : 0
    this.#notebook.write({ bdSeq })
    return this.#node.farewell(bdSeq, this.#now())
  }

  begin(voice: Voice): void {
    this.#voice = voice
    this.#do(this.#node.begin(this.#now()))
  }

  present(site: OwnSite): void {
    this.#do(this.#node.present(site, this.#now()))
  }

  tell(readings: readonly Reading[]): void {
    this.#do(this.#node.tell(readings, this.#now()))
  }

  hear(message: Message): void {
    const now = this.#host.wall.now()
    const isCommand = /^spBv1\.0\/[^/]+\/[ND]CMD\//.test(message.topic)
    const due = this.#commandsAt === undefined ? now : after(this.#commandsAt, birthsApart)
    if (isCommand && due > now) {
      // The latest of a flood stands for all.
      this.#cancel()
      this.#cancel = this.#host.wall.after(between(now, due), () => this.hear(message))
      return
    }
    if (isCommand) this.#commandsAt = now
    this.#do(this.#node.hear(message, this.#now()))
  }

  end(): void {
    this.#voice = undefined
    this.#cancel()
    this.#node.end()
  }

  goodbye(): readonly OwnWord[] {
    this.#voice = undefined
    this.#cancel()
    return this.#node.goodbye(this.#now())
  }

  counters(): Readonly<Record<string, number>> {
    const counts = Object.entries(this.#node.counts)
    return Object.fromEntries(counts.map(([name, count]) => [`sparkplug_edge_${snake(name)}`, count]))
  }

  #do({ words, leave }: EdgeSteps): void {
    for (const word of words) this.#voice?.say(word)
    if (leave) this.#voice?.leave()
  }

  #now(): Instant {
    return this.#host.clock.now()
  }
}
