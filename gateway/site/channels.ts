import type { PreparedChannel } from '../notify/channel.ts'
import { channelKinds } from '../notify/channels.ts'
import type { ChannelKind } from '../notify/channels.ts'
import type { Parts } from './parts.ts'
import { below, idKey, mapping, oneOf, pairs, required, wordsOf } from './reader.ts'
import type { Item, Report } from './report.ts'
import { settingsOf } from './settings.ts'
import { placed } from './wiring.ts'

const kindNames = channelKinds.map(({ kind }) => kind)

/** The channels of the site file, in its order. */
export function readChannels(report: Report, { channels }: Parts): readonly PreparedChannel[] {
  if (!channels || channels.value === null || !mapping(report, channels)) return []
  return pairs(channels).flatMap(([id, item]) => {
    // A wrong id is told, and what stands below it as well.
    const isNamed = idKey(report, item, id)
    const channel = mapping(report, item) ? readChannel(report, id, item) : undefined
    return isNamed && channel ? [channel] : []
  })
}

function readChannel(report: Report, id: string, item: Item): PreparedChannel | undefined {
  const name = wordsOf(report, below(item, 'name')) ?? { zh: id, en: id }
  const kindItem = required(report, item, 'kind', 'wecom')
  const kindName = oneOf(report, kindItem, kindNames, 'unknown-channel-kind')
  const kind = channelKinds.find(one => one.kind === kindName)
  return kind && prepare(report, id, item, kind, name)
}

function prepare(
  report: Report,
  id: string,
  item: Item,
  kind: ChannelKind,
  name: NonNullable<PreparedChannel['name']>,
): PreparedChannel | undefined {
  const prepared = kind.prepare(id, settingsOf(report, item, ['kind', 'name'], kind.schema))
  if (prepared.ok) return { ...prepared.channel, name }
  for (const { path, code = 'wrong-setting', wrong, write } of prepared.problems) {
    // A key that was mistyped is there, in a way.
    if (!report.wasMeant({ ...item, path: [...item.path, ...path] })) report.error(...placed(item, path, { code, wrong, write }))
  }
  return undefined
}
