import type { Words } from '../../../protocols/contract/driver.ts'
import { instant } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { AlarmId } from '../../alarm/alarm.ts'
import type { Entry } from '../../journal/entry.ts'
import { noticeKinds, toldPast } from '../../notify/told-past.ts'
import { numberIn, saidIn, textIn, textsIn, timeIn, wordsIn } from './cells.ts'
import type { Said } from './cells.ts'
import { goneOf } from './lines.ts'
import { equipmentIn } from './names.ts'
import type { Desk } from './paper.ts'

/** Who was told of it, how, and whether it arrived. */
export type Told = ReturnType<typeof toldPast>[number]

/** One time that an alarm came: from its raise until it was answered and over, or came again. */
export interface Occurrence {
  readonly id: string
  readonly rule: string
  readonly equipment: string | null
  readonly raised: Entry
  /** What the journal says of it as it came: clause, limit, basis, policy; it stands alone, whatever the site file says today. */
  readonly data: Said
  readonly alarm: Said
  readonly since: Instant
  readonly raisedAt: Instant
  readonly clearedAt: Instant | undefined
  readonly events: readonly Entry[]
  readonly told: readonly Told[]
  readonly entries: readonly number[]
}

/** A raise whose data are no longer there. */
export interface LostOccurrence {
  readonly lost: Entry
  readonly why: Words
}

const raises = ['alarm.raised'] as const
const messages: ReadonlySet<string> = new Set(noticeKinds)
const always = [instant(-8e15), instant(8e15)] as const

/**
 * Every time an alarm came in the period, and those that stood when it began, in the order in which they were written. What became of each is looked up
 * as it is told, so that a month of any number of alarms needs no memory.
 */
export class Occurrences {
  readonly #desk: Desk
  #digests: readonly Entry[] | undefined
  #standing: readonly Entry[] | undefined

  constructor(desk: Desk) {
    this.#desk = desk
  }

  *all(): Generator<Occurrence | LostOccurrence> {
    const { source, question } = this.#desk
    yield* this.#told(this.#stood())
    yield* this.#told(source.past.entries(raises, question.from, question.to))
  }

  *#told(raised: Iterable<Entry>): Generator<Occurrence | LostOccurrence> {
    const { names } = this.#desk
    for (const entry of raised) {
      const why = goneOf(entry)
      if (why) {
        // Nobody knows any more of which equipment it was: it is shown where all were asked for.
        if (names.isAll) yield { lost: entry, why }
        continue
      }
      const equipment = equipmentIn(entry)
      if (names.isAll || (equipment !== null && names.wants(equipment))) yield this.#lifeOf(entry, equipment)
    }
  }

  #lifeOf(raised: Entry, equipment: string | null): Occurrence {
    const { data, about: id = '', at, seq } = raised
    const alarm = saidIn(data['alarm'])
    const events: Entry[] = []
    const notices: Entry[] = [...this.#digestsOf(id, at)]
    for (const entry of this.#desk.source.past.about(id, seq)) {
      if (entry.kind === 'alarm.raised') break
      if (messages.has(entry.kind)) notices.push(entry)
      else if (entry.kind.startsWith('alarm.')) events.push(entry)
    }
    const cleared = events.find(({ kind }) => kind === 'alarm.cleared' || kind === 'alarm.withdrawn')
    return {
      id,
      rule: textIn(alarm['rule']) ?? '',
      equipment,
      raised,
      data,
      alarm,
      since: timeIn(alarm['since']) ?? at,
      raisedAt: at,
      clearedAt: cleared?.at,
      events,
      told: toldPast(id as AlarmId, notices),
      entries: [seq, ...[...events, ...notices].map(entry => entry.seq)].toSorted((a, b) => a - b),
    }
  }

  /** Messages about several alarms are about none of them; a flood makes few of them. */
  #digestsOf(id: string, from: Instant): readonly Entry[] {
    const { past } = this.#desk.source
    this.#digests ??= [...several(past.entries([...noticeKinds], this.#desk.question.from, always[1]))]
    return this.#digests.filter(({ at, data }) => at >= from && textsIn(data['alarms']).includes(id))
  }

  /** Raises of before the period whose alarm had not returned when it began. */
  #stood(): readonly Entry[] {
    const { past } = this.#desk.source
    if (!this.#standing) {
      const open = new Map<string, Entry>()
      const kinds = ['alarm.raised', 'alarm.cleared', 'alarm.withdrawn']
      for (const entry of past.entries(kinds, always[0], this.#desk.question.from)) {
        if (entry.kind === 'alarm.raised') open.set(entry.about ?? '', entry)
        else open.delete(entry.about ?? '')
      }
      this.#standing = [...open.values()]
    }
    return this.#standing
  }
}

function* several(entries: Iterable<Entry>): Generator<Entry> {
  for (const entry of entries) if (textsIn(entry.data['alarms']).length > 1) yield entry
}

/** The clause's own limit as the entry cites it: `> 8 °C`. */
export function limitIn({ data }: Pick<Occurrence, 'data'>, unit: string): string | null {
  const [own, spec] = [saidIn(data['limit']), saidIn(data['spec'])]
  const op = textIn(own['op']) ?? textIn(spec['op'])
  const value = numberIn(own['value']) ?? numberIn(spec['value'])
  return op === null || value === null ? null : `${signs[op] ?? op} ${value}${unit === '' ? '' : ` ${unit}`}`
}
const signs: Readonly<Record<string, string>> = { gt: '>', ge: '≥', lt: '<', le: '≤' }

export const titleIn = ({ data, alarm, rule }: Pick<Occurrence, 'data' | 'alarm' | 'rule'>): Words =>
  wordsIn(data['title']) ?? wordsIn(alarm['because']) ?? { zh: rule, en: rule }
