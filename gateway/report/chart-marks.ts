import type { Instant } from '../../protocols/contract/time.ts'
import { numberText, say, stampText } from './cell-text.ts'
import type { Reader } from './cell-text.ts'
import type { LogChart } from './document.ts'
import { colors } from './page.ts'
import type { Letters, Look, Mark, Spot } from './page.ts'
import { daysOf } from './period.ts'

export interface ChartFrame {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly from: Instant
  readonly to: Instant
}

const small: Look = { size: 7, color: colors.soft }

/** Where a series lies, with its limits in sight: from a round number to a round number. */
export function scaleOf({ points, limits }: Pick<LogChart, 'points' | 'limits'>): {
  readonly low: number
  readonly high: number
  readonly step: number
} {
  let [low, high] = [Infinity, -Infinity]
  for (const { min, max } of points) [low, high] = [Math.min(low, min), Math.max(high, max)]
  for (const limit of [limits.min, limits.max])
    if (limit !== undefined) [low, high] = [Math.min(low, limit), Math.max(high, limit)]
  if (!Number.isFinite(low)) [low, high] = [0, 1]
  if (high - low < 1e-9) [low, high] = [low - 1, high + 1]
  const rough = (high - low) / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find(factor => factor * power >= rough) ?? 10)
  return { low: Math.floor(low / step) * step, high: Math.ceil(high / step) * step, step }
}

/** A chart of min–max band, mean, limits and gaps as marks. Series that are apart are not joined. */
export function chartMarks(chart: LogChart, frame: ChartFrame, letters: Letters, reader: Reader): readonly Mark[] {
  const { low, high, step } = scaleOf(chart)
  const left = frame.x + 34
  const right = frame.x + frame.width - 46
  const [top, bottom] = [frame.y + 14, frame.y + frame.height - 16]
  const px = (t: number): number => left + ((t - frame.from) / (frame.to - frame.from)) * (right - left)
  const py = (value: number): number => bottom - ((value - low) / (high - low)) * (bottom - top)
  const text = (x: number, y: number, shown: string, look: Look = small): Mark => ({
    what: 'text',
    x,
    y,
    text: letters.shown(shown),
    look,
  })
  const marks: Mark[] = [...legend(chart, frame, letters, reader)]
  for (const gap of chart.gaps) marks.push(...gapMarks(gap, { px, top, bottom, frame }, letters, reader))
  const decimals = step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step) - 1e-9))
  for (let index = 0; low + index * step <= high + step / 1_000; index++) {
    const value = low + index * step
    const shown = numberText(value, decimals)
    marks.push({ what: 'line', from: [left, py(value)], to: [right, py(value)], color: colors.hair, width: 0.4 })
    marks.push(text(left - 4 - letters.width(shown, small), py(value) - 5, shown))
  }
  marks.push(...dayMarks({ ...frame, px, top, bottom }, letters, reader))
  for (const run of runsOf(chart, frame.from, frame.to)) {
    const band = [
      ...run.map(({ t, max }): Spot => [px(t), py(max)]),
      ...run.toReversed().map(({ t, min }): Spot => [px(t), py(min)]),
    ]
    if (run.length > 1) marks.push({ what: 'shape', spots: band, fill: colors.band })
    marks.push({ what: 'curve', spots: run.map(({ t, mean }): Spot => [px(t), py(mean)]), color: colors.mean, width: 0.8 })
  }
  for (const limit of [chart.limits.min, chart.limits.max]) {
    if (limit === undefined) continue
    marks.push({ what: 'line', from: [left, py(limit)], to: [right, py(limit)], color: colors.bad, width: 0.7, dash: 3 })
    marks.push(text(right + 3, py(limit) - 5, `${numberText(limit)} ${chart.unit}`, { ...small, color: colors.bad, bold: true }))
  }
  return marks
}

/** Stretches within which nothing is missing. */
function* runsOf({ points, every }: LogChart, from: Instant, to: Instant): Generator<LogChart['points']> {
  let run: LogChart['points'][number][] = []
  for (const point of points) {
    if (point.t < from || point.t > to) continue
    const last = run.at(-1)
    if (last && point.t - last.t > every * 1.5) {
      yield run
      run = []
    }
    run.push(point)
  }
  if (run.length > 0) yield run
}

function legend({ unit }: LogChart, frame: ChartFrame, letters: Letters, reader: Reader): readonly Mark[] {
  const marks: Mark[] = [{ what: 'text', x: frame.x + 12, y: frame.y, text: letters.shown(unit), look: small }]
  const { y } = frame
  let x = frame.x + 60
  const entry = (sample: (at: number) => Mark, zh: string, en: string): void => {
    const shown = say({ zh, en }, reader)
    marks.push(sample(x), { what: 'text', x: x + 18, y, text: shown, look: small })
    x += 18 + letters.width(shown, small) + 14
  }
  entry(at => ({ what: 'box', x: at, y: y + 2, width: 14, height: 6, fill: colors.band }), '最低–最高', 'min–max')
  entry(at => ({ what: 'line', from: [at, y + 5], to: [at + 14, y + 5], color: colors.mean, width: 0.8 }), '平均', 'mean')
  entry(
    at => ({ what: 'line', from: [at, y + 5], to: [at + 14, y + 5], color: colors.bad, width: 0.7, dash: 3 }),
    '限值',
    'limit',
  )
  const stripes = hatch(x, x + 14, y + 1, y + 9)
  entry(at => ({ what: 'box', x: at, y: y + 1, width: 14, height: 8, fill: colors.stripe }), '无数据', 'no data')
  return [...marks, ...stripes]
}

interface Plot {
  readonly px: (t: number) => number
  readonly top: number
  readonly bottom: number
}

function gapMarks(
  { from, to, cause }: LogChart['gaps'][number],
  { px, top, bottom, frame }: Plot & { readonly frame: ChartFrame },
  letters: Letters,
  reader: Reader,
): readonly Mark[] {
  const [a, b] = [px(Math.max(from, frame.from)), px(Math.min(to, frame.to))]
  if (b <= a) return []
  const width = Math.max(b - a, 0.8)
  const shown = letters.shown(say(cause, reader))
  const look: Look = { size: 6.5, slanted: true, color: colors.soft }
  const fits = letters.width(shown, look) + 2 < width
  return [
    { what: 'box', x: a, y: top, width, height: bottom - top, fill: colors.stripe },
    ...hatch(a, a + width, top, bottom),
    ...(fits
      ? [
          { what: 'box', x: a + 1, y: top + 2, width: letters.width(shown, look) + 2, height: 9, fill: '#ffffff' } as const,
          { what: 'text', x: a + 2, y: top + 2, text: shown, look } as const,
        ]
      : []),
  ]
}

/** Slanted lines in a rectangle, cut where it ends. */
export function hatch(left: number, right: number, top: number, bottom: number): readonly Mark[] {
  const marks: Mark[] = []
  const height = bottom - top
  for (let start = left - height; start < right; start += 5) {
    const [a, b] = [Math.max(start, left), Math.min(start + height, right)]
    if (b <= a) continue
    marks.push({ what: 'line', from: [a, bottom - (a - start)], to: [b, bottom - (b - start)], color: '#b8c2cc', width: 0.4 })
  }
  return marks
}

/** The days below the chart: as many as there is room for; the hours where there is only one. */
function dayMarks(
  { px, top, bottom, from, to }: Plot & Pick<ChartFrame, 'from' | 'to'>,
  letters: Letters,
  { zone }: Reader,
): readonly Mark[] {
  const days = [...daysOf(from, to, zone)].map(day => day.from)
  const ticks = days.length > 2 ? days : hoursOf(from, to)
  const part: readonly [number, number] = days.length > 370 ? [0, 7] : days.length > 2 ? [5, 10] : [11, 16]
  const label = (t: Instant): string => stampText(t, zone).slice(...part)
  const marks: Mark[] = []
  let free = -Infinity
  for (const t of ticks) {
    const x = px(t)
    const shown = label(t)
    const width = letters.width(shown, small)
    if (x < free || x + width > px(to) + 20) continue
    marks.push({ what: 'line', from: [x, top], to: [x, bottom + 3], color: colors.hair, width: 0.4 })
    marks.push({ what: 'text', x: x + 1, y: bottom + 3, text: shown, look: small })
    free = x + width + 10
  }
  return marks
}

function hoursOf(from: Instant, to: Instant): readonly Instant[] {
  const step = Math.max(1, Math.ceil((to - from) / 3_600_000 / 24)) * 3_600_000
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => (from + index * step) as Instant)
}
