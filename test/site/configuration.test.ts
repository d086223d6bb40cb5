import { describe, expect, test } from 'vitest'
import { pointId } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import { Configurations, configurationOf } from '../../gateway/site/configuration.ts'
import { noteConfiguration } from '../../gateway/site/configured.ts'
import type { Draft, Entry } from '../../gateway/journal/entry.ts'
import { StoreTrouble } from '../../gateway/store/store.ts'
import { site } from '../api/house.ts'

const temperature = pointId('cold-1', 'temperature')
const at = (data: object, when: number) => ({ at: instant(when), data: { ...data } })

describe('what was configured', () => {
  test('names of each limit the clause, the basis and the version it comes from', () => {
    const { points, digest } = configurationOf(site)
    expect(digest).toBe(site.digest)
    const found = points.find(({ id }) => id === temperature)
    expect(found?.limits).toEqual({ min: 0, max: 8 })
    expect(
      found?.sources.map(({ side, value, clause, basis, policy }) => [side, value, clause, basis.kind, policy.version]),
    ).toEqual([
      ['min', 0, 'CAN-1', 'house-rule', '1.0'],
      ['max', 8, 'CAN-1', 'house-rule', '1.0'],
    ])
  })

  test('claims no source for a number that no rule has', () => {
    const stricter = { ...site, points: site.points.map(point => ({ ...point, limits: { max: 6 } })) }
    expect(configurationOf(stricter).points[0]).toMatchObject({ limits: { max: 6 }, sources: [] })
  })

  test('is known from when it was written, and each limit for as long as it was in force', () => {
    const first = configurationOf(site)
    const second = {
      ...first,
      points: first.points.map(point => (point.id === temperature ? { ...point, limits: { min: 0, max: 6 } } : point)),
    }
    const known = new Configurations([at(first, 1_000), at(second, 5_000), at({ other: true }, 6_000)])
    const limits = known.limitsOf(temperature, instant(0), instant(9_000))
    expect(limits.map(({ from, to, limits: { max } }) => [from, to, max])).toEqual([
      [1_000, 5_000, 8],
      [5_000, 9_000, 6],
    ])
    expect(known.limitsOf(temperature, instant(2_000), instant(3_000)).map(({ from, to }) => [from, to])).toEqual([
      [2_000, 3_000],
    ])
    expect(known.limitsOf(temperature, instant(0), instant(1_000))).toEqual([])
    expect(known.limitsOf(pointId('no', 'such'), instant(0), instant(9_000))).toEqual([])
  })

  test('is written once for as long as it stays, and again when it changes', async () => {
    const entries: Entry[] = []
    const journal = { page: async () => ({ entries: entries.slice(-1), next: undefined }) } as unknown as Parameters<
      typeof noteConfiguration
    >[1]['journal']
    const note = async (draft: Omit<Draft, 'at'>): Promise<Entry> => {
      const entry = { ...draft, at: instant(1), seq: entries.length + 1, writtenAt: instant(1), leaf: '' }
      entries.push(JSON.parse(JSON.stringify(entry)) as Entry)
      return entry
    }
    await noteConfiguration(site, { journal }, note)
    await noteConfiguration(site, { journal }, note)
    expect(entries).toHaveLength(1)
    await noteConfiguration({ ...site, digest: 'e'.repeat(64) }, { journal }, note)
    expect(entries.map(({ kind }) => kind)).toEqual(['site.configured', 'site.configured'])
    const full = async (): Promise<Entry> => {
      throw new StoreTrouble('disk full')
    }
    await expect(noteConfiguration({ ...site, digest: 'f'.repeat(64) }, { journal }, full)).resolves.toBeUndefined()
  })
})
