import { z } from 'zod'
import type { Words } from '../../../protocols/contract/driver.ts'
import type { Inlet } from '../../../protocols/contract/inlet.ts'
import type { Reading } from '../../../protocols/contract/reading.ts'
import { StoreTrouble } from '../../store/store.ts'
import type { House } from '../house.ts'
import { parseLines } from '../line-protocol.ts'
import type { Precision } from '../line-protocol.ts'
import { Refusal } from '../problem.ts'
import type { WrongPart } from '../problem.ts'
import { claimsOf, judgeInTurns } from '../pushed.ts'
import type { Claim } from '../pushed.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { list, problem, when } from '../shapes.ts'

const tag = 'Readings'
const mostPushed = 100_000
/** Fits beside whatever else waits to be judged. */
const piece = 10_000
const largest = 8 * 1024 * 1024
/** A body is in memory until it is written down: no sender has more than its share of that. */
const atOnce = { each: 8, all: 16 }

const pushed = z
  .array(
    z.object({
      point: z.string().min(1).max(200),
      t: when.optional(),
      v: z.union([z.number(), z.boolean(), z.string().max(64), z.null()]),
    }),
  )
  .max(mostPushed)
const lineText = z.string().meta({ description: 'InfluxDB line protocol: `cold-1 temperature=4.2 1756695600000000000`' })
const precision = z.enum(['ns', 'us', 'ms', 's', 'n', 'u']).default('ns')
const influxHealth = z.object({
  name: z.string(),
  message: z.string(),
  status: z.enum(['pass', 'fail']),
  checks: list(z.unknown()),
})
const refusals = { 400: problem, 403: problem, 413: problem, 429: problem, 503: problem }

const push = route({
  method: 'POST',
  url: '/api/v1/readings',
  may: 'push-readings',
  summary: 'Push readings of points bound to `http`, as JSON or line protocol; 204 means they are on disk; all or none are taken',
  tag,
  query: z.object({ precision }),
  body: z.union([pushed, lineText]),
  looksAtTexts: true,
  accepts: ['application/json', 'text/plain'],
  largest,
  atOnce,
  answers: { 204: null, ...refusals },
  act: call => (typeof call.body === 'string' ? takeLines(call, call.body, call.query.precision) : takeItems(call, call.body)),
})

// InfluxDB takes line protocol whatever the content type says, and clients rely on it.
const write = route({
  method: 'POST',
  url: '/api/v2/write',
  may: 'push-readings',
  summary:
    'The same for Telegraf and other InfluxDB clients; bucket and org are not used. Lines that are right are taken, the others are named (400)',
  tag,
  query: z.object({ precision, bucket: z.string().max(200).optional(), org: z.string().max(200).optional() }),
  body: lineText,
  looksAtTexts: true,
  accepts: ['text/plain', 'application/octet-stream', 'application/x-www-form-urlencoded', ''],
  largest,
  atOnce,
  dialect: 'influx',
  answers: { 204: null, ...refusals },
  act: call => takeLines(call, call.body, call.query.precision, true),
})

function takeItems(call: Call, items: z.output<typeof pushed>): Promise<Answer> {
  const claims = items.map(({ point, t, v }, index): Claim => {
    const sent = { named: { by: 'point', point }, value: v } as const
    return { path: `body.${index}`, sent: t === undefined ? sent : { ...sent, at: t } }
  })
  return take(call, { claims, unreadable: [], inPart: false })
}

async function takeLines(call: Call, text: string, given: z.output<typeof precision>, inPart = false): Promise<Answer> {
  const short: Readonly<Record<string, Precision>> = { n: 'ns', u: 'us' }
  const parsed = await parseLines(text, short[given] ?? (given as Precision), mostPushed, turn)
  if (parsed.tooMany) throw tooMuch
  const { claims, wrong } = claimsOf(parsed)
  return take(call, { claims, unreadable: wrong, inPart })
}

interface Request {
  readonly claims: readonly Claim[]
  readonly unreadable: readonly WrongPart[]
  /** What is right is taken although something else is wrong, as InfluxDB does: a client never sends it again. */
  readonly inPart: boolean
}

async function take(call: Call, { claims, unreadable, inPart }: Request): Promise<Answer> {
  const { house, who, views } = call
  const sender = senderOf(who)
  const inlets = inletsOf(house)
  const known = {
    protocolOf(id: string) {
      const point = views.point(id)
      return point && views.protocolOf(point)
    },
  }
  const as = { sender, now: house.clock.now() }
  const { readings, wrong: notTaken, notAdmitted, came } = await judgeInTurns(claims, inlets, known, as, turn)
  const wrong = unreadable.length + notTaken.length
  const isTaken = wrong === 0 || inPart
  if (isTaken) await writeDown(house, readings)
  for (const [inlet, { taken, refused, strangers }] of came)
    inlet.note({ sender, taken: isTaken ? taken : [], refused, strangers, unreadable: unreadable.length })
  if (wrong === 0) return new Answer(204)
  const isNobody = notAdmitted > 0 && notAdmitted === wrong && (readings.length === 0 || !inPart)
  const errors = inOrder(unreadable, notTaken)
  throw new Refusal(isNobody ? 'not-allowed' : 'bad-request', inPart ? partly(readings.length, wrong, errors[0]) : none(wrong), {
    errors,
  })
}

/** Lets everything else have its turn. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** As the site file names them: an account, or a token by the name it was given. */
const senderOf = (who: Call['who']): string => (who?.via === 'token' ? who.name.replace(/^token:/, '') : (who?.name ?? ''))

/** A request may come before the lines are open, or while they are changed: then it is sent again, instead of being told that nobody wants it. */
function inletsOf({ site, lines }: House): readonly Inlet[] {
  const ids = site.connections.filter(({ protocol }) => protocol === 'http').map(({ id }) => id)
  const open = ids.flatMap(id => lines.inlet(id) ?? [])
  if (open.length < ids.length) throw busy
  return open
}

/** In pieces, so that a large request neither holds up the others nor waits for an empty gateway. What was written stays where a later piece fails. */
async function writeDown(house: House, readings: readonly Reading[]): Promise<void> {
  try {
    for (let from = 0; from < readings.length; from += piece) await house.push(readings.slice(from, from + piece))
  } catch (error) {
    throw error instanceof StoreTrouble ? busy : error
  }
}

/** By line: what could not be read and what was not taken stand together. Nobody reads more than a hundred. */
const inOrder = (...lists: readonly (readonly WrongPart[])[]): readonly WrongPart[] =>
  lists
    .flatMap(list => list.slice(0, mostNamed))
    .toSorted((a, b) => placeOf(a.path) - placeOf(b.path))
    .slice(0, mostNamed)
const mostNamed = 100
const placeOf = (path: string): number => Number(/\d+$/.exec(path)?.[0] ?? 0)

const none = (count: number): Words => ({
  zh: `${count} 条有误，未接受任何一条。`,
  en: `${count} of them are wrong; none was taken.`,
})
const partly = (taken: number, wrong: number, first: WrongPart | undefined): Words => ({
  zh: `部分写入：收下 ${taken} 个值，${wrong} 个有误；${first?.path}：${first?.wrong.zh}。`,
  en: `partial write: ${taken} values taken, ${wrong} wrong; ${first?.path}: ${first?.wrong.en}.`,
})

const tooMuch = new Refusal('too-large', {
  zh: `一次最多 ${mostPushed} 个值，请分成较小的请求。`,
  en: `At most ${mostPushed} values in one request: send smaller ones.`,
})
const busy = new Refusal(
  'not-recordable',
  {
    zh: '现在写不下来：请稍后原样再发一次，已经写下的不会重复。',
    en: 'It cannot be written down now: send the same again later, what is there already is kept once.',
  },
  { headers: { 'retry-after': '5' } },
)

/** Asked by clients of InfluxDB before they write; says no more than `/readyz` does. */
const health = route({
  method: 'GET',
  url: '/health',
  may: 'anyone',
  summary: 'Whether it can be written to, as InfluxDB says it',
  tag,
  answer: influxHealth,
  answers: { 503: influxHealth },
  act({ house }) {
    const isReady = house.notReady().length === 0
    const said = { name: 'zhishou', message: isReady ? 'ready for writes' : 'not ready yet', checks: [] }
    return isReady ? { ...said, status: 'pass' as const } : new Answer(503, { ...said, status: 'fail' })
  },
})

const ping = route({
  method: 'GET',
  url: '/ping',
  may: 'anyone',
  summary: 'Alive, as InfluxDB says it',
  tag,
  answers: { 204: null },
  act: () => new Answer(204),
})

export const pushedRoutes = [push, write, health, ping]
