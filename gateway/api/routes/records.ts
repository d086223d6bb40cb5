import { z } from 'zod'
import { days } from '../../../protocols/contract/time.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import { recordKind, recordKinds } from '../../records/kinds.ts'
import { corrected, digestOf, recorded } from '../../records/record.ts'
import type { Said } from '../../alarm/people.ts'
import type { Beside, KeptRecord } from '../../records/record.ts'
import type { Equipment } from '../../site/site.ts'
import { claim } from '../case-refusals.ts'
import { fromCursor, toCursor } from '../cursor.ts'
import { wireEntry } from '../http-views.ts'
import { keptRecord, keptRecords, kindsOf } from '../kept-records.ts'
import { notFound, Refusal } from '../problem.ts'
import { check, placeOf, refused, whenDone } from '../record-checks.ts'
import { mayCorrect, namesOf, showRecord } from '../record-views.ts'
import type { Claim } from '../record-checks.ts'
import { fieldValues, keyOf, photoNames, proofs, wireRecord, wireRecordKind } from '../record-shapes.ts'
import { once } from '../repeats.ts'
import { route } from '../route.ts'
import type { Call } from '../route.ts'
import { cursor, id as anId, limit, list, page, problem, wireEntry as entryShape, when } from '../shapes.ts'
import { signature, witness } from '../signing.ts'
import type { Proofs } from '../signing.ts'
import type { WireField } from '../wire-records.ts'

const tag = 'Records'
const longestBack = days(30)
const refusals = { 400: problem, 403: problem, 404: problem, 409: problem, 503: problem }

const kinds = route({
  method: 'GET',
  url: '/api/v1/records/kinds',
  may: 'see',
  summary: 'What people write down here: each kind with its form, in both languages, and the equipment it makes sense for',
  tag,
  answer: z.object({ items: list(wireRecordKind), next: z.null() }),
  act({ house, views }) {
    const places = house.site.equipment.map(one => ({ id: one.id, place: placeOf({ views }, one) }))
    const items = recordKinds.map(({ kind, name, icon, verdicts, signs, fields, suits }) => ({
      kind,
      name,
      icon,
      ...(verdicts ? { verdicts } : {}),
      ...(signs ? { signs } : {}),
      fields: fields as readonly WireField[],
      equipment: places.filter(({ place }) => suits(place)).map(({ id }) => id),
    }))
    return { items, next: null }
  },
})

const records = route({
  method: 'GET',
  url: '/api/v1/records',
  may: 'read-logs',
  summary: 'What people wrote down, newest first, as it stands today; what was put right stands beside what was said before',
  tag,
  query: z.object({
    kind: z.string().max(500).optional().meta({ description: 'Kinds with commas between: dosing,repair' }),
    equipment: anId.optional(),
    from: when.optional(),
    to: when.optional(),
    limit: limit(50, 500),
    cursor,
  }),
  answer: page(wireRecord),
  answers: { 400: problem },
  async act(call) {
    const { house, query } = call
    const wanted = query.kind?.split(',').map(kind => kind.trim()) ?? kindsOf(house)
    const { records: found, next } = await keptRecords(house, {
      kinds: wanted.map(kind => `record.${kind}`),
      limit: query.limit,
      ...(query.equipment === undefined ? {} : { about: query.equipment }),
      ...(query.from === undefined ? {} : { from: query.from }),
      ...(query.to === undefined ? {} : { to: query.to }),
      ...(query.cursor === undefined ? {} : { after: fromCursor(query.cursor) }),
    })
    const names = await namesOf(call)
    return { items: found.map(record => showRecord(call, record, names)), next: next === undefined ? null : toCursor(next) }
  },
})

const one = route({
  method: 'GET',
  url: '/api/v1/records/:seq',
  may: 'read-logs',
  summary: 'One record by its place in the journal, or by that of one of its corrections',
  tag,
  params: z.object({ seq: z.coerce.number().int().min(1) }),
  answer: wireRecord,
  answers: { 404: problem },
  async act(call) {
    return showRecord(call, await found(call, call.params.seq), await namesOf(call))
  },
})

const write = route({
  method: 'POST',
  url: '/api/v1/records/:kind',
  may: 'record',
  summary:
    'What a person did: durable when answered, under the name of who asks, never changed; the rules that wait for it hear of it. With `password` it is signed',
  tag,
  params: z.object({ kind: z.string().regex(/^[a-z][a-z-]{0,39}$/) }),
  body: z.object({
    equipment: anId,
    /** When it was done; default now. */
    at: when.optional(),
    /** A phone says how long ago, not when: its clock may be wrong, and where there is no network it may not know the gateway's. */
    notedAgo: z
      .number()
      .int()
      .min(0)
      .max(longestBack)
      .optional()
      .meta({ description: 'Where `at` is not known: how long ago it was noted down, in ms of real time' }),
    verdict: z.enum(['passed', 'failed']).default('passed'),
    fields: fieldValues.default({}),
    photos: photoNames,
    key: keyOf,
    ...proofs,
  }),
  answer: entryShape,
  answers: refusals,
  async act(call) {
    const { house, params, body, who } = call
    const now = house.clock.now()
    const equipment = equipmentOf(call, body.equipment)
    if (!kindsOf(house).includes(params.kind)) throw unknownKind(params.kind, kindsOf(house))
    const noted = Math.floor(now - (body.notedAgo ?? 0) * house.clock.speed) as Instant
    const at = whenDone(body.at ?? noted, now, longestBack)
    const by = who?.name ?? 'unknown'
    const { kind } = params
    const { verdict, fields, photos, key } = body
    // How long ago it was is another number each time it is sent.
    const sent = digestOf({ kind, equipment: equipment.id, at: body.at ?? null, verdict, fields, photos })
    const entry = await once(house, { kinds: [`record.${kind}`], about: equipment.id, by, key, sent }, async () => {
      const beside = await prepared(call, { kind, equipment, at, verdict, fields }, body)
      const record = { kind, equipment: equipment.id, at, by, verdict, fields }
      return house.act(enteredAt => recorded(record, { ...beside, ...keyed(key, sent) }, enteredAt))
    })
    return wireEntry(entry, house.site.timeZone)
  },
})

const correct = route({
  method: 'POST',
  url: '/api/v1/records/:seq/correction',
  may: 'record',
  summary:
    'Says that a record was wrong. The old entry stays; a new one names it, with the reason and both versions. `fields` are those that change, `null` takes one out. One’s own for 30 days, others’ by an administrator',
  tag,
  params: z.object({ seq: z.coerce.number().int().min(1) }),
  body: z.object({
    reason: z.string().trim().min(5).max(1_000),
    at: when.optional(),
    verdict: z.enum(['passed', 'failed']).optional(),
    fields: z
      .record(z.string().regex(/^[A-Za-z]\w{0,39}$/), z.union([z.string().max(2_000), z.number(), z.boolean(), z.null()]))
      .default({}),
    photos: photoNames.unwrap().optional(),
    key: keyOf,
    ...proofs,
  }),
  answer: wireRecord,
  answers: refusals,
  async act(call) {
    const { house, params, body, who } = call
    const of = await found(call, params.seq)
    if (!mayCorrect(call, of)) throw notYours(call, of)
    const equipment = equipmentOf(call, of.equipment)
    const { reason, key, photos } = body
    const by = who?.name ?? 'unknown'
    const sent = digestOf({ seq: of.seq, at: body.at ?? null, verdict: body.verdict ?? null, fields: body.fields, reason })
    await once(house, { kinds: ['record.corrected'], about: equipment.id, by, key, sent }, async () => {
      const said = changed(of, body)
      if (digestOf({ ...said }) === digestOf({ at: of.at, verdict: of.verdict, fields: of.fields }) && photos === undefined)
        throw nothingNew
      if (said.at !== of.at) whenDone(said.at, of.enteredAt, longestBack)
      if (of.signed && body.password === undefined) throw mustSign
      const { photos: _, ...beside } = await prepared(
        call,
        { ...said, kind: of.kind, equipment, corrects: of.seq },
        { ...body, photos: photos ?? [] },
      )
      const next = { ...beside, ...keyed(key, sent), ...(photos === undefined ? {} : { photos }) }
      return house.act(at => corrected({ of, said, reason, by }, next, at))
    })
    return showRecord(call, await found(call, of.seq), await namesOf(call))
  },
})

/** Everything a record needs before it is written down, in the order in which it costs more and more. */
async function prepared(
  call: Call,
  claimed: Claim,
  { photos, password, second }: Proofs & { photos: readonly string[] },
): Promise<Beside> {
  const { reckoned, secondPerson } = await check(call, claimed)
  if (secondPerson && second === undefined) throw needsSecond
  await claim(call, photos)
  const meaning = recordKind(claimed.kind)?.signs ?? justSigned
  const signed = password === undefined ? undefined : await signature(call, password, meaning)
  const beside = second === undefined ? undefined : await witness(call, second)
  return {
    ...(reckoned ? { reckoned } : {}),
    ...(photos.length > 0 ? { photos } : {}),
    ...(signed ? { signed } : {}),
    ...(beside ? { second: beside } : {}),
  }
}

const keyed = (key: string | undefined, sent: string) => (key === undefined ? {} : { key, sent })

function changed(
  of: KeptRecord,
  {
    at,
    verdict,
    fields,
  }: {
    at?: Instant | undefined
    verdict?: Said['verdict'] | undefined
    fields: Readonly<Record<string, string | number | boolean | null>>
  },
): Said {
  const left = Object.entries({ ...of.fields, ...fields }).filter(
    (pair): pair is [string, string | number | boolean] => pair[1] !== null,
  )
  return { at: at ?? of.at, verdict: verdict ?? of.verdict, fields: Object.fromEntries(left) }
}

function equipmentOf({ views }: Call, id: string): Equipment {
  const equipment = views.equipment(id)
  if (!equipment) throw notFound({ zh: `没有设备“${id}”。`, en: `There is no equipment "${id}".` })
  return equipment
}

async function found({ house }: Call, seq: number): Promise<KeptRecord> {
  const record = await keptRecord(house, seq)
  if (!record)
    throw notFound({ zh: `日志第 ${seq} 条不是人工记录。`, en: `Entry ${seq} of the journal is no record of a person.` })
  return record
}

const notYours = ({ who }: Call, { by }: KeptRecord): Refusal =>
  new Refusal(
    'not-allowed',
    who?.name === by
      ? { zh: '登记超过 30 天，请管理员更正。', en: 'It was recorded more than 30 days ago: ask an administrator to correct it.' }
      : {
          zh: `这是 ${by} 的记录，只有本人或管理员能更正。`,
          en: `This record is ${by}’s: only they or an administrator may correct it.`,
        },
  )

const justSigned = { zh: '本人确认记录属实', en: 'I confirm that this is true' }
const unknownKind = (kind: string, known: readonly string[]): Refusal =>
  new Refusal('bad-request', {
    zh: `没有“${kind}”这种记录；可用的有 ${known.join('、')}。`,
    en: `There is no record "${kind}"; known are ${known.join(', ')}.`,
  })
const needsSecond = refused([
  {
    path: 'second',
    wrong: {
      zh: '这次用量超过上次的两倍，要第二个人在场核对并签字',
      en: 'this is more than twice the last dose: a second person has to check it and sign',
    },
  },
])
const mustSign = refused([
  {
    path: 'password',
    wrong: {
      zh: '原记录是签过字的，更正也要输入密码签字',
      en: 'the record was signed, so its correction is signed with the password too',
    },
  },
])
const nothingNew = new Refusal('bad-request', {
  zh: '和原记录一样，没有要更正的。',
  en: 'It says the same as before: there is nothing to correct.',
})

export const recordRoutes = [kinds, records, one, write, correct]
