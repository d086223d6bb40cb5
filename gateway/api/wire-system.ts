import type { Said } from './wire.ts'

/** How the records are sealed (`GET /evidence`); times are ISO 8601 but those inside the signed head. */
export interface WireEvidence {
  readonly fingerprint: string | null
  readonly head: { readonly size: number; readonly root: string; readonly at: number; readonly why: string } | null
  readonly sealed: { readonly period: number; readonly at: string; readonly points: number; readonly rows: number } | null
  readonly outside: readonly {
    readonly place: string
    readonly is: 'copy' | 'timestamp'
    readonly at: string | null
    readonly failing: { readonly since: string; readonly why: string } | null
  }[]
  readonly trouble: string | null
}

/** How long each kind of record is kept (`GET /retention`). */
export interface WireRetention {
  readonly kinds: readonly { readonly kind: string; readonly keep: Said; readonly clause: string | null }[]
  readonly lastAt: string | null
  readonly removed: number
  readonly spared: number
  readonly standing: number
}

/** What must stay although its time is over (`GET /holds`). */
export interface WireHold {
  readonly id: string
  readonly reason: string
  readonly by: string
  readonly placedAt: string
  readonly from: string
  readonly to: string | null
  readonly equipment: readonly string[]
  readonly kinds: readonly string[]
  readonly released: { readonly at: string; readonly by: string; readonly second: string; readonly reason: string } | null
}

/** Another historian that is told of everything (`GET /outside`). */
export interface WireOutside {
  readonly id: string
  readonly kind: string
  readonly url: string
  readonly state: 'well' | 'telling' | 'behind'
  readonly why: string | null
  /** Readings that wait on disk. */
  readonly rows: number
  readonly bytes: number
  readonly budget: number
  readonly oldest: string | null
  readonly holdsHours: number | null
  readonly leftHours: number | null
  readonly refused: number
}

/** Copies of everything (`GET /backups`). */
export interface WireBackups {
  readonly items: readonly { readonly name: string; readonly madeAt: string; readonly bytes: number }[]
  readonly state: {
    readonly busy: boolean
    readonly scheduled: string | null
    readonly dueAt: string | null
    readonly lastMadeAt: string | null
    readonly lastVerifiedAt: string | null
    readonly locked: boolean
    readonly copies: readonly { readonly place: string; readonly lastAt: string | null }[]
    readonly troubles: readonly Said[]
  }
}
