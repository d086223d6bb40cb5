import { variable } from '../cel.ts'
import type { Term } from '../cel.ts'
import type { SpecProblem } from '../kind.ts'
import { constant } from './expr-check.ts'
import type { Condition, Truth } from './expr-condition.ts'

/** So many combinations are tried at most; an expression with more is left to the field. */
const most = 20_000

/**
 * What an expression can never or must always be, although each part by itself is right. Where every input is only compared with
 * fixed numbers its truth changes at those numbers alone, so that trying each of them and each stretch between proves it. Where it
 * calculates with its inputs only a division by zero that was found is told.
 */
export function senseOf(condition: Condition): readonly SpecProblem[] {
  const bounds = new Map<string, Set<number>>(condition.names.map(name => [name, new Set()]))
  const provable = collect(condition.term, bounds)
  const seen = tryAll(condition, bounds, provable)
  if (seen === undefined) return []
  const path = ['when']
  const problems: SpecProblem[] = []
  if (seen.has('failing')) {
    problems.push({
      path,
      wrong: { zh: '除数可能是 0，那时条件无法判断', en: 'the divisor may be 0, and then nothing can be judged' },
      write: {
        zh: '先排除 0，例如 flow != 0.0 && power / flow > 3.0',
        en: 'exclude it, as in flow != 0.0 && power / flow > 3.0',
      },
    })
  }
  if (provable && !seen.has(true)) {
    problems.push({
      path,
      wrong: { zh: '条件永远不成立：各部分互相矛盾', en: 'it can never be true: its parts contradict each other' },
      write: { zh: '检查比较的方向和数字', en: 'look at the directions and the numbers' },
    })
  }
  if (provable && !seen.has(false)) {
    problems.push({
      path,
      wrong: { zh: '条件永远成立', en: 'it is always true' },
      write: { zh: '检查比较的方向，以及该用 && 还是 ||', en: 'look at the directions, and whether && or || is meant' },
    })
  }
  return problems
}

/** Notes the numbers each input is compared with; `false` where an input is used in another way than being compared with a number. */
function collect(term: Term, bounds: ReadonlyMap<string, Set<number>>): boolean {
  switch (term.is) {
    case 'number':
    case 'truth':
      return true
    case 'not':
      return collect(term.of, bounds)
    case 'choice':
      return [term.test, term.yes, term.no].map(part => collect(part, bounds)).every(Boolean)
    case 'binary': {
      if (term.op === '&&' || term.op === '||') return [term.left, term.right].map(part => collect(part, bounds)).every(Boolean)
      const items = term.right.is === 'list' ? term.right.items : [term.right]
      const straight = note(term.left, items, bounds) || note(term.right, [term.left], bounds)
      if (straight) return true
      // Calculated with: its numbers are still good guesses for where a divisor is zero.
      for (const part of [term.left, ...items]) collect(part, bounds)
      return constant(term) !== undefined
    }
    case 'call':
      for (const part of term.args) collect(part, bounds)
      return false
    default:
      return false
  }
}

function note(input: Term, against: readonly Term[], bounds: ReadonlyMap<string, Set<number>>): boolean {
  if (input.is !== 'input') return false
  const values = against.map(constant)
  for (const value of values) if (value !== undefined) bounds.get(input.name)?.add(value)
  return values.every(value => value !== undefined)
}

function tryAll(
  condition: Condition,
  bounds: ReadonlyMap<string, ReadonlySet<number>>,
  provable: boolean,
): ReadonlySet<Truth> | undefined {
  const choices = condition.names.map(name => stretches([...(bounds.get(name) ?? []), ...(provable ? [] : [0])]))
  const count = choices.reduce((product, list) => product * list.length, 1)
  if (count > most) return undefined
  const seen = new Set<Truth>()
  for (let number = 0; number < count; number += 1) {
    const values: Record<string, number> = {}
    let rest = number
    for (const [index, list] of choices.entries()) {
      values[variable(index)] = list[rest % list.length] ?? 0
      rest = Math.floor(rest / list.length)
    }
    seen.add(condition.run(values))
  }
  return seen
}

/** Any number would do; an odd one makes no divisor zero by accident (`power / (flow + 1)`). */
const beyond = 1.6180339

/** Each number, a value between each two, one below all and one above all. */
function stretches(numbers: readonly number[]): readonly number[] {
  const sorted = [...new Set(numbers)].toSorted((a, b) => a - b)
  const [first, last] = [sorted[0] ?? 0, sorted.at(-1) ?? 0]
  const between = sorted.flatMap((value, index) => {
    const next = sorted[index + 1]
    return next === undefined ? [value] : [value, (value + next) / 2]
  })
  return [first - beyond * (1 + Math.abs(first)), ...between, last + beyond * (1 + Math.abs(last))]
}
