import { Environment } from '@marcbachmann/cel-js'

/** The bare library: one compiled expression over two doubles, and a context that is written anew each time. */
export function bareCel(expression: string): (temperature: number, door: number) => unknown {
  const environment = new Environment().registerVariable('temperature', 'double').registerVariable('door', 'double')
  const program = environment.parse(expression)
  const context = { temperature: 0, door: 0 }
  return (temperature, door) => {
    context.temperature = temperature
    context.door = door
    return program(context)
  }
}
