import type { Model } from './model.ts'
import { model } from './model.ts'

/** A recorded series: times in ms since 1970 (naive times read as UTC), ascending, in the unit it was recorded in. */
export interface Series {
  readonly times: readonly number[]
  readonly values: readonly number[]
}

/** A recorded value stands for its hour. Longer without one is a gap. */
const HOLDS_MS = 3_600_000
/**
 * Where playing starts: Monday 2014-03-17, 00:00. The first gap (two hours) comes after 27 hours, the next (fourteen) six days later; the
 * ones of several days lie behind.
 */
const START = Date.UTC(2014, 2, 17)

/** CSV with a header and columns timestamp,value. Throws on a row that is not one. */
export function parseSeries(csv: string): Series {
  const times: number[] = []
  const values: number[] = []
  for (const [index, line] of csv.trim().split(/\r?\n/).slice(1).entries()) {
    const [stamp = '', number = ''] = line.split(',')
    const time = Date.parse(`${stamp.replaceAll('"', '').trim().replace(' ', 'T')}Z`)
    const value = Number(number)
    if (!Number.isFinite(time) || number.trim() === '' || !Number.isFinite(value)) throw new Error(`line ${index + 2}: ${line}`)
    times.push(time)
    values.push(value)
  }
  return { times, values }
}

/** The value that stood at `time`, or nothing within a gap. */
export function recordedAt(series: Series, time: number): number | undefined {
  let low = 0
  let high = series.times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((series.times[middle] ?? Infinity) <= time) low = middle + 1
    else high = middle
  }
  const since = series.times[low - 1]
  return since !== undefined && time - since < HOLDS_MS ? series.values[low - 1] : undefined
}

type Playing = { seed: number; origin: number; fahrenheit: number; present: number }

/**
 * A real room (see `simulators/recorded/README.md`) as the thermometer in the office: its hours fall on the world's hours, its gaps stay
 * gaps, and at the end it starts over.
 */
export function recordedRoom(series: Series): Model {
  const first = series.times[0] ?? 0
  const span = (series.times.at(-1) ?? 0) + HOLDS_MS - first
  const read = (origin: number, now: number) =>
    recordedAt(series, first + ((((START - first + now - origin) % span) + span) % span))
  return model<Playing>({
    type: 'room-thermometer',
    faults: [{ id: 'air-conditioner-dead', name: { zh: '空调停机', en: 'air conditioner dead' } }],
    sensed: ['temperature'],
    longestStep: 3600,
    begin(seed, world) {
      const origin = world.now - world.hour * 3_600_000
      const fahrenheit = read(origin, world.now)
      return { seed, origin, fahrenheit: fahrenheit ?? 0, present: fahrenheit === undefined ? 0 : 1 }
    },
    step(state, world, faults) {
      const fahrenheit = read(state.origin, world.now)
      const hotter = faults.has('air-conditioner-dead') ? 18 : 0
      return {
        seed: state.seed,
        origin: state.origin,
        fahrenheit: fahrenheit === undefined ? state.fahrenheit : fahrenheit + hotter,
        present: fahrenheit === undefined ? 0 : 1,
      }
    },
    points: ({ fahrenheit, present }) => (present ? { temperature: ((fahrenheit - 32) * 5) / 9 } : {}),
  })
}
