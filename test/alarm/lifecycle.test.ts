import { describe, expect, test } from 'vitest'
import { alarmStates } from '../../gateway/alarm/alarm.ts'
import type { AlarmState } from '../../gateway/alarm/alarm.ts'
import { nextState } from '../../gateway/alarm/lifecycle.ts'
import type { AlarmInput } from '../../gateway/alarm/lifecycle.ts'

/**
 * The reference, copied by hand from the standard's tables of states and transitions (ISA-18.2-2016 / IEC 62682) with its letters, and not
 * from the code. `evaluate` is the standard's "cond→B, else A". What a cell does not say is no transition.
 */
const letters = { A: 'normal', B: 'unacknowledged', C: 'acknowledged', D: 'returned-unacknowledged' } as const
const names: Readonly<Record<string, AlarmState>> = {
  ...letters,
  E: 'latched-unacknowledged',
  F: 'latched-acknowledged',
  G: 'shelved',
  H: 'suppressed',
  I: 'out-of-service',
}
type Cell = string | { readonly plain: string; readonly latching: string }
const setAside = { shelve: 'G', suppress: 'H', remove: 'I' }
const standard: Readonly<Record<string, Readonly<Record<string, Cell>>>> = {
  A: { cond: 'B', ...setAside },
  B: { ack: 'C', clear: { plain: 'D', latching: 'E' }, ...setAside },
  C: { clear: { plain: 'A', latching: 'F' }, 're-alarm': 'B', ...setAside },
  D: { ack: 'A', cond: 'B', ...setAside },
  E: { ack: 'F', cond: 'B', ...setAside },
  F: { reset: 'A', cond: 'B', ...setAside },
  // "Reachable from every other state"; where two of the three meet, what a person signed for stands before what the gateway does by
  // design, and a permit before a shelf (our rule, said in lifecycle.ts).
  G: { unshelve: 'evaluate', remove: 'I' },
  H: { release: 'evaluate', shelve: 'G', remove: 'I' },
  I: { return: 'evaluate' },
}
const inputs: Readonly<Record<string, AlarmInput>> = {
  cond: 'raised',
  clear: 'cleared',
  ack: 'acknowledged',
  're-alarm': 're-alarmed',
  reset: 'reset',
  shelve: 'shelved',
  unshelve: 'unshelved',
  suppress: 'suppressed',
  release: 'released',
  remove: 'removed',
  return: 'returned',
}

function after(letter: string, event: string, latching: boolean, active: boolean): AlarmState | undefined {
  const cell = standard[letter]?.[event]
  const to = typeof cell === 'object' ? (latching ? cell.latching : cell.plain) : cell
  if (to === undefined) return undefined
  return names[to === 'evaluate' ? (active ? 'B' : 'A') : to]
}

describe('the nine states of the standard', () => {
  test('are ours, in its order', () => {
    expect(Object.values(names)).toEqual(alarmStates)
  })

  for (const letter of Object.keys(names)) {
    for (const event of Object.keys(inputs)) {
      const goes = [false, true].map(latching => `${after(letter, event, latching, true) ?? 'nothing'}`)
      test(`${letter} ${names[letter]}: ${event} means ${[...new Set(goes)].join(' or, latching, ')}`, () => {
        for (const latching of [false, true]) {
          for (const active of [false, true]) {
            const to = nextState(names[letter] as AlarmState, inputs[event] as AlarmInput, { latching, active })
            expect([latching, active, to]).toEqual([latching, active, after(letter, event, latching, active)])
          }
        }
      })
    }
  }
})

describe('what the standard wants of every alarm', () => {
  const all = Object.keys(names).flatMap(letter =>
    Object.entries(inputs).flatMap(([, input]) =>
      [false, true].flatMap(latching =>
        [false, true].map(active => ({ from: names[letter] as AlarmState, input, latching, active })),
      ),
    ),
  )
  const goes = (to: AlarmState) => all.filter(({ from, input, ...how }) => nextState(from, input, how) === to)

  test('a returned alarm that nobody has seen ends by an acknowledgement alone', () => {
    expect(
      all.filter(({ from, input, ...how }) => from === 'returned-unacknowledged' && nextState(from, input, how) === 'normal'),
    ).toEqual(expect.arrayContaining([expect.objectContaining({ input: 'acknowledged' })]))
    expect(nextState('returned-unacknowledged', 'cleared', { latching: false, active: false })).toBeUndefined()
  })
  test('a latched alarm is not reset before it was acknowledged', () => {
    expect(nextState('latched-unacknowledged', 'reset', { latching: true, active: false })).toBeUndefined()
    expect(nextState('unacknowledged', 'reset', { latching: true, active: true })).toBeUndefined()
  })
  test('nothing leads to acknowledged but an acknowledgement', () => {
    expect(new Set(goes('acknowledged').map(({ input }) => input))).toEqual(new Set(['acknowledged']))
  })
  test('what leaves a quiet state is unacknowledged where the condition holds, and normal where it does not', () => {
    const quiet = ['shelved', 'suppressed', 'out-of-service']
    const leaving = all.filter(({ from, input }) => quiet.includes(from) && ['unshelved', 'released', 'returned'].includes(input))
    const ends = leaving.flatMap(({ from, input, ...how }) => {
      const to = nextState(from, input, how)
      return to === undefined ? [] : [[how.active, to]]
    })
    expect(new Set(ends.map(String))).toEqual(new Set(['true,unacknowledged', 'false,normal']))
  })
})
