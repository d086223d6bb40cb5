import { parseDuration } from '../../../protocols/contract/duration.ts'
import { after, instant, millis } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { good, qualityOf } from '../../historian/rows.ts'
import { stretchAfter } from '../../policy/calendar-hours.ts'
import { readDays, readHours } from '../../policy/calendar-settings.ts'
import type { NamedHours } from '../../policy/calendar-span.ts'
import { SpecReader } from '../../policy/spec.ts'
import type { Past } from '../../store/past.ts'
import type { Point } from '../../site/site.ts'
import { endOf } from '../source.ts'
import type { LogSource, PaperRule } from '../source.ts'
import { numberIn } from './cells.ts'
import type { Desk } from './paper.ts'

/** Something that has to be off, shut or quiet after hours, as a rule of the site has it. */
export interface Item {
  readonly rule: PaperRule
  readonly point: Point
  readonly isWrong: (value: number) => boolean
}

/** Everything of one piece of equipment that is looked at when the same hours end. */
export interface ClosingPlan {
  readonly equipment: string
  readonly hours: NamedHours
  /** It is judged so long after the hours have ended. */
  readonly grace: Millis
  readonly items: readonly Item[]
}

/** One end of the day. */
export interface Evening {
  readonly plan: ClosingPlan
  /** When the hours began and ended, when it is judged, and when they begin again. */
  readonly opened: Instant
  readonly closed: Instant
  readonly judged: Instant
  readonly reopened: Instant
}

const clauses: ReadonlySet<string> = new Set(['CAN-11', 'PAT-5', 'GAS-10'])

/** The site's closing rules by equipment and hours: gas, doors, power, lights, water. */
export function closingPlans({ source, names }: Desk): readonly ClosingPlan[] {
  const plans = new Map<string, ClosingPlan>()
  for (const rule of source.site.rules) {
    const { kind, clause, equipment, settings } = rule
    if (kind !== 'schedule' || !clauses.has(clause) || settings['outside'] === undefined || !names.wants(equipment)) continue
    const point = source.site.points.find(({ id }) => id === rule.point)
    const item = point && itemOf(rule, point)
    if (!item) continue
    const key = `${equipment} ${JSON.stringify([settings['outside'], settings['days']])}`
    const grace = parseDuration(settings['grace']) ?? millis(0)
    const plan = plans.get(key) ?? { equipment, hours: hoursOf(source, rule), grace, items: [] }
    plans.set(key, { ...plan, grace: millis(Math.max(plan.grace, grace)), items: [...plan.items, item] })
  }
  return [...plans.values()]
}

function itemOf(rule: PaperRule, point: Point): Item | undefined {
  const { op } = rule.settings
  const limit = numberIn(rule.settings['value'])
  if (limit === null) return undefined
  const tests: Readonly<Record<string, (value: number) => boolean>> = {
    gt: value => value > limit,
    ge: value => value >= limit,
    lt: value => value < limit,
    le: value => value <= limit,
  }
  const isWrong = tests[String(op)]
  return isWrong && { rule, point, isWrong }
}

function hoursOf({ site }: LogSource, { equipment, settings }: PaperRule): NamedHours {
  const facts = site.equipment.find(({ id }) => id === equipment)?.facts ?? {}
  const place = { facts, calendar: site.calendar }
  const reader = new SpecReader(settings, place)
  return readHours(reader, 'outside', place, readDays(reader, 'days'))
}

/** The ends of a plan's hours in the period that are over by now. */
export function* eveningsOf({ source, question }: Pick<Desk, 'source' | 'question'>, plan: ClosingPlan): Generator<Evening> {
  const { calendar } = source.site
  const end = endOf(source, question)
  let stretch = stretchAfter(calendar, plan.hours, question.from)
  while (stretch !== undefined && stretch.to < end) {
    const next = stretchAfter(calendar, plan.hours, stretch.to)
    const judged = after(stretch.to, plan.grace)
    if (judged <= end) yield { plan, opened: stretch.from, closed: stretch.to, judged, reopened: next?.from ?? end }
    stretch = next
  }
}

export type State = 'good' | 'bad' | 'unknown'

/** How an item stood at a time: by its last reading, as long as that one holds. */
export function stateAt({ columns }: Pick<Past, 'columns'>, { point, isWrong }: Item, at: Instant): State {
  let value: number | undefined
  for (const rows of columns(point.id, instant(at - point.staleAfter), instant(at + 1)))
    for (let index = 0; index < rows.at.length; index++)
      value = qualityOf(rows.mark[index] ?? good) === good ? rows.value[index] : undefined
  if (value === undefined) return 'unknown'
  return isWrong(value) ? 'bad' : 'good'
}
