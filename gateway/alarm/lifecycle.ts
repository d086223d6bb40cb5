import type { AlarmState } from './alarm.ts'

export type AlarmInput = 'raised' | 'cleared' | 'acknowledged'

/**
 * ISA-18.2 / IEC 62682 states A–D (standards.md §2.2): a returned alarm stays visible until somebody answers for it. `undefined`
 * where the input means nothing in that state. Shelved, suppressed, latched and out-of-service states join this table later.
 */
const table: Readonly<Record<AlarmState, Readonly<Partial<Record<AlarmInput, AlarmState>>>>> = {
  normal: { raised: 'unacknowledged' },
  unacknowledged: { acknowledged: 'acknowledged', cleared: 'returned-unacknowledged' },
  acknowledged: { cleared: 'normal' },
  'returned-unacknowledged': { raised: 'unacknowledged', acknowledged: 'normal' },
}

export const nextState = (state: AlarmState, input: AlarmInput): AlarmState | undefined => table[state][input]
