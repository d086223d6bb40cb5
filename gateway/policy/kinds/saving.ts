import { hours } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'

/**
 * A kind that hears every reading keeps what it needs of them in place and out of the checkpoint, which would otherwise be written with
 * every reading. It renews its checkpoint this often, and after a restart hears again what came since (`RuleKind.memory`).
 */
export const saveEvery: Millis = hours(1)

export const isToBeSaved = (savedAt: Instant | null, at: Instant): boolean => savedAt === null || at - savedAt >= saveEvery
