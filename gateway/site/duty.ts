import { nobody } from '../duty/duty.ts'
import type { Duty } from '../duty/duty.ts'
import type { Parts } from './parts.ts'
import type { Report } from './report.ts'

/** People, rosters, grid and routes of the site file. */
export function readDuty(_report: Report, _parts: Parts): Duty {
  return nobody
}
