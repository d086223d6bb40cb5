import { z } from 'zod'
import { withoutSecrets } from '../../commission/secrets.ts'
import { channelKinds } from '../../notify/channels.ts'
import type { Rule } from '../../policy/rule.ts'
import { parseYaml } from '../../site/document.ts'
import type { Document } from '../../site/document.ts'
import type { Site } from '../../site/site.ts'
import type { BacktestOutcome } from '../house.ts'
import { notFound, Refusal } from '../problem.ts'
import { route } from '../route.ts'
import { list, problem, said, time, when } from '../shapes.ts'
import type { WireSettingRule, WireSettings, WireSettingsBacktest } from '../wire-site.ts'
import { refusalOf } from './policies.ts'
import { answerTo, applied, byOf, digest, meaning, siteFilesOf, unplacedAs, unreadable, why, wrong } from './site-file.ts'

const tag = 'Site file'
const MiB = 1024 * 1024

/** The parts of the file that are edited in forms. */
const parts = ['areas', 'people', 'duty', 'channels', 'connections'] as const
const isPart = (name: string): boolean => parts.some(part => part === name)
const edits = z
  .array(
    z.object({
      path: z
        .array(z.string().min(1).max(200))
        .min(2)
        .max(12)
        .refine(([part = '', ...rest]) => isPart(part) && !rest.includes('__proto__'))
        .meta({ description: 'Keys from the top of the file: people, wang, phone' }),
      value: z.unknown().meta({ description: 'null takes out what is there' }),
    }),
  )
  .max(500)
type Edits = z.output<typeof edits>

const changesOf = (changes: Edits) => changes.map(({ path, value = null }) => ({ what: 'setting' as const, path, value }))

const rule = z.object({
  id: z.string(),
  point: z.string(),
  equipment: z.string(),
  kind: z.string(),
  title: said,
  clause: z.string(),
  priority: z.string(),
  settings: z.record(z.string(), z.unknown()),
  houseRule: z.boolean(),
  lifeSafety: z.boolean(),
  limit: z.object({ op: z.string(), value: z.number() }).nullable(),
})

const read = route({
  method: 'GET',
  url: '/api/v1/site/settings',
  may: 'administer',
  summary: 'What the site file says, part by part, for forms; no secret is told, only where one stands',
  tag,
  answer: z.object({
    digest: z.string(),
    running: z.string(),
    whyNotWritable: said.nullable(),
    value: z.record(z.string(), z.unknown()),
    hidden: list(z.array(z.string()).readonly()),
    places: list(z.object({ equipment: z.string(), file: z.string(), line: z.number() })),
    points: list(
      z.object({
        id: z.string(),
        key: z.string(),
        equipment: z.string(),
        name: said,
        unit: z.string(),
        decimals: z.number(),
        kind: z.string(),
        range: z.object({ min: z.number(), max: z.number() }),
        limits: z.object({ min: z.number().optional(), max: z.number().optional() }),
        staleAfterMs: z.number(),
      }),
    ),
    rules: list(rule),
    channelKinds: list(z.object({ kind: z.string(), schema: z.record(z.string(), z.unknown()) })),
  }),
  answers: { 404: problem, 503: problem },
  async act({ house }): Promise<WireSettings> {
    const texts = await siteFilesOf(house).read()
    if ('code' in texts) throw unreadable(texts)
    const documents = texts.files.map(({ name, text }) => parseYaml(name, text, variable => `\${${variable}}`))
    const value = Object.fromEntries(
      parts.map(part => [
        part,
        documents.map(document => document.value).reduce<unknown>((all, one) => laid(all, partOf(one, part)), {}),
      ]),
    )
    const shown = withoutSecrets(value)
    return {
      digest: texts.digest,
      running: texts.running,
      whyNotWritable: texts.whyNotWritable ?? null,
      value: shown.value as Readonly<Record<string, unknown>>,
      hidden: shown.hidden,
      places: documents.flatMap(placesIn),
      points: house.site.points.map(({ id, key, equipment, name, unit, decimals, kind, range, limits, staleAfter }) => ({
        id,
        key,
        equipment,
        name,
        unit,
        decimals,
        kind,
        range,
        limits,
        staleAfterMs: staleAfter,
      })),
      rules: house.site.rules.map(wireRule),
      channelKinds: channelKinds.map(({ kind, schema }) => ({ kind, schema: { ...schema } })),
    }
  },
})

const placesIn = ({ file, value, place }: Document): WireSettings['places'] =>
  Object.entries(mappingOf(partOf(value, 'areas'))).flatMap(([area, held]) =>
    Object.keys(mappingOf(partOf(held, 'equipment'))).map(equipment => ({
      equipment,
      file,
      line: place(['areas', area, 'equipment', equipment], 'key').line,
    })),
  )

const wireRule = ({
  id,
  point,
  equipment,
  kind,
  title,
  clause,
  priority,
  settings,
  limitBasis,
  ...rest
}: Rule): WireSettingRule => ({
  id,
  point,
  equipment,
  kind,
  title,
  clause,
  priority,
  settings,
  houseRule: limitBasis?.kind === 'house-rule',
  lifeSafety: rest.lifeSafety ?? false,
  limit: rest.limit ?? null,
})

type Mapping = Readonly<Record<string, unknown>>
const isMapping = (value: unknown): value is Mapping => typeof value === 'object' && value !== null && !Array.isArray(value)
const mappingOf = (value: unknown): Mapping => (isMapping(value) ? value : {})
const partOf = (value: unknown, part: string): unknown =>
  isMapping(value) && Object.hasOwn(value, part) ? value[part] : undefined

/** What several files say of one part, as one; where two say the same the first counts, as it does when the site is read. */
function laid(first: unknown, next: unknown): unknown {
  if (!isMapping(first) || !isMapping(next)) return first ?? next
  const both = Object.keys(next).map(key => [key, Object.hasOwn(first, key) ? laid(first[key], next[key]) : next[key]])
  return { ...first, ...(Object.fromEntries(both) as Mapping) }
}

const draft = route({
  method: 'POST',
  url: '/api/v1/site/settings/draft',
  may: 'administer',
  summary: 'What these changes of the site file would be: diff, mistakes with their places, what they mean. Writes nothing',
  tag,
  largest: MiB,
  body: z.object({
    changes: edits,
    since: digest.optional().meta({ description: 'The state the changes were begun on: what others wrote since is told' }),
  }),
  answer: z.object({
    before: z.string(),
    digest: z.string(),
    diff: z.string(),
    problems: list(wrong),
    meaning: meaning.nullable(),
    meanwhile: z.string().nullable(),
  }),
  answers: { 400: problem, 404: problem, 409: problem, 503: problem },
  async act({ house, body }) {
    const previewed = await siteFilesOf(house).preview(changesOf(body.changes), body.since)
    if (previewed.ok) {
      const { meaning: means = null, meanwhile = null, ...rest } = previewed.preview
      return { ...rest, meaning: means, meanwhile }
    }
    throw previewed.why === 'unreadable' ? unreadable(previewed.problem) : unplacedAs(previewed.why, previewed.id)
  },
})

const apply = route({
  method: 'POST',
  url: '/api/v1/site/settings/apply',
  may: 'administer',
  summary: 'Writes these changes into the site file and lets it run; 409 when somebody else has changed it meanwhile',
  tag,
  largest: MiB,
  changesSite: true,
  body: z.object({ changes: edits.min(1), before: digest, why }),
  answer: applied,
  answers: { 400: problem, 403: problem, 404: problem, 409: problem, 422: z.object({ problems: list(wrong) }), 503: problem },
  async act(call) {
    const { changes, before, why: reason } = call.body
    return answerTo(await siteFilesOf(call.house).change(changesOf(changes), before, { by: byOf(call), why: reason }))
  },
})

const alarms = z.object({
  count: z.number(),
  items: list(z.object({ rule: z.string(), raisedAt: time, clearedAt: time.nullable(), value: z.number().nullable() })),
})
const backtest = route({
  method: 'POST',
  url: '/api/v1/site/settings/backtest',
  may: 'administer',
  summary:
    'What the rules that these changes touch would have raised over the stored history, beside what they did. Writes nothing',
  tag,
  largest: MiB,
  body: z.object({ changes: edits.min(1), before: digest, from: when, to: when }),
  answer: z.object({
    from: time,
    to: time,
    heardFrom: time,
    readings: z.number(),
    before: z.number(),
    after: z.number(),
    rules: list(
      z.object({
        rule: z.string(),
        equipment: z.string(),
        title: said,
        change: z.enum(['settings', 'added', 'removed']),
        before: z.number(),
        after: z.number(),
      }),
    ),
    unheard: list(z.string()),
    goes: alarms,
    comes: alarms,
  }),
  answers: { 400: problem, 404: problem, 409: problem, 503: problem },
  async act({ house, body, gone }) {
    const { changes, before, from, to } = body
    if (from >= to) throw new Refusal('bad-request', { zh: '开始时间要早于结束时间。', en: '`from` must be earlier than `to`.' })
    if (!house.backtests)
      throw notFound({ zh: '此网关没有可试运行的现场文件。', en: 'This gateway has no site file to try anything on.' })
    const files = await siteFilesOf(house).changed(changesOf(changes), before)
    if (files === 'conflict') throw changedMeanwhile()
    if (files === 'unplaced') throw new Refusal('bad-request', { zh: '改动有误。', en: 'The change is wrong.' })
    const change = { name: 'site', text: JSON.stringify(changes) }
    const outcome = await house.backtests.run({ change, files, from, to }, gone())
    if (outcome.ok && 'backtest' in outcome) return ofChanged(outcome.backtest, house.site)
    throw refusalOf(outcome)
  },
})

const changedMeanwhile = (): Refusal =>
  new Refusal('conflict', {
    zh: '现场文件刚被别人改过：请重新打开，再改一次。',
    en: 'Somebody else has just changed the site file: open it again and make your change on it.',
  })

type Tried = Extract<BacktestOutcome, { readonly backtest: unknown }>['backtest']

/** Of the rules alone that are others. */
function ofChanged(tried: Tried, site: Site): WireSettingsBacktest {
  const rules = tried.rules.flatMap(({ rule: id, equipment, title, change, before, after }) =>
    change === 'none' ? [] : [{ rule: id, equipment, title, change, before: before.alarms, after: after.alarms }],
  )
  const touched = new Set<string>(rules.map(({ rule: id }) => id))
  const watched = new Set<string>(site.rules.flatMap(({ id, watches }) => (touched.has(id) ? watches : [])))
  const listed = ({ items }: Tried['goes']) => {
    const own = items.filter(({ rule: id }) => touched.has(id))
    return {
      count: own.length,
      items: own.map(({ value = null, rule: id, raisedAt, clearedAt }) => ({ rule: id, raisedAt, clearedAt, value })),
    }
  }
  return {
    from: tried.from,
    to: tried.to,
    heardFrom: tried.heardFrom,
    readings: tried.readings.accepted,
    before: sum(rules.map(({ before }) => before)),
    after: sum(rules.map(({ after }) => after)),
    rules,
    unheard: tried.unheard.filter(point => watched.has(point)),
    goes: listed(tried.goes),
    comes: listed(tried.comes),
  }
}

const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0)

export const siteSettingsRoutes = [read, draft, apply, backtest]
