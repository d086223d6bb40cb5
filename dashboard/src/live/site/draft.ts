/** A draft of the site file: what was edited, step by step, on the state it was begun on. Pure. */
import type { WireSettingChange } from '../../../../gateway/api/wire-site.ts'

export type Path = readonly string[]
type Mapping = Readonly<Record<string, unknown>>

/** One thing that somebody set; `null` takes it out. */
export interface Step extends WireSettingChange {
  /** Where it was until then, of what is moved, as it is; the value means nothing then. */
  readonly from?: Path
}

export interface SiteDraft {
  /** Digest of the file it was begun on. */
  readonly since: string
  readonly steps: readonly Step[]
  /** Steps that were taken back, the last one first. */
  readonly undone: readonly Step[]
}

/** What a draft changes beside what the file says. */
export interface Change extends Step {
  /** Absent where nothing stands there. */
  readonly was: unknown
}

export const emptyDraft = (since: string): SiteDraft => ({ since, steps: [], undone: [] })

const isRows = (value: unknown): boolean => Array.isArray(value) && value.some(isMapping)

/** With one more thing set. Typing in one field is one step; each change of a table is one of its own. */
export function put(draft: SiteDraft, path: Path, value: unknown): SiteDraft {
  const last = draft.steps.at(-1)
  const isSame =
    last !== undefined &&
    last.from === undefined &&
    samePath(last.path, path) &&
    last.value !== null &&
    value !== null &&
    !isRows(value)
  return { ...draft, steps: [...(isSame ? draft.steps.slice(0, -1) : draft.steps), { path, value }], undone: [] }
}

/** With something in another place than it was. */
export const move = (draft: SiteDraft, from: Path, path: Path): SiteDraft =>
  samePath(from, path) ? draft : { ...draft, steps: [...draft.steps, { path, value: null, from }], undone: [] }

export function undo(draft: SiteDraft): SiteDraft {
  const last = draft.steps.at(-1)
  return last ? { ...draft, steps: draft.steps.slice(0, -1), undone: [last, ...draft.undone] } : draft
}

export function redo(draft: SiteDraft): SiteDraft {
  const [next, ...rest] = draft.undone
  return next ? { ...draft, steps: [...draft.steps, next], undone: rest } : draft
}

/** Leaves out what was set at these places and below. */
export const withdraw = (draft: SiteDraft, path: Path): SiteDraft => ({
  ...draft,
  steps: draft.steps.filter(step => !isBelow(step.path, path)),
  undone: [],
})

/** A piece of equipment is where it was, with whatever else was set of it. */
export function stay(draft: SiteDraft, id: string): SiteDraft {
  const isOf = ({ path }: Step) => path[0] === 'areas' && path[2] === 'equipment' && path[3] === id
  const origin = draft.steps.find(step => step.from && isOf(step))?.from
  if (!origin) return draft
  const steps = draft.steps.flatMap(step =>
    !isOf(step) ? step : step.from ? [] : { ...step, path: [...origin, ...step.path.slice(origin.length)] },
  )
  return { ...draft, steps, undone: [] }
}

/** What the file would say. */
export const drafted = (base: unknown, { steps }: Pick<SiteDraft, 'steps'>): unknown =>
  steps.reduce(
    (value, { path, value: own, from }) =>
      from ? withAt(withAt(value, from, null), path, valueAt(value, from) ?? null) : withAt(value, path, own),
    base,
  )

/**
 * What is really another than in the file, each place once and the outermost of those that lie in each other: what the gateway is told, and
 * nothing where everything was put back.
 */
export function changesOf(base: unknown, draft: Pick<SiteDraft, 'steps'>): readonly Change[] {
  const after = drafted(base, draft)
  const moved = draft.steps.some(({ from }) => from) ? movesOf(base, after) : []
  // What is moved is told as that, and is no part of the area it comes into.
  const settled = moved.reduce<unknown>(
    (value, { path, from }) => withAt(withAt(value, path, null), from, valueAt(base, from)),
    after,
  )
  const isMoved = (path: Path) => moved.some(one => isBelow(path, one.path) || isBelow(path, one.from))
  const touched = draft.steps.flatMap(({ path, from }) => (from ? [path, from] : [path])).filter(path => !isMoved(path))
  const others = roots(base, touched).flatMap(path => {
    const isGone = valueAt(after, path) === undefined
    const [was, now] = [valueAt(base, path), isGone ? undefined : valueAt(settled, path)]
    if (isSame(was, now) || (was === undefined && isSame(now, {}))) return []
    return hasReturned(draft, path) ? within(path, was, now) : [{ path, value: now ?? null, was }]
  })
  // An area has to be there before anything comes into it, and goes when it is empty; and what gets another in the place of its last one is
  // never empty between, which would cost it its lines.
  const isNew = ({ value }: Change) => value !== null
  return [...others.filter(isNew), ...moved, ...others.filter(one => !isNew(one))]
}

/** What the gateway is told of a change: of what is moved, that it goes there and that it goes from here. */
export const toldOf = ({ path, value, from }: Change): readonly WireSettingChange[] => [
  { path, value },
  ...(from ? [{ path: from, value: null }] : []),
]

/** Equipment that is in another area than in the file. */
function movesOf(base: unknown, after: unknown): readonly (Change & { readonly from: Path })[] {
  const homes = homesOf(base)
  return [...homesOf(after)].flatMap(([id, path]) => {
    const from = homes.get(id)
    return from && !samePath(from, path) ? [{ path, from, value: valueAt(after, path), was: valueAt(base, from) }] : []
  })
}

/** Equipment that went and came back is what it was: nobody set it as a whole, which would leave out what the browser was never told. */
const hasReturned = ({ steps }: Pick<SiteDraft, 'steps'>, [areas, , equipment, id, ...below]: Path): boolean => {
  const isIt = (path: Path) => path.length === 4 && path[0] === areas && path[2] === equipment && path[3] === id
  return below.length === 0 && steps.some(({ from }) => from && isIt(from)) && !steps.some(step => !step.from && isIt(step.path))
}

/** What is another inside of something, each place by itself. */
const within = (path: Path, was: unknown, now: unknown): readonly Change[] => {
  if (isSame(was, now)) return []
  if (!isMapping(was) || !isMapping(now)) return [{ path, value: now ?? null, was }]
  return [...new Set([...Object.keys(was), ...Object.keys(now)])].flatMap(key => within([...path, key], was[key], now[key]))
}

/** Where each piece of equipment stands. */
export const homesOf = (value: unknown): ReadonlyMap<string, Path> =>
  new Map(
    Object.entries(mappingOf(valueAt(value, ['areas']))).flatMap(([area, held]) =>
      Object.keys(mappingOf(mappingOf(held)['equipment'])).map(id => [id, ['areas', area, 'equipment', id]] as const),
    ),
  )

function roots(base: unknown, paths: readonly Path[]): readonly Path[] {
  const touched = paths.map(path => outermost(base, path))
  return touched.filter(
    (path, index) =>
      !touched.some((other, place) =>
        place < index ? isBelow(path, other) : place !== index && isBelow(path, other) && other.length < path.length,
      ),
  )
}

/** A setting of something that is not in the file yet belongs to the thing, as far as it is a part of the draft. */
function outermost(base: unknown, path: Path): Path {
  // Below `rules` and `limits` a setting may stand alone; the gateway makes what is above it.
  if (path[0] === 'areas' && valueAt(base, path.slice(0, 4)) !== undefined) return path
  const depth = path.findIndex((_, index) => index >= 1 && valueAt(base, path.slice(0, index + 1)) === undefined)
  return depth < 0 ? path : path.slice(0, Math.max(depth + 1, 2))
}

const isMapping = (value: unknown): value is Mapping => typeof value === 'object' && value !== null && !Array.isArray(value)
export const mappingOf = (value: unknown): Mapping => (isMapping(value) ? value : {})

export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((held, key) => (isMapping(held) && Object.hasOwn(held, key) ? held[key] : undefined), value)

/** The value with this in its place; `null` takes it out. What is no mapping on the way gives way to one. */
function withAt(value: unknown, path: Path, own: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return own ?? undefined
  const held = mappingOf(value)
  const below = Object.hasOwn(held, key) ? held[key] : undefined
  if (own === null && below === undefined) return value
  const now = withAt(below, rest, own)
  const others = Object.entries(held).filter(([other]) => other !== key)
  if (now === undefined) return Object.fromEntries(others)
  // In its place, so that lists do not jump.
  return Object.hasOwn(held, key)
    ? Object.fromEntries(Object.entries(held).map(([other, one]) => [other, other === key ? now : one]))
    : Object.fromEntries([...others, [key, now]])
}

export const samePath = (a: Path, b: Path): boolean => a.length === b.length && isBelow(a, b)
/** Whether a path is that place or lies below it. */
export const isBelow = (path: Path, place: Path): boolean => place.every((key, index) => path[index] === key)

export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, index) => isSame(one, b[index]))
  if (!isMapping(a) || !isMapping(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && isSame(a[key], b[key]))
}

/** What may lie in the browser: without anything that is secret. `secret` tells by the path. */
export const keepable = (draft: SiteDraft, secret: (path: Path) => boolean): SiteDraft => ({
  since: draft.since,
  steps: draft.steps.filter(({ path }) => !secret(path)),
  undone: [],
})

/** A draft that lay in the browser; anything else is none. */
export function draftIn(text: string | null): SiteDraft | undefined {
  try {
    const kept: unknown = JSON.parse(text ?? 'null')
    if (!isMapping(kept) || typeof kept['since'] !== 'string' || !Array.isArray(kept['steps'])) return undefined
    const steps = kept['steps'].filter(
      (step): step is Step =>
        isMapping(step) &&
        Array.isArray(step['path']) &&
        step['path'].length > 1 &&
        step['path'].every(key => typeof key === 'string') &&
        step['value'] !== undefined &&
        (step['from'] === undefined || (Array.isArray(step['from']) && step['from'].every(key => typeof key === 'string'))),
    )
    return steps.length === 0 ? undefined : { since: kept['since'], steps, undone: [] }
  } catch {
    return undefined
  }
}
