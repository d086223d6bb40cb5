import { z } from 'zod'
import { whatToDo } from '../../commission/site-disk.ts'
import type { SiteApplied, SiteFiles } from '../../commission/site-files.ts'
import { shownDiff } from '../../commission/site-files.ts'
import type { Problem } from '../../site/site.ts'
import type { SourceFile } from '../../site/load.ts'
import { hiddenSigns } from '../hidden-signs.ts'
import { InvalidInput } from '../invalid.ts'
import { notFound, Refusal } from '../problem.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { list, page, problem, said, time } from '../shapes.ts'
import type { WireSiteMeaning } from '../wire-lines.ts'

const tag = 'Site file'
const MiB = 1024 * 1024
const text = z.object({ name: z.string().min(1).max(200), text: z.string().max(2 * MiB) })
export const digest = z.string().regex(/^[0-9a-f]{64}$/)
export const why = z.string().trim().min(2).max(500).meta({ description: 'Why, for the journal' })
const entry = z.record(z.string().max(64), z.unknown()).nullable()
const id = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/)

const thing = z.object({ id: z.string(), name: said })
const changes = z.object({ added: list(thing), removed: list(thing), changed: list(thing) })
export const meaning = z.object({
  connections: changes,
  equipment: changes,
  points: changes,
  rules: changes,
  alarms: list(thing),
  atNextStart: list(said),
})
export const wrong = z.object({
  severity: z.enum(['error', 'warning', 'note']),
  code: z.string(),
  file: z.string(),
  line: z.number(),
  column: z.number(),
  path: z.string(),
  wrong: said,
  write: said,
})

const read = route({
  method: 'GET',
  url: '/api/v1/site/file',
  may: 'administer',
  summary: 'The site file as it is written; secrets are the names of their variables',
  tag,
  answer: z.object({
    files: list(text),
    digest: z.string(),
    running: z.string(),
    writable: z.boolean(),
    whyNotWritable: said.nullable(),
  }),
  answers: { 404: problem, 503: problem },
  async act({ house }) {
    const texts = await siteFilesOf(house).read()
    if ('code' in texts) throw unreadable(texts)
    const { whyNotWritable = null, ...rest } = texts
    return { ...rest, writable: whyNotWritable === null, whyNotWritable }
  },
})

const draft = route({
  method: 'POST',
  url: '/api/v1/site/draft',
  may: 'administer',
  summary: 'What a change of the site file would be: texts, diff, mistakes with their lines, what it means. Writes nothing',
  tag,
  largest: 4 * MiB,
  body: z.union([
    z.object({ files: z.array(text).min(1).max(200) }),
    z.object({
      changes: z
        .array(
          z.discriminatedUnion('what', [
            z.object({ what: z.literal('connection'), id, entry }),
            z.object({
              what: z.literal('equipment'),
              id,
              area: id.optional(),
              areaName: z.string().trim().min(1).max(200).optional(),
              entry,
            }),
          ]),
        )
        .min(1)
        .max(500),
    }),
  ]),
  looksAtTexts: true,
  answer: z.object({
    files: list(text),
    before: z.string(),
    digest: z.string(),
    diff: z.string(),
    problems: list(wrong),
    meaning: meaning.nullable(),
  }),
  answers: { 400: problem, 404: problem, 409: problem, 503: problem },
  async act({ house, body }) {
    await refuseNewHiddenSigns(house, body)
    const drafted = await siteFilesOf(house).draft(body)
    if (drafted.ok) return { ...drafted.draft, meaning: drafted.draft.meaning ?? null }
    if (drafted.why === 'unreadable') throw unreadable(drafted.problem)
    throw unplacedAs(drafted.why, drafted.id)
  },
})

export const applied = z.object({ digest: z.string(), meaning })
const signed = { before: digest, why }

const apply = route({
  method: 'POST',
  url: '/api/v1/site/apply',
  may: 'administer',
  summary: 'Writes the site file and lets it run; 409 when somebody else has changed it meanwhile',
  tag,
  largest: 4 * MiB,
  changesSite: true,
  body: z.object({ files: z.array(text).min(1).max(200), ...signed }),
  looksAtTexts: true,
  answer: applied,
  answers: { 400: problem, 403: problem, 404: problem, 409: problem, 422: z.object({ problems: list(wrong) }), 503: problem },
  async act(call) {
    await refuseNewHiddenSigns(call.house, call.body)
    const { files, before, why: reason } = call.body
    return answerTo(await siteFilesOf(call.house).apply(files, before, { by: byOf(call), why: reason }))
  },
})

const versions = route({
  method: 'GET',
  url: '/api/v1/site/versions',
  may: 'administer',
  summary: 'What the site file was before, the newest first, and what putting it back would change',
  tag,
  answer: page(
    z.object({
      id: z.number(),
      digest: z.string(),
      at: time,
      by: z.string(),
      why: z.string(),
      diff: z.string().meta({ description: 'What putting it back would change; secrets are covered' }),
      changed: z.string().meta({ description: 'What was changed then' }),
    }),
  ),
  answers: { 404: problem, 503: problem },
  async act({ house, time: iso }) {
    const site = siteFilesOf(house)
    const now = await site.read()
    if ('code' in now) throw unreadable(now)
    const kept = await site.versions()
    const items = kept.map(({ files, at, ...version }, index) => ({
      ...version,
      at: iso(at),
      diff: shownDiff(now.files, files),
      changed: shownDiff(files, kept[index - 1]?.files ?? now.files),
    }))
    return { items, next: null }
  },
})

const rollback = route({
  method: 'POST',
  url: '/api/v1/site/rollback',
  may: 'administer',
  summary: 'Puts a version of before back in its place and lets it run',
  tag,
  changesSite: true,
  body: z.object({ to: z.number().int().min(1), ...signed }),
  answer: applied,
  answers: { 400: problem, 403: problem, 404: problem, 409: problem, 422: z.object({ problems: list(wrong) }), 503: problem },
  async act(call) {
    const { to, before, why: reason } = call.body
    return answerTo(await siteFilesOf(call.house).rollback(to, before, { by: byOf(call), why: reason }))
  },
})

const reload = route({
  method: 'POST',
  url: '/api/v1/site/reload',
  may: 'administer',
  summary: 'Lets run what lies on the disk, where somebody has edited it there',
  tag,
  changesSite: true,
  body: z.object({ why }),
  answer: applied,
  answers: { 400: problem, 403: problem, 404: problem, 409: problem, 422: z.object({ problems: list(wrong) }), 503: problem },
  async act(call) {
    return answerTo(await siteFilesOf(call.house).reload({ by: byOf(call), why: call.body.why }))
  },
})

export const siteFileRoutes = [read, draft, apply, versions, rollback, reload]

export function siteFilesOf(house: Call['house']): SiteFiles {
  if (!house.siteFiles) throw notFound({ zh: '此现场不是从文件读入的。', en: 'This site was not read from a file.' })
  return house.siteFiles
}

type SentChange = { readonly files: readonly SourceFile[] } | { readonly changes: readonly unknown[] }
/**
 * What somebody sends has no sign in it that nobody sees. A file that comes back whole may hold one in a line that lies on the disk already:
 * such a site runs, with a warning, and whoever changes another line of it did not write that one.
 */
async function refuseNewHiddenSigns(house: Call['house'], body: SentChange): Promise<void> {
  if (hiddenSigns(body).length === 0) return
  const there = await siteFilesOf(house).read()
  const known = new Set('code' in there ? [] : there.files.flatMap(({ text: all }) => all.split('\n')))
  const isNewIn = (all: string) =>
    all
      .split('\n')
      .flatMap((line, index) => (known.has(line) ? [] : hiddenSigns(line).map(sign => ({ ...sign, path: [index + 1] }))))
  const files = ('files' in body ? body.files : []).flatMap((file, index) => [
    ...hiddenSigns(file.name).map(sign => ({ ...sign, path: ['files', index, 'name'] })),
    ...isNewIn(file.text).map(sign => ({ ...sign, path: ['files', index, 'text', ...sign.path] })),
  ])
  const mistakes = [...hiddenSigns({ ...body, files: [] }), ...files]
  if (mistakes.length > 0) throw new InvalidInput('body', mistakes)
}

export const byOf = ({ who }: Pick<Call, 'who'>): string => who?.name ?? 'system'

export function answerTo(outcome: SiteApplied): Answer | { readonly digest: string; readonly meaning: WireSiteMeaning } {
  if (outcome.ok) return { digest: outcome.digest, meaning: outcome.meaning }
  switch (outcome.why) {
    case 'wrong':
      return new Answer(422, { problems: outcome.problems })
    case 'conflict':
      throw new Refusal('conflict', {
        zh: '现场文件刚被别人改过：请重新打开，再改一次。',
        en: 'Somebody else has just changed the site file: open it again and make your change on it.',
      })
    case 'not-writable':
      throw new Refusal('conflict', outcome.detail)
    case 'nothing-changed':
      throw new Refusal('conflict', { zh: '与正在运行的完全一样。', en: 'It is what runs already.' })
    case 'another-site':
      throw new Refusal('conflict', {
        zh: '现场编号 site.id 不能在运行中更改：日志和证据都以它为名。',
        en: 'site.id cannot be changed while the gateway runs: journal and proofs carry it.',
      })
    case 'unplaced':
      throw unplacedAs(outcome.unplaced, outcome.id)
    case 'no-such':
      throw notFound({ zh: '没有这个版本。', en: 'There is no such version.' })
    default:
      throw new Refusal('not-recordable', refusals[outcome.why](outcome.detail))
  }
}

const refusals = {
  disk: (detail: string) => ({
    zh: `磁盘不接受写入（${detail}），什么都没有改。${whatToDo(detail).zh}。`,
    en: `The disk does not take it (${detail}); nothing was changed: ${whatToDo(detail).en}.`,
  }),
  stopping: () => ({ zh: '网关正在启动或停止，稍后再试。', en: 'The gateway is being started or stopped; try again later.' }),
  failed: (detail: string) => ({
    zh: `新的现场没能运行起来（${detail}），已恢复原来的。`,
    en: `The new site could not be run (${detail}); the one of before is back.`,
  }),
}

const unplaced = {
  'no-such': (one: string) => ({ zh: `现场文件里没有“${one}”。`, en: `There is no "${one}" in the site file.` }),
  'no-area': (one: string) => ({ zh: `请说明“${one}”在哪个区域。`, en: `Say in which area "${one}" stands.` }),
  'by-hand': (one: string) => ({
    zh: `“${one}”在文件里的写法不能自动修改，请直接编辑文本。`,
    en: `"${one}" is written in a way that cannot be changed by itself: edit the text.`,
  }),
}

export const unplacedAs = (why: keyof typeof unplaced, one: string): Refusal =>
  new Refusal(why === 'no-such' ? 'not-found' : 'bad-request', unplaced[why](one))

export const unreadable = ({ wrong: what }: Problem): Refusal =>
  new Refusal('not-recordable', { zh: `现场文件读不了：${what.zh}`, en: `The site file cannot be read: ${what.en}` })
