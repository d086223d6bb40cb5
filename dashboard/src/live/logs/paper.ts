import type { WireCell, WireLogChart, WireLogColumn } from '../../../../gateway/api/wire-logs.ts'
import type { Said } from '../../../../gateway/api/wire.ts'
import type { Words } from '../../words/words.svelte.ts'

/** The periods a page offers; `own` is typed. */
export const spans = ['today', 'week', 'month', 'last-month', 'own'] as const
export type Span = (typeof spans)[number]

/** Both ends are days, both included: `2026-11-01`. */
export interface Days {
  readonly from: string
  readonly to: string
}

/** The day that a clock on the wall there shows. */
export const dayIn = (at: number, zone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at)

/** The minute that a clock on the wall there shows, as the browser's field for day and time has it: `2026-11-22T14:05`. */
export function minuteIn(at: number, zone: string): string {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  return `${dayIn(at, zone)}T${clock.format(at)}`
}

/** When a clock on the wall there shows it, ms. Of an hour that comes twice the first; of one that is left out, what it would have been before. */
export function instantOf(minute: string, zone: string): number {
  const asked = Date.parse(`${minute}Z`)
  if (Number.isNaN(asked)) return Number.NaN
  const shownAt = (at: number): number => Date.parse(`${minuteIn(at, zone)}Z`)
  const day = 86_400_000
  // A zone is one of two distances away from UTC that day: the one before a change of the clocks, and the one after.
  const offsets = [asked - day, asked + day].map(at => shownAt(at) - Math.floor(at / 60_000) * 60_000)
  const found = offsets.map(offset => asked - offset).toSorted((a, b) => a - b)
  return found.find(at => shownAt(at) === asked) ?? asked - (offsets[0] ?? 0)
}

export function daysOf(span: Exclude<Span, 'own'>, today: string): Days {
  const day = new Date(`${today}T00:00:00Z`)
  const [year, month] = [day.getUTCFullYear(), day.getUTCMonth()]
  switch (span) {
    case 'today':
      return { from: today, to: today }
    case 'week':
      return { from: text(new Date(day.getTime() - ((day.getUTCDay() + 6) % 7) * 86_400_000)), to: today }
    case 'month':
      return { from: text(new Date(Date.UTC(year, month, 1))), to: today }
    case 'last-month':
      return { from: text(new Date(Date.UTC(year, month - 1, 1))), to: text(new Date(Date.UTC(year, month, 0))) }
  }
}

const text = (day: Date): string => day.toISOString().slice(0, 10)

const isSaid = (cell: WireCell): cell is Said => typeof cell === 'object' && cell !== null

export interface Shown {
  readonly text: string
  /** Whether figures stand below figures. */
  readonly isFigure: boolean
  /** A verdict is more than a word. */
  readonly verdict?: 'good' | 'bad' | 'unknown'
}

const dash: Shown = { text: '–', isFigure: false }

/** A cell as paper shows it, in the site's time. */
export function shownCell(cell: WireCell | undefined, column: WireLogColumn, zone: string, words: Words): Shown {
  if (cell === null || cell === undefined || cell === '') return { ...dash, isFigure: column.holds === 'number' }
  if (isSaid(cell)) return { text: words.say(cell), isFigure: false }
  if (typeof cell === 'boolean') return { text: cell ? words.t.logs.yes : words.t.logs.no, isFigure: false }
  const { verdicts } = words.t.logs
  switch (column.holds) {
    case 'number':
      return { text: typeof cell === 'number' ? cell.toFixed(column.decimals ?? 0) : cell, isFigure: true }
    case 'share':
      return { text: typeof cell === 'number' ? `${percent(cell)} %` : cell, isFigure: true }
    case 'length':
      return { text: typeof cell === 'number' ? words.duration(cell) : cell, isFigure: true }
    case 'time':
      return { text: typeof cell === 'number' ? timeIn(cell, zone) : cell, isFigure: true }
    case 'day':
      return { text: typeof cell === 'number' ? dayIn(cell, zone) : cell, isFigure: true }
    case 'verdict':
      return cell === 'good' || cell === 'bad' || cell === 'unknown'
        ? { text: verdicts[cell], isFigure: false, verdict: cell }
        : { text: String(cell), isFigure: false }
    case 'text':
      return { text: String(cell), isFigure: false }
  }
}

/** `2026-11-22 14:05`, or with seconds where they are not nought. */
export function timeIn(at: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(at)
  return `${dayIn(at, zone)} ${parts.endsWith(':00') ? parts.slice(0, 5) : parts}`
}

/** Never rounded up to whole: what is not complete does not read as complete. */
export function percent(share: number): string {
  if (share >= 1) return '100'
  const tenths = Math.floor(share * 1_000) / 10
  return tenths.toFixed(1)
}

/** One stretch of a curve without a gap in it, as points of a drawing `width` × `height`. */
export interface Drawing {
  readonly band: readonly string[]
  readonly line: readonly string[]
  readonly limits: readonly { readonly value: number; readonly y: number }[]
  readonly gaps: readonly { readonly x: number; readonly width: number; readonly cause: Said }[]
  readonly ticks: readonly { readonly value: number; readonly y: number }[]
}

export function drawn(chart: WireLogChart, from: number, to: number, width: number, height: number): Drawing {
  const values = chart.points.flatMap(({ min, max }) => [min, max])
  const edges = [chart.limits.min, chart.limits.max].filter(value => value !== undefined)
  const [low, high] = room(Math.min(...values, ...edges), Math.max(...values, ...edges))
  const x = (t: number): number => ((t - from) / (to - from)) * width
  const y = (value: number): number => height - ((value - low) / (high - low)) * height
  const band: string[] = []
  const line: string[] = []
  for (const piece of pieces(chart)) {
    const there = piece.map(({ t, max }) => `${x(t).toFixed(1)},${y(max).toFixed(1)}`)
    const back = piece.toReversed().map(({ t, min }) => `${x(t).toFixed(1)},${y(min).toFixed(1)}`)
    band.push([...there, ...back].join(' '))
    line.push(piece.map(({ t, mean }) => `${x(t).toFixed(1)},${y(mean).toFixed(1)}`).join(' '))
  }
  return {
    band,
    line,
    limits: edges.map(value => ({ value, y: y(value) })),
    gaps: chart.gaps.map(({ from: start, to: end, cause }) => ({
      x: x(Math.max(start, from)),
      width: Math.max(1, x(Math.min(end, to)) - x(Math.max(start, from))),
      cause,
    })),
    ticks: ticksOf(low, high).map(value => ({ value, y: y(value) })),
  }
}

/** Cut where a reading is missing: what nobody measured is not drawn. */
function pieces({ points, every }: WireLogChart): WireLogChart['points'][] {
  const found: WireLogChart['points'][number][][] = []
  for (const point of points) {
    const last = found.at(-1)?.at(-1)
    if (last && point.t - last.t <= every * 1.5) found.at(-1)?.push(point)
    else found.push([point])
  }
  return found
}

function room(low: number, high: number): readonly [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1]
  const more = Math.max((high - low) * 0.08, 0.5)
  return [low - more, high + more]
}

function ticksOf(low: number, high: number): readonly number[] {
  const rough = (high - low) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find(one => one * power >= rough) ?? 10) * power
  const ticks: number[] = []
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) ticks.push(Number(value.toFixed(6)))
  return ticks
}
