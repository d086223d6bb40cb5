import { Engine } from 'json-rules-engine'

/**
 * json-rules-engine with one rule a point and one engine a hundred points, so that a batch of those hundred is one run: its cheapest
 * way that we know. It has no hysteresis and no state; `hear` gives how many conditions were met.
 */
export class EngineRules {
  readonly #engines = new Map<string, Engine>()

  constructor(points: readonly string[], bound: number) {
    for (let start = 0; start < points.length; start += 100) {
      const engine = new Engine()
      for (const point of points.slice(start, start + 100)) {
        engine.addRule({
          conditions: { all: [{ fact: point, operator: 'greaterThan', value: bound }] },
          event: { type: point },
        })
        this.#engines.set(point, engine)
      }
    }
  }

  async hear(readings: readonly { readonly point: string; readonly value: number }[]): Promise<number> {
    const engine = this.#engines.get(readings[0]?.point ?? '')
    const { events } = (await engine?.run(Object.fromEntries(readings.map(({ point, value }) => [point, value])))) ?? {
      events: [],
    }
    return events.length
  }
}
