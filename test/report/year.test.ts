import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import { makeLog } from '../../gateway/report/make.ts'
import { paperSiteOf } from '../../gateway/report/source.ts'
import type { LogFormat } from '../../gateway/report/question.ts'
import type { Site } from '../../gateway/site/site.ts'
import { openStore } from '../../gateway/store/open.ts'
import type { StoredReading } from '../../gateway/store/store.ts'
import { offsetAt } from '../../gateway/zone.ts'
import { freezer, freshKeepingCabinet, vaccineFridge } from '../../simulators/physics/cold-boxes.ts'
import { chance } from '../../simulators/physics/model.ts'
import type { Model, World } from '../../simulators/physics/model.ts'
import { wall } from '../store/folder.ts'
import { configured, day, hour, minute, siteFrom } from './stored.ts'
import { isThorough } from '../kit/thorough.ts'

const here = dirname(fileURLToPath(import.meta.url))

const yamlOf = (
  zone: string,
  overlay = '',
): string => `site: { id: greenhill, name: Greenhill, timeZone: ${zone}, policies: [canteen, vaccine] }
connections: { push: { protocol: http } }
areas:
  canteen:
    equipment:
      cold-1: { type: fresh-keeping-cabinet, name: Cabinet 1, connection: push, points: { temperature: {} }${overlay} }
      freezer-1: { type: freezer, name: Freezer 1, connection: push, points: { temperature: {} } }
      vaccine-1: { type: vaccine-fridge, name: Vaccine fridge 1, connection: push, points: { temperature: {} } }
`
const stricter = `, rules: { temperature.too-warm: { value: 6, reason: 换季从严 } }`

interface Box {
  readonly point: string
  readonly model: Model
  readonly seed: number
}
const boxes: readonly Box[] = [
  { point: 'cold-1.temperature', model: freshKeepingCabinet, seed: 11 },
  { point: 'freezer-1.temperature', model: freezer, seed: 22 },
  { point: 'vaccine-1.temperature', model: vaccineFridge, seed: 33 },
]

interface School {
  readonly zone: string
  readonly from: number
  readonly to: number
  /** From when on the cabinet may be no warmer than 6 °C. */
  readonly change: number
}

/** What a box says minute by minute: the physics of a school year with doors left open, power cuts, broken sensors and silences. */
function* saidBy({ point, model, seed }: Box, { zone, from, to }: School): Generator<StoredReading> {
  const worldAt = (now: number): World => {
    const shown = now + offsetAt(instant(now), zone)
    return { now, dtSeconds: 60, weekday: new Date(shown).getUTCDay(), hour: (shown % day) / hour }
  }
  let state = model.begin(seed, worldAt(from - day))
  let silentUntil = 0
  for (let at = from - 90 * minute; at < to; at += minute) {
    const count = Math.floor(at / minute)
    const faults = new Set<string>()
    if (count % 12_960 < 40) faults.add('door-left-open')
    if (count % 51_840 < 400) faults.add('unplugged')
    if (count % 77_777 < 300) faults.add('thermostat-stuck')
    state = model.step(state, worldAt(at), faults)
    if (chance(seed, 900, count) < 0.0002) silentUntil = at + (2 + 240 * chance(seed, 901, count)) * minute
    if (at < silentUntil) continue
    const reading = { point: point as never, at: instant(at + 137 * (seed % 7)), receivedAt: instant(at + 1_000) }
    const dice = chance(seed, 902, count)
    if (dice < 0.0008) yield { reading: { ...reading, quality: 'bad', fault: { code: 'timeout', detail: 'no answer' } } }
    else {
      const value = Math.round((model.points(state)['temperature'] ?? 0) * 10) / 10
      yield { reading: { ...reading, value, quality: dice < 0.0012 ? 'uncertain' : 'good' } }
    }
  }
}

/** Holds back some half hours and sends them a day later, as a device does that was offline; sends some readings twice. */
function* delayed(readings: Iterable<StoredReading>, seed: number): Generator<StoredReading> {
  const held: StoredReading[] = []
  for (const one of readings) {
    const halfHour = Math.floor(one.reading.at / (30 * minute))
    if (chance(seed, 903, halfHour) < 0.004) held.push({ ...one, mark: 'late' })
    else yield one
    if (chance(seed, 904, Math.floor(one.reading.at / minute)) < 0.0005) yield one
    while (held[0] && one.reading.at > held[0].reading.at + day) yield held.shift() as StoredReading
  }
  yield* held
}

/** The year in a real store, with a dump of everything that was sent to it. */
async function lived(school: School, before: Site, after: Site): Promise<{ readonly folder: string; readonly dump: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-year-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const dump = join(folder, 'dump.csv')
  const file = openSync(dump, 'w')
  const store = await openStore(join(folder, 'data'), { wall })
  await store.journal.append([configured(before, school.from - day), configured(after, school.change)])
  await store.historian.listening(instant(school.from - day))
  for (const box of boxes) {
    let batch: StoredReading[] = []
    const send = async (): Promise<void> => {
      const lines = batch.map(({ reading: { point, at, quality, value } }) => `${point},${at},${value ?? ''},${quality}\n`)
      writeSync(file, lines.join(''))
      await store.historian.record(batch)
      batch = []
    }
    for (const one of delayed(saidBy(box, school), box.seed)) if (batch.push(one) >= 20_000) await send()
    await send()
  }
  closeSync(file)
  await store.close()
  return { folder, dump }
}

/** Exports the log and has every figure of it worked out anew by a script in Python that knows nothing of us. */
async function checkedAgain(school: School): Promise<{ readonly checked: number; readonly wrong: readonly string[] }> {
  const [before, after] = [await siteFrom(yamlOf(school.zone)), await siteFrom(yamlOf(school.zone, stricter))]
  const { folder, dump } = await lived(school, before, after)
  const question = { kind: 'temperature', from: instant(school.from), to: instant(school.to), equipment: [], areas: [] } as const
  const write = async (format: LogFormat): Promise<string> => {
    const file = join(folder, `log.${format}`)
    const { from, to } = question
    const about = { export: 'year', site: 'greenhill', log: 'temperature', from, to, madeAt: school.to, by: 'test' }
    const task = {
      site: paperSiteOf(after),
      folder: join(folder, 'data'),
      question,
      format,
      language: 'en',
      file,
      now: to,
      about,
      key: undefined,
    } as const
    await makeLog(task)
    return file
  }
  const [json, csv] = [await write('json'), await write('csv')]
  const { from, to, change, zone } = school
  const all = [from - day, to + day]
  const limits = {
    'cold-1.temperature': [[from - day, change, 0, 8], [change, to + day, 0, 6]],
    'freezer-1.temperature': [[...all, null, -12]],
    'vaccine-1.temperature': [[...all, 2, 8]],
  } // prettier-ignore
  const points = Object.fromEntries(
    Object.entries(limits).map(([id, bands]) => {
      const point = after.points.find(one => one.id === id)
      const name = after.equipment.find(one => one.id === point?.equipment)?.name.en
      return [
        id,
        { staleAfter: point?.staleAfter, limits: bands, installed: from - day, vaccine: id.startsWith('vaccine'), name },
      ]
    }),
  )
  const spec = join(folder, 'spec.json')
  writeFileSync(spec, JSON.stringify({ zone, from, to, points }))
  return JSON.parse(
    execFileSync('python3', [join(here, 'year.py'), dump, spec, json, csv], { encoding: 'utf8', maxBuffer: 1e8 }),
  ) as never
}

describe('a year of a school', () => {
  test('is in the temperature log, figure by figure, as an independent calculation has it', async () => {
    const from = Date.parse('2026-01-01T00:00:00+08:00')
    // A usual run ends the year soon after the stricter limit came.
    const to = Date.parse(isThorough ? '2027-01-01T00:00:00+08:00' : '2026-04-10T00:00:00+08:00')
    const change = Date.parse(isThorough ? '2026-07-01T13:20:00+08:00' : '2026-03-01T13:20:00+08:00')
    const found = await checkedAgain({ zone: 'Asia/Shanghai', from, to, change })

    expect(found.wrong).toEqual([])
    expect(found.checked).toBeGreaterThan(isThorough ? 15_000 : 4_000)
  })

  test('has days of 23 and of 25 hours where the clocks are changed', async () => {
    for (const [first, last] of [
      ['2026-10-22T00:00:00+02:00', '2026-10-29T00:00:00+01:00'],
      ['2027-03-26T00:00:00+01:00', '2027-04-01T00:00:00+02:00'],
    ] as const) {
      const [from, to] = [Date.parse(first), Date.parse(last)]
      const found = await checkedAgain({ zone: 'Europe/Berlin', from, to, change: from + 2 * day + 5 * hour })
      expect(found.wrong).toEqual([])
      expect(found.checked).toBeGreaterThan(250)
    }
  })
})
