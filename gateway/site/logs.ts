import { deliveryPeriods } from '../delivery/settings.ts'
import type { DeliverySettings } from '../delivery/settings.ts'
import { readPattern } from './backup.ts'
import type { Parts } from './parts.ts'
import { below, idKey, list, mapping, oneOf, pairs, required, text } from './reader.ts'
import type { Item, Report } from './report.ts'

/** As `gateway/report` has them, which may not be asked here: a site is read before there is a report. A test holds them equal. */
export const deliveredKinds = [
  'temperature',
  'disinfection',
  'dosing',
  'environment',
  'gas',
  'pressure',
  'rounds',
  'closing',
  'alarms',
  'handover',
  'audit',
] as const
export const deliveredFormats = ['json', 'csv', 'xlsx', 'pdf'] as const

const keys = ['kinds', 'every', 'period', 'equipment', 'area', 'format', 'language', 'to', 'channel', 'folder']

/** The block `logs` of the site file: logs that are delivered by themselves. */
export function readDeliveries(report: Report, parts: Parts): readonly DeliverySettings[] {
  const { logs } = parts
  if (!logs || logs.value === null || !mapping(report, logs)) return []
  return pairs(logs).flatMap(([id, item]) => {
    const isNamed = idKey(report, item, id)
    const delivery = mapping(report, item, keys) ? readDelivery(report, parts, id, item) : undefined
    return isNamed && delivery ? [delivery] : []
  })
}

function readDelivery(report: Report, parts: Parts, id: string, item: Item): DeliverySettings | undefined {
  const kindItems = severalOf(report, required(report, item, 'kinds', '[temperature]'))
  const kinds = kindItems.flatMap(kind => oneOf(report, kind, deliveredKinds, 'unknown-log') ?? [])
  const every = readPattern(report, required(report, item, 'every', 'monthly'), '0 7 1 * *')
  const formats = severalOf(report, below(item, 'format')).flatMap(one => oneOf(report, one, deliveredFormats) ?? [])
  const folder = text(report, below(item, 'folder'), '/srv/records')
  const to = severalOf(report, below(item, 'to')).flatMap(one => readReceiver(report, parts, one) ?? [])
  const channel = readChannel(report, parts, item, to.length > 0)
  if (folder === undefined && below(item, 'to') === undefined)
    report.error(item, {
      code: 'nowhere-to',
      on: 'key',
      wrong: { zh: '没有写送到哪里', en: 'it does not say where to' },
      write: { zh: '写 `to: [某人]` 或 `folder: /srv/records`', en: 'write `to: [somebody]` or `folder: /srv/records`' },
    })
  if (every === undefined || kinds.length === 0) return undefined
  return {
    id,
    kinds: [...new Set(kinds)],
    every,
    period: oneOf(report, below(item, 'period'), deliveryPeriods) ?? usualPeriod(every),
    equipment: known(
      report,
      below(item, 'equipment'),
      parts.equipment.map(one => one.id),
      'unknown-equipment',
    ),
    areas: known(
      report,
      below(item, 'area'),
      parts.areas.map(one => one.id),
      'unknown-area',
    ),
    formats: formats.length > 0 ? [...new Set(formats)] : ['pdf'],
    language: oneOf(report, below(item, 'language'), ['zh', 'en']) ?? 'zh',
    to,
    channel,
    folder,
  }
}

/** Monthly ones are about the month before, weekly ones about the week, all others about yesterday. */
function usualPeriod(pattern: string): DeliverySettings['period'] {
  const [, , day, , weekday] = pattern.split(/\s+/)
  return day !== '*' ? 'last-month' : weekday !== '*' ? 'last-week' : 'yesterday'
}

/** A list, or one alone. */
function severalOf(report: Report, item: Item | undefined): readonly Item[] {
  if (!item) return []
  return typeof item.value === 'string' ? [item] : list(report, item)
}

const known = (report: Report, item: Item | undefined, ids: readonly string[], code: string): string[] =>
  severalOf(report, item).flatMap(one => oneOf(report, one, ids, code) ?? [])

/** A mail address, or a person of the site file who has one. */
function readReceiver(report: Report, { people }: Parts, item: Item): string | undefined {
  if (typeof item.value === 'string' && /^[^\s@]+@[^\s@]+$/.test(item.value)) return item.value
  const ids = pairs(people).map(([id]) => id)
  const found = oneOf(report, item, ids, 'unknown-receiver')
  const person = found === undefined ? undefined : pairs(people).find(([id]) => id === found)?.[1]
  if (person && below(person, 'email') === undefined)
    report.error(item, {
      code: 'no-address',
      wrong: { zh: `${found} 没有邮箱`, en: `${found} has no mail address` },
      write: {
        zh: `在 people.${found} 下写 email，或在这里直接写邮箱`,
        en: `write \`email\` below people.${found}, or an address here`,
      },
    })
  return found
}

/** The mail channel to send by: the named one, else the only one. */
function readChannel(report: Report, { channels }: Parts, item: Item, isMailed: boolean): string | undefined {
  const mail = pairs(channels).flatMap(([id, channel]) => (below(channel, 'kind')?.value === 'smtp' ? [id] : []))
  const named = below(item, 'channel')
  if (named) return oneOf(report, named, mail, 'unknown-channel')
  if (!isMailed) return undefined
  if (mail.length === 0)
    report.error(below(item, 'to') ?? item, {
      code: 'no-mail-channel',
      wrong: { zh: '要发邮件，但现场没有 smtp 渠道', en: 'it is to be mailed, but the site has no smtp channel' },
      write: { zh: '在 channels 下加一个 `kind: smtp`', en: 'add one of `kind: smtp` below `channels`' },
    })
  return mail[0]
}
