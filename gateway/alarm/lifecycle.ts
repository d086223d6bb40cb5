import type { AlarmState } from './alarm.ts'

export type AlarmInput =
  | 'raised'
  | 'cleared'
  | 'acknowledged'
  | 're-alarmed'
  | 'reset'
  | 'shelved'
  | 'unshelved'
  | 'suppressed'
  | 'released'
  | 'removed'
  | 'returned'

type Row = Readonly<Partial<Record<AlarmInput, AlarmState | Branch>>>
/** Where the standard has two arrows: a latching alarm stays until it is reset; what leaves a quiet state is judged afresh. */
type Branch = 'by-latching' | 'by-condition'

/** A–F may be shelved, suppressed or taken out of service (ISA-18.2 §2.2: G, H and I are reachable from every other state). */
const set = { shelved: 'shelved', suppressed: 'suppressed', removed: 'out-of-service' } as const

/**
 * The whole of ISA-18.2-2016 / IEC 62682 (standards.md §2.2). Absent: the input means nothing in that state. Of the three quiet states
 * the one a person signed for goes first: a cause by design does not end a shelf or a permit, it is remembered, and the alarm is
 * suppressed when they end while it lasts.
 */
const table: Readonly<Record<AlarmState, Row>> = {
  normal: { raised: 'unacknowledged', ...set },
  unacknowledged: { acknowledged: 'acknowledged', cleared: 'by-latching', ...set },
  acknowledged: { cleared: 'by-latching', 're-alarmed': 'unacknowledged', ...set },
  'returned-unacknowledged': { acknowledged: 'normal', raised: 'unacknowledged', ...set },
  'latched-unacknowledged': { acknowledged: 'latched-acknowledged', raised: 'unacknowledged', ...set },
  'latched-acknowledged': { reset: 'normal', raised: 'unacknowledged', ...set },
  shelved: { unshelved: 'by-condition', removed: 'out-of-service' },
  suppressed: { released: 'by-condition', shelved: 'shelved', removed: 'out-of-service' },
  'out-of-service': { returned: 'by-condition' },
}

const returned: Readonly<Partial<Record<AlarmState, Readonly<Record<'latching' | 'plain', AlarmState>>>>> = {
  unacknowledged: { plain: 'returned-unacknowledged', latching: 'latched-unacknowledged' },
  acknowledged: { plain: 'normal', latching: 'latched-acknowledged' },
}

export interface Circumstances {
  readonly latching: boolean
  /** Whether the condition holds at this instant. */
  readonly active: boolean
}

/** The state after `input`, `undefined` where it means nothing in `state`. */
export function nextState(state: AlarmState, input: AlarmInput, { latching, active }: Circumstances): AlarmState | undefined {
  const next = table[state][input]
  if (next === 'by-condition') return active ? 'unacknowledged' : 'normal'
  if (next === 'by-latching') return returned[state]?.[latching ? 'latching' : 'plain']
  return next
}
