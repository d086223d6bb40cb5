/** Geometry of a cycle's curve: where readings, the hold zone and the marks stand. Pure. */
export interface CurveReading {
  readonly at: number
  readonly celsius: number
}
export interface CycleSketch {
  readonly readings: readonly CurveReading[]
  /** ms: the left and the right edge. */
  readonly from: number
  readonly to: number
  /** °C needed, and for how many ms. */
  readonly needed: number
  readonly neededFor: number
  /** Since when it was hot enough; absent where it never was. */
  readonly hotFrom?: number | undefined
}
export interface CycleDrawing {
  readonly x: (at: number) => number
  readonly y: (celsius: number) => number
  /** Pieces of the line: it is broken where nobody measured. */
  readonly lines: readonly string[]
  /** From when it was hot, as wide as it has to stay so, from the needed temperature up. */
  readonly hold: { readonly x: number; readonly width: number; readonly y: number; readonly height: number } | undefined
  readonly celsiusMarks: readonly number[]
  readonly timeMarks: readonly number[]
}

/** A silence longer than this is a hole in the line. */
const gap = 300_000
const steps = [5, 10, 15, 20, 30, 60, 120, 240].map(minutes => minutes * 60_000)
/** px between two times below the curve. */
const apart = 76

export function drawnCycle(sketch: CycleSketch, width: number, height: number): CycleDrawing {
  const { readings, from, to, needed, neededFor, hotFrom } = sketch
  const span = Math.max(1, to - from)
  const top = topOf(Math.max(needed, ...readings.map(({ celsius }) => celsius)))
  const bottom = Math.min(0, ...readings.map(({ celsius }) => Math.floor(celsius / 20) * 20))
  const x = (at: number): number => (Math.min(Math.max(at, from), to) - from) * (width / span)
  const y = (celsius: number): number => height - ((celsius - bottom) / (top - bottom)) * height
  const end = hotFrom === undefined ? 0 : hotFrom + neededFor
  const hold =
    hotFrom === undefined ? undefined : { x: x(hotFrom), width: Math.max(1, x(end) - x(hotFrom)), y: 0, height: y(needed) }
  return {
    x,
    y,
    lines: linesOf(readings, x, y),
    hold,
    celsiusMarks: celsiusMarks(bottom, top),
    timeMarks: timeMarks(from, to, width),
  }
}

const topOf = (highest: number): number => Math.ceil((highest + 4) / 20) * 20

function linesOf(
  readings: readonly CurveReading[],
  x: (at: number) => number,
  y: (celsius: number) => number,
): readonly string[] {
  const pieces: string[][] = []
  let before: number | undefined
  for (const { at, celsius } of readings) {
    if (before === undefined || at - before > gap) pieces.push([])
    pieces.at(-1)?.push(`${x(at).toFixed(1)},${y(celsius).toFixed(1)}`)
    before = at
  }
  return pieces.map(piece => piece.join(' '))
}

/** Every 20 or 40 °C, so that there are few. */
function celsiusMarks(bottom: number, top: number): readonly number[] {
  const step = top - bottom > 120 ? 40 : 20
  return Array.from({ length: Math.floor((top - bottom) / step) + 1 }, (_, index) => bottom + index * step)
}

/** Round times, as many as there is room for. */
export function timeMarks(from: number, to: number, width: number): readonly number[] {
  const most = Math.max(1, Math.floor(width / apart))
  const step = steps.find(one => (to - from) / one <= most) ?? Math.ceil((to - from) / most / 3_600_000) * 3_600_000
  const first = Math.ceil(from / step) * step
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, index) => first + index * step)
}
