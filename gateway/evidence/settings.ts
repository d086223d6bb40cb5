import { hours } from '../../protocols/contract/time.ts'
import type { Millis } from '../../protocols/contract/time.ts'

/** How evidence is made; the site file's `evidence:` block. */
export interface EvidenceSettings {
  /** Readings are sealed and the journal is signed so often. */
  readonly every: Millis
}
export const usualEvidence: EvidenceSettings = { every: hours(1) }
