import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import { Unanswered } from '../../gateway/alarm/unanswered.ts'
import { Pipeline } from '../../gateway/pipeline.ts'
import { Evaluator } from '../../gateway/policy/evaluator.ts'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import type { Rule, RuleId } from '../../gateway/policy/rule.ts'
import { restore } from '../../gateway/restore.ts'
import { openStore } from '../../gateway/store/open.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import type { Reading } from '../../protocols/contract/reading.ts'
import { instant, minutes } from '../../protocols/contract/time.ts'
import { FakeClock } from '../kit/fake-clock.ts'
import { wall } from './folder.ts'

const words = { zh: '柜', en: 'cabinet' }
const basis = { kind: 'design', source: words, verified: false } as const

function rule(name: string, kind: string, settings: object, inputs: Readonly<Record<string, string>>): Rule {
  const parsed = ruleKinds.get(kind)?.parse({ kind, ...settings }, nowhere)
  if (!parsed?.ok) throw new Error(JSON.stringify(parsed))
  const bound = Object.entries(inputs).map(([input, key]) => ({ name: input, point: pointId('cabinet', key) }))
  return {
    id: `cabinet.temperature.${name}` as RuleId,
    kind,
    spec: parsed.spec,
    settings: { kind, ...settings },
    watches: bound.map(({ point }) => point),
    point: bound[0]?.point ?? pointId('cabinet', 'temperature'),
    inputs: bound,
    equipment: 'cabinet',
    clause: 'CAN-8',
    title: words,
    priority: 'high',
    alarmBasis: basis,
    advice: words,
    policy: { id: 'canteen', version: '1' },
  }
}

const cycle = { hold: { at: 120, for: '10m' }, dry: '10m', safe: 45 }
const watched = { temperature: 'temperature', door: 'door', heating: 'heating' }
const rules: readonly Rule[] = [
  rule('opened-early', 'cycle', { judges: 'opening', writes: true, ...cycle }, watched),
  rule('not-disinfected', 'cycle', { judges: 'hold', ...cycle }, watched),
  rule('not-daily', 'due', { every: '1d' }, { record: 'record:disinfection' }),
  rule('defrost-forgotten', 'due', { every: '2d' }, { record: 'record:defrost' }),
  rule('unanswered', 'limit', { op: 'ge', value: 1, onDelay: '30m' }, { value: 'alarm:unanswered-high' }),
  rule('mean-warm', 'mean', { window: '10m', op: 'gt', value: 100 }, { value: 'temperature' }),
]

/** A good run, then one that is opened while hot; minutes from the start: temperature, door, heating. */
function sweeps(): readonly (readonly [minute: number, temperature: number, door: number, heating: number])[] {
  const rows: [number, number, number, number][] = []
  let at = 0
  const phase = (length: number, temperature: (part: number) => number, door: number, heating: number): void => {
    for (let minute = 0; minute < length; minute += 1) rows.push([(at += 1), temperature(minute / length), door, heating])
  }
  for (const hold of [14, 4]) {
    phase(5, () => 26, 1, 0)
    phase(12, () => 26, 0, 0)
    phase(10, part => 26 + 100 * part, 0, 1)
    phase(hold, () => 124, 0, 1)
    if (hold === 14) phase(40, part => 124 - 90 * part, 0, 0)
    phase(6, part => (hold === 14 ? 33 : 118) - 5 * part, 1, 0)
    phase(10, () => 28, 0, 0)
  }
  return rows
}

interface House {
  hears(readings: readonly Reading[]): Promise<void>
  passes(length: number): Promise<void>
  records(kind: string): Promise<unknown>
  stops(): Promise<void>
}

/** The real store, evaluator, desk and pipeline; each opening goes on where the folder was left. */
async function open(folder: string, clock: FakeClock): Promise<House> {
  const store = await openStore(folder, { wall })
  const evaluator = new Evaluator({ rules, kinds: ruleKinds, staleAfter: () => undefined, startAt: clock.now() })
  const desk = new AlarmDesk(new Map(rules.map(one => [one.id, one])))
  const [checkpoints, latest] = [await store.journal.checkpoints(), await store.historian.latest()]
  const obsolete = await restore({ evaluator, desk, checkpoints, latest, store, now: clock.now() })
  const unanswered = new Unanswered(rules, () => 'canteen')
  const pipeline = new Pipeline({
    clock,
    wall,
    evaluator,
    desk,
    store,
    cite: () => ({ equipment: 'cabinet' }),
    unanswered,
    outlets: [],
  })
  pipeline.begin({ kind: 'gateway.started', by: 'system', data: {} }, obsolete)
  await pipeline.settled()
  return {
    async hears(readings) {
      await pipeline.acceptDurably(readings)
      await pipeline.settled()
    },
    passes: length => clock.passes(minutes(length), () => pipeline.settled()),
    records: kind =>
      pipeline.record({ kind, equipment: 'cabinet', at: clock.now(), by: 'Ada', verdict: 'passed', fields: { millimetres: 3 } }),
    async stops() {
      await pipeline.close()
      await store.close()
    },
  }
}

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
})

/** The whole story with a restart after each of these sweeps; what the journal then says, without the starts themselves. */
async function told(stops: ReadonlySet<number>): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'zr-'))
  folders.push(folder)
  const clock = new FakeClock()
  const began = clock.now()
  let house = await open(folder, clock)
  await house.records('defrost')
  for (const [minute, ...values] of sweeps()) {
    await house.passes(1)
    const at = instant(began + minute * 60_000)
    const keys = ['temperature', 'door', 'heating']
    await house.hears(
      values.map((value, index) => ({
        point: pointId('cabinet', keys[index] as string),
        at,
        receivedAt: at,
        value,
        quality: 'good' as const,
      })),
    )
    if (!stops.has(minute)) continue
    await house.stops()
    house = await open(folder, clock)
  }
  await house.passes(3 * 24 * 60)
  await house.stops()
  const store = await openStore(folder, { wall })
  const { entries } = await store.journal.page({ limit: 1_000 })
  await store.close()
  return entries
    .filter(({ kind }) => kind !== 'gateway.started')
    .map(({ kind, at, data }) => {
      const alarm = data['alarm'] as { readonly rule: string } | undefined
      const about = alarm?.rule ?? `${String(data['verdict'])} ${JSON.stringify(data['figures'] ?? data['fields'])}`
      return `${(at - began) / 60_000} ${kind} ${about}`
    })
}

const uninterrupted = [
  'record.defrost passed',
  'alarm.raised cabinet.temperature.mean-warm',
  'alarm.cleared cabinet.temperature.mean-warm',
  'alarm.raised cabinet.temperature.unanswered',
  'record.disinfection passed',
  'alarm.raised cabinet.temperature.mean-warm',
  'record.disinfection opened-early',
  'alarm.raised cabinet.temperature.opened-early',
  'alarm.raised cabinet.temperature.not-disinfected',
  'alarm.cleared cabinet.temperature.mean-warm',
  'alarm.raised cabinet.temperature.not-daily',
  'alarm.raised cabinet.temperature.defrost-forgotten',
]

describe('rules of several inputs, records and escalations over restarts', () => {
  const whole = told(new Set())

  test('say in a run without any restart what happened', async () => {
    expect((await whole).map(line => line.split(' ').slice(1, 3).join(' '))).toEqual(uninterrupted)
  })

  test.each([
    ['while the ware dries', [10]],
    ['as it heats', [22]],
    ['in the middle of the hold', [33]],
    ['as it cools', [60]],
    ['between two runs', [84]],
    ['in the second hold', [118]],
    ['as the door is opened too early', [123]],
    ['again and again', Array.from({ length: 20 }, (_, index) => 3 + 7 * index)],
  ])('say the same when the gateway is stopped %s', async (_when, minutes) => {
    expect(await told(new Set(minutes))).toEqual(await whole)
  })
})
