import type { Instant } from '../../protocols/contract/time.ts'
import type { Following } from './follow.ts'

/** Nothing follows. */
export const noFollowing: Following = {}

/** Several answers as one, in their order. */
export function together(parts: readonly (Following | undefined)[]): Following | undefined {
  const said = parts.filter(part => part !== undefined && Object.keys(part).length > 0) as readonly Following[]
  if (said.length <= 1) return said[0]
  return {
    drafts: said.flatMap(({ drafts = [] }) => drafts),
    checkpoints: said.flatMap(({ checkpoints = [] }) => checkpoints),
    own: said.flatMap(({ own = [] }) => own),
    suppress: said.flatMap(({ suppress = [] }) => suppress),
    release: said.flatMap(({ release = [] }) => release),
    chattering: said.flatMap(({ chattering = [] }) => chattering),
  }
}

/** Whether a value out of a checkpoint is a time. */
export const isInstant = (value: unknown): value is Instant => typeof value === 'number' && Number.isFinite(value)

/** The fields of a value out of a checkpoint or a journal entry; none where it is no object. */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
