import type { Binding, PreparedDriver } from '../../../protocols/contract/driver.ts'
import { pointId } from '../../../protocols/contract/reading.ts'
import { modbusTcp } from '../../../protocols/modbus/driver.ts'

export interface BenchLine {
  readonly id: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly bindings: readonly Binding[]
  readonly prepared: PreparedDriver
}

/** Ten units a connection, fifty floats in each of their two register tables: a hundred points a unit. */
export function linesOf(ports: readonly number[], every: number): readonly BenchLine[] {
  return ports.map((port, index) => {
    const settings = { host: '127.0.0.1', port, every: `${every}ms`, timeout: '1s' }
    const bindings = Array.from({ length: 1_000 }, (_, n): Binding => {
      const unit = index * 10 + 1 + Math.floor(n / 100)
      const within = n % 100
      return {
        point: pointId(`u${unit}`, `f${within}`),
        equipment: `u${unit}`,
        device: { unit },
        settings: { table: within < 50 ? 'holding' : 'input', register: (within % 50) * 2, type: 'float32' },
        plausible: { min: -40, max: 100 },
      }
    })
    const prepared = modbusTcp.prepare(`line-${index}`, settings, bindings)
    if (!prepared.ok) throw new Error(JSON.stringify(prepared.problems[0]))
    return { id: `line-${index}`, settings, bindings, prepared: prepared.driver }
  })
}
