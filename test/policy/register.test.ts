import { describe, expect, test } from 'vitest'
import type { Place } from '../../gateway/policy/place.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import { plainCalendar } from '../../gateway/policy/calendar.ts'
import type { Step } from '../../gateway/policy/kind.ts'
import type { RegisterSpec } from '../../gateway/policy/kinds/register.ts'
import { register } from '../../gateway/policy/kinds/register.ts'
import type { Instant } from '../../protocols/contract/time.ts'

const time = (text: string): Instant => Date.parse(text) as Instant
const iso = (at: number | null | undefined): string | undefined =>
  at === null || at === undefined ? undefined : new Date(at).toISOString()
const began = time('2026-09-01T08:00:00Z')
const school = (facts: Place['facts']): Place => ({ facts, calendar: plainCalendar('Asia/Shanghai') })
const meter = { fields: { kind: ['commercial', 'residential'], serial: 'text', years: 'number', installed: 'date' } }
const complete = { kind: 'commercial', serial: 'BX-2207', years: '6 年', installed: '2020-03-15' }

const parsed = (settings: object, place: Place): RegisterSpec => {
  const result = register.parse({ kind: 'register', ...settings }, place)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.spec as RegisterSpec
}

/** Rings every timer up to `until` and says what was told. */
const told = (spec: RegisterSpec, until = '2030-01-01T00:00:00Z'): readonly string[] => {
  const lines: string[] = []
  let step: Step<unknown> = register.begin(spec, began, {})
  while (step.wakeAt !== undefined && step.wakeAt < time(until)) {
    const at = step.wakeAt
    const next = register.wake(spec, JSON.parse(JSON.stringify(step.state)), at, {})
    if (!next) break
    step = next
    if (step.transition?.what === 'raised') {
      const { because, since } = step.transition
      lines.push(`${iso(at)} since ${iso(since)}: ${because?.en} | ${because?.zh}`)
    }
  }
  return lines
}

describe('a register', () => {
  test('is quiet where every fact is stated as it must be', () => {
    expect(told(parsed(meter, school(complete)))).toEqual([])
  })

  test('is told at once with everything that is missing or wrong', () => {
    const spec = parsed(meter, school({ kind: 'school', years: 'many', serial: ' ', installed: '2020-02-30' }))

    expect(told(spec)).toEqual([
      '2026-09-01T08:00:00.000Z since 2026-09-01T08:00:00.000Z: ' +
        'kind is "school", but must be commercial or residential; serial is not registered; years is "many", not a number; ' +
        'installed is "2020-02-30", not a date | ' +
        'kind 写的是“school”，只能是 commercial、residential；没有登记 serial；years 写的是“many”，不是数；installed 写的是“2020-02-30”，不是日期',
    ])
  })

  test('takes numbers for texts and for words, as YAML reads them', () => {
    expect(parsed(meter, school({ ...complete, serial: 2207, years: 6 })).missing).toEqual([])
    expect(parsed({ fields: { phases: [1, 3] } }, school({ phases: '3' })).missing).toEqual([])
    expect(parsed({ fields: { phases: [1, 3] } }, school({ phases: 2 })).missing[0]?.en).toBe('phases is "2", but must be 1 or 3')
  })

  test('misses nothing while its pack is looked at by itself', () => {
    expect(parsed({ ...meter, expires: 'expiry' }, nowhere)).toMatchObject({ missing: [], expiresAt: null })
  })

  test('reads nothing and stays as it is whatever is heard', () => {
    const spec = parsed(meter, school({}))
    expect(register.inputs?.(spec)).toEqual([])
    expect(register.hear(spec, { raisedAt: null }, 1, began, {}, 'value')).toBeUndefined()
    expect(register.wake(spec, { raisedAt: began }, began, {})).toBeUndefined()
  })
})

describe('a date of expiry', () => {
  const extinguisher = { expires: 'expiry', warn: '60d' }

  test('is good to the end of its day on the clocks of the site, and told then', () => {
    expect(told(parsed(extinguisher, school({ expiry: '2027-03-31' })))).toEqual([
      '2027-03-31T16:00:00.000Z since 2027-03-31T16:00:00.000Z: expiry is past: it is out of date | expiry 已过，超过有效期',
    ])
  })

  test('of a month is good to the end of the month', () => {
    expect(iso(parsed(extinguisher, school({ expiry: '2028-02' })).expiresAt)).toBe('2028-02-29T16:00:00.000Z')
    expect(iso(parsed(extinguisher, school({ expiry: '2027-12-31' })).expiresAt)).toBe('2027-12-31T16:00:00.000Z')
  })

  test('that is past when watching begins is told at once, since when it has been', () => {
    expect(told(parsed(extinguisher, school({ expiry: '2026-08-01' })))[0]).toMatch(
      /^2026-09-01T08:00:00.000Z since 2026-08-01T16:00/,
    )
  })

  test('is told beside what is missing', () => {
    const spec = parsed({ ...extinguisher, fields: { serial: 'text' } }, school({ expiry: '2026-08-01' }))

    expect(told(spec)[0]).toMatch(/serial is not registered; expiry is past/)
  })

  test('that is missing or no date is missing', () => {
    expect(told(parsed(extinguisher, school({})))[0]).toMatch(/expiry is not registered/)
    for (const expiry of ['next year', '2027-13', '2027-00-10', '2027-04-31', true]) {
      expect(parsed(extinguisher, school({ expiry })), String(expiry)).toMatchObject({ expiresAt: null, missing: [{}] })
    }
  })

  test('is a duty: open, soon from the warning on, missed when it is over', () => {
    const spec = parsed(extinguisher, school({ expiry: '2027-03-31' }))
    const duty = (at: string) => register.duty?.(spec, { raisedAt: null }, time(at))

    expect(duty('2026-09-01T00:00:00Z')?.state).toBe('open')
    expect(iso(duty('2026-09-01T00:00:00Z')?.warnAt)).toBe('2027-01-30T16:00:00.000Z')
    expect(duty('2027-01-30T16:00:00Z')?.state).toBe('soon')
    expect(duty('2027-03-31T16:00:00Z')?.state).toBe('missed')
    expect(register.duty?.(parsed(meter, school(complete)), {}, began)).toBeUndefined()
  })
})

test.each([
  [{}, /which facts are asked for/],
  [{ fields: 'serial' }, /names facts and what each must be/],
  [{ fields: { serial: 'string' } }, /what "serial" must be/],
  [{ fields: { serial: [] } }, /what "serial" must be/],
  [{ fields: { serial: 'text' }, warn: 60 }, /"warn" cannot be 60/],
  [{ expires: 'expiry', colour: 'red' }, /unknown setting "colour"/],
])('refuses %j', (settings, said) => {
  const result = register.parse({ kind: 'register', ...settings }, nowhere)

  expect(result.ok ? '' : result.problems.map(({ wrong }) => wrong.en).join('\n')).toMatch(said)
})

describe('a start with another site file', () => {
  const raised = { raisedAt: began }
  const at = time('2026-09-02T08:00:00Z')

  test('clears what is now registered, and looks out for the date that is', () => {
    const spec = parsed({ ...meter, expires: 'expiry' }, school({ ...complete, expiry: '2027-03-31' }))
    expect(register.resume?.(spec, raised, at, {})).toEqual({
      state: { raisedAt: null },
      wakeAt: time('2027-03-31T16:00:00Z'),
      transition: { what: 'cleared', at },
    })
  })

  test('leaves raised what is still not registered, or past', () => {
    expect(register.resume?.(parsed(meter, school({})), raised, at, {})).toBeUndefined()
    const past = parsed({ expires: 'expiry' }, school({ expiry: '2026-08-01' }))
    expect(register.resume?.(past, raised, at, {})).toBeUndefined()
  })

  test('raises what was taken out of it', () => {
    expect(register.resume?.(parsed(meter, school({})), { raisedAt: null }, at, {})).toMatchObject({ wakeAt: at })
  })
})
