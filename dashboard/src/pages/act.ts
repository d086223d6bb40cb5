import type { WireAlarm } from '../../../gateway/api/wire.ts'
import type { Desk } from '../desk.svelte.ts'
import type { Answer, Refusal } from '../http.ts'
import type { Deed } from '../live/deeds.ts'
import { canWait, keptAnswers } from '../live/kept-answers.svelte.ts'
import type { Dictionary } from '../words/say.ts'

/** What was asked and is not answered yet, by alarm and deed: however often somebody presses, wherever it stands, it is asked for once. */
const underWay = new Map<string, Promise<Answer<WireAlarm>>>()

async function command({ http }: Desk, alarm: string, deed: Deed): Promise<Answer<WireAlarm>> {
  const key = `${alarm} ${deed.do}`
  const before = underWay.get(key)
  if (before) return before
  const answer = http.command(alarm, deed.do, bodyOf(deed)).finally(() => underWay.delete(key))
  underWay.set(key, answer)
  return answer
}

/**
 * Does it to each of them; what comes back is the excuse to show, empty when all were taken. The board shows the gateway's own word, never a
 * guess: what could not be sent for want of a network is kept, and stands as unanswered until it has come there.
 */
export async function act(desk: Desk, alarms: readonly WireAlarm[], deed: Deed): Promise<string> {
  const answers = await Promise.all(alarms.map(alarm => command(desk, alarm.id, deed)))
  const done = answers.flatMap(answer => (answer.ok ? [answer.value] : []))
  if (done.length > 0) desk.live.take(done)
  if (canWait(deed))
    for (const [index, alarm] of alarms.entries()) {
      const answer = answers[index]
      if (!answer || answer.ok || answer.why !== 'offline') continue
      const by = desk.session?.username ?? ''
      keptAnswers.keep({ alarm: alarm.id, where: desk.nameOf(alarm.equipment), deed, by, at: Date.now() })
    }
  const refused = answers.find(answer => !answer.ok && !(canWait(deed) && answer.why === 'offline'))
  if (!refused || refused.ok) return ''
  const t = desk.words.t
  const excuse = excuseOf(refused, t)
  return done.length === 0 ? excuse : t.deed.someDone(done.length, alarms.length, excuse)
}

/** The gateway's own sentence where it gave one. */
export function excuseOf(refusal: Refusal, t: Dictionary): string {
  if (refusal.said !== undefined && refusal.why !== 'server') return refusal.said
  switch (refusal.why) {
    case 'offline':
      return t.error.offline
    case 'forbidden':
      return t.error.forbidden
    case 'not-found':
      return t.error.noSuchAlarm
    case 'conflict':
      return refusal.code === 'not-recordable' ? t.error.notRecordable : t.error.alreadyAcknowledged
    default:
      return t.error.server
  }
}

function bodyOf(deed: Deed): Readonly<Record<string, unknown>> {
  switch (deed.do) {
    case 'acknowledge':
      return { comment: deed.comment }
    case 'confirm':
      return { action: deed.action }
    case 'shelve': {
      const { reason, oneShot, second } = deed
      return { for: `${Math.round(deed.for / 60_000)}m`, reason, oneShot, ...(second && { second }) }
    }
    case 'out-of-service':
      return { reason: deed.reason, substitute: deed.substitute, until: new Date(deed.until).toISOString() }
    default:
      return {}
  }
}
