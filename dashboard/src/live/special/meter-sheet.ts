import type { WireMeterProgress, WireMeterRow } from '../../../../gateway/api/wire-meters.ts'
import type { Tone } from '../urgency.ts'

/** The month so many months away: `2026-11`, 2 → `2027-01`. */
export function monthAway(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7)
}

/** Somebody has to do something about it. */
export const needsSomebody = ({ state, mark }: WireMeterRow): boolean => mark !== null || state === 'missing' || state === 'late'

export function toneOfRow(row: WireMeterRow): Tone {
  if (row.mark === 'fell' || row.mark === 'impossible') return 'medium'
  if (row.state === 'missing') return 'low'
  return row.mark !== null || row.state === 'late' ? 'advisory' : 'calm'
}

export function toneOfProgress({ state, left }: WireMeterProgress): Tone {
  if (state === 'missed') return 'medium'
  return state === 'open' && left > 0 ? 'advisory' : 'calm'
}

/** Rounded down, so that only what is whole is 100 %. */
export const percentOf = (share: number): string => `${Math.floor(Number((share * 100).toFixed(6)))} %`

export interface Book {
  readonly area: string
  readonly rows: readonly WireMeterRow[]
  readonly done: number
}

/** The sheet area by area, in the order in which areas and meters come. */
export function booksOf(rows: readonly WireMeterRow[]): readonly Book[] {
  return [...Map.groupBy(rows, ({ area }) => area)].map(([area, own]) => ({
    area,
    rows: own,
    done: own.filter(({ now }) => now !== null).length,
  }))
}
