import type { WireFault, WireTried } from '../../../../gateway/api/wire-lines.ts'

/** How it went since equipment is looked at: what went wrong in how many of the reads. */
export interface Tally {
  readonly reads: number
  readonly troubles: readonly { readonly code: string; readonly times: number; readonly tryThis: WireFault['tryThis'] }[]
}
export const noTally: Tally = { reads: 0, troubles: [] }

/** Faults of the line and not of the settings: those come and go. */
const ofTheLine = new Set(['timeout', 'garbled', 'wrong-reply', 'device-silent', 'disconnected'])

/** One read more. A fault counts once in a read, however many points have it; the latest stands first. Pure. */
export function counted({ reads, troubles }: Tally, { points }: Pick<WireTried, 'points'>): Tally {
  const faults = new Map(points.flatMap(({ fault }) => (fault && ofTheLine.has(fault.code) ? [[fault.code, fault]] : [])))
  const now = [...faults.values()].map(({ code, tryThis }) => {
    const times = (troubles.find(one => one.code === code)?.times ?? 0) + 1
    return { code, times, tryThis }
  })
  return { reads: reads + 1, troubles: [...now, ...troubles.filter(({ code }) => !faults.has(code))] }
}
