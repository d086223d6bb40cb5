import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { openStore } from '../../gateway/store/open.ts'
import { instant, minutes } from '../../protocols/contract/time.ts'
import { wall } from '../store/folder.ts'
import { configured, day, fails, hour, logOf, minute, reads, siteFrom, stored } from './stored.ts'

const point = 'cold-1.temperature'
const yaml = `site: { id: greenhill, name: Greenhill, timeZone: Asia/Shanghai, policies: [canteen] }
connections: { push: { protocol: http } }
areas:
  canteen:
    name: 食堂
    equipment:
      cold-1: { type: fresh-keeping-cabinet, name: 1 号保鲜柜, connection: push, points: { temperature: { stale: 10m } } }
`
const site = await siteFrom(yaml)
const start = Date.parse('2026-09-01T00:00:00+08:00')
const question = { kind: 'temperature', from: instant(start), to: instant(start + 3 * day), equipment: [], areas: [] } as const

const tenths = (value: number): number => Math.round(value * 10) / 10
const spell = fc.record({
  length: fc.integer({ min: 1, max: 300 }),
  step: fc.constantFrom(10_000, 30_000, 60_000, 300_000),
  level: fc.constantFrom(2, 4, 7.9, 8.1, 12),
  /** What follows it: nothing for so long, or a fault. */
  hole: fc.constantFrom(0, 0, 40 * minute, 3 * hour),
  fault: fc.boolean(),
})

test('a log says the same of readings that were trimmed, but for means of minutes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(spell, { minLength: 12, maxLength: 24 }),
      fc.integer({ min: 1, max: 3 * 24 * 60 }),
      fc.boolean(),
      async (spells, upTo, isCold) => {
        const readings = []
        let at = start
        for (const { length, step, level, hole, fault } of spells) {
          for (let index = 0; index < length; index++, at += step)
            readings.push(reads(point, at, tenths((isCold ? 8 - level : level) + (index % 5) / 10)))
          if (fault) readings.push(fails(point, at))
          at += hole
        }
        const folder = await stored(start, [readings], [configured(site, start)])
        const store = await openStore(folder, { wall })
        await store.historian.limits(instant(start), 'Asia/Shanghai', [
          { point: point as never, min: 0, max: 8, staleAfter: minutes(10), silentAfter: minutes(10) },
        ])
        while (await store.evidence.closePeriod(instant(start + 4 * day), 0)) {
          // Until all of it is sealed.
        }
        await store.close()
        const now = start + 4 * day
        const before = await logOf(folder, site, question, now)

        const again = await openStore(folder, { wall })
        const keep = [{ point: point as never, before: instant(start + upTo * minute) }]
        const gone = await again.historian.trim(await again.historian.trimPlan({ keep, holds: [] }))
        await again.close()
        const after = await logOf(folder, site, question, now)

        expect(after.document.sections.map(({ id }) => id)).toEqual(before.document.sections.map(({ id }) => id))
        for (const { id } of before.document.sections) {
          const is = after.rows(id).map(({ cells }) => cells)
          expect(is, `${id}, ${gone.length} gone`).toEqual(before.rows(id).map(({ cells }) => rounded(cells)))
        }
      },
    ),
    { numRuns: 6, endOnFailure: true },
  )
})

/** Means may differ by what a value changes within its minute; of two excursions in
 * one minute nobody knows any more which went farthest, nor when within it. */
function rounded(cells: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const about = (key: string, cell: unknown): unknown => {
    if (typeof cell !== 'number') return cell
    if (key === 'extremeAt') return expect.closeTo(cell - 30_000, -4.9)
    if (key === 'extreme') return expect.any(Number)
    return key === 'mean' ? expect.closeTo(cell, -0.5) : cell
  }
  return Object.fromEntries(Object.entries(cells).map(([key, cell]) => [key, about(key, cell)]))
}
