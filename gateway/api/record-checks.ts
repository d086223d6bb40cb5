import type { Words } from '../../protocols/contract/driver.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { isAllowed } from '../accounts/permissions.ts'
import { plain } from '../policy/dosing.ts'
import { weighDosing } from '../records/dosing-plan.ts'
import type { WeighedDosing } from '../records/dosing-plan.ts'
import type { Fields } from '../records/field.ts'
import { differenceOf } from '../records/hand-reading.ts'
import { mistakesIn, recordKind } from '../records/kinds.ts'
import type { RecordPlace } from '../records/kinds.ts'
import type { Said } from '../alarm/people.ts'
import type { Equipment } from '../site/site.ts'
import { Refusal } from './problem.ts'
import type { WrongPart } from './problem.ts'
import type { Call } from './route.ts'
import { aimOf, capacityOf, lastDosing, strengthOf, textOf, valueAt, waterAt } from './tank.ts'

/** What a piece of equipment is to the forms of records. */
export function placeOf({ views }: Pick<Call, 'views'>, { type, points: own }: Equipment): RecordPlace {
  const points = own.flatMap(id => views.point(id) ?? [])
  return {
    type,
    points: points.map(({ key }) => key),
    readable: points.filter(({ kind }) => kind === 'measurement' || kind === 'counter').map(({ key }) => key),
  }
}

/** What somebody says they did, before it is known whether it can be taken. */
export interface Claim extends Said {
  readonly kind: string
  readonly equipment: Equipment
  /** The record that is put right. */
  readonly corrects?: number
}

/** What the gateway makes of a claim that can be taken. */
export interface Checked {
  readonly reckoned?: Readonly<Record<string, unknown>>
  /** A second person has to stand beside whoever signs. */
  readonly secondPerson: boolean
}

const mostFields = 50

/** Checks every field, reckons what has to be reckoned, and refuses what cannot be; every reason is a sentence for whoever typed it. */
export async function check(call: Call, claim: Claim): Promise<Checked> {
  const kind = recordKind(claim.kind)
  if (Object.keys(claim.fields).length > mostFields) throw tooManyFields
  const mistakes = mistakesIn(kind, claim.fields, placeOf(call, claim.equipment))
  if (mistakes.length > 0) throw refused(mistakes.map(({ key, wrong }) => ({ path: `fields.${key}`, wrong })))
  switch (claim.kind) {
    case 'dosing':
      return dosing(call, claim)
    case 'reading':
      return { secondPerson: false, ...(await handReading(call, claim)) }
    case 'cleaning':
      if (textOf(claim.fields['newProduct']) !== '' && !isAllowed(call.who?.role ?? 'viewer', 'administer'))
        throw field('newProduct', { zh: '换药由管理员登记', en: 'a change of product is recorded by an administrator' })
      return { secondPerson: false }
    default:
      return { secondPerson: false }
  }
}

async function dosing({ house }: Call, { equipment, at, verdict, fields, corrects }: Claim): Promise<Checked> {
  const { volume, residual, target, demand } = numbers(fields)
  const capacity = capacityOf(equipment)
  if (volume !== undefined && capacity !== undefined && volume > capacity * 1.05)
    throw field('volume', {
      zh: `水箱只有 ${plain(capacity)} m³，装不下 ${plain(volume)} m³`,
      en: `the tank holds ${plain(capacity)} m³, not ${plain(volume)} m³`,
    })
  const aim = aimOf(house, equipment.id)
  const last = await lastDosing(house, equipment, at, corrects)
  const product = textOf(fields['product'])
  if (last?.product !== undefined && product !== '' && product.toLowerCase() !== last.product.toLowerCase())
    throw field('product', {
      zh: `上次投的是“${last.product}”，不同的消毒药剂不能混用，会着火。换药要先清洗药桶和管路，由管理员登记“清洗—换用的消毒药剂”`,
      en: `last time it was "${last.product}"; disinfectants are never mixed, they can ignite. To change, clean drum and lines and have an administrator record it as a cleaning`,
    })
  const weighed = weighDosing({
    at,
    aim: { ...aim, target: target ?? aim.target, demand: demand ?? aim.demand },
    water: await waterAt(house, equipment, at, { volume, residual }),
    strength: strengthOf(aim, fields, house.site.timeZone),
    last,
    grams: Number(fields['grams']),
  })
  // An accident has to be written down too, as what it is: it did not pass, and says what happened.
  const isAccident = verdict === 'failed' && textOf(fields['note']).length >= 5
  if (weighed.peak !== undefined && weighed.peak > aim.most && !isAccident) throw tooMuch(weighed, aim.most)
  return { reckoned: weighed.reckoned, secondPerson: weighed.secondPerson && !isAccident }
}

function tooMuch({ dosing: { grams, volume, required }, peak }: WeighedDosing, most: number): Refusal {
  const needed = required === undefined ? undefined : plain(required)
  return field('grams', {
    zh: `${plain(grams)} g 会让余氯可能到 ${plain(peak ?? 0)} mg/L，超过 ${plain(most)} mg/L，不能投。${needed === undefined ? '' : `${plain(volume ?? 0, 1)} m³ 水应投 ${needed} g。`}如果已经投下去了：停止供水，选“投错了”，写明情况再登记`,
    en: `${plain(grams)} g could bring free chlorine to ${plain(peak ?? 0)} mg/L, above ${plain(most)} mg/L: do not dose.${needed === undefined ? '' : ` ${plain(volume ?? 0, 1)} m³ of water need ${needed} g.`} If it is in already: stop the supply, record it with the verdict "failed" and a note of what happened`,
  })
}

/** A hand reading beside what the sensor said at that time. */
async function handReading({ house }: Call, { equipment, at, fields }: Claim): Promise<Pick<Checked, 'reckoned'>> {
  const key = textOf(fields['point'])
  const { value } = numbers(fields)
  const point = house.site.points.find(one => one.id === pointId(equipment.id, key))
  if (!point || value === undefined) return {}
  if (point.plausible && (value < point.plausible.min || value > point.plausible.max))
    throw field('value', {
      zh: `${plain(value)} ${point.unit} 不可能，应在 ${point.plausible.min}–${point.plausible.max} ${point.unit} 之间`,
      en: `${plain(value)} ${point.unit} cannot be; write ${point.plausible.min} to ${point.plausible.max} ${point.unit}`,
    })
  const sensor = await valueAt(house, point, at)
  const unit = { unit: point.unit }
  if (sensor === undefined) return { reckoned: { ...unit, sensor: null, difference: null } }
  const { difference, tolerance } = differenceOf(value, sensor, point)
  if (Math.abs(difference) > tolerance && textOf(fields['note']) === '')
    throw field('note', {
      zh: `和探头差 ${plain(difference)} ${point.unit}（探头 ${plain(sensor)}，允许 ±${plain(tolerance)}）：再量一次；没有量错就写明原因`,
      en: `${plain(difference)} ${point.unit} off the sensor (${plain(sensor)}, ±${plain(tolerance)} is allowed): measure again; where it is right, write why`,
    })
  return { reckoned: { ...unit, sensor, difference, tolerance } }
}

function numbers(fields: Fields): Readonly<Record<'volume' | 'residual' | 'target' | 'demand' | 'value', number | undefined>> {
  const of = (key: string): number | undefined => {
    const value = fields[key]
    return typeof value === 'number' ? value : undefined
  }
  return { volume: of('volume'), residual: of('residual'), target: of('target'), demand: of('demand'), value: of('value') }
}

/** One wrong field is told in a sentence of its own. */
export const refused = (errors: readonly WrongPart[]): Refusal => {
  const [only, ...more] = errors
  const say = (language: keyof Words): string => (only ? only.wrong[language] : '')
  const end = { zh: /[。？！]$/, en: /[.?!]$/ }
  const whole = (language: keyof Words, stop: string): string =>
    end[language].test(say(language)) ? say(language) : say(language) + stop
  const words: Words =
    more.length === 0
      ? { zh: whole('zh', '。'), en: upper(whole('en', '.')) }
      : { zh: `有 ${errors.length} 处错误。`, en: `${errors.length} mistakes.` }
  return new Refusal('bad-request', words, { errors })
}
const field = (key: string, wrong: Words): Refusal => refused([{ path: `fields.${key}`, wrong }])
const upper = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)
const tooManyFields = new Refusal('bad-request', {
  zh: `一条记录最多 ${mostFields} 项。`,
  en: `A record has at most ${mostFields} fields.`,
})

/** When somebody may say that something was done. */
export function whenDone(at: Instant, now: Instant, longest: number): Instant {
  if (at > now || at < now - longest) throw wrongTime
  return at
}
const wrongTime = new Refusal('bad-request', {
  zh: '时间不能晚于现在，也不能早于 30 天前。',
  en: 'The time may not be after now, nor more than 30 days ago.',
})
