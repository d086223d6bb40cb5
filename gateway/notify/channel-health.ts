import type { Instant } from '../../protocols/contract/time.ts'
import type { Following } from '../alarm/follow.ts'
import { ownRuleId } from '../alarm/own.ts'
import { Kept } from './kept.ts'
import type { Trace } from './kept.ts'

export interface Failing {
  readonly since: Instant
  readonly why: string
}

/** Channels that do not work now. Each is one alarm of the gateway's own, until something gets out by it again. */
export class ChannelHealth {
  readonly #failing: Kept<string, Failing>
  readonly #channels: ReadonlySet<string>

  constructor(trace: Trace, channels: readonly string[]) {
    this.#failing = new Kept('channel:', trace)
    this.#channels = new Set(channels)
  }

  restore(checkpoints: ReadonlyMap<string, unknown>): void {
    this.#failing.restore(checkpoints, value => (typeof value === 'object' && value !== null ? (value as Failing) : undefined))
  }

  of(channel: string): Failing | undefined {
    return this.#failing.get(channel)
  }

  /** The journal says so; the alarm follows from it. */
  hear(kind: 'channel.failing' | 'channel.working', channel: string, at: Instant, why: string): NonNullable<Following['own']> {
    if (!this.#channels.has(channel)) return []
    const rule = ownRuleId('channel', channel)
    if (kind === 'channel.working') {
      this.#failing.set(channel, undefined)
      return [{ rule, transition: { what: 'cleared', at } }]
    }
    this.#failing.set(channel, { since: at, why })
    const because = { zh: `渠道 ${channel} 发不出通知：${why}`, en: `notices do not get out by ${channel}: ${why}` }
    return [{ rule, transition: { what: 'raised', at, since: at, because } }]
  }
}
