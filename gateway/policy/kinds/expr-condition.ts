import type { Instant } from '../../../protocols/contract/time.ts'
import { compileCel, dividedByZero, mostInputs, mostLetters, parseCel, variable } from '../cel.ts'
import type { Term } from '../cel.ts'
import type { Inputs, PointMemory } from '../kind.ts'
import { constant, ExprCheck, short, standing } from './expr-check.ts'
import type { Mistake } from './expr-check.ts'
import { isUnknown } from './limit-phases.ts'

/** `undefined`: an input that decides is missing, silent or bad. `failing`: it divides by zero. */
export type Truth = boolean | undefined | 'failing'

/** A checked expression, ready to run. Made once for each text, whatever number of rules are written with it. */
export interface Condition {
  /** The inputs it reads, in the order they appear. */
  readonly names: readonly string[]
  readonly term: Term
  /** The value of each name; `undefined` is unknown. The object is reused between calls and not kept. */
  run(values: Record<string, number | undefined>): Truth
}
export type Read =
  { readonly ok: true; readonly condition: Condition } | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/** Reads an expression, or says everything that is wrong with it, each with the character where it stands (from 1). */
export function readCondition(text: string): Read {
  const parsed = parseCel(text)
  if (!parsed.ok) return { ok: false, mistakes: [unreadable(text, parsed)] }
  const check = new ExprCheck()
  const type = check.typeOf(parsed.term)
  if (type !== 'truth' && type !== 'wrong') {
    check.report(
      parsed.term.at,
      { zh: '结果是一个数，不是条件', en: 'the result is a number, not a condition' },
      { zh: '写成比较，例如 temperature > 8.0', en: 'compare it, as in temperature > 8.0' },
    )
  }
  const names = [...check.names]
  if (check.mistakes.length === 0 && names.length === 0) {
    check.report(
      parsed.term.at,
      { zh: '表达式没有用到任何输入，结果永远一样', en: 'the expression reads no input, so it is always the same' },
      { zh: '写上要看的输入，例如 temperature > 8.0', en: 'name an input, as in temperature > 8.0' },
    )
  }
  if (names.length > mostInputs) {
    check.report(
      0,
      { zh: `用了 ${names.length} 个输入，最多 ${mostInputs} 个`, en: `it reads ${names.length} inputs, ${mostInputs} at most` },
      { zh: '拆成几条规则', en: 'make several rules of it' },
    )
  }
  if (check.mistakes.length > 0) return { ok: false, mistakes: check.mistakes }
  const program = compileCel(printed(parsed.term, names))
  return { ok: true, condition: { names, term: parsed.term, run: values => run(program, values) } }
}

function run(
  program: (values: Readonly<Record<string, number | undefined>>) => unknown,
  values: Record<string, number | undefined>,
): Truth {
  try {
    return program(values) === true
  } catch (error) {
    // What is left undefined is the only other thing a checked expression can stumble over.
    return error === dividedByZero ? 'failing' : undefined
  }
}

/** A rule's own look at its inputs: what they said when its condition was last evaluated, and what came of it. */
export class View {
  readonly condition: Condition
  /** By place, as they were when last looked at. */
  readonly #said: (number | undefined)[]
  /** The same by the names the library asks for; one object, so that a look makes nothing new. */
  readonly #values: Record<string, number | undefined> = {}
  readonly #keys: readonly string[]
  /** The inputs it last looked at, and their memories in the order of the names. */
  #inputs: Inputs | undefined = undefined
  #points: readonly (PointMemory | undefined)[] = []
  #truth: Truth = undefined

  constructor(condition: Condition) {
    this.condition = condition
    this.#keys = condition.names.map((_, index) => variable(index))
    this.#said = condition.names.map(() => undefined)
    for (const key of this.#keys) this.#values[key] = undefined
    this.#truth = condition.run(this.#values)
  }

  /** Whether the condition holds at `at`: evaluated only when one of its inputs says something else than at the last look. */
  truth(inputs: Inputs, at: Instant): Truth {
    if (inputs !== this.#inputs) this.#take(inputs)
    const points = this.#points
    const said = this.#said
    let moved = false
    for (let index = 0; index < points.length; index += 1) {
      const point = points[index]
      const value = point === undefined || isUnknown(point, at) ? undefined : point.value
      if (said[index] === value) continue
      said[index] = value
      this.#values[this.#keys[index] as string] = value
      moved = true
    }
    if (!moved) return this.#truth
    return (this.#truth = this.condition.run(this.#values))
  }

  #take(inputs: Inputs): void {
    this.#inputs = inputs
    this.#points = this.condition.names.map(name => inputs[name])
  }
}

/** The expression in the library's words: every number a double, inputs by their place, a divisor that may be zero watched. */
function printed(term: Term, names: readonly string[]): string {
  const print = (one: Term): string => printed(one, names)
  switch (term.is) {
    case 'number':
      return decimal(term.value)
    case 'truth':
      return String(term.value)
    case 'input':
      return variable(names.indexOf(term.name))
    case 'not':
      return `(!${print(term.of)})`
    case 'minus':
      return `(-${print(term.of)})`
    case 'choice':
      return `(${print(term.test)} ? ${print(term.yes)} : ${print(term.no)})`
    case 'list':
      return `[${term.items.map(print).join(', ')}]`
    case 'call':
      return `${term.name}(${term.args.map(print).join(', ')})`
    case 'binary':
      return term.op === '/' && constant(term.right) === undefined
        ? `divided(${print(term.left)}, ${print(term.right)})`
        : `(${print(term.left)} ${term.op} ${print(term.right)})`
    case 'foreign':
      throw new Error(`${term.what} was not refused`)
  }
}

function decimal(value: number): string {
  const text = String(value)
  return /[.e]/.test(text) ? text.replace(/^(-?\d+)e/, '$1.0e') : `${text}.0`
}

function unreadable(text: string, { at, why, said }: Extract<ReturnType<typeof parseCel>, { ok: false }>): Mistake {
  if (why === 'too-long') {
    return standing(
      at,
      { zh: `表达式超过 ${mostLetters} 个字符`, en: `the expression is longer than ${mostLetters} characters` },
      { zh: '拆成几条规则', en: 'make several rules of it' },
    )
  }
  if (why === 'too-deep') {
    return standing(
      at,
      { zh: '表达式太大，或括号套得太深', en: 'the expression is too large or nested too deeply' },
      { zh: '拆成几条规则', en: 'make several rules of it' },
    )
  }
  const next = text.slice(at).trim()
  return standing(
    at,
    next === ''
      ? { zh: '表达式没有写完', en: 'the expression ends too soon' }
      : { zh: `看不懂“${short(next)}”（${said}）`, en: `cannot read "${short(next)}" (${said})` },
    {
      zh: '按 CEL 写，例如 heating == 1.0 && temperature < 100.0',
      en: 'write CEL, as in heating == 1.0 && temperature < 100.0',
    },
  )
}
