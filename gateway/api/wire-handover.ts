import type { Said, WirePriority } from './wire.ts'

/** `GET /api/v1/handover`: what has to be handed over now. Times are ISO 8601 with offset. */
export type WireHandoverKind = 'lock-out' | 'alarm' | 'out-of-service' | 'shelved' | 'suppressed' | 'case' | 'duty' | 'note'

export interface WireHandoverItem {
  readonly key: string
  readonly kind: WireHandoverKind
  readonly id: string
  readonly title: Said
  readonly since?: string
  readonly until?: string
  readonly priority: WirePriority
  readonly mustComment: boolean
  /** What was said of it at the last hand-over. */
  readonly before?: string
}
export interface WireShiftEnd {
  /** Who is on by the roster; nobody where it has a hole. */
  readonly person?: string
  readonly name?: Said
  readonly account?: string
  readonly shift: Said
  readonly from: string
  readonly to: string
}
export interface WireHandover {
  readonly roster: string
  readonly rosters: readonly { readonly id: string; readonly name: Said }[]
  readonly goes: WireShiftEnd | null
  readonly comes: WireShiftEnd | null
  readonly items: readonly WireHandoverItem[]
  readonly digest: string
  readonly last: { readonly at: string; readonly outgoing: string; readonly incoming: string } | null
}

/** `GET /api/v1/handovers`: one that was signed. */
export interface WireSignedHandover {
  readonly seq: number
  readonly at: string
  readonly roster: string
  readonly name: Said
  readonly outgoing: { readonly account: string; readonly name: string }
  readonly incoming: { readonly account: string; readonly name: string }
  readonly items: readonly {
    readonly key: string
    readonly kind?: WireHandoverKind
    readonly id?: string
    readonly title?: Said
    readonly since?: string
    readonly until?: string
    readonly priority?: WirePriority
    readonly comment: string
    readonly settled?: boolean
  }[]
  readonly notes: string
  /** Proof: the entry's leaf in the journal. */
  readonly leaf: string
}
