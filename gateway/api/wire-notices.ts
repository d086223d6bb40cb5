import type { Said } from './wire.ts'

/** A way to people, as `GET /api/v1/channels` has it. Times are ISO 8601 with the offset of the site. */
export interface WireChannel {
  readonly id: string
  readonly kind: string
  readonly name: Said
  /** `idle`: nothing has gone out by it since the gateway started. */
  readonly state: 'working' | 'failing' | 'idle'
  /** In this state since. */
  readonly since: string
  readonly lastDeliveredAt: string | null
  /** Notices that wait to go out by it. */
  readonly waiting: number
  /** What the other side said, where it is failing. */
  readonly why?: string
}

/** What a signed link of a message answers, as `GET /api/v1/links/:token` has it before anything is changed. */
export interface WireLink {
  readonly alarm: string
  readonly sentence: Said
  readonly title: Said
  readonly advice: Said
  readonly clause: string
  readonly clauseTitle: Said
  readonly priority: 'advisory' | 'low' | 'medium' | 'high'
  readonly state: string
  /** Whether the condition holds now. */
  readonly active: boolean
  readonly since: string
  /** To whom the message went. */
  readonly person: Said
  /** False where there is nothing left to answer; `why` says what happened. */
  readonly answerable: boolean
  readonly why?: 'answered' | 'over' | 'quiet' | 'come-again' | 'used'
  /** Who has answered it, where somebody has. */
  readonly acknowledged?: { readonly by: string; readonly at: string; readonly comment: string }
  readonly expiresAt: string
}
