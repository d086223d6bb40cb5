import type { Protocol } from '../../protocols/contract/driver.ts'
import { protocols as registry } from '../../protocols/registry.ts'
import { parseYaml } from './document.ts'
import type { Document, Path } from './document.ts'
import { loadFiles, loadSite } from './load.ts'
import type { SourceFile, Trial } from './load.ts'
import { readPack } from './packs.ts'
import type { Pack } from './packs.ts'
import { below, mapping, pairs } from './reader.ts'
import { Report, suggest } from './report.ts'
import type { Item } from './report.ts'
import { loadShelf } from './shelf.ts'
import type { Shelf } from './shelf.ts'
import type { Problem, Site } from './site.ts'

export interface TriedSite {
  readonly ok: true
  readonly before: Site
  readonly after: Site
  /** The changed pack, where the change is a pack and not single rules. */
  readonly pack: Pack | undefined
  /** Warnings. */
  readonly problems: readonly Problem[]
}
/** A change as text; `env` is what `${NAME}` in it stands for, the site's own unless said otherwise. */
export type Change = SourceFile & { readonly env?: Readonly<Record<string, string | undefined>> }
export type Tried = TriedSite | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Reads a site as it is and as a change would make it, without writing anything. The change is either an overlay, `rules:` with entries
 * such as `cold-1.temperature.too-warm: { value: 9, reason: … }` that lie over the site's own, or a whole policy pack (`pack: canteen …`)
 * in place of the shipped one. Every problem has its place in the file it stands in.
 */
export async function loadTrial(
  sitePath: string,
  change: Change,
  env: Readonly<Record<string, string | undefined>>,
  protocols: readonly Protocol[] = registry,
): Promise<Tried> {
  const shelf = await loadShelf()
  const before = await loadSite(sitePath, env, protocols, { shelf: async () => shelf, documents: documents => documents })
  if (!before.ok) return before
  const tried = new TriedChange(
    parseYaml(change.name, change.text, name => (change.env ?? env)[name]),
    shelf,
  )
  const after = await loadSite(sitePath, env, protocols, tried)
  const known = new Set(before.problems.map(keyOf))
  const problems = [...tried.problems, ...after.problems.map(problem => tried.placed(problem))]
    .filter(problem => !known.has(keyOf(problem)))
    .sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column)
  if (!after.ok || problems.some(({ severity }) => severity === 'error')) return { ok: false, problems }
  return { ok: true, before: before.site, after: after.site, pack: tried.pack, problems }
}

/** The same where the change is the texts of the whole site as they would be. */
export async function loadDraft(
  sitePath: string,
  files: readonly SourceFile[],
  env: Readonly<Record<string, string | undefined>>,
  protocols: readonly Protocol[] = registry,
): Promise<Tried> {
  const before = await loadSite(sitePath, env, protocols)
  if (!before.ok) return before
  const after = await loadFiles(files, env, protocols)
  return after.ok ? { ok: true, before: before.site, after: after.site, pack: undefined, problems: after.problems } : after
}

const keyOf = ({ file, line, column, code }: Problem): string => [file, line, column, code].join('\0')

/** A change on its way into a site: it hands the loader a shelf and documents that have it in them. */
class TriedChange implements Trial {
  readonly #change: Document
  readonly #shelf: Shelf
  readonly #report = new Report()
  /** Where an entry of the change has come to lie in the site's documents. */
  readonly #laid: { readonly file: string; readonly path: Path; readonly rule: string }[] = []
  pack: Pack | undefined

  constructor(change: Document, shelf: Shelf) {
    this.#change = change
    this.#shelf = shelf
    this.#report.faults(change)
  }

  get problems(): readonly Problem[] {
    return this.#report.problems()
  }

  async shelf(): Promise<Shelf> {
    const shelf = this.#shelf
    const root = this.#root
    if (this.#report.problems().length > 0 || below(root, 'pack') === undefined) return shelf
    this.pack = readPack(this.#report, root, shelf.types)
    return this.pack ? { ...shelf, packs: new Map([...shelf.packs, [this.pack.id, this.pack]]) } : shelf
  }

  documents(documents: readonly Document[]): readonly Document[] {
    const root = this.#root
    if (this.#report.problems().length > 0 || this.pack) return documents
    const rules = below(root, 'rules')
    if (!rules) {
      this.#report.error(root, {
        code: 'nothing-to-try',
        wrong: { zh: '这里没有要试的改动', en: 'there is no change to try here' },
        write: {
          zh: '写 `rules: { cold-1.temperature.too-warm: { onDelay: 30m, reason: … } }`，或一份完整的制度包',
          en: 'write `rules: { cold-1.temperature.too-warm: { onDelay: 30m, reason: … } }`, or a whole policy pack',
        },
      })
      return documents
    }
    if (!mapping(this.#report, root, ['rules']) || !mapping(this.#report, rules)) return documents
    let laid = documents
    for (const [rule, entry] of pairs(rules)) laid = this.#lay(laid, rule, entry)
    return laid
  }

  /** A problem of the changed site at the place where somebody wrote it: in the change, where it was the change. */
  placed(problem: Problem): Problem {
    for (const { file, path, rule } of this.#laid) {
      const place = path.join('.')
      if (problem.file !== file || (problem.path !== place && !problem.path.startsWith(`${place}.`))) continue
      const rest = problem.path.slice(place.length)
      const keys = rest === '' ? [] : rest.slice(1).split('.')
      if (!this.#has(rule, keys)) continue
      return { ...problem, file: this.#change.file, path: `rules.${rule}${rest}` }
    }
    return problem
  }

  get #root(): Item {
    return { document: this.#change, path: [], value: this.#change.value }
  }

  #lay(documents: readonly Document[], rule: string, entry: Item): readonly Document[] {
    const [equipment = ''] = rule.split('.', 1)
    const name = rule.slice(equipment.length + 1)
    const index = documents.findIndex(document => homeOf(document, equipment) !== undefined)
    const document = documents[index]
    const home = document && homeOf(document, equipment)
    if (!document || !home) {
      const known = documents.flatMap(equipmentIn)
      this.#report.error(entry, {
        code: 'unknown-equipment',
        on: 'key',
        wrong: { zh: `没有设备“${equipment}”`, en: `there is no equipment "${equipment}"` },
        write:
          name === ''
            ? { zh: '写“设备.点.规则”，例如 cold-1.temperature.too-warm', en: 'write EQUIPMENT.POINT.RULE' }
            : suggest(equipment, known),
      })
      return documents
    }
    const own = mappingAt(document.value, home)?.['rules']
    const written = Object.keys(asMapping(own) ?? {}).find(key => key === name || key === rule) ?? name
    const path = [...home, 'rules', written]
    this.#laid.push({ file: document.file, path, rule })
    return documents.with(index, this.#overlaid(document, path, rule, entry.value))
  }

  #overlaid(document: Document, path: Path, rule: string, change: unknown): Document {
    const mine = (asked: Path): Path | undefined => {
      const isBelow = path.every((key, index) => asked[index] === key)
      const rest = asked.slice(path.length)
      return isBelow && this.#has(rule, rest) ? ['rules', rule, ...rest] : undefined
    }
    return {
      file: document.file,
      faults: document.faults,
      value: withOverlay(document.value, path, change),
      place: (asked, on) => {
        const own = mine(asked)
        return own ? this.#change.place(own, on) : document.place(asked, on)
      },
      fromEnvironment: asked => {
        const own = mine(asked)
        return own ? this.#change.fromEnvironment(own) : document.fromEnvironment(asked)
      },
    }
  }

  /** Whether the change itself says something there. */
  #has(rule: string, rest: Path): boolean {
    let value = asMapping(asMapping(this.#change.value)?.['rules'])?.[rule]
    for (const key of rest) value = asMapping(value)?.[key]
    return value !== undefined
  }
}

const asMapping = (value: unknown): Readonly<Record<string, unknown>> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined

function mappingAt(value: unknown, path: Path): Readonly<Record<string, unknown>> | undefined {
  let found = asMapping(value)
  for (const key of path) found = asMapping(found?.[key])
  return found
}

const areasIn = (document: Document): readonly (readonly [string, Readonly<Record<string, unknown>>])[] =>
  Object.entries(asMapping(asMapping(document.value)?.['areas']) ?? {}).flatMap(([area, entry]) => {
    const equipment = asMapping(asMapping(entry)?.['equipment'])
    return equipment ? [[area, equipment] as const] : []
  })

const equipmentIn = (document: Document): readonly string[] =>
  areasIn(document).flatMap(([, equipment]) => Object.keys(equipment))

function homeOf(document: Document, equipment: string): Path | undefined {
  const area = areasIn(document).find(
    ([, entries]) => Object.hasOwn(entries, equipment) && asMapping(entries[equipment]) !== undefined,
  )
  return area && ['areas', area[0], 'equipment', equipment]
}

/** The document's value with the change laid over what stands at the path; nothing else is copied. */
function withOverlay(value: unknown, path: Path, change: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) {
    const [before, now] = [asMapping(value), asMapping(change)]
    // An entry that is switched off has no settings; one that is tried is on.
    return before && now ? { ...before, ...now } : change
  }
  const own = asMapping(value) ?? {}
  return { ...own, [key]: withOverlay(own[key], rest, change) }
}
