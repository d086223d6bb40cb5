import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OpenRows } from '../../gateway/historian/open-rows.ts'
import { bad, good, joined, noRows, push, rowAt, uncertain } from '../../gateway/historian/rows.ts'
import type { Row, Rows } from '../../gateway/historian/rows.ts'
import { Seals } from '../../gateway/historian/seals.ts'
import type { ClosedNow } from '../../gateway/historian/seals.ts'
import { fault } from '../../protocols/contract/fault.ts'
import { TableOnDisk } from './table-on-disk.ts'
import { point, reads } from './folder.ts'

const row = fc.record({
  at: fc.double({ min: -1e12, max: 2e12, noNaN: true }),
  receivedAt: fc.double({ min: -1e12, max: 2e12, noNaN: true }),
  value: fc.double({ noNaN: true }),
  mark: fc.constantFrom(good, uncertain, bad),
  period: fc.integer({ min: 0, max: 2 ** 21 - 1 }),
  fault: fc.constantFrom(fault('timeout', 'No answer.'), fault('garbled', 'Half an answer.'), fault('device-reported', '')),
})

const rowsOf = (rows: readonly Row[]): Rows => {
  const result = noRows()
  for (const one of rows) push(result, { ...one, fault: one.mark === bad ? one.fault : undefined })
  return result
}

describe('the open readings of a point', () => {
  test('are given back as they came, one by one and as columns, and again after they were cleared', () => {
    fc.assert(
      fc.property(fc.array(fc.array(row, { maxLength: 90 }), { maxLength: 4 }), turns => {
        const open = new OpenRows()
        for (const turn of turns) {
          const rows = rowsOf(turn)
          for (let index = 0; index < rows.at.length; index++) open.add(rows, index)
          expect(open.length).toBe(turn.length)
          const columns = open.columns()
          for (let index = 0; index < turn.length; index++) {
            const plain = rowAt(rows, index)
            expect(open.row(index)).toEqual(plain)
            expect(rowAt(columns, index)).toEqual(plain)
            expect([open.at(index), open.periodOf(index)]).toEqual([plain.at, plain.period])
          }
          expect(rowAt(joined([columns]), 0)).toEqual(rowAt(rows, 0))
          open.clear()
          expect(open.columns().at).toHaveLength(0)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('do not change under whoever reads them', () => {
    const open = new OpenRows()
    const rows = rowsOf([{ at: 1, receivedAt: 2, value: 3, mark: good, period: 4, fault: undefined }])
    open.add(rows, 0)
    const read = open.columns()
    open.clear()
    open.add(rowsOf([{ at: 9, receivedAt: 9, value: 9, mark: good, period: 9, fault: undefined }]), 0)
    expect(rowAt(read, 0)).toEqual(rowAt(rows, 0))
  })
})

/** Three points in turns of forty readings, packed after each; every seventh turn comes late. */
function fill(disk: TableOnDisk, turn: number): void {
  const start = (turn % 7 === 3 ? turn - 2.5 : turn) * 1_000
  for (const name of ['p1', 'p2', 'p3'])
    disk.record(Array.from({ length: 40 }, (_, index) => reads(start + index * 10, turn + index / 10, point(name))))
}

function pack(disk: TableOnDisk): void {
  for (const open of disk.table.points.all) disk.table.ripen(open)
  while (disk.table.sealingDue) disk.table.sealSome()
}

function close(disk: TableOnDisk): ClosedNow | undefined {
  const { table, series } = disk
  const from = {
    points: table.points.all,
    columns: (name: string, begin: number, end: number) => series.columns(name, begin, end),
    get period() {
      return table.period
    },
    set period(period: number) {
      table.period = period
    },
  }
  const closing = new Seals(disk.database, from).close(1, 0)
  if (!closing) return undefined
  for (;;) {
    const closed = closing.step(50)
    if (closed) return closed
  }
}

describe('packing on a disk that refuses', () => {
  test('takes nothing back and forgets nothing: blocks, periods and what is sealed are as on a disk that never did', () => {
    const [plain, full] = [new TableOnDisk(), new TableOnDisk()]
    try {
      let refusals = 0
      const periods: [ClosedNow | undefined, ClosedNow | undefined][] = []
      for (let turn = 0; turn < 30; turn++) {
        fill(plain, turn)
        pack(plain)
        fill(full, turn)
        // In the midst of it: blocks of one point are written by then.
        full.database.exec(
          `CREATE TEMP TRIGGER refused BEFORE UPDATE ON point WHEN new.id = ${(turn % 3) + 1} BEGIN SELECT raise(ABORT, 'no room'); END`,
        )
        try {
          pack(full)
        } catch {
          refusals++
        }
        full.database.exec('DROP TRIGGER refused')
        if (turn % 2 === 0) pack(full)
        if (turn % 10 === 9) periods.push([close(plain), close(full)])
      }
      expect(refusals).toBe(30)
      for (const [one, other] of periods) expect(other).toEqual(one)
      full.reopen()
      for (const { name } of plain.table.points.all) {
        const all = (disk: TableOnDisk): Row[] =>
          [...disk.series.columns(name, -Infinity, Infinity)].flatMap(rows =>
            Array.from(rows.at, (_, index) => rowAt(rows, index)),
          )
        expect(all(full)).toHaveLength(1_200)
        expect(all(full)).toEqual(all(plain))
      }
    } finally {
      plain.close()
      full.close()
    }
  })
})
