import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import type { AlarmCommand } from '../../gateway/alarm/command.ts'
import { ClockAlarm } from '../../gateway/alarm/clock-alarm.ts'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import { LockOuts } from '../../gateway/alarm/lock-outs.ts'
import { Modes } from '../../gateway/alarm/modes.ts'
import { Nuisance } from '../../gateway/alarm/nuisance.ts'
import type { PeopleRecord } from '../../gateway/alarm/people.ts'
import { RootCauses } from '../../gateway/alarm/root-causes.ts'
import { Cases } from '../../gateway/cases/cases.ts'
import type { CaseStep } from '../../gateway/cases/case.ts'
import { Office } from '../../gateway/duty/office.ts'
import { digestOf } from '../../gateway/handover/handover.ts'
import type { HandoverItem } from '../../gateway/handover/handover.ts'
import { Handovers } from '../../gateway/handover/handovers.ts'
import type { Draft, Entry } from '../../gateway/journal/entry.ts'
import { Dispatcher } from '../../gateway/notify/dispatcher.ts'
import { Pipeline } from '../../gateway/pipeline.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import type { Cell, LogKind, LogSection } from '../../gateway/report/document.ts'
import { isWords } from '../../gateway/report/document.ts'
import { logs } from '../../gateway/report/logs.ts'
import { parseFrom, parseTo } from '../../gateway/report/period.ts'
import { paperSiteOf } from '../../gateway/report/source.ts'
import { Rounds } from '../../gateway/rounds/rounds.ts'
import type { SaidVisit } from '../../gateway/rounds/visit.ts'
import { cite } from '../../gateway/site/citation.ts'
import { configuredKind, Configurations } from '../../gateway/site/configuration.ts'
import { noteConfiguration } from '../../gateway/site/configured.ts'
import { loadSite } from '../../gateway/site/load.ts'
import { siteBook } from '../../gateway/site/site-book.ts'
import type { Site } from '../../gateway/site/site.ts'
import { openStore } from '../../gateway/store/open.ts'
import { lookBack } from '../../gateway/store/past.ts'
import { StoryClock } from '../../gateway/story/clock.ts'
import { readStory } from '../../gateway/story/read.ts'
import { emptyFolder, wall } from '../store/folder.ts'

/** What people are called on a plain site of a test. */
export const people = `
people:
  wang: { name: { zh: 王芳, en: Wang Fang }, account: wangfang, roles: [食堂主管, 供水人员] }
  li: { name: { zh: 李国强, en: Li Guoqiang }, account: ligq, roles: [总务部] }
  zhao: { name: { zh: 赵铁柱, en: Zhao Tiezhu }, account: zhaotz }
`

/** A site file of a test becomes a site; what is wrong with it is the test's mistake. */
export async function siteOf(yaml: string): Promise<Site> {
  const path = join(emptyFolder(), 'site.yaml')
  writeFileSync(path, yaml)
  const loaded = await loadSite(path, {})
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems.map(({ path: at, wrong }) => [at, wrong.en])))
  return loaded.site
}

type Value = number | string | boolean | null
/** A line as a reader of one language has it: columns by name. */
export type Line = Readonly<Record<string, Value>> & { readonly tone?: string; readonly entries?: readonly number[] }

/** The gateway's own pipeline, desk and followers on a real store, moved through its days by a test; the logs are made of what it wrote. */
export class Works {
  readonly site: Site
  readonly folder: string
  readonly clock: StoryClock
  readonly entries: Entry[] = []
  pipeline!: Pipeline
  desk!: AlarmDesk
  rounds!: Rounds
  cases!: Cases
  handovers!: Handovers
  dispatcher!: Dispatcher
  #store!: Awaited<ReturnType<typeof openStore>>
  #isOpen = false

  constructor(site: Site, from: string | Instant, folder = emptyFolder()) {
    this.site = site
    this.folder = folder
    this.clock = new StoryClock(typeof from === 'string' ? this.when(from) : from)
  }

  static async on(yaml: string, from: string): Promise<Works> {
    const works = new Works(await siteOf(yaml), from)
    await works.start()
    return works
  }

  /** The same data directory under another site file, after the first gateway has ended. */
  async again(yaml: string): Promise<Works> {
    await this.ends()
    const works = new Works(await siteOf(yaml), this.now, this.folder)
    await works.start()
    return works
  }

  /** A story of test/stories, played to its end. */
  static async playing(name: string): Promise<Works> {
    const read = await readStory(join(import.meta.dirname, '../stories', name))
    if (!read.ok) throw new Error(JSON.stringify(read.problems))
    const { story } = read
    const loaded = await loadSite(story.site, {})
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    const works = new Works(loaded.site, story.from)
    await works.start()
    for (const act of story.acts) {
      await works.until(act.at)
      if (act.do === 'reads') works.tell(act.point, act.value, act.taken)
      if (act.do === 'records') await works.pipeline.record(act.record)
      if (act.do === 'acknowledges') await works.command(act.rule, { do: 'acknowledge', comment: act.comment }, act.by)
    }
    await works.until(story.until)
    return works
  }

  get now(): Instant {
    return this.clock.now()
  }
  /** A time of the site's clocks. */
  when(text: string): Instant {
    return parseFrom(text, this.site.timeZone) ?? instant(Number.NaN)
  }

  async start(): Promise<void> {
    const { site, clock } = this
    this.#store = await openStore(this.folder, { wall })
    onTestFinished(() => this.#store.close())
    this.#isOpen = true
    await this.#store.historian.listening(clock.now())
    const rules = siteBook(site)
    const staleAfter = new Map(site.points.map(point => [point.id, point.staleAfter]))
    const evaluator = new Evaluator({
      rules: site.rules,
      kinds: ruleKinds,
      staleAfter: point => staleAfter.get(point),
      startAt: clock.now(),
    })
    const desk = new AlarmDesk(rules)
    const office = new Office({ duty: site.duty, calendar: site.calendar })
    const lockOuts = new LockOuts(site.rules)
    const nuisance = new Nuisance()
    this.desk = desk
    this.rounds = new Rounds({ routes: site.rounds })
    this.handovers = new Handovers(site.equipment.filter(({ type }) => type === 'duty-desk').map(({ id }) => id))
    this.cases = new Cases({
      lockOuts,
      placeOf: id => site.equipment.find(one => one.id === id),
      calledFor: () => [],
      personOf: () => undefined,
    })
    this.dispatcher = new Dispatcher({
      office,
      site,
      rules,
      alarm: id => desk.byId(id),
      isFlood: () => nuisance.isFlood,
      reaches: () => true,
    })
    const followers = [
      new RootCauses({ ...site, alarmOf: rule => desk.ofRule(rule) }),
      new Modes(site.rules),
      lockOuts,
      nuisance,
      new ClockAlarm(),
      office,
      this.rounds,
      this.cases,
      this.handovers,
      this.dispatcher,
    ]
    this.pipeline = new Pipeline({
      clock,
      wall: clock,
      evaluator,
      desk,
      store: this.#store,
      cite: cite(site, rules),
      followers,
      outlets: [{ alarmChanged() {}, written: entries => void this.entries.push(...entries) }],
    })
    const { policies, digest } = site
    this.pipeline.begin(
      { kind: 'gateway.started', by: 'system', data: { site: site.id, version: '0', digest, policies, speed: 1 } },
      [],
    )
    await this.pipeline.settled()
    await noteConfiguration(site, this.#store, draft => this.pipeline.note(draft))
  }

  /** Readings that come together; time does not move. */
  tell(point: string, value: number, at = this.now): void {
    this.pipeline.accept([{ point: point as PointId, at, receivedAt: this.now, value, quality: 'good' }])
  }
  async reads(values: Readonly<Record<string, number>>): Promise<void> {
    for (const [point, value] of Object.entries(values)) this.tell(point, value)
    await this.pipeline.settled()
  }
  /** Time passes; whatever is due happens at its moment. `every`: what the equipment says meanwhile. */
  async until(
    at: string | Instant,
    every?: { readonly step: Millis; readonly says: (at: Instant) => Readonly<Record<string, number>> },
  ): Promise<void> {
    const end = typeof at === 'string' ? this.when(at) : at
    const settled = (): Promise<void> => this.pipeline.settled()
    if (every)
      for (let next = this.now + every.step; next <= end; next += every.step) {
        await this.clock.passTo(instant(next), settled)
        for (const [point, value] of Object.entries(every.says(instant(next)))) this.tell(point, value)
      }
    await this.clock.passTo(end, settled)
    await settled()
  }
  passes(length: Millis): Promise<void> {
    return this.until(instant(this.now + length))
  }
  async records(kind: string, equipment: string, more: Partial<PeopleRecord> = {}): Promise<Entry> {
    const entry = await this.pipeline.record({
      kind,
      equipment,
      at: this.now,
      by: 'wangfang',
      verdict: 'passed',
      fields: {},
      ...more,
    })
    await this.pipeline.settled()
    return entry
  }
  note(kind: string, by: string, data: Readonly<Record<string, unknown>>, about?: string): Promise<Entry> {
    return this.pipeline.note({ kind, by, data, ...(about === undefined ? {} : { about }) } satisfies Omit<Draft, 'at'>)
  }
  async command(rule: string, command: AlarmCommand, by = 'wangfang'): Promise<void> {
    const id = this.desk.ofRule(rule as RuleId)?.id
    const answer = id && (await this.pipeline.command(id, command, by))
    if (!answer?.ok) throw new Error(`${rule}: ${answer ? answer.why : 'no alarm'}`)
    await this.pipeline.settled()
  }
  /** All messages that wait have arrived. */
  async delivers(channel = 'sms', proof = '250 ok'): Promise<void> {
    for (const { id } of this.dispatcher.posting.waiting()) {
      const draft = this.dispatcher.posting.delivered(id, channel, proof)
      if (draft) await this.pipeline.act(at => ({ drafts: [{ ...draft, at }], answer: () => undefined }))
    }
  }
  async visits(visits: readonly Partial<SaidVisit>[], by = 'zhaotz', sentAt = this.now): Promise<void> {
    const said = visits.map((visit, index) => ({
      id: `${this.now}-${index}`,
      code: '',
      at: this.now,
      verdict: 'passed' as const,
      failed: [],
      note: '',
      offline: false,
      ...visit,
    }))
    await this.pipeline.act(at => this.rounds.take(said, { by, wall: this.now, sentAt, speed: 1 }, at))
    await this.pipeline.settled()
  }
  async step(id: string, step: CaseStep, by: string): Promise<void> {
    const answer = await this.pipeline.act(at => this.cases.take(id, step, by, at))
    if (!answer.ok) throw new Error(answer.why)
    await this.pipeline.settled()
  }
  async handsOver(
    roster: string,
    comments: Readonly<Record<string, string>>,
    now: readonly HandoverItem[],
    notes = '',
  ): Promise<void> {
    const signing = {
      roster,
      outgoing: { account: 'wangfang', name: '王芳' },
      incoming: { account: 'ligq', name: '李国强' },
      digest: digestOf(now),
      items: Object.entries(comments).map(([key, comment]) => ({ key, comment })),
      notes,
    }
    const change = { name: { zh: '保安值班', en: 'Guard' }, goes: { person: 'wang', shift: { zh: '白班', en: 'day' } } }
    const answer = await this.pipeline.act(at => this.handovers.sign(signing, change, now, at))
    if (!answer.ok) throw new Error(answer.refusal.why)
    await this.pipeline.settled()
  }

  async ends(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.pipeline.settled()
    await this.pipeline.close()
    await this.#store.close()
  }

  /** A log of what was written so far, read to its last row, twice; ends the gateway. */
  async log(
    kind: LogKind,
    from: string,
    to: string,
    only: { readonly equipment?: readonly string[]; readonly areas?: readonly string[] } = {},
  ): Promise<Log> {
    await this.ends()
    const zone = this.site.timeZone
    const question = {
      kind,
      from: parseFrom(from, zone) as Instant,
      to: parseTo(to, zone) as Instant,
      equipment: only.equipment ?? [],
      areas: only.areas ?? [],
    }
    return lookBack(this.folder, past => {
      const configurations = new Configurations(past.entries([configuredKind], instant(0), question.to))
      // As a log's thread gets it: plain data.
      const site = structuredClone(paperSiteOf(this.site))
      const document = logs[kind].make({ site, past, configurations, now: this.now }, question)
      return new Log(document.sections)
    })
  }
}

/** A log as its readers have it. */
export class Log {
  readonly #sections = new Map<string, { readonly zh: readonly Line[]; readonly en: readonly Line[] }>()
  readonly sections: readonly LogSection[]

  constructor(sections: readonly LogSection[]) {
    this.sections = sections
    for (const section of sections) {
      const [first, again] = [[...section.rows()], [...section.rows()]]
      if (JSON.stringify(first) !== JSON.stringify(again)) throw new Error(`${section.id} is not the same twice`)
      const wrong = first.find(({ cells }) => cells.length !== section.columns.length)
      if (wrong) throw new Error(`${section.id}: ${JSON.stringify(wrong)} does not fit its columns`)
      const linesIn = (language: 'zh' | 'en'): readonly Line[] =>
        first.map(({ cells, tone, entries }) => ({
          ...Object.fromEntries(section.columns.map(({ key }, index) => [key, plain(cells[index] ?? null, language)])),
          ...(tone ? { tone } : {}),
          ...(entries ? { entries } : {}),
        })) as never
      this.#sections.set(section.id, { zh: linesIn('zh'), en: linesIn('en') })
    }
  }

  lines(id: string, language: 'zh' | 'en' = 'zh'): readonly Line[] {
    const found = this.#sections.get(id)
    if (!found) throw new Error(`no section ${id}; there are ${[...this.#sections.keys()].join(', ')}`)
    return found[language]
  }
}

const plain = (cell: Cell, language: 'zh' | 'en'): Value => (isWords(cell) ? cell[language] : cell)
