import type { Instant } from '../protocols/contract/time.ts'
import type { AdviceOfRule, BacktestAnswer, Episode } from './backtest.ts'
import type { Tried } from './policy/advisor.ts'
import { writeDuration } from './policy/written.ts'
import { isoInZone } from './zone.ts'

/** Alarms that are listed one by one; all of them are counted. */
const mostListed = 500

/** The answer as data: times are ISO 8601 with the site's offset, lists of alarms hold the first 500 and say how many there are. */
export function wireBacktest(answer: BacktestAnswer) {
  const time = (at: Instant): string => isoInZone(at, answer.timeZone)
  const episode = ({ since, raisedAt, clearedAt, ...rest }: Episode) => ({
    ...rest,
    since: time(since),
    raisedAt: time(raisedAt),
    clearedAt: clearedAt === undefined ? null : time(clearedAt),
  })
  const side = ({ floods, ...tally }: BacktestAnswer['before']) => ({
    ...tally,
    floods: floods.map(flood => ({ ...flood, from: time(flood.from), to: time(flood.to) })),
  })
  return {
    site: answer.site,
    from: time(answer.from),
    to: time(answer.to),
    heardFrom: time(answer.heardFrom),
    policies: answer.policies,
    readings: answer.readings,
    damaged: answer.damaged,
    unheard: answer.unheard,
    notTried: answer.notTried,
    broken: answer.broken.map(({ rule, at, why }) => ({ rule, at: time(at), why })),
    before: side(answer.before),
    after: side(answer.after),
    rules: answer.rules,
    goes: { count: answer.goes.length, items: answer.goes.slice(0, mostListed).map(episode) },
    comes: { count: answer.comes.length, items: answer.comes.slice(0, mostListed).map(episode) },
  }
}

/** The advice as data: durations as one writes them, times with the site's offset, lengths in hours. */
export function wireAdvice({ timeZone, from, to, harm, now, proposed, front, delays, ...rest }: AdviceOfRule) {
  const shown = (tried: Tried) => ({
    ...tried,
    onDelay: writeDuration(tried.onDelay),
    offDelay: writeDuration(tried.offDelay),
  })
  return {
    ...rest,
    from: isoInZone(from, timeZone),
    to: isoInZone(to, timeZone),
    harm: writeDuration(harm),
    now: shown(now),
    proposed: proposed ? shown(proposed) : null,
    front: front.map(shown),
    delays: delays.map(shown),
  }
}

export type WireBacktest = ReturnType<typeof wireBacktest>
export type WireAdvice = ReturnType<typeof wireAdvice>
