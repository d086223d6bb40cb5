import type { WireKpi, WireMeasure } from '../../../gateway/api/wire-kpi.ts'
import type { Tone } from './urgency.ts'

/** The periods a page may show, in days. */
export const periods = ['1', '7', '30', '365'] as const
export type Period = (typeof periods)[number]

/** The six that are shown large; the others are told beside what they belong to. */
export const shownMeasures = ['rate', 'flood', 'stale', 'chattering', 'top-ten', 'answer'] as const
export type ShownMeasure = (typeof shownMeasures)[number]

export const measureOf = (kpi: WireKpi, id: WireMeasure['id']): WireMeasure | undefined =>
  kpi.measures.find(measure => measure.id === id)

/** Colour is spent only on what needs a person. */
export const toneOf = ({ standing }: WireMeasure): Tone => (standing === 'poor' ? 'medium' : standing === 'fair' ? 'low' : 'calm')

export interface Bar {
  /** ms. */
  readonly from: number
  readonly days: number
  readonly calls: number
  readonly isFlood: boolean
}

/** One bar a day, or a week where days would be too thin to see. */
export function barsOf(perDay: WireKpi['calls']['perDay'], most = 62): readonly Bar[] {
  const size = perDay.length <= most ? 1 : 7
  const bars: Bar[] = []
  for (let at = 0; at < perDay.length; at += size) {
    const part = perDay.slice(at, at + size)
    const [first] = part
    if (!first) continue
    bars.push({
      from: Date.parse(first.from),
      days: size,
      calls: part.reduce((sum, { calls }) => sum + calls, 0),
      isFlood: part.some(({ isFlood }) => isFlood),
    })
  }
  return bars
}

/** A share as people read it: one decimal below ten per cent. */
export const percent = (share: number): string => {
  const value = share * 100
  return value === 0 || value >= 10 ? value.toFixed(0) : value.toFixed(1)
}
