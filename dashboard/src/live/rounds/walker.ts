import type { WireSession } from '../../../../gateway/api/wire.ts'

export type Walker = Pick<WireSession, 'username' | 'displayName'>
const memory = 'zhishou.walker'

/** Whose phone this is at the moment: who was signed in when it was last known. Visits made without network are theirs. */
export function walkerHere(): Walker | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(memory) ?? 'null')
    if (typeof kept !== 'object' || kept === null || !('username' in kept) || typeof kept.username !== 'string') return undefined
    const displayName = 'displayName' in kept && typeof kept.displayName === 'string' ? kept.displayName : kept.username
    return { username: kept.username, displayName }
  } catch {
    return undefined
  }
}

/** `undefined` after signing out: what is noted down then has no name until somebody signs in. */
export function rememberWalker(walker: Walker | undefined): void {
  if (!walker) localStorage.removeItem(memory)
  else localStorage.setItem(memory, JSON.stringify({ username: walker.username, displayName: walker.displayName }))
}

/** How many visits this phone has still to send, as it last counted them: the door says so without opening the book. */
export const keptHere = (): number => Number(localStorage.getItem('zhishou.rounds.kept') ?? 0) || 0
export const rememberKept = (count: number): void => localStorage.setItem('zhishou.rounds.kept', String(count))

/** The site's time zone, so that times are said in it before the gateway has been reached. */
export const zoneHere = (): string | undefined => localStorage.getItem('zhishou.zone') ?? undefined
export const rememberZone = (zone: string): void => localStorage.setItem('zhishou.zone', zone)
