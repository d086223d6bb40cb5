import type { Fault } from '../../protocols/contract/fault.ts'
import { bad, good, qualityOf, rowAt } from './rows.ts'
import type { Rows } from './rows.ts'

const codes = new Map<Fault, string>()

/**
 * A stored reading as its digest has it, one line: canonical JSON of `[at, receivedAt, value, quality, fault]`, times in ms; `value` is null
 * where the quality is `bad`, and only there `fault` is its code instead of "".
 */
export function lineAt(rows: Rows, index: number): string {
  const mark = rows.mark[index] ?? bad
  const quality = qualityOf(mark)
  const times = `[${rows.at[index] ?? 0},${rows.receivedAt[index] ?? 0},`
  if (quality === good) return `${times}${figure(rows.value[index] ?? 0)},"good",""]\n`
  if (quality !== bad) return `${times}${figure(rows.value[index] ?? 0)},"uncertain",""]\n`
  const { fault } = rowAt(rows, index)
  return `${times}null,"bad",${fault ? codeOf(fault) : '""'}]\n`
}

/** What JSON cannot say as a number is said as a word. */
const figure = (value: number): string => (Number.isFinite(value) ? `${value}` : `"${value}"`)

function codeOf(fault: Fault): string {
  const known = codes.get(fault)
  if (known !== undefined) return known
  // Faults come as often as their blocks are read; a few of them are all there are.
  if (codes.size > 256) codes.clear()
  const text = JSON.stringify(fault.code)
  codes.set(fault, text)
  return text
}
