import { usualKeeping } from './keeping.ts'
import type { KeepingSettings } from './keeping.ts'
import type { Parts } from './parts.ts'
import type { Report } from './report.ts'

/** The blocks `historian`, `evidence`, `retention`, `backup` and `logs` of the site file. */
export function readKeeping(_report: Report, _parts: Parts): KeepingSettings {
  return usualKeeping
}
