import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainCalendar } from '../../gateway/policy/calendar.ts'
import { balance } from '../../gateway/policy/kinds/balance.ts'
import { advance, plus, valueOf, zero } from '../../gateway/policy/kinds/balance-judge.ts'
import { endOfPeriod } from '../../gateway/policy/kinds/balance-period.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import { days, hours, instant, minutes } from '../../protocols/contract/time.ts'
import { modelOf, monday, play } from '../simulators/world.ts'
import { listen, problemsOf } from './several.ts'
import type { Heard, Listening, Told } from './several.ts'

const hour = hours(1)
const day = days(1)
/** Monday, 00:00 UTC. */
const t0 = Date.UTC(2026, 10, 23)
type Named = 'total' | 'flow' | 'balance' | 'reference'
type Row = readonly [at: number, heard: Partial<Record<Named, number | undefined>>]

/** Rows in hours after t0. */
const rows = (...told: readonly Row[]): Heard[] =>
  told.flatMap(([at, heard]) => Object.entries(heard).map(([input, value]) => ({ at: t0 + Math.round(at * hour), input, value })))
/** A row for every `step` hours. */
const hourly = (from: number, to: number, heard: (at: number) => Row[1], step = 1): Heard[] =>
  rows(
    ...Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index): Row => [
      from + index * step,
      heard(from + index * step),
    ]),
  )

const sorted = (...parts: readonly (readonly Heard[])[]): Heard[] => parts.flat().toSorted((a, b) => a.at - b.at)
const judged = (judges: string, heard: readonly Heard[], settings: object = {}, listening: Partial<Listening> = {}): Told => {
  const inputs = [...new Set(['total', ...heard.map(({ input }) => input)])]
  return listen(balance, { judges, ...settings }, heard, { inputs, startAt: t0, ...listening })
}
const brief = ({ transitions }: Told): readonly string[] => transitions.map(({ what, at }) => `${what} ${(at - t0) / hour}`)
const why = ({ transitions }: Told, language: 'zh' | 'en' = 'en'): string | undefined => {
  const [first] = transitions
  return first?.what === 'raised' ? first.because?.[language] : undefined
}

describe('the arithmetic of counters', () => {
  test('tells a roll-over from a fall', () => {
    expect(advance(99_999, 2, 5)).toBe(3)
    expect(advance(99_999, 2, undefined)).toBe(-99_997)
    expect(advance(50_000, 49_000, 5)).toBe(-1000)
    expect(advance(99_000, 20_000, 5)).toBe(-79_000)
    expect(advance(7, 9, 5)).toBe(2)
    expect(advance(90_000, 10_000, 5)).toBe(20_000)
    expect(advance(89_999, 10_000, 5)).toBe(-79_999)
    expect(advance(90_000, 10_001, 5)).toBe(-79_999)
  })

  test('adds a million hundredths up without drift, as whole numbers do', () => {
    let sum = zero
    let plain = 0
    for (let index = 0; index < 1_000_000; index++) {
      sum = plus(sum, 0.01)
      plain += 0.01
    }
    expect(valueOf(sum)).toBe(10_000)
    expect(plain).not.toBe(10_000)
  })

  test('sums whatever comes as exactly as fractions do', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), { maxLength: 300 }), parts => {
        // Multiples of 2⁻²⁰ are exact in BigInt; the sum may be off by its own last bit at most.
        const exact = Number(parts.reduce((all, part) => all + BigInt(part), 0n)) / 2 ** 20
        const sum = valueOf(parts.map(part => part / 2 ** 20).reduce(plus, zero))
        expect(Math.abs(sum - exact)).toBeLessThanOrEqual(Math.abs(exact) * Number.EPSILON)
      }),
    )
  })
})

describe('a period', () => {
  const next = (iso: string, period: Parameters<typeof endOfPeriod>[1], zone = 'Asia/Shanghai') =>
    new Date(endOfPeriod(instant(Date.parse(iso)), period, zone)).toISOString()

  test('ends at the midnight of the site, seven days on a Monday, a month on the first', () => {
    expect(next('2026-11-25T10:00:00+08:00', { of: 'days', count: 1 })).toBe('2026-11-25T16:00:00.000Z')
    expect(next('2026-11-25T10:00:00+08:00', { of: 'days', count: 7 })).toBe('2026-11-29T16:00:00.000Z')
    expect(next('2026-11-30T00:00:00+08:00', { of: 'days', count: 7 })).toBe('2026-12-06T16:00:00.000Z')
    expect(next('2026-12-25T10:00:00+08:00', { of: 'months' })).toBe('2026-12-31T16:00:00.000Z')
    expect(next('2026-02-01T00:00:00+08:00', { of: 'months' })).toBe('2026-02-28T16:00:00.000Z')
    expect(next('2026-11-25T10:00:00Z', { of: 'time', length: hours(8) })).toBe('2026-11-25T16:00:00.000Z')
  })

  test('is a local day also where the clocks move, with no day lost or told twice', () => {
    const zone = 'Europe/Berlin'
    const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })
    let at = instant(Date.UTC(2026, 0, 1, 12))
    const told: string[] = []
    for (let index = 0; index < 400; index++) told.push(clock.format((at = endOfPeriod(at, { of: 'days', count: 1 }, zone))))
    const expected = Array.from(
      { length: 400 },
      (_, index) => `${new Date(Date.UTC(2026, 0, 2 + index)).toISOString().slice(0, 10)} 00:00`,
    )
    expect(told).toEqual(expected)
  })
})

describe('a counter against the flow', () => {
  const meter = (counts: (at: number) => number, until = 50) => hourly(0, until, at => ({ total: counts(at), flow: 2 }), 0.25)

  test('agrees when what flowed was counted, and is suspect at the end of the first window in which it was not', () => {
    expect(
      brief(
        judged(
          'agree',
          meter(at => 1000 + 2 * at),
        ),
      ),
    ).toEqual([])
    const slow = judged(
      'agree',
      meter(at => 1000 + (at < 24 ? 2 * at : 48 + 1.5 * (at - 24))),
    )
    expect(brief(slow)).toEqual(['raised 48'])
    expect(why(slow, 'zh')).toBe(
      '1 天内累计用量走了 36 m³，按瞬时流量算 48 m³，相差 25 %。表可能有问题，请现场核对，必要时送检。',
    )
    expect(why(slow)).toBe(
      'In 1 d the counter went on by 36 m³, the flow adds up to 48 m³: 25 % apart. The meter is suspect: check it on the spot, have it verified if need be.',
    )
  })

  test('is sound again after a window that agrees, not after an idle one nor one that was not seen', () => {
    const wrong = hourly(0, 24, at => ({ total: 1000 + at, flow: 2 }), 0.5)
    const idle = hourly(24.5, 72, () => ({ total: 1024, flow: 0 }), 0.5)
    const silent = hourly(72.5, 84, () => ({ total: undefined, flow: undefined }), 0.5)
    const right = hourly(96, 120, at => ({ total: 1024 + 2 * (at - 96), flow: 2 }), 0.5)
    expect(brief(judged('agree', sorted(wrong, idle, silent, right), {}, { until: t0 + 130 * hour }))).toEqual([
      'raised 24',
      'cleared 120',
    ])
  })

  test('leaves out what flowed in a silence of the flow, and waits for the counter over one of its own', () => {
    const flowLost = meter(at => 1000 + 2 * at, 30).filter(
      ({ input, at }) => input === 'total' || at < t0 + 5 * hour || at > t0 + 10 * hour,
    )
    expect(brief(judged('agree', flowLost))).toEqual([])
    const totalLost = meter(at => 1000 + 2 * at, 30).map(row =>
      row.input === 'total' && row.at > t0 + 5 * hour && row.at < t0 + 20 * hour ? { ...row, value: undefined } : row,
    )
    expect(brief(judged('agree', totalLost, {}, { staleAfter: hour }))).toEqual([])
    const half = totalLost.map(row =>
      row.input === 'total' && row.value !== undefined ? { ...row, value: 1000 + (row.value - 1000) / 2 } : row,
    )
    expect(brief(judged('agree', half, {}, { staleAfter: hour }))).toEqual(['raised 24'])
  })

  test('takes the stale time of the flow for its gap where that is shorter', () => {
    const hourlyFlow = hourly(0, 24, at => ({ total: 1000 + at, flow: 2 }))
    expect(brief(judged('agree', hourlyFlow))).toEqual(['raised 24'])
    expect(brief(judged('agree', hourlyFlow, {}, { staleAfter: hour - 1 }))).toEqual([])
  })

  test('counts over a roll-over', () => {
    expect(
      brief(
        judged(
          'agree',
          meter(at => (99_990 + 2 * at) % 100_000),
          { digits: 5 },
        ),
      ),
    ).toEqual([])
    expect(
      brief(
        judged(
          'agree',
          meter(at => (99_990 + 2 * at) % 100_000),
        ),
      ),
    ).toEqual(['raised 24', 'cleared 48'])
  })

  test('takes another counter where no flow is wired', () => {
    const beside = (counts: number) => hourly(0, 24, at => ({ total: 500 + counts * at, reference: 90 + 3 * at }))
    expect(brief(judged('agree', beside(3)))).toEqual([])
    expect(brief(judged('agree', beside(2)))).toEqual(['raised 24'])
    expect(why(judged('agree', beside(2)))).toContain('the other counter went on by 72 m³')
  })

  test('finds what adding up in whole numbers finds', () => {
    const minute = fc.record({ flow: fc.integer({ min: 0, max: 600 }), counted: fc.integer({ min: 80, max: 120 }) })
    fc.assert(
      fc.property(fc.array(minute, { minLength: 60, maxLength: 240 }), fc.constantFrom(0.01, 0.03, 0.1), (drawn, tolerance) => {
        // Every minute: hundredths of m³/h of flow, and a counter in exact hundred-thousandths that takes some per cent of it.
        let units = 0n
        const told: { flow: bigint; total: bigint }[] = []
        for (const [index, { flow, counted }] of drawn.entries()) {
          units += index === 0 ? 0n : BigInt(flow) * BigInt(counted)
          told.push({ flow: BigInt(flow), total: units })
        }
        const heard = told.flatMap(({ flow, total }, index) =>
          rows([index / 60, { total: Number(total) / 6e5, flow: Number(flow) / 100 }]),
        )
        const found = brief(judged('agree', heard, { window: '1h', tolerance, least: 0.1 }))

        let raised = false
        const expected: string[] = []
        for (let end = 60; end < told.length; end += 60) {
          const inside = told.slice(end - 60, end + 1)
          const counted = (inside.at(-1)?.total ?? 0n) - (inside[0]?.total ?? 0n)
          // Trapezoids of a minute: (a + b) / 2 hundredths of m³/h over 1/60 h, in units of 1/600000 m³ × 2 = 100 (a + b).
          const flowed = inside.slice(1).reduce((sum, { flow }, index) => sum + 100n * (flow + (inside[index]?.flow ?? 0n)), 0n)
          const [twice, other] = [2n * counted, flowed]
          const apart = Number(twice > other ? twice - other : other - twice) / 1.2e6
          const most = Number(twice > other ? twice : other) / 1.2e6
          const isApart = apart > Math.max(0.1, tolerance * most)
          // Where floating point cannot tell, neither is asked.
          fc.pre(Math.abs(apart - Math.max(0.1, tolerance * most)) > 1e-9)
          if (isApart && !raised) expected.push(`raised ${end / 60}`)
          if (!isApart && raised && most > 0.1) expected.push(`cleared ${end / 60}`)
          raised = isApart || (raised && most <= 0.1)
        }
        expect(found).toEqual(expected)
      }),
    )
  })
})

describe('a counter against the balance', () => {
  test('agrees over top-ups and down to nothing', () => {
    const paid = (at: number) => (at >= 30 ? 600 : 0)
    const heard = hourly(0, 72, at => ({ total: 500 + 2 * at, balance: Math.max(0, 60 - 2 * at + paid(at)) }))
    expect(brief(judged('prepaid', heard))).toEqual([])
    const empty = hourly(0, 72, at => ({ total: 500 + 2 * at, balance: Math.max(0, 20 - 2 * at) }))
    expect(brief(judged('prepaid', empty))).toEqual([])
  })

  test('is suspect when more is taken off than was counted, and sound after a right day', () => {
    const heard = hourly(0, 72, at => ({ total: 500 + 2 * at, balance: 900 - (at < 24 ? 3 * at : 72 + 2 * (at - 24)) }))
    const told = judged('prepaid', heard)
    expect(brief(told)).toEqual(['raised 24', 'cleared 48'])
    expect(why(told, 'zh')).toContain('累计用量走了 48 m³，余量扣了 72 m³，相差 33 %')
  })

  test('says nothing while the counter is not known', () => {
    const heard = hourly(0, 72, at => ({ total: at < 2 ? 500 : undefined, balance: 900 - 3 * at }))
    expect(brief(judged('prepaid', heard, {}, { staleAfter: hour }))).toEqual([])
  })
})

describe('a dead counter', () => {
  const burning = (flow: number, total = (_at: number): number => 700, until = 4) =>
    hourly(0, until, at => ({ total: total(at), flow }), 0.125)

  test('is found once enough has flowed for long enough, and is sound when it moves on', () => {
    const told = judged(
      'dead',
      burning(2, at => (at < 3 ? 700 : 700 + 2 * (at - 3))),
    )
    expect(brief(told)).toEqual(['raised 0.5', 'cleared 3.125'])
    expect(why(told, 'zh')).toBe('已用气 30 分钟、约 1 m³，累计用量一直停在 700 m³。表可能有问题，请现场核对，必要时送检。')
    expect(brief(judged('dead', burning(0.4)))).toEqual(['raised 1.25'])
    expect(brief(judged('dead', burning(2), { min: 2 }))).toEqual([])
    expect(told.transitions[0]).toMatchObject({ since: t0, value: 700 })
  })

  test('is found over several short fires, but not in pauses or silences', () => {
    const often = hourly(0, 9, at => ({ total: 700, flow: at % 2 === 0 ? 1.2 : 0 }), 0.25)
    expect(brief(judged('dead', often))).toEqual(['raised 6.25'])
    const fires = hourly(0, 9, at => ({ total: 700, flow: at % 2 < 0.5 ? 1.2 : 0 }), 0.25)
    expect(brief(judged('dead', fires))).toEqual(['raised 2.25'])
    const silent = sorted(burning(2, undefined, 0.25), rows([6, { total: 700, flow: 2 }]))
    expect(brief(judged('dead', silent))).toEqual([])
  })

  test('is not judged over a silence of the flow longer than its gap', () => {
    const sparse = hourly(0, 6, () => ({ total: 700, flow: 2 }), 1)
    expect(brief(judged('dead', sparse))).toEqual(['raised 1'])
    expect(brief(judged('dead', sparse, { gap: '59m' }))).toEqual([])
    expect(brief(judged('dead', sparse, {}, { staleAfter: hour - 1 }))).toEqual([])
  })

  test('is not known to stand while nobody hears it', () => {
    const deaf = burning(2).filter(({ input, at }) => input === 'flow' || at < t0 + hour / 4)
    expect(brief(judged('dead', deaf, { gap: '20m' }))).toEqual([])
    const bad = burning(2).map(row => (row.input === 'total' && row.at > t0 ? { ...row, value: undefined } : row))
    expect(brief(judged('dead', bad))).toEqual([])
  })

  test('is found at the same instant in whatever order counter and flow are heard', () => {
    const flowFirst = hourly(0, 2, at => ({ flow: 2, total: at < 0.5 ? 700 + at : 700.5 }), 0.25)
    const totalFirst = hourly(0, 2, at => ({ total: at < 0.5 ? 700 + at : 700.5, flow: 2 }), 0.25)
    expect(brief(judged('dead', flowFirst))).toEqual(['raised 1'])
    expect(brief(judged('dead', totalFirst))).toEqual(['raised 1'])
  })

  test('is not sound for having fallen', () => {
    expect(
      brief(
        judged(
          'dead',
          burning(2, at => (at < 3 ? 700 : 690)),
        ),
      ),
    ).toEqual(['raised 0.5'])
  })

  test('is found beside another counter after whole periods without a step', () => {
    const beside = (total: (at: number) => number, reference: (at: number) => number) =>
      judged(
        'dead',
        hourly(0, 24 * 8, at => ({ total: total(at), reference: reference(at) })),
        { periods: 2 },
      )
    expect(
      brief(
        beside(
          () => 700,
          at => at,
        ),
      ),
    ).toEqual(['raised 72'])
    expect(
      why(
        beside(
          () => 700,
          at => at,
        ),
      ),
    ).toContain('has not counted anything for 2 periods, while the other counter went on by 24 m³')
    expect(
      brief(
        beside(
          () => 700,
          () => 5,
        ),
      ),
    ).toEqual([])
    expect(
      brief(
        beside(
          at => 700 + Math.max(0, at - 100),
          at => at,
        ),
      ),
    ).toEqual(['raised 72', 'cleared 101'])
    expect(
      brief(
        beside(
          at => (at < 100 ? 700 : 600),
          at => at,
        ),
      ),
    ).toEqual(['raised 72'])
    const lost = hourly(0, 24 * 8, at => ({ total: 700, reference: at % 48 < 24 ? at : undefined }))
    expect(brief(judged('dead', lost, {}, { staleAfter: hour * 2 }))).toEqual([])
  })
})

describe('a counter that runs backwards', () => {
  const told = (values: readonly number[], settings: object = {}) =>
    judged(
      'reverse',
      values.flatMap((total, index) => rows([index * 6, { total }])),
      settings,
    )

  test('is suspect at once, and sound when it has gone forward for a day', () => {
    const backwards = told([900, 905, 903, 906, 907, 907, 907, 908, 909])
    expect(brief(backwards)).toEqual(['raised 12', 'cleared 42'])
    expect(why(backwards, 'zh')).toContain('从 905 m³ 退到 903 m³')
  })

  test('is a roll-over where the counter has as many digits', () => {
    expect(brief(told([99_990, 99_998, 3, 9], { digits: 5 }))).toEqual([])
    expect(brief(told([99_990, 99_998, 3, 9]))).toEqual(['raised 12'])
  })

  test('may tremble within its slack, but many small falls are a large one', () => {
    expect(brief(told([900, 899.9, 900, 899.9], { slack: 0.1 + 1e-9 }))).toEqual([])
    expect(brief(told([900, 899.9, 899.8, 899.7], { slack: 0.15 }))).toEqual(['raised 12'])
  })
})

describe('an impossible consumption', () => {
  const g16 = { qmax: 'G16' }

  test('is more than flows through the meter, however coarse its counter', () => {
    const coarse = hourly(0, 3, at => ({ total: Math.floor(30 * at) }), 1 / 60)
    expect(brief(judged('impossible', coarse, g16))).toEqual([])
    const racing = judged(
      'impossible',
      hourly(0, 2, at => ({ total: 500 + 90 * Math.min(at, 1) }), 1 / 60),
      g16,
    )
    expect(racing.transitions.map(({ what }) => what)).toEqual(['raised', 'cleared'])
    expect((racing.transitions[0]?.at ?? 0) - t0).toBeLessThanOrEqual(minutes(2))
    expect((racing.transitions[1]?.at ?? 0) - t0).toBeGreaterThanOrEqual(hour)
    expect(why(racing)).toContain('at its largest flow of 25 m³/h that is impossible')
  })

  test('is a misread figure, and ends when the next ten minutes are possible', () => {
    const misread = rows(
      [0, { total: 500 }],
      [0.5, { total: 50_005 }],
      [0.6, { total: 506 }],
      [0.7, { total: 507 }],
      [0.8, { total: 508 }],
    )
    expect(brief(judged('impossible', misread, g16))).toEqual(['raised 0.5', 'cleared 0.8'])
  })

  test('is a flow backwards or above the largest', () => {
    const flow = (...values: readonly number[]) =>
      judged(
        'impossible',
        values.flatMap((value, at) => rows([at, { flow: value }])),
        g16,
      )
    expect(brief(flow(3, -0.04, -0.2, 0))).toEqual(['raised 2', 'cleared 3'])
    expect(why(flow(-0.2), 'zh')).toContain('气不会倒流')
    expect(brief(flow(30, -0.05))).toEqual([])
    expect(brief(flow(29.9, 30.1, 20))).toEqual(['raised 1', 'cleared 2'])
    expect(why(flow(31))).toContain('above the largest flow of this meter, 25 m³/h')
  })

  test('is over only when counter and flow are both possible again', () => {
    const both = sorted(
      rows([0, { total: 500, flow: 1 }], [0.5, { total: 900, flow: 99 }], [0.6, { flow: 1 }], [1, { total: 901 }]),
    )
    expect(brief(judged('impossible', both, g16))).toEqual(['raised 0.5', 'cleared 1'])
    const other = sorted(
      rows([0, { total: 500, flow: 1 }], [0.5, { total: 900, flow: 99 }], [1, { total: 901 }], [1.5, { flow: 1 }]),
    )
    expect(brief(judged('impossible', other, g16))).toEqual(['raised 0.5', 'cleared 1.5'])
  })

  test('reads the size of the meter out of a fact, or the figure itself', () => {
    const parsed = (qmax: unknown, facts: Record<string, string | number> | undefined) =>
      balance.parse({ kind: 'balance', judges: 'impossible', qmax }, { ...nowhere, facts })
    expect(parsed({ fact: 'meter' }, { meter: 'G2.5' })).toMatchObject({ ok: true, spec: { own: { qmax: 4 } } })
    expect(parsed({ fact: 'meter' }, { meter: '30 m³/h' })).toMatchObject({ ok: true, spec: { own: { qmax: 30 } } })
    expect(parsed(6, {})).toMatchObject({ ok: true, spec: { own: { qmax: 6 } } })
    expect(parsed({ fact: 'meter' }, undefined).ok).toBe(true)
    expect(parsed({ fact: 'meter' }, {}).ok).toBe(false)
    expect(parsed('large', {}).ok).toBe(false)
    expect(parsed(undefined, undefined).ok).toBe(false)
  })
})

describe('consumption against the usual', () => {
  /** One figure for each week; a week is read every six hours. */
  const weeks = (used: readonly number[], reference?: readonly number[]): Heard[] => {
    let [total, other] = [1000, 50]
    return used.flatMap((week, index) => {
      const part = hourly(
        index * 168,
        index * 168 + 162,
        at => ({
          total: total + (week * (at - index * 168)) / 168,
          ...(reference && { reference: other + ((reference[index] ?? 0) * (at - index * 168)) / 168 }),
        }),
        6,
      )
      total += week
      other += reference?.[index] ?? 0
      return part
    })
  }
  const week = (at: string): number => Number(at.split(' ')[1]) / 168
  const found = (judges: 'fast' | 'slow', used: readonly number[], settings: object = {}, reference?: readonly number[]) =>
    brief(judged(judges, weeks(used, reference), settings, { until: t0 + used.length * 168 * hour })).map(
      text => `${text.split(' ')[0]} ${week(text)}`,
    )

  test('is suspect after two weeks in a row outside, and sound after one inside', () => {
    const usual = [99, 70, 72, 68, 71, 70]
    expect(found('fast', [...usual, 200, 210, 70])).toEqual(['raised 8', 'cleared 9'])
    expect(found('slow', [...usual, 20, 30, 70])).toEqual(['raised 8', 'cleared 9'])
    expect(found('fast', [...usual, 20, 30, 70])).toEqual([])
    // Read in the middle of the next week, so that the week before is whole: exactly twice, and exactly half, is not beyond.
    const even = [64, 64, 64, 64, 64, 64]
    expect(brief(judged('fast', weeks([...even, 128, 128, 1])))).toEqual([])
    expect(brief(judged('fast', weeks([...even, 129, 129, 1])))).toHaveLength(1)
    expect(brief(judged('slow', weeks([...even, 32, 32, 1])))).toEqual([])
    expect(brief(judged('slow', weeks([...even, 31, 31, 1])))).toHaveLength(1)
    expect(found('fast', [...usual, 200, 70, 200, 70])).toEqual([])
    expect(found('fast', [...usual, 200, 70], { periods: 1 })).toEqual(['raised 7', 'cleared 8'])
  })

  test('says how much and how many times the usual', () => {
    const told = judged('fast', weeks([70, 70, 70, 70, 70, 70, 175, 175, 0]))
    expect(why(told, 'zh')).toBe('连续 2 期用量异常：上一期 175 m³，是平时的 2.5 倍。表可能有问题，请现场核对，必要时送检。')
    expect(told.transitions[0]).toMatchObject({ since: t0 + 6 * 168 * hour })
  })

  test('takes neither holidays nor a meter nobody uses for a slow one', () => {
    expect(found('slow', [70, 70, 70, 70, 70, 70, 0, 0, 0, 70])).toEqual([])
    expect(found('slow', [0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.1, 0.1])).toEqual([])
    expect(found('slow', [70, 70, 20, 20])).toEqual([])
  })

  test('forgives a season that another counter shows as well', () => {
    const used = [70, 70, 70, 70, 70, 70, 200, 200]
    expect(found('fast', used, {}, [7, 7, 7, 7, 7, 7, 20, 20])).toEqual([])
    expect(found('fast', used, {}, [7, 7, 7, 7, 7, 7, 7, 7])).toEqual(['raised 8'])
    expect(found('fast', used, {}, [7, 7, 7, 7, 7, 7, 0, 0])).toEqual([])
  })

  test('estimates nothing over a silence at the end of a week', () => {
    const heard = weeks([70, 70, 70, 70, 70, 70, 200, 200, 200]).filter(
      ({ at }) => at % (7 * day) !== t0 % (7 * day) || at < t0 + 6 * 7 * day,
    )
    const lost = heard.filter(({ at }) => at < t0 + 6.8 * 7 * day || at > t0 + 7.2 * 7 * day)
    expect(brief(judged('fast', lost, {}, { staleAfter: 7 * hour, until: t0 + 9 * 7 * day }))).toEqual([])
  })
})

describe('the reading sheet', () => {
  test('has one line a day: counter, increment, balance and base meter, and how they were obtained', () => {
    const heard = hourly(0, 71, at => ({ total: 500 + at / 4, balance: 100 - at / 4, reference: 900 + at / 4 }))
    const { records } = judged('prepaid', heard, { writes: true }, { until: t0 + 72 * hour })
    expect(records).toHaveLength(3)
    expect(records[1]).toEqual({
      kind: 'meter-reading',
      from: t0 + 24 * hour,
      to: t0 + 48 * hour,
      verdict: 'passed',
      figures: {
        totalCubicMetres: 512,
        incrementCubicMetres: 6,
        balanceCubicMetres: 88,
        referenceCubicMetres: 912,
        readAt: '2026-11-25T00:00:00.000Z',
        obtained: 'read',
        why: 'read',
        whyZh: '由表远传读得。',
        whyEn: 'Read from the meter itself.',
      },
    })
  })

  test('says what is missing instead of estimating it', () => {
    const heard = hourly(0, 23, at => ({ total: at < 20 ? 500 : undefined, balance: 100 }))
    const { records } = judged('prepaid', heard, { writes: true }, { until: t0 + 48 * hour, staleAfter: 2 * hour })
    expect(
      records.map(({ verdict, figures }) => [
        verdict,
        figures['why'],
        figures['totalCubicMetres'],
        figures['balanceCubicMetres'],
      ]),
    ).toEqual([
      ['unknown', 'total-missing', null, 100],
      ['unknown', 'total-missing', null, null],
    ])
    const noBalance = hourly(0, 24, at => ({ total: 500, balance: at < 20 ? 9 : undefined }))
    expect(judged('agree', noBalance, { writes: true }).records[0]?.figures['why']).toBe('balance-missing')
  })

  test('follows the midnight of the site and the period asked for', () => {
    const place = { ...nowhere, calendar: plainCalendar('Asia/Shanghai') }
    const heard = hourly(0, 24 * 40, at => ({ total: at }))
    const { records } = judged('reverse', heard, { writes: true, period: 'month' }, { place })
    expect(records.map(({ to }) => new Date(to).toISOString())).toEqual(['2026-11-30T16:00:00.000Z', '2026-12-31T16:00:00.000Z'])
  })
})

describe('whatever a meter says', () => {
  const names = ['agree', 'prepaid', 'dead', 'reverse', 'impossible', 'fast', 'slow'] as const
  const settings = (judges: string): object => ({
    writes: true,
    period: '6h',
    digits: 3,
    ...(judges === 'impossible' && { qmax: 6 }),
    ...((judges === 'agree' || judges === 'prepaid') && { window: '5h' }),
    ...((judges === 'fast' || judges === 'slow') && { periods: 1, least: 0.1 }),
  })
  const anything = (values: fc.Arbitrary<number | undefined>) =>
    fc.array(
      fc.record({
        after: fc.constantFrom(0, 0.1, 0.25, 0.5, 1, 3),
        input: fc.constantFrom('total', 'total', 'flow', 'balance', 'reference'),
        value: values,
      }),
      { maxLength: 60 },
    )
  const asRows = (drawn: readonly { after: number; input: string; value: number | undefined }[]): Heard[] => {
    let at = 0
    return drawn.map(({ after, input, value }) => ({ at: t0 + Math.round((at += after) * hour), input, value }))
  }
  const wired = { inputs: ['total', 'flow', 'balance', 'reference'], startAt: t0, staleAfter: 2 * hour }
  const figures = fc.option(fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 900, max: 999 })), { nil: undefined })

  test.each(names)('a restart at any point of %s changes nothing, and it raises and clears in turn', judges => {
    fc.assert(
      fc.property(anything(figures), fc.array(fc.nat(60)), fc.boolean(), (drawn, stopsBefore, isBeside) => {
        const heard = asRows(drawn).filter(({ input }) => !isBeside || input !== 'flow')
        const listening = { ...wired, inputs: wired.inputs.filter(name => !isBeside || name !== 'flow'), until: t0 + 300 * hour }
        const straight = listen(balance, { judges, ...settings(judges) }, heard, listening)
        expect(listen(balance, { judges, ...settings(judges) }, heard, { ...listening, stopsBefore })).toEqual(straight)
        for (const [index, { what }] of straight.transitions.entries()) expect(what).toBe(index % 2 === 0 ? 'raised' : 'cleared')
      }),
    )
  })

  test.each(names)('%s neither raises nor clears on what is only bad or silent', judges => {
    fc.assert(
      fc.property(anything(fc.constant(undefined)), drawn => {
        expect(
          listen(balance, { judges, ...settings(judges) }, asRows(drawn), { ...wired, until: t0 + 300 * hour }).transitions,
        ).toEqual([])
      }),
      { numRuns: 30 },
    )
  })
})

describe('a fortnight of the simulated meter', () => {
  /** As the meter's registers tell it: hundredths, every thirty seconds. */
  const fortnight = (faults: readonly string[]): Heard[] => {
    const heard: Heard[] = []
    for (const { hours: at, points } of play(modelOf('gas-meter'), { hours: 14 * 24, faults, stepSeconds: 120 })) {
      const now = monday + Math.round(at * 3600) * 1000
      for (const [input, value] of Object.entries(points)) heard.push({ at: now, input, value: Math.round(value * 100) / 100 })
    }
    return heard
  }
  const place = { ...nowhere, facts: { meter: 'G16' }, calendar: plainCalendar('Asia/Shanghai') }
  const rules: readonly (readonly [judges: string, settings: object])[] = [
    ['agree', { least: 2 }],
    ['prepaid', {}],
    ['dead', {}],
    ['reverse', { digits: 6 }],
    ['impossible', { qmax: { fact: 'meter' } }],
    ['fast', { period: '1d' }],
    ['slow', { period: '1d' }],
  ]
  const found = (heard: readonly Heard[]): string =>
    rules
      .filter(([judges, settings]) => {
        const told = listen(balance, { judges, ...settings }, heard, {
          inputs: ['total', 'flow', 'balance'],
          startAt: monday,
          place,
          staleAfter: hour,
        })
        return told.transitions.some(({ what }) => what === 'raised')
      })
      .map(([judges]) => judges)
      .join(' ')

  test.each([
    ['no fault', [], ''],
    ['a meter hung up', ['meter-hung-up'], 'agree dead'],
    ['a fast meter', ['meter-fast'], 'agree'],
    ['a slow meter', ['meter-slow'], 'agree'],
    ['a meter that runs backwards', ['meter-reversed'], 'agree reverse'],
    ['stray pulses', ['pulse-noise'], 'agree impossible'],
    ['a balance taken off wrongly', ['balance-wrong'], 'prepaid'],
    ['a burner left on', ['burner-left-on'], ''],
  ] as const)('with %s is found by the right judges', (_name, faults, judges) => {
    expect(found(fortnight(faults))).toBe(judges)
  })
})

describe('the settings', () => {
  const wrong = (raw: object) => problemsOf(balance, { kind: 'balance', ...raw }).map(({ path }) => path.join('.'))

  test('are those of the judge, and no others', () => {
    expect(wrong({ judges: 'agree' })).toEqual([])
    expect(wrong({ judges: 'agree', qmax: 3 })).toEqual(['qmax'])
    expect(wrong({ judges: 'agree', period: '1d' })).toEqual(['period'])
    expect(wrong({ judges: 'agree', period: '1d', writes: true })).toEqual([])
    expect(wrong({ judges: 'temper' })).toEqual(['judges'])
  })

  test('that could never or always fire are refused', () => {
    expect(wrong({ judges: 'agree', tolerance: 1 })).toEqual(['tolerance'])
    expect(wrong({ judges: 'prepaid', window: '0s' })).toEqual(['window'])
    expect(wrong({ judges: 'fast', high: 1 })).toEqual(['high'])
    expect(wrong({ judges: 'slow', low: 1 })).toEqual(['low'])
    expect(wrong({ judges: 'slow', low: 0 })).toEqual(['low'])
    expect(wrong({ judges: 'slow', of: 3 })).toEqual(['of'])
    expect(wrong({ judges: 'slow', of: 4.5 })).toEqual(['of'])
    expect(wrong({ judges: 'dead', period: 'fortnight' })).toEqual(['period'])
    expect(wrong({ judges: 'dead', digits: 0 })).toEqual(['digits'])
    expect(wrong({ judges: 'dead', digits: 1 })).toEqual([])
    expect(wrong({ judges: 'dead', digits: 13 })).toEqual(['digits'])
  })
})
