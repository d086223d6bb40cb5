interface Heard {
  readonly point: string
  readonly at: number
  readonly value: number
}

/** The least a limit with hysteresis can cost: one closure a point, no time, no order, no memory of anything else. */
export class BareRules {
  readonly #judges: ReadonlyMap<string, (value: number) => 'raised' | 'cleared' | undefined>

  constructor(points: readonly string[], { value: bound, deadband }: { readonly value: number; readonly deadband: number }) {
    this.#judges = new Map(
      points.map(point => {
        let raised = false
        return [
          point,
          value => {
            if (!raised && value > bound) {
              raised = true
              return 'raised'
            }
            if (raised && value <= bound - deadband) {
              raised = false
              return 'cleared'
            }
            return undefined
          },
        ]
      }),
    )
  }

  hear(readings: readonly Heard[]): { readonly point: string; readonly at: number; readonly what: string }[] {
    const said: { point: string; at: number; what: string }[] = []
    for (const { point, at, value } of readings) {
      const what = this.#judges.get(point)?.(value)
      if (what) said.push({ point, at, what })
    }
    return said
  }
}
