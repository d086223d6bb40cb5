import { plainCalendar } from './calendar.ts'
import type { Calendar } from './calendar.ts'

/** Where a rule stands: what its settings may refer to. */
export interface Place {
  /** The facts of the equipment's entry (`capacity: 20 m³`); `undefined` while a pack is checked by itself, where any fact may be named. */
  readonly facts: Readonly<Record<string, string | number | boolean>> | undefined
  readonly calendar: Calendar
}

/** A pack by itself, before it is laid on a site: every fact may be named, days are plain days of UTC. */
export const nowhere: Place = { facts: undefined, calendar: plainCalendar('UTC') }
