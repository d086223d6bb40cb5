import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Entry } from '../journal/entry.ts'
import { loadSite } from '../site/load.ts'
import type { Loaded } from '../site/load.ts'
import { expectedLine, fieldsOf, firstDifference } from '../story/compare.ts'
import type { Difference } from '../story/compare.ts'
import { expectedFile, isStory, readStory } from '../story/read.ts'
import { play } from '../story/stage.ts'
import type { Story, StoryProblem } from '../story/story.ts'
import { isoInZone } from '../zone.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'
import { printProblem } from './problem.ts'

type Output = Pick<Io, 'out' | 'err' | 'env'>

export const storiesHelp = `zhishou check --stories [DIR…] [--update] [--json] [--lang zh|en]

Plays stories (a site, readings, what people did) and compares the journal with what is expected of it. DIR is a story's folder or a
folder of them; default: test/stories. docs/stories.md tells how to write one.
播放故事（现场、读数、人做的事），把日志与预期逐条比较。DIR 是一个故事的文件夹，或装着故事的文件夹；默认 test/stories。

  --update   writes journal.expected.ndjson anew from what the journal says now: read it before you keep it
             用现在的日志重写预期：保留之前先读一遍

Exit 0 every story goes as expected, 1 one does not or cannot be read, 2 wrong usage.`

/** `zhishou check --stories`: one line for each story, and for one that goes wrong the first difference. */
export async function stories(args: readonly string[], io: Output): Promise<ExitCode> {
  const asked = readArgs(args, io)
  if (typeof asked === 'number') return asked
  const folders: string[] = []
  for (const folder of asked.folders) {
    const found = await storiesIn(folder)
    if (found.length === 0) {
      io.err(asked.zh ? `${folder} 里没有故事` : `there is no story in ${folder}`)
      return 2
    }
    folders.push(...found)
  }
  const teller = new Teller(asked, io)
  for (const folder of folders) await teller.tell(folder)
  return teller.summary()
}

interface Asked {
  readonly folders: readonly string[]
  readonly update: boolean
  readonly json: boolean
  readonly zh: boolean
}

function readArgs(args: readonly string[], io: Output): Asked | ExitCode {
  const zh = languageOf(args, io.env) === 'zh'
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        stories: { type: 'boolean' },
        update: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        lang: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) {
      io.out(storiesHelp)
      return 0
    }
    return { folders: positionals.length > 0 ? positionals : ['test/stories'], update: values.update, json: values.json, zh }
  } catch (error) {
    io.err(error instanceof Error ? error.message : String(error))
    io.err(storiesHelp)
    return 2
  }
}

/** The folder itself where it is a story, else the stories right below it, in name order. */
async function storiesIn(folder: string): Promise<readonly string[]> {
  if (!existsSync(folder)) return []
  if (isStory(folder)) return [folder]
  const entries = await readdir(folder, { withFileTypes: true })
  const below = entries.filter(entry => entry.isDirectory()).map(entry => join(folder, entry.name))
  return below.filter(isStory).toSorted()
}

/** Plays one story after the other and says how each went; a site is read once. */
class Teller {
  readonly #asked: Asked
  readonly #io: Output
  readonly #sites = new Map<string, Promise<Loaded>>()
  #failed = 0
  #told = 0
  #updated = 0

  constructor(asked: Asked, io: Output) {
    this.#asked = asked
    this.#io = io
  }

  async tell(folder: string): Promise<void> {
    this.#told += 1
    const read = await readStory(folder)
    if (!read.ok) return this.#unplayable(folder, read.problems)
    const { story } = read
    const loaded = await this.#siteOf(story)
    if (!loaded.ok) {
      this.#fail(story.name, { problems: loaded.problems })
      const language = this.#asked.zh ? 'zh' : 'en'
      if (!this.#asked.json)
        for (const problem of loaded.problems) printProblem(problem, language, line => this.#io.out(`  ${line}`))
      return
    }
    const played = await play(story, loaded.site)
    if (!played.ok) return this.#unplayable(story.name, played.problems)
    const zone = loaded.site.timeZone
    if (this.#asked.update) return this.#update(story, played.entries, zone)
    if (!story.expected) return this.#unplayable(story.name, [unexpected(folder)])
    const difference = firstDifference(story.expected, played.entries)
    if (!difference) return this.#good(story, played)
    this.#fail(story.name, { difference })
    if (!this.#asked.json) for (const line of told(difference, played.entries.length, zone, this.#asked.zh)) this.#io.out(line)
  }

  summary(): ExitCode {
    const { zh, json, update } = this.#asked
    const good = this.#told - this.#failed
    if (json) this.#io.out(JSON.stringify({ summary: { stories: this.#told, failed: this.#failed, rewritten: this.#updated } }))
    else if (update && this.#updated > 0) {
      this.#io.out(
        zh
          ? `注意：重写了 ${this.#updated} 个故事的预期。先读一遍再保留：现在写着的，就是以后算对的。`
          : `NOTE: the expectations of ${this.#updated} of ${this.#told} stories were rewritten. Read them before you keep them: what stands there now is what counts as right from now on.`,
      )
    } else {
      this.#io.out(
        zh
          ? `${this.#told} 个故事，${good} 个符合，${this.#failed} 个不符合`
          : `${this.#told} stories, ${good} as expected, ${this.#failed} not`,
      )
    }
    return this.#failed > 0 ? 1 : 0
  }

  #siteOf({ site }: Story): Promise<Loaded> {
    const known = this.#sites.get(site) ?? loadSite(site, this.#io.env)
    this.#sites.set(site, known)
    return known
  }

  #good(
    { name, title }: Story,
    { entries, rules, readings }: { readonly entries: readonly Entry[]; readonly rules: number; readonly readings: number },
  ): void {
    const { zh, json } = this.#asked
    if (json) return this.#io.out(JSON.stringify({ story: name, ok: true, entries: entries.length, rules, readings }))
    const says = title === undefined ? '' : zh ? `：${title.zh}` : `: ${title.en}`
    const counts = zh
      ? `（${rules} 条规则，${readings} 个读数，${entries.length} 条日志）`
      : ` (${rules} rules, ${readings} readings, ${entries.length} entries)`
    this.#io.out(`ok   ${name}${says}${counts}`)
  }

  #unplayable(name: string, problems: readonly StoryProblem[]): void {
    this.#fail(name, { problems })
    if (this.#asked.json) return
    for (const { at, wrong, write } of problems) {
      this.#io.out(
        this.#asked.zh ? `  ${at.file}:${at.line} ${wrong.zh}；${write.zh}` : `  ${at.file}:${at.line} ${wrong.en}; ${write.en}`,
      )
    }
  }

  #fail(name: string, why: object): void {
    this.#failed += 1
    const { json, zh } = this.#asked
    this.#io.out(json ? JSON.stringify({ story: name, ok: false, ...why }) : `${zh ? '不符' : 'FAIL'} ${name}`)
  }

  async #update({ name, folder, expected }: Story, entries: readonly Entry[], zone: string): Promise<void> {
    const { zh, json } = this.#asked
    const isNew = !expected || firstDifference(expected, entries) !== undefined
    if (isNew) {
      await writeFile(join(folder, expectedFile), entries.map(entry => `${expectedLine(entry, zone)}\n`).join(''))
      this.#updated += 1
    }
    if (json) return this.#io.out(JSON.stringify({ story: name, rewritten: isNew, entries: entries.length }))
    if (isNew) this.#io.out(zh ? `重写 ${name}：${entries.length} 条` : `REWRITTEN ${name}: ${entries.length} entries`)
    else this.#io.out(zh ? `不变 ${name}` : `as it was ${name}`)
  }
}

function unexpected(folder: string): StoryProblem {
  return {
    at: { file: join(folder, expectedFile), line: 1 },
    wrong: { zh: '还没有写预期的日志', en: 'nobody has said yet what the journal must say' },
    write: { zh: '写它，或加 --update 生成后仔细看一遍', en: 'write it, or make it with --update and read it with care' },
  }
}

/** The first difference in plain words, expectation beside fact. */
function told(difference: Difference, count: number, zone: string, zh: boolean): readonly string[] {
  const { entry } = difference
  const said = (got: Entry): string => summaryOf(fieldsOf(got), zone)
  if (difference.what === 'unexpected') {
    return [
      zh ? `  日志多了第 ${entry} 条（共 ${count} 条）：` : `  entry ${entry} of ${count} was not expected:`,
      `    ${said(difference.got)}`,
    ]
  }
  const { expected } = difference
  const where = `${expected.line.file}:${expected.line.line}`
  if (difference.what === 'missing') {
    const line = zh
      ? `  ${where} 应有第 ${entry} 条，日志只有 ${count} 条。缺：`
      : `  ${where} expects entry ${entry}, but the journal has ${count}. Missing:`
    return [line, `    ${summaryOf(expected.fields, zone)}`]
  }
  const lines = [zh ? `  ${where} 第 ${entry} 条不同：` : `  ${where} entry ${entry} is another:`]
  lines.push(
    `    ${zh ? '应为' : 'expected'} ${summaryOf(expected.fields, zone)}`,
    `    ${zh ? '实为' : 'got     '} ${said(difference.got)}`,
  )
  for (const field of difference.fields) {
    const [want, got] = [field.expected, field.got].map(value => shown(value, zone))
    lines.push(zh ? `    ${field.name}：应为 ${want}，实为 ${got}` : `    ${field.name}: expected ${want}, got ${got}`)
  }
  return lines
}

const summaryOf = (fields: Readonly<Record<string, unknown>>, zone: string): string =>
  [
    'at',
    'kind',
    fields['rule'] === undefined ? 'equipment' : 'rule',
    'verdict',
    'value',
    ...(fields['by'] === 'system' ? [] : ['by']),
  ]
    .flatMap(name => (fields[name] === undefined ? [] : [shown(fields[name], zone)]))
    .map(text => text.replace(/^"(.*)"$/, '$1'))
    .join(' ')

function shown(value: unknown, zone: string): string {
  // Nothing but times is as large as that.
  if (typeof value === 'number' && value > 1e11) return isoInZone(value as Entry['at'], zone)
  return value === undefined ? '–' : JSON.stringify(value)
}
