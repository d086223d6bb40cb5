/** What happened to an alarm, from the journal where it has been asked, else from what the alarm itself remembers. Pure. */
import type { WireAlarm, WireEntry, WireTold } from '../../../gateway/api/wire.ts'

/** One step, in the order in which it happened. `notes` are the words people wrote. */
export type Step =
  | { readonly what: 'began'; readonly at: number }
  | {
      readonly what: 'event'
      readonly at: number
      readonly kind: string
      /** Empty where nobody did it. */
      readonly by: string
      readonly notes: readonly string[]
      readonly second?: string
      readonly substitute?: string
      readonly until?: number
      /** When it was said where there was no network. */
      readonly notedAt?: number
      readonly ended?: string
      readonly on?: boolean
    }
  | { readonly what: 'told'; readonly at: number; readonly told: WireTold }

export function stepsOf(alarm: WireAlarm, entries: readonly WireEntry[] | undefined): readonly Step[] {
  const events = entries ? entries.filter(entry => entry.kind.startsWith('alarm.')).map(fromEntry) : fromAlarm(alarm)
  const told = alarm.told.map((one): Step => ({ what: 'told', at: one.at, told: one }))
  // What happened at one and the same moment stays in the order of the journal: the sort is stable.
  return [{ what: 'began' as const, at: alarm.since }, ...events, ...told].toSorted((a, b) => a.at - b.at)
}

function fromEntry({ kind, by, at, data }: WireEntry): Step {
  const part = partOf(data, 'shelved') ?? partOf(data, 'outOfService') ?? {}
  const notes = [textOf(data['comment']), textOf(data['action']), textOf(part['reason'])].filter(text => text !== '')
  const until = part['until']
  return {
    what: 'event',
    at: Date.parse(at),
    kind,
    by: by === 'system' ? '' : by,
    notes,
    ...optional('second', textOf(part['second'])),
    ...optional('substitute', textOf(part['substitute'])),
    ...optional('ended', textOf(data['ended'])),
    ...(typeof until === 'number' ? { until } : {}),
    ...(typeof data['notedAt'] === 'number' ? { notedAt: data['notedAt'] } : {}),
    ...(typeof data['on'] === 'boolean' ? { on: data['on'] } : {}),
  }
}

function fromAlarm({ raisedAt, acknowledged, confirmed, shelved, outOfService, clearedAt, active }: WireAlarm): readonly Step[] {
  const event = (kind: string, at: number, by = '', ...notes: readonly string[]): Step => ({
    what: 'event',
    at,
    kind,
    by,
    notes: notes.filter(note => note !== ''),
  })
  return [
    event('alarm.raised', raisedAt),
    ...(acknowledged ? [event('alarm.acknowledged', acknowledged.at, acknowledged.by, acknowledged.comment)] : []),
    ...(confirmed ? [event('alarm.confirmed', confirmed.at, confirmed.by, confirmed.action)] : []),
    ...(shelved ? [event('alarm.shelved', shelved.at, shelved.by, shelved.reason)] : []),
    ...(outOfService ? [event('alarm.out-of-service', outOfService.at, outOfService.by, outOfService.reason)] : []),
    ...(clearedAt !== undefined && !active ? [event('alarm.cleared', clearedAt)] : []),
  ]
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const optional = <Key extends string>(key: Key, text: string): { readonly [K in Key]?: string } =>
  (text === '' ? {} : { [key]: text }) as { readonly [K in Key]?: string }

function partOf(data: WireEntry['data'], key: string): Readonly<Record<string, unknown>> | undefined {
  const part = data[key]
  return typeof part === 'object' && part !== null ? (part as Readonly<Record<string, unknown>>) : undefined
}
