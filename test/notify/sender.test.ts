import { afterEach, describe, expect, test } from 'vitest'
import { hours, instant, minutes, seconds } from '../../protocols/contract/time.ts'
import type { Clock, Instant } from '../../protocols/contract/time.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import type { AlarmId } from '../../gateway/alarm/alarm.ts'
import type { Duty } from '../../gateway/duty/duty.ts'
import type { PreparedChannel } from '../../gateway/notify/channel.ts'
import type { NoticeId } from '../../gateway/notify/notice.ts'
import { FakeClock } from '../kit/fake-clock.ts'
import { Disk } from '../kit/plant.ts'
import { realClock } from '../api/house.ts'
import { Sink } from './sink.ts'
import { duty, noon, person, siteOf } from './small-site.ts'
import { webhook, works } from './works.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})
const sink = async (): Promise<Sink> => {
  const one = await new Sink().start()
  closing.push(() => one.stop())
  return one
}
/** Only wang is told, by these channels in this order. */
const onlyWang = (channels: readonly string[], more: Partial<Duty> = {}): Duty => ({
  ...duty,
  people: new Map([['wang', person('wang', { channels })]]),
  roles: new Map([['食堂主管', ['wang']]]),
  cells: new Map(),
  ...more,
})
const equipment = Array.from({ length: 8 }, (_, index) => [`c-${index}`, 'high'] as const)

/** Rules are the test's hand. */
const evaluatorOf = (startAt: Instant): Evaluator =>
  new Evaluator({ rules: [], kinds: ruleKinds, staleAfter: () => undefined, startAt })

async function set(
  channels: readonly PreparedChannel[],
  more: { readonly duty?: Duty; readonly wall?: Clock; readonly disk?: Disk; readonly clock?: FakeClock } = {},
) {
  const disk = more.disk ?? new Disk()
  const clock = more.clock ?? new FakeClock(noon)
  const site = siteOf({ equipment, channels, duty: more.duty ?? onlyWang(channels.map(({ id }) => id)) })
  const store = {
    journal: { append: disk.append.bind(disk), checkpoints: () => Promise.resolve(new Map(disk.checkpoints)) },
    historian: { record: disk.record.bind(disk) },
  }
  const all = await works({ site, clock, wall: more.wall ?? clock, store, evaluator: evaluatorOf(clock.now()) })
  closing.push(() => all.stop())
  const passes = (length: Parameters<FakeClock['passes']>[0]) => clock.passes(length, () => all.pipeline.settled())
  return { ...all, disk, clock, passes, told: () => all.dispatcher.toldOf('A1' as AlarmId) }
}

describe('the sender', () => {
  test('sends each notice once, in order, with a link, and keeps the proof', async () => {
    const hook = await sink()
    const { raise, clear, written, told } = await set([webhook('hook', hook.url)])
    await raise('c-0')
    await written('notice.delivered', 1)
    await clear('c-0')
    await written('notice.delivered', 2)
    expect(hook.got.map(({ occasion, mayRepeat }) => [occasion, mayRepeat])).toEqual([
      ['raised', false],
      ['cleared', false],
    ])
    expect(hook.got[0]?.link).toMatch(/^https:\/\/watch\.example\/a\/[\w-]+\.[\w-]{43}$/)
    expect(hook.got[0]?.text).toContain('怎么办：关好柜门')
    expect(hook.got[1]?.link).toBeUndefined()
    expect(new Set(hook.got.map(({ key }) => key)).size).toBe(2)
    expect(told()).toMatchObject([
      { outcome: 'delivered', channel: 'hook', attempts: 1, proof: 'HTTP 200: {}' },
      { outcome: 'delivered', channel: 'hook', attempts: 1 },
    ])
  })

  test('tries again after 5 s and 30 s under the same key, marked, and keeps the order', async () => {
    const hook = await sink()
    hook.answers(nth => (nth <= 2 ? 503 : 200))
    const all = await set([webhook('hook', hook.url)])
    await all.raise('c-0')
    await hook.has(1)
    await all.raise('c-1')
    await rests(all)
    await all.passes(seconds(4.9))
    expect(hook.got).toHaveLength(1)
    await all.passes(seconds(0.1))
    await hook.has(2)
    await rests(all)
    await all.passes(seconds(29))
    expect(hook.got).toHaveLength(2)
    await all.passes(seconds(1))
    await all.written('notice.delivered', 2)
    expect(hook.got.map(({ facts, mayRepeat }) => [facts.alarms[0], mayRepeat])).toEqual([
      ['A1', false],
      ['A1', true],
      ['A1', true],
      ['A2', false],
    ])
    expect(new Set(hook.got.slice(0, 3).map(({ key }) => key)).size).toBe(1)
    expect(all.told()[0]).toMatchObject({ outcome: 'delivered', attempts: 3 })
  })

  test('says when nothing gets through, goes on trying, and says when it does', async () => {
    const hook = await sink()
    hook.answers(nth => (nth <= 4 ? 503 : 200))
    const all = await set([webhook('hook', hook.url)])
    await all.raise('c-0')
    for (const [nth, wait] of [
      [1, seconds(5)],
      [2, seconds(30)],
    ] as const) {
      await hook.has(nth)
      await rests(all)
      await all.passes(wait)
    }
    await all.written('notice.failed', 1)
    expect(all.told()[0]).toMatchObject({ outcome: 'failed', attempts: 3 })
    expect(all.count('channel.failing')).toBe(1)
    expect(all.desk.openAlarms().map(({ rule }) => rule)).toContain('gateway.channel:hook')
    expect(all.sender.states()).toMatchObject([{ state: 'failing', waiting: 1 }])
    await all.passes(minutes(2))
    await hook.has(4)
    await all.pipeline.settled()
    await rests(all)
    await all.passes(minutes(10))
    await all.written('channel.working', 1)
    expect(all.told()[0]).toMatchObject({ outcome: 'delivered' })
    expect(all.sender.states()).toMatchObject([{ state: 'working', waiting: 0 }])
    expect(all.desk.openAlarms().find(({ rule }) => rule === 'gateway.channel:hook')?.active).toBe(false)
  })

  test('stops trying what was given up when somebody has answered', async () => {
    const hook = await sink()
    hook.answers(() => 400)
    const all = await set([webhook('hook', hook.url)])
    await all.raise('c-0')
    await all.written('notice.failed', 1)
    await all.acknowledge('c-0')
    await all.passes(hours(2))
    expect(hook.got).toHaveLength(1)
    expect(all.dispatcher.posting.waiting().filter(({ alarms }) => alarms[0] === 'A1')).toEqual([])
  })

  test('goes on to the next channel when the first refuses, with the same key', async () => {
    const [first, second] = [await sink(), await sink()]
    first.answers(() => 400)
    const all = await set([webhook('first', first.url), webhook('second', second.url)])
    await all.raise('c-0')
    await all.written('notice.delivered', 1)
    expect(second.got[0]?.key).toBe(first.got[0]?.key)
    expect(second.got[0]?.mayRepeat).toBe(true)
    expect(all.told()[0]).toMatchObject({ outcome: 'delivered', channel: 'second', attempts: 2 })
    const entry = all.disk.entries.find(({ kind }) => kind === 'notice.delivered')
    expect(entry?.data['tried']).toMatchObject([{ channel: 'first', attempts: 1 }])
  })

  test('waits as long as the other side asks', async () => {
    const hook = await sink()
    hook.answers(nth => (nth > 1 ? 200 : response => void response.writeHead(429, { 'retry-after': '60' }).end()))
    const all = await set([webhook('hook', hook.url)])
    await all.raise('c-0')
    await hook.has(1)
    await rests(all)
    await all.passes(seconds(59))
    expect(hook.got).toHaveLength(1)
    await all.passes(seconds(1))
    await all.written('notice.delivered', 1)
  })

  test('puts together what is over what the other side takes in a minute', async () => {
    const hook = await sink()
    const all = await set([webhook('hook', hook.url, { perMinute: 2 })])
    for (const [id] of equipment) await all.raise(id)
    await all.written('notice.delivered', 2)
    await rests(all)
    await all.passes(seconds(60))
    await all.written('notice.delivered', 8)
    expect(hook.got.map(({ facts }) => facts.alarms)).toEqual([['A1'], ['A2'], ['A3', 'A4', 'A5', 'A6', 'A7', 'A8']])
    expect(hook.got[2]).toMatchObject({ occasion: 'digest', title: '6 条通知' })
  })

  test('tells while the disk is away, says that it is not recorded, and writes it down once when the disk is back', async () => {
    const hook = await sink()
    const all = await set([webhook('hook', hook.url)])
    all.disk.isFull = true
    await all.raise('c-0')
    await hook.has(1)
    expect(hook.got[0]?.text).toContain('尚未存入日志')
    expect(hook.got[0]?.facts.recorded).toBe(false)
    await all.pipeline.settled()
    all.disk.isFull = false
    await all.passes(seconds(2))
    await all.written('notice.delivered', 1)
    await all.passes(minutes(5))
    expect(hook.got).toHaveLength(1)
    expect(all.disk.entries.map(({ kind }) => kind).filter(kind => kind.startsWith('notice.'))).toEqual([
      'notice.queued',
      'notice.delivered',
    ])
    expect([...all.disk.checkpoints.keys()].filter(key => key.startsWith('notice:'))).toEqual([])
  })

  test(
    'ends within three seconds while the other side hangs, and sends it again after the next start, marked',
    { retry: 3 },
    async () => {
      const hook = await sink()
      hook.answers(nth => (nth === 1 ? 'hang' : 200))
      const disk = new Disk()
      const first = await set([webhook('hook', hook.url)], { disk, wall: realClock })
      await first.raise('c-0')
      await hook.has(1)
      const began = performance.now()
      await first.stop()
      expect(performance.now() - began).toBeLessThan(3_000)
      const again = await set([webhook('hook', hook.url)], { disk, wall: realClock })
      await again.written('notice.delivered', 1)
      expect(hook.got.map(({ mayRepeat }) => mayRepeat)).toEqual([false, true])
      expect(hook.got[0]?.key).toBe(hook.got[1]?.key)
    },
  )

  test('holds back until the morning what is quiet, over a restart too', async () => {
    const hook = await sink()
    const quiet = { span: { from: 22 * 60, to: 31 * 60 }, priorities: ['high'] as const }
    const clock = new FakeClock(instant(noon + hours(11)))
    const disk = new Disk()
    const channels = [webhook('hook', hook.url)]
    const first = await set(channels, {
      clock,
      disk,
      duty: onlyWang(['hook'], { quiet, escalate: { ...duty.escalate, high: [] } }),
    })
    await first.raise('c-0')
    await first.stop()
    const again = await set(channels, {
      clock,
      disk,
      duty: onlyWang(['hook'], { quiet, escalate: { ...duty.escalate, high: [] } }),
    })
    await again.passes(hours(7.9))
    expect(hook.got).toHaveLength(0)
    await again.passes(hours(0.1))
    await again.written('notice.delivered', 1)
    expect(hook.got).toHaveLength(1)
  })

  test('does not send again what was answered while it was failing', async () => {
    const hook = await sink()
    hook.answers(() => 503)
    const all = await set([webhook('hook', hook.url)])
    await all.raise('c-0')
    await hook.has(1)
    await rests(all)
    await all.acknowledge('c-0')
    await all.passes(minutes(10))
    expect(hook.got).toHaveLength(1)
    expect(all.told()[0]?.outcome).toBe('not-needed')
  })

  test('tries a channel once when somebody wants to see it, and says how it went', async () => {
    const hook = await sink()
    const all = await set([webhook('hook', hook.url)])
    const id = await all.pipeline.act(at => all.dispatcher.trial('hook', 'wang', 'admin', at))
    await all.written('notice.delivered', 1)
    expect(hook.got[0]).toMatchObject({ occasion: 'trial', title: '试验消息：hook' })
    expect(all.dispatcher.posting.get(id as NoticeId)).toBeUndefined()
    expect(all.disk.entries.find(({ kind }) => kind === 'notice.queued')).toMatchObject({ by: 'admin' })
  })
})

/** Resolves when nothing is on its way: what was sent has come back, and what has to wait waits for its time. */
async function rests({ dispatcher, pipeline }: Pick<Awaited<ReturnType<typeof set>>, 'dispatcher' | 'pipeline'>): Promise<void> {
  const isResting = (): boolean => dispatcher.posting.waiting().every(({ state }) => state === 'waiting')
  for (let turn = 0; turn < 20 || !isResting(); turn++) {
    await new Promise(resolve => setImmediate(resolve))
    await pipeline.settled()
  }
}
