import { parseDuration } from '../../protocols/contract/duration.ts'
import { after, instant, minutes } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Entry } from '../journal/entry.ts'
import type { KeptRecord } from '../records/record.ts'
import type { Equipment, Point } from '../site/site.ts'
import type { House } from './house.ts'
import { keptRecords } from './kept-records.ts'
import type { Call } from './route.ts'
import { dosingsOf, textOf, valueAt } from './tank.ts'
import type { WireDosed } from './wire-records.ts'

/** How many of the last dosings are told. */
const most = 12
/** Chlorine has worked by then, and speaks of this dosing only for so long. */
const contact = minutes(30)
const speaksFor = minutes(180)

/** How often a tank is dosed at least, ms: by the duty that a record of dosing fulfils. */
export function everyOf({ site }: House, equipment: string): number | null {
  const duty = site.rules.find(
    ({ kind, equipment: of, inputs = [] }) =>
      kind === 'due' && of === equipment && inputs.some(({ point }) => point === `${equipment}.record:dosing`),
  )
  const every = duty?.settings['every']
  return typeof every === 'string' ? (parseDuration(every) ?? null) : null
}

/** What was dosed, newest first: what people wrote down, and what the pump did, each with what its rule made of it. */
export async function dosedIn(call: Call, tank: Equipment, names: ReadonlyMap<string, string>): Promise<readonly WireDosed[]> {
  const { house, time } = call
  const rules = new Set<unknown>(
    house.site.rules.filter(({ kind, equipment }) => kind === 'dose' && equipment === tank.id).map(({ id }) => id),
  )
  const [people, { entries }, { records: tests }] = await Promise.all([
    dosingsOf(house, tank.id),
    house.store.journal.page({ kinds: ['record.dosing'], limit: 500, newestFirst: true }),
    keptRecords(house, { kinds: ['record.reading'], about: tank.id, limit: 50 }),
  ])
  const judged = entries.filter(({ by, data }) => by === 'system' && rules.has(data['rule']))
  const chlorine = house.site.points.find(({ equipment, key }) => equipment === tank.id && key === 'chlorine')
  const told = people.filter(({ fields }) => typeof fields['grams'] === 'number')
  // What a rule wrote about a person's record is no second dosing.
  const isTold = (entry: Entry): boolean => told.some(record => speaksOf(entry, record))
  const rows = [
    ...told.map(record => ({ record, entry: judged.find(one => speaksOf(one, record)) })),
    ...judged.filter(entry => !isTold(entry)).map(entry => ({ record: undefined, entry })),
  ]
  const newest = rows
    .map(row => ({ ...row, at: row.record?.at ?? row.entry?.at ?? instant(0) }))
    .toSorted((a, b) => b.at - a.at)
    .slice(0, most)
  return Promise.all(
    newest.map(async ({ record, entry, at }): Promise<WireDosed> => {
      // What the gateway reckoned when it was written down, where its rule did not hear of it.
      const figures = entry ? figuresOf(entry) : (record?.reckoned ?? {})
      const product = textOf(record?.fields['product'] ?? tank.facts['product'])
      const [sensed, later] = await Promise.all([
        chlorine && valueAt(house, chlorine, at),
        afterwards(house, chlorine, at, record, tests),
      ])
      const before = numberIn(figures['residualMgPerLitre']) ?? numberIn(record?.fields['residual']) ?? sensed
      return {
        seq: record?.seq ?? entry?.seq ?? 0,
        at: time(at),
        from: record ? 'person' : 'pump',
        grams: numberIn(record?.fields['grams']) ?? numberIn(figures['dosedGrams']) ?? 0,
        ...(product === '' ? {} : { product }),
        ...(record ? { by: record.signed?.name ?? names.get(record.by) ?? record.by } : {}),
        signed: record?.signed !== undefined,
        verdict: entry ? verdictIn(entry.data['verdict']) : reckonedVerdict(figures['why']),
        ...(typeof figures['whyZh'] === 'string' ? { why: { zh: figures['whyZh'], en: String(figures['whyEn']) } } : {}),
        required: numberIn(figures['requiredGrams']) ?? null,
        before: before ?? null,
        after: later ? { at: time(later.at), value: later.value } : null,
      }
    }),
  )
}

/** The rule heard the record at its own time; what was put right is heard a millisecond later. */
const speaksOf = (entry: Entry, { at, fields }: KeptRecord): boolean =>
  Math.abs(entry.at - at) <= 1_000 && numberIn(figuresOf(entry)['dosedGrams']) === numberIn(fields['grams'])

/** The chlorine once it had its time: what somebody tested for this dosing, else what the sensor first said then. */
async function afterwards(
  house: House,
  chlorine: Point | undefined,
  at: Instant,
  record: KeptRecord | undefined,
  tests: readonly KeptRecord[],
): Promise<{ readonly at: Instant; readonly value: number } | undefined> {
  const test = tests.find(
    ({ fields }) => fields['point'] === 'chlorine' && fields['follows'] === record?.seq && record !== undefined,
  )
  const tested = numberIn(test?.fields['value'])
  if (test && tested !== undefined) return { at: test.at, value: tested }
  if (!chlorine) return undefined
  const { samples } = await house.store.historian.raw(chlorine.id, after(at, contact), after(at, speaksFor), 1_000)
  const first = samples.find(({ q, v }) => q === 'good' && v !== null)
  return first?.v == null ? undefined : { at: first.t, value: first.v }
}

const numberIn = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
const figuresOf = (entry: Entry | undefined): Readonly<Record<string, unknown>> => {
  const figures = entry?.data['figures']
  return typeof figures === 'object' && figures !== null ? (figures as Record<string, unknown>) : {}
}
const reckonedVerdict = (why: unknown): WireDosed['verdict'] =>
  why === 'right' ? 'passed' : why === 'more' || why === 'less' || why === 'too-much' ? 'failed' : 'unknown'
const verdictIn = (said: unknown): WireDosed['verdict'] => (said === 'passed' || said === 'failed' ? said : 'unknown')
