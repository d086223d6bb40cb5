import { beforeAll, expect, test } from 'vitest'
import { RootCauses } from '../../gateway/alarm/root-causes.ts'
import { Unanswered } from '../../gateway/alarm/unanswered.ts'
import type { Alarm, AlarmId } from '../../gateway/alarm/alarm.ts'
import type { Rule, RuleId } from '../../gateway/policy/rule.ts'
import { configurationOf } from '../../gateway/site/configuration.ts'
import { loadFiles } from '../../gateway/site/load.ts'
import { siteBook } from '../../gateway/site/site-book.ts'
import type { Site } from '../../gateway/site/site.ts'

/**
 * A site ten times as large may take ten times as long to start, not a hundred times. What is counted is how often a list of the whole site is
 * looked into: each of its entries a few times, however many points, lines or alarms there are beside it.
 */
const [lines, perLine] = [20, 10]
const yaml = `
site: { id: large, name: Large, timeZone: UTC }
connections:
${Array.from({ length: lines }, (_, line) => `  line-${line}: { protocol: modbus-tcp, host: 127.0.0.1, port: ${1502 + line} }`).join('\n')}
areas:
  hall:
    name: Hall
    equipment:
${Array.from(
  { length: lines * perLine },
  (_, n) => `      c${n}:
        type: fresh-keeping-cabinet
        connection: line-${n % lines}
        unit: ${Math.floor(n / lines) + 1}
        points: { temperature: { table: input, register: 0, type: int16, scale: 0.1 }, door: { table: discrete, register: 0 } }`,
).join('\n')}
`
let site: Site

beforeAll(async () => {
  const loaded = await loadFiles([{ name: 'large.yaml', text: yaml }], {})
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems[0]))
  site = loaded.site
})

function counted<T>(list: readonly T[]): { readonly list: readonly T[]; readonly each: () => number } {
  let reads = 0
  const watched = new Proxy(list, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) reads += 1
      return Reflect.get(target, key)
    },
  })
  return { list: watched, each: () => reads / list.length }
}

test('what was configured is taken from the rules in one go', () => {
  const rules = counted(site.rules)
  const { points } = configurationOf({ ...site, rules: rules.list })
  expect(points).toHaveLength(2 * lines * perLine)
  expect(points.find(({ id }) => id === 'c199.temperature')).toMatchObject({
    limits: { min: 0, max: 8 },
    sources: [
      { side: 'min', value: 0 },
      { side: 'max', value: 8 },
    ],
  })
  expect(rules.each()).toBeLessThanOrEqual(3)
})

test('how urgent each line is, and what its silence keeps quiet, is found in one go', () => {
  const [book, causes] = [counted(site.rules), counted(site.rules)]
  const known = siteBook({ ...site, rules: book.list })
  expect(known.get('gateway.connection:line-7' as RuleId)?.equipment).toBe('')
  expect(book.each()).toBeLessThanOrEqual(4)
  const follower = new RootCauses({ ...site, rules: causes.list, alarmOf: () => undefined })
  expect(follower.nextWake()).toBeUndefined()
  expect(causes.each()).toBeLessThanOrEqual(4)
})

test('what each of a thousand escalations speaks of is found in one go', () => {
  const escalates = (n: number) =>
    ({
      id: `up${n}`,
      equipment: `c${n}`,
      point: `c${n}.p`,
      inputs: [{ name: 'trigger', point: `c${n}.alarm:unanswered-high` }],
    }) as unknown
  const rules = Array.from({ length: 1_000 }, (_, n) => [
    { id: `warm${n}`, equipment: `c${n}`, point: `c${n}.t` },
    escalates(n),
  ]).flat()
  const unanswered = new Unanswered(rules as readonly Rule[], () => 'hall')
  const alarm = (id: string, rule: string) =>
    ({ id: id as AlarmId, rule: rule as RuleId, state: 'unacknowledged', priority: 'high' }) as Alarm
  const open = counted(Array.from({ length: 1_000 }, (_, n) => [alarm(`A${n}`, `warm${n}`), alarm(`B${n}`, `up${n}`)]).flat())
  const spoken = Array.from({ length: 1_000 }, (_, n) => unanswered.about(`up${n}` as RuleId, open.list))
  expect(spoken).toEqual(Array.from({ length: 1_000 }, (_, n) => [`A${n}`]))
  expect(open.each()).toBeLessThanOrEqual(2)
})
