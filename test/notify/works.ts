import type { Clock } from '../../protocols/contract/time.ts'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import type { Alarm, AlarmId } from '../../gateway/alarm/alarm.ts'
import { waitingStates } from '../../gateway/alarm/alarm.ts'
import type { Follower } from '../../gateway/alarm/follow.ts'
import { Nuisance } from '../../gateway/alarm/nuisance.ts'
import { Office } from '../../gateway/duty/office.ts'
import type { Draft, Entry } from '../../gateway/journal/entry.ts'
import { AnswerLinks } from '../../gateway/notify/answer-links.ts'
import type { PreparedChannel } from '../../gateway/notify/channel.ts'
import { webhookKind } from '../../gateway/notify/channels/webhook.ts'
import { Dispatcher } from '../../gateway/notify/dispatcher.ts'
import { openChannels } from '../../gateway/notify/open-channels.ts'
import { Sender } from '../../gateway/notify/sender.ts'
import { Pipeline } from '../../gateway/pipeline.ts'
import type { Evaluator } from '../../gateway/policy/evaluator.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { siteBook } from '../../gateway/site/site-book.ts'
import type { Site } from '../../gateway/site/site.ts'
import type { Historian, Journal } from '../../gateway/store/store.ts'
import { ruleOf } from './small-site.ts'

export const webhook = (id: string, url: string, more: Readonly<Record<string, unknown>> = {}): PreparedChannel => {
  const made = webhookKind.prepare(id, { url, secret: 'a-secret-of-the-test', ...more })
  if (!made.ok) throw new Error(JSON.stringify(made.problems))
  return made.channel
}

export interface WorksOptions {
  readonly site: Site
  readonly clock: Clock
  readonly wall: Clock
  readonly store: { readonly journal: Pick<Journal, 'append' | 'checkpoints'>; readonly historian: Pick<Historian, 'record'> }
  readonly evaluator: Evaluator
}

/** The gateway's telling half, whole and real: pipeline, desk, office, dispatcher, sender, channels; only rules are the test's hand. */
export async function works({ site, clock, wall, store, evaluator }: WorksOptions) {
  const rules = siteBook(site)
  const desk = new AlarmDesk(rules)
  const checkpoints = await store.journal.checkpoints()
  const open = [...checkpoints].flatMap(([key, value]) => (key.startsWith('alarm:') ? [value as Alarm] : []))
  const counter = (checkpoints.get('desk') as { readonly counter: number } | undefined)?.counter ?? 0
  desk.restore({ open, counter })
  const office = new Office({ duty: site.duty, calendar: site.calendar })
  const nuisance = new Nuisance()
  const channels = openChannels({
    wall,
    site,
    secrets: { get: () => Promise.resolve(undefined), put: () => Promise.resolve() },
    browsers: { of: () => Promise.resolve([]), gone: () => Promise.resolve() },
    brokers: () => [],
  })
  const links = new AnswerLinks(Buffer.alloc(32, 7), wall, site.server.publicUrl)
  const dispatcher = new Dispatcher({
    office,
    site,
    rules,
    alarm: id => desk.byId(id),
    isFlood: () => nuisance.isFlood,
    reaches: (channel, person) => channels.find(({ prepared }) => prepared.id === channel)?.channel.reaches(person) ?? false,
  })
  const sender = new Sender({
    clock,
    wall,
    posting: dispatcher.posting,
    health: dispatcher.health,
    channels,
    people: site.duty.people,
    message: { site, link: notice => links.linkOf(notice) },
    act: decide => pipeline.act(decide),
    mention: draft => pipeline.mention(draft),
    isUnanswered: id => waitingStates.has(desk.byId(id)?.state ?? 'normal'),
    told: () => {},
    settle: () => dispatcher.settle(),
    chance: () => 0.5,
  })
  const hand: Follower = {
    noted({ kind, at, data }) {
      const { rule, raised } = data as { readonly rule: RuleId; readonly raised: boolean }
      if (kind !== 'test.rule') return undefined
      const transition = raised ? ({ what: 'raised', at, since: at, value: 9.4 } as const) : ({ what: 'cleared', at } as const)
      return { own: [{ rule, transition }] }
    },
  }
  const followers = [hand, nuisance, office, dispatcher]
  for (const follower of followers) follower.restore?.(checkpoints, desk.openAlarms(), clock.now())
  const counts = new Map<string, number>()
  let waiting: { readonly kind: string; readonly count: number; readonly resolve: () => void }[] = []
  const counter2 = {
    alarmChanged() {},
    written(entries: readonly Entry[]) {
      for (const { kind } of entries) counts.set(kind, (counts.get(kind) ?? 0) + 1)
      waiting = waiting.filter(({ kind, count, resolve }) => {
        const isDone = (counts.get(kind) ?? 0) >= count
        if (isDone) resolve()
        return !isDone
      })
    },
  }
  const pipeline: Pipeline = new Pipeline({
    clock,
    wall,
    evaluator,
    desk,
    store,
    cite: () => ({}),
    followers,
    outlets: [sender, counter2],
  })
  pipeline.begin({ kind: 'gateway.started', by: 'system', data: {} }, [])
  await pipeline.settled()
  sender.start()

  const say = async (draft: Omit<Draft, 'at'>): Promise<void> => {
    pipeline.mention(draft)
    await pipeline.settled()
  }
  return {
    desk,
    dispatcher,
    sender,
    pipeline,
    links,
    raise: (equipment: string) => say({ kind: 'test.rule', by: 'test', data: { rule: ruleOf(equipment), raised: true } }),
    clear: (equipment: string) => say({ kind: 'test.rule', by: 'test', data: { rule: ruleOf(equipment), raised: false } }),
    acknowledge: (equipment: string, by = 'wang') =>
      pipeline.command(desk.ofRule(ruleOf(equipment))?.id ?? ('' as AlarmId), { do: 'acknowledge', comment: 'seen' }, by),
    /** Resolves when so many entries of that kind are on disk. */
    async written(kind: string, count: number): Promise<void> {
      if ((counts.get(kind) ?? 0) >= count) return
      await new Promise<void>(resolve => waiting.push({ kind, count, resolve }))
    },
    count: (kind: string): number => counts.get(kind) ?? 0,
    async stop() {
      await sender.stop()
      await pipeline.close()
    },
  }
}
