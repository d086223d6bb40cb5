import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { localTime } from '../../zone.ts'
import type { Entry } from '../../journal/entry.ts'
import type { LogQuestion } from '../question.ts'
import type { LogSource, PaperSite } from '../source.ts'
import { equipmentOf } from '../source.ts'
import { both, saidIn, say, textIn } from './cells.ts'

/** What things and people are called, and which of them a log was asked for. What the site no longer has keeps its id. */
export class Names {
  readonly #site: PaperSite
  readonly #equipment: ReadonlyMap<string, PaperSite['equipment'][number]>
  readonly #people = new Map<string, Words>()
  readonly #wanted: ReadonlySet<string> | undefined
  readonly #areas: ReadonlySet<string>

  constructor(source: LogSource, question: Pick<LogQuestion, 'equipment' | 'areas'>) {
    const { site } = source
    this.#site = site
    this.#equipment = new Map(site.equipment.map(one => [one.id, one]))
    for (const { id, account, name } of site.duty.people.values()) {
      const known = account ?? id
      const called = name.zh === known ? name : say(`${name.zh}（${known}）`, `${name.en} (${known})`)
      for (const key of [id, known]) this.#people.set(key, called)
    }
    const isAll = question.equipment.length === 0 && question.areas.length === 0
    this.#wanted = isAll
      ? undefined
      : new Set([...equipmentOf(source, question as LogQuestion).map(({ id }) => id), ...question.equipment])
    this.#areas = new Set(question.areas)
  }

  /** Whether the log was asked for all there is. */
  get isAll(): boolean {
    return this.#wanted === undefined
  }

  wants(equipment: string): boolean {
    return this.#wanted?.has(equipment) ?? true
  }
  /** The same for what may stand for a place alone. */
  wantsPlace(equipment: string | null, area: string | null): boolean {
    if (!this.#wanted) return true
    return (equipment !== null && this.#wanted.has(equipment)) || (area !== null && this.#areas.has(area))
  }

  equipment(id: string): Words {
    return this.#equipment.get(id)?.name ?? both(id)
  }
  area(id: string): Words {
    return this.#site.areas.find(area => area.id === id)?.name ?? both(id)
  }
  /** 食堂 · 1 号保鲜柜 */
  place(id: string): Words {
    const one = this.#equipment.get(id)
    if (!one) return both(id)
    const area = this.area(one.area)
    return say(`${area.zh} · ${one.name.zh}`, `${area.en} · ${one.name.en}`)
  }
  /** By account or by handle; nobody is the system itself. */
  person(by: string): Words {
    if (by === 'system') return say('系统', 'system')
    return this.#people.get(by) ?? both(by)
  }
  clause(id: string): Words | null {
    const clause = this.#site.clauses.get(id)
    return clause ? say(`${id} ${clause.title.zh}`, `${id} ${clause.title.en}`) : id === '' ? null : both(id)
  }
  /** `2026-11-22 08:30` on the site's clocks. */
  moment(at: Instant): string {
    const { year, month, day, hour, minute } = localTime(at, this.#site.timeZone)
    const two = (value: number): string => String(value).padStart(2, '0')
    return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}`
  }
}

/** The equipment an entry is about: people's records say it, entries of a rule cite it. Of a removed one its place says it. */
export function equipmentIn({ kind, by, about, data }: Pick<Entry, 'kind' | 'by' | 'about' | 'data'>): string | null {
  const said = textIn(data['equipment'])
  if (said !== null) return said
  const rule =
    textIn(data['rule']) ??
    textIn(saidIn(data['alarm'])['rule']) ??
    (by === 'system' && kind.startsWith('record.') ? about : null)
  return textIn(rule)?.split('.')[0] ?? (kind.startsWith('record.') ? textIn(about) : null)
}
