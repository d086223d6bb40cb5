import type { Found, PreparedDriver, Protocol } from '../../protocols/contract/driver.ts'
import { protocols as registry } from '../../protocols/registry.ts'
import { systemClock } from '../clock.ts'
import { draftOf, leastOf } from '../commission/draft.ts'
import type { DraftEntry } from '../commission/draft.ts'
import { draftYaml } from '../commission/draft-yaml.ts'
import type { DraftHead } from '../commission/draft-yaml.ts'
import { whatToTry } from '../commission/hint-words.ts'
import { lineOnTrial } from '../commission/line-on-trial.ts'
import { templatesFor } from '../commission/templates.ts'
import { prepareLine } from '../commission/trial.ts'
import { loadSite } from '../site/load.ts'
import { loadShelf } from '../site/shelf.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'
import { printProblem } from './problem.ts'
import { readScanArgs, scanHelp } from './scan-args.ts'
import type { ScanArgs } from './scan-args.ts'

interface Subject {
  readonly connection: string
  readonly protocol: Protocol | undefined
  readonly settings: Readonly<Record<string, unknown>>
  readonly driver: PreparedDriver
  /** Equipment ids that are taken. */
  readonly taken: ReadonlySet<string>
  readonly head: DraftHead
}

/** `zhishou scan`: what answers on a line, with drafts of the entries to write. */
export async function scan(args: readonly string[], io: Io, protocols: readonly Protocol[] = registry): Promise<ExitCode> {
  const zh = languageOf(args, io.env) === 'zh'
  const asked = readScanArgs(args, protocols, zh)
  if (asked === 'help') {
    io.out(scanHelp)
    return 0
  }
  if ('wrong' in asked) {
    io.err(asked.wrong)
    io.err(scanHelp)
    return 2
  }
  const subject = await subjectOf(asked, io, protocols, zh)
  if (typeof subject === 'number') return subject
  const found = await look(subject, asked, io, zh)
  if (typeof found === 'number') return found
  if (asked.json) io.out(JSON.stringify({ connection: subject.connection, found }))
  else if (found.length > 0) io.out(draftYaml(await drafts(found, subject), subject.head).trimEnd())
  if (found.length === 0) io.err(zh ? '没有找到设备。' : 'Nothing was found.')
  return found.length > 0 ? 0 : 1
}

async function subjectOf({ on }: ScanArgs, io: Io, protocols: readonly Protocol[], zh: boolean): Promise<Subject | ExitCode> {
  if ('protocol' in on) {
    const id = `${on.protocol.kind}-1`
    const line = { id, protocol: on.protocol.kind, settings: on.settings, filledIn: false }
    const prepared = prepareLine(line, { protocols, env: io.env })
    if (!prepared.ok) {
      for (const { path, wrong, write } of prepared.problems) {
        const where = path.replace(/^connection\./, '')
        io.err(zh ? `${where}：${wrong.zh}。${write.zh}。` : `${where}: ${wrong.en}; ${write.en}.`)
      }
      return 2
    }
    const connection = { id, protocol: on.protocol.kind, settings: on.settings }
    return {
      connection: id,
      protocol: on.protocol,
      settings: prepared.settings,
      driver: prepared.driver,
      taken: new Set(),
      head: { connection },
    }
  }
  const loaded = await loadSite(on.site, io.env, protocols)
  if (!loaded.ok) {
    for (const problem of loaded.problems) printProblem(problem, zh ? 'zh' : 'en', line => io.err(line))
    return 1
  }
  const found = loaded.site.connections.find(({ id }) => id === on.connection)
  if (!found) {
    const known = loaded.site.connections.map(({ id }) => id).join(', ')
    io.err(
      zh
        ? `现场文件里没有连接“${on.connection}”；有：${known}`
        : `the site file has no connection "${on.connection}"; it has: ${known}`,
    )
    return 2
  }
  const protocol = protocols.find(({ kind }) => kind === found.protocol)
  const taken = new Set(loaded.site.equipment.map(({ id }) => id))
  return { connection: found.id, protocol, settings: found.settings, driver: found.driver, taken, head: {} }
}

/** What answered; the exit code where the line itself is at fault. */
async function look(subject: Subject, { ask, json }: ScanArgs, io: Io, zh: boolean): Promise<readonly Found[] | ExitCode> {
  const { models, types } = await loadShelf()
  const kind = subject.protocol?.kind ?? ''
  const templates = templatesFor({ protocol: kind, settings: subject.settings }, models.values(), types)
  const line = lineOnTrial(subject.driver, systemClock)
  const giveUp = new AbortController()
  const found: Found[] = []
  try {
    const steps = line.scan({ ...ask, templates }, giveUp.signal)
    if (!steps) {
      io.err(
        zh
          ? '这种连接上的设备自己上报，没有可问的。'
          : 'Equipment on such a connection speaks by itself; there is nothing to ask.',
      )
      return 1
    }
    let shown = 0
    for await (const step of steps) {
      if (step.step === 'found') {
        found.push(step.found)
        if (!json) io.err(lineOf(step.found, zh))
        if (found.length >= ask.most) break
      } else if (step.step === 'asked') {
        const percent = step.of === 0 ? 100 : Math.floor((step.done / step.of) * 100)
        // Every tenth is enough to see that it goes on.
        if (percent >= shown + 10) io.err(zh ? `已问 ${step.done} / ${step.of}` : `asked ${step.done} of ${step.of}`)
        if (percent >= shown + 10) shown = percent - (percent % 10)
      } else {
        const { code, detail } = step.fault
        io.err(`${detail} ${zh ? whatToTry[code].zh : whatToTry[code].en}`)
        if (found.length === 0) return 1
      }
    }
    return found
  } finally {
    giveUp.abort()
    await line.close()
  }
}

function lineOf({ name, device, points, models, note }: Found, zh: boolean): string {
  const seen =
    points.length === 0 ? '' : zh ? `，${points.length} 个点` : `, ${points.length} ${points.length === 1 ? 'point' : 'points'}`
  const model = models?.[0] === undefined ? '' : zh ? `，可能是 ${models[0]}` : `, perhaps ${models[0]}`
  return `+ ${name} ${JSON.stringify(device)}${seen}${model}${note ? ` · ${zh ? note.zh : note.en}` : ''}`
}

async function drafts(found: readonly Found[], { connection, protocol, taken }: Subject): Promise<readonly DraftEntry[]> {
  const { types, models } = await loadShelf()
  const ground = { types, models, least: leastOf(protocol?.schema.point ?? {}) }
  const ids = new Set(taken)
  return found.map(one => {
    const draft = draftOf(one, connection, ids, ground)
    ids.add(draft.id)
    return draft
  })
}
