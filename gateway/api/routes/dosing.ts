import { z } from 'zod'
import type { Words } from '../../../protocols/contract/driver.ts'
import { days } from '../../../protocols/contract/time.ts'
import { adviseDose, contactOf } from '../../records/dosing-plan.ts'
import { isDay } from '../../records/field.ts'
import type { KeptRecord } from '../../records/record.ts'
import type { Equipment } from '../../site/site.ts'
import { dosedIn, everyOf } from '../dosings.ts'
import type { House } from '../house.ts'
import { keptRecords } from '../kept-records.ts'
import { notFound, Refusal } from '../problem.ts'
import { refused } from '../record-checks.ts'
import { wireAdvisedDose, wireDosedTank, wireTank } from '../record-shapes.ts'
import { namesOf } from '../record-views.ts'
import { route } from '../route.ts'
import type { Call } from '../route.ts'
import { list, problem } from '../shapes.ts'
import { aimOf, batchesOf, capacityOf, dosingsOf, lastDosing, level, strengthOf, usable, waterAt } from '../tank.ts'
import type { Level } from '../tank.ts'
import type { WireContact, WireDosedTank, WireLevel, WireTank } from '../wire-records.ts'

const tag = 'Dosing'
const params = z.object({ equipment: z.string().min(1).max(200) })

const tank = route({
  method: 'GET',
  url: '/api/v1/dosing/:equipment',
  may: 'read-logs',
  summary:
    'What somebody who is about to dose has to know: the water there is, the last dosing, when the next is due, the batches at their age',
  tag,
  params,
  answer: wireTank,
  answers: { 404: problem },
  act: (call): Promise<WireTank> => showTank(call, tankOf(call)),
})

const tanks = route({
  method: 'GET',
  url: '/api/v1/dosing',
  may: 'read-logs',
  summary:
    'Every tank that is dosed: the water there is, when the next dosing is due, and the last dosings with the chlorine before and after',
  tag,
  answer: z.object({ items: list(wireDosedTank), next: z.null() }),
  async act(call) {
    const { house } = call
    const names = await namesOf(call)
    const isDosed = dosedAt(house)
    const dosed = house.site.equipment.filter(isDosed)
    const items = dosed.map(async (equipment): Promise<WireDosedTank> => {
      const [shown, history] = await Promise.all([showTank(call, equipment), dosedIn(call, equipment, names)])
      return { ...shown, area: equipment.area, every: everyOf(house, equipment.id), history }
    })
    return { items: await Promise.all(items), next: null }
  },
})

async function showTank(call: Call, equipment: Equipment): Promise<WireTank> {
  const { house, time } = call
  const now = house.clock.now()
  const aim = aimOf(house, equipment.id)
  const [dosings, last] = await Promise.all([dosingsOf(house, equipment.id), lastDosing(house, equipment, now)])
  const capacity = capacityOf(equipment)
  const { target, demand, most } = aim
  return {
    equipment: equipment.id,
    name: equipment.name,
    ...(capacity === undefined ? {} : { capacity }),
    volume: showLevel(call, level(house, equipment, 'volume')),
    residual: showLevel(call, level(house, equipment, 'chlorine')),
    target,
    demand,
    most,
    last: last
      ? {
          at: time(last.at),
          grams: last.grams,
          ...(last.product === undefined ? {} : { product: last.product }),
          ...(last.record ? { by: last.record.by, seq: last.record.seq } : {}),
        }
      : null,
    due: dueOf(call, equipment),
    batches: batchesOf(house, equipment, dosings, now).map(({ strength, ...batch }) => ({
      ...batch,
      strength: strength.fresh,
      lossPerMonth: strength.lossPerMonth,
    })),
    contact: await contact(call, equipment, dosings[0]),
  }
}

const mgPerLitre = z.number().min(0).max(20)
const day = z.string().max(10).refine(isDay, { message: 'not-a-day' })

const advice = route({
  method: 'POST',
  url: '/api/v1/dosing/:equipment/advice',
  may: 'record',
  summary:
    'How much to weigh out for the water there is. 409 with the reason where it must not be dosed: above 2 mg/L, another product than last time, no water',
  tag,
  params,
  body: z.object({
    /** m³; left out: as the level sensor says. */
    volume: z.number().positive().max(100_000).optional(),
    product: z.string().trim().min(1).max(200),
    batch: z.string().trim().max(200).optional(),
    strength: z.number().positive().max(1),
    madeOn: day.optional(),
    lossPerMonth: z.number().min(0).max(0.9).optional(),
    residual: mgPerLitre.optional(),
    target: mgPerLitre.optional(),
    demand: mgPerLitre.optional(),
  }),
  answer: wireAdvisedDose,
  answers: { 400: problem, 404: problem, 409: problem },
  async act(call) {
    const { house, body } = call
    const equipment = tankOf(call)
    const at = house.clock.now()
    const aim = aimOf(house, equipment.id)
    const { target = aim.target, demand = aim.demand, product, strength, madeOn, lossPerMonth } = body
    const capacity = capacityOf(equipment)
    if (body.volume !== undefined && capacity !== undefined && body.volume > capacity * 1.05)
      throw refused([
        {
          path: 'volume',
          wrong: {
            zh: `水箱只有 ${capacity} m³，装不下 ${body.volume} m³`,
            en: `the tank holds ${capacity} m³, not ${body.volume} m³`,
          },
        },
      ])
    const water = await waterAt(house, equipment, at, body)
    const given = {
      strength,
      ...(madeOn === undefined ? {} : { madeOn }),
      ...(lossPerMonth === undefined ? {} : { lossPerMonth }),
    }
    const advised = adviseDose({
      at,
      water,
      aim: { ...aim, target, demand },
      product,
      strength: strengthOf(aim, given, house.site.timeZone),
      last: await lastDosing(house, equipment, at),
    })
    if (!advised.ok) throw mustNot(advised.problem)
    const { grams, required, how, peak, secondPerson, notes } = advised
    return {
      grams,
      required,
      how,
      strength: advised.strength,
      peak,
      secondPerson,
      notes,
      volume: water.volume.value ?? 0,
      volumeFrom: water.volume.from === 'typed' ? ('typed' as const) : ('sensor' as const),
      residual: water.residual.value ?? null,
      residualFrom: water.residual.from,
      target,
      demand,
    }
  },
})

const mustNot = (words: Words): Refusal => new Refusal('conflict', words)

/** It has a dosing rule, or it is a tank. */
function dosedAt({ site }: House): (one: Equipment) => boolean {
  const ruled = new Set(site.rules.flatMap(({ kind, equipment }) => (kind === 'dose' ? [equipment] : [])))
  return ({ id, type }) => type === 'water-tank' || ruled.has(id)
}

/** Something that is dosed: it has a dosing rule, or it is a tank. */
function tankOf({ house, views, params: { equipment } }: Call<{ readonly equipment: string }>): Equipment {
  const known = views.equipment(equipment)
  if (!known || !dosedAt(house)(known))
    throw notFound({ zh: `没有要投药的水箱“${equipment}”。`, en: `There is no tank "${equipment}" to be dosed.` })
  return known
}

function showLevel({ time }: Call, found: Level | undefined): WireLevel | null {
  if (!found) return null
  const { point, reading, isStale } = found
  return {
    point: point.id,
    value: reading?.value ?? null,
    at: reading ? time(reading.at) : null,
    quality: !reading ? 'none' : isStale ? 'stale' : reading.quality,
    usable: usable(found) !== undefined,
  }
}

/** When the next dosing is due: by the duty of this tank that a record of dosing fulfils. */
function dueOf({ house, time }: Call, { id }: Equipment): WireTank['due'] {
  const heard = `${id}.record:dosing`
  for (const { rule: ruleId, duty } of house.duties()) {
    const rule = house.site.rules.find(one => one.id === ruleId)
    if (rule?.equipment !== id || !rule.inputs?.some(({ point }) => point === heard) || duty.dueAt === undefined) continue
    return { at: time(duty.dueAt), state: duty.state, clause: rule.clause }
  }
  return null
}

/** Whether the water may be drunk after the last dosing: by the newest word on its chlorine, of the sensor or of somebody with a test strip. */
async function contact(call: Call, equipment: Equipment, dosing: KeptRecord | undefined): Promise<WireContact | null> {
  const { house, time } = call
  // A day later the water is a matter of the rules, which watch its chlorine all the time.
  if (!dosing || dosing.verdict !== 'passed' || house.clock.now() - dosing.at > days(1)) return null
  const { records } = await keptRecords(house, { kinds: ['record.reading'], about: equipment.id, from: dosing.at, limit: 20 })
  const byHand = records.flatMap(({ at, fields }) =>
    fields['point'] === 'chlorine' && typeof fields['value'] === 'number' ? [{ at, value: fields['value'] }] : [],
  )
  const sensed = level(house, equipment, 'chlorine')
  const value = usable(sensed)
  const measured = [...byHand, ...(value === undefined || !sensed?.reading ? [] : [{ at: sensed.reading.at, value }])]
  const newest = measured.toSorted((a, b) => b.at - a.at)[0]
  const now = contactOf(dosing.at, newest, house.clock.now())
  const { until } = now
  return {
    seq: dosing.seq,
    state: now.state,
    until: time(until),
    ...('residual' in now ? { residual: now.residual, at: time(now.at) } : {}),
  }
}

export const dosingRoutes = [tanks, tank, advice]
