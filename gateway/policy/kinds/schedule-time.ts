import { after } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import type { Calendar } from '../calendar.ts'
import { farthest, lastEnd, stretchAfter } from '../calendar-hours.ts'
import type { NamedHours } from '../calendar-span.ts'
import type { SpecProblem } from '../kind.ts'

/** Which part of the day a rule judges. */
interface JudgedHours {
  readonly side: 'inside' | 'outside'
  readonly hours: NamedHours
  /** Judging begins so long after the hours have closed (`outside`) or begun (`inside`). */
  readonly grace: Millis
}

/** Time in which the limit applies; without `to` it never ends. `null` where it never applies. */
export type Judged = { readonly from: Instant; readonly to: Instant | null } | null

/** The first stretch of judged time that is not over at `at`. */
export function judgedAfter(
  { side, hours, grace, calendar }: JudgedHours & { readonly calendar: Calendar },
  at: Instant,
): Judged {
  const end = at + farthest * 86_400_000
  let past = at
  while (past < end) {
    const open = stretchAfter(calendar, hours, past)
    if (side === 'inside') {
      if (open === undefined) return null
      const from = after(open.from, grace)
      if (from < open.to) return { from, to: open.to }
      past = open.to
    } else {
      // Inside the hours the next judged time begins when they end; else the present one began when they last did.
      const isOpen = open !== undefined && open.from <= past
      const closed = isOpen ? open.to : lastEnd(calendar, hours, past, grace)
      const next = isOpen ? stretchAfter(calendar, hours, open.to) : open
      const from = closed === undefined ? past : after(closed, grace)
      if (next === undefined) return { from, to: null }
      if (from < next.from) return { from, to: next.from }
      past = isOpen ? open.to : next.to
    }
  }
  return null
}

/** Hours that leave no time to judge. */
export function sense({ side, hours, grace }: JudgedHours): readonly SpecProblem[] {
  const spans = hours.hours.flatMap(line => line.spans)
  const isWhole = hours.days === 'all' && hours.hours.some(({ days, spans }) => days === 'all' && minutesOf(spans) >= 1_440)
  const longest = Math.max(0, ...spans.map(({ from, to }) => to - from)) * 60_000
  if (side === 'outside' ? !isWhole : longest > grace || (isWhole && longest > 0 && grace === 0)) return []
  return [
    {
      path: [side],
      wrong: { zh: '这样写永远没有要判断的时间', en: 'this leaves no time to judge, so the rule can never fire' },
      write: { zh: '改写时段，或缩短 grace', en: 'change the hours or shorten the grace' },
    },
  ]
}

const minutesOf = (spans: readonly { readonly from: number; readonly to: number }[]): number =>
  spans.reduce((sum, { from, to }) => sum + to - from, 0)
