import { isDeepStrictEqual } from 'node:util'
import { Document as YamlFile, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import type { Document as YamlDocument, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import type { Words } from '../../protocols/contract/driver.ts'
import { origins } from './lists.ts'

/** Keys and indexes from the top of a file. */
export type Path = readonly (string | number)[]

/** Lines and columns count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** A YAML file after parsing: plain data, and the way back from a path in it to the place in the text. */
export interface Document {
  readonly file: string
  readonly value: unknown
  readonly faults: readonly DocumentFault[]
  /** The place of the key or of the value at `path`; of the nearest thing above it where there is no such path. */
  place(path: Path, on: 'key' | 'value'): Place
  /** Whether the value at `path` came out of the environment: it is text then, even where it looks like a number. */
  fromEnvironment(path: Path): boolean
}

export interface DocumentFault extends Place {
  readonly code: 'yaml-syntax' | 'duplicate-key' | 'env-missing'
  readonly path: Path
  readonly wrong: Words
  readonly write: Words
}

/** What `${NAME}` stands for; undefined where it is not set. */
export type Lookup = (name: string) => string | undefined

/** Parses one YAML text and fills in `${NAME}` and `${NAME:-default}`. Never throws: what is wrong is in `faults`. */
export function parseYaml(file: string, text: string, lookup: Lookup): Document {
  const lines = new LineCounter()
  const faults: DocumentFault[] = []
  const filled = new Set<string>()
  const fromEnvironment = (path: Path) => filled.has(path.join('\0'))
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  try {
    const yaml = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, stringKeys: true })
    for (const error of yaml.errors) {
      const fault = { ...placeAt(error.pos[0]), path: [], ...explain(error.code, error.message, text, error.pos[0]) }
      // After the first slip the parser mistakes what follows for faults too.
      if (fault.code !== 'yaml-syntax' || !faults.some(earlier => earlier.code === 'yaml-syntax')) faults.push(fault)
    }
    for (const { node, path, name } of fillIn(yaml, lookup, at => filled.add(at.join('\0')))) {
      faults.push({
        ...placeAt(node.range?.[0] ?? 0),
        code: 'env-missing',
        path,
        wrong: { zh: `环境变量 ${name} 没有设置`, en: `the environment variable ${name} is not set` },
        write: {
          zh: `启动前设置 ${name}，或写默认值 \${${name}:-默认值}`,
          en: `set ${name} before starting, or give a default: \${${name}:-default}`,
        },
      })
    }
    return {
      file,
      value: yaml.toJS({ maxAliasCount: 200 }),
      faults,
      place: (path, on) => placeAt(offsetOf(yaml, path, on)),
      fromEnvironment,
    }
  } catch (error) {
    // Thrown for what the parser gives up on: alias bombs, nesting deeper than the stack.
    faults.push({ line: 1, column: 1, path: [], ...explain('', error instanceof Error ? error.message : String(error), text, 0) })
    return { file, value: undefined, faults, place: () => ({ line: 1, column: 1 }), fromEnvironment }
  }
}

function explain(code: string, message: string, text: string, offset: number): Pick<DocumentFault, 'code' | 'wrong' | 'write'> {
  if (code === 'DUPLICATE_KEY') {
    return {
      code: 'duplicate-key',
      wrong: { zh: '同一层里这个键写了两次', en: 'this key is written twice in one mapping' },
      write: { zh: '只留一个，或给第二个换个名字', en: 'keep one of them, or give the second another name' },
    }
  }
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1).split('\n', 1)[0] ?? ''
  return {
    code: 'yaml-syntax',
    wrong: { zh: `YAML 语法错误：${message}`, en: `not valid YAML: ${message}` },
    write: line.includes('${')
      ? { zh: "花括号里的 ${…} 要加引号:'${NAME}'", en: "inside braces put quotes round it: '${NAME}'" }
      : line.includes('\t')
        ? { zh: '用空格缩进，不要用制表符', en: 'indent with spaces, not tabs' }
        : {
            zh: '检查这一行的缩进、冒号后的空格、引号和括号',
            en: 'look at the indentation, the space after the colon, quotes and brackets of this line',
          },
  }
}

interface Unset {
  readonly node: Scalar
  readonly path: Path
  readonly name: string
}

/** Puts the variables' values in and returns those that are not set. `$${` stands for a literal `${`. */
function fillIn(yaml: YamlDocument, lookup: Lookup, filled: (path: Path) => void): readonly Unset[] {
  const unset: Unset[] = []
  visit(yaml, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return
      const path = pathOf(key, ancestors)
      const pattern = /\$?\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g
      node.value = node.value.replace(pattern, (whole, name: string, fallback?: string) => {
        if (whole.startsWith('$$')) return whole.slice(1)
        const value = lookup(name) ?? fallback
        if (value === undefined) unset.push({ node, path, name })
        return value ?? whole
      })
      filled(path)
    },
  })
  return unset
}

function pathOf(key: unknown, ancestors: readonly unknown[]): Path {
  const path: (string | number)[] = []
  ancestors.forEach((ancestor, index) => {
    if (isPair(ancestor)) path.push(keyOf(ancestor.key))
    if (isSeq(ancestor)) {
      const next = ancestors[index + 1]
      path.push(next === undefined ? Number(key) : ancestor.items.indexOf(next))
    }
  })
  return path
}

const keyOf = (key: unknown) => (isScalar(key) ? String(key.value) : String(key))

function offsetOf(yaml: YamlDocument, path: Path, on: 'key' | 'value'): number {
  let node: Node | null | undefined = yaml.contents
  let offset = node?.range?.[0] ?? 0
  for (const [depth, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(yaml)
    const last = depth === path.length - 1
    if (isMap(node)) {
      const pair = node.items.find(item => keyOf(item.key) === String(part))
      if (!pair) return offset
      const key = pair.key as Node | null
      const value = pair.value as Node | null
      // A path that goes on falls back on this key, a path that ends here asks for key or value.
      const from = last && on === 'value' ? (value?.range ?? key?.range) : key?.range
      offset = from?.[0] ?? offset
      node = value
    } else if (isSeq(node)) {
      const item = node.items[Number(part)] as Node | undefined
      if (!item) return offset
      offset = item.range?.[0] ?? offset
      node = item
    } else return offset
  }
  return offset
}

/**
 * One change of a file: the value at `path`, keys of mappings, becomes this; `undefined` takes it out. What is above it is made where it is
 * not there.
 */
export interface Edit {
  readonly path: readonly string[]
  readonly value: unknown
}

const reading = { prettyErrors: false, merge: true, stringKeys: true } as const
const writing = { lineWidth: 0, flowCollectionPadding: true } as const

/**
 * Writes changes into a YAML text. Every line that they do not concern stays as it is, with its comments, quotes and spaces; of a list, the
 * lines of the items that stay, wherever they go. `undefined` where the text cannot be changed so: it has slips, or the place is behind an
 * anchor or in a list, whose places move when one is taken out.
 */
export function editYaml(text: string, edits: readonly Edit[]): string | undefined {
  try {
    return edits.reduce((written, edit) => {
      const before = parseDocument(written, reading)
      const isInList = edit.path.some((_, depth) => isSeq(before.getIn(edit.path.slice(0, depth), true)))
      if (isInList) throw new Error('in a list')
      return editOne(written, edit)
    }, text)
  } catch {
    return undefined
  }
}

interface Change {
  readonly path: Path
  readonly value: unknown
}

function editOne(text: string, { path, value }: Change): string {
  const before = parseDocument(text, reading)
  if (before.errors.length > 0) throw new Error('not YAML')
  const there: unknown = before.getIn(path, false)
  if (isMap(there) && isMapping(value)) {
    // Key by key, so that the comments of what stays do.
    const now: unknown = there.toJS(before)
    const keys = new Set([...Object.keys(isMapping(now) ? now : {}), ...Object.keys(value)])
    if (keys.size > 0 && isMapping(now) && Object.keys(value).length > 0)
      return [...keys]
        .filter(key => !isDeepStrictEqual(now[key], value[key]))
        .reduce((written, key) => editOne(written, { path: [...path, key], value: value[key] }), text)
  }
  if (isSeq(there) && Array.isArray(value) && value.length > 0) return editList(text, path, there.toJS(before), value)
  const after = before.clone()
  if (value === undefined) after.deleteIn(path)
  else after.setIn(path, nodeOf(after, value))
  return firstThatFits(after, [
    () => replaceScalar(text, before, path, value),
    () => editFlowPair(text, before, path, value),
    () => splice(text, before, after, path),
  ])
}

/** The first text that says what the changed document does; the whole of that one where there is none. */
function firstThatFits(after: YamlDocument, candidates: readonly (() => string | undefined)[]): string {
  const wanted: unknown = after.toJS({ maxAliasCount: 200 })
  for (const candidate of [...candidates, () => after.toString(writing)]) {
    const text = candidate()
    if (text === undefined) continue
    const read = parseDocument(text, reading)
    if (read.errors.length === 0 && isDeepStrictEqual(read.toJS({ maxAliasCount: 200 }), wanted)) return text
  }
  throw new Error('the change does not read back')
}

/** Items that are others where they stand, then each to its place, with what is said of it. */
function editList(text: string, path: Path, now: unknown, value: readonly unknown[]): string {
  const was: readonly unknown[] = Array.isArray(now) ? now : []
  const from = origins(was, value)
  const written = from.reduce<string>(
    (changed, old, index) =>
      old === undefined || isDeepStrictEqual(was[old], value[index])
        ? changed
        : editOne(changed, { path: [...path, old], value: value[index] }),
    text,
  )
  if (from.length === was.length && from.every((old, index) => old === index)) return written
  const before = parseDocument(written, { ...reading, keepSourceTokens: true })
  const after = before.clone()
  const [list, own] = [before.getIn(path, true), after.getIn(path, true)]
  if (!isSeq(list) || !isSeq(own)) throw new Error('no list')
  const { items } = own
  own.items = from.map((old, index) => (old === undefined ? nodeOf(after, value[index]) : items[old]))
  return firstThatFits(after, [
    () => rearrangeFlow(written, list, from, value),
    () => rearrangeLines(written, list, from, value),
    () => splice(written, before, after, path),
  ])
}

/** A pair of a mapping as it is written, with the comment above it, without what it stands in from the left. */
export interface Cut {
  /** The text without it. */
  readonly text: string
  readonly lines: readonly string[]
}

/** Takes a pair out that has lines of its own; `undefined` where it has none. */
export function cutYaml(text: string, path: readonly string[]): Cut | undefined {
  const document = parseDocument(text, reading)
  const map: unknown = document.getIn(path.slice(0, -1), true)
  if (document.errors.length > 0 || !isMap(map) || map.flow === true) return undefined
  const index = map.items.findIndex(item => keyOf(item.key) === path.at(-1))
  const [pair, previous] = [map.items[index], map.items[index - 1]]
  if (!pair) return undefined
  const key = rangeOf(pair.key)?.[0] ?? 0
  const line = text.lastIndexOf('\n', key - 1) + 1
  const indent = text.slice(line, key)
  if (indent.trim() !== '') return undefined
  const above = previous ? (rangeOf(previous.key)?.[0] ?? 0) : offsetOf(document, path.slice(0, -1), 'key')
  const start = withComment(text, above, line)
  const end = endOf(text, pair)
  const left =
    map.items.length > 1
      ? text.slice(0, start) + text.slice(end)
      : editYaml(text.slice(0, start) + text.slice(line), [{ path, value: undefined }])
  const lines = text.slice(start, end).trimEnd().split('\n')
  return left === undefined
    ? undefined
    : { text: left, lines: lines.map(one => (one.startsWith(indent) ? one.slice(indent.length) : one)) }
}

/** Puts what was cut behind the others of a mapping, which is made where it is not there; `undefined` where those stand on one line. */
export function pasteYaml(text: string, path: readonly string[], lines: readonly string[]): string | undefined {
  const above = path.slice(0, -1)
  const document = parseDocument(text, reading)
  const there: unknown = document.getIn(above, true)
  if (isMap(there) && there.flow === true && there.items.length > 0) return undefined
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n'
  const written = (indent: string): string => lines.map(one => (one.trim() === '' ? one : indent + one)).join('\n') + lineEnd
  if (isMap(there) && there.items.length === 0) {
    // What is said of the empty one stays beside its key.
    const [from, to] = rangeOf(there) ?? [0, 0]
    const key = offsetOf(document, above, 'key')
    const line = text.lastIndexOf('\n', key - 1) + 1
    const end = endOfNode(text, there)
    const rest = text.slice(to, end).trimEnd()
    if (text.slice(line, key).trim() !== '' || (rest !== '' && !rest.trimStart().startsWith('#'))) return undefined
    return text.slice(0, from).trimEnd() + rest + lineEnd + written(`${text.slice(line, key)}  `) + text.slice(end)
  }
  // Something plain stands in its place first, so that what is above it is made as everywhere.
  const placed = editYaml(text, [{ path, value: 'here' }])
  const map: unknown = placed === undefined ? undefined : parseDocument(placed, reading).getIn(above, true)
  const pair = isMap(map) && map.flow !== true ? pairIn(map, path.at(-1) ?? '') : undefined
  if (placed === undefined || !pair) return undefined
  const key = rangeOf(pair.key)?.[0] ?? 0
  const line = placed.lastIndexOf('\n', key - 1) + 1
  return placed.slice(0, line) + written(placed.slice(line, key)) + placed.slice(endOf(placed, pair))
}

/** The text with another text in the place of some of its plain values: `instead` says which, by path and value; the rest stays to the letter. */
export function coverYaml(text: string, instead: (path: Path, value: unknown) => string | undefined): string {
  const covered: { readonly from: number; readonly to: number; readonly by: string }[] = []
  visit(parseDocument(text, reading), {
    Scalar(key, node, ancestors) {
      if (key === 'key' || !node.range) return
      const by = instead(pathOf(key, ancestors), node.value)
      if (by !== undefined) covered.push({ from: node.range[0], to: node.range[1], by })
    },
  })
  return covered.toReversed().reduce((shown, { from, to, by }) => shown.slice(0, from) + by + shown.slice(to), text)
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What holds nothing but plain values stands on one line, below its first level. */
function nodeOf(document: YamlDocument, value: unknown): Node {
  const node = document.createNode(value) as Node
  visit(node, {
    Map(_, map) {
      if (map !== node && map.items.every(({ value: held }) => isScalar(held))) map.flow = true
    },
    Seq(_, list) {
      if (list.items.every(held => isScalar(held))) list.flow = true
    },
  })
  return node
}

/** The items of a list on one line with other text: only commas and spaces stand between them. */
interface Flow {
  /** Where each begins and ends in the text. */
  readonly items: readonly (readonly [number, number])[]
  readonly from: number
  readonly to: number
}

const rangeOf = (node: unknown): readonly [number, number] | undefined => {
  const range = (node as Node | null | undefined)?.range
  return range ? [range[0], range[1]] : undefined
}

/** `undefined` where anything else stands between: comments, anchors. */
function flowOf(text: string, node: YAMLMap | YAMLSeq): Flow | undefined {
  const whole = rangeOf(node)
  if (node.flow !== true || !whole) return undefined
  const items = node.items.map(item => {
    if (!isPair(item)) return rangeOf(item)
    const [key, value] = [rangeOf(item.key), rangeOf(item.value)]
    return key && ([key[0], Math.max(value?.[1] ?? 0, key[1])] as const)
  })
  const known = items.filter(item => item !== undefined)
  if (known.length < items.length) return undefined
  const [from, to] = [whole[0] + 1, whole[1] - 1]
  const edges = [from, ...known.flat(), to]
  const isPlain = edges.every((edge, index) => index % 2 === 1 || /^[\s,]*$/.test(text.slice(edge, edges[index + 1])))
  return isPlain ? { items: known, from, to } : undefined
}

/** What stands between two of them. */
function between(text: string, { items, from }: Flow): string {
  const [first, last] = items.slice(-2)
  const gap = first && last ? text.slice(first[1], last[0]) : ''
  if (gap !== '') return gap.includes('\n') ? gap : gap.replace(/\s+/g, ' ')
  return `,${(first && text.slice(from, first[0])) || ' '}`
}

/** A value as it stands between brackets; in the quotes of JSON where everything else there is in them. */
function inFlow(value: unknown, isJson: boolean): string {
  if (isJson) return JSON.stringify(value)
  const file = new YamlFile([value])
  visit(file, {
    Collection(_, held) {
      held.flow = true
    },
  })
  return file.toString(writing).trim().slice(1, -1).trim()
}

function editFlowPair(text: string, before: YamlDocument, path: Path, value: unknown): string | undefined {
  const map: unknown = before.getIn(path.slice(0, -1), true)
  const key = String(path.at(-1) ?? '')
  const flow = isMap(map) ? flowOf(text, map) : undefined
  if (!isMap(map) || !flow) return undefined
  const { items, from, to } = flow
  const index = map.items.findIndex(item => keyOf(item.key) === key)
  const isJson = map.items.length > 0 && map.items.every(item => (item.key as Scalar).type === 'QUOTE_DOUBLE')
  const [own, last] = [items[index], items.at(-1)]
  if (!own) {
    const pair = isJson
      ? `${JSON.stringify(key)}: ${JSON.stringify(value)}`
      : inFlow({ [key]: value }, false)
          .slice(1, -1)
          .trim()
    if (!last) return `${text.slice(0, from)} ${pair} ${text.slice(to)}`
    return text.slice(0, last[1]) + between(text, flow) + pair + text.slice(last[1])
  }
  if (value !== undefined) {
    const old = rangeOf(map.items[index]?.value)
    return old && old[0] < old[1] ? text.slice(0, old[0]) + inFlow(value, isJson) + text.slice(old[1]) : undefined
  }
  const [previous, next] = [items[index - 1], items[index + 1]]
  if (previous) return text.slice(0, previous[1]) + text.slice(own[1])
  return next ? text.slice(0, own[0]) + text.slice(next[0]) : text.slice(0, from) + text.slice(to)
}

function rearrangeFlow(
  text: string,
  list: YAMLSeq,
  from: readonly (number | undefined)[],
  value: readonly unknown[],
): string | undefined {
  const flow = flowOf(text, list)
  if (!flow) return undefined
  const [first, last] = [flow.items[0], flow.items.at(-1)]
  const isJson = list.items.length > 0 && list.items.every(item => isScalar(item) && item.type === 'QUOTE_DOUBLE')
  const said = from.map((old, index) => {
    const own = old === undefined ? undefined : flow.items[old]
    return own ? text.slice(own[0], own[1]) : inFlow(value[index], isJson)
  })
  return text.slice(0, first?.[0] ?? flow.from) + said.join(between(text, flow)) + text.slice(last?.[1] ?? flow.to)
}

/** Each item with its lines: those of the comment above it, of which the first one's belongs to the list, and those up to the next. */
function rearrangeLines(
  text: string,
  list: YAMLSeq,
  from: readonly (number | undefined)[],
  value: readonly unknown[],
): string | undefined {
  const token = list.srcToken
  if (token?.type !== 'block-seq') return undefined
  const dashes = token.items.flatMap(({ start }) => start.find(({ type }) => type === 'seq-item-ind')?.offset ?? [])
  const starts = dashes.map(dash => text.lastIndexOf('\n', dash - 1) + 1)
  const [first, last] = [starts[0], list.items.at(-1)]
  const indents = dashes.map((dash, index) => text.slice(starts[index], dash))
  if (first === undefined || dashes.length < list.items.length || indents.some(indent => indent.trim() !== '')) return undefined
  const ends = [...starts.slice(1).map((start, index) => withComment(text, starts[index] ?? 0, start)), endOfNode(text, last)]
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n'
  const lines = from.map((old, index) => {
    const own = old === undefined ? undefined : text.slice(old === 0 ? first : ends[old - 1], ends[old])
    if (own !== undefined) return own.endsWith('\n') ? own : own + lineEnd
    return `${indents[0] ?? ''}- ${inFlow(value[index], false)}${lineEnd}`
  })
  const end = ends.at(-1) ?? first
  const rest = text.slice(end)
  const joined = lines.join('')
  return text.slice(0, first) + (end > 0 && text[end - 1] !== '\n' ? joined.slice(0, -lineEnd.length) : joined) + rest
}

/** Where an item begins with the comment that stands right above it, as far in as it is. */
function withComment(text: string, least: number, start: number): number {
  const indent = /^ */.exec(text.slice(start))?.[0].length ?? 0
  const isAbout = (line: string) => line.trimStart().startsWith('#') && line.length - line.trimStart().length === indent
  const above = text.slice(least, start).split('\n').slice(1, -1)
  const comment = above.slice(above.findLastIndex(line => !isAbout(line)) + 1)
  return start - comment.reduce((length, line) => length + line.length + 1, 0)
}

/** One plain value for another, with everything else on its line. */
function replaceScalar(text: string, before: YamlDocument, path: Path, value: unknown): string | undefined {
  const old: unknown = before.getIn(path, true)
  if (!isScalar(old) || !old.range || value === undefined || typeof value === 'object') return undefined
  // In the quotes that stood there.
  const style = { ...writing, singleQuote: old.type === 'QUOTE_SINGLE' }
  const written = new YamlFile(value).toString(style).trimEnd()
  return written.includes('\n') ? undefined : text.slice(0, old.range[0]) + written + text.slice(old.range[1])
}

/** The text with the lines of one pair put in, put in their place or taken out: of the deepest pair around `path` that has lines of its own. */
function splice(text: string, before: YamlDocument, after: YamlDocument, path: Path): string | undefined {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const place = path.slice(0, depth)
    const map: unknown = depth === 1 ? before.contents : before.getIn(place.slice(0, -1), true)
    if (!isMap(map) || map.flow === true || map.items.length === 0) continue
    const key = String(place.at(-1) ?? '')
    const old = pairIn(map, key)
    const changed: unknown = depth === 1 ? after.contents : after.getIn(place.slice(0, -1), true)
    const pair = isMap(changed) ? pairIn(changed, key) : undefined
    // A mapping whose last pair goes is an empty one, which has no lines of its own.
    if (!pair && map.items.length === 1 && depth > 1) continue
    const last = map.items.at(-1)
    const first = (map.items[0]?.key as Node | undefined)?.range?.[0]
    if (!last || first === undefined) return undefined
    const indent = first - (text.lastIndexOf('\n', first - 1) + 1)
    const lines = pair ? linesOf(pair, indent, text.includes('\r\n') ? '\r\n' : '\n') : ''
    if (old) {
      const at = (old.key as Node).range?.[0] ?? 0
      const from = text.lastIndexOf('\n', at - 1) + 1
      // Behind the dash of a list it has no line of its own.
      if (text.slice(from, at).trim() !== '') {
        if (!pair) continue
        return text.slice(0, at) + lines.trimStart() + text.slice(endOf(text, old))
      }
      return text.slice(0, from) + lines + text.slice(endOf(text, old))
    }
    const at = endOf(text, last)
    const gap = at > 0 && text[at - 1] !== '\n' ? '\n' : ''
    return text.slice(0, at) + gap + lines + text.slice(at)
  }
  return undefined
}

const pairIn = (map: YAMLMap, key: string): Pair | undefined => map.items.find(item => keyOf(item.key) === key)

function linesOf(pair: Pair, indent: number, lineEnd: string): string {
  // What stands above it stays where it is.
  Object.assign(pair.key as Node, { commentBefore: null, spaceBefore: false })
  const alone = new YamlFile({})
  ;(alone.contents as unknown as YAMLMap).items.push(pair as Pair<never>)
  return alone
    .toString(writing)
    .split('\n')
    .map(line => (line === '' ? '' : ' '.repeat(indent) + line))
    .join(lineEnd)
}

/** Behind the line on which the pair's last value ends, where there may be a comment on it. */
function endOf(text: string, { key, value }: Pair): number {
  const held = value as Node | null
  return endOfNode(text, held?.range ? held : (key as Node))
}

function endOfNode(text: string, node: unknown): number {
  const inner = (isMap(node) || isSeq(node)) && node.flow !== true ? node.items.at(-1) : undefined
  if (isPair(inner)) return endOf(text, inner)
  if (inner !== undefined) return endOfNode(text, inner)
  const end = rangeOf(node)?.[1] ?? 0
  if (text[end - 1] === '\n') return end
  const line = text.indexOf('\n', end)
  return line < 0 ? text.length : line + 1
}
