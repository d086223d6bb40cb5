import type { Said, WirePriority } from './wire.ts'

/** `GET /api/v1/cases`, `/cases/:id`: fault cases from the report to the close. Times are ISO 8601 with offset. */
export type WireCaseState = 'open' | 'answered' | 'assigned' | 'acted' | 'verified' | 'told' | 'closed' | 'cancelled'
export type WireCaseDeed = 'answer' | 'assign' | 'act' | 'verify' | 'reject' | 'tell' | 'close' | 'comment' | 'cancel'
export type WireActionKind = 'repair' | 'replacement' | 'cleaning' | 'adjustment' | 'other'
export type WireCaseDue = 'answer' | 'act' | 'close'

export interface WireCase {
  readonly id: string
  readonly state: WireCaseState
  readonly priority: WirePriority
  readonly openedAt: string
  readonly openedBy: string
  readonly what: Said
  /** Equipment or area by name, and the place in the reporter's words. */
  readonly where: Said
  readonly equipment?: string
  readonly area?: string
  readonly place?: string
  readonly alarm?: string
  /** The contact is shown to those who have to call. */
  readonly reporter?: { readonly name: string; readonly contact?: string; readonly account?: string }
  /** The reporter has had an answer, or was told of the end. */
  readonly isAnswered: boolean
  readonly photos: readonly string[]
  readonly assigned?: { readonly person: string; readonly name: Said; readonly due: string; readonly note: string }
  /** What has to happen next by when; `null` when it is over. */
  readonly due: { readonly what: WireCaseDue; readonly at: string } | null
  readonly overdue: readonly WireCaseDue[]
  readonly endedAt?: string
}

/** One step as it happened, from the journal. */
export interface WireCaseStep {
  readonly seq: number
  readonly at: string
  readonly by: string
  readonly byName: Said
  readonly do: WireCaseDeed | 'open'
  /** What was said, done, noted or given as reason. */
  readonly text?: string
  readonly how?: string
  readonly kind?: WireActionKind
  readonly parts?: readonly { readonly name: string; readonly count: number }[]
  readonly photos?: readonly string[]
  readonly person?: Said
  readonly due?: string
  readonly duplicateOf?: string
}

export interface WireCaseDetail extends WireCase {
  readonly timeline: readonly WireCaseStep[]
  /** What whoever asks may do now. */
  readonly steps: readonly WireCaseDeed[]
  /** Whoever asks is the one it was given to. */
  readonly isMine: boolean
  /** Whoever asks has worked on it, and cannot verify it. */
  readonly isOwnWork: boolean
  /** The equipment is not in use until a repair is recorded. */
  readonly lockedOut: boolean
}

/** `GET /api/v1/cases/people`: whom a case can be given to. */
export interface WireCasePerson {
  readonly id: string
  readonly name: Said
  readonly isMe: boolean
}
