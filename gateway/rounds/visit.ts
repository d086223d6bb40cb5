import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { PhoneTime } from './phone-time.ts'
import type { Mark } from './walk.ts'

/** What a phone says of a check-point somebody came to. Times are the phone's. */
export interface SaidVisit {
  /** A UUID made on the phone: the same visit sent again is known by it. */
  readonly id: string
  readonly code: string
  readonly at: Instant
  readonly verdict: 'passed' | 'failed'
  /** Which of the check-point's checks failed, counted from 0. */
  readonly failed: readonly number[]
  readonly note: string
  /** Whether the phone had no network when it was noted down. */
  readonly offline: boolean
}

/** A visit on record. */
export interface Visit extends Mark, PhoneTime {
  readonly route: string
  readonly by: string
  readonly verdict: 'passed' | 'failed'
  readonly failed: readonly Words[]
  readonly note: string
  readonly offline: boolean
  /** Domain and real time of its coming in. */
  readonly receivedAt: Instant
  readonly receivedReal: Instant
  /** What was already written of the walk it names, so that nothing is written twice. */
  readonly told?: 'begun' | 'missed' | 'completed'
  /** It was part of a round that was written down as whole: whatever the route becomes, it was not missed. */
  readonly spent?: true
}

export type WhyRefused = 'wrong-code' | 'after-now' | 'too-old'

/** What became of one visit that was sent. */
export type Taken =
  | { readonly id: string; readonly outcome: 'taken' | 'known'; readonly visit: Visit }
  | { readonly id: string; readonly outcome: 'refused'; readonly why: WhyRefused }

const texts = ['id', 'checkPoint', 'route', 'by', 'verdict', 'note'] as const
const times = ['at', 'phoneAt', 'sentAt', 'receivedAt', 'receivedReal'] as const

/** A checkpoint that a failing disk has not changed. */
export function isVisit(value: unknown): value is Visit {
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Readonly<Record<string, unknown>>
  return (
    texts.every(key => typeof fields[key] === 'string') &&
    times.every(key => typeof fields[key] === 'number' && Number.isFinite(fields[key])) &&
    Array.isArray(fields['failed'])
  )
}
