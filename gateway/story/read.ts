import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { parseYaml } from '../site/document.ts'
import { readActs, readPeople } from './acts.ts'
import { noTime, readJsonLines, StoryReport, timeIn } from './lines.ts'
import type { Act, Expected, Line, ReadStory } from './story.ts'

export const storyFile = 'story.yaml'
export const siteFile = 'site.yaml'
export const expectedFile = 'journal.expected.ndjson'

/** Whether a folder is a story: it says what happened, or what it plays on. */
export const isStory = (folder: string): boolean =>
  [storyFile, 'readings.csv', 'people.ndjson', expectedFile].some(file => existsSync(join(folder, file)))

/** Reads a story's folder. Times without an offset are UTC. */
export async function readStory(folder: string): Promise<ReadStory> {
  const report = new StoryReport()
  const head = await readHead(folder, report)
  const acts = [...(await readActs(folder, report)), ...(await readPeople(folder, report))].toSorted((a, b) => a.at - b.at)
  const expected = await readExpected(folder, report)
  const [first, last] = [acts[0]?.at ?? head.from, acts.at(-1)?.at ?? head.until]
  const [from, until] = [head.from ?? first, head.until ?? last]
  if (from === undefined || until === undefined) {
    report.wrong(
      { file: join(folder, storyFile), line: 1 },
      { zh: '故事里什么都没有发生', en: 'nothing happens in this story' },
      { zh: '写 readings.csv，或在 story.yaml 里写 from 和 until', en: 'write readings.csv, or from and until in story.yaml' },
    )
  } else if (first !== undefined && last !== undefined && (first < from || last > until)) {
    const act = acts.find(({ at }) => at < from || at > until)
    report.wrong(
      act?.line ?? { file: join(folder, storyFile), line: 1 },
      { zh: '这发生在 from 之前或 until 之后', en: 'this happens before from or after until' },
      { zh: '改 story.yaml 的 from 或 until，或删去这一行', en: 'change from or until in story.yaml, or remove the line' },
    )
  }
  if (report.problems.length > 0 || from === undefined || until === undefined) return { ok: false, problems: report.problems }
  const { title, site, equipment } = head
  const story = { name: basename(resolve(folder)), folder, title, site, from, until, acts, expected }
  return { ok: true, story: { ...story, equipment: equipment ?? castOf(acts) } }
}

/** The equipment that speaks or is spoken of. */
function castOf(acts: readonly Act[]): readonly string[] {
  const equipmentOf = (act: Act): string => {
    if (act.do === 'records') return act.record.equipment
    return (act.do === 'acknowledges' ? act.rule : act.point).split('.')[0] ?? ''
  }
  return [...new Set(acts.map(equipmentOf))]
}

interface Head {
  readonly title: Words | undefined
  readonly site: string
  readonly from: Instant | undefined
  readonly until: Instant | undefined
  readonly equipment: readonly string[] | undefined
}

async function readHead(folder: string, report: StoryReport): Promise<Head> {
  const file = join(folder, storyFile)
  const own: Head = { title: undefined, site: join(folder, siteFile), from: undefined, until: undefined, equipment: undefined }
  if (!existsSync(file)) return checkSite(own, file, report)
  const document = parseYaml(file, await readFile(file, 'utf8'), () => undefined)
  for (const { line, wrong, write } of document.faults) report.wrong({ file, line }, wrong, write)
  const raw = Object(document.value) as Readonly<Record<string, unknown>>
  const lineOf = (key: string): Line => ({ file, line: document.place([key], 'key').line })
  const timeOf = (key: string): Instant | undefined => {
    const value = raw[key]
    const time = value === undefined ? undefined : timeIn(value)
    if (value !== undefined && time === undefined) report.wrong(lineOf(key), noTime(value).wrong, noTime(value).write)
    return time
  }
  for (const key of Object.keys(raw)) {
    if (['title', 'site', 'from', 'until', 'equipment'].includes(key)) continue
    const known = 'title, site, from, until, equipment'
    report.wrong(
      lineOf(key),
      { zh: `不认识“${key}”`, en: `"${key}" is unknown` },
      { zh: `可用的有：${known}`, en: `known are ${known}` },
    )
  }
  const { title, site, equipment } = raw
  const list = Array.isArray(equipment) ? equipment.map(String) : undefined
  if (equipment !== undefined && !list) {
    report.wrong(
      lineOf('equipment'),
      { zh: 'equipment 是一列设备', en: 'equipment is a list' },
      { zh: '写 [cold-1]', en: 'write [cold-1]' },
    )
  }
  const head = { title: wordsOf(title), from: timeOf('from'), until: timeOf('until'), equipment: list }
  return checkSite({ ...head, site: typeof site === 'string' ? resolve(folder, site) : own.site }, file, report)
}

function checkSite(head: Head, file: string, report: StoryReport): Head {
  if (existsSync(head.site)) return head
  report.wrong(
    { file, line: 1 },
    { zh: `没有现场文件 ${head.site}`, en: `there is no site file ${head.site}` },
    {
      zh: '在 story.yaml 里写 site: 路径，或放一个 site.yaml',
      en: 'write site: PATH in story.yaml, or put a site.yaml beside it',
    },
  )
  return head
}

function wordsOf(raw: unknown): Words | undefined {
  if (typeof raw === 'string') return { zh: raw, en: raw }
  const { zh, en } = Object(raw) as { readonly zh?: unknown; readonly en?: unknown }
  return typeof zh === 'string' && typeof en === 'string' ? { zh, en } : undefined
}

async function readExpected(folder: string, report: StoryReport): Promise<readonly Expected[] | undefined> {
  const file = join(folder, expectedFile)
  if (!existsSync(file)) return undefined
  return (await readJsonLines(file, report)).map(({ line, fields }) => ({ line, fields }))
}
