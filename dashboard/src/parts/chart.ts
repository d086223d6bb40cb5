import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { enlargement } from '../look.svelte.ts'
import type { Fan } from '../live/trend/fan.ts'
import type { ValidLimits } from '../live/trend/limits.ts'
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
  /** Where what has been ends and what may come begins. */
  readonly now: number
  /** What was allowed when. */
  readonly limits: readonly ValidLimits[]
  readonly holes: readonly Hole[]
  readonly marks: readonly ChartMark[]
  /** Another time beside this one, drawn faintly. */
  readonly other?: Columns | undefined
  readonly fan?: Fan | undefined
  readonly stepped: boolean
  readonly isBucketed: boolean
}
/** Where the curve lies within its host, CSS px. */
export interface ChartFrame {
  readonly left: number
  readonly width: number
  readonly top: number
  readonly height: number
}
export interface ChartWords {
  readonly timeZone: string
  readonly time: (at: number) => string
  readonly value: (value: number) => string
  readonly hole: (hole: Hole) => string
  /** Told whenever the curve lies elsewhere than before. */
  readonly frame: (frame: ChartFrame) => void
}
export interface Chart {
  show(scene: ChartScene): void
  repaint(): void
  close(): void
  /** How far below the top of the host a value lies, CSS px. */
  yOf(value: number): number
}

/** Draws one curve with what is allowed, what was missed and what was raised. The only file that knows the chart library. */
export function openChart(host: HTMLElement, words: ChartWords, first: ChartScene): Chart {
  let scene = first
  const ink = palette(host)
  const { colour } = ink
  const large = enlargement()
  const font = (ratio = 1) => `${12 * large * ratio}px ${getComputedStyle(host).fontFamily}`
  let frame: ChartFrame | undefined
  const tellFrame = ({ bbox }: uPlot) => {
    const ratio = devicePixelRatio
    const { left, width, top, height } = bbox
    const next = { left: left / ratio, width: width / ratio, top: top / ratio, height: height / ratio }
    if (frame && (['left', 'width', 'top', 'height'] as const).every(side => frame?.[side] === next[side])) return
    frame = next
    words.frame(next)
  }
  const axis: uPlot.Axis = {
    stroke: () => colour('--ink-3'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { show: false },
    font: font(),
    gap: 6 * large,
  }
  const line: uPlot.Series = {
    stroke: () => colour('--ink'),
    width: 1.75 * large,
    points: { show: false },
    ...(scene.stepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
  }
  const edge: uPlot.Series = { stroke: 'transparent', width: 0, points: { show: false } }
  const plot = new uPlot(
    {
      width: host.clientWidth,
      height: host.clientHeight,
      ms: 1,
      tzDate: at => uPlot.tzDate(new Date(at), words.timeZone),
      padding: [10 * large, 20 * large, 0, 0],
      legend: { show: false },
      // The cursor is one line through the curve and its lanes, and so is drawn where both are.
      cursor: { show: false },
      scales: {
        x: { time: true, range: () => [scene.from, scene.to] },
        y: { range: (_plot, min, max) => reach(scene, min, max) },
      },
      axes: [
        { ...axis, size: 28 * large, space: 72 * large, values: (_plot, splits) => splits.map(words.time) },
        {
          ...axis,
          size: (_plot, values) => large * (14 + Math.max(24, ...(values ?? []).map(value => value.length * 7.2))),
          values: (_plot, splits) => splits.map(words.value),
          ...(scene.stepped ? { splits: () => [0, 1] } : {}),
        },
      ],
      series: scene.isBucketed ? [{}, line, edge, edge] : [{}, line],
      ...(scene.isBucketed && !scene.stepped ? { bands: [{ series: [2, 3], fill: () => mix(colour('--ghost'), 0.28) }] } : {}),
      hooks: {
        drawClear: [self => drawGround(self, scene, colour, words, font)],
        draw: [
          self => {
            drawAhead(self, scene, colour)
            drawMarks(self, scene, colour)
            tellFrame(self)
          },
        ],
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
    repaint() {
      ink.forget()
      plot.redraw(false)
    },
    close() {
      observer.disconnect()
      plot.destroy()
    },
    yOf: value => plot.valToPos(value, 'y') + plot.bbox.top / devicePixelRatio,
  }
}

/** The drawn height: what was read and what is allowed, with air above and below. */
function reach({ limits, stepped, from, to, other, fan }: ChartScene, low: number | null, high: number | null): [number, number] {
  if (stepped) return [-0.25, 1.25]
  let [min, max] = [low ?? Number.POSITIVE_INFINITY, high ?? Number.NEGATIVE_INFINITY]
  const take = (value: number | null | undefined) => {
    if (typeof value !== 'number') return
    if (value < min) min = value
    if (value > max) max = value
  }
  for (const one of limits) {
    if (one.to <= from || one.from >= to) continue
    take(one.min)
    take(one.max)
  }
  for (const value of other?.[1] ?? []) take(value)
  // The line decides of what is to come; its band may leave the picture.
  if (fan) take(fan.limit)
  if (min > max) return [0, 1]
  const air = (max - min) * 0.1 || Math.abs(max) * 0.1 || 1
  return [min - air, max + air]
}

type Colour = (name: string) => string

/** Custom properties come back unresolved; a probe's own colour is resolved for the theme in force, and kept until that changes. */
function palette(host: HTMLElement): { readonly colour: Colour; forget(): void } {
  const probe = document.createElement('i')
  probe.hidden = true
  host.append(probe)
  const known = new Map<string, string>()
  return {
    colour(name) {
      const found = known.get(name)
      if (found !== undefined) return found
      probe.style.color = `var(${name})`
      const resolved = getComputedStyle(probe).color
      known.set(name, resolved)
      return resolved
    },
    forget: () => known.clear(),
  }
}

const mix = (colour: string, share: number): string => `color-mix(in srgb, ${colour} ${share * 100}%, transparent)`

/** Places on the canvas, held inside the picture. */
function sight(plot: uPlot) {
  const { left, top, width, height } = plot.bbox
  return {
    left,
    top,
    width,
    height,
    x: (at: number) => Math.max(left, Math.min(left + width, plot.valToPos(at, 'x', true))),
    y: (value: number) => Math.max(top, Math.min(top + height, plot.valToPos(value, 'y', true))),
  }
}

function drawGround(plot: uPlot, scene: ChartScene, colour: Colour, words: ChartWords, font: (ratio: number) => string): void {
  const { ctx } = plot
  const { left, top, width, height, x, y } = sight(plot)
  const ratio = devicePixelRatio
  ctx.save()
  for (const { from, to, min, max } of scene.limits) {
    if (to <= scene.from || from >= scene.to) continue
    const [begin, end] = [x(from), x(Math.min(to, scene.to))]
    const upper = max === undefined ? top : y(max)
    const lower = min === undefined ? top + height : y(min)
    ctx.fillStyle = mix(colour('--band'), 0.6)
    ctx.fillRect(begin, upper, end - begin, lower - upper)
    ctx.strokeStyle = colour('--band-edge')
    ctx.lineWidth = ratio
    ctx.setLineDash([5 * ratio, 4 * ratio])
    for (const limit of [min, max]) {
      if (limit === undefined) continue
      ctx.beginPath()
      ctx.moveTo(begin, Math.round(y(limit)) + 0.5)
      ctx.lineTo(end, Math.round(y(limit)) + 0.5)
      ctx.stroke()
    }
    ctx.setLineDash([])
  }
  for (const mark of scene.marks) {
    if (mark.to < scene.from || mark.from > scene.to) continue
    const { min, max } = scene.limits.find(one => mark.raisedAt >= one.from && mark.raisedAt < one.to) ?? {}
    ctx.fillStyle = mix(colour(`--${mark.tone}`), 0.14)
    const wide = Math.max(ratio, x(mark.to) - x(mark.from))
    // What is shaded is the breach: the ground beyond the limit that was broken, or all of it where there is none.
    const from = mark.side === 'below' && min !== undefined ? y(min) : top
    const to = mark.side === 'above' && max !== undefined ? y(max) : top + height
    ctx.fillRect(x(mark.from), from, wide, to - from)
  }
  if (scene.now > scene.from && scene.now < scene.to) {
    ctx.fillStyle = mix(colour('--surface-2'), 0.55)
    ctx.fillRect(x(scene.now), top, left + width - x(scene.now), height)
  }
  ctx.font = font(ratio)
  ctx.textAlign = 'center'
  for (const hole of scene.holes) {
    const from = x(hole.from)
    const to = x(hole.to ?? Math.min(scene.to, scene.now))
    if (to - from < 1) continue
    hatch(ctx, from, to, top, height, colour('--unknown'), ratio)
    const text = words.hole(hole)
    if (ctx.measureText(text).width + 8 * ratio > to - from) continue
    ctx.fillStyle = colour('--unknown')
    ctx.fillText(text, (from + to) / 2, top + 18 * ratio)
  }
  if (scene.other) drawOther(plot, scene.other, scene.stepped, mix(colour('--ink-2'), 0.5), ratio)
  ctx.restore()
}

/** Another time: a thin broken line behind the one that counts. */
function drawOther(plot: uPlot, [times, means]: Columns, stepped: boolean, ink: string, ratio: number): void {
  const { ctx } = plot
  const { left, top, width, height } = plot.bbox
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, top, width, height)
  ctx.clip()
  ctx.beginPath()
  ctx.strokeStyle = ink
  ctx.lineWidth = 1.25 * ratio
  ctx.setLineDash([2 * ratio, 2 * ratio])
  let last: number | undefined
  for (const [index, at] of times.entries()) {
    const mean = means?.[index]
    if (typeof mean !== 'number') {
      last = undefined
      continue
    }
    const [x, y] = [plot.valToPos(at, 'x', true), plot.valToPos(mean, 'y', true)]
    if (last === undefined) ctx.moveTo(x, y)
    else {
      if (stepped) ctx.lineTo(x, last)
      ctx.lineTo(x, y)
    }
    last = y
  }
  ctx.stroke()
  ctx.restore()
}

/** What may come: the band fades with the distance, the line is broken, and where it meets the limit stands a ring. */
function drawAhead(plot: uPlot, { fan, from, to }: ChartScene, colour: Colour): void {
  if (!fan || fan.at >= to) return
  const { ctx } = plot
  const { left, top, width, height } = plot.bbox
  const ratio = devicePixelRatio
  const x = (at: number) => plot.valToPos(at, 'x', true)
  const y = (value: number) => plot.valToPos(value, 'y', true)
  const ink = colour('--ghost')
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, top, width, height)
  ctx.clip()
  const begin = x(Math.max(from, fan.at))
  const fade = ctx.createLinearGradient(begin, 0, Math.max(begin + 1, x(Math.min(to, fan.late ?? to))), 0)
  fade.addColorStop(0, mix(ink, 0.42))
  fade.addColorStop(1, mix(ink, 0.1))
  ctx.fillStyle = fade
  ctx.beginPath()
  for (const dot of fan.dots) ctx.lineTo(x(dot.t), y(dot.high))
  for (const dot of fan.dots.toReversed()) ctx.lineTo(x(dot.t), y(dot.low))
  ctx.fill()
  ctx.beginPath()
  ctx.strokeStyle = colour('--ink-2')
  ctx.lineWidth = 1.5 * ratio
  ctx.setLineDash([4 * ratio, 4 * ratio])
  for (const dot of fan.dots) if (dot.t <= fan.likely) ctx.lineTo(x(dot.t), y(dot.mean))
  ctx.lineTo(x(fan.likely), y(fan.limit))
  ctx.stroke()
  ctx.setLineDash([])
  ctx.beginPath()
  ctx.fillStyle = colour('--surface')
  ctx.arc(x(fan.likely), y(fan.limit), 4 * ratio, 0, 2 * Math.PI)
  ctx.fill()
  ctx.stroke()
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

/** When an alarm was raised; what it was stands below, where it can be pressed. */
function drawMarks(plot: uPlot, scene: ChartScene, colour: Colour): void {
  const { ctx } = plot
  const { top, height } = plot.bbox
  const ratio = devicePixelRatio
  ctx.save()
  for (const mark of scene.marks) {
    if (mark.raisedAt < scene.from || mark.raisedAt > scene.to) continue
    const x = Math.round(plot.valToPos(mark.raisedAt, 'x', true))
    ctx.strokeStyle = colour(`--${mark.tone}`)
    ctx.lineWidth = 1.5 * ratio
    ctx.beginPath()
    ctx.moveTo(x, top)
    ctx.lineTo(x, top + height)
    ctx.stroke()
  }
  ctx.restore()
}
