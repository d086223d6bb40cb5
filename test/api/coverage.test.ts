import { describe, expect, test } from 'vitest'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Alarm } from '../../gateway/alarm/alarm.ts'
import { Verdicts } from '../../gateway/alarm/verdicts.ts'
import type { House } from '../../gateway/api/house.ts'
import type { Call } from '../../gateway/api/route.ts'
import { coverageRoutes } from '../../gateway/api/routes/coverage.ts'
import type { WireCoverage, WireCoveredClause, WireWatch } from '../../gateway/api/wire.ts'
import type { Entry } from '../../gateway/journal/entry.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { recallVerdicts } from '../../gateway/restore.ts'
import { loadSite } from '../../gateway/site/load.ts'
import { isoInZone } from '../../gateway/zone.ts'

const at = (text: string): Instant => Date.parse(`${text}+08:00`) as Instant
const began = at('2026-11-23T08:00')
const now = at('2026-11-23T12:00')

const loaded = await loadSite('simulators/school/site.yaml', process.env)
if (!loaded.ok) throw new Error('the school cannot be read')
const { site } = loaded

const alarm = (rule: string, more: Partial<Alarm> = {}): Alarm => ({
  id: 'A7' as Alarm['id'],
  rule: rule as RuleId,
  state: 'unacknowledged',
  active: true,
  priority: 'medium',
  since: at('2026-11-23T11:20'),
  raisedAt: at('2026-11-23T11:40'),
  times: 1,
  found: 'live',
  ...more,
})

interface World {
  readonly alarms?: readonly Alarm[]
  readonly verdicts?: Verdicts
  readonly never?: readonly string[]
  readonly stale?: readonly string[]
  readonly bad?: readonly string[]
  readonly of?: typeof site
}

/** The answer of the route, checked against the shape that the interface's description is made from. Nobody may ask the store. */
function ask(world: World = {}, query: Record<string, unknown> = {}): readonly WireCoveredClause[] {
  const { alarms = [], verdicts = new Verdicts(began), never = [], stale = [], bad = [], of = site } = world
  const [route] = coverageRoutes
  if (!route) throw new Error('no route')
  const latest = (point: PointId): Reading | undefined => {
    if (never.includes(point)) return undefined
    const heard = { point, at: now, receivedAt: now }
    return bad.includes(point)
      ? { ...heard, quality: 'bad', fault: { code: 'timeout', detail: '' } }
      : { ...heard, value: 1, quality: 'good' }
  }
  const state = { openAlarms: () => alarms, latest, isStale: (point: PointId) => stale.includes(point), verdicts }
  const house = { site: of, state } as unknown as House
  const call = { house, query: route.query?.parse(query), time: (one: Instant) => isoInZone(one, 'Asia/Shanghai') }
  const answer = route.answers[200]?.parse(route.act(call as unknown as Call)) as WireCoverage
  return answer.items
}
const clauseOf = (items: readonly WireCoveredClause[], id: string): WireCoveredClause => {
  const found = items.find(item => item.id === id)
  if (!found) throw new Error(`no clause ${id}`)
  return found
}
const watch = (items: readonly WireCoveredClause[], rule: string): WireWatch | undefined =>
  items.flatMap(item => item.rules.flatMap(({ watchedBy }) => watchedBy)).find(one => one.rule === rule)

describe('what watches the clauses', () => {
  test('has every rule of the site once, under its clause', () => {
    const items = ask()

    const watched = items.flatMap(item =>
      item.rules.flatMap(({ watchedBy }) => watchedBy.map(({ rule }) => `${rule} ${item.id}`)),
    )
    expect(watched.toSorted()).toEqual(site.rules.map(({ id, clause }) => `${id} ${clause}`).toSorted())
  })

  test('says since when no breach was found', () => {
    expect(watch(ask(), 'cold-1.temperature.too-warm')).toEqual({
      rule: 'cold-1.temperature.too-warm',
      equipment: 'cold-1',
      equipmentName: site.equipment.find(({ id }) => id === 'cold-1')?.name,
      verdict: 'kept',
      since: '2026-11-23T08:00:00.000+08:00',
    })
  })

  test('shows a clause as broken while its alarm stands, answered or not, with the alarm', () => {
    for (const state of ['unacknowledged', 'acknowledged'] as const) {
      const items = ask({ alarms: [alarm('cold-1.temperature.too-warm', { state })] })

      expect(clauseOf(items, 'CAN-1')).toMatchObject({ standing: 'breached', since: '2026-11-23T11:20:00.000+08:00' })
      expect(watch(items, 'cold-1.temperature.too-warm')).toMatchObject({ verdict: 'breached', alarm: 'A7' })
      expect(watch(items, 'cold-2.temperature.too-warm')).toMatchObject({ verdict: 'kept' })
    }
  })

  test('counts from the end of the last breach once it is over, also before anybody answered', () => {
    const verdicts = new Verdicts(began)
    const over = alarm('cold-1.temperature.too-warm', { state: 'returned-unacknowledged' })
    verdicts.hear({ kind: 'alarm.cleared', at: at('2026-11-23T11:50'), data: { alarm: over } })
    verdicts.hear({ kind: 'alarm.cleared', at: at('2026-11-23T09:50'), data: { alarm: over } })

    const items = ask({ alarms: [over], verdicts })

    expect(watch(items, 'cold-1.temperature.too-warm')).toMatchObject({
      verdict: 'kept',
      since: '2026-11-23T11:50:00.000+08:00',
    })
  })

  test.each([['never' as const], ['stale' as const], ['bad' as const]])('does not claim anything of a point that is %s', how => {
    const items = ask({ [how]: ['cold-1.temperature'] })

    expect(watch(items, 'cold-1.temperature.too-warm')).toMatchObject({
      verdict: 'unknown',
      since: null,
      unheard: ['cold-1.temperature'],
    })
    expect(watch(items, 'cold-1.power.not-cooling')).toMatchObject({ verdict: 'unknown' })
    expect(watch(items, 'cold-1.temperature.silent')).toMatchObject({ verdict: 'kept' })
    expect(watch(items, 'cold-1.door.left-open')).toMatchObject({ verdict: 'kept' })
    expect(clauseOf(items, 'CAN-1').standing).toBe('unknown')
  })

  test('lets a raised alarm stand when its point falls silent', () => {
    const items = ask({ alarms: [alarm('cold-1.temperature.too-warm')], stale: ['cold-1.temperature'] })

    expect(watch(items, 'cold-1.temperature.too-warm')?.verdict).toBe('breached')
  })

  test('says that a rule which broke judges no more', () => {
    const items = ask({ alarms: [alarm('cold-1.temperature.too-warm!failed')] })

    expect(watch(items, 'cold-1.temperature.too-warm')).toMatchObject({
      verdict: 'unknown',
      unheard: ['rule-failed'],
      alarm: 'A7',
    })
  })

  test('needs more than half of a group, not every one of it', () => {
    const racks = site.rules.find(({ id }) => id === 'room-1.temperature.hot-racks')?.watches ?? []
    const rule = 'room-1.temperature.hot-racks'

    expect(racks.length).toBe(3)
    expect(watch(ask({ stale: racks.slice(0, 1) }), rule)?.verdict).toBe('kept')
    expect(watch(ask({ stale: racks.slice(0, 2) }), rule)?.verdict).toBe('unknown')
  })

  test('shows the newest record a rule wrote, and the one people made that it waits for', () => {
    const verdicts = new Verdicts(began)
    const rule = 'disinfection-1.door.opened-early'
    verdicts.hear({ kind: 'record.disinfection', at: at('2026-11-23T10:00'), data: { rule, verdict: 'opened-early' } })
    verdicts.hear({ kind: 'record.disinfection', at: at('2026-11-22T10:00'), data: { rule, verdict: 'passed' } })
    verdicts.hear({ kind: 'record.repair', at: at('2026-11-23T11:00'), data: { equipment: 'cold-1', verdict: 'passed' } })
    verdicts.hear({ kind: 'record.repair', at: at('2026-11-23T11:30'), data: { equipment: 'cold-1', verdict: 'nonsense' } })

    const items = ask({ verdicts })

    expect(watch(items, rule)?.record).toEqual({
      kind: 'disinfection',
      verdict: 'opened-early',
      at: '2026-11-23T10:00:00.000+08:00',
    })
    expect(watch(items, 'cold-1.temperature.repair-unreported')?.record).toMatchObject({ kind: 'repair', verdict: 'passed' })
    expect(watch(items, 'cold-2.temperature.repair-unreported')?.record).toBeUndefined()
  })

  test('may be asked for by policy and standing', () => {
    const broken = { alarms: [alarm('cold-1.temperature.too-warm')] }

    expect(ask(broken, { standing: 'breached' }).map(({ id }) => id)).toEqual(['CAN-1'])
    expect(ask(broken, { policy: 'fire' }).map(({ id }) => id)).toEqual(['FIR-1', 'FIR-2', 'FIR-3', 'FIR-4'])
    expect(() => ask(broken, { standing: 'fine' })).toThrow()
  })
})

describe('the last words after a restart', () => {
  const policies = [{ id: 'canteen', version: '1.1' }]
  const entry = (seq: number, kind: string, time: Instant, data: Entry['data']): Entry => ({
    seq,
    kind,
    data,
    at: time,
    writtenAt: time,
    by: 'system',
    leaf: '',
  })
  const journal = (entries: readonly Entry[], most = Infinity) => ({
    page: async ({ kinds, limit }: { readonly kinds?: readonly string[]; readonly limit: number }) => {
      const found = entries.filter(({ kind }) => kinds?.includes(kind) ?? true).toReversed()
      const shown = found.slice(0, Math.min(limit, most))
      return { entries: shown, next: shown.length < found.length ? 1 : undefined }
    },
  })
  const started = (seq: number, time: Instant, digest = 'd', version = '1.1') =>
    entry(seq, 'gateway.started', time, { digest, policies: [{ id: 'canteen', version }] })
  const cleared = (seq: number, time: Instant) =>
    entry(seq, 'alarm.cleared', time, { alarm: { rule: 'cold-1.temperature.too-warm' } })
  const rule = 'cold-1.temperature.too-warm' as RuleId

  test('are those of the journal', async () => {
    const verdicts = await recallVerdicts(
      journal([started(1, began), cleared(2, at('2026-11-23T09:00'))]),
      { digest: 'd', policies },
      now,
    )

    expect(verdicts.since).toBe(began)
    expect(verdicts.overAt(rule)).toBe(at('2026-11-23T09:00'))
  })

  test('reach back over restarts as far as site file and packs were the same', async () => {
    const starts = [
      started(1, at('2026-11-20T08:00'), 'other'),
      started(2, at('2026-11-21T08:00')),
      started(3, at('2026-11-22T08:00')),
    ]
    const same = { digest: 'd', policies }

    expect((await recallVerdicts(journal(starts), same, now)).since).toBe(at('2026-11-21T08:00'))
    expect((await recallVerdicts(journal([...starts, started(4, began, 'd', '1.0')]), same, now)).since).toBe(now)
    expect((await recallVerdicts(journal([]), same, now)).since).toBe(now)
  })

  test('claim nothing about the time before the entries that were read', async () => {
    const long = [started(1, at('2026-11-20T08:00')), cleared(2, at('2026-11-21T08:00')), cleared(3, at('2026-11-22T08:00'))]

    const verdicts = await recallVerdicts(journal(long, 2), { digest: 'd', policies }, now)

    expect(verdicts.since).toBe(at('2026-11-21T08:00'))
  })
})
