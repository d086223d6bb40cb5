import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WireAlarm } from '../../gateway/api/wire.ts'
import { alarmStates } from '../../gateway/alarm/alarm.ts'
import { nextState } from '../../gateway/alarm/lifecycle.ts'
import type { AlarmInput } from '../../gateway/alarm/lifecycle.ts'
import { longestShelf } from '../../gateway/alarm/shelf.ts'
import { deedKinds, deedsFor, outLengths, shelvesFor } from '../../dashboard/src/live/deeds.ts'
import type { DeedKind } from '../../dashboard/src/live/deeds.ts'
import { bucketOf, miniOf, spanOf } from '../../dashboard/src/live/mini.ts'
import { stepsOf } from '../../dashboard/src/live/timeline.ts'
import {
  callsOf,
  cameLately,
  countsOf,
  floodFrom,
  holding,
  lengthOf,
  lineId,
  linesOf,
  segmentOf,
  segments,
  tiedTo,
  triage,
} from '../../dashboard/src/live/triage.ts'
import type { Line } from '../../dashboard/src/live/triage.ts'
import { mostUrgentFirst, needsAnswer, soundOf } from '../../dashboard/src/live/urgency.ts'
import { alarmOf, alarmSketches } from './school.ts'
import { evening, flood } from './watch.ts'

const now = Date.UTC(2026, 10, 22, 11, 30)
const base = alarmOf(alarmSketches[1] as (typeof alarmSketches)[number], now)
const ids = Array.from({ length: 12 }, (_, i) => `A${i}`)
const id = fc.constantFrom(...ids, 'gone')

/** Any alarms at all, tied to each other in any way, in circles too. */
const anyAlarms: fc.Arbitrary<readonly WireAlarm[]> = fc.uniqueArray(
  fc
    .record({
      id: fc.constantFrom(...ids),
      state: fc.constantFrom(...alarmStates.filter(state => state !== 'normal')),
      priority: fc.constantFrom('advisory' as const, 'low' as const, 'medium' as const, 'high' as const),
      raisedAt: fc.integer({ min: now - 9e6, max: now }),
      firstOut: fc.option(id, { nil: undefined }),
      about: fc.option(fc.uniqueArray(id, { maxLength: 4 }), { nil: undefined }),
      causes: fc.array(fc.record({ kind: fc.constant('connection' as const), name: fc.constant('bus'), alarm: id }), {
        maxLength: 2,
      }),
    })
    .map(({ causes, firstOut, about, ...rest }): WireAlarm => ({
      ...base,
      ...rest,
      ...(firstOut === undefined ? {} : { firstOut }),
      ...(about === undefined ? {} : { about }),
      ...(causes.length > 0 ? { suppressed: { at: now, causes } } : {}),
    })),
  { selector: alarm => alarm.id, maxLength: 12 },
)
const everything = new Set(ids)
const shownIn = (lines: readonly Line[]) => lines.flatMap(line => (line.what === 'alarm' ? [line.alarm.id] : []))

describe('sorting alarms into lists', () => {
  test('shows every alarm exactly once, however they hang together', () => {
    fc.assert(
      fc.property(anyAlarms, alarms => {
        const lists = triage(alarms)
        const shown = segments.flatMap(segment => shownIn(linesOf(lists[segment], everything)))
        expect(shown.toSorted()).toEqual(alarms.map(alarm => alarm.id).toSorted())
        expect(segments.reduce((sum, segment) => sum + lengthOf(lists[segment]), 0)).toBe(alarms.length)
      }),
      { numRuns: 1000 },
    )
  })

  test('hides nothing that waits for an answer: it stands in the first list, unfolded', () => {
    fc.assert(
      fc.property(anyAlarms, alarms => {
        const shown = shownIn(linesOf(triage(alarms).waiting, new Set()))
        for (const alarm of alarms.filter(needsAnswer)) expect(shown).toContain(alarm.id)
      }),
    )
  })

  test('puts the group with the most urgent alarm first', () => {
    fc.assert(
      fc.property(anyAlarms, alarms => {
        for (const segment of segments) {
          const tops = triage(alarms)[segment].map(
            group => [group.alarm, ...group.below.map(one => one.alarm)].toSorted(mostUrgentFirst)[0] as WireAlarm,
          )
          expect(tops).toEqual(tops.toSorted(mostUrgentFirst))
        }
      }),
    )
  })

  test('counts by state alone, and every alarm in one count', () => {
    fc.assert(
      fc.property(anyAlarms, alarms => {
        const counts = countsOf(alarms)
        expect(segments.reduce((sum, segment) => sum + counts[segment], 0)).toBe(alarms.length)
        expect(counts.waiting).toBe(alarms.filter(needsAnswer).length)
      }),
    )
  })

  test('does not depend on the order in which alarms came', () => {
    fc.assert(
      fc.property(anyAlarms, alarms => {
        expect(triage(alarms.toReversed())).toEqual(triage(alarms))
      }),
    )
  })

  test('folds what is quiet because of a line, puts followers below the first and escalations above their cause', () => {
    const lines = linesOf(triage(evening(now)).waiting, new Set())
    const said = lines.map(line =>
      line.what === 'fold' ? `${line.of.id} and ${line.count}` : `${line.tie ?? ''} ${line.alarm.id}`.trim(),
    )

    expect(said).toEqual(['A21', 'A30', 'A30 and 14', 'A20', 'follower A31', 'A32', 'about A19'])
    expect(lines.find(line => lineId(line) === 'A20')).toMatchObject({ isFirstOut: true })
    expect(lines.find(line => lineId(line) === 'A32')).toMatchObject({ escalates: 1 })
  })

  test('lists what is suppressed without an alarm that stands for it, and what somebody signed for', () => {
    const lists = triage(evening(now))

    expect(shownIn(linesOf(lists.quiet, new Set()))).toEqual(['A34', 'A55'])
    expect(shownIn(linesOf(lists.shelved, new Set()))).toEqual(['A33'])
    expect(shownIn(linesOf(lists.acknowledged, new Set()))).toEqual(['A18', 'A17', 'A35'])
  })

  test('keeps the line somebody stands on in its place after it has left the list', () => {
    const all = evening(now)
    const before = linesOf(triage(all).waiting, new Set())
    const answered = all.map(alarm => (alarm.id === 'A30' ? { ...alarm, state: 'acknowledged' as const } : alarm))
    const after = linesOf(triage(answered).waiting, new Set())
    const held = holding(
      after,
      before,
      'A30',
      answered.find(alarm => alarm.id === 'A30'),
    )

    expect(shownIn(after)).not.toContain('A30')
    expect(held[1]).toMatchObject({ alarm: { id: 'A30', state: 'acknowledged' }, isHeld: true })
    expect(holding(after, held, undefined, undefined)).toEqual(after)
    expect(holding(after, before, 'A30', undefined)[1]).toMatchObject({ alarm: { state: 'normal' } })
    expect(holding(after, before, 'A30/below', undefined)).toEqual(after)
  })

  test('finds what hangs together with one alarm', () => {
    const all = evening(now)
    const of = (wanted: string) => tiedTo(all.find(alarm => alarm.id === wanted) as WireAlarm, all)

    expect(of('A30').children).toHaveLength(14)
    expect(of('A20').followers.map(alarm => alarm.id)).toEqual(['A31'])
    expect(of('A31').first.map(alarm => alarm.id)).toEqual(['A20'])
    expect(of('A32').about.map(alarm => alarm.id)).toEqual(['A19'])
  })

  test('calls a flood from eleven in ten minutes on, and counts neither what is quiet nor what was found late', () => {
    expect(cameLately(flood(now, 37), now).length > floodFrom).toBe(true)
    expect(cameLately(evening(now), now).map(alarm => alarm.id)).toEqual(['A21'])
    expect(cameLately([{ ...base, raisedAt: now, found: 'late' }], now)).toEqual([])
  })
})

describe('what calls a person', () => {
  test('is every unanswered alarm once, an escalation on the card of what it is about', () => {
    fc.assert(
      fc.property(anyAlarms, alarms => {
        const unanswered = alarms.filter(needsAnswer)
        const calls = callsOf(unanswered)
        const shown = calls.flatMap(call => [call.alarm.id, ...call.escalations.map(one => one.id)])
        expect(shown.toSorted()).toEqual(unanswered.map(alarm => alarm.id).toSorted())
        for (const { alarm, escalations } of calls) for (const one of escalations) expect(one.about).toContain(alarm.id)
      }),
    )
  })

  test.each([
    ['nothing', [], undefined],
    ['reminders and cautions', ['advisory', 'low'], undefined],
    ['a warning', ['low', 'medium'], 'calm'],
    ['a critical one', ['medium', 'high'], 'urgent'],
  ] as const)('sounds for %s as it should', (_name, priorities, sound) => {
    expect(soundOf(priorities.map(priority => ({ ...base, priority })))).toBe(sound)
  })

  test('sounds urgent for a danger to life whatever its priority', () => {
    expect(soundOf([{ ...base, priority: 'advisory', lifeSafety: true }])).toBe('urgent')
  })
})

describe('what can be done about an alarm', () => {
  const inputs: Readonly<Record<Exclude<DeedKind, 'confirm'>, AlarmInput>> = {
    acknowledge: 'acknowledged',
    reset: 'reset',
    unshelve: 'unshelved',
    'return-to-service': 'returned',
    shelve: 'shelved',
    'out-of-service': 'removed',
  }

  test.each(alarmStates.filter(state => state !== 'normal'))('is in state %s just what the table of the gateway takes', state => {
    const offered = new Set(deedsFor({ ...base, state }))
    const taken = deedKinds.filter(
      kind => kind !== 'confirm' && nextState(state, inputs[kind], { latching: true, active: true }) !== undefined,
    )

    expect([...offered].toSorted()).toEqual(taken.toSorted())
  })

  test('leads from seen to done to reset', () => {
    const acknowledged = { by: 'li', at: now, comment: '' }
    const latched: WireAlarm = { ...base, state: 'latched-acknowledged', acknowledged }

    expect(deedsFor(base)[0]).toBe('acknowledge')
    expect(deedsFor(latched)[0]).toBe('confirm')
    expect(deedsFor({ ...latched, confirmed: { by: 'li', at: now, action: '' } })[0]).toBe('reset')
    expect(deedsFor({ ...base, state: 'normal', acknowledged })).toEqual(['confirm'])
    expect(deedsFor({ ...base, state: 'normal' })).toEqual([])
  })

  test('offers no longer a shelf than the gateway takes, and says from when on a second person signs', () => {
    for (const [priority, shelf] of Object.entries(longestShelf)) {
      const offered = shelvesFor([{ ...base, priority: priority as WireAlarm['priority'], shelf }])
      expect(Math.max(...offered.map(one => one.length))).toBe(shelf.together)
      for (const one of offered) expect(one.isTogether).toBe(one.length > shelf.alone)
    }
    expect(shelvesFor([base, { ...base, shelf: longestShelf.high }]).at(-1)).toEqual({ length: 7_200_000, isTogether: true })
    expect(shelvesFor([base, { ...base, lifeSafety: true }])).toEqual([])
    expect(Math.max(...outLengths)).toBeLessThan(30 * 86_400_000)
  })
})

describe('the story of an alarm', () => {
  const story = (kind: string, at: number, data: Record<string, unknown> = {}, by = 'li') => {
    const when = new Date(at).toISOString()
    return { seq: at, at: when, writtenAt: when, kind, by, about: 'A20', data, leaf: '' }
  }

  test('has what the journal says and every message with its proof, in order', () => {
    const told = evening(now).find(alarm => alarm.id === 'A21')?.told ?? []
    const entries = [
      story('alarm.raised', base.raisedAt, {}, 'system'),
      story('notice.queued', base.raisedAt + 1),
      story('alarm.shelved', now - 5, { shelved: { reason: '清洗', until: now + 1, second: 'chen' } }),
      story('alarm.unshelved', now - 4, { ended: 'expired' }, 'system'),
    ]
    const steps = stepsOf({ ...base, told }, entries)

    expect(steps.map(step => (step.what === 'event' ? step.kind : step.what))).toEqual([
      'began',
      'alarm.raised',
      'told',
      'told',
      'told',
      'alarm.shelved',
      'alarm.unshelved',
    ])
    expect(steps[5]).toMatchObject({ by: 'li', notes: ['清洗'], second: 'chen', until: now + 1 })
    expect(steps[6]).toMatchObject({ by: '', ended: 'expired' })
  })

  test('is told from the alarm itself until the journal has been asked', () => {
    const acknowledged = { by: 'li', at: now - 60_000, comment: '去看' }
    const confirmed = { by: 'li', at: now - 30_000, action: '关门' }
    const steps = stepsOf({ ...base, acknowledged, confirmed, active: false, clearedAt: now }, undefined)

    expect(steps.map(step => (step.what === 'event' ? step.kind : step.what))).toEqual([
      'began',
      'alarm.raised',
      'alarm.acknowledged',
      'alarm.confirmed',
      'alarm.cleared',
    ])
  })

  test('draws the hours around it, the breach on its side of the limit', () => {
    const alarm = { ...base, since: now - 3_600_000 }
    const span = spanOf(alarm, now)
    const dots = [0, 1, 2, 3, 4].map(i => ({ t: span.from + i * 1_800_000, min: i, mean: 5 + i, max: i, count: 1 }))
    const mini = miniOf({ every: 1_800_000, dots, holes: [] }, alarm, span, false)

    expect(span).toEqual({ from: now - 7_200_000, to: now })
    expect(bucketOf(span)).toBe(60_000)
    expect(mini?.limit?.side).toBe('above')
    expect(mini?.breach).toEqual({ from: 500, to: 1000 })
    expect(mini?.line.startsWith('M0.0')).toBe(true)
    expect(miniOf({ every: undefined, dots: [], holes: [] }, alarm, span, false)).toBeUndefined()
  })
})

test('a thousand alarms are sorted in a blink', () => {
  const all = flood(now)
  triage(all)
  const began = process.cpuUsage()
  const lists = triage(all)

  expect(lengthOf(lists.waiting)).toBe(1000)
  expect(lists.waiting[0]?.alarm.priority).toBe('high')
  expect(segmentOf(all[0] as WireAlarm)).toBe('waiting')
  expect(process.cpuUsage(began).user / 1e3).toBeLessThan(100)
})
