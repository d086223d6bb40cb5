import type { Instant } from '../../protocols/contract/time.ts'

/** Everything that happens ends here: append-only, in order, never edited. */
export interface Draft {
  /** `alarm.raised`, `account.signed-in`, `gateway.started`, `link.down`, `fault.injected` … */
  readonly kind: string
  /** Event time on the domain clock. */
  readonly at: Instant
  /** Account name, or `system`. */
  readonly by: string
  /** What it is about: a rule, an alarm, an equipment or a connection id. */
  readonly about?: string
  /** JSON; decimals as they are, times as ms. */
  readonly data: Readonly<Record<string, unknown>>
}

export interface Entry extends Draft {
  /** From 1, without holes: the position a proof speaks of. */
  readonly seq: number
  /** Real time of writing, whatever the domain clock says. */
  readonly writtenAt: Instant
  /** SHA-256 of 0x00 ‖ canonical JSON (RFC 9162 leaf), hex. */
  readonly leaf: string
}
