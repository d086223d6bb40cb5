import type { Words } from '../../protocols/contract/driver.ts'
import { parseDuration } from '../../protocols/contract/duration.ts'
import type { SpecProblem } from './kind.ts'
import { priorities } from './rule.ts'
import type { Priority } from './rule.ts'

/** One level of a limit, as a rule of its own: `raw` are its settings, what it does not say itself it has from the first. */
export interface Level {
  /** `too-warm`, then `too-warm-2`, `too-warm-3` … */
  readonly name: string
  readonly raw: Readonly<Record<string, unknown>>
  /** As written at the level or at the one before it; the rule's own where none says so. */
  readonly priority?: Priority
  readonly title?: Words
  readonly advice?: Words
}

export interface Levels {
  readonly levels: readonly Level[]
  readonly problems: readonly SpecProblem[]
}

type Settings = Readonly<Record<string, unknown>>

/** What a level may set otherwise than the first one. */
const own = ['value', 'deadband', 'onDelay', 'offDelay'] as const
const spoken = ['priority', 'title', 'advice'] as const
const known: readonly string[] = [...own, ...spoken]

/**
 * Several levels of one limit, each a rule of its own: `levels: [{ value: 12, onDelay: 5m, priority: high }, …]`. Every level must be more
 * severe than the one before it: further beyond, or as far for longer, and never of a lower priority. A rule without `levels` is its only
 * level. `raw` is the rule as written; it is not changed.
 */
export function expandLevels(raw: Settings, name: string): Levels {
  const { levels: written, ...first } = raw
  if (written === undefined) return { levels: [{ name, raw: first }], problems: [] }
  if (raw['kind'] !== undefined && raw['kind'] !== 'limit') return { levels: [{ name, raw: first }], problems: [onlyLimits] }
  if (!Array.isArray(written) || written.length === 0) return { levels: [{ name, raw: first }], problems: [noList] }

  const problems: SpecProblem[] = []
  const levels: Level[] = [{ name, raw: first }]
  let milder: Settings = first
  const base = priorityOf(raw['priority'])
  let stated: Priority | undefined
  for (const [index, entry] of (written as readonly unknown[]).entries()) {
    const path = ['levels', index] as const
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      problems.push({ ...noLevel, path })
      continue
    }
    const level = entry as Settings
    problems.push(...unknownSettings(level, path))
    const settings = { ...first, ...pick(level, own) }
    if (!isMoreSevere(milder, settings)) problems.push({ ...notMoreSevere, path: [...path, 'value'] })
    const before = stated ?? base
    const ownPriority = level['priority'] === undefined ? undefined : priorityOf(level['priority'])
    if (level['priority'] !== undefined && ownPriority === undefined)
      problems.push({ ...noPriority, path: [...path, 'priority'] })
    if (rank(ownPriority ?? before) < rank(before)) problems.push({ ...lowerPriority, path: [...path, 'priority'] })
    const [title, advice] = [words(level['title']), words(level['advice'])]
    for (const key of ['title', 'advice'] as const)
      if (level[key] !== undefined && words(level[key]) === undefined) problems.push({ ...noWords, path: [...path, key] })
    stated = ownPriority ?? stated
    levels.push({
      name: `${name}-${index + 2}`,
      raw: settings,
      ...(stated === undefined ? {} : { priority: stated }),
      ...(title ? { title } : {}),
      ...(advice ? { advice } : {}),
    })
    milder = settings
  }
  return { levels, problems }
}

/** Further beyond the limit, or as far and for longer. What refers to a fact is not known here and is let pass. */
function isMoreSevere(milder: Settings, level: Settings): boolean {
  const [before, value] = [milder['value'], level['value']]
  if (typeof before !== 'number' || typeof value !== 'number') return value !== undefined
  const { op } = level
  if (value === before) return length(level['onDelay']) > length(milder['onDelay'])
  return op === 'gt' || op === 'ge' ? value > before : value < before
}

const length = (raw: unknown): number => parseDuration(raw ?? '0') ?? 0

const pick = (level: Settings, keys: readonly string[]): Settings =>
  Object.fromEntries(Object.entries(level).filter(([key]) => keys.includes(key)))

const priorityOf = (raw: unknown): Priority | undefined => priorities.find(priority => priority === raw)

const rank = (priority: Priority | undefined): number => (priority === undefined ? -1 : priorities.indexOf(priority))

/** A plain text is said in both languages. */
function words(raw: unknown): Words | undefined {
  if (typeof raw === 'string' && raw.trim() !== '') return { zh: raw, en: raw }
  if (typeof raw !== 'object' || raw === null) return undefined
  const { zh, en } = raw as Settings
  return typeof zh === 'string' && typeof en === 'string' ? { zh, en } : undefined
}

function unknownSettings(level: Settings, path: readonly (string | number)[]): readonly SpecProblem[] {
  return Object.keys(level)
    .filter(key => !known.includes(key))
    .map(key => ({
      path: [...path, key],
      wrong: { zh: `一级里不能写“${key}”`, en: `a level cannot set "${key}"` },
      write: { zh: `可用的有：${known.join(', ')}`, en: `known are ${known.join(', ')}` },
    }))
}

const onlyLimits: SpecProblem = {
  path: ['levels'],
  wrong: { zh: '只有 limit 规则能分级', en: 'only a limit has levels' },
  write: { zh: '去掉 levels，或写成 kind: limit', en: 'leave levels out, or write kind: limit' },
}
const noList: SpecProblem = {
  path: ['levels'],
  wrong: { zh: 'levels 要写成列表，至少一级', en: 'levels must be a list of at least one' },
  write: {
    zh: '写成 levels: [{ value: 12, onDelay: 5m, priority: high }]',
    en: 'write levels: [{ value: 12, onDelay: 5m, priority: high }]',
  },
}
const noLevel: Omit<SpecProblem, 'path'> = {
  wrong: { zh: '一级要写成一组设置', en: 'a level must be a set of settings' },
  write: { zh: '写成 { value: 12, onDelay: 5m, priority: high }', en: 'write { value: 12, onDelay: 5m, priority: high }' },
}
const notMoreSevere: Omit<SpecProblem, 'path'> = {
  wrong: { zh: '这一级不比前一级严重', en: 'this level is not more severe than the one before it' },
  write: {
    zh: '写更超出限值的 value，或同样的 value 加更长的 onDelay，由轻到重排列',
    en: 'write a value further beyond the limit, or the same value with a longer onDelay, mildest first',
  },
}
const noPriority: Omit<SpecProblem, 'path'> = {
  wrong: { zh: '没有这个优先级', en: 'there is no such priority' },
  write: { zh: `以下之一：${priorities.join(', ')}`, en: `one of ${priorities.join(', ')}` },
}
const lowerPriority: Omit<SpecProblem, 'path'> = {
  wrong: { zh: '更严重的一级，优先级反而更低', en: 'a more severe level has a lower priority' },
  write: { zh: '写不低于前一级的优先级', en: 'write a priority that is not lower than that of the level before it' },
}
const noWords: Omit<SpecProblem, 'path'> = {
  wrong: { zh: '要写一段文字', en: 'a text is needed' },
  write: { zh: '写成 { zh: …, en: … }', en: 'write { zh: …, en: … }' },
}
