import { Environment, ParseError } from '@marcbachmann/cel-js'
import type { ASTNode } from '@marcbachmann/cel-js'

/**
 * The part of CEL (Common Expression Language, cel.dev) that a rule may use, as a tree: numbers, truth, inputs by name, arithmetic,
 * comparison, logic, `?:`, `in` a list, and a few functions. `at` is the position of its first character, from 0.
 */
export type Term = { readonly at: number } & (
  | { readonly is: 'number'; readonly value: number }
  | { readonly is: 'truth'; readonly value: boolean }
  | { readonly is: 'input'; readonly name: string }
  | { readonly is: 'not' | 'minus'; readonly of: Term }
  | { readonly is: 'binary'; readonly op: BinaryOp; readonly left: Term; readonly right: Term }
  | { readonly is: 'choice'; readonly test: Term; readonly yes: Term; readonly no: Term }
  | { readonly is: 'list'; readonly items: readonly Term[] }
  | { readonly is: 'call'; readonly name: string; readonly args: readonly Term[] }
  /** CEL that a rule has no use for: texts, maps, fields, macros. */
  | { readonly is: 'foreign'; readonly what: string }
)
const binaryOps = ['+', '-', '*', '/', '%', '==', '!=', '<', '<=', '>', '>=', '&&', '||', 'in'] as const
export type BinaryOp = (typeof binaryOps)[number]

export type ParsedCel =
  | { readonly ok: true; readonly term: Term }
  | { readonly ok: false; readonly at: number; readonly why: 'syntax' | 'too-long' | 'too-deep'; readonly said: string }

/** What an expression may cost at most; it has no loops, so that its length bounds the time of an evaluation. */
export const mostLetters = 1_000
const limits = { maxAstNodes: 300, maxDepth: 40, maxListElements: 64, maxMapEntries: 0, maxCallArguments: 8 } as const

/** The variables of a compiled expression are called `i0` to `i15`, so that no name of a site's can collide with a word of CEL. */
export const mostInputs = 16
export const variable = (index: number): string => `i${index}`

/** The same object each time: making an error, with its stack, would cost more than the whole evaluation. */
export const dividedByZero = new Error('division by zero')

const grammar = new Environment({ unlistedVariablesAreDyn: true, limits })
const language = new Environment({ limits: { ...limits, maxAstNodes: 2 * limits.maxAstNodes, maxDepth: 3 * limits.maxDepth } })
  .registerFunction('divided(double, double): double', (a: number, b: number) => {
    if (b === 0) throw dividedByZero
    return a / b
  })
  .registerFunction('abs(double): double', Math.abs)
  .registerFunction('least(double, double): double', Math.min)
  .registerFunction('greatest(double, double): double', Math.max)
for (let index = 0; index < mostInputs; index += 1) language.registerVariable(variable(index), 'double')

/** Functions of rules by name, with how many arguments they take. */
export const functions: ReadonlyMap<string, number> = new Map([
  ['abs', 1],
  ['least', 2],
  ['greatest', 2],
])

/** Reads an expression without judging what it means; `at` of a mistake is the character where reading stopped. */
export function parseCel(text: string): ParsedCel {
  if (text.length > mostLetters) return { ok: false, at: mostLetters, why: 'too-long', said: '' }
  try {
    return { ok: true, term: termOf(grammar.parse(text).ast) }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    const why = /Exceeded max/i.test(error.summary) ? 'too-deep' : 'syntax'
    return { ok: false, at: error.range?.start ?? 0, why, said: error.summary }
  }
}

/**
 * The library's evaluator for a checked expression over `i0`, `i1` …: numbers in, `true` or `false` out. An input that is left
 * `undefined` is unknown: the call throws, unless `&&` or `||` is decided by its other side (CEL's own rule for errors).
 */
export function compileCel(text: string): (values: Readonly<Record<string, number | undefined>>) => unknown {
  const program = language.parse(text)
  const { valid, type, error } = program.check()
  if (!valid || type !== 'bool') throw error ?? new Error(`"${text}" is ${type}`)
  return program
}

function termOf(node: ASTNode): Term {
  const at = node.start
  switch (node.op) {
    case 'value': {
      const value: unknown = node.args
      if (typeof value === 'boolean') return { at, is: 'truth', value }
      if (typeof value === 'number' || typeof value === 'bigint') return { at, is: 'number', value: Number(value) }
      return { at, is: 'foreign', what: node.input.slice(node.start, node.end) }
    }
    case 'id':
      return { at, is: 'input', name: node.args }
    case '!_':
      return { at, is: 'not', of: termOf(node.args) }
    case '-_':
      return { at, is: 'minus', of: termOf(node.args) }
    case '?:': {
      const [test, yes, no] = node.args
      return { at, is: 'choice', test: termOf(test), yes: termOf(yes), no: termOf(no) }
    }
    case 'list':
      return { at, is: 'list', items: node.args.map(termOf) }
    case 'call':
      return { at, is: 'call', name: node.args[0], args: node.args[1].map(termOf) }
    default: {
      const op = binaryOps.find(name => name === node.op)
      if (op === undefined) return { at, is: 'foreign', what: node.input.slice(node.start, node.end) }
      const [left, right] = node.args as readonly [ASTNode, ASTNode]
      return { at, is: 'binary', op, left: termOf(left), right: termOf(right) }
    }
  }
}
