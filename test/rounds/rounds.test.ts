import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { days, hours, instant, minutes } from '../../protocols/contract/time.ts'
import { Walkers, at, eleven, night, ordered, uuid } from './ground.ts'

describe('a round with phones', () => {
  test('begins with the first check-point and fulfils its duty with the last', () => {
    const walkers = new Walkers()
    walkers.send([walkers.visit('gate', walkers.now)])
    walkers.until(at(10))
    walkers.send([walkers.visit('hall', walkers.now)])
    walkers.until(at(25))
    walkers.send([walkers.visit('store', walkers.now)])

    expect(walkers.entries.map(({ kind, at: when, about }) => [kind, when, about])).toEqual([
      ['round.visited', at(0), 'night-labs'],
      ['round.begun', at(0), 'night-labs'],
      ['round.visited', at(10), 'night-labs'],
      ['round.visited', at(25), 'night-labs'],
      ['round.completed', at(25), 'night-labs'],
      ['record.round', at(25), 'patrol-1'],
    ])
    expect(walkers.entries.at(-1)?.data).toMatchObject({
      equipment: 'patrol-1',
      verdict: 'passed',
      fields: { round: 'night-labs', checkPoints: 3, minutes: 25, defects: 0, offline: 0, people: 'li' },
    })
    expect(walkers.heard.at(-1)).toEqual({ point: 'patrol-1.record:round', at: at(25), value: 1 })
    walkers.until(at(500))
    expect(walkers.kinds('round.missed')).toEqual([])
  })

  test('is missed when its time is up, with what nobody came to', () => {
    const walkers = new Walkers()
    walkers.send([walkers.visit('gate', walkers.now)])
    walkers.until(at(60))
    expect(walkers.kinds('round.missed')).toEqual([])
    walkers.until(at(61))

    expect(walkers.kinds('round.missed')).toMatchObject([
      { at: at(60), by: 'system', about: 'night-labs', data: { missing: ['hall', 'store'] } },
    ])
    expect(walkers.heard).toEqual([])
  })

  test('that was missed is whole after all when a phone finds its network hours later', () => {
    const walkers = new Walkers()
    walkers.send([walkers.visit('gate', walkers.now)])
    walkers.until(at(300))
    expect(walkers.kinds('round.missed')).toHaveLength(1)
    walkers.send([walkers.visit('store', at(40), { offline: true }), walkers.visit('hall', at(20), { offline: true })], {
      by: 'wang',
    })

    expect(walkers.kinds('record.round')).toMatchObject([
      { at: at(40), by: 'wang', data: { fields: { offline: 2, people: 'li, wang' } } },
    ])
    expect(walkers.kinds('round.visited').at(-1)?.data).toMatchObject({ offline: true, phoneAt: at(40), receivedAt: at(300) })
    walkers.until(at(900))
    expect(walkers.kinds('round.missed')).toHaveLength(1)
  })

  test('writes what was not as it should be as a record of its own, and is whole all the same', () => {
    const walkers = new Walkers()
    walkers.send([
      walkers.visit('gate', at(0), { failed: [1], note: '走廊灯亮着' }),
      walkers.visit('hall', at(0)),
      walkers.visit('store', at(0)),
    ])

    expect(walkers.kinds('record.inspection')).toMatchObject([
      { about: 'patrol-1', data: { verdict: 'failed', fields: { checkPoint: '大门', found: '灯已关', note: '走廊灯亮着' } } },
    ])
    expect(walkers.kinds('record.round')).toMatchObject([{ data: { verdict: 'passed', fields: { defects: 1 } } }])
    expect(walkers.heard).toContainEqual({ point: 'patrol-1.record:inspection', at: at(0), value: 0 })
  })

  test('knows a visit by its id, however often it comes and across a restart', () => {
    const walkers = new Walkers()
    const visit = walkers.visit('gate', walkers.now)
    expect(walkers.send([visit, visit]).map(({ outcome }) => outcome)).toEqual(['taken', 'known'])
    walkers.restart()
    expect(walkers.send([visit]).map(({ outcome }) => outcome)).toEqual(['known'])
    walkers.until(eleven + days(29))
    expect(walkers.send([visit]).map(({ outcome }) => outcome)).toEqual(['known'])
    expect(walkers.kinds('round.visited')).toHaveLength(1)
  })

  test('refuses a wrong code with an entry, and times that cannot be', () => {
    const walkers = new Walkers()
    const answers = walkers.send([
      walkers.visit('2222-3333', walkers.now),
      walkers.visit('gate', eleven - days(8)),
      walkers.visit('gate', eleven + minutes(2)),
      walkers.visit('hall', walkers.now),
    ])
    expect(answers.map(answer => (answer.outcome === 'refused' ? answer.why : answer.outcome))).toEqual([
      'wrong-code',
      'too-old',
      'after-now',
      'taken',
    ])
    expect(walkers.kinds('access.refused')).toMatchObject([
      { by: 'li', about: 'rounds', data: { code: '2222-3333', why: 'wrong-code' } },
    ])
  })

  test('goes on after a restart where it was, and says what ran out meanwhile', () => {
    const walkers = new Walkers()
    walkers.send([walkers.visit('gate', walkers.now), walkers.visit('gate', walkers.now, {}, ordered)])
    walkers.now = at(30)
    walkers.restart()
    expect(walkers.rounds.underWay(night, walkers.now)?.visits.map(({ checkPoint }) => checkPoint)).toEqual(['gate'])
    walkers.send([walkers.visit('hall', walkers.now), walkers.visit('store', walkers.now)])
    expect(walkers.kinds('record.round')).toHaveLength(1)
    walkers.now = at(240)
    walkers.restart()
    expect(walkers.kinds('round.missed').map(({ about }) => about)).toEqual(['in-order'])
    walkers.restart()
    expect(walkers.kinds('round.missed')).toHaveLength(1)
  })

  test('that could not be written never happened', () => {
    const walkers = new Walkers()
    walkers.send([walkers.visit('gate', walkers.now), walkers.visit('hall', walkers.now)])
    const last = walkers.visit('store', walkers.now)
    walkers.send([last], { full: true })
    expect(walkers.rounds.underWay(night, walkers.now)?.visits).toHaveLength(2)
    expect(walkers.send([last]).map(({ outcome }) => outcome)).toEqual(['taken'])
    expect(walkers.kinds('record.round')).toHaveLength(1)
  })

  test('forgets visits after 30 days, and no round with them that is still told', () => {
    const walkers = new Walkers()
    for (let day = 0; day < 40; day++) {
      walkers.until(eleven + days(day))
      walkers.send(['gate', 'hall', 'store'].map(point => walkers.visit(point, walkers.now)))
    }
    expect(walkers.disk.size).toBeLessThanOrEqual(32 * 3)
    expect(walkers.disk.size).toBeGreaterThanOrEqual(30 * 3)
    expect(walkers.kinds('round.missed')).toEqual([])
    expect(walkers.kinds('record.round')).toHaveLength(40)
  })

  test('is not missed for the past when a check-point is added to its route', () => {
    const walkers = new Walkers([night])
    walkers.send(['gate', 'hall', 'store'].map(point => walkers.visit(point, walkers.now)))
    const longer = { ...night, checkPoints: [...night.checkPoints, { ...night.checkPoints[0]!, id: 'roof', code: 'Q8R7S6T5' }] }
    const later = new Walkers([longer], at(300))
    for (const [key, value] of walkers.disk) later.disk.set(key, value)
    later.restart()
    expect(later.entries).toEqual([])
  })

  test('leaves out of its checkpoints what a failing disk has changed', () => {
    const walkers = new Walkers()
    walkers.send([walkers.visit('gate', walkers.now)])
    walkers.disk.set('round-visit:broken', { id: 'broken', at: 'noon' })
    walkers.disk.set('round-visit:null', null)
    walkers.restart()
    expect(walkers.rounds.underWay(night, walkers.now)?.visits).toHaveLength(1)
  })
})

/** Visits of one night with their times, cut into batches that arrive in any order, some of them twice. */
const nights = fc
  .array(fc.record({ point: fc.constantFrom('gate', 'hall', 'store'), minute: fc.integer({ min: 0, max: 360 }) }), {
    minLength: 1,
    maxLength: 25,
  })
  .chain(parts => {
    const visits = parts.map(({ point, minute }, index) => ({ point, minute, id: uuid(500_000 + index) }))
    const batches = fc.array(fc.subarray(visits, { minLength: 1 }), { maxLength: 6 })
    return fc.tuple(fc.constant(visits), fc.shuffledSubarray(visits, { minLength: visits.length }), batches)
  })

describe('visits in any order, batch and number', () => {
  const said = (walkers: Walkers, visits: readonly { point: string; minute: number; id: string }[]) =>
    visits.map(({ point, minute, id }) => walkers.visit(point, at(minute), { id }))

  test('come to the same rounds', () => {
    fc.assert(
      fc.property(nights, ([visits, mixed, batches]) => {
        const once = new Walkers([night], instant(eleven + hours(7)))
        once.send(said(once, visits))
        const often = new Walkers([night], once.now)
        for (const batch of batches) {
          often.send(said(often, batch))
          often.restart()
        }
        often.send(said(often, mixed))
        const shown = (walkers: Walkers) =>
          walkers.rounds.walks(night, walkers.now).map(({ marks, ...walk }) => ({ ...walk, marks: marks.map(({ id }) => id) }))
        expect(shown(often)).toEqual(shown(once))
        expect(often.kinds('round.visited')).toHaveLength(visits.length)
        // Every round it comes to is on record, and none twice.
        const records = often.kinds('round.completed').map(({ at: when }) => when)
        const whole = once.rounds.walks(night, once.now).filter(({ state }) => state === 'completed')
        for (const { endedAt } of whole) expect(records).toContain(endedAt)
      }),
      { numRuns: 150 },
    )
  })

  test('in the order of their time are written down as they happen, whatever the batches and restarts', () => {
    fc.assert(
      fc.property(nights, fc.integer({ min: 1, max: 5 }), ([visits], size) => {
        const sorted = visits.toSorted((a, b) => a.minute - b.minute || (a.id < b.id ? -1 : 1))
        const walkers = new Walkers([night])
        for (let from = 0; from < sorted.length; from += size) {
          const batch = sorted.slice(from, from + size)
          walkers.now = at(Math.max(...batch.map(({ minute }) => minute)))
          walkers.send(said(walkers, batch))
          walkers.restart()
        }
        walkers.until(at(600))
        const told = walkers.kinds('round.completed').map(({ at: when }) => when)
        const whole = walkers.rounds.walks(night, walkers.now).filter(({ state }) => state === 'completed')
        expect(told).toEqual(whole.map(({ endedAt }) => endedAt).toReversed())
        expect(walkers.kinds('record.round')).toHaveLength(whole.length)
      }),
      { numRuns: 150 },
    )
  })
})
