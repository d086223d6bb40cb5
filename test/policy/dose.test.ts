import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addedPerLitre, adviseDosing, isWithin, requiredGrams, strengthAt } from '../../gateway/policy/dosing.ts'
import type { DosingRequest } from '../../gateway/policy/dosing.ts'
import { dose } from '../../gateway/policy/kinds/dose.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import { days, hours, instant } from '../../protocols/contract/time.ts'
import { modelOf, monday, play } from '../simulators/world.ts'
import { listen, problemsOf, specOf } from './several.ts'
import type { Heard } from './several.ts'

const t0 = Date.UTC(2026, 10, 23, 0)
const hour = hours(1)

describe('the required amount', () => {
  // standards.md §1.6: 10 m³, target 0.5 and demand 1.0 mg/L.
  test.each([
    ['bleaching powder', 0.28, 53.6],
    ['calcium hypochlorite', 0.65, 23.1],
    ['NaDCC', 0.56, 26.8],
    ['TCCA', 0.9, 16.7],
  ])('of %s with %f available chlorine for 10 m³ is %f g', (_name, strength, grams) => {
    const water = { volume: 10, residual: undefined, target: 0.5, demand: 1 }
    expect(requiredGrams(water, strength)).toBeCloseTo(grams, 1)
  })

  test('is less by what the water still has, and never negative', () => {
    const water = { volume: 10, target: 0.5, demand: 1 }
    expect(requiredGrams({ ...water, residual: 0.5 }, 0.5)).toBe(20)
    expect(requiredGrams({ ...water, residual: 1.5 }, 0.5)).toBe(0)
    expect(requiredGrams({ ...water, residual: 3 }, 0.5)).toBe(0)
  })

  test('brings the water to exactly target plus demand when no more is there, whatever the figures', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 5000, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        (volume, target, demand, strength) => {
          const grams = requiredGrams({ volume, residual: 0, target, demand }, strength)
          expect(addedPerLitre(grams, strength, volume)).toBeCloseTo(target + demand, 9)
          expect(isWithin(grams, grams, 0)).toBe(true)
        },
      ),
    )
  })
})

describe('the strength of a batch', () => {
  const powder = { fresh: 0.3, madeOn: instant(t0), lossPerMonth: 0.05 }

  test('falls by the same fraction every month and counts as fresh before and without a date', () => {
    expect(strengthAt(powder, instant(t0 + days(30.4375)))).toBeCloseTo(0.285, 12)
    expect(strengthAt(powder, instant(t0 + days(60.875)))).toBeCloseTo(0.27075, 12)
    expect(strengthAt(powder, instant(t0 - days(9)))).toBe(0.3)
    expect(strengthAt({ ...powder, madeOn: undefined }, instant(t0 + days(400)))).toBe(0.3)
  })
})

describe('the dosing assistant', () => {
  const request: DosingRequest = {
    at: instant(t0),
    water: { volume: 10, residual: 0.2, target: 0.5, demand: 1 },
    product: 'calcium hypochlorite 65 %',
    strength: { fresh: 0.65, madeOn: undefined, lossPerMonth: 0.05 },
    most: 2,
  }

  test('says how many grams, for the water there is', () => {
    const advice = adviseDosing(request)
    expect(advice).toMatchObject({ ok: true, secondPerson: false, strength: 0.65 })
    expect(advice.ok && advice.grams).toBeCloseTo(20, 9)
    expect(advice.ok && advice.peak).toBeCloseTo(1.5, 9)
    expect(advice.ok && advice.notes.map(({ en }) => en)).toEqual([
      'Nobody drinks the water for 30 minutes; supply it once free chlorine is 0.3–2 mg/L.',
    ])
  })

  test('says that nothing is needed where there is enough', () => {
    const advice = adviseDosing({ ...request, water: { ...request.water, residual: 1.6 } })
    expect(advice).toMatchObject({ ok: true, grams: 0, notes: [{ en: 'There is enough chlorine, nothing is to be dosed.' }] })
  })

  test('asks for a new test of a batch older than three months and reckons with its age', () => {
    const advice = adviseDosing({ ...request, strength: { ...request.strength, madeOn: instant(t0 - days(100)) } })
    expect(advice.ok && advice.strength).toBeLessThan(0.56)
    expect(advice.ok && advice.notes[0]?.zh).toContain('三个月')
  })

  test('asks for no test of a batch it knows to be fresh', () => {
    const advice = adviseDosing({ ...request, strength: { ...request.strength, madeOn: instant(t0 - days(80)) } })
    expect(advice.ok && advice.notes).toHaveLength(1)
  })

  test('allows what comes exactly to the ceiling', () => {
    const water = { volume: 10, residual: 0, target: 1, demand: 1 }
    expect(adviseDosing({ ...request, water, strength: { ...request.strength, fresh: 0.5 } })).toMatchObject({
      ok: true,
      grams: 40,
      peak: 2,
    })
  })

  test('asks for a second person above twice the last dose', () => {
    const last = { product: ' Calcium hypochlorite 65 % ', grams: 9.9 }
    expect(adviseDosing({ ...request, last })).toMatchObject({ ok: true, secondPerson: true })
    expect(adviseDosing({ ...request, last: { ...last, grams: 10.1 } })).toMatchObject({ ok: true, secondPerson: false })
  })

  test.each<[string, Partial<DosingRequest>, string]>([
    ['what would come above the ceiling', { water: { ...request.water, target: 1.2, demand: 1 } }, 'above 2 mg/L'],
    ['water that already is above it', { water: { ...request.water, residual: 2.4 } }, 'above 2 mg/L'],
    ['another product than the last', { last: { product: 'TCCA', grams: 20 } }, 'never mixed'],
    ['an empty tank', { water: { ...request.water, volume: 0 } }, 'measure the level'],
    ['an unknown level', { water: { ...request.water, volume: Number.NaN } }, 'measure the level'],
    ['a product without strength', { strength: { ...request.strength, fresh: 0 } }, 'strength of the product'],
    ['a strength above one', { strength: { ...request.strength, fresh: 65 } }, 'strength of the product'],
  ])('refuses %s', (_what, change, words) => {
    const advice = adviseDosing({ ...request, ...change })
    expect(advice.ok).toBe(false)
    expect(!advice.ok && advice.problem.en).toContain(words)
  })

  test('never advises more than the ceiling allows', () => {
    const positive = (max: number) => fc.double({ min: 0, max, noNaN: true })
    fc.assert(
      fc.property(
        positive(100),
        positive(3),
        positive(3),
        positive(3),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (volume, residual, target, demand, fresh) => {
          const advice = adviseDosing({
            ...request,
            water: { volume, residual, target, demand },
            strength: { ...request.strength, fresh },
          })
          if (advice.ok) expect(residual + addedPerLitre(advice.grams, fresh, volume)).toBeLessThanOrEqual(2 + 1e-9)
        },
      ),
    )
  })
})

const wired = { inputs: ['volume', 'amount'], startAt: t0 }
const measured = { inputs: ['volume', 'amount', 'residual'], startAt: t0 }
const settings = { target: 0.5, demand: 1, strength: 0.65 }
const reads = (at: number, input: string, value: number | undefined): Heard => ({ at: t0 + at * hour, input, value })

describe('a dose rule', () => {
  test('raises on a dosing outside the tolerance, says what was needed, and clears with the next that is right', () => {
    const { transitions, records } = listen(
      dose,
      settings,
      [reads(0, 'volume', 10), reads(1, 'amount', 40), reads(240, 'volume', 20), reads(241, 'amount', 46)],
      { ...wired },
    )
    expect(transitions).toEqual([
      {
        what: 'raised',
        at: t0 + hour,
        since: t0 + hour,
        value: 40,
        because: {
          zh: '池内水量 10 m³，应投 23.1 g，实投 40 g，余氯可能到 2.6 mg/L，超过 2 mg/L。',
          en: '40 g instead of 23.1 g went into 10 m³ of water: free chlorine may come to 2.6 mg/L, above 2 mg/L.',
        },
      },
      { what: 'cleared', at: t0 + 241 * hour },
    ])
    expect(
      records.map(({ verdict, figures }) => [verdict, figures['why'], figures['requiredGrams'], figures['dosedGrams']]),
    ).toEqual([
      ['failed', 'too-much', 23.1, 40],
      ['passed', 'right', 46.2, 46],
    ])
  })

  test('tells too little from too much', () => {
    const { transitions } = listen(dose, settings, [reads(0, 'volume', 10), reads(1, 'amount', 30)], wired)
    const { transitions: less } = listen(dose, settings, [reads(0, 'volume', 10), reads(1, 'amount', 10)], wired)
    expect(transitions[0]).toMatchObject({ because: { zh: expect.stringContaining('投多了 30 %') as string } })
    expect(less[0]).toMatchObject({ because: { en: expect.stringContaining('57 % less than needed') as string } })
  })

  test('counts the tolerance itself as right', () => {
    const exact = { target: 1, demand: 0, strength: 1, tolerance: 0.25 }
    const doses = [8, 12, 10].flatMap((grams, index) => [reads(index, 'volume', 8), reads(index + 0.5, 'amount', grams)])
    const { transitions } = listen(dose, exact, doses, wired)
    expect(transitions.map(({ what, at }) => [what, (at - t0) / hour])).toEqual([
      ['raised', 1.5],
      ['cleared', 2.5],
    ])
  })

  test('counts the ceiling itself as allowed', () => {
    const exact = { target: 1, demand: 1, strength: 0.5 }
    const { transitions } = listen(dose, exact, [reads(0, 'volume', 10), reads(1, 'amount', 40), reads(2, 'amount', 40.1)], wired)
    expect(transitions.map(({ at }) => (at - t0) / hour)).toEqual([2])
  })

  test('takes volume and residual of the very instant into account, in whatever order they come', () => {
    const rows = [
      reads(0, 'volume', 100),
      reads(0, 'residual', 0),
      reads(1, 'amount', 10),
      reads(1, 'residual', 0.85),
      reads(1, 'volume', 10),
    ]
    const { transitions, records } = listen(dose, settings, rows, measured)
    expect(transitions).toEqual([])
    expect(records[0]).toMatchObject({
      verdict: 'passed',
      figures: { volumeCubicMetres: 10, residualMgPerLitre: 0.85, requiredGrams: 10 },
    })
  })

  test('hears no dosing in a zero, and none in a reading it has heard before', () => {
    const rows = [reads(0, 'volume', 10), reads(1, 'amount', 0), reads(2, 'amount', 23), reads(2, 'amount', 23)]
    expect(listen(dose, settings, rows, wired).records).toHaveLength(1)
  })

  test('says nothing of a dosing into water whose volume was bad, empty, stale or never heard', () => {
    for (const rows of [
      [reads(0, 'volume', 10), reads(0.5, 'volume', undefined), reads(1, 'amount', 500)],
      [reads(0, 'volume', 10), reads(3, 'amount', 500)],
      [reads(0, 'volume', 0), reads(1, 'amount', 500)],
      [reads(1, 'amount', 500)],
    ]) {
      const { transitions, records } = listen(dose, settings, rows, { ...wired, staleAfter: 2 * hour })
      expect(transitions).toEqual([])
      expect(records).toMatchObject([{ verdict: 'unknown', figures: { why: 'unknown', requiredGrams: null } }])
    }
  })

  test('does not guess a wired residual it has not heard, but knows what is too much in any case', () => {
    const rows = [reads(0, 'volume', 10), reads(1, 'amount', 23), reads(2, 'amount', 31)]
    const { transitions, records } = listen(dose, settings, rows, measured)
    expect(records.map(({ verdict }) => verdict)).toEqual(['unknown', 'failed'])
    expect(transitions).toMatchObject([{ what: 'raised', at: t0 + 2 * hour }])
    expect(transitions[0]).toMatchObject({ because: { zh: '池内水量 10 m³，实投 31 g，余氯可能到 2.02 mg/L，超过 2 mg/L。' } })
  })

  test('that judges only the ceiling leaves small deviations to the other, and writes nothing when told so', () => {
    const rows = [
      reads(0, 'volume', 10),
      reads(1, 'amount', 5),
      reads(2, 'amount', 31),
      reads(3, 'volume', undefined),
      reads(4, 'amount', 5),
      reads(5, 'volume', 10),
      reads(6, 'amount', 5),
    ]
    const { transitions, records } = listen(dose, { ...settings, judges: 'most', writes: false }, rows, wired)
    expect(transitions.map(({ what, at }) => [what, (at - t0) / hour])).toEqual([
      ['raised', 2],
      ['cleared', 6],
    ])
    expect(records).toEqual([])
  })

  test('reckons with the age of the batch', () => {
    const place = { ...nowhere, facts: { made: '2026-05-23', strength: 0.3 } }
    const raw = { target: 0.5, strength: { fact: 'strength' }, madeOn: { fact: 'made' }, lossPerMonth: 0.1 }
    const { records } = listen(dose, raw, [reads(0, 'volume', 10), reads(1, 'amount', 50)], { ...wired, place })
    const months = (t0 + hour - Date.UTC(2026, 4, 23)) / days(30.4375)
    expect(records[0]?.figures['strength']).toBeCloseTo(0.3 * 0.9 ** months, 4)
  })

  test('goes on after any restart as if it had not stopped', () => {
    const row = fc.record({
      at: fc.integer({ min: 0, max: 40 }),
      input: fc.constantFrom('volume', 'amount', 'residual'),
      value: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
    })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), fc.array(fc.nat(30)), (drawn, stopsBefore) => {
        const rows = drawn
          .toSorted((a, b) => a.at - b.at)
          .map(({ at, input, value }) => reads(at, input, input === 'residual' && value !== undefined ? value / 10 : value))
        const straight = listen(dose, settings, rows, { ...measured, staleAfter: 6 * hour })
        expect(listen(dose, settings, rows, { ...measured, staleAfter: 6 * hour, stopsBefore })).toEqual(straight)
      }),
    )
  })

  test('refuses settings that make no sense', () => {
    const wrong = (raw: object) =>
      problemsOf(dose, { kind: 'dose', ...raw }, { ...nowhere, facts: {} }).map(({ path }) => path.join('.'))
    expect(wrong({})).toEqual(['target', 'strength'])
    expect(wrong({ ...settings, target: -1 })).toEqual(['target'])
    expect(wrong({ ...settings, strength: 65 })).toEqual(['strength'])
    expect(wrong({ ...settings, lossPerMonth: 1 })).toEqual(['lossPerMonth'])
    expect(wrong({ ...settings, tolerance: 1 })).toEqual(['tolerance'])
    expect(wrong({ ...settings, madeOn: 'yesterday' })).toEqual(['madeOn'])
    expect(wrong({ ...settings, madeOn: { fact: 'none' } })).toEqual([])
    expect(wrong({ ...settings, judges: 'taste' })).toEqual(['judges'])
  })

  test('says when even the right dose would alarm', () => {
    expect(dose.sense?.(specOf(dose, { kind: 'dose', ...settings, target: 1.5 }))).toHaveLength(1)
    expect(dose.sense?.(specOf(dose, { kind: 'dose', ...settings }))).toEqual([])
    expect(dose.sense?.(specOf(dose, { kind: 'dose', ...settings, target: 1 }))).toEqual([])
  })
})

describe('a dose rule at the simulated tank', () => {
  const days14 = (faults: readonly string[]): readonly Heard[] => {
    const rows: Heard[] = []
    let dosed = 0
    const tank = modelOf('water-tank')
    for (const { hours: at, points, state } of play(tank, { hours: 14 * 24, stepSeconds: 600, faults })) {
      const now = monday + at * hour
      rows.push({ at: now, input: 'volume', value: points['volume'] }, { at: now, input: 'residual', value: points['chlorine'] })
      // The book is told with its own time, once for each dosing.
      const taken = tank.taken?.(state)?.['dosed'] ?? 0
      if (points['dosed'] !== undefined && taken > dosed)
        rows.push({ at: (dosed = taken), input: 'amount', value: points['dosed'] })
    }
    return rows.toSorted((a, b) => a.at - b.at)
  }
  const heard = (faults: readonly string[]) =>
    listen(dose, settings, days14(faults), { ...measured, startAt: monday, staleAfter: hour })

  test('passes the dosings of a careful fortnight', () => {
    const { transitions, records } = heard([])
    expect(records.length).toBeGreaterThan(0)
    expect(records.every(({ verdict }) => verdict === 'passed')).toBe(true)
    expect(transitions).toEqual([])
  })

  test.each(['underdosed', 'overdose'])('finds the dosings of a fortnight with %s', fault => {
    const { transitions, records } = heard([fault])
    expect(transitions[0]?.what).toBe('raised')
    expect(records.some(({ verdict }) => verdict === 'failed')).toBe(true)
  })
})
