import type { Words } from '../../../protocols/contract/driver.ts'
import { after, days } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { LogQuestion } from '../question.ts'
import type { LogSource } from '../source.ts'
import { joined, listIn, saidIn, say, textIn, timeIn, wordsIn } from './cells.ts'
import { Lines } from './lines.ts'
import type { Line } from './lines.ts'
import type { Names } from './names.ts'

/** An alarm as far as a log of readings needs it. */
export interface AlarmLife {
  readonly id: string
  readonly point: string
  readonly clause: string
  readonly title: Words
  readonly from: Instant
  /** Infinite while it lasts. */
  readonly to: number
  /** What was done, by whom: their confirmation, and the case that was opened for it. */
  readonly done: Words | null
  readonly entries: readonly number[]
}

/** A time in which equipment was not in use, or something was being done to it. */
export interface Mark {
  readonly what: Words
  readonly from: Instant
  readonly to: number
  readonly entries: readonly number[]
}

/** What people wrote down and what befell a piece of equipment around a period. */
export interface Happenings {
  readonly alarms: readonly AlarmLife[]
  readonly marks: readonly Mark[]
  readonly records: readonly Line[]
}

/** What happened shortly before explains the beginning, and what is done about the end is written down later. */
const around = days(7)

const alarmKinds = ['alarm.raised', 'alarm.cleared', 'alarm.acknowledged', 'alarm.confirmed', 'alarm.reset', 'alarm.withdrawn']
const caseKinds = ['case.acted', 'case.verified', 'case.closed']
const markKinds = ['equipment.locked-out', 'equipment.released', 'mode.began', 'mode.ended']
export const recordKinds = ['reading', 'corrective-action', 'repair', 'defrost', 'cleaning', 'maintenance', 'inspection'].map(
  kind => `record.${kind}`,
)

const nothing: Happenings = { alarms: [], marks: [], records: [] }

/** By equipment; read once, and only what the log speaks of is kept. */
export class HappeningsBook {
  readonly #of = new Map<string, { alarms: AlarmLife[]; marks: Mark[]; records: Line[] }>()

  constructor(source: LogSource, { from, to }: LogQuestion, names: Names, wanted: ReadonlySet<string>) {
    for (const id of wanted) this.#of.set(id, { alarms: [], marks: [], records: [] })
    const [first, last] = [after(from, -around as typeof around), after(to, around)]
    this.#readAlarms(source, first, last, names)
    this.#readMarks(source, first, last)
    const lines = new Lines(source.past, names)
    const isWanted = ({ data }: { readonly data: Readonly<Record<string, unknown>> }): boolean =>
      wanted.has(String(data['equipment']))
    for (const line of lines.valid(recordKinds, first, last, isWanted))
      // What a rule wrote down has figures: only people's records count here.
      if (!('figures' in line.data)) this.#of.get(String(line.data['equipment']))?.records.push(line)
  }

  of(equipment: string): Happenings {
    return this.#of.get(equipment) ?? nothing
  }

  #readAlarms({ past }: LogSource, from: Instant, to: Instant, names: Names): void {
    const lives = new Map<string, AlarmLife & { readonly equipment: string }>()
    for (const { seq, about, data } of past.entries(alarmKinds, from, to)) {
      const alarm = saidIn(data['alarm'])
      const equipment = textIn(data['equipment'])
      const since = timeIn(alarm['since'])
      if (about === undefined || equipment === null || since === null || !this.#of.has(equipment)) continue
      const clearedAt = timeIn(alarm['clearedAt'])
      const isOver = alarm['active'] !== true
      const { action, by } = saidIn(alarm['confirmed'])
      const said = textIn(action)
      const before = lives.get(about)
      lives.set(about, {
        id: about,
        equipment,
        point: textIn(data['point']) ?? '',
        clause: textIn(data['clause']) ?? '',
        title: wordsIn(data['title']) ?? say(about, about),
        from: before && before.from < since ? before.from : since,
        to: isOver ? (clearedAt ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY,
        done: said === null ? null : byPerson(said, names.person(String(by))),
        entries: [...(before?.entries ?? []), seq],
      })
    }
    const cases = this.#casesOf(past.entries(caseKinds, from, to), names)
    for (const { equipment, ...life } of lives.values()) {
      const found = cases.get(life.id)
      const whole = found ? { ...life, done: joined([life.done, found.said]), entries: [...life.entries, found.entry] } : life
      this.#of.get(equipment)?.alarms.push(whole)
    }
    for (const { alarms } of this.#of.values()) alarms.sort((a, b) => a.from - b.from)
  }

  #casesOf(entries: ReturnType<LogSource['past']['entries']>, names: Names) {
    const found = new Map<string, { readonly said: Words; readonly entry: number }>()
    for (const { seq, data } of entries) {
      const { alarm, id, actions } = saidIn(data['whole'])
      const last = saidIn(listIn(actions).at(-1))
      const what = textIn(last['what'])
      if (typeof alarm !== 'string' || what === null) continue
      const said = byPerson(what, names.person(String(last['by'])))
      found.set(alarm, { said: say(`报修 ${String(id)}：${said.zh}`, `Repair ${String(id)}: ${said.en}`), entry: seq })
    }
    return found
  }

  #readMarks({ past }: LogSource, from: Instant, to: Instant): void {
    const open = new Map<string, { readonly mark: Mark; readonly place: number }>()
    for (const { seq, at, kind, data } of past.entries(markKinds, from, to)) {
      const equipment = String(data['equipment'])
      const marks = this.#of.get(equipment)?.marks
      if (!marks) continue
      const mode = textIn(data['mode'])
      const key = `${equipment} ${mode ?? ''}`
      const begins = kind === 'equipment.locked-out' || kind === 'mode.began'
      const what = mode === null ? outOfUse : (modes[mode] ?? say(mode, mode))
      const since = timeIn(data['since'])
      const before = open.get(key)
      if (begins && !before) {
        const mark = { what, from: since ?? at, to: Number.POSITIVE_INFINITY, entries: [seq] }
        open.set(key, { mark, place: marks.push(mark) - 1 })
      } else if (!begins && before) {
        marks[before.place] = { ...before.mark, to: at, entries: [...before.mark.entries, seq] }
        open.delete(key)
      } else if (!begins) marks.push({ what, from: since ?? from, to: at, entries: [seq] })
    }
  }
}

export const byPerson = (text: string, who: Words): Words => say(`${text}（${who.zh}）`, `${text} (${who.en})`)

const outOfUse = say('停用待修', 'out of use')
const modes: Readonly<Record<string, Words>> = {
  defrost: say('除霜', 'defrost'),
  cleaning: say('清洗', 'cleaning'),
  maintenance: say('保养', 'maintenance'),
}

/** Whether two times touch. */
export const overlaps = (
  a: { readonly from: number; readonly to: number },
  b: { readonly from: number; readonly to: number },
): boolean => a.from < b.to && b.from < a.to
