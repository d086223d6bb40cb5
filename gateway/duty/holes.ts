import type { Words } from '../../protocols/contract/driver.ts'
import { after, hours } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { dateInMonth, dayText, monthOf } from '../policy/calendar-days.ts'
import type { Day } from '../policy/calendar-days.ts'
import type { Span } from '../policy/calendar-span.ts'
import type { OnShift, Rota } from './roster.ts'

/** A shift that nobody has is told of this long before it begins, while somebody can still be asked in daylight. */
export const warnedBefore = hours(24)

/** A shift nobody has: `coming` within a day, or running `now`. */
export interface Hole {
  readonly day: Day
  readonly shift: string
  readonly when: 'coming' | 'now'
}

/** The first shift of a roster that has nobody, running or beginning within a day. */
export function holeAt(rota: Rota, at: Instant): (OnShift & { readonly when: Hole['when'] }) | undefined {
  // Just after the last instant that is warned of: a shift that begins exactly a day ahead is in it.
  const found = rota.between(at, (after(at, warnedBefore) + 1) as Instant).find(({ person }) => person === undefined)
  return found && { ...found, when: found.from <= at ? 'now' : 'coming' }
}

/** When `holeAt` can next say something else, as long as nobody enters a swap. */
export function nextLook(rota: Rota, at: Instant): Instant | undefined {
  const edge = rota.nextChange(at)
  const warning = rota.nextChange(after(at, warnedBefore))
  const early = warning === undefined ? undefined : ((warning - warnedBefore) as Instant)
  if (edge === undefined || early === undefined) return edge ?? early
  return edge < early ? edge : early
}

/** Why the alarm: which shift, when, and whether it is late or too late. */
export function becauseOf({ day, shift, when }: Pick<OnShift, 'day' | 'shift'> & Pick<Hole, 'when'>): Words {
  const hours = spanText(shift.span)
  const date = { zh: `${monthOf(day)}月${dateInMonth(day)}日`, en: dayText(day) }
  return when === 'now'
    ? {
        zh: `${date.zh}${shift.name.zh}（${hours}）现在没有人值班`,
        en: `nobody is on duty now: ${shift.name.en}, ${date.en} ${hours}`,
      }
    : {
        zh: `${date.zh}${shift.name.zh}（${hours}）还没有人值班，不到 24 小时就要开始`,
        en: `nobody has the shift ${shift.name.en} of ${date.en}, ${hours}, which begins in less than 24 hours`,
      }
}

/** `23:30–07:30` */
export const spanText = ({ from, to }: Span): string => `${clockText(from)}–${clockText(to)}`

function clockText(minute: number): string {
  const shown = minute > 1_440 ? minute - 1_440 : minute
  return `${String(Math.floor(shown / 60)).padStart(2, '0')}:${String(shown % 60).padStart(2, '0')}`
}
