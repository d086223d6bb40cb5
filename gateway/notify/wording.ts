import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { between } from '../../protocols/contract/time.ts'
import type { Alarm } from '../alarm/alarm.ts'
import type { Duty } from '../duty/duty.ts'
import type { Priority } from '../policy/rule.ts'
import type { RuleBook } from '../policy/rule-book.ts'
import { sentenceOf } from '../site/sentence.ts'
import type { Area, Equipment, Point, Site } from '../site/site.ts'
import { localTime } from '../zone.ts'
import type { ToldPerson } from './call.ts'

export interface Text {
  readonly title: Words
  readonly text: Words
}

export const priorityWords: Readonly<Record<Priority, Words>> = {
  high: { zh: '严重', en: 'High' },
  medium: { zh: '警告', en: 'Medium' },
  low: { zh: '注意', en: 'Low' },
  advisory: { zh: '提醒', en: 'Advisory' },
}

/** What a message about an alarm says: what happened, by which clause, since when, what to do, who else knows. */
export class Wording {
  readonly #site: Pick<Site, 'timeZone' | 'clauses' | 'areas'>
  readonly #rules: Pick<RuleBook, 'get'>
  readonly #duty: Duty
  readonly #points: ReadonlyMap<string, Point>
  readonly #equipment: ReadonlyMap<string, Equipment>
  readonly #areas: ReadonlyMap<string, Area>

  constructor(
    site: Pick<Site, 'timeZone' | 'clauses' | 'areas' | 'points' | 'equipment'>,
    rules: Pick<RuleBook, 'get'>,
    duty: Duty,
  ) {
    this.#site = site
    this.#rules = rules
    this.#duty = duty
    this.#points = new Map(site.points.map(point => [point.id, point]))
    this.#equipment = new Map(site.equipment.map(equipment => [equipment.id, equipment]))
    this.#areas = new Map(site.areas.map(area => [area.id, area]))
  }

  /** Throws where the alarm's rule is gone: nobody can say any more what it meant. */
  sentence(alarm: Alarm): Words {
    const rule = this.#rules.get(alarm.rule)
    if (!rule) throw new Error(`the rule ${alarm.rule} is no longer in the site file`)
    return sentenceOf(alarm, rule, this.#points.get(rule.point), this.#equipment.get(rule.equipment))
  }

  /** The area of its equipment; none for what the gateway says of itself. */
  areaOf(alarm: Alarm): Area | undefined {
    return this.#areas.get(this.#equipment.get(this.#rules.get(alarm.rule)?.equipment ?? '')?.area ?? '')
  }

  nameOf(person: string): Words {
    return this.#duty.people.get(person)?.name ?? { zh: person, en: person }
  }

  /** An account's name as people know it. */
  nameOfAccount(account: string): Words {
    const person = [...this.#duty.people.values()].find(one => one.account?.toLowerCase() === account.toLowerCase())
    return person?.name ?? { zh: account, en: account }
  }

  raised(alarm: Alarm, others: readonly ToldPerson[]): Text {
    const again = alarm.times > 1 ? say(`第 ${alarm.times} 次。`, `Time ${alarm.times}.`) : undefined
    return this.#about(alarm, this.#title(alarm), [again], [this.#others(others)])
  }

  escalated(alarm: Alarm, waited: Millis, as: string, before: readonly ToldPerson[], others: readonly ToldPerson[]): Text {
    const length = lengthOf(waited)
    const cell = as.startsWith('cell:') ? this.#duty.cells.get(as.slice('cell:'.length))?.name : undefined
    const whom = cell ? say(`（${cell.zh}）`, ` (${cell.en})`) : say('', '')
    const unanswered = say(
      `已 ${length.zh}无人应答，上报到您${whom.zh}。`,
      `Nobody has answered for ${length.en}; it has come up to you${whom.en}.`,
    )
    const over = alarm.active ? undefined : say('情况已经过去，但仍无人应答。', 'The condition is over, but nobody has answered.')
    const told = before.length === 0 ? undefined : this.#list(before, '此前已通知', 'Told before')
    const title = this.#title(alarm)
    return this.#about(
      alarm,
      say(`无人应答 ${title.zh}`, `Unanswered: ${title.en}`),
      [unanswered, over],
      [told, this.#others(others)],
    )
  }

  cleared(alarm: Alarm, at: Instant): Text {
    const sentence = this.sentence(alarm)
    const [since, until] = [this.#clock(alarm.since, at), this.#clock(at, at)]
    const length = lengthOf(between(alarm.since, at))
    const times = say(`自 ${since.zh} 至 ${until.zh}，共 ${length.zh}。`, `From ${since.en} to ${until.en}, ${length.en}.`)
    const waits =
      alarm.acknowledged || alarm.state === 'normal'
        ? undefined
        : say('这条报警还没有人确认，请在页面上确认。', 'Nobody has acknowledged it yet; please do so on the page.')
    return {
      title: say(`已恢复：${sentence.zh}`, `Back to normal: ${sentence.en}`),
      text: lines([say(`已恢复正常：${sentence.zh}`, `Back to normal: ${sentence.en}`), times, waits, this.#clause(alarm)]),
    }
  }

  answered(alarm: Alarm, at: Instant): Text {
    const sentence = this.sentence(alarm)
    const by = this.nameOfAccount(alarm.acknowledged?.by ?? '')
    const when = this.#clock(alarm.acknowledged?.at ?? at, at)
    const comment = alarm.acknowledged?.comment ?? ''
    return {
      title: say(`已有人处理：${sentence.zh}`, `Answered: ${sentence.en}`),
      text: lines([
        say(`${by.zh} 于 ${when.zh} 确认，正在处理。`, `${by.en} acknowledged it at ${when.en} and takes care of it.`),
        comment === '' ? undefined : say(`留言：${comment}`, `Comment: ${comment}`),
        say(`报警：${sentence.zh}`, `Alarm: ${sentence.en}`),
        this.#clause(alarm),
      ]),
    }
  }

  /** It came and went so fast that single messages were held back; now it is quiet. */
  quietAgain(alarm: Alarm, others: readonly ToldPerson[]): Text {
    const title = this.#title(alarm)
    const often = say(
      `反复出现和消失，共 ${alarm.times} 次；期间未逐条通知，现已平稳，仍在报警。`,
      `It came and went ${alarm.times} times; single messages were held back. It is steady now and still stands.`,
    )
    return this.#about(alarm, title, [often], [this.#others(others)])
  }

  /** When the alarm's own words cannot be made. */
  plain(alarm: Alarm, at: Instant): Text {
    const since = this.#clock(alarm.since, at)
    return {
      title: say(`报警 ${alarm.id}`, `Alarm ${alarm.id}`),
      text: say(
        `报警 ${alarm.id}（规则 ${alarm.rule}，${priorityWords[alarm.priority].zh}），自 ${since.zh} 起。详情请看页面。`,
        `Alarm ${alarm.id} (rule ${alarm.rule}, ${priorityWords[alarm.priority].en.toLowerCase()}) since ${since.en}. See the page.`,
      ),
    }
  }

  /** For machines. */
  facts(alarm: Alarm): Readonly<Record<string, unknown>> {
    const rule = this.#rules.get(alarm.rule)
    const { id, state, since, raisedAt, clearedAt, value, times, found } = alarm
    const where = rule ? { clause: rule.clause, equipment: rule.equipment, point: rule.point, area: this.areaOf(alarm)?.id } : {}
    return { alarm: id, rule: alarm.rule, ...where, state, since, raisedAt, clearedAt, value, times, found }
  }

  #title(alarm: Alarm): Words {
    const [sentence, priority] = [this.sentence(alarm), priorityWords[alarm.priority]]
    return say(`【${priority.zh}】${sentence.zh}`, `[${priority.en}] ${sentence.en}`)
  }

  #about(alarm: Alarm, title: Words, first: readonly (Words | undefined)[], last: readonly (Words | undefined)[]): Text {
    const rule = this.#rules.get(alarm.rule)
    const since = this.#clock(alarm.since, alarm.raisedAt)
    const area = this.areaOf(alarm)?.name
    return {
      title,
      text: lines([
        this.sentence(alarm),
        ...first,
        say(`自 ${since.zh} 起${area ? `，${area.zh}` : ''}。`, `Since ${since.en}${area ? `, ${area.en}` : ''}.`),
        this.#clause(alarm),
        rule && say(`怎么办：${rule.advice.zh}`, `What to do: ${rule.advice.en}`),
        ...last,
      ]),
    }
  }

  #clause(alarm: Alarm): Words | undefined {
    const clause = this.#rules.get(alarm.rule)?.clause
    const title = this.#site.clauses.get(clause ?? '')?.title
    return title && say(`依据：${clause} ${title.zh}`, `Clause: ${clause} ${title.en}`)
  }

  #others(others: readonly ToldPerson[]): Words | undefined {
    return others.length === 0 ? undefined : this.#list(others, '同时通知', 'Also told')
  }

  #list(people: readonly ToldPerson[], zh: string, en: string): Words {
    const names = people.map(({ person, as }) => ({ name: this.nameOf(person), as: this.#asWords(as) }))
    return say(
      `${zh}：${names.map(({ name, as }) => name.zh + (as ? `（${as.zh}）` : '')).join('、')}`,
      `${en}: ${names.map(({ name, as }) => name.en + (as ? ` (${as.en})` : '')).join(', ')}`,
    )
  }

  #asWords(as: string): Words | undefined {
    if (as === 'duty') return say('值班', 'on duty')
    if (as === 'route' || as === '') return undefined
    return as.startsWith('cell:') ? this.#duty.cells.get(as.slice('cell:'.length))?.name : { zh: as, en: as }
  }

  /** `14:05`, with the date where it is another day than `seenFrom`. */
  #clock(at: Instant, seenFrom: Instant): Words {
    return clockWords(at, seenFrom, this.#site.timeZone)
  }
}

export const say = (zh: string, en: string): Words => ({ zh, en })

export function lines(all: readonly (Words | undefined)[]): Words {
  const said = all.filter(line => line !== undefined)
  return say(said.map(({ zh }) => zh).join('\n'), said.map(({ en }) => en).join('\n'))
}

export function clockWords(at: Instant, seenFrom: Instant, zone: string): Words {
  const [then, now] = [localTime(at, zone), localTime(seenFrom, zone)]
  const two = (n: number): string => String(n).padStart(2, '0')
  const clock = `${two(then.hour)}:${two(then.minute)}`
  if (then.year === now.year && then.month === now.month && then.day === now.day) return say(clock, clock)
  const date = `${then.year}-${two(then.month)}-${two(then.day)}`
  return say(`${then.month} 月 ${then.day} 日 ${clock}`, `${date} ${clock}`)
}

/** `25 分钟`, `2 小时 5 分钟`; what is shorter than a minute is told in seconds. */
export function lengthOf(length: Millis): Words {
  const seconds = Math.max(0, Math.round(length / 1_000))
  if (seconds < 60) return say(`${seconds} 秒`, `${seconds} s`)
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return say(`${minutes} 分钟`, `${minutes} min`)
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  if (hours >= 48) return say(`${Math.round(hours / 24)} 天`, `${Math.round(hours / 24)} days`)
  return rest === 0 ? say(`${hours} 小时`, `${hours} h`) : say(`${hours} 小时 ${rest} 分钟`, `${hours} h ${rest} min`)
}
