import type { Place } from '../place.ts'
import type { SpecReader } from '../spec.ts'
import { stated } from './fact.ts'

/** Largest flow of the sizes of diaphragm meters, m³/h (GB/T 6968; from general knowledge, standards §1.7). */
const sizes: ReadonlyMap<unknown, number> = new Map([
  ['G1.6', 2.5],
  ['G2.5', 4],
  ['G4', 6],
  ['G6', 10],
  ['G10', 16],
  ['G16', 25],
  ['G25', 40],
  ['G40', 65],
  ['G65', 100],
  ['G100', 160],
])

/** The largest flow of a meter by its size, m³/h: `G16` is 25. A number, also one in a text, is the flow itself. */
export function qmaxOf(written: unknown): number | undefined {
  const qmax = typeof written === 'string' ? (sizes.get(written.trim().toUpperCase()) ?? Number.parseFloat(written)) : written
  return typeof qmax === 'number' && qmax > 0 ? qmax : undefined
}

/** `qmax: 25` in m³/h, or the size of the meter, `qmax: G16`; either may stand in a fact, as in `qmax: { fact: meter }`. */
export function readQmax(from: SpecReader, place: Place): number {
  const raw = from.raw('qmax')
  const written = stated(raw, place)
  // A pack by itself: which meter it is will be known where it is laid on a site.
  if (written === undefined && raw !== undefined && !place.facts) return 1
  const qmax = qmaxOf(written)
  if (qmax !== undefined) return qmax
  from.wrong(
    ['qmax'],
    written === undefined
      ? { zh: '缺少“qmax”', en: '"qmax" is missing' }
      : { zh: `“qmax”的值 ${JSON.stringify(written)} 不对`, en: `"qmax" cannot be ${JSON.stringify(written)}` },
    {
      zh: '写最大流量（m³/h）或表的规格，例如 25 或 G16',
      en: 'write the largest flow in m³/h or the size of the meter, such as 25 or G16',
    },
  )
  return 1
}
