import { hours } from '../../protocols/contract/time.ts'
import type { Millis } from '../../protocols/contract/time.ts'

/** A place outside the gateway that has every signed head: a folder (a share that is mounted), or an address that takes a POST. */
export type HeadPlace = { readonly folder: string } | { readonly url: string; readonly token?: string }

/** How evidence is made; the site file's `evidence:` block. */
export interface EvidenceSettings {
  /** Readings are sealed so often, on the domain clock. */
  readonly every: Millis
  readonly copies: readonly HeadPlace[]
  /** Of a time-stamping authority (RFC 3161). */
  readonly timestamp: string | undefined
}
export const usualEvidence: EvidenceSettings = { every: hours(1), copies: [], timestamp: undefined }
