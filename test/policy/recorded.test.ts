import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { meansOfPython } from './oracle-python.ts'
import { isBack, isMet, walkRate, walkStuck } from './oracle-walk.ts'
import type { Bounds } from './oracle-walk.ts'
import { judged, say } from './oracle.ts'
import type { Settings } from './oracle.ts'

interface Sample {
  readonly at: number
  readonly value: number
}

async function read(path: string): Promise<readonly Sample[]> {
  const text = await readFile(new URL(path, import.meta.url), 'utf8')
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map(line => {
      const [time = '', value] = line.split(',')
      return { at: Date.parse(`${time.replace(' ', 'T')}Z`), value: Number(value) }
    })
}

const machine = await read('recorded/machine_temperature_system_failure.csv')
const office = await read('../../simulators/recorded/ambient_temperature_system_failure.csv')
const series = { machine, office }
const hour = 3_600_000

const words = (settings: Settings, samples: readonly Sample[]): readonly string[] =>
  judged(settings, samples, { startAt: samples[0]?.at ?? 0 }).map(say)

/** As a person reads it: `raised 2014-02-08 03:25`, in UTC. */
const dated = (said: readonly string[]): readonly string[] =>
  said.map(word => {
    const [what, at] = word.split(' ')
    return `${what} ${new Date(Number(at)).toISOString().slice(0, 16).replace('T', ' ')}`
  })

/** A limit by looking ahead in the whole series: where does a stretch of breach begin, and does it last; where does a return, and does it. */
function limitByLookingAhead(bounds: Bounds, onDelay: number, offDelay: number, samples: readonly Sample[]): readonly string[] {
  const end = samples.at(-1)?.at ?? 0
  const said: string[] = []
  const next = (from: number, is: (value: number) => boolean): number => {
    const found = samples.findIndex(({ value }, index) => index >= from && is(value))
    return found < 0 ? samples.length : found
  }
  const timeOf = (index: number): number => samples[index]?.at ?? Number.POSITIVE_INFINITY
  let index = 0
  for (;;) {
    const begin = next(index, value => isMet(bounds, value))
    const over = next(begin, value => !isMet(bounds, value))
    const raised = timeOf(begin) + onDelay
    if (raised > end) return said
    if (onDelay > 0 && timeOf(over) <= raised) {
      index = over
      continue
    }
    said.push(`raised ${raised} since ${timeOf(begin)}`)
    let back = next(begin, value => isBack(bounds, value))
    for (;;) {
      const again = next(back, value => !isBack(bounds, value))
      const cleared = timeOf(back) + offDelay
      if (cleared > end) return said
      if (offDelay === 0 || timeOf(again) > cleared) {
        said.push(`cleared ${cleared}`)
        // What was heard during the off-delay is behind it; the next breach begins at a reading after that.
        index = samples.findIndex(({ at }) => at > cleared)
        break
      }
      back = next(again, value => isBack(bounds, value))
    }
    if (index < 0) return said
  }
}

const limits = [
  { of: 'machine', op: 'lt', value: 45, deadband: 5, onDelay: 2, offDelay: 1 },
  { of: 'machine', op: 'lt', value: 60, deadband: 5, onDelay: 2, offDelay: 1 },
  { of: 'machine', op: 'ge', value: 100, deadband: 0, onDelay: 0, offDelay: 0 },
  { of: 'machine', op: 'gt', value: 95, deadband: 2, onDelay: 0.5, offDelay: 0.5 },
  { of: 'office', op: 'gt', value: 80, deadband: 1, onDelay: 3, offDelay: 2 },
  { of: 'office', op: 'lt', value: 62, deadband: 1, onDelay: 6, offDelay: 2 },
  { of: 'office', op: 'le', value: 70, deadband: 0, onDelay: 1, offDelay: 0 },
] as const

describe('a recorded failure', () => {
  test('of the machine is found by a limit on the night it happened, and nothing else is', () => {
    const said = words({ kind: 'limit', op: 'lt', value: 45, deadband: 5, onDelay: '2h', offDelay: '1h' }, machine)

    expect(dated(said)).toEqual(['raised 2014-02-08 03:25', 'cleared 2014-02-09 13:00'])
  })

  test('of the machine is announced by the trouble of ten days before', () => {
    const said = words({ kind: 'limit', op: 'lt', value: 60, deadband: 5, onDelay: '2h', offDelay: '1h' }, machine)

    expect(dated(said)).toEqual([
      'raised 2014-01-28 14:30',
      'cleared 2014-01-28 23:30',
      'raised 2014-01-29 14:45',
      'cleared 2014-01-29 19:35',
      'raised 2014-01-30 16:30',
      'cleared 2014-01-31 00:40',
      'raised 2014-02-03 04:40',
      'cleared 2014-02-03 13:00',
      'raised 2014-02-07 15:45',
      'cleared 2014-02-09 13:10',
    ])
  })

  test('of the machine is found by its mean of a day and by its time below in all, once each', () => {
    const mean = words({ kind: 'mean', op: 'lt', value: 60, window: '24h' }, machine)
    const sum = { kind: 'limit', op: 'lt', value: 60, count: 'cumulative', onDelay: '12h', per: '24h', hold: '10m' }

    expect(dated(mean)).toEqual(['raised 2014-02-08 03:45', 'cleared 2014-02-09 23:30'])
    expect(dated(words(sum, machine))).toEqual(['raised 2014-02-08 01:10', 'cleared 2014-02-10 00:05'])
  })

  test('of the office is found too warm in December and too cold in April, as it is labelled', () => {
    const warm = words({ kind: 'limit', op: 'gt', value: 80, deadband: 1, onDelay: '3h', offDelay: '2h' }, office)
    const cold = words({ kind: 'limit', op: 'lt', value: 62, deadband: 1, onDelay: '6h', offDelay: '2h' }, office)

    expect(dated(warm)).toContain('raised 2013-12-21 23:00')
    expect(dated(warm)).toHaveLength(4)
    expect(dated(cold)).toContain('raised 2014-04-13 01:00')
    expect(dated(cold)[0]).toBe('raised 2014-04-13 01:00')
  })
})

describe('a recorded series gives', () => {
  test.each(limits)('for $of $op $value what looking ahead gives', ({ of, onDelay, offDelay, ...bounds }) => {
    const settings = { kind: 'limit', ...bounds, onDelay: `${onDelay}h`, offDelay: `${offDelay}h` }
    const said = words(settings, series[of])

    expect(said.length).toBeGreaterThan(1)
    expect(said).toEqual(limitByLookingAhead(bounds, onDelay * hour, offDelay * hour, series[of]))
  })

  test.each([
    ['machine', 2],
    ['machine', 0.5],
    ['office', 0.08],
  ] as const)('for the %s changing by %d a minute what division gives', (of, perMinute) => {
    const said = words({ kind: 'rate', perMinute }, series[of])

    expect(said.length).toBeGreaterThan(1)
    expect(said).toEqual(walkRate(perMinute, series[of]))
  })

  test.each([
    ['machine', 1, 1],
    ['office', 0.3, 6],
    ['office', 1, 12],
  ] as const)('for the %s within %d for %d h what a count of its runs gives', (of, eps, hours) => {
    const said = words({ kind: 'stuck', eps, for: `${hours}h` }, series[of])

    expect(said.length).toBeGreaterThan(1)
    expect(said).toEqual(walkStuck(eps, hours * hour, series[of]))
  })

  test.each([
    ['machine', 'gt', 97.5, 2],
    ['office', 'lt', 64, 24],
    ['office', 'ge', 75, 72],
  ] as const)('for the mean of the %s %s %d over %d h what Python gives', (of, op, bound, hours) => {
    const samples = series[of]
    let first = 0
    const windows = samples.map(({ at }, index) => {
      while ((samples[first]?.at ?? at) <= at - hours * hour) first += 1
      return samples.slice(first, index + 1).map(({ value }) => value)
    })
    let raised = false
    const expected = meansOfPython(windows).flatMap((mean, index) => {
      const at = samples[index]?.at ?? 0
      const isBeyond = isMet({ op, value: bound, deadband: 0 }, mean)
      if (isBeyond === raised) return []
      raised = isBeyond
      return [isBeyond ? `raised ${at} since ${at}` : `cleared ${at}`]
    })

    expect(expected.length).toBeGreaterThan(1)
    expect(words({ kind: 'mean', op, value: bound, window: `${hours}h` }, samples)).toEqual(expected)
  })

  test('for the time the machine was below 60 what counting its five-minute slots gives', () => {
    const [slot, needed, slots] = [300_000, 144, 288]
    const below = machine.map(({ value }) => value < 60)
    const total = (index: number): number => below.slice(Math.max(0, index - slots), index).filter(Boolean).length
    const expected = machine.flatMap(({ at }, index) => {
      if (total(index) >= needed && (index === 0 || total(index - 1) < needed)) {
        const since = machine[Math.max(0, index - slots) + below.slice(Math.max(0, index - slots)).indexOf(true)]?.at
        return [`raised ${at} since ${since}`]
      }
      // From the instant at which the window holds just enough, the next millisecond takes some of it away.
      return total(index) >= needed && total(index + 1) < needed ? [`cleared ${at + 1}`] : []
    })
    const settings = { kind: 'limit', op: 'lt', value: 60, count: 'cumulative', onDelay: '12h', per: '24h', hold: `${slot}ms` }

    expect(words(settings, machine)).toEqual(expected)
  })

  test('for silence every gap of the office and none of the machine', () => {
    const after = 6 * hour
    const gaps = office.flatMap(({ at }, index) => {
      const before = office[index - 1]?.at ?? at
      return at - before > after ? [`raised ${before + after} since ${before}`, `cleared ${at}`] : []
    })

    expect(gaps.length).toBeGreaterThan(10)
    expect(words({ kind: 'stale', after: '6h' }, office)).toEqual(gaps)
    expect(words({ kind: 'stale', after: '6m' }, machine)).toEqual([])
  })
})
