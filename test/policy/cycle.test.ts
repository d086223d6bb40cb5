import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cycle } from '../../gateway/policy/kinds/cycle.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import { hours, minutes } from '../../protocols/contract/time.ts'
import { modelOf, monday, play } from '../simulators/world.ts'
import { listen, problemsOf } from './several.ts'
import type { Heard, Listening, Told } from './several.ts'

const t0 = Date.UTC(2026, 10, 23, 5)
const minute = minutes(1)
type Named = 'temperature' | 'door' | 'heating'

/** Rows in minutes after t0; what stands in one row is heard at one instant, in the order written. */
const rows = (...told: readonly (readonly [at: number, heard: Partial<Record<Named, number | undefined>>])[]): Heard[] =>
  told.flatMap(([at, heard]) => Object.entries(heard).map(([input, value]) => ({ at: t0 + at * minute, input, value })))

/** One temperature for each of some minutes. */
const every = (from: number, to: number, celsius: number | undefined, step = 1): Heard[] =>
  rows(
    ...Array.from(
      { length: Math.floor((to - from) / step) + 1 },
      (_, index) => [from + index * step, { temperature: celsius }] as const,
    ),
  )

const sorted = (...parts: readonly (readonly Heard[])[]): Heard[] => parts.flat().toSorted((a, b) => a.at - b.at)

const wired: Listening = { inputs: ['temperature', 'door', 'heating'], startAt: t0 - hours(1), staleAfter: hours(20) }
const bare: Listening = { ...wired, inputs: ['temperature', 'door'] }
const run = (judges: 'start' | 'hold' | 'opening', heard: readonly Heard[], settings: object = {}, listening = wired): Told =>
  listen(cycle, { judges, writes: true, ...settings }, heard, listening)

const brief = ({ transitions }: Told): readonly string[] => transitions.map(({ what, at }) => `${what} ${(at - t0) / minute}`)
const verdicts = ({ records }: Told): readonly string[] =>
  records.map(({ verdict, figures }) => `${verdict}: ${String(figures['why'])}`)

/** Loaded, shut at 2, switched on at 14, hot from 20 to 20 + held, off, opened at 60 when cool. */
const shut = rows([0, { door: 0, heating: 0, temperature: 25 }], [1, { door: 1 }], [2, { door: 0 }])
const proper = (held = 12): Heard[] =>
  sorted(
    shut,
    rows([14, { heating: 1 }]),
    every(14, 19, 80),
    every(20, 20 + held, 122),
    rows([20 + held + 0.5, { heating: 0 }]),
    every(21 + held, 54, 90),
    every(55, 59, 46),
    rows([60, { door: 1 }]),
  )
const again = (heard: readonly Heard[], after: number): Heard[] => heard.map(row => ({ ...row, at: row.at + after * minute }))

describe('a run of the cabinet', () => {
  test('passes when it is loaded, dried, held and opened cool, and is written down once', () => {
    const told = run('hold', proper())
    expect(told.transitions).toEqual([])
    expect(told.records).toEqual([
      {
        kind: 'disinfection',
        from: t0 + 14 * minute,
        to: t0 + 60 * minute,
        verdict: 'passed',
        figures: {
          holdMinutes: 12,
          longestHoldMinutes: 12,
          requiredMinutes: 10,
          requiredCelsius: 120,
          peakCelsius: 122,
          openedAtCelsius: 46,
          dryMinutes: 12,
          unseenMinutes: 0,
          started: 'proper',
          twoStar: false,
          why: 'held',
          whyZh: '要求 120 °C 以上连续 10 分钟，最长连续 12 分钟，最高 122 °C。',
          whyEn: 'It takes 10 min without a break at 120 °C or more; the longest was 12 min, the highest 122 °C.',
        },
      },
    ])
  })

  test('holds from the first reading at the limit to the last, the limit and exactly ten minutes included', () => {
    expect(verdicts(run('hold', proper(10)))).toEqual(['passed: held'])
    expect(verdicts(run('hold', proper(9)))).toEqual(['failed: hold-too-short'])
  })

  test('wears the two-star badge from fifteen minutes at 120 °C', () => {
    expect(run('hold', proper(15)).records[0]?.figures['twoStar']).toBe(true)
    expect(run('hold', proper(14)).records[0]?.figures['twoStar']).toBe(false)
    expect(run('hold', proper(15), { hold: { at: 100, for: '10m' } }).records[0]?.figures['twoStar']).toBe(false)
  })

  test('begins its hold anew after a reading below the limit', () => {
    const dip = sorted(
      proper(16).filter(({ at }) => at !== t0 + 28 * minute),
      every(28, 28, 119.9),
    )
    const told = run('hold', dip)
    expect(verdicts(told)).toEqual(['failed: hold-too-short'])
    expect(told.records[0]?.figures).toMatchObject({ holdMinutes: 14, longestHoldMinutes: 7 })
  })

  test('is written down half an hour after it has cooled when nobody opens the door', () => {
    const cooled = sorted(
      proper().filter(({ input, at }) => input !== 'door' || at < t0 + 30 * minute),
      every(60, 60, 44),
    )
    const told = run('hold', cooled, {}, { ...wired, until: t0 + 90 * minute })
    expect(told.records).toMatchObject([{ verdict: 'passed', to: t0 + 60 * minute, figures: { openedAtCelsius: null } }])
    expect(run('hold', cooled, {}, { ...wired, until: t0 + 89 * minute }).records).toEqual([])
  })

  test('is written down before the next one begins', () => {
    const twice = sorted(
      proper().filter(({ input, at }) => input !== 'door' || at < t0 + 30 * minute),
      every(60, 60, 44),
      rows([70, { heating: 1 }]),
    )
    expect(verdicts(run('hold', twice))).toEqual(['passed: held'])
  })

  test('never comes to an end in a cabinet that heats for ever, and is ended', () => {
    const stuck = sorted(shut, rows([14, { heating: 1 }]), every(14, 14 + 200, 30), every(14 + 201, 14 + 210, 90))
    const told = run('hold', stuck)
    expect(brief(told)).toEqual(['raised 194'])
    expect(verdicts(told)).toEqual(['failed: never-hot'])
  })

  test('is none when the switch is taken back within a minute', () => {
    const mistake = sorted(shut, rows([14, { heating: 1 }], [14.5, { heating: 0 }]), every(15, 20, 25))
    expect(run('hold', mistake)).toEqual({ transitions: [], records: [] })
  })

  test('goes on while the thermostat switches the element', () => {
    const thermostat = sorted(
      proper(12),
      rows([22, { heating: 0 }], [24, { heating: 1 }], [26, { heating: 0 }], [28, { heating: 1 }]),
    )
    expect(verdicts(run('hold', thermostat))).toEqual(['passed: held'])
  })

  test('is unknown when the watch began in the middle of it, unless its hold was seen', () => {
    const late = rows([0, { door: 0, heating: 1, temperature: 122 }])
    const rest = (held: number): Heard[] =>
      sorted(late, every(1, held, 122), rows([held + 1, { heating: 0 }]), every(held + 2, held + 3, 44))
    const settled = (held: number): Told => run('hold', rest(held), {}, { ...wired, until: t0 + 100 * minute })
    expect(verdicts(settled(8))).toEqual(['unknown: hold-unknown'])
    expect(verdicts(settled(11))).toEqual(['passed: held'])
    expect(settled(8).transitions).toEqual([])
  })
})

describe('a silence of the temperature', () => {
  const silent = (from: number, to: number, held: number): Heard[] =>
    proper(held).filter(({ input, at }) => input !== 'temperature' || at <= t0 + from * minute || at >= t0 + to * minute)

  test('neither adds to the hold nor breaks it: when it decides, nobody knows', () => {
    const told = run('hold', silent(24, 32, 14))
    expect(verdicts(told)).toEqual(['unknown: hold-unknown'])
    expect(told.records[0]?.figures).toMatchObject({ longestHoldMinutes: 4, holdMinutes: 6, unseenMinutes: 8 })
    expect(told.records[0]?.figures['whyZh']).toContain('有 8 分钟没有读数')
    expect(told.transitions).toEqual([])
  })

  test('is one from the stale time of the point where that is shorter than the gap', () => {
    const sparse = proper(12).filter(({ input, at }) => input !== 'temperature' || (at / minute) % 4 === (t0 / minute) % 4)
    const contacts = every(0, 60, 0).flatMap(({ at }) => {
      const heats = at >= t0 + 14 * minute && at < t0 + 32.5 * minute ? 1 : 0
      return [
        { at: at + 1, input: 'heating', value: heats },
        { at: at + 2, input: 'door', value: at < t0 + 60 * minute ? 0 : 1 },
      ]
    })
    const heard = sorted(
      sparse.filter(({ input }) => input === 'temperature'),
      contacts,
    )
    expect(run('hold', heard).records[0]?.figures).toMatchObject({ longestHoldMinutes: 12 })
    expect(run('hold', heard, {}, { ...wired, staleAfter: minutes(3) }).records[0]?.figures['longestHoldMinutes']).toBe(0)
  })

  test('does not matter when enough was seen, or when even so it was not long enough', () => {
    expect(verdicts(run('hold', silent(32, 39, 20)))).toEqual(['passed: held'])
    expect(verdicts(run('hold', silent(21, 28, 9)))).toEqual(['failed: hold-too-short'])
  })

  test('may hide a whole hold', () => {
    const hidden = sorted(
      shut,
      rows([14, { heating: 1 }]),
      every(14, 19, 80),
      every(31, 50, 90),
      rows([50, { heating: 0 }]),
      every(51, 52, 46),
      rows([53, { door: 1 }]),
    )
    expect(verdicts(run('hold', hidden))).toEqual(['unknown: hold-unknown'])
  })

  test('to the end leaves hold and opening unknown; bad readings are no readings', () => {
    const lost = sorted(
      shut,
      rows([14, { heating: 1 }]),
      every(14, 19, 80),
      every(20, 40, undefined),
      rows([40, { heating: 0 }], [41, { door: 1 }]),
    )
    expect(verdicts(run('hold', lost))).toEqual(['unknown: hold-unknown'])
    expect(brief(run('opening', lost))).toEqual([])
    const held = sorted(
      proper(12).filter(({ at }) => at <= t0 + 33 * minute),
      every(34, 60, undefined),
      rows([61, { door: 1 }]),
    )
    expect(verdicts(run('opening', held))).toEqual(['unknown: opening-unknown'])
  })
})

describe('the start', () => {
  test('is wrong with the door open, and right again with the next proper start', () => {
    const open = sorted(
      shut,
      rows([3, { door: 1 }], [4, { heating: 1 }]),
      every(4, 70, 26),
      rows([70, { heating: 0 }], [71, { door: 0 }]),
    )
    const told = run('start', sorted(open, again(proper(), 100)))
    expect(brief(told)).toEqual(['raised 4', 'cleared 114'])
    expect(told.transitions[0]).toMatchObject({ because: { zh: '柜门开着就开始加热。' } })
    expect(verdicts(told)).toEqual(['failed: never-hot', 'passed: held'])
  })

  test('is wrong before the ware is dry, to the minute', () => {
    const after = (dried: number) => run('start', sorted(shut, rows([2 + dried, { heating: 1 }]), every(2 + dried, 30, 60)))
    expect(brief(after(9.99))).toHaveLength(1)
    expect(brief(after(10))).toEqual([])
    const corrected = sorted(
      shut,
      rows([4, { heating: 1 }], [30, { heating: 0 }], [31, { door: 1 }]),
      again(rows([2, { door: 0 }], [12, { heating: 1 }]), 40),
    )
    expect(brief(run('start', corrected))).toEqual(['raised 4', 'cleared 52'])
    expect(after(4).transitions[0]).toMatchObject({
      what: 'raised',
      value: 25,
      because: { en: 'Heating began 4 min after the door was shut; the ware has to dry for 10 min first.' },
    })
  })

  test('is not judged while the door is bad, unknown or shut since before the watch began', () => {
    const on = rows([5, { heating: 1 }])
    const begins: readonly (readonly Heard[])[] = [
      sorted(shut, rows([4, { door: undefined }]), on),
      sorted(rows([0, { heating: 0, temperature: 25 }]), on),
      sorted(rows([0, { heating: 0, temperature: 25, door: 0 }]), on),
    ]
    for (const begin of begins) expect(brief(run('start', begin))).toEqual([])
  })

  test('of a cabinet that dries by itself is when it leaves the temperature it dries at', () => {
    const dries = { dries: 80 }
    const on = (from: number): Heard[] =>
      sorted(shut, rows([3, { heating: 1 }]), every(3, from - 1, 70), every(from, from + 20, 110))
    expect(brief(run('start', on(12), dries))).toEqual([])
    expect(brief(run('start', on(11), dries))).toEqual(['raised 11'])
    const unseen = on(20).filter(({ input, at }) => input !== 'temperature' || at < t0 + 6 * minute || at >= t0 + 20 * minute)
    expect(brief(run('start', unseen, dries))).toEqual([])
    const doorLost = sorted(on(11), rows([10, { door: undefined }]))
    expect(brief(run('start', doorLost, dries))).toEqual([])
    const hot = sorted(shut, rows([3, { temperature: 100, heating: 1 }]))
    expect(brief(run('start', hot, dries))).toEqual(['raised 3'])
  })
})

describe('the hold', () => {
  test('is wrong from the end of a run without it until the next that has it, and says how far it came', () => {
    const told = run('hold', sorted(proper(4), again(proper(5), 100), again(proper(12), 200)))
    expect(brief(told)).toEqual(['raised 60', 'cleared 260'])
    expect(told.transitions[0]).toMatchObject({
      since: t0 + 14 * minute,
      value: 122,
      because: { zh: '要求 120 °C 以上连续 10 分钟，最长连续 4 分钟，最高 122 °C。' },
    })
    expect(verdicts(told)).toEqual(['failed: hold-too-short', 'failed: hold-too-short', 'passed: held'])
  })

  test('is never cleared by silence', () => {
    expect(brief(run('hold', proper(4), {}, { ...wired, until: t0 + hours(90) }))).toEqual(['raised 60'])
  })
})

describe('the opening', () => {
  const openedAt = (at: number, heard = proper()): Heard[] =>
    sorted(
      heard.filter(row => row.at < t0 + at * minute),
      rows([at, { door: 1 }]),
    )

  test('is early while it still heats, whatever was held', () => {
    const told = run('opening', openedAt(31.5))
    expect(brief(told)).toEqual(['raised 31.5'])
    expect(told.transitions[0]).toMatchObject({ value: 122, because: { zh: '还在加热就开了门，当时 122 °C。' } })
    expect(verdicts(told)).toEqual(['opened-early: opened-early'])
  })

  test('is early above the safe temperature and its slack, and the next proper one clears it', () => {
    const told = run('opening', sorted(openedAt(40), again(proper(), 100)))
    expect(brief(told)).toEqual(['raised 40', 'cleared 160'])
    expect(told.transitions[0]).toMatchObject({
      because: { en: 'It was 90 °C when the door was opened; it may be opened at 45 °C.' },
    })
    expect(brief(run('opening', openedAt(40), { safe: 88, begins: 95 }))).toEqual([])
    expect(brief(run('opening', openedAt(40), { safe: 88, slack: 1.9, begins: 95 }))).toEqual(['raised 40'])
  })

  test('is proper long after the cabinet has cooled', () => {
    const early = openedAt(40)
    const cooled = again(
      sorted(
        proper().filter(({ input, at }) => input !== 'door' || at < t0 + 30 * minute),
        every(60, 700, 30, 5),
        rows([701, { door: 1 }]),
      ),
      100,
    )
    const told = run('opening', sorted(early, cooled))
    expect(brief(told)).toEqual(['raised 40', 'cleared 801'])
    expect(verdicts(told)).toEqual(['opened-early: opened-early', 'passed: held'])
  })

  test('of a door that was not seen shut in the run is none', () => {
    const told = run(
      'opening',
      sorted(rows([0, { heating: 0, temperature: 25 }], [5, { heating: 1 }], [9, { door: 1 }]), every(6, 20, 60)),
    )
    expect(told.transitions).toEqual([])
  })

  test('is not judged while heating is bad and the cabinet cool', () => {
    const lost = sorted(openedAt(60), rows([59.5, { heating: undefined }]))
    expect(verdicts(run('opening', lost))).toEqual(['unknown: opening-unknown'])
  })

  test('and shutting again while it heats on makes a second run, wet from the start', () => {
    const peeked = sorted(
      openedAt(24),
      rows([25, { door: 0 }]),
      every(25, 40, 122),
      rows([40.5, { heating: 0 }]),
      every(41, 50, 45),
    )
    const told = run('start', peeked, {}, { ...wired, until: t0 + 100 * minute })
    expect(brief(told)).toEqual(['raised 25'])
    expect(verdicts(told)).toEqual(['opened-early: opened-early', 'passed: held'])
  })
})

describe('a cabinet without a heating contact', () => {
  const unwired = (heard: readonly Heard[]): Heard[] => heard.filter(({ input }) => input !== 'heating')

  test('runs once it climbs past the begin with its door shut', () => {
    const told = run('hold', unwired(proper()), {}, bare)
    expect(verdicts(told)).toEqual(['passed: held'])
    expect(told.records[0]).toMatchObject({ from: t0 + 14 * minute, figures: { dryMinutes: 12, started: 'proper' } })
    expect(verdicts(run('hold', unwired(proper(3)), {}, bare))).toEqual(['failed: hold-too-short'])
  })

  test('does not take a trembling probe for a second run, nor an open oven for one', () => {
    const trembling = sorted(unwired(openedHot()), every(41, 50, 61), every(51, 60, 59), every(61, 70, 61))
    expect(verdicts(run('hold', trembling, {}, bare))).toEqual(['opened-early: opened-early'])
    const open = sorted(rows([0, { door: 0, temperature: 20 }], [1, { door: 1 }]), every(2, 30, 70))
    expect(run('hold', open, {}, { ...bare, until: t0 + hours(9) })).toEqual({ transitions: [], records: [] })
    const ajar = sorted(open, rows([31, { door: undefined }]), every(32, 50, 70))
    expect(run('hold', ajar, {}, { ...bare, until: t0 + hours(9) })).toEqual({ transitions: [], records: [] })
  })

  test('begins again from ten kelvin below the begin, and not from less', () => {
    const second = (coolest: number) =>
      sorted(unwired(openedHot()), rows([45, { door: 0 }]), every(50, 55, coolest), every(60, 65, 61), rows([66, { door: 1 }]))
    expect(run('hold', second(50), {}, bare).records).toHaveLength(2)
    expect(run('hold', second(50.1), {}, bare).records).toHaveLength(1)
  })

  test('is not known to have failed when nobody saw it climb', () => {
    const jumped = sorted(
      rows(
        [0, { door: 0, temperature: 20 }],
        [30, { temperature: 125 }],
        [33, { temperature: 125 }],
        [36, { temperature: 40 }],
        [37, { door: 1 }],
      ),
    )
    expect(verdicts(run('hold', jumped, {}, bare))).toEqual(['unknown: hold-unknown'])
  })

  const openedHot = (): Heard[] =>
    sorted(
      proper().filter(({ at }) => at < t0 + 40 * minute),
      rows([40, { door: 1 }]),
    )
})

/** What a run was, told by looking at every minute of it: nothing of the rule's own way of counting. */
function seen(heard: readonly Heard[], from: number, to: number, gap: number): { surely: number; possibly: number } {
  const temperatures = heard.filter(({ input, value }) => input === 'temperature' && value !== undefined)
  let [surely, possibly, sure, possible] = [0, 0, 0, 0]
  for (let now = from; now < to; now += minute) {
    const before = temperatures.findLast(({ at }) => at <= now)
    const after = temperatures.find(({ at }) => at > now && at <= to)
    const width = (after?.at ?? to) - (before?.at ?? Number.NEGATIVE_INFINITY)
    const isHot = (before?.value ?? 0) >= 120 && (after?.value ?? 0) >= 120
    const isSeen = width <= gap
    // Seen cool in this very instant: what is not known before it and after it is not one hold.
    if (before?.at === now && (before.value ?? 0) < 120) possible = 0
    sure = isSeen && isHot ? sure + 1 : 0
    possible = !isSeen || isHot ? possible + 1 : 0
    surely = Math.max(surely, sure)
    possibly = Math.max(possibly, possible)
  }
  return { surely: surely * minute, possibly: possibly * minute }
}

describe('whatever the cabinet does', () => {
  const scenario = fc.record({
    temperatures: fc.array(
      fc.record({
        after: fc.constantFrom(1, 1, 1, 1, 2, 2, 3, 3, 3, 9),
        celsius: fc.constantFrom(undefined, 118, 120, 120, 121, 121, 121, 121, 122, 122, 122, 125, 125, 125),
      }),
      { minLength: 5, maxLength: 40 },
    ),
    opens: fc.integer({ min: 1, max: 90 }),
    before: fc.integer({ min: -10, max: 0 }),
  })

  test('the verdict is what looking at every minute of it says', () => {
    const counted: Record<string, number> = {}
    fc.assert(
      fc.property(scenario, ({ temperatures, opens, before }) => {
        let at = before
        const told = temperatures.map(({ after, celsius }) => [(at += after), { temperature: celsius }] as const)
        const end = 10 + opens
        const heard = sorted(
          rows([-12, { door: 0, heating: 0 }]),
          rows(...told.map(([when, value]) => [when, value] as const)).filter(row => row.at < t0 + end * minute),
          rows([10, { heating: 1 }], [end, { door: 1 }]),
        )
        const { records } = run('hold', heard, { gap: '3m' }, wired)
        const { surely, possibly } = seen(heard, t0 + 10 * minute, t0 + end * minute, minutes(3))
        const [record] = records
        const expected = surely >= minutes(10) ? 'held' : possibly < minutes(10) ? 'short' : 'unknown'
        expect(record?.figures['longestHoldMinutes']).toBe(surely / minute)
        expect(record?.verdict).toBe('opened-early')
        counted[expected] = (counted[expected] ?? 0) + 1
        const raised = run('hold', heard, { gap: '3m' }, wired).transitions
        expect(raised.map(({ what }) => what)).toEqual(expected === 'short' ? ['raised'] : [])
      }),
      { numRuns: 400, seed: 7 },
    )
    expect(Math.min(counted['held'] ?? 0, counted['short'] ?? 0, counted['unknown'] ?? 0)).toBeGreaterThan(20)
  })

  test('and so is the verdict of the whole run, from switching on to the door', () => {
    const whole = fc.record({
      temperatures: fc.array(
        fc.record({
          after: fc.constantFrom(1, 1, 1, 1, 2, 2, 3, 5),
          celsius: fc.constantFrom(undefined, 44, 45, 45.1, 47, 47.1, 119, 121, 121, 121, 121, 121, 121, 121, 121, 121, 121, 121),
        }),
        { minLength: 5, maxLength: 60 },
      ),
      off: fc.integer({ min: 11, max: 60 }),
      opens: fc.integer({ min: 11, max: 120 }),
    })
    const counted: Record<string, number> = {}
    fc.assert(
      fc.property(whole, ({ temperatures, off, opens }) => {
        let at = 0
        const told = rows(...temperatures.map(({ after, celsius }) => [(at += after), { temperature: celsius }] as const))
        const events = rows([10, { heating: 1 }], [off, { heating: 0 }], [opens, { door: 1 }])
        const heard = sorted(rows([-12, { door: 0, heating: 0 }]), told, events)
        const { records } = run(
          'hold',
          heard,
          { gap: '3m', hold: { at: 120, for: '5m' } },
          { ...wired, until: t0 + 300 * minute },
        )

        const known = (when: number) => told.findLast(row => row.at <= t0 + when * minute)?.value
        let cool = off
        while (cool <= 300 && !((known(cool) ?? 99) <= 45)) cool += 1
        const end = Math.min(cool, opens)
        const { surely, possibly } = seen(heard, t0 + 10 * minute, t0 + end * minute, minutes(3))
        const isOpened = opens <= cool + 30
        const celsius = known(opens)
        const expected =
          isOpened && (opens < off || (celsius ?? 0) > 47)
            ? 'opened-early'
            : possibly < minutes(5)
              ? 'failed'
              : surely < minutes(5) || (isOpened && celsius === undefined)
                ? 'unknown'
                : 'passed'
        expect(records.map(({ verdict, to }) => [verdict, (to - t0) / minute])).toEqual([[expected, isOpened ? opens : cool]])
        counted[expected] = (counted[expected] ?? 0) + 1
      }),
      { numRuns: 600, seed: 11 },
    )
    for (const verdict of ['opened-early', 'failed', 'unknown', 'passed']) expect(counted[verdict] ?? 0).toBeGreaterThan(10)
  })

  const anything = fc.array(
    fc.record({
      after: fc.constantFrom(0, 1, 1, 3, 8, 40),
      input: fc.constantFrom('temperature', 'temperature', 'temperature', 'door', 'heating'),
      value: fc.constantFrom(undefined, 0, 1, 30, 50, 70, 121, 125),
    }),
    { maxLength: 60 },
  )
  const asRows = (
    drawn: readonly { readonly after: number; readonly input: string; readonly value: number | undefined }[],
  ): Heard[] => {
    let at = 0
    return drawn.map(({ after, input, value }) => ({ at: t0 + (at += after) * minute, input, value }))
  }

  test('a restart at any point changes nothing', () => {
    fc.assert(
      fc.property(
        anything,
        fc.constantFrom('start', 'hold', 'opening'),
        fc.boolean(),
        fc.array(fc.nat(60)),
        (drawn, judges, isWired, stopsBefore) => {
          const heard = asRows(drawn).filter(({ input }) => isWired || input !== 'heating')
          const listening = { ...(isWired ? wired : bare), until: t0 + hours(60) }
          const settings = { dry: '5m', hold: { at: 120, for: '3m' }, dries: 60 }
          expect(run(judges, heard, settings, { ...listening, stopsBefore })).toEqual(run(judges, heard, settings, listening))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('a rule raises and clears in turn, and every run ends where it began or later', () => {
    fc.assert(
      fc.property(anything, fc.constantFrom('start', 'hold', 'opening'), (drawn, judges) => {
        const { transitions, records } = run(
          judges,
          asRows(drawn),
          { hold: { at: 120, for: '3m' } },
          { ...wired, until: t0 + hours(60) },
        )
        for (const [index, { what }] of transitions.entries()) expect(what).toBe(index % 2 === 0 ? 'raised' : 'cleared')
        let ended = 0
        for (const { from, to } of records) {
          expect(from).toBeGreaterThanOrEqual(ended)
          expect(to).toBeGreaterThanOrEqual(from)
          ended = to
        }
      }),
      { numRuns: 300 },
    )
  })

  test('nothing that is only bad or silent ever raises or clears', () => {
    const deaf = anything.map(drawn => drawn.map(row => ({ ...row, value: undefined })))
    fc.assert(
      fc.property(deaf, fc.constantFrom('start', 'hold', 'opening'), (drawn, judges) => {
        expect(run(judges, asRows(drawn), {}, { ...wired, until: t0 + hours(60) })).toEqual({ transitions: [], records: [] })
      }),
    )
  })
})

describe('a fortnight of the simulated cabinet', () => {
  const fortnight = (faults: readonly string[], hoursLived = 14 * 24): Heard[] => {
    const heard: Heard[] = []
    for (const { hours: at, points } of play(modelOf('disinfection-cabinet'), { hours: hoursLived, faults, stepSeconds: 60 })) {
      const now = monday + Math.round(at * 3600) * 1000
      for (const [input, value] of Object.entries(points)) heard.push({ at: now, input, value })
    }
    return heard
  }
  const lived = (judges: 'start' | 'hold' | 'opening', heard: readonly Heard[], listening = wired): Told =>
    listen(cycle, { judges, writes: true }, heard, { ...listening, startAt: monday, staleAfter: minutes(10) })
  const found = (heard: readonly Heard[]): string =>
    (['start', 'hold', 'opening'] as const)
      .filter(judges => lived(judges, heard).transitions.some(({ what }) => what === 'raised'))
      .join(' ')

  test('without a fault is twenty cycles, all passed, and not one alarm', () => {
    const healthy = fortnight([])
    const { records } = lived('hold', healthy)
    expect(records).toHaveLength(20)
    for (const { verdict, figures } of records) {
      expect(verdict).toBe('passed')
      expect(figures['twoStar']).toBe(true)
      expect(figures['openedAtCelsius'] ?? 45).toBeLessThan(47)
    }
    expect(found(healthy)).toBe('')
    const unwired = healthy.filter(({ input }) => input !== 'heating')
    const { records: climbed } = lived('hold', unwired, bare)
    expect(climbed.map(({ verdict }) => verdict)).toEqual(records.map(({ verdict }) => verdict))
  })

  test.each([
    ['heater-dead', 'hold', 'failed'],
    ['heater-weak', 'hold', 'failed'],
    ['opened-early', 'hold opening', 'opened-early'],
    ['door-left-open', 'start hold', 'failed'],
    ['opened-hot', 'opening', 'opened-early'],
    ['started-wet', 'start', 'passed'],
    ['stopped-short', 'hold', 'failed'],
  ])('with %s is found by %s', (fault, judges, verdict) => {
    const broken = fortnight([fault], 48)
    expect(found(broken)).toBe(judges)
    expect(lived('hold', broken).records.map(record => record.verdict)).toContain(verdict)
  })

  test('with cycles skipped leaves no record, which is for a duty to find', () => {
    expect(lived('hold', fortnight(['cycle-skipped'], 48))).toEqual({ transitions: [], records: [] })
  })
})

describe('the settings', () => {
  const wrong = (raw: object, facts = {}) =>
    problemsOf(cycle, { kind: 'cycle', judges: 'hold', ...raw }, { ...nowhere, facts }).map(({ path }) => path.join('.'))

  test('are a cabinet at 120 °C for ten minutes when nothing else is said, and may stand in facts', () => {
    expect(wrong({})).toEqual([])
    const place = { ...nowhere, facts: { holdAt: '100 °C', holdFor: '15m' } }
    const raw = { kind: 'cycle', judges: 'hold', hold: { at: { fact: 'holdAt' }, for: { fact: 'holdFor' } } }
    const parsed = cycle.parse(raw, place)
    expect(parsed.ok && parsed.spec).toMatchObject({ hold: { at: 100, for: minutes(15) } })
    const plain = cycle.parse({ ...raw, hold: { for: { fact: 'none', default: '40s' }, at: 85 }, safe: 40 }, place)
    expect(plain.ok && plain.spec).toMatchObject({ hold: { at: 85, for: 40_000 } })
  })

  test('that no cycle could keep are refused', () => {
    expect(wrong({ judges: 'taste' })).toEqual(['judges'])
    expect(wrong({ hold: 120 })).toEqual(['hold'])
    expect(wrong({ hold: { at: 'hot', until: 3 } })).toEqual(['hold.at', 'hold.until'])
    expect(wrong({ safe: 119 })).toEqual(['safe', 'begins'])
    expect(wrong({ begins: 46 })).toEqual(['begins'])
    expect(wrong({ begins: 125 })).toEqual(['begins'])
    expect(wrong({ dries: 120 })).toEqual(['dries'])
    expect(wrong({ longest: '10m' })).toEqual(['longest'])
  })
})

describe('a run that is not over', () => {
  type State = Parameters<NonNullable<typeof cycle.underWay>>[1]
  const parsed = cycle.parse({ judges: 'hold' }, nowhere)
  const spec = parsed.ok ? parsed.spec : undefined
  const run = { from: t0, hotFrom: null, longest: 0 }
  const told = (stage: object, heats: boolean | null = true) => cycle.underWay?.(spec, { stage, heats } as State)

  test.each([
    ['heating', { is: 'running', run }, true],
    ['heating', { is: 'running', run }, null],
    ['stopped', { is: 'running', run }, false],
    // A thermostat that is off for a moment is no end.
    ['holding', { is: 'running', run: { ...run, hotFrom: t0 + minute } }, false],
    ['cooling', { is: 'running', run: { ...run, longest: 10 * minute } }, false],
    ['cooled', { is: 'over', at: t0 + minute, run: { ...run, longest: 10 * minute } }, false],
  ] as const)('is %s', (phase, stage, heats) => {
    expect(told(stage, heats)?.phase).toBe(phase)
  })
  test('is told with its begin, since when it is hot and how long it was', () => {
    const stage = { is: 'running', run: { ...run, hotFrom: t0 + 3 * minute, longest: 4 * minute } }
    expect(told(stage)).toEqual({ from: t0, phase: 'holding', hotFrom: t0 + 3 * minute, held: 4 * minute })
  })
  test('is none before the first, and none once it was written down', () => {
    expect(told({ is: 'idle' })).toBeUndefined()
    expect(told({ is: 'over', at: t0, run: null })).toBeUndefined()
  })
})
