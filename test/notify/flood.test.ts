import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { systemClock } from '../../gateway/clock.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import { openStore } from '../../gateway/store/open.ts'
import { Sink } from './sink.ts'
import { duty, person, siteOf } from './small-site.ts'
import { webhook, works } from './works.ts'

const points = 10_000
const alarms = 1_000

test(
  'a thousand alarms in one second among ten thousand points: the first notice within two seconds, few messages, none lost',
  { retry: 3 },
  async () => {
    const sink = await new Sink().start()
    const folder = await mkdtemp(join(tmpdir(), 'zhishou-flood-'))
    const people = new Map(['wang', 'chen'].map(id => [id, person(id)]))
    const equipment = Array.from({ length: points }, (_, index) => [`c-${index}`, index % 100 === 0 ? 'high' : 'medium'] as const)
    const site = siteOf({ equipment, channels: [webhook('hook', sink.url)], duty: { ...duty, people, cells: new Map() } })
    const parsed = ruleKinds.get('limit')?.parse({ kind: 'limit', op: 'gt', value: 8 }, nowhere)
    if (!parsed?.ok) throw new Error('no rule')
    let ahead = 0
    const clock = { now: () => instant(Date.now() + ahead), after: systemClock.after.bind(systemClock) }
    const store = await openStore(folder, { wall: systemClock })
    const evaluator = new Evaluator({
      rules: site.rules.map(rule => ({ ...rule, spec: parsed.spec })),
      kinds: ruleKinds,
      staleAfter: () => undefined,
      startAt: clock.now(),
    })
    const all = await works({ site, clock, wall: systemClock, store, evaluator })

    const began = performance.now()
    for (let batch = 0; batch < 10; batch++) {
      const at = clock.now()
      const readings = Array.from({ length: points / 10 }, (_, index): Reading => {
        const number = batch * (points / 10) + index
        const value = number % (points / alarms) === 0 ? 9.4 : 4
        return { point: `c-${number}.temperature` as PointId, at, receivedAt: at, value, quality: 'good' }
      })
      await all.pipeline.acceptDurably(readings)
    }
    await sink.has(1)
    const first = (sink.got[0]?.at ?? Infinity) - began
    await all.written('alarm.raised', alarms)
    const raisedIn = performance.now() - began
    // Ten single notices and the first digest for each of the two.
    await sink.has(22)
    const digestAt = (sink.got.find(({ occasion }) => occasion === 'digest')?.at ?? Infinity) - began
    // A minute later, for what came after the first digest.
    const named = (): Set<string> => new Set(sink.got.flatMap(({ facts }) => facts.alarms))
    for (let minute = 0; minute < 3 && named().size < alarms; minute++) {
      const before = sink.got.length
      ahead += 61_000
      all.pipeline.mention({ kind: 'test.time', by: 'test', data: {} })
      await sink.has(before + 2)
    }
    const messages = Map.groupBy(sink.got, one => one.person)
    process.stdout.write(
      `flood: first notice after ${Math.round(first)} ms, ${alarms} alarms on disk after ${Math.round(raisedIn)} ms, ` +
        `first digest after ${Math.round(digestAt)} ms, ${messages.get('wang')?.length} messages a person, ${named().size} alarms named\n`,
    )
    expect(named().size).toBe(alarms)
    expect(all.desk.openAlarms()).toHaveLength(alarms)
    for (const list of messages.values()) expect(list.length).toBeLessThanOrEqual(15)
    expect(first).toBeLessThan(2_000)
    await all.stop()
    await store.close()
    await sink.stop()
    await rm(folder, { recursive: true, force: true })
  },
)
