import type { Words } from '../../protocols/contract/driver.ts'
import { fault } from '../../protocols/contract/fault.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { after, millis } from '../../protocols/contract/time.ts'
import { AlarmDesk } from '../alarm/desk.ts'
import { Unanswered } from '../alarm/unanswered.ts'
import type { Draft, Entry } from '../journal/entry.ts'
import { Pipeline } from '../pipeline.ts'
import { Evaluator } from '../policy/evaluator.ts'
import { ruleKinds } from '../policy/kinds.ts'
import { RuleBook } from '../policy/rule-book.ts'
import type { Rule, RuleId } from '../policy/rule.ts'
import { isVirtual } from '../policy/running.ts'
import { cite } from '../site/citation.ts'
import type { Site } from '../site/site.ts'
import { StoryClock } from './clock.ts'
import type { Act, Line, Story, StoryProblem } from './story.ts'

export type Played =
  | { readonly ok: true; readonly entries: readonly Entry[]; readonly rules: number; readonly readings: number }
  | { readonly ok: false; readonly problems: readonly StoryProblem[] }

/**
 * Plays a story on a site: the gateway's own pipeline, evaluator and alarm desk, with a clock that the story moves and a journal on
 * paper. What it returns is what the gateway would have written down, its own start aside.
 */
export async function play(story: Story, site: Site): Promise<Played> {
  const strangers = strangersIn(story, site)
  if (strangers.length > 0) return { ok: false, problems: strangers }
  const rules = rulesOf(story, site)
  const clock = new StoryClock(story.from)
  const book = new RuleBook(rules)
  const staleAfter = new Map(site.points.map(point => [point.id, point.staleAfter]))
  const areas = new Map(site.equipment.map(({ id, area }) => [id, area]))
  const evaluator = new Evaluator({ rules, kinds: ruleKinds, staleAfter: point => staleAfter.get(point), startAt: story.from })
  const desk = new AlarmDesk(book)
  const paper = new Paper()
  const pipeline = new Pipeline({
    clock,
    wall: clock,
    evaluator,
    desk,
    store: { journal: paper, historian: { record: () => Promise.resolve() } },
    cite: cite(site, book),
    unanswered: new Unanswered(rules, equipment => areas.get(equipment)),
    outlets: [],
  })
  const settled = (): Promise<void> => pipeline.settled()
  pipeline.begin({ kind: 'gateway.started', by: 'system', data: {} }, [])
  await settled()
  const problems: StoryProblem[] = []
  for (const acts of together(story.acts)) {
    await clock.passTo(acts[0]?.at ?? story.until, settled)
    const readings = acts.flatMap(act => readingOf(act) ?? [])
    if (readings.length > 0) pipeline.accept(readings)
    await settled()
    for (const act of acts) await person(act, pipeline, desk, problems)
    await settled()
  }
  // Timers due at the very end still ring.
  await clock.passTo(after(story.until, millis(1)), settled)
  await pipeline.close()
  if (problems.length > 0) return { ok: false, problems }
  const entries = paper.entries.filter(({ kind }) => kind !== 'gateway.started')
  return { ok: true, entries, rules: rules.length, readings: story.acts.filter(act => readingOf(act) !== undefined).length }
}

/** A journal that is kept as long as the story. */
class Paper {
  readonly entries: Entry[] = []

  append(drafts: readonly Draft[]): Promise<readonly Entry[]> {
    const written = drafts.map((draft, index) => ({
      ...draft,
      seq: this.entries.length + index + 1,
      writtenAt: draft.at,
      leaf: '',
    }))
    this.entries.push(...written)
    return Promise.resolve(written)
  }
}

/**
 * The rules of the equipment that takes part, without those that watch only points of which the story never speaks: they would tell of
 * silence that is the story's, not the equipment's.
 */
function rulesOf({ equipment, acts }: Story, site: Site): readonly Rule[] {
  const cast = new Set(equipment)
  const spoken = new Set<string>(acts.flatMap(act => (act.do === 'reads' || act.do === 'fails' ? [act.point] : [])))
  return site.rules.filter(rule => {
    if (!cast.has(rule.equipment)) return false
    const measured = watchedBy(rule).filter(point => !isVirtual(point))
    return measured.length === 0 || measured.some(point => spoken.has(point))
  })
}

const watchedBy = ({ inputs, point }: Rule): readonly PointId[] => inputs?.map(input => input.point) ?? [point]

function strangersIn(story: Story, site: Site): readonly StoryProblem[] {
  const points = new Set<string>(site.points.map(({ id }) => id))
  const equipment = new Set(site.equipment.map(({ id }) => id))
  const rules = new Set<string>(site.rules.map(({ id }) => id))
  const found = new Map<string, StoryProblem>()
  const stranger = (at: Line, name: string, zh: string, en: string): void => {
    if (found.has(name)) return
    const wrong: Words = { zh: `现场没有${zh} ${name}`, en: `the site has no ${en} ${name}` }
    found.set(name, { at, wrong, write: { zh: '照现场文件写', en: 'write it as in the site file' } })
  }
  for (const act of story.acts) {
    if ((act.do === 'reads' || act.do === 'fails') && !points.has(act.point)) stranger(act.line, act.point, '点', 'point')
    if (act.do === 'records' && !equipment.has(act.record.equipment))
      stranger(act.line, act.record.equipment, '设备', 'equipment')
    if (act.do === 'acknowledges' && !rules.has(act.rule)) stranger(act.line, act.rule, '规则', 'rule')
  }
  for (const name of story.equipment) {
    if (!equipment.has(name)) stranger({ file: story.folder, line: 1 }, name, '设备', 'equipment')
  }
  return [...found.values()]
}

/** Acts of one instant: their readings came in one message. */
function together(acts: readonly Act[]): readonly (readonly Act[])[] {
  const groups: Act[][] = []
  for (const act of acts) {
    const last = groups.at(-1)
    if (last?.[0]?.at === act.at) last.push(act)
    else groups.push([act])
  }
  return groups
}

function readingOf(act: Act): Reading | undefined {
  if (act.do === 'reads') {
    const { point, taken, at, value, quality } = act
    return { point, at: taken, receivedAt: at, value, quality }
  }
  if (act.do !== 'fails') return undefined
  return { point: act.point, at: act.taken, receivedAt: act.at, quality: 'bad', fault: fault('timeout', 'so the story says') }
}

async function person(act: Act, pipeline: Pipeline, desk: AlarmDesk, problems: StoryProblem[]): Promise<void> {
  if (act.do === 'records') await pipeline.record(act.record)
  if (act.do !== 'acknowledges') return
  const alarm = desk.ofRule(act.rule as RuleId)
  const answer = alarm && (await pipeline.command(alarm.id, { do: 'acknowledge', comment: act.comment }, act.by))
  if (answer?.ok) return
  problems.push({
    at: act.line,
    wrong: { zh: `这时 ${act.rule} 没有待确认的报警`, en: `at that time ${act.rule} has no alarm to acknowledge` },
    write: { zh: '改时间，或删去这一行', en: 'change the time, or remove the line' },
  })
}
