import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { parseYaml } from './document.ts'
import type { Document } from './document.ts'
import { readType } from './library.ts'
import type { EquipmentType } from './library.ts'
import { readModel } from './models.ts'
import type { Model } from './models.ts'
import { readPack } from './packs.ts'
import type { Pack } from './packs.ts'
import { Report } from './report.ts'
import type { Item } from './report.ts'

/** What ships with the product and every site file builds on: the equipment types, the models of what one can buy, and the policy packs. */
export interface Shelf {
  readonly types: ReadonlyMap<string, EquipmentType>
  readonly packs: ReadonlyMap<string, Pack>
  readonly models: ReadonlyMap<string, Model>
}

/** Reads the shipped types and packs. They are ours: a mistake in one is a bug, so it throws, naming file, line and what is wrong. */
export async function loadShelf(
  library = new URL('../../protocols/library/', import.meta.url),
  packFolder = new URL('../policy/packs/', import.meta.url),
  modelFolder = shippedModels,
): Promise<Shelf> {
  const types = new Map<string, EquipmentType>()
  for (const type of await readAll(library, readType)) types.set(type.type, type)
  const packs = new Map<string, Pack>()
  for (const pack of await readAll(packFolder, (report, item) => readPack(report, item, types))) packs.set(pack.id, pack)
  return { types, packs, models: await loadModels(types, modelFolder) }
}

const shippedModels = new URL('../../protocols/library/models/', import.meta.url)

/** Every model that ships, by its name. */
export async function loadModels(
  types: ReadonlyMap<string, EquipmentType>,
  folder = shippedModels,
): Promise<ReadonlyMap<string, Model>> {
  const models = await readAll(folder, (report, item) => readModel(report, item, types))
  return new Map(models.map(model => [model.id, model]))
}

async function readAll<T>(folder: URL, read: (report: Report, item: Item) => T | undefined): Promise<readonly T[]> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.yaml')).toSorted()
  const report = new Report()
  const found: T[] = []
  const ready = readParsed()
  for (const name of names) {
    const document = documentOf(name, await readFile(new URL(name, folder), 'utf8'), await ready)
    report.faults(document)
    const part = read(report, { document, path: [], value: document.value })
    if (part) found.push(part)
  }
  const problems = report.problems()
  if (problems.length > 0) {
    const lines = problems.map(
      ({ file, line, column, path, wrong, write }) => `${file}:${line}:${column} ${path}: ${wrong.en}; ${write.en}`,
    )
    throw new Error(`the shipped files in ${folder.pathname} are broken:\n${lines.join('\n')}`)
  }
  return found
}

/** Where `npm start` keeps what it has parsed of the shipped files, beside the packed sources. */
export const parsedShelf = new URL('../../node_modules/.cache/zhishou/bundles/shelf.json', import.meta.url)

type Parsed = Readonly<Record<string, unknown>>

export const textKey = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Reading four thousand lines of YAML costs more than half a second of every start; what it gave last time is kept by the text's hash. */
async function readParsed(): Promise<Parsed> {
  try {
    const parsed: unknown = JSON.parse(await readFile(parsedShelf, 'utf8'))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Parsed) : {}
  } catch {
    return {}
  }
}

/** The file as parsed before where its text is the same; its lines are only counted when something is wrong with it. */
function documentOf(file: string, text: string, ready: Parsed): Document {
  const value = ready[textKey(text)]
  if (value === undefined) return parseYaml(file, text, () => undefined)
  const place: Document['place'] = (path, on) => parseYaml(file, text, () => undefined).place(path, on)
  return { file, value, faults: [], place, fromEnvironment: () => false }
}
