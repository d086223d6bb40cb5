import type { Protocol, ScanAsk } from '../../protocols/contract/driver.ts'
import { between, minutes, seconds } from '../../protocols/contract/time.ts'
import type { Clock, Instant } from '../../protocols/contract/time.ts'
import { protocols as registry } from '../../protocols/registry.ts'
import type { OpenLines } from '../lines.ts'
import { withSecrets } from '../site/load.ts'
import { loadShelf } from '../site/shelf.ts'
import type { Shelf } from '../site/shelf.ts'
import type { Connection, Site } from '../site/site.ts'
import type { Begun } from './found.ts'
import { Scans } from './found.ts'
import { lineOnTrial, runningLine } from './line-on-trial.ts'
import type { AskedLine } from './line-on-trial.ts'
import { outsiders } from './target.ts'
import type { Resolve } from './target.ts'
import { templatesFor } from './templates.ts'
import { prepareLine, readTrial } from './trial.ts'
import type { TrialEquipment, TrialLine, TrialProblem } from './trial.ts'
import { tryOut } from './trying.ts'
import type { Tried } from './trying.ts'
import { veiled } from './veil.ts'

type Settings = Readonly<Record<string, unknown>>

/** Where to look: a connection of the site, or one that is not in the site file yet. */
export type Where =
  { readonly connection: string } | { readonly protocol: string; readonly settings: Settings; readonly outside?: boolean }

export interface CommissioningParts {
  /** Real time. */
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  readonly protocols?: readonly Protocol[]
  readonly shelf?: () => Promise<Shelf>
  readonly resolve?: Resolve
}

/** The site as it runs at this moment. */
export interface Running {
  readonly site: Pick<Site, 'connections' | 'points'>
  readonly lines: OpenLines
}

export type Refused =
  | {
      readonly ok: false
      readonly why: 'no-such-connection' | 'no-such-equipment' | 'line-busy' | 'too-many' | 'cannot-scan' | 'cannot-ask'
    }
  | { readonly ok: false; readonly why: 'wrong'; readonly problems: readonly TrialProblem[] }
  /** Hosts outside private networks are asked only after an explicit yes. */
  | { readonly ok: false; readonly why: 'outside'; readonly hosts: readonly string[] }
  /** A serial port, or a place on the network, that a connection of the site has. */
  | { readonly ok: false; readonly why: 'in-use'; readonly connection: string }
export type Attempted = { readonly ok: true; readonly tried: Tried } | Refused

/** Longer than a person waits for a look at a device; a dead serial line with many points is cut off here. */
const tryWithin = seconds(20)
const tellEvery = minutes(10)
const mostTold = 1_000

/** Finding equipment and trying it out beside the running site. Only reads. */
export class Commissioning {
  readonly scans: Scans
  readonly protocols: readonly Protocol[]
  readonly #parts: CommissioningParts
  readonly #trying = new Set<string>()
  readonly #told = new Map<string, Instant>()
  #shelf: Promise<Shelf> | undefined

  constructor(parts: CommissioningParts) {
    this.#parts = parts
    this.protocols = parts.protocols ?? registry
    this.scans = new Scans(parts.clock)
  }

  /** Types and models as they ship; read when first asked for. */
  shelf(): Promise<Shelf> {
    this.#shelf ??= (this.#parts.shelf ?? loadShelf)()
    return this.#shelf
  }

  async scan(where: Where, ask: ScanAsk, by: string, running: Running): Promise<Begun | Refused> {
    const found = await this.#line(where, running)
    if (!found.ok) return found
    const { key, line, open } = found
    const { models, types } = await this.shelf()
    const templates = templatesFor({ protocol: line.protocol, settings: found.settings }, models.values(), types)
    if (this.#trying.has(key)) return { ok: false, why: 'line-busy' }
    return this.scans.begin({ key, line: line.id, by, ask: { ...ask, templates }, open })
  }

  /** Reads equipment that is not in the site file yet, once, with what may be wrong with it. */
  async tryOut(where: Where, equipment: TrialEquipment, running: Running): Promise<Attempted> {
    const found = await this.#line(where, running)
    if (!found.ok) return found
    const written = textOf({ settings: found.line.filledIn ? {} : found.line.settings, equipment })
    const env = await withSecrets(written, this.#parts.env)
    const shelf = await this.shelf()
    const trial = readTrial(found.line, equipment, { protocols: this.protocols, shelf, env })
    if (!trial.ok) return { ok: false, why: 'wrong', problems: veiled(trial.problems, written, env) }
    const model = equipment.model === undefined ? undefined : shelf.models.get(equipment.model)
    return this.#ask(found, { ...trial, settings: found.settings, ...(model && { known: model.hints }) })
  }

  /** The same of equipment that is watched already: what its points give now, and what may be wrong. */
  async lookAgain(equipment: string, running: Running): Promise<Attempted> {
    const connection = running.site.connections.find(({ bindings }) => bindings.some(one => one.equipment === equipment))
    if (!connection) return { ok: false, why: 'no-such-equipment' }
    const found = await this.#line({ connection: connection.id }, running)
    if (!found.ok) return found
    const bindings = connection.bindings.filter(one => one.equipment === equipment)
    return this.#ask(found, { bindings, points: running.site.points, settings: connection.settings })
  }

  /** Whoever looks at values reads them every few seconds: the journal hears of it once in ten minutes. */
  isNews(what: string): boolean {
    const now = this.#parts.clock.now()
    for (const [one, at] of this.#told) if (between(at, now) >= tellEvery) this.#told.delete(one)
    if (this.#told.has(what)) return false
    if (this.#told.size < mostTold) this.#told.set(what, now)
    return true
  }

  stop(): Promise<void> {
    return this.scans.stop()
  }

  async #ask({ key, line, open }: FoundLine, subject: Omit<Parameters<typeof tryOut>[0], 'protocol'>): Promise<Attempted> {
    const protocol = this.protocols.find(({ kind }) => kind === line.protocol)
    if (!protocol) return { ok: false, why: 'cannot-ask' }
    // A running line takes its turns by itself; one of our own is dialled for the occasion and there is only one of it.
    const alone = key !== line.id
    if (alone && (this.#trying.has(key) || this.scans.isBusy(key))) return { ok: false, why: 'line-busy' }
    this.#trying.add(key)
    const giveUp = new AbortController()
    const cancel = this.#parts.clock.after(tryWithin, () => giveUp.abort())
    const asked = open()
    try {
      let canAsk = true
      const tried = await tryOut({ ...subject, protocol }, async bindings => {
        const probes = asked.probe(bindings, giveUp.signal)
        canAsk &&= probes !== undefined
        return (await probes) ?? []
      })
      return canAsk ? { ok: true, tried } : { ok: false, why: 'cannot-ask' }
    } finally {
      cancel()
      this.#trying.delete(key)
      await asked.close()
    }
  }

  async #line(where: Where, { site, lines }: Running): Promise<FoundLine | Refused> {
    if ('connection' in where) {
      const connection = site.connections.find(({ id }) => id === where.connection)
      if (!connection) return { ok: false, why: 'no-such-connection' }
      const { id, protocol, settings } = connection
      const line: TrialLine = { id, protocol, settings, filledIn: true }
      return { ok: true, key: id, line, settings, open: () => runningLine(lines, id) }
    }
    const line: TrialLine = { id: 'new-line', protocol: where.protocol, settings: where.settings, filledIn: false }
    const written = textOf(where.settings)
    const env = await withSecrets(written, this.#parts.env)
    const prepared = prepareLine(line, { protocols: this.protocols, env })
    if (!prepared.ok) return { ok: false, why: 'wrong', problems: veiled(prepared.problems, written, env) }
    const key = keyOf(prepared.settings)
    const taken = site.connections.find(one => isExclusive(one) && keyOf(one.settings) === key)
    if (taken) return { ok: false, why: 'in-use', connection: taken.id }
    const hosts = where.outside ? [] : await outsiders(prepared.settings, this.#parts.resolve)
    if (hosts.length > 0) return { ok: false, why: 'outside', hosts }
    return {
      ok: true,
      key,
      line,
      settings: prepared.settings,
      open: () => lineOnTrial(prepared.driver, this.#parts.clock),
    }
  }
}

interface FoundLine {
  readonly ok: true
  readonly key: string
  readonly line: TrialLine
  /** With variables filled in. */
  readonly settings: Settings
  readonly open: () => AskedLine
}

/** What a person typed, as a file that variables are looked for in. */
const textOf = (typed: object): readonly { readonly name: string; readonly text: string }[] => [
  { name: 'typed', text: JSON.stringify(typed) },
]

/** What is physically the same line: one serial port, one place on the network. */
function keyOf(settings: Settings): string {
  const { path, host, port, url, endpoint } = settings
  return typeof path === 'string' ? `serial ${path}` : `net ${JSON.stringify([host, port, url, endpoint])}`
}

/** A serial port has one owner. Most serial servers let in one caller only, but not all of them. */
const isExclusive = ({ settings }: Connection): boolean => typeof settings['path'] === 'string'
