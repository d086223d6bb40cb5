import { millis, seconds } from '../../protocols/contract/time.ts'
import type { Cancel, Clock, Instant } from '../../protocols/contract/time.ts'
import type { AlarmId } from '../alarm/alarm.ts'
import type { Person } from '../duty/duty.ts'
import type { Draft } from '../journal/entry.ts'
import type { Outlet } from '../pipeline.ts'
import { StoreTrouble } from '../store/store.ts'
import type { Decide } from '../turn.ts'
import { patience, waitAfter } from './back-off.ts'
import type { Channel, Delivery, PreparedChannel } from './channel.ts'
import type { ChannelHealth } from './channel-health.ts'
import { messageOf } from './message.ts'
import type { MessageParts } from './message.ts'
import type { Notice, NoticeId } from './notice.ts'
import type { Posting } from './posting.ts'
import { Way } from './way.ts'
import type { Turn } from './way.ts'

export interface SenderParts {
  /** Quiet hours are by the domain clock, back-off and deadlines by real time. */
  readonly clock: Clock
  readonly wall: Clock
  readonly posting: Posting
  readonly health: ChannelHealth
  readonly channels: readonly { readonly prepared: PreparedChannel; readonly channel: Channel }[]
  readonly people: ReadonlyMap<string, Person>
  readonly message: MessageParts
  /** Decides in the pipeline's turn; on disk when it resolves. */
  readonly act: <T>(decide: Decide<T>) => Promise<T>
  /** Written in order with everything else, later where the disk is away. */
  readonly mention: (draft: Omit<Draft, 'at'>) => void
  readonly isUnanswered: (alarm: AlarmId) => boolean
  /** Something has become of the notices about these alarms. */
  readonly told: (alarms: readonly AlarmId[]) => void
  /** What was decided so far stands, on disk or kept for it. */
  readonly settle: () => void
  /** In [0, 1), to spread retries. */
  readonly chance: () => number
}

/** As `GET /api/v1/channels` tells it; times on the domain clock. */
export interface ChannelState {
  readonly prepared: PreparedChannel
  readonly state: 'working' | 'failing' | 'idle'
  readonly since: Instant
  readonly lastDeliveredAt?: Instant
  readonly waiting: number
  readonly why?: string
}

/** A channel ends by itself within 20 s; one that does not is left behind. */
const longestSend = seconds(25)
const graceAtStop = seconds(2)

/**
 * Takes notices when they are durable and sends each once: an attempt is on disk before it begins, and what became of it after it. What a
 * kill leaves in between goes again under the same key, marked. While the disk is away messages go out all the same.
 */
export class Sender implements Outlet {
  readonly #parts: SenderParts
  readonly #ways: ReadonlyMap<string, Way>
  /** Held back until a time: quiet hours, and what has been given up. */
  readonly #held = new Map<NoticeId, Cancel>()
  readonly #running = new Set<Promise<void>>()
  readonly #abort = new AbortController()
  #counts = { sent: 0, failed: 0 }
  #stopped = false

  constructor(parts: SenderParts) {
    this.#parts = parts
    const since = parts.clock.now()
    this.#ways = new Map(parts.channels.map(({ prepared, channel }) => [prepared.id, new Way(prepared, channel, since)]))
  }

  /** What an earlier run left. */
  start(): void {
    for (const { id } of this.#parts.posting.waiting()) this.#take(id)
  }

  written(entries: readonly Pick<Draft, 'kind' | 'data'>[]): void {
    this.#parts.settle()
    for (const { kind, data } of entries) {
      if (!kind.startsWith('notice.')) continue
      if (kind === 'notice.queued') this.#take(data['notice'] as NoticeId)
      if (Array.isArray(data['alarms'])) this.#parts.told(data['alarms'] as readonly AlarmId[])
    }
  }

  /** Rule 7: what cannot be written yet is told all the same. */
  unwritten(drafts: readonly Draft[]): void {
    this.written(drafts)
  }

  alarmChanged(): void {}

  get counts(): Readonly<Record<'sent' | 'failed', number>> {
    return this.#counts
  }

  states(): readonly ChannelState[] {
    const waiting = Map.groupBy(this.#parts.posting.waiting(), ({ channels }) => channels[0])
    return [...this.#ways.values()].map(({ prepared, deliveredAt, since }) => {
      const failing = this.#parts.health.of(prepared.id)
      return {
        prepared,
        state: failing ? 'failing' : deliveredAt === undefined ? 'idle' : 'working',
        since: failing?.since ?? since,
        ...(deliveredAt === undefined ? {} : { lastDeliveredAt: deliveredAt }),
        waiting: waiting.get(prepared.id)?.length ?? 0,
        ...(failing ? { why: failing.why } : {}),
      }
    })
  }

  /** Lets what is on its way arrive for two seconds; what is then still open goes again after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const cancel of this.#held.values()) cancel()
    for (const way of this.#ways.values()) way.cancel()
    await this.#within(graceAtStop, Promise.all(this.#running))
    this.#abort.abort()
    const closing = [...this.#ways.values()].map(({ channel }) => channel.close?.().catch(() => {}))
    await this.#within(millis(500), Promise.all([...this.#running, ...closing]))
  }

  #take(id: NoticeId): void {
    const notice = this.#parts.posting.get(id)
    if (!notice || this.#stopped || this.#held.has(id)) return
    const { clock, wall } = this.#parts
    if (notice.notBefore !== undefined && notice.notBefore > clock.now()) return this.#hold(id, clock, notice.notBefore)
    // What has been given up must not hold up what is new.
    if (notice.givenUp && notice.nextAt !== undefined && notice.nextAt > wall.now()) return this.#hold(id, wall, notice.nextAt)
    const way = this.#ways.get(notice.channels[0] ?? '')
    if (!way) return this.#leave(notice, notice.channels[0] ?? '', 'the site has no such channel any more')
    way.enqueue(notice)
    this.#pump(way)
  }

  #hold(id: NoticeId, clock: Clock, until: Instant): void {
    const cancel = clock.after(millis(until - clock.now()), () => {
      this.#held.delete(id)
      this.#take(id)
    })
    this.#held.set(id, cancel)
  }

  #pump(way: Way): void {
    if (this.#stopped) return
    const { wall, posting } = this.#parts
    const { turns, again } = way.next(wall.now(), id => posting.get(id))
    way.cancel()
    if (again !== undefined) way.cancel = wall.after(millis(Math.max(1, again - wall.now())), () => this.#pump(way))
    for (const turn of turns) {
      const running = this.#attempt(way, turn).finally(() => {
        this.#running.delete(running)
        this.#pump(way)
      })
      this.#running.add(running)
    }
  }

  async #attempt(way: Way, turn: Turn): Promise<void> {
    const wanted = turn.ids.filter(id => this.#isWanted(id))
    const { notices, recorded } = await this.#begin(wanted, turn.together)
    const [first, ...rest] = notices
    if (!first || this.#stopped) return way.done(turn.person, turn.ids)
    const person = this.#parts.people.get(turn.person)
    const delivery: Delivery = person
      ? await this.#send(way, [first, ...rest], person, recorded)
      : { is: 'refused', why: 'no longer in the site file' }
    // Ended by us and not by the other side: nobody knows, so it goes again after the next start.
    if (delivery.is !== 'delivered' && this.#abort.signal.aborted) return
    const stays =
      delivery.is === 'delivered' ? this.#arrived(way, notices, delivery.proof) : await this.#missed(way, notices, delivery)
    way.done(turn.person, stays ? turn.ids.filter(id => !notices.some(notice => notice.id === id)) : turn.ids)
  }

  /** What had been given up is tried again only while somebody has to know. */
  #isWanted(id: NoticeId): boolean {
    const { posting, isUnanswered, mention } = this.#parts
    const notice = posting.get(id)
    if (!notice?.givenUp || notice.alarms.some(isUnanswered)) return true
    const draft = posting.notNeeded(id)
    if (draft) mention(draft)
    return false
  }

  async #begin(
    ids: readonly NoticeId[],
    together: NoticeId | undefined,
  ): Promise<{ readonly notices: readonly Notice[]; readonly recorded: boolean }> {
    const { act, posting, clock } = this.#parts
    if (ids.length === 0) return { notices: [], recorded: true }
    try {
      return { notices: await act(at => posting.begin(ids, together, at)), recorded: true }
    } catch (error) {
      if (!(error instanceof StoreTrouble)) throw error
      return { notices: posting.begin(ids, together, clock.now()).answer([]), recorded: false }
    }
  }

  async #send(way: Way, notices: readonly [Notice, ...Notice[]], person: Person, recorded: boolean): Promise<Delivery> {
    const tooLong = new AbortController()
    const signal = AbortSignal.any([this.#abort.signal, tooLong.signal])
    let cancel: Cancel = () => {}
    const late = new Promise<Delivery>(resolve => {
      const end = (why: string) => resolve({ is: 'failed', why })
      this.#abort.signal.addEventListener('abort', () => end('the gateway stops'), { once: true, signal: tooLong.signal })
      cancel = this.#parts.wall.after(longestSend, () => end('no answer in time'))
    })
    try {
      const message = messageOf(notices, person, recorded, this.#parts.message)
      return await Promise.race([way.channel.send(message, person, signal), late])
    } catch (error) {
      return { is: 'failed', why: error instanceof Error ? error.message : String(error) }
    } finally {
      cancel()
      tooLong.abort()
    }
  }

  #arrived(way: Way, notices: readonly Notice[], proof: string): false {
    const { posting, mention, health, clock } = this.#parts
    this.#counts.sent += notices.length
    way.failures = 0
    if (way.deliveredAt === undefined || health.of(way.id)) way.since = clock.now()
    way.deliveredAt = clock.now()
    for (const { id } of notices) {
      const draft = posting.delivered(id, way.id, proof)
      if (draft) mention(draft)
    }
    if (health.of(way.id)) mention({ kind: 'channel.working', by: 'system', about: way.id, data: {} })
    return false
  }

  /** Whether it stays in the lane, to be tried again. */
  async #missed(way: Way, notices: readonly Notice[], delivery: Exclude<Delivery, { is: 'delivered' }>): Promise<boolean> {
    const { health, mention } = this.#parts
    // A wrong number is one person's; it says nothing of the channel.
    if (delivery.is === 'failed' || delivery.fault !== 'person') way.failures += 1
    const isOurs = delivery.is === 'refused' && delivery.fault === 'channel'
    if ((way.failures >= patience || isOurs) && !health.of(way.id))
      mention({ kind: 'channel.failing', by: 'system', about: way.id, data: { why: delivery.why } })
    const [first] = notices
    if (!first) return false
    const asked = delivery.is === 'failed' ? delivery.after : undefined
    const isLast = first.channels.length <= 1
    const hasHadItsChance =
      delivery.is === 'refused' || first.attempts >= patience || (!isLast && (way.failures >= patience || health.of(way.id)))
    if (first.givenUp || !hasHadItsChance) return this.#later(notices, asked)
    for (const notice of notices) this.#leave(notice, way.id, delivery.why)
    return false
  }

  /** The same channel once more, after a while. */
  async #later(notices: readonly Notice[], asked: number | undefined): Promise<boolean> {
    const { wall, chance } = this.#parts
    const ids = notices.map(({ id }) => id)
    const nextAt = (notice: Notice): Instant => {
      const failures = notice.givenUp ? patience + notice.attempts : notice.attempts
      return (wall.now() + waitAfter(failures, chance(), asked)) as Instant
    }
    const first = notices[0]
    const at = first && nextAt(first)
    await this.#putBack(ids, ({ channels, attempts }) => ({ channels, attempts, ...(at === undefined ? {} : { nextAt: at }) }))
    if (!first?.givenUp) return true
    for (const id of ids) this.#take(id)
    return false
  }

  /** This channel has had its chance: the next one, or on record that nothing got through. */
  #leave(notice: Notice, channel: string, why: string): void {
    const { posting, mention, clock, wall, chance } = this.#parts
    const tried = [...(notice.tried ?? []).filter(one => one.channel !== channel), { channel, why, attempts: notice.attempts }]
    const rest = notice.channels.slice(1)
    if (rest.length > 0) {
      void this.#track(
        this.#putBack([notice.id], () => ({ channels: rest, attempts: 0, tried })).then(() => this.#take(notice.id)),
      )
      return
    }
    this.#counts.failed += 1
    const isFinal = notice.givenUp !== undefined || !mustKnow(notice) || !this.#parts.people.has(notice.person)
    const draft = posting.failed(notice.id, why, isFinal)
    if (draft) mention(draft)
    if (isFinal) return
    // From the first channel again, ever more rarely, as long as nobody has answered.
    const all = [...new Set([...tried.map(one => one.channel), ...notice.channels])].filter(id => this.#ways.has(id))
    const nextAt = (wall.now() + waitAfter(patience, chance())) as Instant
    const back = {
      channels: all.length > 0 ? all : notice.channels,
      attempts: 0,
      tried,
      nextAt,
      givenUp: { at: clock.now(), why },
    }
    void this.#track(this.#putBack([notice.id], () => back).then(() => this.#take(notice.id)))
  }

  async #putBack(ids: readonly NoticeId[], change: Parameters<Posting['putBack']>[1]): Promise<void> {
    const { act, posting } = this.#parts
    try {
      await act(() => posting.putBack(ids, change))
    } catch (error) {
      if (!(error instanceof StoreTrouble)) throw error
      posting.putBack(ids, change)
    }
  }

  /** Stopping waits for it. */
  #track(running: Promise<void>): Promise<void> {
    const tracked = running.finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
    return tracked
  }

  async #within(length: ReturnType<typeof millis>, done: Promise<unknown>): Promise<void> {
    let cancel: Cancel = () => {}
    const tooLong = new Promise(resolve => {
      cancel = this.#parts.wall.after(length, () => resolve(undefined))
    })
    await Promise.race([done, tooLong])
    cancel()
  }
}

/** Somebody has to act on it: it is tried again for as long as nobody has. */
const mustKnow = ({ occasion }: Notice): boolean => occasion === 'raised' || occasion === 'escalated' || occasion === 'digest'
