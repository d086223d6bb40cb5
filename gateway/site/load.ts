import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Protocol } from '../../protocols/contract/driver.ts'
import { protocols as registry } from '../../protocols/registry.ts'
import { gatewayClause } from '../alarm/own.ts'
import { bookOf } from './book.ts'
import { readChannels } from './channels.ts'
import { readDuty } from './duty.ts'
import type { DutyGround } from './duty.ts'
import { readKeeping } from './keeping-blocks.ts'
import { readRounds } from './rounds.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { isoInZone } from '../zone.ts'
import { readCalendar, warnOfUnknownYears } from './calendar.ts'
import { parseYaml } from './document.ts'
import type { Document } from './document.ts'
import { readEquipment, readLines } from './equipment.ts'
import type { Installed } from './equipment.ts'
import { recordLimits } from './limits.ts'
import { readModel } from './models.ts'
import type { Model } from './models.ts'
import { readPack } from './packs.ts'
import type { Pack } from './packs.ts'
import { takeApart } from './parts.ts'
import type { Header, Parts } from './parts.ts'
import { below, oneOf } from './reader.ts'
import { checkRounds } from './reading-rounds.ts'
import { Report } from './report.ts'
import { layRules, ownPack } from './rules.ts'
import type { Laid } from './rules.ts'
import { checkRules } from './sense.ts'
import { readOpcuaServer } from './opcua-server.ts'
import { loadShelf } from './shelf.ts'
import type { Shelf } from './shelf.ts'
import type { Problem, Site } from './site.ts'
import { wire } from './wiring.ts'

export type Loaded =
  | { readonly ok: true; readonly site: Site; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export interface SourceFile {
  readonly name: string
  readonly text: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads a site file, or a directory of them in name order, and checks all of it at once. `ok` tells whether it may run; the problems
 * of a good site are warnings. Only a broken file of our own (library, pack) throws.
 */
export async function loadSite(
  path: string,
  env: Environment,
  protocols: readonly Protocol[] = registry,
  trial: Trial = asItStands,
): Promise<Loaded> {
  const files = await readFiles(path)
  if (!isList(files)) return { ok: false, problems: [files] }
  return loadFiles(files, env, protocols, trial)
}

/** The same of texts that may not be on the disk yet, with the secrets as they are now. */
export async function loadFiles(
  files: readonly SourceFile[],
  env: Environment,
  protocols: readonly Protocol[] = registry,
  trial: Trial = asItStands,
): Promise<Loaded> {
  const shelf = await trial.shelf()
  return readSite(files, await withSecrets(files, env), protocols, shelf, trial)
}

/** A change that is tried on a site without being written into its files. */
export interface Trial {
  shelf(): Promise<Shelf>
  documents(documents: readonly Document[]): readonly Document[]
  /** The day it is read for: packs are in force from their day on, and holidays must be known. Without one every pack is in force. */
  readonly today?: Instant
}

/** The site as its files have it, on that day. */
export const asOf = (today: Instant): Trial => ({ ...asItStands, today })

const asItStands: Trial = { shelf: () => loadShelf(), documents: documents => documents }

export const isList = (files: readonly SourceFile[] | Problem): files is readonly SourceFile[] => Array.isArray(files)

/** `NAME_FILE` names a file that holds what `${NAME}` stands for, as container secrets do. One that cannot be read leaves it unset. */
export async function withSecrets(files: readonly SourceFile[], env: Environment): Promise<Environment> {
  const secrets: Record<string, string> = {}
  for (const [, name = ''] of files.flatMap(file => [...file.text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)/g)])) {
    const path = env[`${name}_FILE`]
    if (env[name] !== undefined || path === undefined) continue
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text !== undefined) secrets[name] = text.replace(/\r?\n$/, '')
  }
  return { ...env, ...secrets }
}

/** The texts a site is read from, in the order in which they count; why not, where they cannot be read. */
export async function readFiles(path: string): Promise<readonly SourceFile[] | Problem> {
  try {
    if (!(await stat(path)).isDirectory()) return [{ name: path, text: await readFile(path, 'utf8') }]
    const names = (await readdir(path)).filter(name => /\.ya?ml$/.test(name)).toSorted()
    if (names.length === 0) return unreadable(path, 'ENOENT')
    return await Promise.all(
      names.map(async name => ({ name: join(path, name), text: await readFile(join(path, name), 'utf8') })),
    )
  } catch (error) {
    return unreadable(path, error instanceof Error && 'code' in error ? String(error.code) : String(error))
  }
}

function unreadable(file: string, code: string): Problem {
  const why =
    code === 'ENOENT'
      ? { zh: '没有这个文件', en: 'there is no such site file' }
      : { zh: `读不了（${code}）`, en: `it cannot be read (${code})` }
  return {
    severity: 'error',
    code: 'file-unreadable',
    file,
    line: 1,
    column: 1,
    path: '',
    wrong: why,
    write: { zh: '给出 .yaml 文件或装着它们的目录', en: 'name a .yaml file or a directory of them' },
  }
}

/** The same on texts already read: pure, so that a site can be checked before it is saved. */
export function readSite(
  files: readonly SourceFile[],
  env: Environment,
  protocols: readonly Protocol[],
  shelf: Shelf,
  trial: Trial = asItStands,
): Loaded {
  const report = new Report()
  const documents = trial.documents(files.map(file => parseYaml(file.name, file.text, name => env[name])))
  for (const document of documents) report.faults(document)
  // What cannot be parsed has no structure to judge: anything more said of it would be guessing.
  if (documents.some(document => document.faults.some(fault => fault.code === 'yaml-syntax')))
    return { ok: false, problems: report.problems() }
  const site = assemble(report, documents, protocols, shelf, { digest: digestOf(files), today: trial.today })
  const problems = report.problems()
  return problems.some(problem => problem.severity === 'error') ? { ok: false, problems } : { ok: true, site, problems }
}

function assemble(
  report: Report,
  documents: readonly Document[],
  protocols: readonly Protocol[],
  shelf: Shelf,
  { digest, today }: { readonly digest: string; readonly today: Instant | undefined },
): Site {
  const parts = takeApart(report, documents)
  const lines = readLines(report, parts, protocols)
  const installed = readEquipment(report, parts, shelf.types, lines, withOwnModels(report, shelf, parts))
  const stocked = withOwn(report, shelf, parts, today)
  const packs = packsInForce(report, parts.header, stocked, installed)
  const calendar = readCalendar(report, parts.calendar, parts.header.timeZone)
  const spoken = parts.calendar ?? parts.site
  if (today !== undefined && spoken) warnOfUnknownYears(report, spoken, calendar, today)
  const ground = { calendar, region: parts.header.region }
  const laid = layRules(report, installed, packs, ground)
  // While an entry is left out because of its own mistakes, what it would have used is not to be called unused.
  const complete = installed.length === parts.equipment.length
  if (complete) checkPolicies(report, parts.header, laid)
  checkRules(report, installed, laid)
  const connections = wire(report, [...lines.values()], installed, complete)
  const rules = laid.flatMap(one => one.rule ?? [])
  checkRounds(report, installed, lines, rules)
  const rulesOf = Map.groupBy(rules, rule => rule.equipment)
  const laidAt = Map.groupBy(laid, one => one.wired)
  const cited = new Set([gatewayClause, ...rules.map(rule => rule.clause)])
  const { policies: _, region: _region, ...header } = parts.header
  const opcuaServer = readOpcuaServer(report, parts.opcuaServer)
  return {
    ...header,
    areas: parts.areas,
    equipment: installed.map(({ equipment }) => ({
      ...equipment,
      clauses: [...new Set((rulesOf.get(equipment.id) ?? []).map(rule => rule.clause))],
    })),
    points: installed.flatMap(entry =>
      entry.points.map(wired => ({ ...wired.point, limits: recordLimits(report, wired, laidAt.get(wired) ?? []) })),
    ),
    connections,
    rules,
    clauses: new Map([...packs, ownPack].flatMap(pack => [...pack.clauses].filter(([id]) => cited.has(id)))),
    policies: packs.map(({ id, version, effective, name }) => ({ id, version, effective, name })),
    book: bookOf({
      packs: [...stocked.packs.values(), ownPack],
      types: shelf.types,
      inForce: [...packs, ownPack],
      installed,
      laid,
    }),
    calendar,
    duty: readDuty(report, parts, groundOf(calendar, packs, cited)),
    channels: readChannels(report, parts),
    rounds: readRounds(report, parts, installed),
    keeping: readKeeping(report, parts, rules),
    ...(opcuaServer && { opcuaServer }),
    digest,
  }
}

/** What the people of a site answer for: the clauses its rules cite, and all that could be cited. */
function groundOf(calendar: DutyGround['calendar'], packs: readonly Pack[], cited: ReadonlySet<string>): DutyGround {
  const clauses = new Map([...packs, ownPack].flatMap(pack => [...pack.clauses]))
  return { calendar, clauses: new Set(clauses.keys()), cited: [...cited].flatMap(id => clauses.get(id) ?? []) }
}

/**
 * A pack that lies beside the site file is in force like a shipped one; under a shipped one's name it takes its place, from the day it
 * takes effect on. Of several versions the newest of those days counts.
 */
function withOwn(report: Report, shelf: Shelf, { packs: items, header }: Parts, today: Instant | undefined): Shelf {
  const day = today === undefined ? undefined : isoInZone(today, header.timeZone).slice(0, 10)
  const packs = new Map(shelf.packs)
  const own = items.flatMap(item => {
    const pack = readPack(report, item, shelf.types)
    return pack ? [{ item, pack }] : []
  })
  for (const { item, pack } of own.toSorted((a, b) => (a.pack.effective < b.pack.effective ? -1 : 1))) {
    if (day === undefined || pack.effective <= day) packs.set(pack.id, pack)
    else
      report.warn(below(item, 'effective') ?? item, {
        code: 'policy-not-yet-in-force',
        wrong: {
          zh: `\`${pack.id}\` ${pack.version} 版 ${pack.effective} 才生效，今天是 ${day}`,
          en: `version ${pack.version} of \`${pack.id}\` takes effect on ${pack.effective}, and today is ${day}`,
        },
        write: { zh: '到那天重启网关即生效', en: 'it is in force when the gateway is started on that day or later' },
      })
  }
  return { ...shelf, packs }
}

/** A model that lies beside the site file; under a shipped one's name it takes its place. */
function withOwnModels(report: Report, shelf: Shelf, { models: items }: Parts): Shelf['models'] {
  const own = items.flatMap(item => readModel(report, item, shelf.types) ?? [])
  return new Map([...shelf.models, ...own.map((model): [string, Model] => [model.id, model])])
}

/** The packs the site names; without names, each that has a rule for what stands here. */
function packsInForce(report: Report, header: Header, shelf: Shelf, installed: readonly Installed[]): readonly Pack[] {
  const names = header.policies?.map(item => oneOf(report, item, [...shelf.packs.keys()], 'unknown-policy'))
  // A mistyped name is one mistake: what it was meant for is not to be called unknown as well.
  if (names && !names.includes(undefined)) return [...new Set(names)].flatMap(name => shelf.packs.get(name ?? '') ?? [])
  const types = new Set(installed.map(entry => entry.type.type))
  return [...shelf.packs.values()].filter(pack => pack.rules.some(rule => rule.equipment.some(type => types.has(type))))
}

function checkPolicies(report: Report, header: Header, laid: readonly Laid[]) {
  const used = new Set(laid.flatMap(one => one.rule?.policy.id ?? []))
  for (const item of header.policies ?? []) {
    if (report.has(item) || used.has(String(item.value))) continue
    report.warn(item, {
      code: 'clause-without-equipment',
      wrong: { zh: `没有设备归 \`${String(item.value)}\` 管`, en: `no equipment here comes under \`${String(item.value)}\`` },
      write: { zh: '删去它，或接上它管的设备', en: 'remove it, or wire equipment it speaks of' },
    })
  }
}

/** SHA-256 of the files: two sites with the same one are the same. */
export function digestOf(files: readonly SourceFile[]): string {
  const hash = createHash('sha256')
  for (const { name, text } of files) hash.update(`${basename(name)}\0${Buffer.byteLength(text)}\0${text}`)
  return hash.digest('hex')
}
