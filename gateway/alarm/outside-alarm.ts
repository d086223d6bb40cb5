import type { Follower, Following, Passing } from './follow.ts'
import { ownRuleId } from './own.ts'

/** An outside historian that takes no data is one alarm of the gateway's own, until it has caught up. */
export class OutsideAlarm implements Follower {
  noted({ kind, at, about, data }: Passing): Following | undefined {
    if (about === undefined || (kind !== 'outside.behind' && kind !== 'outside.caught-up')) return undefined
    const rule = ownRuleId('outside', about)
    if (kind === 'outside.caught-up') return { own: [{ rule, transition: { what: 'cleared', at } }] }
    const why = typeof data['why'] === 'string' && data['why'] !== '' ? data['why'] : undefined
    const because = {
      zh: `一刻钟没有收下任何数据${why === undefined ? '' : `：${why}`}`,
      en: `nothing has been taken for a quarter of an hour${why === undefined ? '' : `: ${why}`}`,
    }
    return { own: [{ rule, transition: { what: 'raised', at, since: at, because } }] }
  }
}
