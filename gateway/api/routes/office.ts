import { z } from 'zod'
import type { Words } from '../../../protocols/contract/driver.ts'
import { days } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { accountKey } from '../../accounts/account.ts'
import { isAllowed } from '../../accounts/permissions.ts'
import type { Person, Roster } from '../../duty/duty.ts'
import { spanText } from '../../duty/holes.ts'
import type { SwapRefusal } from '../../duty/office.ts'
import type { OnShift } from '../../duty/roster.ts'
import { isWorkingDay, markOf } from '../../policy/calendar.ts'
import { dayAt, dayOf, dayText, monthOf, nextDay, parseDay, yearOf } from '../../policy/calendar-days.ts'
import { wallTime } from '../../policy/calendar-hours.ts'
import { date, wirePerson, wirePlan, wireShift } from '../duty-shapes.ts'
import { Refusal } from '../problem.ts'
import { route } from '../route.ts'
import type { Call } from '../route.ts'
import { id, page, problem, when } from '../shapes.ts'
import type { WireCell, WireDutyDay, WireDutyPlan, WirePerson, WireRoster, WireShift } from '../wire-duty.ts'

const tag = 'Duty'

const longest = days(400)
const farthest = days(36_500)

const plan = route({
  method: 'GET',
  url: '/api/v1/duty',
  may: 'see',
  summary:
    'Who is on duty now and in the days asked for (`month=2026-10`, or `from` and `to`; this month unless said), and the grid',
  tag,
  query: z.object({
    month: z
      .string()
      .regex(/^20\d\d-(0[1-9]|1[0-2])$/)
      .optional(),
    from: when.optional(),
    to: when.optional(),
  }),
  answer: wirePlan,
  answers: { 400: problem },
  act(call): WireDutyPlan {
    const { house, time: written } = call
    const { duty, calendar } = { duty: house.duty.duty, calendar: house.site.calendar }
    const now = house.clock.now()
    const { from, to } = stretchOf(call, now)
    return {
      from: written(from),
      to: written(to),
      today: dayText(dayAt(now, calendar.zone)),
      days: daysOf(call, from, to),
      rosters: [...duty.rosters.values()].map(roster => wireRosterOf(call, roster, { from, to, now })),
      cells: [...duty.cells.values()].map(cell => ({
        id: cell.id,
        name: cell.name,
        head: cell.head,
        person: duty.rosters.has(cell.head) ? (house.duty.onDuty(cell.head, now)?.person ?? null) : cell.head,
        areas: cell.areas.map(
          area => house.site.areas.find(one => one.id === area) ?? { id: area, name: { zh: area, en: area } },
        ),
        above: cell.above ?? null,
      })) satisfies WireCell[],
      escalate: duty.escalate,
      quiet: duty.quiet ? { hours: spanText(duty.quiet.span), priorities: duty.quiet.priorities } : null,
    }
  },
})

type Asked = Call<unknown, { month?: string | undefined; from?: Instant | undefined; to?: Instant | undefined }>

/** From midnight to midnight of the month, unless the caller says from when to when. */
function stretchOf({ house, query }: Asked, now: Instant): { readonly from: Instant; readonly to: Instant } {
  const { zone } = house.site.calendar
  // Days are counted from one to the next: nobody asks for the duty of another century.
  for (const end of [query.from, query.to]) if (end !== undefined && Math.abs(end - now) > farthest) throw wrongStretch
  const first = parseDay(`${query.month ?? ''}-01`) ?? dayAt(query.from ?? now, zone)
  const [year, month] = [yearOf(first), monthOf(first)]
  const from = query.from ?? wallTime(dayOf(year, month, 1), 0, zone)
  const to = query.to ?? wallTime(dayOf(year, month + 1, 1), 0, zone)
  if (to <= from || to - from > longest) throw wrongStretch
  return { from, to }
}
const wrongStretch = new Refusal('bad-request', {
  zh: '时段不对：to 要晚于 from，最长 400 天，离现在不超过 100 年。',
  en: 'The stretch is wrong: `to` comes after `from`, 400 days at most, and within 100 years.',
})

function daysOf({ house }: Call, from: Instant, to: Instant): readonly WireDutyDay[] {
  const { calendar } = house.site
  const found: WireDutyDay[] = []
  for (let day = dayAt(from, calendar.zone); wallTime(day, 0, calendar.zone) < to; day = nextDay(day)) {
    const mark = markOf(calendar, day)
    found.push({ date: dayText(day), working: isWorkingDay(calendar, day), ...(mark ? { name: mark.name } : {}) })
  }
  return found
}

function wireRosterOf(
  call: Call,
  { id: roster, name, shifts }: Roster,
  { from, to, now }: { readonly from: Instant; readonly to: Instant; readonly now: Instant },
): WireRoster {
  const { duty } = call.house
  const shown = (shift: OnShift | undefined): WireShift | null => (shift ? wireShiftOf(call, shift) : null)
  const current = duty.onDuty(roster, now)
  const change = current?.to ?? duty.nextChange(now, roster)
  return {
    id: roster,
    name,
    shifts: shifts.map(({ id: of, name: called, span }) => ({ id: of, name: called, hours: spanText(span) })),
    now: shown(current),
    next: shown(nextShift(call, roster, change)),
    items: duty.shifts(roster, from, to).map(shift => wireShiftOf(call, shift)),
  }
}

/** The shift that begins at the next change, or after the hours that none covers. */
function nextShift({ house }: Call, roster: string, change: Instant | undefined): OnShift | undefined {
  if (change === undefined) return undefined
  const found = house.duty.onDuty(roster, change)
  if (found) return found
  const later = house.duty.nextChange(change, roster)
  return later === undefined ? undefined : house.duty.onDuty(roster, later)
}

function wireShiftOf(
  { house, time: written }: Call,
  { roster, day, shift, from, to, person, planned, swap }: OnShift,
): WireShift {
  return {
    roster,
    on: dayText(day),
    shift: shift.id,
    from: written(from),
    to: written(to),
    person: person ?? null,
    ...(planned === undefined ? {} : { planned }),
    ...(swap === undefined
      ? {}
      : {
          swap: {
            reason: swap.reason,
            ...(swap.by === undefined ? {} : { by: swap.by, ...calledAs(house.duty.duty.people, swap.by) }),
            ...(swap.at === undefined ? {} : { at: written(swap.at) }),
          },
        }),
  }
}

/** The name of whoever has that account, where it is somebody of the site file. */
function calledAs(people: ReadonlyMap<string, Person>, account: string): { readonly byName?: Words } {
  const found = [...people.values()].find(person => person.account !== undefined && isOne(person.account, account))
  return found ? { byName: found.name } : {}
}
const isOne = (a: string, b: string): boolean => accountKey(a) === accountKey(b)

const swap = route({
  method: 'POST',
  url: '/api/v1/duty/swaps',
  may: 'record',
  summary: 'Gives one shift to somebody else, with the reason; in the journal under the name of who asks, and the latest counts',
  tag,
  body: z.object({
    roster: id,
    on: date.max(40),
    shift: id,
    person: id,
    reason: z.string().trim().min(1).max(200),
  }),
  answer: wireShift,
  answers: { 400: problem, 409: problem, 503: problem },
  async act(call) {
    const { house, body, who } = call
    const on = parseDay(body.on)
    if (on === undefined) throw noSuchDay
    const swapped = await house.act(at => house.duty.swap({ ...body, on }, who?.name ?? '', at))
    if (!swapped.ok) throw refusalOf(swapped.why)
    return wireShiftOf(call, swapped.shift)
  },
})

const noSuchDay = new Refusal('bad-request', {
  zh: '没有这一天；日期写成 2026-10-03。',
  en: 'There is no such day; write it as 2026-10-03.',
})
const refusals: Readonly<Record<SwapRefusal, Words>> = {
  'unknown-roster': { zh: '没有这个值班表。', en: 'There is no such roster.' },
  'unknown-shift': { zh: '这个值班表没有这个班次。', en: 'The roster has no such shift.' },
  'unknown-person': {
    zh: '没有这个人，人员写在现场文件的 people 里。',
    en: 'There is no such person; people are in the site file.',
  },
  'no-such-shift': { zh: '这一天没有这个班次。', en: 'There is no such shift on that day.' },
  past: { zh: '这个班次已经结束，不能再改。', en: 'That shift is over and cannot be changed.' },
  'too-far': { zh: '最多提前 400 天登记换班。', en: 'A swap can be entered 400 days ahead at most.' },
  'has-it': { zh: '这个班次本来就是这个人。', en: 'That person has the shift already.' },
}
const conflicts: ReadonlySet<SwapRefusal> = new Set(['past', 'has-it'])
const refusalOf = (why: SwapRefusal): Refusal => new Refusal(conflicts.has(why) ? 'conflict' : 'bad-request', refusals[why])

const people = route({
  method: 'GET',
  url: '/api/v1/people',
  may: 'see',
  summary: 'People who can be called, with their roles; phone numbers and addresses for administrators alone',
  tag,
  answer: page(wirePerson),
  act({ house, who }) {
    const isAdmin = who !== undefined && isAllowed(who.role, 'administer')
    const isMe = ({ account }: Person): boolean => account !== undefined && isOne(account, who?.name ?? '')
    const items = [...house.duty.duty.people.values()].map((person): WirePerson => ({
      id: person.id,
      name: person.name,
      roles: person.roles,
      ...(isMe(person) ? { me: true } : {}),
      ...(isAdmin ? contactOf(person) : {}),
    }))
    return { items, next: null }
  },
})

const contactOf = ({ account, language, channels, handles }: Person): Partial<WirePerson> => ({
  ...(account === undefined ? {} : { account }),
  language,
  channels,
  handles,
})

export const officeRoutes = [plan, swap, people]
