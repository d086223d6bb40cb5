import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import type { Document as YamlDocument, Node, Scalar } from 'yaml'
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
