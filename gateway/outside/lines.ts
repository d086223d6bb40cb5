import { faultCodes } from '../../protocols/contract/fault.ts'
import { minutes } from '../../protocols/contract/time.ts'
import { bad, good, qualityOf, rowAt } from '../historian/rows.ts'
import type { Row } from '../historian/rows.ts'
import type { SpoolPage } from '../historian/spool-page.ts'

/** Sent so much later than it came: it is marked, and sent no faster than the other side is meant to bear. */
export const lateAfter = minutes(5)

/** `q` is left out of a good reading. A bad one has no value: its fault is this and its place in the closed list of faults. */
const uncertainCode = 1
export const firstFaultCode = 100

/** One reading in line protocol. Times are ms. `key`: measurement and tags, escaped. Deterministic but for the mark of back-filling. */
export function lineOf(key: string, row: Row, sentAt: number): string {
  const fields = [...fieldsOf(row), ...(isBackfill(row, sentAt) ? ['backfill=1i'] : [])]
  return `${key} ${fields.join(',')} ${Math.round(row.at)}`
}

export const isBackfill = (row: Pick<Row, 'receivedAt'>, sentAt: number): boolean => sentAt - row.receivedAt > lateAfter

function fieldsOf(row: Row): readonly string[] {
  const quality = qualityOf(row.mark)
  if (quality === bad) return [`q=${firstFaultCode + Math.max(0, faultCodes.indexOf(row.fault?.code ?? 'device-reported'))}i`]
  // What line protocol cannot say is the same as what a sensor cannot say.
  if (!Number.isFinite(row.value)) return [`q=${firstFaultCode + faultCodes.indexOf('not-a-number')}i`]
  return quality === good ? [`value=${row.value}`] : [`value=${row.value}`, `q=${uncertainCode}i`]
}

/** What a code says of a reading. */
export const qualityOfCode = (code: number | undefined): 'good' | 'uncertain' | 'bad' =>
  code === undefined || code === 0 ? 'good' : code < firstFaultCode ? 'uncertain' : 'bad'

/** A page as lines, and how many of them are back-filled. */
export function linesOf(
  { points, which, rows }: Omit<SpoolPage, 'place'>,
  keyOf: (point: string) => string,
  sentAt: number,
): { readonly lines: readonly string[]; readonly backfilled: number } {
  const keys = points.map(keyOf)
  let backfilled = 0
  const lines = which.map((place, index) => {
    const row = rowAt(rows, index)
    if (isBackfill(row, sentAt)) backfilled++
    return lineOf(keys[place] ?? '', row, sentAt)
  })
  return { lines, backfilled }
}
