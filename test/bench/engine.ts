import { Evaluator } from '../../gateway/policy/evaluator.ts'
import type { WatchedRule } from '../../gateway/policy/verdict.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { instant, seconds } from '../../protocols/contract/time.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import { alternate, alone, compared, gate, percentile } from './figure.ts'
import type { Bench, Figure, Pace } from './figure.ts'
import { bareCel } from './peers/bare-cel.ts'
import { began, chance, reads } from './walk.ts'

const id = 'engine'

function specOf(kind: string, settings: object): unknown {
  const parsed = ruleKinds.get(kind)?.parse({ kind, ...settings }, nowhere)
  gate(parsed?.ok === true, `the ${kind} of the bench is wrong`)
  return parsed.spec
}

const when = 'temperature > 8.0 && door == 0.0'

/** Both inputs of one device come together, as in a sweep; each reading has another value, so each asks for an evaluation. */
function exprRate(rounds: number): number {
  const name = (part: string): PointId => `cold-1.${part}` as PointId
  const rule: WatchedRule = {
    id: 'cold-1.temperature.odd' as RuleId,
    kind: 'expr',
    spec: specOf('expr', { when }),
    point: name('temperature'),
    equipment: 'cold-1',
    inputs: ['temperature', 'door'].map(part => ({ name: part, point: name(part) })),
  }
  const judge = new Evaluator({ rules: [rule], kinds: ruleKinds, staleAfter: () => undefined, startAt: instant(began - 1) })
  judge.hear([reads(name('door'), began, 1)], instant(began))
  const random = chance(5)
  const batches = Array.from({ length: rounds }, (_, round) => {
    const at = began + 10_000 + round * 10_000
    // The door says what it said: the expression need not be asked again.
    return [reads(name('door'), at, 1), reads(name('temperature'), at, 4 + random() * 10)]
  })
  const from = performance.now()
  for (const batch of batches) gate(judge.hear(batch, instant((batch[0]?.at ?? 0) + 15)).length === 0, 'the expression was met')
  return rounds / ((performance.now() - from) / 1_000)
}

function bareRate(rounds: number): number {
  const evaluate = bareCel(when)
  const random = chance(5)
  const values = Array.from({ length: rounds }, () => 4 + random() * 10)
  const from = performance.now()
  for (const value of values) gate(evaluate(value, 1) === false, 'the expression was met')
  return rounds / ((performance.now() - from) / 1_000)
}

/** The evaluation alone, inside the kind: what a rule costs beyond the library's own call. */
function kindRate(rounds: number): number {
  const kind = ruleKinds.get('expr')
  const spec = specOf('expr', { when })
  gate(kind !== undefined, 'there is no expr')
  const memory = (value: number) => ({
    newestAt: instant(began),
    value,
    lastWordBad: false,
    heardAt: instant(began),
    staleAfter: undefined,
  })
  const inputs = { temperature: memory(4), door: memory(1) }
  const { state } = kind.begin(spec, instant(began), inputs)
  const random = chance(5)
  const values = Array.from({ length: rounds }, () => 4 + random() * 10)
  const from = performance.now()
  for (const value of values) {
    inputs.temperature.value = value
    gate(kind.hear(spec, state, value, instant(began), inputs, 'temperature') === undefined, 'the expression was met')
  }
  return rounds / ((performance.now() - from) / 1_000)
}

async function expressions({ quick }: Pace): Promise<readonly Figure[]> {
  const rounds = quick ? 300_000 : 1_500_000
  const pairs = quick ? 3 : 9
  const kinds = await alternate(
    pairs,
    async () => kindRate(rounds),
    async () => bareRate(rounds),
  )
  const whole = await alternate(
    pairs,
    async () => exprRate(rounds / 2),
    async () => bareRate(rounds),
  )
  const label = { id, unit: 'evaluations/s', peer: '@marcbachmann/cel-js alone' }
  return [
    compared({ ...label, metric: 'expr, the kind alone', note: `${when}, another value each time` }, kinds, rate => rate),
    compared(
      { ...label, metric: 'expr through the evaluator', note: 'two inputs put in order of event time' },
      whole,
      rate => rate,
    ),
  ]
}

const kindsOf = ['limit', 'limit', 'limit', 'limit', 'limit', 'stale', 'stale', 'rate', 'stuck', 'state'] as const
const settingsOf: Readonly<Record<string, object>> = {
  limit: { op: 'gt', value: 8, deadband: 0.5, onDelay: '20m', offDelay: '5m' },
  stale: { after: '10m' },
  rate: { perMinute: 5 },
  stuck: { eps: 0.01, for: '6h' },
  state: { is: 77, for: '10m' },
}

/** Ten rules of five kinds on each of a thousand points. */
function tenThousand(): readonly WatchedRule[] {
  const specs = new Map(Object.entries(settingsOf).map(([kind, settings]) => [kind, specOf(kind, settings)]))
  return Array.from({ length: 10_000 }, (_, index) => {
    const kind = kindsOf[index % 10] as string
    const point = `room-${Math.floor(index / 10)}.value` as PointId
    return {
      id: `${point}.rule-${index % 10}` as RuleId,
      kind,
      point,
      spec: kind === 'limit' ? { ...(specs.get(kind) as object) } : specs.get(kind),
    }
  })
}

const heap = (): number => {
  gate(typeof globalThis.gc === 'function', 'the bench needs --expose-gc')
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

async function manyRules({ quick }: Pace): Promise<readonly Figure[]> {
  const points = Array.from({ length: 1_000 }, (_, index) => `room-${index}.value` as PointId)
  const before = heap()
  const rules = tenThousand()
  const judge = new Evaluator({ rules, kinds: ruleKinds, staleAfter: () => 600_000 as Millis, startAt: instant(began - 1) })
  for (let round = 0; round < 3; round += 1)
    judge.hear(
      points.map((point, index) => reads(point, began + round * 10_000, 4 + (index + round) / 500)),
      instant(began + round * 10_000 + 15),
    )
  judge.takeChanges()
  const bytes = (heap() - before) / rules.length

  // Every point crosses its limit at a moment of its own within ten minutes: how long after the due instant is each alarm said?
  const sweeps = quick ? 120 : 240
  const late: number[] = []
  let at = began + 40_000
  const from = performance.now()
  const paid: number[] = []
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    at += seconds(10)
    const begun = performance.now()
    const batch = points.map((point, index) =>
      reads(point, at, index % sweeps === sweep ? 20 : 4 + ((index + sweep) % 100) / 100),
    )
    const verdicts = judge.hear(batch, instant(at + 15))
    const took = performance.now() - begun
    paid.push(took)
    for (const _ of verdicts) late.push(took)
  }
  // The timers of those that stay above: each fires in its own wake-up, as in the gateway.
  for (let next = judge.nextWake(); next !== undefined && next < at + 3_600_000; next = judge.nextWake()) {
    const begun = performance.now()
    const verdicts = judge.advance(next)
    const took = performance.now() - begun
    for (const _ of verdicts) late.push(took)
  }
  gate(late.length > 1_000, `only ${late.length} verdicts among ten thousand rules`)
  const rate = (sweeps * rules.length) / ((performance.now() - from) / 1_000)
  const label = { id, note: '10,000 rules of five kinds on 1,000 points, 10 s sweeps' }
  return [
    alone({ ...label, metric: 'memory of a rule', unit: 'bytes' }, [bytes]),
    alone({ ...label, metric: 'raise delay, 99th of a hundred', unit: 'ms' }, [percentile(late, 0.99)]),
    alone({ ...label, metric: 'a sweep of 1,000 readings, 99th of a hundred', unit: 'ms' }, [percentile(paid, 0.99)]),
    alone({ ...label, metric: 'judged with timers', unit: 'evaluations/s' }, [rate]),
  ]
}

export const bench: Bench = {
  id,
  title: 'Engine: expressions, and ten thousand rules on one gateway',
  quick: true,
  async run(pace) {
    return [...(await expressions(pace)), ...(await manyRules(pace))]
  },
}
