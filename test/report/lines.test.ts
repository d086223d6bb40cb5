import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { days, hours, instant } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Entry } from '../../gateway/journal/entry.ts'
import { inTime } from '../../gateway/report/logs/in-time.ts'
import { Lines, shown } from '../../gateway/report/logs/lines.ts'
import type { Names } from '../../gateway/report/logs/names.ts'
import { section, text, time } from '../../gateway/report/logs/section.ts'

const noon = instant(Date.UTC(2026, 10, 23, 4))
let seq = 0
const entry = (kind: string, at: number, data: Readonly<Record<string, unknown>>, by = 'wang'): Entry => ({
  seq: (seq += 1),
  kind,
  by,
  about: 'tank-1',
  data,
  leaf: '',
  at: instant(at),
  writtenAt: instant(at),
})
const names = {
  person: (by: string) => ({ zh: by, en: by }),
  moment: (at: Instant) => String((at - noon) / hours(1)),
} as unknown as Names
const linesOf = (journal: readonly Entry[]): Lines =>
  new Lines(
    {
      *entries(kinds: readonly string[], from: Instant, to: Instant) {
        for (const one of journal) if (kinds.includes(one.kind) && one.at >= from && one.at < to) yield one
      },
    } as never,
    names,
  )
const dosing = (grams: number, at: number = noon): Entry =>
  entry('record.dosing', at, { equipment: 'tank-1', verdict: 'passed', fields: { grams } })
const correction = (of: Entry, replaces: Entry, at: number, grams: number, was: Readonly<Record<string, unknown>>): Entry =>
  entry(
    'record.corrected',
    noon + hours(1),
    {
      seq: of.seq,
      replaces: replaces.seq,
      kind: 'dosing',
      at,
      verdict: 'passed',
      fields: { grams },
      reason: `${grams} g`,
      before: was,
    },
    'li',
  )
const period = [noon, instant(noon + days(1))] as const
const told = (lines: Lines): unknown =>
  [...lines.of(['record.dosing'], ...period)].map(({ data, isStruck, entries, gone }) => [
    (data['fields'] as { grams?: number } | undefined)?.grams ?? gone?.en,
    isStruck,
    entries.length,
  ])

describe('the lines of a log', () => {
  test('show a correction of a correction below the one it replaces, and count the last alone', () => {
    const first = dosing(80)
    const second = correction(first, first, noon, 30, { at: noon, fields: { grams: 80 } })
    const third = correction(first, second, noon, 31, { at: noon, fields: { grams: 30 } })
    const lines = linesOf([first, dosing(5, noon + 1), second, third])

    expect(told(lines)).toEqual([
      [80, true, 1],
      [30, true, 2],
      [31, false, 3],
      [5, false, 1],
    ])
    expect([...lines.valid(['record.dosing'], ...period)].map(({ data }) => data['fields'])).toEqual([
      { grams: 31 },
      { grams: 5 },
    ])
  })

  test('show a record that a correction moved into the period, and do not count one that it moved out', () => {
    const before = noon - days(2)
    const into = dosing(80, before)
    const out = dosing(9, noon + hours(2))
    const lines = linesOf([
      into,
      out,
      correction(into, into, noon + hours(3), 30, { at: before, fields: { grams: 80 } }),
      correction(out, out, noon - days(3), 9, { at: out.at, fields: { grams: 9 } }),
    ])

    expect(told(lines)).toEqual([
      [9, true, 1],
      [9, false, 2],
      [30, false, 2],
    ])
    expect([...lines.valid(['record.dosing'], ...period)].map(({ data }) => data['fields'])).toEqual([{ grams: 30 }])
  })

  test('keep the place of what was removed or cannot be read, as a quiet line with the reason', () => {
    const removed = entry('record.dosing', noon, { removed: 77 })
    const damaged = entry('record.dosing', noon + 1, { damaged: '{"gr' })
    const lines = linesOf([removed, damaged])
    const table = section({
      id: 'x',
      title: { zh: '', en: '' },
      columns: [text('by', '', '', () => 'somebody'), time('at', '', '', () => noon)],
      *rows() {
        for (const line of lines.of(['record.dosing'], ...period)) yield shown(line, () => ({}))
      },
      whenEmpty: { zh: '', en: '' },
    })

    expect([...table.rows()]).toEqual([
      {
        cells: [null, noon, { zh: '保存期满已删除（见第 77 条）', en: 'removed after its time of keeping (see entry 77)' }],
        tone: 'quiet',
        entries: [removed.seq],
      },
      {
        cells: [null, noon + 1, { zh: '此条记录已损坏，无法读取', en: 'this entry is damaged and cannot be read' }],
        tone: 'quiet',
        entries: [damaged.seq],
      },
    ])
    expect([...lines.valid(['record.dosing'], ...period)]).toEqual([])
  })

  test('say of a record that it was written down long after it was done', () => {
    const late = entry('record.dosing', noon, { fields: {}, enteredAt: noon + hours(5) })
    const soon = entry('record.dosing', noon, { fields: {}, enteredAt: noon + hours(0.5) })

    expect([...linesOf([late, soon]).of(['record.dosing'], ...period)].map(({ remark }) => remark?.en ?? null)).toEqual([
      'written down 5 h later',
      null,
    ])
  })

  test('come in order of time, however they were written, where none is later than the look ahead', () => {
    const times = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 60 })
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 70 }), (list, most) => {
        const entries = list.map((at, index) => ({ at: instant(at), seq: index + 1 }))
        const out = [...inTime(entries, most)]
        expect(out.map(one => one.seq).toSorted((a, b) => a - b)).toEqual(entries.map(one => one.seq))
        if (most >= entries.length) expect(out).toEqual(entries.toSorted((a, b) => a.at - b.at || a.seq - b.seq))
        const sorted = entries.toSorted((a, b) => a.at - b.at)
        expect([...inTime(sorted, most)]).toEqual(sorted)
      }),
    )
  })
})
