import type { House } from './house.ts'
import { StoreTrouble } from '../store/store.ts'

/**
 * Writes an audit entry, and lets the deed stand when the disk refuses it: nobody may be locked out, and nothing left undone, because
 * the journal is in trouble; the trouble itself is on every screen.
 */
export async function note(house: House, draft: Parameters<House['note']>[0]): Promise<void> {
  try {
    await house.note(draft)
  } catch (error) {
    if (!(error instanceof StoreTrouble)) throw error
  }
}
