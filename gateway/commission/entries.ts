import { editYaml, parseYaml } from '../site/document.ts'
import type { Edit } from '../site/document.ts'
import type { SourceFile } from '../site/load.ts'

/** One connection, piece of equipment or single setting as the site file shall have it; `null` takes it out. */
export type EntryChange =
  | {
      readonly what: 'setting'
      /** Keys from the top of the file. */
      readonly path: readonly string[]
      readonly value: unknown
    }
  | { readonly what: 'connection'; readonly id: string; readonly entry: Entry | null }
  | {
      readonly what: 'equipment'
      readonly id: string
      /** Where it stands; of one that is there already, where it stands from now on. */
      readonly area?: string | undefined
      /** What the area is called, where it is a new one. */
      readonly areaName?: string | undefined
      readonly entry: Entry | null
    }
type Entry = Readonly<Record<string, unknown>>

export type Edited =
  | { readonly ok: true; readonly files: readonly SourceFile[] }
  /** `no-such`: nothing to take out; `no-area`: it does not say where; `by-hand`: the file is written in a way that only a person can change. */
  | { readonly ok: false; readonly why: 'no-such' | 'no-area' | 'by-hand'; readonly id: string }

/** The files with these changes in them: each entry where it was, or where its like stand. Pure. */
export function changeEntries(files: readonly SourceFile[], changes: readonly EntryChange[]): Edited {
  let written = files
  for (const change of changes) {
    const id = change.what === 'setting' ? change.path.join('.') : change.id
    const placed = placeOf(written, change)
    if (typeof placed === 'string') return { ok: false, why: placed, id }
    for (const { file, edit } of placed) {
      const text = editYaml(written[file]?.text ?? '', [edit])
      if (text === undefined) return { ok: false, why: 'by-hand', id }
      written = written.with(file, { name: written[file]?.name ?? '', text })
    }
  }
  return { ok: true, files: written }
}

interface Placed {
  readonly file: number
  readonly edit: Edit
}

function placeOf(files: readonly SourceFile[], change: EntryChange): readonly Placed[] | 'no-such' | 'no-area' {
  switch (change.what) {
    case 'setting':
      return placeSetting(files, change)
    case 'connection':
      return placeLine(files, change)
    case 'equipment':
      return placeEquipment(files, change)
  }
}

/** In the file that says most of what is above it. */
function placeSetting(
  files: readonly SourceFile[],
  { path, value }: Extract<EntryChange, { what: 'setting' }>,
): readonly Placed[] | 'no-such' {
  const values = files.map(valueOf)
  const above = path.map((_, depth) => path.slice(0, path.length - depth))
  const file = firstWith(values, ...above)
  if (value !== null) return [{ file, edit: { path, value } }]
  if (at(values[file], path) === undefined) return 'no-such'
  return [{ file, edit: { path: emptied(values[file], path), value: undefined } }]
}

/** What goes with it when it is taken out: the overlay of a rule that says nothing else, and the list of them. A point without settings stays. */
function emptied(value: unknown, path: readonly string[]): readonly string[] {
  const least = path[0] !== 'areas' ? undefined : { rules: 5, points: 7 }[path[4] ?? '']
  const above = path.slice(0, -1)
  if (least === undefined || path.length <= least) return path
  return Object.keys(mappingOf(at(value, above))).length === 1 ? emptied(value, above) : path
}

function placeLine(
  files: readonly SourceFile[],
  { id, entry }: Extract<EntryChange, { what: 'connection' }>,
): readonly Placed[] | 'no-such' {
  const values = files.map(valueOf)
  const there = values.findIndex(value => at(value, ['connections', id]) !== undefined)
  if (entry === null && there < 0) return 'no-such'
  const file = there >= 0 ? there : firstWith(values, ['connections'])
  return [{ file, edit: { path: ['connections', id], value: entry ?? undefined } }]
}

function placeEquipment(
  files: readonly SourceFile[],
  { id, area, areaName, entry }: Extract<EntryChange, { what: 'equipment' }>,
): readonly Placed[] | 'no-such' | 'no-area' {
  const values = files.map(valueOf)
  const found = values.flatMap((value, file) =>
    Object.keys(mappingOf(at(value, ['areas']))).flatMap(home =>
      at(value, ['areas', home, 'equipment', id]) === undefined ? [] : [{ file, home }],
    ),
  )[0]
  const removed = found
    ? [{ file: found.file, edit: { path: ['areas', found.home, 'equipment', id], value: undefined } }]
    : undefined
  if (entry === null) return removed ?? 'no-such'
  const home = area ?? found?.home
  if (home === undefined) return 'no-area'
  const path = ['areas', home, 'equipment', id]
  if (found?.home === home) return [{ file: found.file, edit: { path, value: entry } }]
  const isNew = !values.some(value => at(value, ['areas', home]) !== undefined)
  const withEquipment = values.findIndex(value => at(value, ['areas', home, 'equipment']) !== undefined)
  const file = withEquipment >= 0 ? withEquipment : firstWith(values, ['areas', home], ['areas'])
  const named = isNew && areaName !== undefined ? [{ file, edit: { path: ['areas', home, 'name'], value: areaName } }] : []
  return [...(removed ?? []), ...named, { file, edit: { path, value: entry } }]
}

/** Without `${NAME}` filled in: what is written there stays as it is written. */
const valueOf = ({ name, text }: SourceFile): unknown => parseYaml(name, text, variable => `\${${variable}}`).value

const mappingOf = (value: unknown): Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Entry) : {}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((held, key) => (Object.hasOwn(mappingOf(held), key) ? mappingOf(held)[key] : undefined), value)
}

/** The first file that has the first of these; else the next; else the one that names the site. */
function firstWith(values: readonly unknown[], ...paths: readonly (readonly string[])[]): number {
  for (const path of [...paths, ['site']]) {
    const file = values.findIndex(value => at(value, path) !== undefined)
    if (file >= 0) return file
  }
  return 0
}
