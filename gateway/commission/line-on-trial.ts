import type { Binding, Driver, PreparedDriver, Probe, ScanAsk, ScanStep } from '../../protocols/contract/driver.ts'
import type { Clock } from '../../protocols/contract/time.ts'
import type { OpenLines } from '../lines.ts'

/** A line that can be asked: one of the running site, or one that is called for the occasion. */
export interface AskedLine {
  scan(ask: ScanAsk, signal: AbortSignal): AsyncIterable<ScanStep> | undefined
  probe(bindings: readonly Binding[], signal: AbortSignal): Promise<readonly Probe[]> | undefined
  close(): Promise<void>
}

/** The line as it runs: what is asked goes in between its own sweeps. */
export const runningLine = (lines: OpenLines, connection: string): AskedLine => ({
  scan: (ask, signal) => lines.scan(connection, ask, signal),
  probe: (bindings, signal) => lines.probe(connection, bindings, signal),
  close: () => Promise.resolve(),
})

/** A line of its own, never started: it calls when it is asked and hangs up afterwards. */
export function lineOnTrial(prepared: PreparedDriver, clock: Clock): AskedLine {
  const driver: Driver = prepared.open({ clock, wall: clock, publish: () => {}, linkUp: () => {}, linkDown: () => {} })
  return {
    scan: (ask, signal) => driver.scan?.(ask, signal),
    probe: (bindings, signal) => driver.probe?.(signal, bindings),
    close: () => driver.stop(),
  }
}
