import { noBackups } from '../backup/settings.ts'
import type { BackupSettings } from '../backup/settings.ts'
import type { DeliverySettings } from '../delivery/settings.ts'
import { usualEvidence } from '../evidence/settings.ts'
import type { EvidenceSettings } from '../evidence/settings.ts'
import type { OutsideSettings } from '../outside/settings.ts'
import { usualRetention } from '../retention/settings.ts'
import type { RetentionSettings } from '../retention/settings.ts'

/** How the records are kept: five blocks of the site file, each with its own reader. */
export interface KeepingSettings {
  readonly outside: readonly OutsideSettings[]
  readonly evidence: EvidenceSettings
  readonly retention: RetentionSettings
  readonly backup: BackupSettings
  readonly deliveries: readonly DeliverySettings[]
}

export const usualKeeping: KeepingSettings = {
  outside: [],
  evidence: usualEvidence,
  retention: usualRetention,
  backup: noBackups,
  deliveries: [],
}
