import type { Words } from '../../protocols/contract/driver.ts'
import { after, hours } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { Alarm } from './alarm.ts'
import type { Follower, Following, Passing } from './follow.ts'
import { ownRuleId } from './own.ts'

const rule = ownRuleId('clock', 'clock')
const lasts = hours(1)

/** The gateway's clock was set: an alarm for an hour, so that somebody asks who did it and why (SRV-5). */
export class ClockAlarm implements Follower {
  #until: Instant | undefined

  restore(_checkpoints: ReadonlyMap<string, unknown>, open: readonly Alarm[], at: Instant): void {
    if (open.some(alarm => alarm.rule === rule && alarm.active)) this.#until = after(at, lasts)
  }

  noted({ kind, at, data }: Passing): Following | undefined {
    const { by } = data
    if (kind !== 'clock.set' || typeof by !== 'number') return undefined
    this.#until = after(at, lasts)
    return { own: [{ rule, transition: { what: 'raised', at, since: at, because: wordsOf(by) } }] }
  }

  nextWake(): Instant | undefined {
    return this.#until
  }

  wake(at: Instant): Following | undefined {
    this.#until = undefined
    return { own: [{ rule, transition: { what: 'cleared', at } }] }
  }

  clockSet(by: number): void {
    if (this.#until !== undefined) this.#until = after(this.#until, by as Millis)
  }
}

function wordsOf(by: number): Words {
  const length = Math.abs(by)
  const [zh, en] = length >= hours(48) ? [`${days(length)} 天`, `${days(length)} days`] : lengthOf(length)
  return by > 0
    ? { zh: `网关的时钟被拨快了 ${zh}`, en: `the gateway's clock was set forward by ${en}` }
    : { zh: `网关的时钟被拨慢了 ${zh}`, en: `the gateway's clock was set back by ${en}` }
}
const days = (length: number): number => Math.round(length / hours(24))

function lengthOf(length: number): readonly [zh: string, en: string] {
  const minutes = Math.round(length / 60_000)
  if (minutes < 1) return [`${Math.round(length / 1_000)} 秒`, `${Math.round(length / 1_000)} s`]
  if (minutes < 120) return [`${minutes} 分钟`, `${minutes} min`]
  return [`${Math.round(minutes / 60)} 小时`, `${Math.round(minutes / 60)} h`]
}
