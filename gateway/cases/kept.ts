import { caseStates } from './case.ts'
import type { Case } from './case.ts'

/** Whether what a checkpoint or the journal holds is a case; a row that a failing disk has changed is not. */
export function isCase(value: unknown): value is Case {
  if (typeof value !== 'object' || value === null) return false
  const { id, state, openedAt, openedBy, closeBy, what, photos, actions } = value as Readonly<Record<string, unknown>>
  return (
    typeof id === 'string' &&
    /^C\d+$/.test(id) &&
    caseStates.some(one => one === state) &&
    typeof openedAt === 'number' &&
    typeof openedBy === 'string' &&
    typeof closeBy === 'number' &&
    typeof what === 'object' &&
    Array.isArray(photos) &&
    Array.isArray(actions)
  )
}
