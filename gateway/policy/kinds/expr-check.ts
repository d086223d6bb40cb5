import type { Words } from '../../../protocols/contract/driver.ts'
import { functions } from '../cel.ts'
import type { BinaryOp, Term } from '../cel.ts'

/** One thing that is wrong with an expression, with the character where it stands. */
export interface Mistake {
  readonly wrong: Words
  readonly write: Words
}

type Type = 'number' | 'truth' | 'list' | 'wrong'
const arithmetic: ReadonlySet<BinaryOp> = new Set(['+', '-', '*', '/'])
const order: ReadonlySet<BinaryOp> = new Set(['<', '<=', '>', '>='])

/** Types are few: numbers, truth, and lists of numbers to the right of `in`. */
export class ExprCheck {
  readonly mistakes: Mistake[] = []
  readonly names = new Set<string>()

  typeOf(term: Term): Type {
    switch (term.is) {
      case 'number':
      case 'truth':
        return term.is
      case 'input':
        this.names.add(term.name)
        return 'number'
      case 'not':
        return this.#ask(term.of, 'truth', '!')
      case 'minus':
        return this.#ask(term.of, 'number', '-')
      case 'choice':
        return this.#choice(term)
      case 'list':
        for (const item of term.items) this.#ask(item, 'number', '[ ]')
        return 'list'
      case 'call':
        return this.#call(term)
      case 'binary':
        return this.#binary(term)
      case 'foreign':
        return this.report(
          term.at,
          { zh: `规则里用不了“${short(term.what)}”`, en: `a rule has no use for ${short(term.what)}` },
          {
            zh: '只写数、输入名、+ - * /、比较、&& || !、?: 和 in [数, …]',
            en: 'write numbers, inputs, + - * /, comparisons, && || !, ?: and in [numbers]',
          },
        )
    }
  }

  report(at: number, wrong: Words, write: Words): 'wrong' {
    this.mistakes.push(standing(at, wrong, write))
    return 'wrong'
  }

  #ask(term: Term, wanted: 'number' | 'truth', by: string): Type {
    const type = this.typeOf(term)
    if (type === wanted || type === 'wrong') return type
    const [zh, en] = wanted === 'number' ? ['一个数', 'a number'] : ['一个条件', 'a condition']
    return this.report(
      term.at,
      { zh: `“${by}”要的是${zh}`, en: `${by} asks for ${en}` },
      wanted === 'number'
        ? { zh: '写数或输入名', en: 'write a number or an input' }
        : { zh: '写成比较，例如 heating == 1.0', en: 'compare it, as in heating == 1.0' },
    )
  }

  #choice({ test, yes, no, at }: Extract<Term, { is: 'choice' }>): Type {
    this.#ask(test, 'truth', '?:')
    const [one, other] = [this.typeOf(yes), this.typeOf(no)]
    if (one === other && one !== 'list') return one
    if (one === 'wrong' || other === 'wrong') return 'wrong'
    return this.report(
      at,
      { zh: '“?:”两边一个是数、一个是条件', en: 'the two sides of ?: are not of one kind' },
      { zh: '两边都写数，或都写条件', en: 'write two numbers or two conditions' },
    )
  }

  #call({ name, args, at }: Extract<Term, { is: 'call' }>): Type {
    const takes = functions.get(name)
    if (takes === undefined) {
      const known = [...functions.keys()].join(', ')
      return this.report(
        at,
        { zh: `没有函数 ${name}`, en: `there is no function ${name}` },
        { zh: `可用的有：${known}`, en: `known are ${known}` },
      )
    }
    for (const arg of args) this.#ask(arg, 'number', `${name}()`)
    if (args.length === takes) return 'number'
    return this.report(
      at,
      { zh: `${name} 要 ${takes} 个数，写了 ${args.length} 个`, en: `${name} takes ${takes}, not ${args.length}` },
      { zh: `写 ${takes} 个数`, en: `give it ${takes}` },
    )
  }

  #binary({ op, left, right, at }: Extract<Term, { is: 'binary' }>): Type {
    if (op === '%') {
      return this.report(
        at,
        { zh: '“%”用不了：读数都是小数', en: '% is not for decimal numbers' },
        { zh: '用 / 代替', en: 'use /' },
      )
    }
    if (op === '&&' || op === '||') {
      const sides = [this.#ask(left, 'truth', op), this.#ask(right, 'truth', op)]
      return sides.includes('wrong') ? 'wrong' : 'truth'
    }
    if (op === 'in') {
      this.#ask(left, 'number', 'in')
      if (this.typeOf(right) === 'list') return 'truth'
      return this.report(
        right.at,
        { zh: '“in”后面要一列数', en: 'in asks for a list' },
        { zh: '写 [1.0, 2.0]', en: 'write [1.0, 2.0]' },
      )
    }
    if (arithmetic.has(op)) {
      const sides = [this.#ask(left, 'number', op), this.#ask(right, 'number', op)]
      if (op === '/' && constant(right) === 0) {
        return this.report(
          right.at,
          { zh: '除数永远是 0', en: 'it divides by zero, always' },
          { zh: '换一个除数', en: 'divide by something else' },
        )
      }
      return sides.includes('wrong') ? 'wrong' : 'number'
    }
    if (order.has(op)) {
      const sides = [this.#ask(left, 'number', op), this.#ask(right, 'number', op)]
      return sides.includes('wrong') ? 'wrong' : 'truth'
    }
    const [one, other] = [this.typeOf(left), this.typeOf(right)]
    if (one === 'wrong' || other === 'wrong') return 'wrong'
    if (one === other && one !== 'list') return 'truth'
    return this.report(
      at,
      { zh: `“${op}”两边不是同类`, en: `the sides of ${op} are not of one kind` },
      { zh: '两边都写数，或都写条件', en: 'compare numbers with numbers' },
    )
  }
}

/** The value of a term that reads nothing. */
export function constant(term: Term): number | undefined {
  switch (term.is) {
    case 'number':
      return term.value
    case 'minus': {
      const value = constant(term.of)
      return value === undefined ? undefined : -value
    }
    case 'binary': {
      const [left, right] = [constant(term.left), constant(term.right)]
      if (left === undefined || right === undefined) return undefined
      if (term.op === '+') return left + right
      if (term.op === '-') return left - right
      if (term.op === '*') return left * right
      return term.op === '/' && right !== 0 ? left / right : undefined
    }
    default:
      return undefined
  }
}

export const short = (text: string): string => (text.length > 30 ? `${text.slice(0, 30)}…` : text)

export const standing = (at: number, wrong: Words, write: Words): Mistake => ({
  wrong: { zh: `第 ${at + 1} 个字符：${wrong.zh}`, en: `at character ${at + 1}: ${wrong.en}` },
  write,
})
