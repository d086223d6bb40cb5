import type { Instant } from '../../protocols/contract/time.ts'
import type { LogKind } from './document.ts'

export const logFormats = ['json', 'csv', 'xlsx', 'pdf'] as const
export type LogFormat = (typeof logFormats)[number]

/** What somebody asks a log for. */
export interface LogQuestion {
  readonly kind: LogKind
  readonly from: Instant
  /** Not included. */
  readonly to: Instant
  /** Ids; empty: all that the log speaks of. */
  readonly equipment: readonly string[]
  readonly areas: readonly string[]
}

/** The language a log is written in; JSON holds both. */
export type Language = 'zh' | 'en'
