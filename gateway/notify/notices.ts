import type { Outbound } from '../../protocols/contract/driver.ts'
import type { Clock } from '../../protocols/contract/time.ts'
import { waitingStates } from '../alarm/alarm.ts'
import type { Alarm, AlarmId } from '../alarm/alarm.ts'
import type { RuleBook } from '../policy/rule-book.ts'
import type { Site } from '../site/site.ts'
import type { AccountShelf } from '../store/store.ts'
import { AnswerLinks, linkKey } from './answer-links.ts'
import type { Channel } from './channel.ts'
import { Dispatcher } from './dispatcher.ts'
import { openChannels } from './open-channels.ts'
import type { OpeningParts } from './open-channels.ts'
import type { Routes } from './reach.ts'
import { Sender } from './sender.ts'
import type { SenderParts } from './sender.ts'

export interface NoticesParts extends Pick<SenderParts, 'act' | 'mention' | 'told'>, Pick<OpeningParts, 'secrets' | 'browsers'> {
  readonly site: Site
  readonly rules: RuleBook
  readonly office: Routes
  readonly clock: Clock
  readonly wall: Clock
  readonly shelf: Pick<AccountShelf, 'get' | 'put'>
  readonly alarm: (id: AlarmId) => Alarm | undefined
  readonly isFlood: () => boolean
  readonly brokers: () => readonly Outbound[]
}

/** Everything that tells people: who is told what, what sends it, and the links they answer by. */
export interface Notices {
  readonly dispatcher: Dispatcher
  readonly sender: Sender
  readonly links: AnswerLinks
  /** The open channel of that id. */
  channel(id: string): Channel | undefined
}

export async function openNotices(parts: NoticesParts): Promise<Notices> {
  const { site, rules, office, clock, wall, alarm, isFlood, act, mention, told } = parts
  const channels = openChannels({ ...parts, site })
  const byId = new Map(channels.map(({ prepared, channel }) => [prepared.id, channel]))
  const links = new AnswerLinks(await linkKey(parts.shelf), wall, site.server.publicUrl)
  const dispatcher = new Dispatcher({
    office,
    site,
    rules,
    alarm,
    isFlood,
    reaches: (channel, person) => byId.get(channel)?.reaches(person) ?? false,
  })
  const sender = new Sender({
    clock,
    wall,
    posting: dispatcher.posting,
    health: dispatcher.health,
    channels,
    people: office.duty.people,
    message: { site, link: notice => links.linkOf(notice) },
    act,
    mention,
    isUnanswered: id => waitingStates.has(alarm(id)?.state ?? 'normal'),
    told,
    settle: () => dispatcher.settle(),
    chance: Math.random,
  })
  return { dispatcher, sender, links, channel: id => byId.get(id) }
}
