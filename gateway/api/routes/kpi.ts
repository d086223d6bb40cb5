import { z } from 'zod'
import type { Words } from '../../../protocols/contract/driver.ts'
import { days } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { AlarmPerformance, kpiKinds, lookBack, lookOn } from '../../alarm/kpi.ts'
import type { Figures, Stay } from '../../alarm/kpi.ts'
import { suggestionFor } from '../../alarm/kpi-advice.ts'
import type { RuleTally } from '../../alarm/kpi-rules.ts'
import { measuresOf, topCount } from '../../alarm/kpi-targets.ts'
import { dayAt, nextDay } from '../../policy/calendar-days.ts'
import { stretchAfter, wallTime } from '../../policy/calendar-hours.ts'
import { priorities } from '../../policy/rule.ts'
import type { RuleId } from '../../policy/rule.ts'
import type { RuleBook } from '../../policy/rule-book.ts'
import { siteBook } from '../../site/site-book.ts'
import type { Site } from '../../site/site.ts'
import type { House } from '../house.ts'
import { wireKpi } from '../kpi-shapes.ts'
import { Refusal } from '../problem.ts'
import { route } from '../route.ts'
import type { Call, Route } from '../route.ts'
import { problem, when } from '../shapes.ts'
import type { WireKpi } from '../wire-kpi.ts'

const usual = days(7)
const longest = days(400)
const pageSize = 1_000
const mostStale = 20

const kpi = route({
  method: 'GET',
  url: '/api/v1/kpi',
  may: 'see',
  summary:
    'How well the alarms serve the people who answer them (EEMUA 191, ISA-18.2); the last seven days unless said, 400 at most',
  tag: 'Alarms',
  query: z.object({ from: when.optional(), to: when.optional() }),
  answer: wireKpi,
  answers: { 400: problem },
  async act(call): Promise<WireKpi> {
    const { house, query } = call
    const to = query.to ?? house.clock.now()
    const from = query.from ?? ((to - usual) as Instant)
    if (from >= to) throw backwards
    if (to - from > longest) throw tooLong
    const performance = new AlarmPerformance({
      from,
      to,
      days: daysOf(from, to, house.site.timeZone),
      isWorking: officeHours(house.site),
    })
    await read(house, performance, from, to, call.gone())
    return answer(performance.figures(house.state.openAlarms()), { from, to }, call)
  },
})

const backwards = new Refusal('bad-request', { zh: '开始时间要早于结束时间。', en: '`from` must be before `to`.' })
const tooLong = new Refusal('bad-request', { zh: '一次最多统计 400 天。', en: 'At most 400 days at a time.' })

/** A page at a time: what was read is forgotten before the next is asked for. */
async function read(house: House, performance: AlarmPerformance, from: Instant, to: Instant, gone: AbortSignal): Promise<void> {
  let after: number | undefined
  while (!gone.aborted) {
    const { entries, next } = await house.store.journal.page({
      kinds: kpiKinds,
      from: (from - lookBack) as Instant,
      to: (to + lookOn) as Instant,
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    })
    for (const entry of entries) performance.hear(entry)
    if (next === undefined || entries.length === 0) return
    after = next
  }
}

/** When each local day begins, from the one `from` lies in. */
export function daysOf(from: Instant, to: Instant, zone: string): readonly Instant[] {
  const starts: Instant[] = []
  for (let day = dayAt(from, zone); ; day = nextDay(day)) {
    const start = wallTime(day, 0, zone)
    if (start >= to) return starts
    starts.push(start)
  }
}

/** Calls come nearly in order, so one stretch of hours answers for many. */
function officeHours({ calendar }: Site): (at: Instant) => boolean {
  const hours = { name: 'office', days: 'working', hours: calendar.hours.get('office') ?? [] } as const
  let known: { readonly asked: Instant; readonly from: number; readonly to: number } | undefined
  return at => {
    if (!known || at < known.asked || at >= known.to) {
      const next = stretchAfter(calendar, hours, at)
      known = { asked: at, from: next?.from ?? Number.POSITIVE_INFINITY, to: next?.to ?? Number.POSITIVE_INFINITY }
    }
    return at >= known.from
  }
}

function answer(
  figures: Figures,
  { from, to }: { readonly from: Instant; readonly to: Instant },
  { house, time }: Call,
): WireKpi {
  const { load, byPriority, stale, rules, acknowledge, confirm, quiet, late, notices } = figures
  const name = namer(house.site)
  const top = rules.slice(0, topCount)
  const counted = (of: 'chatters' | 'fleeting'): WireKpi['chattering'] => ({
    rules: rules.filter(rule => rule[of] > 0).length,
    times: rules.reduce((sum, rule) => sum + rule[of], 0),
  })
  return {
    from: time(from),
    to: time(to),
    calls: {
      total: load.total,
      perTenMinutes: load.perTenMinutes,
      perHour: load.perHour,
      perDay: load.perDay.map(day => ({ ...day, from: time(day.from) })),
      outside: load.outside,
      byPriority,
      late,
    },
    floods: {
      count: load.floods.count,
      alarms: load.floods.alarms,
      ms: load.floods.length,
      share: load.floods.share,
      longestMs: load.floods.longest,
      items: load.floods.shown.map(({ from: began, to: ended, ...flood }) => ({ from: time(began), to: time(ended), ...flood })),
    },
    stale: {
      count: stale.length,
      items: stale.slice(0, mostStale).map(({ alarm, rule, raisedAt }) => ({ alarm, ...name(rule), raisedAt: time(raisedAt) })),
    },
    chattering: counted('chatters'),
    fleeting: counted('fleeting'),
    top: {
      share: load.total === 0 ? 0 : top.reduce((sum, { calls }) => sum + calls, 0) / load.total,
      items: top.map(tally => topOf(tally, load.total, name(tally.rule), house.site)),
    },
    acknowledge: priorities.toReversed().map(priority => {
      const { median, p90, ...counts } = acknowledge[priority]
      return { priority, ...counts, medianMs: median ?? null, p90Ms: p90 ?? null }
    }),
    confirm: { count: confirm.count, medianMs: confirm.median ?? null, p90Ms: confirm.p90 ?? null },
    quiet: { shelved: stay(quiet.shelved), suppressed: stay(quiet.suppressed), outOfService: stay(quiet['out-of-service']) },
    notices,
    measures: measuresOf(figures),
  }
}

const stay = ({ length, ...rest }: Stay): WireKpi['quiet']['shelved'] => ({ ms: length, ...rest })

function topOf(
  tally: RuleTally,
  total: number,
  named: ReturnType<ReturnType<typeof namer>>,
  site: Site,
): WireKpi['top']['items'][number] {
  const rule = bookOf(site).get(tally.rule)
  const point = rule && site.points.find(({ id }) => id === rule.point)
  const { calls, chatters, fleeting } = tally
  const suggestion = rule && suggestionFor(tally, rule, point)
  return { ...named, clause: rule?.clause ?? '', calls, share: calls / total, chatters, fleeting, suggestion: suggestion ?? null }
}

/** What an alarm is called; its rule may have left the site file since. */
function namer(site: Site): (id: RuleId) => { rule: string; title: Words; equipment: string; equipmentName: Words } {
  const equipment = new Map(site.equipment.map(({ id, name }) => [id, name]))
  return id => {
    const rule = bookOf(site).get(id)
    const of = rule?.equipment ?? ''
    return {
      rule: id,
      title: rule?.title ?? { zh: id, en: id },
      equipment: of,
      equipmentName: equipment.get(of) ?? { zh: '', en: '' },
    }
  }
}

const books = new WeakMap<Site, RuleBook>()
function bookOf(site: Site): RuleBook {
  const book = books.get(site) ?? siteBook(site)
  books.set(site, book)
  return book
}

export const kpiRoutes: readonly Route[] = [kpi]
