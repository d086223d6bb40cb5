import type { Instant } from '../../protocols/contract/time.ts'
import type { AlarmId } from '../alarm/alarm.ts'
import type { Entry } from '../journal/entry.ts'
import type { NoticeId, Occasion, Told } from './notice.ts'

/** The kinds of entries that say what became of notices. */
export const noticeKinds = ['notice.queued', 'notice.delivered', 'notice.failed', 'notice.not-needed'] as const
const outcomes: Readonly<Record<string, Told['outcome']>> = {
  'notice.queued': 'waiting',
  'notice.delivered': 'delivered',
  'notice.failed': 'failed',
  'notice.not-needed': 'not-needed',
}

/** Who was told of an alarm that has long been over, as the journal has it; of each notice the last word counts. */
export function toldPast(alarm: AlarmId, entries: readonly Pick<Entry, 'kind' | 'at' | 'data'>[]): readonly Told[] {
  const told = new Map<NoticeId, Told>()
  for (const { kind, at, data } of entries) {
    const outcome = outcomes[kind]
    const { notice, person, as, level, occasion, alarms, queuedAt, channel, proof, attempts, why } = data
    if (outcome === undefined || !Array.isArray(alarms) || !alarms.includes(alarm)) continue
    if (typeof notice !== 'string' || typeof person !== 'string') continue
    const said = typeof proof === 'string' ? proof : textOf(why)
    told.set(notice as NoticeId, {
      notice: notice as NoticeId,
      person,
      as: typeof as === 'string' ? as : '',
      level: typeof level === 'number' ? level : 0,
      occasion: occasion as Occasion,
      at: (typeof queuedAt === 'number' ? queuedAt : at) as Instant,
      outcome,
      attempts: typeof attempts === 'number' ? attempts : 0,
      ...(typeof channel === 'string' ? { channel } : {}),
      ...(outcome === 'delivered' ? { deliveredAt: at } : {}),
      ...(said === undefined ? {} : { proof: said }),
    })
  }
  return [...told.values()]
}

function textOf(why: unknown): string | undefined {
  if (typeof why === 'string') return why
  const { zh } = (why ?? {}) as { readonly zh?: unknown }
  return typeof zh === 'string' ? zh : undefined
}
