import type { Instant } from '../../protocols/contract/time.ts'
import type { Passing } from '../alarm/follow.ts'
import type { Decision } from '../turn.ts'
import type { Trace } from './kept.ts'
import type { Notice, NoticeId, Told } from './notice.ts'
import { entryOf } from './outbox.ts'
import type { Outbox } from './outbox.ts'
import { spared } from './reasons.ts'

/** What the sender does with the notices, as decisions that are on disk before it goes on. */
export class Posting {
  readonly #outbox: Outbox
  readonly #trace: Trace

  constructor(outbox: Outbox, trace: Trace) {
    this.#outbox = outbox
    this.#trace = trace
  }

  waiting(): readonly Notice[] {
    return this.#outbox.waiting()
  }
  get(id: NoticeId): Notice | undefined {
    return this.#outbox.get(id)
  }

  /** An attempt begins; its answer are those that are still wanted. From now on nobody can be sure that they did not arrive. */
  begin(ids: readonly NoticeId[], together: NoticeId | undefined, at: Instant): Decision<readonly Notice[]> {
    const before = ids.flatMap(id => this.#outbox.get(id) ?? [])
    const begun: Notice[] = []
    const drafts: Passing[] = []
    for (const notice of before) {
      if (notice.noLonger) {
        this.#outbox.finish(notice.id, { outcome: 'not-needed', proof: notice.noLonger.zh })
        drafts.push(entryOf('notice.not-needed', notice, at, { why: notice.noLonger }))
        continue
      }
      const { nextAt: _due, ...rest } = notice
      const now: Notice = {
        ...rest,
        state: 'sending',
        attempts: notice.attempts + 1,
        ...(together === undefined ? {} : { together }),
      }
      this.#outbox.keep(now)
      begun.push(now)
    }
    const checkpoints = this.#trace.take()
    return { drafts, checkpoints, answer: () => begun, undo: () => this.#restore(before) }
  }

  /** The attempt has failed for sure or perhaps; it is tried again at `nextAt`, on the first of `channels`. */
  putBack(
    ids: readonly NoticeId[],
    change: (notice: Notice) => Pick<Notice, 'channels' | 'attempts'> & Partial<Notice>,
  ): Decision<void> {
    const before = ids.flatMap(id => this.#outbox.get(id) ?? [])
    for (const notice of before) this.#outbox.keep({ ...notice, ...change(notice), state: 'waiting' })
    const checkpoints = this.#trace.take()
    return { checkpoints, answer: () => undefined, undo: () => this.#restore(before) }
  }

  delivered(id: NoticeId, channel: string, proof: string): Passing | undefined {
    const notice = this.#outbox.get(id)
    if (!notice) return undefined
    return entryOf('notice.delivered', notice, notice.at, {
      channel,
      proof,
      attempts: attemptsOf(notice),
      ...(notice.tried ? { tried: notice.tried } : {}),
    })
  }

  /** All channels are used up. `final`: it is not tried again. */
  failed(id: NoticeId, why: string, final: boolean): Passing | undefined {
    const notice = this.#outbox.get(id)
    if (!notice) return undefined
    return entryOf('notice.failed', notice, notice.at, {
      why,
      final,
      attempts: attemptsOf(notice),
      ...(notice.tried ? { tried: notice.tried } : {}),
    })
  }

  /** It had been given up, and meanwhile everything in it has been answered. */
  notNeeded(id: NoticeId): Passing | undefined {
    const notice = this.#outbox.get(id)
    const why = spared.answered
    return notice && entryOf('notice.not-needed', notice, notice.at, { why })
  }

  /** What the journal says of a notice counts here as well. */
  hear({ kind, at, data }: Passing): void {
    const id = data['notice'] as NoticeId
    const notice = this.#outbox.get(id)
    if (!notice) return
    if (kind === 'notice.delivered') {
      const { channel, proof, attempts } = data as unknown as Pick<Required<Told>, 'channel' | 'proof' | 'attempts'>
      this.#outbox.finish(id, { outcome: 'delivered', channel, proof, attempts, deliveredAt: at })
    } else if (kind === 'notice.not-needed') {
      this.#outbox.finish(id, { outcome: 'failed', ...(notice.givenUp ? { proof: notice.givenUp.why } : {}) })
    } else if (data['final'] === true) {
      this.#outbox.finish(id, { outcome: 'failed', proof: String(data['why']) })
    } else if (data['final'] === false) {
      this.#outbox.keep({ ...notice, givenUp: { at, why: String(data['why']) } })
    }
  }

  forget(id: NoticeId): void {
    this.#outbox.forget(id)
  }

  #restore(before: readonly Notice[]): void {
    for (const notice of before) this.#outbox.restoreOne(notice)
  }
}

const attemptsOf = ({ attempts, tried }: Notice): number => attempts + (tried ?? []).reduce((sum, one) => sum + one.attempts, 0)
