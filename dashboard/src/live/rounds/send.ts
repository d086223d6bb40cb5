import type { WireTaken, WireVisit, WireVisits } from '../../../../gateway/api/wire-rounds.ts'
import type { KeptBook, KeptVisit } from './kept-book.ts'

/** What sending needs of the book. */
export type Outgoing = Pick<KeptBook, 'visits' | 'change'>

/** How sending went. Whatever it says, what was not delivered is still in the book. */
export type SendingEnd =
  /** There was nothing to send now. */
  | 'nothing'
  | 'delivered'
  | 'offline'
  | 'signed-out'
  /** Somebody else than who made them is signed in. */
  | 'other-account'
  | 'forbidden'
  /** The gateway cannot take it now: its disk, or a mistake of ours. */
  | 'trouble'

/** Small enough to get through where there is one bar of signal. */
const most = 50

/**
 * Sends what waits, each person's visits by themselves. The page and the service worker both do; sent twice does no harm, since the
 * gateway knows each visit by its id.
 */
export async function sendWaiting(book: Outgoing, clock: () => number, ask: typeof fetch): Promise<SendingEnd> {
  const waiting = (await book.visits()).filter(visit => visit.state === 'waiting' && visit.holdUntil <= clock()).toReversed()
  let end: SendingEnd = 'nothing'
  for (const by of new Set(waiting.map(visit => visit.by))) {
    if (by === null) continue
    const visits = waiting.filter(visit => visit.by === by)
    for (let from = 0; from < visits.length; from += most) {
      const one = await send(book, by, visits.slice(from, from + most), clock, ask)
      // What one person could deliver counts more than that another is not signed in.
      end = end === 'delivered' && one === 'other-account' ? end : one
      if (one === 'offline' || one === 'signed-out') return one
      if (one !== 'delivered') break
    }
  }
  return end
}

async function send(
  book: Outgoing,
  by: string,
  visits: readonly KeptVisit[],
  clock: () => number,
  ask: typeof fetch,
): Promise<SendingEnd> {
  let response: Response
  try {
    const body: WireVisits = { sentAt: clock(), by, visits: visits.map(wireOf) }
    response = await ask('/api/v1/rounds/visits', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      credentials: 'same-origin',
      body: JSON.stringify(body),
    })
  } catch {
    for (const { id } of visits) await book.change(id, visit => (visit.offline ? undefined : { ...visit, offline: true }))
    return 'offline'
  }
  if (response.ok) {
    const answer = await response.json().catch(() => undefined)
    return isTaken(answer) ? file(book, answer, clock()) : 'trouble'
  }
  // A proxy that answers for a gateway that is away is no gateway.
  if (response.status === 502 || response.status === 504) return 'offline'
  const ends: Readonly<Record<number, SendingEnd>> = { 401: 'signed-out', 403: 'forbidden', 409: 'other-account' }
  return ends[response.status] ?? 'trouble'
}

async function file(book: Outgoing, { items }: WireTaken, now: number): Promise<SendingEnd> {
  for (const item of items) {
    await book.change(item.id, visit => {
      if (visit.state !== 'waiting') return undefined
      if (item.outcome === 'refused') return { ...visit, state: 'refused', why: item.say }
      return { ...visit, state: 'delivered', deliveredAt: now, round: item.round, checkPoint: item.checkPoint }
    })
  }
  return 'delivered'
}

const isTaken = (answer: unknown): answer is WireTaken =>
  typeof answer === 'object' && answer !== null && 'items' in answer && Array.isArray(answer.items)

const wireOf = ({ id, code, at, verdict, failed, note, offline }: KeptVisit): WireVisit => ({
  id,
  code,
  at,
  verdict,
  failed,
  note,
  offline,
})
