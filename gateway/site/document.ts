import { isDeepStrictEqual } from 'node:util'
import { Document as YamlFile, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import type { Document as YamlDocument, Node, Pair, Scalar, YAMLMap } from 'yaml'
import type { Words } from '../../protocols/contract/driver.ts'

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
 * Writes changes into a YAML text. Every line that they do not concern stays as it is, with its comments, quotes and spaces. `undefined`
 * where the text cannot be changed so: it has slips, or the place is behind an anchor or in a list, whose places move when one is taken out.
 */
export function editYaml(text: string, edits: readonly Edit[]): string | undefined {
  try {
    return edits.reduce((written, edit) => editOne(written, edit), text)
  } catch {
    return undefined
  }
}

function editOne(text: string, { path, value }: Edit): string {
  const before = parseDocument(text, reading)
  if (before.errors.length > 0) throw new Error('not YAML')
  if (path.some((_, depth) => isSeq(before.getIn(path.slice(0, depth), true)))) throw new Error('in a list')
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
  const after = before.clone()
  if (value === undefined) after.deleteIn(path)
  else after.setIn(path, nodeOf(after, value))
  const wanted: unknown = after.toJS({ maxAliasCount: 200 })
  const fits = (candidate: string): boolean => {
    const read = parseDocument(candidate, reading)
    return read.errors.length === 0 && isDeepStrictEqual(read.toJS({ maxAliasCount: 200 }), wanted)
  }
  const replaced = replaceScalar(text, before, path, value)
  if (replaced !== undefined && fits(replaced)) return replaced
  const spliced = splice(text, before, after, path)
  if (spliced !== undefined && fits(spliced)) return spliced
  const whole = after.toString(writing)
  if (fits(whole)) return whole
  throw new Error('the change does not read back')
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

/** One plain value for another, with everything else on its line. */
function replaceScalar(text: string, before: YamlDocument, path: readonly string[], value: unknown): string | undefined {
  const old: unknown = before.getIn(path, true)
  if (!isScalar(old) || !old.range || value === undefined || typeof value === 'object') return undefined
  // In the quotes that stood there.
  const style = { ...writing, singleQuote: old.type === 'QUOTE_SINGLE' }
  const written = new YamlFile(value).toString(style).trimEnd()
  return written.includes('\n') ? undefined : text.slice(0, old.range[0]) + written + text.slice(old.range[1])
}

/** The text with the lines of one pair put in, put in their place or taken out: of the deepest pair around `path` that has lines of its own. */
function splice(text: string, before: YamlDocument, after: YamlDocument, path: readonly string[]): string | undefined {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const place = path.slice(0, depth)
    const map: unknown = depth === 1 ? before.contents : before.getIn(place.slice(0, -1), true)
    if (!isMap(map) || map.flow === true || map.items.length === 0) continue
    const key = place.at(-1) ?? ''
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
      const from = text.lastIndexOf('\n', ((old.key as Node).range?.[0] ?? 0) - 1) + 1
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
  const inner = (isMap(held) || isSeq(held)) && held.flow !== true ? held.items.at(-1) : undefined
  if (isPair(inner)) return endOf(text, inner)
  if (inner !== undefined) return endOf(text, { key, value: inner } as Pair)
  const end = held?.range?.[1] ?? (key as Node).range?.[1] ?? 0
  if (text[end - 1] === '\n') return end
  const line = text.indexOf('\n', end)
  return line < 0 ? text.length : line + 1
}
