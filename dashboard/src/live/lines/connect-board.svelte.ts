import type {
  WireConnection,
  WireGround,
  WireModel,
  WireScan,
  WireTried,
  WireTrialProblem,
  WireFound,
  WireHint,
} from '../../../../gateway/api/wire-lines.ts'
import type { Desk } from '../../desk.svelte.ts'
import { emptyDraft, forgetDraft, freeId, gapsIn, isId, keepDraft, keptDraft, steps } from './connect-draft.ts'
import type { ConnectDraft, Step } from './connect-draft.ts'
import { familyOf, patched, typedFrom } from './settings.ts'
import { changeOf, trialOf, whereOf } from './connect-entry.ts'
import type { EntryGround } from './connect-entry.ts'
import { Search } from './search.svelte.ts'
import { SiteChange } from './site-change.svelte.ts'
import { counted, noTally } from './tally.ts'
import type { Tally } from './tally.ts'

/** Real ms between two reads while values are looked at. */
const readEvery = 3_000

/** The way from a line to equipment that is watched: what was typed, what was found, what it reads, and how it is written. */
export class ConnectBoard {
  readonly #desk: Desk
  readonly draft: ConnectDraft = $state(keptDraft())
  readonly change: SiteChange
  readonly search: Search
  #ground = $state.raw<WireGround>()
  #lines = $state.raw<readonly WireConnection[]>([])
  #tried = $state.raw<WireTried>()
  #problems = $state.raw<readonly WireTrialProblem[]>([])
  #said = $state<string>()
  #outside = $state(false)
  #reading = $state(false)
  #tally = $state.raw<Tally>(noTally)
  #before = $state.raw<Pick<ConnectDraft['what'], 'points' | 'device'>>()
  #turn = 0
  #cancel = (): void => {}
  readonly protocol = $derived.by(() => {
    const { fresh, connection, protocol } = this.draft.line
    return fresh ? protocol : (this.#lines.find(({ id }) => id === connection)?.protocol ?? '')
  })
  readonly schema = $derived(this.#ground?.protocols.find(({ kind }) => kind === this.protocol))
  readonly type = $derived(this.#ground?.types.find(({ type }) => type === this.draft.what.type))
  /** Models that speak as the line does, the likeliest first. */
  readonly models = $derived.by((): Readonly<Record<'likely' | 'suits' | 'other', readonly WireModel[]>> => {
    const likely = this.found?.models ?? []
    const { type } = this.draft.what
    const place = ({ id }: WireModel) => likely.indexOf(id)
    const all = (this.#ground?.models ?? [])
      .filter(({ protocol }) => protocol === familyOf(this.protocol))
      .toSorted((a, b) => Number(b.verified) - Number(a.verified) || a.id.localeCompare(b.id))
    const rest = all.filter(model => place(model) < 0)
    return {
      likely: all.filter(model => place(model) >= 0).toSorted((a, b) => place(a) - place(b)),
      suits: rest.filter(({ types }) => types.includes(type)),
      other: rest.filter(({ types }) => !types.includes(type)),
    }
  })
  readonly model = $derived(this.#ground?.models.find(({ id }) => id === this.draft.what.model))
  /** The find that was chosen. */
  readonly found = $derived.by((): WireFound | undefined => {
    const device = JSON.stringify(this.draft.what.device)
    return this.search.scan?.found.find(one => JSON.stringify(typedFrom(one.device)) === device)
  })

  constructor(desk: Desk) {
    this.#desk = desk
    this.change = new SiteChange(desk)
    this.search = new Search(desk, () => (this.draft.scan = ''))
  }

  get ground(): WireGround | undefined {
    return this.#ground
  }
  get lines(): readonly WireConnection[] {
    return this.#lines
  }
  get scan(): WireScan | undefined {
    return this.search.scan
  }
  get scanning(): boolean {
    return this.search.scanning
  }
  get tried(): WireTried | undefined {
    return this.#tried
  }
  get problems(): readonly WireTrialProblem[] {
    return this.#problems
  }
  /** What the gateway said no to, in its own words. */
  get said(): string | undefined {
    return this.#said
  }
  /** The address lies outside private networks: an explicit yes is asked for. */
  get outside(): boolean {
    return this.#outside
  }
  get tally(): Tally {
    return this.#tally
  }
  /** A change that was taken can be taken back. */
  get undoable(): boolean {
    return this.#before !== undefined
  }
  get reading(): boolean {
    return this.#reading
  }

  async start(): Promise<void> {
    const { http } = this.#desk
    const [ground, lines] = await Promise.all([
      http.ask<WireGround>('GET', '/commissioning/ground'),
      http.ask<{ readonly items: readonly WireConnection[] }>('GET', '/connections'),
    ])
    if (ground.ok) this.#ground = ground.value
    else this.#said = ground.said ?? this.#desk.words.t.error.server
    if (lines.ok) this.#lines = lines.value.items
    // A new gateway has no line yet: then there is nothing to choose from.
    if (lines.ok && lines.value.items.length === 0) this.draft.line.fresh = true
    if (this.draft.scan !== '') void this.search.follow(this.draft.scan)
    if (this.draft.step === 'look') void this.read()
    if (this.draft.step === 'write') void this.prepareChange()
  }

  /** The page goes; a search that nobody looks at ends by itself. */
  stop(): void {
    this.#turn += 1
    this.#cancel()
    this.search.pause()
  }

  keep(): void {
    keepDraft($state.snapshot(this.draft) as ConnectDraft)
  }

  again(): void {
    this.stop()
    void this.endScan()
    forgetDraft()
    Object.assign(this.draft, emptyDraft())
    this.search.forget()
    this.#tried = undefined
    this.#problems = []
    this.#said = undefined
    this.change.forget()
    void this.start()
  }

  go(step: Step): void {
    this.#cancel()
    this.#turn += 1
    this.search.pause()
    this.draft.step = step
    this.#said = undefined
    if (step !== 'find') void this.endScan()
    if (step === 'what') this.#suggest()
    if (step === 'look') {
      this.#tally = noTally
      this.#before = undefined
      void this.read()
    }
    if (step === 'write') void this.prepareChange()
  }

  back(): void {
    const place = steps.findIndex(step => step === this.draft.step)
    this.go(steps[Math.max(0, place - 1)] ?? 'line')
  }

  /** What keeps this step from being left, by the place it concerns. */
  get missing(): readonly string[] {
    const { line, what } = this.draft
    switch (this.draft.step) {
      case 'line':
        if (!line.fresh) return line.connection === '' ? ['connection'] : []
        return [
          ...(line.protocol === '' ? ['protocol'] : []),
          ...(isId(line.id) && !this.#lines.some(({ id }) => id === line.id) ? [] : ['id']),
        ]
      case 'what':
        return [
          ...(what.type === '' ? ['type'] : []),
          ...(what.nameZh.trim() === '' ? ['name'] : []),
          ...(isId(what.id) && !this.#ground?.equipment.includes(what.id) ? [] : ['id']),
          ...(what.area === '' || (what.area === '+' && what.newArea.trim() === '') ? ['area'] : []),
          ...gapsIn(what, this.schema, this.type),
        ]
      default:
        return []
    }
  }

  async beginScan(): Promise<void> {
    const { from, to, at, listen } = this.draft.ask
    const number = (text: string) => (/^\d+$/.test(text.trim()) ? Number(text) : undefined)
    const ask = Object.fromEntries(
      Object.entries({
        from: number(from),
        to: number(to),
        at: at.trim() || undefined,
        listen: listen.trim() || undefined,
      }).filter(([, value]) => value !== undefined),
    )
    this.#said = undefined
    this.#problems = []
    const answer = await this.#desk.http.ask<{ readonly id?: string; readonly problems?: readonly WireTrialProblem[] }>(
      'POST',
      '/commissioning/scans',
      { ...whereOf(this.draft, this.#entryGround), ask },
    )
    if (!answer.ok) {
      this.#said = answer.said ?? this.#desk.words.t.error.server
      this.#outside = answer.why === 'forbidden'
      return
    }
    if (answer.value.id === undefined) {
      this.#problems = answer.value.problems ?? []
      this.draft.step = 'line'
      return
    }
    this.draft.scan = answer.value.id
    await this.search.follow(answer.value.id)
  }

  async endScan(): Promise<void> {
    await this.search.end()
  }

  choose(found: WireFound): void {
    const { what } = this.draft
    what.device = typedFrom(found.device)
    what.type = found.draft.type
    what.model = found.draft.model ?? ''
    what.id = found.draft.id
    what.points = Object.fromEntries(Object.entries(found.draft.points).map(([key, settings]) => [key, typedFrom(settings)]))
    what.used = Object.keys(found.draft.points)
    this.#tried = undefined
  }

  chooseType(type: string): void {
    const { what } = this.draft
    const found = this.#ground?.types.find(one => one.type === type)
    const wasGuessed = what.id === '' || what.id === this.found?.draft.id || !isId(what.id)
    what.type = type
    what.used = found ? [...new Set([found.main, ...what.used.filter(key => found.points.some(point => point.key === key))])] : []
    if (this.model && !this.model.types.includes(type)) what.model = ''
    if (wasGuessed || this.#ground?.types.some(one => what.id.startsWith(`${one.type}-`)))
      what.id = freeId(type, this.#ground?.equipment ?? [])
  }

  chooseModel(model: string): void {
    const { what } = this.draft
    const found = this.#ground?.models.find(({ id }) => id === model)
    what.model = model
    what.points = {}
    if (found && !found.types.includes(what.type) && found.types[0] !== undefined) this.chooseType(found.types[0])
    if (found?.link.unit !== undefined && (what.device['unit'] ?? '') === '') what.device['unit'] = String(found.link.unit)
  }

  /** Reads the equipment as it is typed now, and again every few seconds while it is looked at. */
  async read(): Promise<void> {
    this.#cancel()
    const turn = ++this.#turn
    this.#reading = true
    const answer = await this.#desk.http.ask<{
      readonly tried: WireTried | null
      readonly problems: readonly WireTrialProblem[]
    }>('POST', '/commissioning/try', {
      ...whereOf(this.draft, this.#entryGround),
      equipment: trialOf(this.draft, this.#entryGround),
    })
    if (turn !== this.#turn) return
    this.#reading = false
    if (answer.ok) {
      this.#said = undefined
      this.#problems = answer.value.problems
      this.#tried = answer.value.tried ?? this.#tried
      if (answer.value.tried) this.#tally = counted(this.#tally, answer.value.tried)
    } else {
      this.#said = answer.said ?? this.#desk.words.t.error.server
      this.#outside = answer.why === 'forbidden'
    }
    const mayGoOn = answer.ok ? answer.value.problems.length === 0 : answer.why === 'offline' || answer.why === 'server'
    if (mayGoOn && this.draft.step === 'look')
      this.#cancel = this.#desk.time.after(readEvery, () => {
        if (document.visibilityState === 'visible') void this.read()
        else this.#cancel = this.#desk.time.after(readEvery, () => void this.read())
      })
  }

  apply(hint: WireHint): void {
    this.#tried = this.#tried && { ...this.#tried, hints: this.#tried.hints.filter(one => one !== hint) }
    this.take(hint)
  }

  /** Lays these settings over what was typed, and reads again. */
  take({ change: changes, device }: Pick<WireHint, 'change' | 'device'>): void {
    const { what } = this.draft
    this.#before = $state.snapshot({ points: what.points, device: what.device })
    what.device = patched(what.device, device)
    for (const { point, settings } of changes) {
      what.points = { ...what.points, [point]: patched(what.points[point] ?? {}, settings) }
      if (!what.used.includes(point)) what.used = [...what.used, point]
    }
    void this.read()
  }

  /** As it was before the last change that was taken. */
  unapply(): void {
    if (this.#before) Object.assign(this.draft.what, this.#before)
    this.#before = undefined
    void this.read()
  }

  async prepareChange(): Promise<void> {
    const areas = this.#desk.site?.areas.map(({ id }) => id) ?? []
    await this.change.prepare(changeOf(this.draft, this.#entryGround, freeId('area', areas)))
  }

  /** `usual` is the reason where nobody has typed another. */
  async write(usual: string): Promise<void> {
    if (await this.change.apply(this.draft.reason.trim() || usual)) {
      this.draft.step = 'done'
      forgetDraft()
    }
  }

  get #entryGround(): EntryGround {
    return { protocol: this.schema, type: this.type }
  }

  #suggest(): void {
    const { what } = this.draft
    if (what.type !== '' && what.id === '') what.id = freeId(what.type, this.#ground?.equipment ?? [])
    const areas = this.#desk.site?.areas ?? []
    if (what.area === '') what.area = areas[0]?.id ?? '+'
  }
}
