import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Columns, Hole } from '../live/trend.ts'
import type { Tone } from '../live/urgency.ts'

export interface ChartMark {
  readonly from: number
  readonly to: number
  readonly raisedAt: number
  readonly tone: Tone
  /** Which side of the allowed band was broken; neither for an alarm without a limit. */
  readonly side: 'above' | 'below' | undefined
}
export interface ChartScene {
  readonly columns: Columns
  /** ms */
  readonly from: number
  readonly to: number
  readonly limits: { readonly min?: number; readonly max?: number }
  readonly holes: readonly Hole[]
  readonly marks: readonly ChartMark[]
  readonly stepped: boolean
  readonly isBucketed: boolean
}
export interface ChartWords {
  readonly timeZone: string
  readonly time: (at: number) => string
  readonly value: (value: number) => string
  readonly hole: (hole: Hole) => string
  /** Told the index under the pointer, or nothing. */
  readonly point: (index: number | undefined) => void
}
export interface Chart {
  show(scene: ChartScene): void
  repaint(): void
  close(): void
}

/** Draws one curve with what is allowed, what was missed and what was raised. The only file that knows the chart library. */
export function openChart(host: HTMLElement, words: ChartWords, first: ChartScene): Chart {
  let scene = first
  const colour = palette(host)
  const font = () => `12px ${getComputedStyle(host).fontFamily}`
  const axis: uPlot.Axis = {
    stroke: () => colour('--ink-3'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { show: false },
    font: font(),
    gap: 6,
  }
  const plot = new uPlot(
    {
      width: host.clientWidth,
      height: host.clientHeight,
      ms: 1,
      tzDate: at => uPlot.tzDate(new Date(at), words.timeZone),
      padding: [14, 20, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: 7, width: 2, stroke: () => colour('--surface'), fill: () => colour('--ink') },
      },
      scales: {
        x: { time: true, range: () => [scene.from, scene.to] },
        y: { range: (_plot, min, max) => reach(scene, min, max) },
      },
      axes: [
        { ...axis, size: 28, space: 72, values: (_plot, splits) => splits.map(words.time) },
        {
          ...axis,
          size: (_plot, values) => 14 + Math.max(24, ...(values ?? []).map(value => value.length * 7.2)),
          values: (_plot, splits) => splits.map(words.value),
          ...(scene.stepped ? { splits: () => [0, 1] } : {}),
        },
      ],
      series: [
        {},
        {
          stroke: () => colour('--ink'),
          width: 1.75,
          points: { show: false },
          ...(scene.stepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
        },
        { stroke: 'transparent', width: 0, points: { show: false } },
        { stroke: 'transparent', width: 0, points: { show: false } },
      ],
      bands: [{ series: [2, 3], fill: () => (scene.isBucketed ? mix(colour('--ghost'), 0.28) : 'transparent') }],
      hooks: {
        drawClear: [self => drawGround(self, scene, colour, words, font())],
        draw: [self => drawMarks(self, scene, colour)],
        setCursor: [self => words.point(self.cursor.idx ?? undefined)],
      },
    },
    scene.columns,
    host,
  )
  const observer = new ResizeObserver(() => plot.setSize({ width: host.clientWidth, height: host.clientHeight }))
  observer.observe(host)
  return {
    show(next) {
      scene = next
      plot.setData(next.columns)
    },
    repaint: () => plot.redraw(false),
    close() {
      observer.disconnect()
      plot.destroy()
    },
  }
}

/** The drawn height: what was read and what is allowed, with air above and below. */
function reach({ limits, stepped }: ChartScene, low: number | null, high: number | null): [number, number] {
  if (stepped) return [-0.25, 1.25]
  const known = [low, high, limits.min, limits.max].filter(value => typeof value === 'number')
  if (known.length === 0) return [0, 1]
  const min = Math.min(...known)
  const max = Math.max(...known)
  const air = (max - min) * 0.1 || Math.abs(max) * 0.1 || 1
  return [min - air, max + air]
}

type Colour = (name: string) => string

/** Custom properties come back unresolved; a probe's own colour is resolved for the theme in force. */
function palette(host: HTMLElement): Colour {
  const probe = document.createElement('i')
  probe.hidden = true
  host.append(probe)
  return name => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
}

const mix = (colour: string, share: number): string => `color-mix(in srgb, ${colour} ${share * 100}%, transparent)`

function drawGround(plot: uPlot, scene: ChartScene, colour: Colour, words: ChartWords, font: string): void {
  const { ctx } = plot
  const { left, top, width, height } = plot.bbox
  const ratio = devicePixelRatio
  const x = (at: number) => Math.max(left, Math.min(left + width, plot.valToPos(at, 'x', true)))
  const y = (value: number) => Math.max(top, Math.min(top + height, plot.valToPos(value, 'y', true)))
  ctx.save()
  const { min, max } = scene.limits
  if (min !== undefined || max !== undefined) {
    const upper = max === undefined ? top : y(max)
    const lower = min === undefined ? top + height : y(min)
    ctx.fillStyle = mix(colour('--band'), 0.6)
    ctx.fillRect(left, upper, width, lower - upper)
    ctx.strokeStyle = colour('--band-edge')
    ctx.lineWidth = ratio
    ctx.setLineDash([5 * ratio, 4 * ratio])
    for (const limit of [min, max]) {
      if (limit === undefined) continue
      ctx.beginPath()
      ctx.moveTo(left, Math.round(y(limit)) + 0.5)
      ctx.lineTo(left + width, Math.round(y(limit)) + 0.5)
      ctx.stroke()
    }
    ctx.setLineDash([])
  }
  for (const mark of scene.marks) {
    if (mark.to < scene.from || mark.from > scene.to) continue
    ctx.fillStyle = mix(colour(`--${mark.tone}`), 0.14)
    const wide = Math.max(ratio, x(mark.to) - x(mark.from))
    // What is shaded is the breach: the ground beyond the limit that was broken, or all of it where there is none.
    const from = mark.side === 'below' && min !== undefined ? y(min) : top
    const to = mark.side === 'above' && max !== undefined ? y(max) : top + height
    ctx.fillRect(x(mark.from), from, wide, to - from)
  }
  ctx.font = font.replace('12px', `${12 * ratio}px`)
  ctx.textAlign = 'center'
  for (const hole of scene.holes) {
    const from = x(hole.from)
    const to = x(hole.to ?? scene.to)
    if (to - from < 1) continue
    hatch(ctx, from, to, top, height, colour('--unknown'), ratio)
    const text = words.hole(hole)
    if (ctx.measureText(text).width + 8 * ratio > to - from) continue
    ctx.fillStyle = colour('--unknown')
    ctx.fillText(text, (from + to) / 2, top + 18 * ratio)
  }
  ctx.restore()
}

function hatch(
  ctx: CanvasRenderingContext2D,
  from: number,
  to: number,
  top: number,
  height: number,
  ink: string,
  ratio: number,
): void {
  ctx.save()
  ctx.beginPath()
  ctx.rect(from, top, to - from, height)
  ctx.clip()
  ctx.fillStyle = mix(ink, 0.06)
  ctx.fillRect(from, top, to - from, height)
  ctx.strokeStyle = mix(ink, 0.3)
  ctx.lineWidth = ratio
  ctx.beginPath()
  for (let at = from - height; at < to; at += 7 * ratio) {
    ctx.moveTo(at, top + height)
    ctx.lineTo(at + height, top)
  }
  ctx.stroke()
  ctx.restore()
}

function drawMarks(plot: uPlot, scene: ChartScene, colour: Colour): void {
  const { ctx } = plot
  const { top, height } = plot.bbox
  const ratio = devicePixelRatio
  ctx.save()
  for (const mark of scene.marks) {
    if (mark.raisedAt < scene.from || mark.raisedAt > scene.to) continue
    const x = Math.round(plot.valToPos(mark.raisedAt, 'x', true))
    ctx.strokeStyle = colour(`--${mark.tone}`)
    ctx.fillStyle = ctx.strokeStyle
    ctx.lineWidth = 1.5 * ratio
    ctx.beginPath()
    ctx.moveTo(x, top)
    ctx.lineTo(x, top + height)
    ctx.stroke()
    ctx.beginPath()
    ctx.moveTo(x - 6 * ratio, top - 10 * ratio)
    ctx.lineTo(x + 6 * ratio, top - 10 * ratio)
    ctx.lineTo(x, top)
    ctx.fill()
  }
  ctx.restore()
}
