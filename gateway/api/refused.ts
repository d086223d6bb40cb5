import type { Who } from '../accounts/accounts.ts'
import { minutes } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { House } from './house.ts'
import { note } from './note.ts'

/** So many at once are written down, then one a minute: a page that asks in a loop must not fill the journal. */
const burst = 10
const refill = minutes(1)
/** Accounts and tokens that are remembered; the one that was quiet longest makes room. */
const mostAccounts = 1_000

interface Budget {
  readonly left: number
  readonly at: Instant
  /** How many were not written down since the last one that was. */
  readonly unwritten: number
}

/**
 * What somebody tried without the right to it is in the journal as `access.refused`: who, what, and with which role. Real time; each account
 * has a budget of its own.
 */
export class RefusedAttempts {
  readonly #front: { readonly house: House }
  readonly #budgets = new Map<string, Budget>()

  constructor(front: { readonly house: House }) {
    this.#front = front
  }

  /** `about` is what was asked for: the path of the request, without its query. */
  async keep(who: Pick<Who, 'name' | 'role'>, method: string, about: string, address: string): Promise<void> {
    const unwritten = this.#spend(who.name)
    if (unwritten === undefined) return
    const data = { method, path: about.slice(0, 200), role: who.role, address, ...(unwritten === 0 ? {} : { unwritten }) }
    await note(this.#front.house, { kind: 'access.refused', by: who.name, about: idOf(about), data })
  }

  /** How many went unwritten before this one; `undefined` when this one does as well. */
  #spend(name: string): number | undefined {
    const now = this.#front.house.wall.now()
    const known = this.#budgets.get(name) ?? { left: burst, at: now, unwritten: 0 }
    const gained = Math.max(0, Math.floor((now - known.at) / refill))
    const left = Math.min(burst, known.left + gained)
    const at = left === burst ? now : ((known.at + gained * refill) as Instant)
    this.#budgets.delete(name)
    this.#budgets.set(name, left > 0 ? { left: left - 1, at, unwritten: 0 } : { left, at, unwritten: known.unwritten + 1 })
    for (const oldest of this.#budgets.keys()) {
      if (this.#budgets.size <= mostAccounts) break
      this.#budgets.delete(oldest)
    }
    return left > 0 ? known.unwritten : undefined
  }
}

/** `/api/v1/alarms/A17/acknowledge` is about A17; a path without an id is about itself. */
function idOf(path: string): string {
  const [, , , list, id] = path.split('/')
  return (id ?? list ?? path).slice(0, 200)
}
