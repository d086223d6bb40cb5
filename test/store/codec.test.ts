import { zstdDecompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BadBytes } from '../../gateway/historian/bytes.ts'
import { packBatch, rowsOf, unpackBatch } from '../../gateway/historian/batch.ts'
import { seal, summaryIn, summaryOf, unseal } from '../../gateway/historian/codec.ts'
import { noRows, push, rowAt } from '../../gateway/historian/rows.ts'
import type { Row, Rows } from '../../gateway/historian/rows.ts'
import { faultCodes } from '../../protocols/contract/fault.ts'

const wholeTime = fc.integer({ min: -1_000_000_000_000, max: 4_000_000_000_000 })
const anyTime = fc.double({ noNaN: true, noDefaultInfinity: true })
const decimal = fc
  .tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: 0, max: 9 }))
  .map(([n, d]) => n / 10 ** d)
const anyValue = fc.oneof(
  decimal,
  decimal.map(Math.fround),
  fc.double(),
  fc.constantFrom(0, -0, Number.MAX_VALUE, 5e-324, Infinity, 2 ** 53),
)
const fault = fc.record({
  code: fc.constantFrom(...faultCodes),
  detail: fc.string({ unit: 'binary' }).map(text => text.toWellFormed()),
})

const row = (time: fc.Arbitrary<number>, value: fc.Arbitrary<number>): fc.Arbitrary<Row> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        at: time,
        receivedAt: time,
        value,
        mark: fc.constantFrom(0, 1, 4, 5),
        period: fc.nat(3),
        fault: fc.constant(undefined),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        at: time,
        receivedAt: time,
        value: fc.constant(0),
        mark: fc.constantFrom(2, 6),
        period: fc.nat(3),
        fault,
      }),
    },
  )
const manyRows = fc
  .oneof(
    fc.array(row(wholeTime, decimal), { maxLength: 200 }),
    fc.array(row(wholeTime, anyValue), { maxLength: 60 }),
    fc.array(row(anyTime, anyValue), { maxLength: 60 }),
  )
  .map(list => list.map(plain).toSorted((a, b) => a.at - b.at))

// fast-check makes records without a prototype; strict equality would see that.
function plain(each: Row): Row {
  return { ...each, fault: each.fault && { ...each.fault } }
}

function columns(rows: readonly Row[]): Rows {
  const result = noRows()
  for (const each of rows) push(result, each)
  return result
}
const list = (rows: Rows): Row[] => Array.from(rows.at, (_, index) => rowAt(rows, index))

describe('a sealed block', () => {
  test('gives back every time, value, mark and fault bit by bit', () => {
    fc.assert(
      fc.property(manyRows, rows => {
        // toStrictEqual tells 0 from −0.
        expect(list(unseal(seal(columns(rows))))).toStrictEqual(rows)
      }),
      { numRuns: 400 },
    )
  })

  test('of few rows as of many holds what zstd itself can read', () => {
    for (const count of [0, 1, 3, 100, 255, 256, 2_000]) {
      const rows = columns(
        Array.from({ length: count }, (_, n) => ({
          at: n * 1_000,
          receivedAt: n * 1_000,
          value: n / 10,
          mark: 0,
          period: 1,
          fault: undefined,
        })),
      )
      const block = seal(rows)
      const length = new DataView(block.buffer, block.byteOffset).getUint32(73, true)
      expect(zstdDecompressSync(block.subarray(77)).length).toBe(length)
      expect(list(unseal(block))).toStrictEqual(list(rows))
    }
  })

  test('carries the summary of its good and finite readings', () => {
    fc.assert(
      fc.property(manyRows, rows => {
        expect(summaryIn(seal(columns(rows)))).toStrictEqual(summaryOf(columns(rows)))
      }),
    )
  })

  test('is refused when one bit is different, or the end is missing', () => {
    const block = seal(
      columns(
        Array.from({ length: 300 }, (_, index) => ({
          at: index * 10_000,
          receivedAt: index * 10_000 + 5,
          value: (index % 40) / 10,
          mark: 0,
          period: 1,
          fault: undefined,
        })),
      ),
    )
    for (let bit = 0; bit < block.length * 8; bit++) {
      const flipped = block.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => unseal(flipped)).toThrow(BadBytes)
    }
    for (let length = 0; length < block.length; length++) expect(() => unseal(block.slice(0, length))).toThrow(BadBytes)
  })

  test('needs less than half a byte for a reading that wanders in tenths every ten seconds', () => {
    let tenths = 40
    let random = 1
    const rows = Array.from({ length: 1024 }, (_, index): Row => {
      random = (random * 1_103_515_245 + 12_345) % 2 ** 31
      tenths += (Math.floor(random / 65_536) % 3) - 1
      return {
        at: 1_700_000_000_000 + index * 10_000,
        receivedAt: 1_700_000_000_000 + index * 10_000,
        value: tenths / 10,
        mark: 0,
        period: 1,
        fault: undefined,
      }
    })

    expect(seal(columns(rows)).length / rows.length).toBeLessThan(0.5)
  })
})

describe('a batch of the log', () => {
  test('gives back every row of every point', () => {
    fc.assert(
      fc.property(manyRows, fc.infiniteStream(fc.integer({ min: 1, max: 1e6 })), (rows, ids) => {
        const logged = rows.map(each => ({ point: Number(ids.next().value), row: each }))
        const batch = packBatch({ point: logged.map(({ point }) => point), rows: columns(rows) })
        expect([...rowsOf(unpackBatch(batch))]).toStrictEqual(logged)
      }),
    )
  })

  test('is refused when one bit is different', () => {
    const batch = packBatch({
      point: [3],
      rows: columns([{ at: 1, receivedAt: 2, value: 0.5, mark: 0, period: 1, fault: undefined }]),
    })
    for (let bit = 0; bit < batch.length * 8; bit++) {
      const flipped = batch.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => unpackBatch(flipped)).toThrow(BadBytes)
    }
  })
})
