import type { Follower, Following, Passing } from './follow.ts'
import { ownRuleId } from './own.ts'

/** Backups that are not made, not tried or not taken off site in time: one alarm of the gateway's own each, until it is made good. */
export class BackupAlarm implements Follower {
  noted({ kind, at, about, data }: Passing): Following | undefined {
    if (about === undefined || (kind !== 'backup.overdue' && kind !== 'backup.in-time')) return undefined
    const rule = ownRuleId('backup', about)
    if (kind === 'backup.in-time') return { own: [{ rule, transition: { what: 'cleared', at } }] }
    const why = typeof data['why'] === 'string' ? data['why'] : undefined
    const because = {
      zh: `已超过规定的时间${why === undefined ? '' : `：${why}`}`,
      en: `its time is over${why === undefined ? '' : `: ${why}`}`,
    }
    return { own: [{ rule, transition: { what: 'raised', at, since: at, because } }] }
  }
}
