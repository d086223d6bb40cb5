import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { Cell, LogColumn, LogRow, LogSection } from '../document.ts'
import { say } from './cells.ts'

/** A column and what stands in it. */
export interface Column<T> extends LogColumn {
  readonly of: (row: T) => Cell | undefined
}

/** A line of a table before it is cut into cells. */
export interface Shown<T> {
  readonly of: T
  readonly tone?: LogRow['tone'] | undefined
  readonly entries?: readonly number[]
  /** What else has to be said of it, in the last column. */
  readonly remark?: Words | null | undefined
}
/** A line of which only its time is left: its record was removed, or cannot be read. */
export interface Stub {
  readonly gone: Instant
  readonly entries: readonly number[]
  readonly remark: Words
}

interface Table<T> {
  readonly id: string
  readonly title: Words
  readonly columns: readonly Column<T>[]
  rows(): Iterable<Shown<T> | Stub>
  readonly whenEmpty: Words
  readonly notes?: readonly Words[]
}

const remarks: LogColumn = { key: 'remarks', name: say('备注', 'Remarks'), holds: 'text', width: 24 }

/** A table whose cells stand below their own titles by construction; its last column is for remarks, as on paper. */
export function section<T>({ id, title, columns, rows, whenEmpty, notes }: Table<T>): LogSection {
  const plain = columns.map(({ of: _of, ...column }) => column)
  return {
    id,
    title,
    columns: [...plain, remarks],
    *rows() {
      for (const line of rows()) yield 'gone' in line ? stub(columns, line) : cut(columns, line)
    },
    whenEmpty,
    ...(notes ? { notes } : {}),
  }
}

function cut<T>(columns: readonly Column<T>[], { of, tone, entries, remark }: Shown<T>): LogRow {
  return {
    cells: [...columns.map(column => column.of(of) ?? null), remark ?? null],
    ...(tone ? { tone } : {}),
    ...(entries ? { entries } : {}),
  }
}

function stub<T>(columns: readonly Column<T>[], { gone, entries, remark }: Stub): LogRow {
  const first = columns.findIndex(({ holds }) => holds === 'time' || holds === 'day')
  return { cells: [...columns.map((_, index) => (index === first ? gone : null)), remark], tone: 'quiet', entries }
}

type Of<T, C extends Cell> = (row: T) => C | undefined
const column =
  (holds: LogColumn['holds'], width: number) =>
  <T>(key: string, zh: string, en: string, of: Of<T, Cell>, wide = width): Column<T> => ({
    key,
    name: say(zh, en),
    holds,
    width: wide,
    of,
  })

export const text = column('text', 14)
export const time = column('time', 17)
export const day = column('day', 11)
/** ms */
export const length = column('length', 10)
/** 0–1 */
export const share = column('share', 9)
/** `good`, `bad`, `unknown`, or words. */
export const verdict = column('verdict', 10)
export const count = <T>(key: string, zh: string, en: string, of: Of<T, number | null>): Column<T> => ({
  ...column('number', 8)(key, zh, en, of),
  decimals: 0,
})
export const amount = <T>(
  key: string,
  zh: string,
  en: string,
  [unit, decimals]: readonly [unit: string, decimals: number],
  of: Of<T, number | null>,
): Column<T> => ({ ...column('number', 10)(key, zh, en, of), unit, decimals })
