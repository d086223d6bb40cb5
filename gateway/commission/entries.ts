import { isDeepStrictEqual } from 'node:util'
import { cutYaml, editYaml, parseYaml, pasteYaml } from '../site/document.ts'
import type { Edit } from '../site/document.ts'
import type { SourceFile } from '../site/load.ts'
import { withoutSecrets } from './secrets.ts'

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
  for (const change of movesIn(changes)) {
    if (change.what === 'move') {
      const moved = moveEquipment(written, change)
      if (typeof moved === 'string') return { ok: false, why: moved, id: change.id }
      written = moved
      continue
    }
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

/** A piece of equipment that is in another area from now on. */
interface Move {
  readonly what: 'move'
  readonly id: string
  readonly from: string
  readonly to: string
  readonly entry: unknown
}
type Setting = Extract<EntryChange, { readonly what: 'setting' }>

const equipmentAt = ({ path }: Setting): { readonly area: string; readonly id: string } | undefined => {
  const [part, area = '', below, id = ''] = path
  return part === 'areas' && below === 'equipment' && path.length === 4 ? { area, id } : undefined
}

/** Settings that take a piece of equipment out of one area and put it in another: it goes there as it is written. */
function movesIn(changes: readonly EntryChange[]): readonly (EntryChange | Move)[] {
  const settings = changes.filter(change => change.what === 'setting')
  const taken = new Map(
    settings.flatMap(change => {
      const place = change.value === null ? equipmentAt(change) : undefined
      return place ? [[place.id, place.area] as const] : []
    }),
  )
  const moves = new Map<EntryChange, Move>()
  for (const change of settings) {
    const place = change.value === null ? undefined : equipmentAt(change)
    const from = place && taken.get(place.id)
    if (place && from !== undefined && from !== place.area)
      moves.set(change, { what: 'move', id: place.id, from, to: place.area, entry: change.value })
  }
  const moved = new Set([...moves.values()].map(({ id }) => id))
  return changes.flatMap<EntryChange | Move>(change => {
    const move = moves.get(change)
    if (move) return [move]
    const place = change.what === 'setting' && change.value === null ? equipmentAt(change) : undefined
    return place && moved.has(place.id) ? [] : [change]
  })
}

/** With its comments, and with the secrets that whoever moves it has not been told; then what is said of it besides. */
function moveEquipment(
  files: readonly SourceFile[],
  { id, from, to, entry }: Move,
): readonly SourceFile[] | 'no-such' | 'by-hand' {
  const [old, path] = [
    ['areas', from, 'equipment', id],
    ['areas', to, 'equipment', id],
  ]
  const values = files.map(valueOf)
  const source = values.findIndex(value => at(value, old) !== undefined)
  const written = files[source]
  if (!written) return 'no-such'
  const cut = cutYaml(written.text, old)
  if (!cut) return 'by-hand'
  const left = files.with(source, { name: written.name, text: cut.text })
  const target = firstWith(values, ['areas', to, 'equipment'], ['areas', to], ['areas'])
  const [name = '', text = ''] = [left[target]?.name, left[target]?.text]
  const pasted = pasteYaml(text, path, cut.lines)
  const before = at(values[source], old)
  if (pasted === undefined || !isDeepStrictEqual(at(valueOf({ name, text: pasted }), path), before)) return 'by-hand'
  const edited = editYaml(pasted, differences(withoutSecrets(before, old).value, entry, path))
  return edited === undefined ? 'by-hand' : left.with(target, { name, text: edited })
}

/** What makes the one the other, setting by setting. */
function differences(before: unknown, after: unknown, path: readonly string[]): readonly Edit[] {
  if (isDeepStrictEqual(before, after)) return []
  const [was, now] = [mappingOf(before), mappingOf(after)]
  if (before !== was || after !== now) return [{ path, value: after }]
  return [...new Set([...Object.keys(was), ...Object.keys(now)])].flatMap(key => differences(was[key], now[key], [...path, key]))
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
