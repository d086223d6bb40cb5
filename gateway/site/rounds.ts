import type { RoundRoute } from '../rounds/route.ts'
import type { Parts } from './parts.ts'
import type { Report } from './report.ts'
import type { Installed } from './equipment.ts'

/** The rounds people walk, of the site file. */
export function readRounds(_report: Report, _parts: Parts, _installed: readonly Installed[]): readonly RoundRoute[] {
  return []
}
