/** What both pages draw: eight series of an hour of readings, one a second, and how they are driven. */
export const charts = 8
export const points = 3_600
export const size = { width: 560, height: 300 }
const begin = 1_780_000_000_000

export const timeOf = (index: number): number => begin + index * 1_000

/** A cabinet with its compressor. */
export const valueOf = (chart: number, index: number): number =>
  4 + 2 * Math.sin(index / 120 + chart) + 0.3 * Math.sin(index / 7 + 3 * chart)

export interface Driven {
  /** Each chart takes one reading more and lets its oldest fall; resolves when the picture of the last is on the screen. */
  run(ticks: number): Promise<void>
  /** Index of the newest reading drawn. */
  newest(): number
}

/** One tick a frame, as fast as frames come. */
export function drive(tick: () => void, newest: () => number): void {
  const frame = (): Promise<void> => new Promise(resolve => requestAnimationFrame(() => resolve()))
  const run = async (ticks: number): Promise<void> => {
    for (let count = 0; count < ticks; count += 1) {
      tick()
      await frame()
    }
    await frame()
  }
  Object.assign(globalThis, { driven: { run, newest } satisfies Driven })
}
