import type { Words } from '../../protocols/contract/driver.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import type { Reading } from '../../protocols/contract/reading.ts'
import { after, days } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { strengthAt } from '../policy/dosing.ts'
import type { Strength } from '../policy/dosing.ts'
import type { DoseSpec } from '../policy/kinds/dose.ts'
import { waterOf } from '../records/dosing-plan.ts'
import type { DosingAim, DosingBefore, TankWater } from '../records/dosing-plan.ts'
import type { Fields } from '../records/field.ts'
import type { KeptRecord } from '../records/record.ts'
import type { Equipment, Point } from '../site/site.ts'
import { parseTime } from '../zone.ts'
import type { House } from './house.ts'
import { keptRecords } from './kept-records.ts'

/** A figure of the tank at some moment, and whether one may dose by it. */
export interface Level {
  readonly point: Point
  readonly reading: Reading | undefined
  readonly isStale: boolean
}
export const usable = (level: Level | undefined): number | undefined =>
  level?.reading?.quality === 'good' && !level.isStale ? level.reading.value : undefined

/** The newest dosing, whoever or whatever told of it. */
export interface LastDosing extends DosingBefore {
  readonly record?: KeptRecord
}

/** Where nothing in the packs says otherwise (standards §1.6). */
const usual: DosingAim = {
  target: 0.5,
  demand: 1,
  strength: { fresh: 0.65, madeOn: undefined, lossPerMonth: 0.05 },
  tolerance: 0.25,
  most: 2,
}

/** What the rules of this tank want of a dosing; the one that judges what people write down goes first. */
export function aimOf({ site }: House, equipment: string): DosingAim {
  const rules = site.rules.filter(rule => rule.kind === 'dose' && rule.equipment === equipment)
  const heard = `${equipment}.record:dosing/grams`
  const rule = rules.find(({ inputs = [] }) => inputs.some(({ point }) => point === heard)) ?? rules[0]
  return rule ? (rule.spec as DoseSpec) : usual
}

const pointOf = ({ site }: House, { id }: Equipment, key: string): Point | undefined =>
  site.points.find(point => point.id === pointId(id, key))

/** What a point of the tank says now. */
export function level(house: House, tank: Equipment, key: string): Level | undefined {
  const point = pointOf(house, tank, key)
  return point && { point, reading: house.state.latest(point.id), isStale: house.state.isStale(point.id) }
}

/** The last good word of a point before `at`, no older than the point stays fresh. */
export async function valueAt(house: House, point: Point, at: Instant): Promise<number | undefined> {
  const latest = house.state.latest(point.id)
  if (latest && latest.at <= at && at < after(latest.at, point.staleAfter))
    return latest.quality === 'good' ? latest.value : undefined
  const { samples } = await house.store.historian.raw(point.id, (at - point.staleAfter) as Instant, (at + 1) as Instant, 10_000)
  const last = samples.findLast(({ t }) => t <= at)
  return last?.q === 'good' && last.v !== null ? last.v : undefined
}

/** The water at the time of a dosing: what was typed, and what the sensors of that time say. */
export async function waterAt(
  house: House,
  tank: Equipment,
  at: Instant,
  { volume, residual }: { readonly volume?: number | undefined; readonly residual?: number | undefined },
): Promise<TankWater> {
  const [sensedVolume, sensedResidual] = await Promise.all(
    ['volume', 'chlorine'].map(async key => {
      const point = pointOf(house, tank, key)
      const value = point && (await valueAt(house, point, at))
      return value !== undefined && value >= 0 ? value : undefined
    }),
  )
  return waterOf({ volume: sensedVolume, residual: sensedResidual }, { volume, residual })
}

/** People's dosings of a tank, newest first, as they stand today. */
export async function dosingsOf(house: House, equipment: string): Promise<readonly KeptRecord[]> {
  const { records } = await keptRecords(house, { kinds: ['record.dosing'], about: equipment, limit: 50 })
  return records.toSorted((a, b) => b.at - a.at)
}

/**
 * The dosing before `at`: by a person's record or, where newer, by the dosing pump. A change of product that an administrator recorded
 * counts as if the last dose had been of the new one: drum and lines are clean.
 */
export async function lastDosing(house: House, tank: Equipment, at: Instant, not?: number): Promise<LastDosing | undefined> {
  const [dosings, { records: cleanings }] = await Promise.all([
    dosingsOf(house, tank.id),
    keptRecords(house, { kinds: ['record.cleaning'], about: tank.id, limit: 50 }),
  ])
  const record = dosings.find(one => one.at < at && one.seq !== not && numberOf(one.fields['grams']) > 0)
  const metered = level(house, tank, 'dosed')?.reading
  const isMetered = metered?.quality === 'good' && metered.value > 0 && metered.at < at && metered.at > (record?.at ?? 0)
  const told: LastDosing | undefined = isMetered
    ? { at: metered.at, grams: metered.value, ...named(record?.fields['product'] ?? tank.facts['product']) }
    : record && {
        at: record.at,
        grams: numberOf(record.fields['grams']),
        record,
        ...named(record.fields['product'] ?? tank.facts['product']),
      }
  if (!told) return undefined
  const change = cleanings.find(one => one.verdict === 'passed' && textOf(one.fields['newProduct']) !== '' && one.at >= told.at)
  return change ? { ...told, ...named(change.fields['newProduct']) } : told
}

/** The strength of what was dosed: of the batch as it was typed, else of the tank's facts. */
export function strengthOf(aim: DosingAim, fields: Fields, zone: string): Strength {
  const { strength, madeOn, lossPerMonth } = fields
  if (typeof strength !== 'number') return aim.strength
  return {
    fresh: strength,
    madeOn: typeof madeOn === 'string' ? parseTime(madeOn.length === 7 ? `${madeOn}-01` : madeOn, zone) : undefined,
    lossPerMonth: typeof lossPerMonth === 'number' ? lossPerMonth : aim.strength.lossPerMonth,
  }
}

/** A batch of a product that is known here: by the tank's facts or from what was dosed before. */
export interface KnownBatch {
  readonly product: string
  /** As the tank's facts say it in both languages. */
  readonly productName?: Words
  readonly batch?: string
  readonly strength: Strength
  readonly madeOn?: string
  readonly strengthNow: number
  readonly retest: boolean
  readonly from: 'facts' | 'record'
}

export function batchesOf(house: House, tank: Equipment, dosings: readonly KeptRecord[], now: Instant): readonly KnownBatch[] {
  const aim = aimOf(house, tank.id)
  const called = tank.factWords?.['product']
  const known = new Map<string, KnownBatch>()
  const add = (product: string, fields: Fields, from: KnownBatch['from'], usualStrength: Strength): void => {
    const batch = textOf(fields['batch'])
    const key = `${product.toLowerCase()}\n${batch.toLowerCase()}`
    if (product === '' || known.has(key)) return
    const isTold = typeof fields['strength'] === 'number'
    const strength = isTold ? strengthOf(aim, fields, house.site.timeZone) : usualStrength
    const madeOn = textOf(fields['madeOn'])
    known.set(key, {
      product,
      ...(called?.en === product ? { productName: called } : {}),
      strength,
      strengthNow: strengthAt(strength, now),
      retest: strength.madeOn !== undefined && now - strength.madeOn > days(91.3125),
      from,
      ...(batch === '' ? {} : { batch }),
      ...(madeOn === '' ? {} : { madeOn }),
    })
  }
  for (const { fields } of dosings) add(textOf(fields['product']), fields, 'record', aim.strength)
  const byFacts = textOf(tank.facts['product'])
  // A drum that was dosed from says more than the fact of its product.
  if (![...known.values()].some(({ product }) => product.toLowerCase() === byFacts.toLowerCase()))
    add(byFacts, tank.facts, 'facts', aim.strength)
  return [...known.values()].slice(0, 12)
}

/** `20 m³`, or a bare number of m³. */
export function capacityOf({ facts }: Equipment): number | undefined {
  const said = facts['capacity']
  const value =
    typeof said === 'number' ? said : Number(/^\s*(\d+(?:\.\d+)?)\s*(?:m³|m3|立方米)?\s*$/.exec(String(said ?? ''))?.[1])
  return Number.isFinite(value) && value > 0 ? value : undefined
}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)
const named = (product: unknown): { readonly product?: string } => (textOf(product) === '' ? {} : { product: textOf(product) })
