import { describe, expect, test } from 'vitest'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import type { AlarmEvent, AlarmId } from '../../gateway/alarm/alarm.ts'
import type { Follower } from '../../gateway/alarm/follow.ts'
import { Pipeline } from '../../gateway/pipeline.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { StoreTrouble } from '../../gateway/store/store.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { minutes, seconds } from '../../protocols/contract/time.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { FakeClock } from '../kit/fake-clock.ts'
import { Disk } from '../kit/plant.ts'

const warm = 'p.t.warm' as RuleId
const own = 'gateway.channel:mail' as RuleId

/** The real pipeline, evaluator and desk on a disk in memory, with followers that say what they are told to. */
function house(...followers: readonly Follower[]) {
  const clock = new FakeClock()
  const disk = new Disk()
  const parsed = ruleKinds.get('limit')?.parse({ kind: 'limit', op: 'gt', value: 8, onDelay: '1m' }, nowhere)
  if (!parsed?.ok) throw new Error('the rule is wrong')
  const rules = new Map<RuleId, { readonly priority: 'medium' }>([warm, own].map(id => [id, { priority: 'medium' }]))
  const desk = new AlarmDesk(rules)
  const told: string[] = []
  const unwritten: string[] = []
  const evaluator = new Evaluator({
    rules: [{ id: warm, kind: 'limit', point: 'p.t' as PointId, spec: parsed.spec }],
    kinds: ruleKinds,
    staleAfter: () => undefined,
    startAt: clock.now(),
  })
  const pipeline = new Pipeline({
    clock,
    wall: clock,
    evaluator,
    desk,
    followers,
    store: { journal: { append: disk.append.bind(disk) }, historian: { record: disk.record.bind(disk) as never } },
    cite: () => ({}),
    outlets: [
      {
        alarmChanged: ({ kind, alarm }, recorded) => told.push(`${kind} ${alarm.rule}${recorded ? '' : ' unrecorded'}`),
        unwritten: drafts => unwritten.push(...drafts.map(({ kind }) => kind)),
      },
    ],
  })
  const reads = async (value: number): Promise<void> => {
    pipeline.accept([{ point: 'p.t' as PointId, at: clock.now(), receivedAt: clock.now(), value, quality: 'good' }])
    await pipeline.settled()
  }
  const passes = (length: ReturnType<typeof minutes>): Promise<void> => clock.passes(length, () => pipeline.settled())
  const raised = async (): Promise<AlarmId> => {
    await reads(9)
    await passes(minutes(2))
    return desk.ofRule(warm)?.id as AlarmId
  }
  const kinds = (): readonly string[] => disk.entries.map(({ kind }) => kind)
  return { clock, disk, desk, pipeline, told, unwritten, reads, passes, raised, kinds }
}

const at = (event: { readonly at: Instant }): Instant => event.at

describe('an act', () => {
  test('is answered with its own entries, in the order of the acts, when they are on disk', async () => {
    const { pipeline, kinds } = house()
    const act = (kind: string): Promise<readonly number[]> =>
      pipeline.act(now => ({
        drafts: [1, 2].map(data => ({ kind: `${kind}.${data}`, at: now, by: 'ada', data: {} })),
        answer: entries => entries.map(({ seq }) => seq),
      }))

    expect(await Promise.all([act('a'), act('b')])).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(kinds()).toEqual(['a.1', 'a.2', 'b.1', 'b.2'])
  })

  test('without anything to write is answered all the same', async () => {
    expect(await house().pipeline.act(() => ({ answer: () => 'nothing to do' }))).toBe('nothing to do')
  })

  test('that throws hurts nobody else in its turn', async () => {
    const { pipeline, kinds } = house()
    const wrong = pipeline.act<void>(() => {
      throw new Error('a mistake of ours')
    })
    const right = pipeline.note({ kind: 'right', by: 'ada', data: {} })

    await expect(wrong).rejects.toThrow('a mistake of ours')
    await right
    expect(kinds()).toEqual(['right'])
  })

  test('that could not be written is undone, the last first, with all that followed from it, and nothing else is lost', async () => {
    const undone: string[] = []
    const follower: Follower = {
      noted: ({ kind, at: when }) =>
        kind.startsWith('person.') ? { drafts: [{ kind: 'followed', at: when, by: 'system', data: {} }] } : undefined,
    }
    const { pipeline, disk, kinds, unwritten, passes } = house(follower)
    disk.isFull = true
    const act = (name: string): Promise<string> =>
      pipeline.act(now => ({
        drafts: [{ kind: `person.${name}`, at: now, by: name, data: {} }],
        checkpoints: [{ key: `person:${name}`, value: 1 }],
        undo: () => undone.push(name),
        answer: () => 'written',
      }))
    const acts = [act('ada'), act('bob')].map(one => one.catch((error: unknown) => error))
    pipeline.mention({ kind: 'link.down', by: 'system', data: {} })

    for (const answer of await Promise.all(acts)) expect(answer).toBeInstanceOf(StoreTrouble)
    expect(undone).toEqual(['bob', 'ada'])
    await pipeline.settled()
    expect(unwritten).toEqual(['link.down'])

    disk.isFull = false
    await passes(seconds(5))
    expect(kinds()).toEqual(['link.down'])
    expect([...disk.checkpoints.keys()]).toEqual([])
  })

  test('is refused before it is decided while entries wait for the disk', async () => {
    const { pipeline, disk } = house()
    disk.isFull = true
    pipeline.mention({ kind: 'link.down', by: 'system', data: {} })
    await pipeline.settled()
    let decided = false

    await expect(
      pipeline.act(() => {
        decided = true
        return { answer: () => undefined }
      }),
    ).rejects.toBeInstanceOf(StoreTrouble)
    expect(decided).toBe(false)
  })

  test('says its readings to the rules only when it is on disk', async () => {
    const { pipeline, disk, desk, clock, passes } = house()
    const say = (): Promise<unknown> =>
      pipeline.act(now => ({
        drafts: [{ kind: 'record.reading', at: now, by: 'ada', data: {} }],
        readings: [{ point: 'p.t' as PointId, at: now, receivedAt: now, value: 9, quality: 'good' }],
        answer: () => undefined,
      }))
    disk.isFull = true
    await expect(say()).rejects.toBeInstanceOf(StoreTrouble)
    await passes(minutes(2))
    expect(desk.openAlarms()).toEqual([])

    disk.isFull = false
    await passes(minutes(1))
    await say()
    await pipeline.settled()
    await passes(minutes(2))
    expect(desk.openAlarms().map(({ rule, since }) => [rule, clock.now() - since])).toEqual([[warm, minutes(2)]])
  })
})

describe('a follower', () => {
  test('hears each event in order and what it wants written shares the write of what it follows', async () => {
    const heard: string[] = []
    const follower: Follower = {
      heard(event: AlarmEvent) {
        heard.push(event.kind)
        if (event.alarm.rule !== warm) return undefined
        return {
          drafts: [{ kind: `after ${event.kind}`, at: at(event), by: 'system', data: {} }],
          checkpoints: [{ key: 'mine', value: event.kind }],
        }
      },
    }
    const { pipeline, disk, raised, kinds } = house(follower)
    const id = await raised()
    await pipeline.command(id, { do: 'acknowledge', comment: '' }, 'ada')

    expect(heard).toEqual(['alarm.raised', 'alarm.acknowledged'])
    expect(kinds()).toEqual(['alarm.raised', 'after alarm.raised', 'alarm.acknowledged', 'after alarm.acknowledged'])
    expect(disk.checkpoints.get('mine')).toBe('alarm.acknowledged')
  })

  test("raises an alarm of the gateway's own, which all followers hear", async () => {
    const heard: string[] = []
    const raises: Follower = {
      noted: ({ kind, at: when }) =>
        kind === 'channel.failing' ? { own: [{ rule: own, transition: { what: 'raised', at: when, since: when } }] } : undefined,
    }
    const { pipeline, desk, told } = house(raises, {
      heard: ({ kind, alarm }) => void heard.push(`${kind} ${alarm.rule}`),
    })
    pipeline.mention({ kind: 'channel.failing', by: 'system', data: {} })
    await pipeline.settled()

    expect(desk.ofRule(own)?.state).toBe('unacknowledged')
    expect(heard).toEqual([`alarm.raised ${own}`])
    expect(told).toEqual([`alarm.raised ${own}`])
  })

  test('keeps a rule quiet before it speaks, and what still stands at the end of the cause calls', async () => {
    const cause = { kind: 'mode', name: 'defrost' } as const
    const follower: Follower = {
      noted({ kind }) {
        if (kind === 'begins') return { suppress: [{ rules: [warm], cause }] }
        return kind === 'ends' ? { release: [{ rules: [warm], cause }] } : undefined
      },
    }
    const { pipeline, desk, raised, told } = house(follower)
    pipeline.mention({ kind: 'begins', by: 'system', data: {} })
    await raised()
    expect(desk.ofRule(warm)).toMatchObject({ state: 'suppressed', active: true, times: 1 })
    pipeline.mention({ kind: 'ends', by: 'system', data: {} })
    await pipeline.settled()

    expect(desk.ofRule(warm)).toMatchObject({ state: 'unacknowledged', times: 2 })
    expect(told.slice(-2)).toEqual([`alarm.released ${warm}`, `alarm.raised ${warm}`])
  })

  test('is woken when it asked to be, together with the desk', async () => {
    const woken: number[] = []
    let due: Instant | undefined
    const follower: Follower = {
      begin(now) {
        due = (now + minutes(3)) as Instant
        return undefined
      },
      nextWake: () => due,
      wake(now) {
        woken.push(now)
        due = undefined
        return undefined
      },
    }
    const { pipeline, passes, clock, raised, desk } = house(follower)
    const began = clock.now()
    pipeline.begin({ kind: 'gateway.started', by: 'system', data: {} }, [])
    const id = await raised()
    await pipeline.command(id, { do: 'shelve', for: minutes(5), reason: 'the door is being mended', oneShot: false }, 'ada')
    await passes(minutes(6))

    expect(woken.map(when => when - began)).toEqual([minutes(3)])
    expect(desk.ofRule(warm)).toMatchObject({ state: 'unacknowledged', times: 2 })
  })

  test('goes back with an alarm whose command could not be written', async () => {
    const back: string[] = []
    const { pipeline, disk, raised, desk } = house({ takenBack: alarm => back.push(`${alarm.id} ${alarm.state}`) })
    const id = await raised()
    const before = desk.byId(id)
    disk.isFull = true

    expect(await pipeline.command(id, { do: 'acknowledge', comment: '' }, 'ada')).toEqual({ ok: false, why: 'not-recordable' })
    expect(back).toEqual([`${id} unacknowledged`])
    expect(desk.byId(id)).toEqual(before)
  })

  test('is told when the clock was set, and it is on record', async () => {
    const set: number[] = []
    const { pipeline, kinds } = house({ clockSet: by => set.push(by) })
    pipeline.clockSet(86_400_000)
    await pipeline.settled()

    expect(set).toEqual([86_400_000])
    expect(kinds()).toEqual(['clock.set'])
  })
})
