import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { good, qualityOf } from '../../historian/rows.ts'
import type { LogSection } from '../document.ts'
import type { Measured } from '../measured.ts'
import type { LogQuestion } from '../question.ts'
import type { LogSource } from '../source.ts'
import { both, joined, numberIn, rounded, say, saidIn, textIn } from './cells.ts'
import type { Happenings } from './happenings.ts'
import type { Names } from './names.ts'
import { amount, section, text, time } from './section.ts'

/** What a person read beside the sensor. */
export interface HandReading {
  readonly at: Instant
  readonly value: number
  readonly by: string
  readonly instrument: string | null
  readonly note: string | null
  readonly remark: Words | null
  readonly entries: readonly number[]
}

/** A hand thermometer and a sensor may each be half a degree off. */
const tolerance = 1

/** The hand readings of one point within the period, in the order of their times. */
export function handReadings(
  { point }: Pick<Measured, 'point'>,
  { records }: Happenings,
  { from, to }: Pick<LogQuestion, 'from' | 'to'>,
): readonly HandReading[] {
  return records.flatMap(({ entry, at, data, remark, entries }): HandReading[] => {
    const fields = saidIn(data['fields'])
    const named = textIn(fields['point'])
    const value = numberIn(fields['value']) ?? numberIn(fields[point.key])
    const isOfPoint = named === null || named === point.key || named === point.id
    if (entry.kind !== 'record.reading' || value === null || !isOfPoint || at < from || at >= to) return []
    const [instrument, note] = [textIn(fields['instrument']), textIn(fields['note'])]
    return [{ at, value, by: entry.by, instrument, note, remark, entries }]
  })
}

/** Hand readings beside what the sensor said at that time: the drift check. */
export function handSection(
  { past }: LogSource,
  read: ReadonlyMap<Measured, readonly HandReading[]>,
  names: Names,
  nameOf: (one: Measured) => Words,
): LogSection {
  interface Row {
    readonly one: Measured
    readonly reading: HandReading
    readonly sensor: number | null
    readonly apart: number | null
  }
  const [first] = read.keys()
  const [unit, decimals] = [first?.point.unit ?? '', first?.point.decimals ?? 1]
  return section<Row>({
    id: 'hand-readings',
    title: say('人工测量与自动读数对照', 'Hand readings beside the sensor'),
    columns: [
      text('equipment', '设备', 'Equipment', ({ one }) => nameOf(one), 22),
      time('at', '时间', 'At', ({ reading }) => reading.at),
      text('by', '测量人', 'Read by', ({ reading }) => names.person(reading.by), 12),
      amount('hand', '人工', 'By hand', [unit, decimals], ({ reading }) => reading.value),
      amount('sensor', '自动', 'Sensor', [unit, decimals], ({ sensor }) => sensor),
      amount('apart', '差值', 'Difference', [unit, decimals], ({ apart }) => apart),
      text('instrument', '量具', 'Instrument', ({ reading }) => reading.instrument, 14),
    ],
    *rows() {
      for (const [one, readings] of read)
        for (const reading of readings) {
          const sensor = sensorAt(past, one, reading.at)
          const apart = sensor === null ? null : rounded(reading.value - sensor, 6)
          const isFar = apart !== null && Math.abs(apart) > tolerance
          yield {
            of: { one, reading, sensor, apart },
            ...(isFar && { tone: 'bad' as const }),
            entries: reading.entries,
            remark: joined([
              isFar ? say('差值过大，请检查探头', 'far apart: check the probe') : null,
              reading.note === null ? null : both(reading.note),
              reading.remark,
            ]),
          }
        }
    },
    whenEmpty: say('本期没有人工测量', 'Nothing was read by hand in this period'),
    notes: [
      say(
        `差值 = 人工 − 当时的自动读数；超过 ${tolerance} ${unit} 提示检查探头（规范允许自动设备 ±0.5 °C，本产品默认 1）。`,
        `Difference = by hand − sensor at that time; more than ${tolerance} ${unit} asks for a check of the probe (a product default; norms allow sensors ±0.5 °C).`,
      ),
    ],
  })
}

/** What held at that time; null where nothing is known. */
function sensorAt(past: LogSource['past'], { point }: Measured, at: Instant): number | null {
  let found: number | null = null
  for (const rows of past.columns(point.id, (at - point.staleAfter) as Instant, (at + 1) as Instant)) {
    const last = rows.at.length - 1
    found = qualityOf(rows.mark[last] ?? 0) === good ? (rows.value[last] ?? null) : null
  }
  return found
}
