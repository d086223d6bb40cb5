import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { backtestSite } from '../../gateway/backtest.ts'
import { systemClock } from '../../gateway/clock.ts'
import { Blocks } from '../../gateway/historian/blocks.ts'
import { loadTrial } from '../../gateway/site/trial.ts'
import type { TriedSite } from '../../gateway/site/trial.ts'
import { openDatabase } from '../../gateway/store/database.ts'
import { openStore } from '../../gateway/store/open.ts'
import { instant } from '../../protocols/contract/time.ts'
import { alone, alternate, compared, gate } from './figure.ts'
import type { Bench, Figure, Pace } from './figure.ts'
import { inFolder } from './folder.ts'
import { alarmsByHand } from './peers/bare-limit.ts'
import { began, chance } from './walk.ts'

const id = 'backtest'
const minute = 60_000
const cabinets = Array.from({ length: 20 }, (_, index) => `cold-${index + 1}`)
const present = { value: 8, deadband: 0.5, onDelay: 20 * minute, offDelay: 5 * minute }
const changed = { ...present, value: 9, onDelay: 30 * minute }

const site = `site: { id: bench, name: Bench, timeZone: UTC, policies: [canteen] }
connections: { push: { protocol: http } }
areas:
  canteen:
    equipment:
${cabinets.map(name => `      ${name}: { type: fresh-keeping-cabinet, connection: push, points: { temperature: {} } }`).join('\n')}
`
const change = {
  name: 'change.yaml',
  text: `rules:\n${cabinets.map(name => `  ${name}.temperature.too-warm: { value: 9, onDelay: 30m, reason: bench }`).join('\n')}\n`,
}

interface Series {
  readonly at: Float64Array
  readonly values: Float64Array
}

/** Thermometers that wander in tenths about their limit, one reading a minute. */
const wander = (rows: number): readonly Series[] =>
  cabinets.map((_, cabinet) => {
    const random = chance(cabinet + 1)
    let tenths = 40
    const at = Float64Array.from({ length: rows }, (_, index) => began + index * minute)
    const values = at.map(() => {
      tenths = Math.max(10, Math.min(105, tenths + Math.floor(random() * 5) - 2))
      return tenths / 10
    })
    return { at, values }
  })

/** The history as a gateway leaves it once all is sealed; recording it reading by reading is measured elsewhere. */
async function fill(folder: string, all: readonly Series[]): Promise<void> {
  const store = await openStore(folder, { wall: systemClock })
  await store.historian.listening(instant(began))
  await store.close()
  const database = openDatabase(join(folder, 'history.db'))
  const blocks = new Blocks(database)
  const point = database.prepare('INSERT INTO point (name, sealed_rows) VALUES (?, ?)')
  database.exec('BEGIN')
  for (const [index, { at, values }] of all.entries()) {
    const number = Number(point.run(`${cabinets[index]}.temperature`, at.length).lastInsertRowid)
    for (let from = 0; from < at.length; from += 1_024) {
      const times = Array.from(at.subarray(from, from + 1_024))
      const rows = { at: times, receivedAt: times.map(time => time + 15), value: Array.from(values.subarray(from, from + 1_024)) }
      blocks.add(number, { ...rows, mark: times.map(() => 0), period: times.map(() => 1), faults: [] })
    }
  }
  database.exec('COMMIT')
  database.close()
}

function product(tried: TriedSite, folder: string, all: readonly Series[]): { ms: number; alarms: readonly [number, number][] } {
  const rows = all[0]?.at.length ?? 0
  const from = performance.now()
  const answer = backtestSite(tried, change, { folder, from: instant(began), to: instant(began + rows * minute) })
  const ms = performance.now() - from
  gate(answer.readings.accepted === rows * all.length, `${answer.readings.accepted} readings of ${rows * all.length} were judged`)
  const alarms = cabinets.map((name): [number, number] => {
    const rule = answer.rules.find(one => one.rule === `${name}.temperature.too-warm`)
    return [rule?.before.alarms ?? Number.NaN, rule?.after.alarms ?? Number.NaN]
  })
  return { ms, alarms }
}

function byHand(all: readonly Series[]): { ms: number; alarms: readonly [number, number][] } {
  const from = performance.now()
  const alarms = all.map(({ at, values }): [number, number] => [
    alarmsByHand(at, values, present),
    alarmsByHand(at, values, changed),
  ])
  return { ms: performance.now() - from, alarms }
}

async function measure({ quick }: Pace): Promise<readonly Figure[]> {
  const rows = quick ? 26_280 : 525_600
  const all = wander(rows)
  return inFolder(async folder => {
    await fill(folder, all)
    writeFileSync(join(folder, 'site.yaml'), site)
    const tried = await loadTrial(join(folder, 'site.yaml'), change, {})
    if (!tried.ok) throw new Error(JSON.stringify(tried.problems))
    const [ours, theirs] = [product(tried, folder, all), byHand(all)]
    const alarms = ours.alarms.reduce((sum, [before]) => sum + before, 0)
    gate(alarms > 100, `only ${alarms} alarms`)
    gate(
      JSON.stringify(ours.alarms) === JSON.stringify(theirs.alarms),
      'the backtest and the loop by hand do not count the same alarms',
    )
    const pairs = await alternate(
      quick ? 2 : 3,
      async () => product(tried, folder, all).ms,
      async () => byHand(all).ms,
      quick ? 1 : 0,
    )
    const readings = rows * cabinets.length
    const rules = tried.before.rules.length
    const note = `${readings} readings of 20 cabinets read from sealed blocks, ${rules} rules, 20 of them changed; the loop reads arrays and judges only the 20`
    const label = { id, metric: 'readings tried', unit: 'readings/s', note }
    const figures = [compared({ ...label, peer: 'a loop by hand over arrays' }, pairs, ms => readings / (ms / 1_000))]
    const year = {
      id,
      metric: 'a year of 20 cabinets by the minute',
      unit: 's',
      note: quick ? 'from a twentieth of it' : '10.5 M readings',
    }
    return [
      ...figures,
      alone(
        year,
        pairs.product.map(ms => (ms / 1_000) * (525_600 / rows)),
      ),
    ]
  })
}

export const bench: Bench = { id, title: 'A changed policy tried on a year of history', quick: false, run: measure }
