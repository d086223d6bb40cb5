import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { faultCodes } from '../../protocols/contract/fault.ts'
import { minutes } from '../../protocols/contract/time.ts'
import { holding, shownUrl } from '../../gateway/outside/holding.ts'
import { seriesKey } from '../../gateway/outside/influx.ts'
import { isBackfill, lineOf, linesOf, qualityOfCode } from '../../gateway/outside/lines.ts'
import { bad, noRows, push } from '../../gateway/historian/rows.ts'
import type { Row } from '../../gateway/historian/rows.ts'
import { readLines } from '../../gateway/api/line-protocol.ts'

const key = seriesKey({ site: 'school', equipment: 'cold-1', point: 'temperature', unit: '°C' })
const row = (value: number | undefined, more: Partial<Row> = {}): Row => ({
  at: 1_000,
  receivedAt: 1_020,
  value: value ?? 0,
  mark: value === undefined ? bad : 0,
  period: 1,
  fault: value === undefined ? { code: 'timeout', detail: '' } : undefined,
  ...more,
})

test('a reading is one line, known by its series and its time', () => {
  expect(key).toBe('reading,equipment=cold-1,point=temperature,site=school,unit=°C')
  expect(lineOf(key, row(4.2), 2_000)).toBe(`${key} value=4.2 1000`)
  expect(lineOf(key, row(-0.5, { mark: 1 }), 2_000)).toBe(`${key} value=-0.5,q=1i 1000`)
  expect(lineOf(key, row(undefined), 2_000)).toBe(`${key} q=${100 + faultCodes.indexOf('timeout')}i 1000`)
  expect(lineOf(key, row(Number.NaN), 2_000)).toBe(`${key} q=${100 + faultCodes.indexOf('not-a-number')}i 1000`)
})

test('what is sent more than five minutes after it came is marked', () => {
  expect(lineOf(key, row(1), 1_020 + minutes(5))).not.toContain('backfill')
  expect(lineOf(key, row(1), 1_021 + minutes(5))).toBe(`${key} value=1,backfill=1i 1000`)
  expect(isBackfill({ receivedAt: 0 }, 300_001)).toBe(true)
})

test('a page counts what it fills in', () => {
  const rows = noRows()
  push(rows, row(1))
  push(rows, row(2, { receivedAt: 400_000 }))
  const { lines, backfilled } = linesOf({ points: ['a', 'b'], which: [1, 0], rows }, name => `reading,point=${name}`, 400_001)
  expect(lines).toEqual(['reading,point=b value=1,backfill=1i 1000', 'reading,point=a value=2 1000'])
  expect(backfilled).toBe(1)
})

test('codes say good, uncertain or bad', () => {
  expect([undefined, 0, 1, 100, 111].map(qualityOfCode)).toEqual(['good', 'good', 'uncertain', 'bad', 'bad'])
})

test('whatever names and values are, a reader of line protocol reads them back', () => {
  const name = fc.string({ unit: fc.constantFrom('a', '冷', ' ', ',', '=', '1', '°', '.'), minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(
      name,
      name,
      name,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: 0, max: 2e12 }),
      (site, equipment, point, value, at) => {
        const line = lineOf(seriesKey({ site, equipment, point, unit: '' }), row(value, { at, receivedAt: at }), at)
        const lines = [...readLines(line, 'ms')].flatMap(one => ('why' in one ? [] : [one]))
        expect(lines).toHaveLength(1)
        const [read] = lines
        expect(read).toMatchObject({ measurement: 'reading', at })
        expect([...(read?.tags ?? [])]).toEqual([
          ['equipment', equipment],
          ['point', point],
          ['site', site],
        ])
        expect([...(read?.fields ?? [])]).toEqual([['value', value === 0 ? 0 : value]])
      },
    ),
    { numRuns: 500 },
  )
})

test('how long the spool holds is its budget by the rate of the day', () => {
  expect(holding({ bytes: 500, perHour: { rows: 1, bytes: 100 } }, 2_400)).toEqual({ holds: 24, left: 19 })
  expect(holding({ bytes: 5_000, perHour: { rows: 1, bytes: 100 } }, 2_400)).toEqual({ holds: 24, left: 0 })
  expect(holding({ bytes: 0, perHour: undefined }, 2_400)).toEqual({})
  expect(holding({ bytes: 0, perHour: { rows: 0, bytes: 0 } }, 2_400)).toEqual({})
})

test('an address is shown without what is secret in it', () => {
  expect(shownUrl('http://user:secret@10.0.0.5:8086/influx?token=x#y')).toBe('http://10.0.0.5:8086/influx')
  expect(shownUrl('https://db.example/')).toBe('https://db.example')
  expect(shownUrl('nonsense')).toBe('')
})
