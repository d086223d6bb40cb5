import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import { Unanswered } from '../../gateway/alarm/unanswered.ts'
import { systemClock } from '../../gateway/clock.ts'
import type { Draft, Entry } from '../../gateway/journal/entry.ts'
import { Pipeline } from '../../gateway/pipeline.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import type { Heard } from '../../gateway/policy/evaluator.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { restore } from '../../gateway/restore.ts'
import { cite } from '../../gateway/site/citation.ts'
import { loadSite } from '../../gateway/site/load.ts'
import { siteBook } from '../../gateway/site/site-book.ts'
import type { Site } from '../../gateway/site/site.ts'
import { openStore } from '../../gateway/store/open.ts'
import type { Store } from '../../gateway/store/store.ts'
import { StoryClock } from '../../gateway/story/clock.ts'
import { readStory } from '../../gateway/story/read.ts'
import type { Act, Story } from '../../gateway/story/story.ts'
import { fault } from '../../protocols/contract/fault.ts'
import type { Reading } from '../../protocols/contract/reading.ts'
import { after, instant, millis, minutes } from '../../protocols/contract/time.ts'

const shipped = fileURLToPath(new URL('../stories', import.meta.url))

/**
 * What a facility went through, played on the gateway's own pipeline, rules, desk and store. `isRelieved` says before which moments another
 * watch takes over, as a change of the site file makes it do: from the journal, the checkpoints and the readings, and from nothing else.
 */
class Stage {
  readonly #story: Story
  readonly #site: Site
  readonly #store: Store
  readonly #clock: StoryClock
  #desk: AlarmDesk
  #evaluator: Evaluator
  #pipeline: Pipeline

  constructor(story: Story, site: Site, store: Store) {
    this.#story = story
    this.#site = site
    this.#store = store
    // The gateway runs when it begins.
    this.#clock = new StoryClock(after(story.from, millis(-1_000)))
    ;[this.#evaluator, this.#desk, this.#pipeline] = this.#make()
  }

  async play(isRelieved: (moment: number) => boolean): Promise<{ readonly told: readonly string[]; readonly reliefs: number }> {
    const { acts, until } = this.#story
    await this.#open({ kind: 'gateway.started', by: 'system', data: {} })
    let reliefs = 0
    let moments = 0
    for (const [index, act] of acts.entries()) {
      if (act.at > this.#clock.now()) moments += 1
      // Half way between two acts, where runs and delays are under way.
      const half = Math.floor((this.#clock.now() + act.at) / 2)
      if (half > this.#clock.now() && isRelieved(moments)) {
        await this.#clock.passTo(instant(half), this.#settled)
        await this.#relieve()
        reliefs += 1
      }
      await this.#clock.passTo(act.at, this.#settled)
      await this.#do(act)
      if (index % 7 === 3) await this.#shelveOne()
      await this.#settled()
    }
    await this.#clock.passTo(after(until, millis(1)), this.#settled)
    const duties = JSON.stringify(this.#evaluator.duties(this.#clock.now()))
    await this.#pipeline.close()
    return { told: [...(await this.#entries()), duties], reliefs }
  }

  #make(): [Evaluator, AlarmDesk, Pipeline] {
    const { rules, points, equipment } = this.#site
    const staleAfter = new Map(points.map(point => [point.id, point.staleAfter]))
    const areas = new Map(equipment.map(({ id, area }) => [id, area]))
    const book = siteBook(this.#site)
    const startAt = this.#clock.now()
    const evaluator = new Evaluator({ rules, kinds: ruleKinds, staleAfter: point => staleAfter.get(point), startAt })
    const desk = new AlarmDesk(book)
    const pipeline = new Pipeline({
      clock: this.#clock,
      wall: this.#clock,
      evaluator,
      desk,
      store: this.#store,
      cite: cite(this.#site, book),
      unanswered: new Unanswered(rules, of => areas.get(of)),
      outlets: [],
    })
    return [evaluator, desk, pipeline]
  }

  async #open(draft: Omit<Draft, 'at'>, heard?: Heard): Promise<void> {
    const [evaluator, desk, pipeline] = this.#make()
    const { journal, historian } = this.#store
    const [checkpoints, latest, now] = [await journal.checkpoints(), await historian.latest(), this.#clock.now()]
    const known = heard ? { heard } : {}
    const obsolete = await restore({ evaluator, desk, checkpoints, latest, store: this.#store, now, ...known })
    pipeline.begin(draft, obsolete, now)
    await pipeline.settled()
    ;[this.#evaluator, this.#desk, this.#pipeline] = [evaluator, desk, pipeline]
  }

  async #relieve(): Promise<void> {
    const heard = this.#evaluator.heard()
    await this.#pipeline.close()
    await this.#open({ kind: 'site.changed', by: 'admin', data: {} }, heard)
  }

  readonly #settled = (): Promise<void> => this.#pipeline.settled()

  async #do(act: Act): Promise<void> {
    const reading = readingOf(act)
    if (reading) this.#pipeline.accept([reading])
    await this.#settled()
    if (act.do === 'records') await this.#pipeline.record(act.record)
    if (act.do !== 'acknowledges') return
    const alarm = this.#desk.openAlarms().find(({ rule }) => rule === act.rule)
    if (alarm) await this.#pipeline.command(alarm.id, { do: 'acknowledge', comment: act.comment }, act.by)
  }

  /** The one that waits longest is shelved for a while; that it comes back is a timer as well. */
  async #shelveOne(): Promise<void> {
    const [alarm] = this.#desk
      .openAlarms()
      .filter(({ state }) => state === 'unacknowledged')
      .toSorted((a, b) => a.raisedAt - b.raisedAt || Number(a.id.slice(1)) - Number(b.id.slice(1)))
    if (alarm)
      await this.#pipeline.command(alarm.id, { do: 'shelve', for: minutes(25), reason: 'looked at', oneShot: false }, 'li')
  }

  async #entries(): Promise<readonly string[]> {
    const entries: Entry[] = []
    for (let next: number | undefined = 0; next !== undefined;) {
      const page: Awaited<ReturnType<Store['journal']['page']>> = await this.#store.journal.page({
        limit: 1_000,
        ...(entries.length > 0 ? { after: entries.at(-1)?.seq ?? 0 } : {}),
      })
      entries.push(...page.entries)
      next = page.entries.length < 1_000 ? undefined : page.next
    }
    const isOurs = ({ kind }: Entry): boolean => kind !== 'gateway.started' && kind !== 'site.changed'
    return entries.filter(isOurs).map(({ kind, at, by, about, data }) => JSON.stringify({ kind, at, by, about, data }))
  }
}

function readingOf(act: Act): Reading | undefined {
  if (act.do === 'reads') {
    const { point, taken, at, value, quality } = act
    return { point, at: taken, receivedAt: at, value, quality }
  }
  if (act.do !== 'fails') return undefined
  return { point: act.point, at: act.taken, receivedAt: act.at, quality: 'bad', fault: fault('timeout', 'so it was') }
}

async function played(story: Story, site: Site, isRelieved: (moment: number) => boolean): ReturnType<Stage['play']> {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-go-on-'))
  const store = await openStore(folder, { wall: systemClock })
  try {
    return await new Stage(story, site, store).play(isRelieved)
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('a change of the site in the middle of', () => {
  const chosen = readdirSync(shipped).filter(name => /^(can-6|can-8|can-12|dut-3|fir-4)-/.test(name))
  test.each(chosen)('%s changes nothing of what is raised, recorded and due', async name => {
    const read = await readStory(join(shipped, name))
    if (!read.ok) throw new Error(JSON.stringify(read.problems))
    const loaded = await loadSite(read.story.site, {})
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    const stays = await played(read.story, loaded.site, () => false)
    const moments = new Set(read.story.acts.map(({ at }) => at)).size
    const every = Math.max(2, Math.floor(moments / 12))
    const changes = await played(read.story, loaded.site, moment => moment % every === 1)
    expect(stays.told.length).toBeGreaterThan(2)
    expect(changes.reliefs).toBeGreaterThan(0)
    expect(changes.told).toEqual(stays.told)
  })
})
