import type { Bench } from './figure.ts'

/** Every bench in the order it is run, loaded when it is its turn: adding one is a file and a line here. */
export const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  start: async () => (await import('./start.ts')).bench,
  live: async () => (await import('./live.ts')).bench,
  page: async () => (await import('./page.ts')).bench,
  tiles: async () => (await import('./tiles.ts')).bench,
  charts: async () => (await import('./charts.ts')).bench,
  alarms: async () => (await import('./alarms.ts')).bench,
  rules: async () => (await import('./rules.ts')).bench,
  engine: async () => (await import('./engine.ts')).bench,
  backtest: async () => (await import('./backtest.ts')).bench,
  store: async () => (await import('./store.ts')).bench,
  history: async () => (await import('./history.ts')).bench,
  logs: async () => (await import('./logs.ts')).bench,
  broker: async () => (await import('./broker.ts')).bench,
  modbus: async () => (await import('./modbus.ts')).bench,
  serial: async () => (await import('./serial.ts')).bench,
}
