import type { Cancel, Instant } from '../../protocols/contract/time.ts'
import { after, minutes } from '../../protocols/contract/time.ts'
import type { Channel, PreparedChannel } from './channel.ts'
import type { Notice, NoticeId } from './notice.ts'

/** Messages on their way by one channel at the same time, each to another person. */
const mostAtOnce = 8
/** Notices put together into one message. */
const mostTogether = 50
const minute = minutes(1)

export interface Turn {
  readonly person: string
  readonly ids: readonly NoticeId[]
  /** Set where several go as one message. */
  readonly together?: NoticeId
}

/**
 * One channel with who waits for it: a lane for each person, in order, one message at a time. Says who is next and when to look again;
 * sends nothing and sets no timer.
 */
export class Way {
  readonly prepared: PreparedChannel
  readonly channel: Channel
  readonly #lanes = new Map<string, NoticeId[]>()
  readonly #busy = new Set<string>()
  #sentAt: Instant[] = []
  #isCrowded = false
  /** Failures one after the other, over all persons. */
  failures = 0
  deliveredAt: Instant | undefined
  /** Of the state it is in now, working or idle. */
  since: Instant
  cancel: Cancel = () => {}

  constructor(prepared: PreparedChannel, channel: Channel, since: Instant) {
    this.prepared = prepared
    this.channel = channel
    this.since = since
  }

  get id(): string {
    return this.prepared.id
  }

  enqueue({ id, person }: Notice): void {
    const lane = this.#lanes.get(person) ?? []
    if (!lane.includes(id)) this.#lanes.set(person, [...lane, id])
  }

  /**
   * Whoever may be sent to now; they count as being sent to until `done`. `again`: when there is something to do next, by real time.
   * What nobody wants any more falls out.
   */
  next(
    now: Instant,
    notice: (id: NoticeId) => Notice | undefined,
  ): { readonly turns: readonly Turn[]; readonly again?: Instant } {
    const turns: Turn[] = []
    let again: Instant | undefined
    const lookAt = (at: Instant): void => {
      if (again === undefined || at < again) again = at
    }
    this.#sentAt = this.#sentAt.filter(at => after(at, minute) > now)
    for (const [person, all] of this.#lanes) {
      if (this.#busy.has(person)) continue
      const lane = all.filter(id => notice(id)?.channels[0] === this.id)
      if (lane.length === 0) this.#lanes.delete(person)
      else this.#lanes.set(person, lane)
      const head = lane[0] === undefined ? undefined : notice(lane[0])
      if (!head) continue
      if (head.nextAt !== undefined && head.nextAt > now) {
        lookAt(head.nextAt)
        continue
      }
      if (this.#busy.size >= mostAtOnce) break
      const [oldest] = this.#sentAt
      if (oldest !== undefined && this.#sentAt.length >= (this.prepared.perMinute ?? Infinity)) {
        this.#isCrowded = true
        lookAt(after(oldest, minute))
        break
      }
      this.#busy.add(person)
      this.#sentAt.push(now)
      turns.push({ person, ...this.#together(head, lane, notice) })
    }
    if (this.#lanes.size === 0) this.#isCrowded = false
    return again === undefined ? { turns } : { turns, again }
  }

  /** Its message has gone, or has not; what is still to go to this person stays in the lane. */
  done(person: string, gone: readonly NoticeId[]): void {
    this.#busy.delete(person)
    const lane = (this.#lanes.get(person) ?? []).filter(id => !gone.includes(id))
    if (lane.length === 0) this.#lanes.delete(person)
    else this.#lanes.set(person, lane)
  }

  /**
   * What waited because the other side takes no more goes as one message. What has been on its way before goes again as it was, alone or
   * with the same others: the key must not stand for anything else.
   */
  #together(head: Notice, lane: readonly NoticeId[], notice: (id: NoticeId) => Notice | undefined): Omit<Turn, 'person'> {
    const waiting = lane.flatMap(id => notice(id) ?? [])
    if (head.together !== undefined) {
      const same = waiting.filter(({ together }) => together === head.together)
      return { ids: same.map(({ id }) => id), together: head.together }
    }
    const fresh = waiting.filter(one => one.attempts === 0 && one.tried === undefined && one.together === undefined)
    if (!this.#isCrowded || fresh[0]?.id !== head.id || fresh.length === 1) return { ids: [head.id] }
    return { ids: fresh.slice(0, mostTogether).map(({ id }) => id), together: head.id }
  }
}
