import type { Rule } from '../policy/rule.ts'
import { readBackup } from './backup.ts'
import { readEvidence } from './evidence.ts'
import { readOutside } from './historian.ts'
import { usualKeeping } from './keeping.ts'
import type { KeepingSettings } from './keeping.ts'
import { readDeliveries } from './logs.ts'
import type { Parts } from './parts.ts'
import type { Report } from './report.ts'
import { readRetention } from './retention.ts'

/** The blocks `historian`, `evidence`, `retention`, `backup` and `logs` of the site file. */
export function readKeeping(report: Report, parts: Parts, rules: readonly Rule[]): KeepingSettings {
  return {
    ...usualKeeping,
    outside: readOutside(report, parts.historian),
    evidence: readEvidence(report, parts.evidence),
    retention: readRetention(report, parts.retention, rules),
    backup: readBackup(report, parts.backup),
    deliveries: readDeliveries(report, parts),
  }
}
