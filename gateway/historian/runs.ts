import type { Boot } from '../store/store.ts'

/** What a run of the gateway left behind: which boot of the machine it belongs to. */
export const runSchema = `
  ALTER TABLE run ADD COLUMN boot TEXT;
`

/** A run of the gateway on this folder: from its start to its last word. */
export interface Run {
  readonly start: number
  readonly alive: number
  /** Absent where it was not written down, as by version 1. */
  readonly boot: Boot | undefined
}

// Where a system gives no name to its boots their time is reckoned from how long it has been up, and clocks are corrected.
const tolerance = 60_000

/** Whether two runs were of the same boot of the machine; `undefined` where one of them does not say. */
export function isSameBoot(a: Boot | undefined, b: Boot | undefined): boolean | undefined {
  if (!a || !b) return undefined
  if (a.id !== undefined && b.id !== undefined) return a.id === b.id
  return Math.abs(a.at - b.at) <= tolerance
}

export function readRun(row: Readonly<Record<string, unknown>>): Run {
  const { start, alive, boot } = row
  return { start: Number(start), alive: Number(alive), boot: typeof boot === 'string' ? bootIn(boot) : undefined }
}

function bootIn(text: string): Boot | undefined {
  try {
    const { id, at } = Object(JSON.parse(text)) as Readonly<Record<string, unknown>>
    return typeof at === 'number' ? { at, ...(typeof id === 'string' ? { id } : {}) } : undefined
  } catch {
    return undefined
  }
}
