import type { SpoolState } from '../historian/spool-page.ts'

/** How one outside historian stands, for screens. Times are ms, lengths hours. */
export interface OutsideState {
  readonly id: string
  readonly kind: string
  /** Without anything secret in it. */
  readonly url: string
  /** `well`: told of everything. `telling`: on its way. `behind`: nothing gets through for a while. */
  readonly state: 'well' | 'telling' | 'behind'
  readonly why?: string
  /** Readings that wait on disk. */
  readonly rows: number
  readonly bytes: number
  readonly budget: number
  /** When the oldest of them came. */
  readonly oldest?: number
  /** How long the budget lasts at today's rate, and what is left of it; absent before there is a rate. */
  readonly holds?: number
  readonly left?: number
  readonly refused: number
  /** Times that are still to be sent again from the history. */
  readonly refills: number
}

/** How many hours the spool holds at the rate of the last day. */
export function holding(
  { bytes, perHour }: Pick<SpoolState, 'bytes' | 'perHour'>,
  budget: number,
): { readonly holds?: number; readonly left?: number } {
  if (!perHour || perHour.bytes <= 0) return {}
  return { holds: budget / perHour.bytes, left: Math.max(0, budget - bytes) / perHour.bytes }
}

/** An address as it may be shown: without a name, a password or a question in it. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return ''
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`
}
