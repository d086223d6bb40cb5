import { z } from 'zod'
import type { ScanAsk } from '../../../protocols/contract/driver.ts'
import type { Refused, Where } from '../../commission/commissioning.ts'
import { trialProblems, wireGround, wireScan as shapeOfScan, wireTried as shapeOfTried } from '../line-shapes.ts'
import { addressOf, wireScan, wireTried } from '../line-views.ts'
import { note } from '../note.ts'
import { notFound, Refusal } from '../problem.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { duration, id, idParams, problem } from '../shapes.ts'

const tag = 'Commissioning'
const may = 'administer'

/** Settings are the protocol's to judge; here they are only kept small. */
const settings = z
  .record(z.string().max(60), z.unknown())
  .refine(value => JSON.stringify(value).length <= 20_000, { message: 'too-large' })
const where = {
  connection: id.optional().meta({ description: 'A connection of the site' }),
  protocol: id.optional().meta({ description: 'Or the protocol and settings of one that is not in the site file yet' }),
  settings: settings.optional(),
  outside: z.boolean().optional().meta({ description: 'Yes, also where the address lies outside private networks' }),
}
const whole = z.number().int().min(0).max(999_999_999_999_999)

const ground = route({
  method: 'GET',
  url: '/api/v1/commissioning/ground',
  may,
  summary: 'What equipment can be connected with: protocols with the schemas of their settings, equipment types, models',
  tag,
  answer: wireGround,
  async act({ house }) {
    const { types, models } = await house.commissioning.shelf()
    return {
      protocols: house.commissioning.protocols.map(({ kind, schema }) => ({
        kind,
        connection: { ...schema.connection },
        device: { ...schema.equipment },
        point: { ...schema.point },
      })),
      types: [...types.values()].map(({ type, name, icon, main, points }) => ({
        type,
        name,
        icon,
        main,
        points: [...points.values()].map(point => ({ key: point.key, name: point.name, unit: point.unit, kind: point.kind })),
      })),
      models: [...models.values()].map(model => ({
        id: model.id,
        name: model.name,
        maker: model.maker,
        protocol: model.protocol,
        types: model.types,
        verified: model.verified,
        points: [...model.points.values()].map(({ key, name, unit }) => ({ key, name, unit })),
        note: model.note ?? null,
        link: {
          ...(model.link.baud === undefined ? {} : { baud: model.link.baud }),
          ...(model.link.format === undefined ? {} : { format: model.link.format }),
          ...(model.link.unit === undefined ? {} : { unit: model.link.unit }),
        },
        batches: model.hints.map(({ look, points, device, link }) => ({
          look,
          change: [...points].map(([point, settings]) => ({ point, settings: { ...settings } })),
          device: { ...device },
          link: { ...link },
        })),
      })),
      equipment: house.site.equipment.map(one => one.id),
    }
  },
})

const begin = route({
  method: 'POST',
  url: '/api/v1/commissioning/scans',
  may,
  summary: 'Begins to look for equipment on a connection; one search to a line, over when nobody asks for it for a minute',
  tag,
  body: z.object({
    ...where,
    ask: z
      .object({
        from: whole.optional(),
        to: whole.optional(),
        at: z.string().max(500).optional(),
        listen: duration.optional(),
        most: z.number().int().min(1).max(1_000).default(200),
      })
      .prefault({}),
  }),
  answers: {
    200: z.object({ problems: trialProblems }),
    201: z.object({ id: z.string() }),
    404: problem,
    409: problem,
    429: problem,
  },
  async act(call) {
    const { house, body, who } = call
    const { ask } = body
    if (ask.from !== undefined && ask.to !== undefined && ask.from > ask.to)
      throw bad({ zh: '起始大于结束。', en: 'It begins after its end.' })
    const line = lineOf(body)
    const { commissioning } = house
    const begun = await commissioning.scan(line, { ...ask } as ScanAsk, who?.name ?? '', house)
    if (!begun.ok && begun.why === 'wrong') return new Answer(200, { problems: begun.problems })
    if (!begun.ok) throw refusalOf(begun)
    await keep(call, 'commissioning.scan', line, { ask })
    return new Answer(201, { id: begun.id })
  },
})

const look = route({
  method: 'GET',
  url: '/api/v1/commissioning/scans/:id',
  may,
  summary: 'How far a search has come and what it has found; asking keeps it going',
  tag,
  params: idParams,
  answer: shapeOfScan,
  answers: { 404: problem },
  async act({ house, params, time }) {
    const scan = house.commissioning.scans.look(params.id)
    if (!scan) throw noScan
    const { types, models } = await house.commissioning.shelf()
    return wireScan(scan, house.site, { types, models }, time)
  },
})

const end = route({
  method: 'DELETE',
  url: '/api/v1/commissioning/scans/:id',
  may,
  summary: 'Ends a search; the line is free again when this answers',
  tag,
  params: idParams,
  answers: { 204: null, 404: problem },
  async act({ house, params }) {
    if (!(await house.commissioning.scans.end(params.id))) throw noScan
    return new Answer(204)
  },
})

const attempt = route({
  method: 'POST',
  url: '/api/v1/commissioning/try',
  may,
  summary: 'Reads equipment once that is not in the site file yet: each value beside its bytes, and what may be wrong',
  tag,
  body: z.object({
    ...where,
    equipment: z.union([
      z.object({ id }).meta({ description: 'Equipment of the site, looked at again' }),
      z.object({
        type: id,
        model: id.optional(),
        device: settings.optional(),
        points: z
          .record(z.string().max(60), settings)
          .refine(points => Object.keys(points).length <= 200, { message: 'too-large' })
          .optional(),
      }),
    ]),
  }),
  answers: {
    200: z.object({ tried: shapeOfTried.nullable(), problems: trialProblems }),
    404: problem,
    409: problem,
  },
  async act(call) {
    const { house, body } = call
    const { equipment } = body
    const again = 'id' in equipment
    const line = again ? { connection: equipment.id } : lineOf(body)
    const outcome = again
      ? await house.commissioning.lookAgain(equipment.id, house)
      : await house.commissioning.tryOut(line, withoutGaps(equipment), house)
    if (!outcome.ok && outcome.why === 'wrong') return new Answer(200, { tried: null, problems: outcome.problems })
    if (!outcome.ok) throw refusalOf(outcome)
    await keep(
      call,
      'commissioning.try',
      line,
      again ? { equipment: equipment.id } : { type: equipment.type, device: equipment.device },
    )
    return new Answer(200, { tried: wireTried(outcome.tried), problems: [] })
  },
})

type Body = z.output<NonNullable<z.ZodObject<typeof where>>>

function lineOf({ connection, protocol, settings: given = {}, outside }: Body): Where {
  if (connection !== undefined && protocol === undefined) return { connection }
  if (connection === undefined && protocol !== undefined)
    return { protocol, settings: given, ...(outside === undefined ? {} : { outside }) }
  throw bad({ zh: '请写 connection，或写 protocol 和 settings。', en: 'Give `connection`, or `protocol` with `settings`.' })
}

function withoutGaps({
  type,
  model,
  device,
  points,
}: {
  readonly type: string
  readonly model?: string | undefined
  readonly device?: Readonly<Record<string, unknown>> | undefined
  readonly points?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined
}) {
  return {
    type,
    ...(model === undefined ? {} : { model }),
    ...(device === undefined ? {} : { device }),
    ...(points === undefined ? {} : { points }),
  }
}

/** Who looked where; never with a password that is among the settings. */
async function keep(
  { house, who, address }: Pick<Call, 'house' | 'who' | 'address'>,
  kind: string,
  line: Where,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  const at = 'connection' in line ? {} : { protocol: line.protocol, address: addressOf(line.settings) }
  const about = 'connection' in line ? { about: line.connection } : {}
  await note(house, { kind, by: who?.name ?? '', ...about, data: JSON.parse(JSON.stringify({ ...at, ...data, from: address })) })
}

const bad = (detail: { readonly zh: string; readonly en: string }): Refusal => new Refusal('bad-request', detail)
const noScan = notFound({ zh: '没有这次查找，或它早已结束。', en: 'There is no such search, or it is long over.' })

function refusalOf(refused: Exclude<Refused, { readonly why: 'wrong' }>): Refusal {
  switch (refused.why) {
    case 'no-such-connection':
      return notFound({ zh: '没有这个连接。', en: 'There is no such connection.' })
    case 'no-such-equipment':
      return notFound({ zh: '没有这台设备，或它不是读取来的。', en: 'There is no such equipment, or it is not read.' })
    case 'line-busy':
      return new Refusal('conflict', {
        zh: '这条线路上正在查找或试读，请先等它结束。',
        en: 'Somebody is looking on this line already: wait until that is over.',
      })
    case 'too-many':
      return new Refusal('too-many', {
        zh: '同时查找的太多，请先结束一个。',
        en: 'Too many searches at once: end one of them first.',
      })
    case 'cannot-scan':
      return new Refusal('conflict', {
        zh: '这种连接不能查找：设备自己上报。请直接填写设备。',
        en: 'There is nothing to look for here: such equipment speaks by itself. Type in what it is.',
      })
    case 'cannot-ask':
      return new Refusal('conflict', {
        zh: '这种连接不能试读：设备自己上报，接入后才看得到读数。',
        en: 'Such equipment cannot be asked: it speaks by itself, and its values show once it is connected.',
      })
    case 'in-use':
      return new Refusal('conflict', {
        zh: `这个串口属于连接 ${refused.connection}，请直接选它。`,
        en: `This serial port belongs to the connection ${refused.connection}: choose that one.`,
      })
    case 'outside':
      return new Refusal('not-allowed', {
        zh: `${refused.hosts.join('、')} 不在内部网络。网关不在互联网上查找设备；确实要连，请明确同意。`,
        en: `${refused.hosts.join(', ')} is outside private networks. A gateway does not search the internet: say yes explicitly if it is meant.`,
      })
  }
}

export const commissioningRoutes = [ground, begin, look, end, attempt]
