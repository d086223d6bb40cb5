import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cellText, clockLength, lengthText, numberText, shareText, stampText, timeText } from '../../gateway/report/cell-text.ts'
import { chartMarks, hatch, scaleOf } from '../../gateway/report/chart-marks.ts'
import { attachmentHeader, fileNameOf, plainName } from '../../gateway/report/file-name.ts'
import { periodText } from '../../gateway/report/front.ts'
import { pagesOf } from '../../gateway/report/layout.ts'
import { linesOf, narrowest } from '../../gateway/report/lines.ts'
import type { Letters, Mark } from '../../gateway/report/page.ts'
import { planColumns } from '../../gateway/report/table-plan.ts'
import { wideAs } from '../../gateway/report/widths.ts'
import { hours, instant } from '../../protocols/contract/time.ts'
import { cabinetSection, logDocument, november, testSeal, textSection, words } from './sheet.ts'

const zh = { language: 'zh', zone: 'Asia/Shanghai' } as const
const en = { language: 'en', zone: 'Europe/Berlin' } as const
/** Letters of which a Chinese one is as wide as it is high, and a Latin one half of that. */
const letters: Letters = { width: (text, { size }) => (wideAs(text) * size) / 2, shown: text => text }
const measure = (text: string): number => letters.width(text, { size: 8 })

describe('a line', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 120 }),
    fc.lorem({ maxCount: 30 }),
    fc.stringMatching(/^[一-龥，。（）a-z0-9 ]{0,80}$/),
  )

  test('is never wider than its place, unless one character is, and no character is lost', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 4, max: 300 }), (text, width) => {
        const lines = linesOf(text, width, measure)
        for (const line of lines) if ([...line].length > 1) expect(measure(line)).toBeLessThanOrEqual(width)
        expect(lines.join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''))
      }),
    )
  })

  test('ends between words and Chinese characters, never before a full stop', () => {
    expect(linesOf('The door was left ajar', 48, measure)).toEqual(['The door was', 'left ajar'])
    expect(linesOf('柜门未关严，已处理。', 24, measure)).toEqual(['柜门未', '关严，', '已处', '理。'])
    expect(linesOf('温度 11.4 °C', 40, measure)).toEqual(['温度', '11.4 °C'])
    expect(linesOf('abcdefghij', 16, measure)).toEqual(['abcd', 'efgh', 'ij'])
    expect(linesOf('a\n\nb', 100, measure)).toEqual(['a', '', 'b'])
    expect(narrowest('left ajar', 999, measure)).toBe(16)
    expect(narrowest('', 999, measure)).toBe(0)
  })
})

describe('columns', () => {
  const wish = fc.record({
    least: fc.integer({ min: 5, max: 150 }),
    more: fc.integer({ min: 0, max: 300 }),
    isText: fc.boolean(),
  })
  test('share all of the width, each at least what it needs where that is possible', () => {
    fc.assert(
      fc.property(fc.array(wish, { minLength: 1, maxLength: 14 }), fc.integer({ min: 200, max: 800 }), (asked, width) => {
        const wishes = asked.map(({ least, more, isText }) => ({ least, ideal: least + more, isText }))
        const given = planColumns(wishes, width)
        expect(given.reduce((sum, one) => sum + one, 0)).toBeCloseTo(width, 6)
        const fits = wishes.reduce((sum, { least }) => sum + least, 0) <= width
        if (fits) given.forEach((one, index) => expect(one).toBeGreaterThanOrEqual((wishes[index]?.least ?? 0) - 1e-9))
      }),
    )
  })
})

describe('pages', () => {
  const edges = (mark: Mark): readonly [number, number, number, number] => {
    if (mark.what === 'text') return [mark.x, mark.y, mark.x + letters.width(mark.text, mark.look), mark.y + mark.look.size]
    if (mark.what === 'line')
      return [mark.from[0], Math.min(mark.from[1], mark.to[1]), mark.to[0], Math.max(mark.from[1], mark.to[1])]
    if (mark.what === 'box') return [mark.x, mark.y, mark.x + mark.width, mark.y + mark.height]
    if (mark.what === 'code') return [mark.x, mark.y, mark.x + mark.side, mark.y + mark.side]
    const [xs, ys] = [mark.spots.map(([x]) => x), mark.spots.map(([, y]) => y)]
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
  }
  const proof = { code: 'zhishou:proof:x', fingerprint: 'aaaa-bbbb-cccc-dddd', chain: 'f'.repeat(64) }

  test('hold everything within their margins, whatever is written on them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 400 }), { maxLength: 12 }),
        fc.constantFrom(zh, { ...zh, language: 'en' as const }),
        (texts, reader) => {
          const document = logDocument([cabinetSection(1, 40), textSection(texts)])
          for (const page of pagesOf(document, testSeal(), proof, letters, reader))
            for (const mark of page.marks) {
              const [left, top, right, bottom] = edges(mark)
              expect(left).toBeGreaterThanOrEqual(40)
              expect(top).toBeGreaterThanOrEqual(36)
              expect(right).toBeLessThanOrEqual(page.width - 34)
              expect(bottom).toBeLessThanOrEqual(page.height - 40)
            }
        },
      ),
      { numRuns: 40 },
    )
  })

  test('are upright for a narrow table and lie for a wide one', () => {
    const first = (sections: Parameters<typeof logDocument>[0]) => {
      const { head } = logDocument(sections)
      const [page] = pagesOf(
        logDocument(sections, { head: { ...head, limits: [], sensors: [] } }),
        testSeal(),
        proof,
        letters,
        zh,
      )
      return page && page.width > page.height
    }
    expect(first([textSection(['短'])])).toBe(false)
    expect(first([cabinetSection(1)])).toBe(true)
  })

  test('list the sections that begin on them', () => {
    const opens = [...pagesOf(logDocument([cabinetSection(1), cabinetSection(2)]), testSeal(), proof, letters, zh)].flatMap(
      page => page.opens,
    )
    expect(opens).toEqual(['限值与依据', '传感器与校准', '1号留样冷藏柜', '2号留样冷藏柜'])
  })
})

describe('a chart', () => {
  test('has every value and limit on its scale, from one round number to another', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(fc.array(value, { maxLength: 20 }), fc.option(value, { nil: undefined }), (values, max) => {
        const points = values.map((one, index) => ({ t: instant(index), min: one, mean: one, max: one }))
        const { low, high, step } = scaleOf({ points, limits: max === undefined ? {} : { max } })
        const all = [...values, ...(max === undefined ? [] : [max])]
        for (const one of all) expect(one >= low - step * 1e-6 && one <= high + step * 1e-6).toBe(true)
        expect(high).toBeGreaterThan(low)
        expect((high - low) / step).toBeLessThan(8)
      }),
    )
  })

  test('does not join what a gap divides, and names the gap where there is room', () => {
    const { chart } = cabinetSection(1)
    if (!chart) throw new Error('no chart')
    const frame = { x: 0, y: 0, width: 2_000, height: 120, from: november, to: instant(november + hours(720)) }
    const marks = chartMarks(chart, frame, letters, zh)
    expect(marks.filter(({ what }) => what === 'curve')).toHaveLength(2)
    expect(marks.some(mark => mark.what === 'text' && mark.text === '停电')).toBe(true)
    const narrow = chartMarks(chart, { ...frame, width: 300 }, letters, zh)
    expect(narrow.some(mark => mark.what === 'text' && mark.text === '停电')).toBe(false)
    const day = chartMarks({ ...chart, points: [], gaps: [] }, { ...frame, to: instant(november + hours(24)) }, letters, zh)
    expect(day.some(mark => mark.what === 'text' && mark.text === '08:00')).toBe(true)
  })

  test('hatches within a gap only', () => {
    for (const mark of hatch(10, 30, 5, 50)) {
      if (mark.what !== 'line') throw new Error('no line')
      for (const [x, y] of [mark.from, mark.to]) expect(x >= 10 && x <= 30 && y >= 5 && y <= 50, `${x} ${y}`).toBe(true)
    }
  })
})

describe('a cell', () => {
  test('is said in the reader’s words', () => {
    const at = (
      cell: Parameters<typeof cellText>[0],
      holds: Parameters<typeof cellText>[1]['holds'],
      reader: typeof zh | typeof en = zh,
    ) => cellText(cell, { holds }, reader)
    expect([at(null, 'number'), at(Number.NaN, 'number'), at(true, 'text'), at(false, 'text', en)]).toEqual([
      '—',
      '—',
      '是',
      'no',
    ])
    expect([at('good', 'verdict'), at('bad', 'verdict', en), at('unknown', 'verdict'), at('toString', 'verdict')]).toEqual([
      '合格',
      'FAIL',
      '无法判定',
      'toString',
    ])
    expect([at(words('甲', 'A'), 'text', en), at('', 'text'), at('good', 'text')]).toEqual(['A', '', 'good'])
    expect([at(november, 'day'), at(november, 'time', en), at(0.5, 'share'), at(90_000, 'length')]).toEqual([
      '2026-11-01',
      '2026-10-31 17:00',
      '50.00%',
      '1分30秒',
    ])
  })

  test('of a number has fixed decimals and no sign on a zero', () => {
    expect([numberText(-0.04, 1), numberText(-0), numberText(4.25, 1), numberText(-1.5), numberText(3, 2)]).toEqual([
      '0.0',
      '0',
      '4.3',
      '-1.5',
      '3.00',
    ])
    expect([shareText(1), shareText(0.999999), shareText(0), shareText(0.57)]).toEqual(['100.00%', '99.99%', '0.00%', '57.00%'])
  })

  test('of a length names its two largest units', () => {
    const of = (ms: number) => [lengthText(ms, zh), lengthText(ms, en), clockLength(ms)]
    expect(of(0)).toEqual(['0', '0', '0:00:00'])
    expect(of(400)).toEqual(['不到1秒', 'under 1 s', '0:00:00'])
    expect(of(59_600)).toEqual(['1分', '1 min', '0:01:00'])
    expect(of(hours(26) + 180_000)).toEqual(['26小时3分', '26 h 3 min', '26:03:00'])
    expect(of(-hours(76))).toEqual(['-3天4小时', '-3 d 4 h', '-76:00:00'])
    expect(timeText(instant(november + 1), 'Asia/Shanghai')).toBe('2026-11-01 00:00:00.001')
    expect(stampText(november, 'Asia/Shanghai')).toBe('2026-11-01 00:00:00')
  })

  test('of a period says days where whole days were asked for', () => {
    const of = (from: number, to: number) => periodText({ from: instant(from), to: instant(to), timeZone: 'Asia/Shanghai' }, zh)
    expect(of(november, november + hours(24))).toBe('2026-11-01')
    expect(of(november, november + hours(48))).toBe('2026-11-01 至 2026-11-02（2 天）')
    expect(of(november, november + hours(1))).toBe('2026-11-01 00:00 至 2026-11-01 01:00')
  })
})

describe('the name of a file', () => {
  test('is what a person would call it, and one that every system takes', () => {
    const span = { from: november, to: instant(november + hours(720)) }
    expect(fileNameOf(words('青山小学', 'x'), words('温度记录', 'x'), span, 'pdf', zh)).toBe(
      '青山小学-温度记录-2026-11-01至11-30.pdf',
    )
    const years = { from: november, to: instant(november + hours(24 * 400)) }
    expect(fileNameOf(words('x', 'A/B: "C"'), words('x', 'Log'), years, 'zip', { ...zh, language: 'en' })).toBe(
      'A B C-Log-2026-11-01 to 2027-12-05.zip',
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => {
        expect(plainName(text)).not.toMatch(/[/\\:*?"<>|]|\p{Cc}|^[. ]|[. ]$/u)
        expect(plainName(text).length).toBeLessThanOrEqual(120)
      }),
    )
  })

  test('reaches a browser in UTF-8, and in ASCII whoever cannot read that', () => {
    expect(attachmentHeader("青山 (1)'s.pdf", 'greenhill-青.pdf')).toBe(
      'attachment; filename="greenhill-_.pdf"; filename*=UTF-8\'\'%E9%9D%92%E5%B1%B1%20%281%29%27s.pdf',
    )
  })
})
