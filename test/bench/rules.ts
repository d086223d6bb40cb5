import { systemClock } from '../../gateway/clock.ts'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import { Pipeline } from '../../gateway/pipeline.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { openStore } from '../../gateway/store/open.ts'
import type { GoodReading } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import type { Clock } from '../../protocols/contract/time.ts'
import { alternate, compared, gate } from './figure.ts'
import type { Bench, Figure, Pace } from './figure.ts'
import { inFolder } from './folder.ts'
import { BareRules } from './peers/bare-rules.ts'
import { EngineRules } from './peers/engine-rules.ts'
import { PlainTable } from './peers/plain-table.ts'
import { began, chance, pointsOf, reads, wanderers } from './walk.ts'

const id = 'rules'
const points = pointsOf(1_000)
const bound = { value: 8, deadband: 0.5 }

interface Said {
  readonly point: string
  readonly at: number
  readonly what: string
}

const rules = points.map(point => {
  const parsed = ruleKinds.get('limit')?.parse({ kind: 'limit', op: 'gt', ...bound }, nowhere)
  if (!parsed?.ok) throw new Error('the rule of the bench is wrong')
  return { id: `${point}.too-warm` as RuleId, kind: 'limit', point, spec: parsed.spec, priority: 'medium' as const }
})

/** Five levels of one limit on every point, as packs have them: each reading is judged by each. */
const fivefold = rules.flatMap(rule =>
  [0, 1, 2, 3, 4].map(level => {
    const parsed = ruleKinds.get('limit')?.parse({ kind: 'limit', op: 'gt', ...bound, value: bound.value + level }, nowhere)
    if (!parsed?.ok) throw new Error('the rule of the bench is wrong')
    return { ...rule, id: `${rule.id}-${level}` as RuleId, spec: parsed.spec }
  }),
)

const evaluator = (of = rules): Evaluator =>
  new Evaluator({ rules: of, kinds: ruleKinds, staleAfter: () => undefined, startAt: instant(began - 1) })

type Batch = readonly GoodReading[]

/** Hundreds that arrived together: always the same hundred points. */
const hundreds = (round: Batch): Batch[] => Array.from({ length: 10 }, (_, index) => round.slice(index * 100, index * 100 + 100))

/** Rounds in which one reading in a hundred crosses the limit or comes back by more than the deadband. */
function crossings(rounds: number): Batch[] {
  const random = chance(3)
  const warm = points.map(() => false)
  return Array.from({ length: rounds }, (_, round) =>
    hundreds(
      points.map((point, index) => {
        if (random() < 0.01) warm[index] = !warm[index]
        return reads(point, began + round * 10_000, (warm[index] ? 9 : 4) + Math.floor(random() * 10) / 10)
      }),
    ),
  ).flat()
}

const judged = (judge: Evaluator, batches: readonly Batch[]): Said[] =>
  batches.flatMap(batch =>
    judge
      .hear(batch, instant((batch[0]?.at ?? 0) + 15))
      .map(({ rule, transition }) => ({ point: rule.replace('.too-warm', ''), at: transition.at, what: transition.what })),
  )

/** The three judges agree on readings that do cross the limit, or none of them gets a figure. */
async function agree(): Promise<void> {
  const batches = crossings(20)
  const ours = judged(evaluator(), batches)
  const bare = new BareRules(points, bound)
  const theirs = batches.flatMap(batch => bare.hear(batch))
  gate(ours.length > 150, `only ${ours.length} transitions in the readings of the gate`)
  gate(JSON.stringify(ours) === JSON.stringify(theirs), 'the evaluator and the bare closures do not say the same')
  const engine = new EngineRules(points, bound.value)
  let met = 0
  for (const batch of batches) met += await engine.hear(batch)
  const beyond = batches.flat().filter(({ value }) => value > bound.value).length
  gate(met === beyond, `json-rules-engine met the condition ${met} times, ${beyond} readings do`)
}

/** Readings judged per second. The readings are made outside the time that is measured. */
async function speed(rounds: number, hear: (batch: Batch) => unknown, isAsync = false): Promise<number> {
  const next = wanderers(points)
  let ms = 0
  for (let left = rounds; left > 0; left -= 20) {
    const batches = Array.from({ length: Math.min(20, left) }, () => hundreds(next())).flat()
    const from = performance.now()
    if (isAsync) for (const batch of batches) await hear(batch)
    else for (const batch of batches) hear(batch)
    ms += performance.now() - from
  }
  return (rounds * points.length) / (ms / 1_000)
}

async function product(rounds: number, of = rules): Promise<number> {
  const judge = evaluator(of)
  const each = of.length / rules.length
  return (
    each *
    (await speed(rounds, batch => {
      const verdicts = judge.hear(batch, instant((batch[0]?.at ?? 0) + 15))
      gate(verdicts.length === 0, 'a rule spoke where nothing changed')
    }))
  )
}

async function quiet({ quick }: Pace): Promise<readonly Figure[]> {
  const [many, few, pairs] = quick ? [300, 6, 2] : [3_000, 100, 5]
  const label = { id, metric: 'limit, nothing changing', unit: 'evaluations/s', note: '1000 points, batches of 100' }
  const beside = await alternate(
    pairs,
    () => product(many),
    () => {
      const bare = new BareRules(points, bound)
      return speed(many, batch => gate(bare.hear(batch).length === 0, 'a closure spoke where nothing changed'))
    },
  )
  const levels = await alternate(
    pairs,
    () => product(many, fivefold),
    () => {
      const bare = [0, 1, 2, 3, 4].map(level => new BareRules(points, { ...bound, value: bound.value + level }))
      const hear = (batch: Batch): void => {
        for (const closures of bare) gate(closures.hear(batch).length === 0, 'a closure spoke where nothing changed')
      }
      return speed(many / 4, hear).then(rate => 5 * rate)
    },
  )
  const engines = await alternate(
    pairs,
    () => product(many),
    () => {
      const engine = new EngineRules(points, bound.value)
      const hear = async (batch: Batch): Promise<void> => gate((await engine.hear(batch)) === 0, 'a condition was met')
      return speed(few, hear, true)
    },
  )
  return [
    compared({ ...label, peer: 'bare closures' }, beside, rate => rate),
    compared({ ...label, metric: 'five limits on each point', peer: 'bare closures' }, levels, rate => rate),
    compared({ ...label, peer: 'json-rules-engine' }, engines, rate => rate),
  ]
}

async function throughPipeline(
  folder: string,
  batches: readonly Batch[],
  transitions: number,
  withHistory: boolean,
): Promise<number> {
  let now = began
  const clock: Clock = { now: () => instant(now), after: () => () => {} }
  const store = await openStore(folder, { wall: systemClock })
  const pipeline = new Pipeline({
    clock,
    wall: systemClock,
    evaluator: evaluator(),
    desk: new AlarmDesk(new Map(rules.map(rule => [rule.id, rule]))),
    // The transitions alone, as a gateway writes them whose readings go elsewhere.
    store: withHistory ? store : { journal: store.journal, historian: { ...store.historian, record: () => Promise.resolve() } },
    cite: () => ({}),
    outlets: [],
  })
  const from = performance.now()
  for (const batch of batches) {
    now = (batch[0]?.at ?? 0) + 15
    await Promise.all([pipeline.acceptDurably(batch), pipeline.settled()])
  }
  const seconds = (performance.now() - from) / 1_000
  await pipeline.close()
  const { readings, entries } = await store.stats()
  await store.close()
  const rows = batches.reduce((sum, batch) => sum + batch.length, 0)
  gate(!withHistory || readings === rows, `the store holds ${readings} readings of ${rows}`)
  gate(entries === transitions, `the journal holds ${entries} transitions of ${transitions}`)
  return rows / seconds
}

async function byHand(folder: string, batches: readonly Batch[], transitions: number, withHistory = true): Promise<number> {
  const table = new PlainTable(folder)
  const bare = new BareRules(points, bound)
  const from = performance.now()
  for (const batch of batches) {
    table.record(withHistory ? batch : [], bare.hear(batch))
    // The loop is given back after each batch, as a gateway has to.
    await new Promise(resolve => setImmediate(resolve))
  }
  const seconds = (performance.now() - from) / 1_000
  const [readings, events] = [table.count('reading'), table.count('event')]
  table.close()
  const rows = batches.reduce((sum, batch) => sum + batch.length, 0)
  gate((!withHistory || readings === rows) && events === transitions, `the table holds ${readings} readings and ${events} events`)
  return rows / seconds
}

async function durable({ quick }: Pace): Promise<readonly Figure[]> {
  const batches = crossings(quick ? 20 : 100)
  const transitions = judged(evaluator(), batches).length
  gate(transitions > batches.length / 2, `only ${transitions} transitions`)
  const pairs = await alternate(
    quick ? 1 : 5,
    () => inFolder(folder => throughPipeline(folder, batches, transitions, true)),
    () => inFolder(folder => byHand(folder, batches, transitions)),
  )
  const note = 'durable: a batch of 100 and its alarms are synced before the next; one reading in 100 is a transition'
  const peer = 'closures + node:sqlite'
  const sweeps = Array.from({ length: batches.length / 10 }, (_, index) => batches.slice(index * 10, index * 10 + 10).flat())
  const alone = await alternate(
    quick ? 2 : 5,
    () => inFolder(folder => throughPipeline(folder, sweeps, transitions, false)),
    () => inFolder(folder => byHand(folder, sweeps, transitions, false)),
  )
  const swept =
    'the transitions of a sweep of 1000 are synced before the next sweep; one reading in 100 is one; readings are not stored'
  return [
    compared({ id, metric: 'judged, transitions journalled', unit: 'readings/s', peer, note: swept }, alone, rate => rate),
    compared({ id, metric: 'judged, journalled and stored', unit: 'readings/s', peer, note }, pairs, rate => rate),
  ]
}

export const bench: Bench = {
  id,
  title: 'Rules: judging, and judging with everything on disk',
  quick: true,
  async run(pace) {
    await agree()
    return [...(await quiet(pace)), ...(await durable(pace))]
  },
}
