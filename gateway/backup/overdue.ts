import { days, hours } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { lastTime } from '../schedule.ts'
import { placeName } from './copy-out.ts'
import type { BackupSettings } from './settings.ts'

export const backupDuties = ['make', 'verify', 'copy'] as const
export type BackupDuty = (typeof backupDuties)[number]

/** When each thing was last done, real time. */
export interface LastTimes {
  readonly made: Instant | undefined
  readonly verified: Instant | undefined
  /** By the name of the place. */
  readonly copied: ReadonlyMap<string, Instant>
}

/** A large backup takes its time, and what failed is tried again. */
const [graceToMake, grace] = [hours(2), days(1)]

/** What of SRV-4 the gateway owes itself: nothing before it has run for as long, nothing where no backup is scheduled. */
export function overdue(
  { at, copies, copyEvery, verifyEvery }: BackupSettings,
  { last, began, zone, now }: { readonly last: LastTimes; readonly began: Instant; readonly zone: string; readonly now: Instant },
): ReadonlySet<BackupDuty> {
  const found = new Set<BackupDuty>()
  if (at === undefined) return found
  const age = (done: Instant | undefined): number => now - (done ?? began)
  const due = lastTime(at, zone, (now - graceToMake) as Instant)
  if (due !== undefined && due > (last.made ?? began) && due > began) found.add('make')
  if (age(last.verified) > verifyEvery + grace) found.add('verify')
  if (copies.some(place => age(last.copied.get(placeName(place))) > copyEvery + grace)) found.add('copy')
  return found
}
