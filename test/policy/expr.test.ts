import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { instant, seconds } from '../../protocols/contract/time.ts'
import { parseCel } from '../../gateway/policy/cel.ts'
import type { Inputs, PointMemory, SpecProblem, Step } from '../../gateway/policy/kind.ts'
import { View } from '../../gateway/policy/kinds/expr-condition.ts'
import { expr } from '../../gateway/policy/kinds/expr.ts'
import { nowhere } from '../../gateway/policy/place.ts'

const t0 = instant(1_780_000_000_000)

const memory = (said: Partial<PointMemory>): PointMemory => ({
  newestAt: undefined,
  value: undefined,
  lastWordBad: false,
  heardAt: t0,
  staleAfter: undefined,
  ...said,
})

const specOf = (settings: object): unknown => {
  const parsed = expr.parse({ kind: 'expr', ...settings }, nowhere)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.spec
}
const problemsOf = (settings: object): readonly SpecProblem[] => {
  const parsed = expr.parse({ kind: 'expr', ...settings }, nowhere)
  return parsed.ok ? [] : parsed.problems
}

/** One rule by itself, with a clock that rings its timer once time has passed it. */
class Bench {
  readonly told: string[] = []
  readonly #spec: unknown
  #step: Step<unknown>
  #inputs: Record<string, PointMemory> = {}
  #now: Instant = t0
  #staleAfter: Millis | undefined

  constructor(settings: object, staleAfter?: Millis) {
    this.#spec = specOf(settings)
    this.#staleAfter = staleAfter
    this.#step = expr.begin(this.#spec, t0, this.#inputs)
  }

  get state(): unknown {
    return this.#step.state
  }

  at(second: number, said: Readonly<Record<string, number | 'bad'>> = {}): this {
    this.#passTo(instant(t0 + second * 1_000))
    for (const [name, value] of Object.entries(said)) {
      const before = this.#inputs[name] ?? memory({ staleAfter: this.#staleAfter })
      const now = value === 'bad' ? {} : { value, newestAt: this.#now, heardAt: this.#now }
      const after = { ...before, ...now, lastWordBad: value === 'bad' }
      this.#inputs = { ...this.#inputs, [name]: after }
      if (value !== 'bad') {
        this.#take(expr.hear(this.#spec, JSON.parse(JSON.stringify(this.#step.state)), value, this.#now, this.#inputs, name))
      }
    }
    return this
  }

  #passTo(now: Instant): void {
    const { wakeAt } = this.#step
    if (wakeAt !== undefined && wakeAt < now) {
      this.#step = { ...this.#step, wakeAt: undefined }
      this.#take(expr.wake(this.#spec, this.#step.state, wakeAt, this.#inputs))
    }
    this.#now = now
  }

  #take(step: Step<unknown> | undefined): void {
    if (!step) return
    this.#step = step
    const { transition } = step
    if (transition) this.told.push(`${(transition.at - t0) / 1_000}s ${transition.what}`)
    if (transition?.what === 'raised' && transition.because) this.told.push(transition.because.en)
  }
}

const heating = { when: 'heating == 1.0 && temperature < 100.0', onDelay: '60s', offDelay: '30s' }

describe('an expression', () => {
  test('watches the names it uses, in the order they appear', () => {
    expect(expr.inputs?.(specOf(heating)).map(({ name, need }) => [name, need])).toEqual([
      ['heating', 'one'],
      ['temperature', 'one'],
    ])
  })

  test('raises once the condition has lasted the on-delay, and says by which values', () => {
    const bench = new Bench(heating).at(0, { heating: 0, temperature: 20 }).at(10, { heating: 1 }).at(100)

    expect(bench.told).toEqual([
      '70s raised',
      'the condition holds (heating == 1.0 && temperature < 100.0): heating = 1, temperature = 20',
    ])
  })

  test('starts anew when a reading ends the condition inside the on-delay', () => {
    const bench = new Bench(heating).at(0, { temperature: 20, heating: 1 }).at(30, { heating: 0 }).at(40, { heating: 1 }).at(99)
    expect(bench.told).toEqual([])

    expect(bench.at(101).told[0]).toBe('100s raised')
  })

  test('clears when it has been false for the off-delay, and a reading that makes it true again ends the return', () => {
    const bench = new Bench(heating).at(0, { temperature: 20, heating: 1 }).at(61)

    bench.at(70, { heating: 0 }).at(80, { heating: 1 }).at(90, { heating: 0 }).at(121)

    expect(bench.told.filter(line => line.endsWith('ed'))).toEqual(['60s raised', '120s cleared'])
  })

  test('without delays raises and clears at the reading itself', () => {
    const bench = new Bench({ when: 'a > 1 && b > 1' }).at(0, { a: 2 }).at(5, { b: 2 }).at(9, { a: 0 })

    expect(bench.told.filter(line => line.endsWith('ed'))).toEqual(['5s raised', '9s cleared'])
  })

  test('fills the sentence the rule brings with the values', () => {
    const because = { zh: '加热中，只有 {temperature} °C（{other}）', en: 'heating, and only {temperature} °C' }
    const bench = new Bench({ when: 'temperature < 100', because }).at(0, { temperature: 92.12345 })

    expect(bench.told[1]).toBe('heating, and only 92.123 °C')
  })

  test('keeps its state as plain JSON, so that a restart changes nothing', () => {
    const bench = new Bench(heating).at(0, { temperature: 20, heating: 1 })

    expect(bench.state).toEqual({ phase: 'pending', since: t0, failingSince: null })
  })
})

describe('an input that is missing, bad or silent', () => {
  test('starts nothing', () => {
    const bench = new Bench({ when: 'a > 1.0' }).at(0, { a: 0 }).at(1, { a: 'bad' }).at(2).at(3, { b: 5 })

    expect(bench.told).toEqual([])
  })

  test('does not decide what the other inputs decide alone', () => {
    const both = new Bench({ when: 'a > 1.0 && b > 1.0' }).at(0, { b: 2 }).at(1, { a: 2 }).at(2, { b: 'bad' })
    both.at(3, { a: 3 })
    expect(both.told.length).toBe(2)
    expect(both.at(4, { a: 0 }).told.at(-1)).toBe('4s cleared')

    const either = new Bench({ when: 'a > 1.0 || b > 1.0' }).at(0, { a: 2 })
    expect(either.told[0]).toBe('0s raised')
    expect(either.at(1, { a: 0 }).told.length).toBe(2)
  })

  test('neither ends a running delay nor a raised alarm', () => {
    const bench = new Bench(heating)
      .at(0, { temperature: 20, heating: 1 })
      .at(10, { temperature: 'bad' })
      .at(20, { heating: 1 })
      .at(70)

    expect(bench.told[0]).toBe('60s raised')
    expect(bench.at(500).told.length).toBe(2)
  })

  test('holds a return until a good reading that is still false', () => {
    const bench = new Bench(heating).at(0, { temperature: 20, heating: 1 }).at(61, { temperature: 120 })
    bench.at(65, { temperature: 'bad' }).at(300, { heating: 1 })
    expect(bench.told.length).toBe(2)

    expect(bench.at(301, { temperature: 121 }).told.at(-1)).toBe('301s cleared')
  })

  test('is unknown once it has been silent for longer than its time', () => {
    const bench = new Bench({ when: 'a > 1.0 && b > 1.0' }, seconds(60)).at(0, { a: 2 }).at(61, { b: 2 })

    expect(bench.told).toEqual([])
    expect(bench.at(62, { a: 2 }).told[0]).toBe('62s raised')
  })
})

describe('a division by zero', () => {
  test('is unknown, whatever the other side says, and an hour of it is a fault of the rule', () => {
    const bench = new Bench({ when: 'power / flow > 3.0' }).at(0, { flow: 0, power: 9 }).at(60, { power: 8 })
    expect(bench.told).toEqual([])

    expect(() => bench.at(3_599, { power: 9 })).not.toThrow()
    expect(() => bench.at(3_600, { power: 10 })).toThrow(/divided by zero since/)
  })

  test('that ends in time is forgotten', () => {
    const bench = new Bench({ when: 'power / flow > 3.0' })
      .at(0, { flow: 0, power: 1 })
      .at(1_800, { flow: 1 })
      .at(1_900, { flow: 0 })

    expect(() => bench.at(5_000, { power: 2 })).not.toThrow()
    expect(bench.at(5_100, { power: 9, flow: 1 }).told[0]).toBe('5100s raised')
  })

  test('keeps a delay running as any other unknown', () => {
    const bench = new Bench({ when: 'power / flow > 3.0', onDelay: '60s' })
      .at(0, { flow: 1, power: 9 })
      .at(30, { flow: 0 })
      .at(61)

    expect(bench.told[0]).toBe('60s raised')
  })

  test('is not met where the expression excludes it', () => {
    const bench = new Bench({ when: 'flow > 0.0 && power / flow > 3.0' }).at(0, { flow: 0, power: 9 })

    expect(() => bench.at(9_000, { power: 10 })).not.toThrow()
  })
})

describe('the settings', () => {
  const wrong: readonly (readonly [name: string, when: unknown, said: RegExp])[] = [
    ['nothing', undefined, /missing/],
    ['an unfinished one', 'a >', /at character 4: the expression ends too soon/],
    ['words of other languages', 'a > 1 and b > 2', /at character 7: cannot read "and b > 2"/],
    ['a number as the result', 'a + b', /at character 1: the result is a number/],
    ['no input at all', '1 < 2', /reads no input/],
    ['an unknown function', 'a > 1 && now() > 2', /at character 10: there is no function now/],
    ['too many arguments', 'abs(a, b) > 1', /abs takes 1, not 2/],
    ['a text', 'a > 1 && b == "x"', /no use for "x"/],
    ['a field', 'a.b > 1', /no use for a\.b/],
    ['a macro', '[1].exists(x, x > a)', /no use for \[1\]\.exists/],
    ['a pattern', 'a.matches("(x+x+)+y")', /no use for/],
    ['a null', 'a == null', /no use for null/],
    ['a map', '{1: 2} == a', /too large|no use/],
    ['a remainder', 'a % 2.0 == 0.0', /% is not for decimal/],
    ['a division by nothing but zero', 'a / (1 - 1) > 2', /at character 6: it divides by zero/],
    ['logic of numbers', 'a && b', /&& asks for a condition/],
    ['a comparison of conditions', '(a > 1) < 2', /< asks for a number/],
    ['a chain', '1 < a < 2', /< asks for a number/],
    ['arithmetic with conditions', '(a > 1) + 2 > 1', /\+ asks for a number/],
    ['a condition and a number', '(a > 1) == 2', /not of one kind/],
    ['two kinds of answers', 'a > 1 ? b : b > 2', /two sides of \?:/],
    ['a test that is none', 'a ? b > 1 : b > 2', /\?: asks for a condition/],
    ['no list', 'a in b', /in asks for a list/],
    ['a list of conditions', 'a in [b > 1]', /asks for a number/],
    ['a minus of a condition', '-(a > 1) > 2', /- asks for a number/],
    ['a not of a number', '!a', /! asks for a condition/],
    ['too many inputs', Array.from({ length: 17 }, (_, index) => `a${index} > 1`).join(' && '), /reads 17 inputs, 16 at most/],
    ['a sentence in one language', 'a > 1', /one sentence in each language/],
  ]
  test.each(wrong)('refuse %s, and say where', (name, when, said) => {
    const problems = problemsOf({ when, ...(name.includes('sentence') ? { because: { zh: '只有中文' } } : {}) })

    expect(problems.map(({ wrong: { en } }) => en).join('\n')).toMatch(said)
    expect(problems[0]?.path[0]).toMatch(/when|because/)
    for (const {
      wrong: { zh },
      write,
    } of problems)
      expect([zh, write.zh].every(text => /[一-龥]/.test(text))).toBe(true)
  })

  test('name every mistake of an expression at once', () => {
    expect(problemsOf({ when: 'foo(a) > 1 && b == "x" && c % 2 == 0' })).toHaveLength(3)
  })

  test('take a bomb for what it is before it goes off', () => {
    const bombs = [
      `${'('.repeat(400)}a${')'.repeat(400)} > 1`,
      `a > ${'1 + '.repeat(240)}1`,
      '!'.repeat(990) + '(a > 1)',
      `a in [${'1,'.repeat(400)}1]`,
      `a > 1 ${'&& a > 1 '.repeat(500)}`,
    ]
    for (const when of bombs) expect(problemsOf({ when })[0]?.wrong.en).toMatch(/longer than 1000|too large or nested/)
  })

  test('take whole numbers for decimals', () => {
    const bench = new Bench({ when: 'a + 1 == 3 && b in [1, 2e30, -4] && c > 1e-7' }).at(0, { a: 2, b: -4, c: 1 })

    expect(bench.told[0]).toBe('0s raised')
  })

  test('know abs, least, greatest and ?:', () => {
    const bench = new Bench({ when: 'abs(a - b) > 2 && least(a, b) < greatest(a, b) && (a > b ? !false : true == false)' })

    expect(bench.at(0, { b: 1 }).at(1, { a: -4 }).told).toEqual([])
    expect(bench.at(2, { a: 4 }).told[0]).toBe('2s raised')
  })
})

describe('the sense of an expression', () => {
  const sense = (when: string): string => (expr.sense?.(specOf({ when })) ?? []).map(({ wrong: { en } }) => en).join('\n')

  test.each([
    ['a > 8.0 && a < 3.0', /never be true/],
    ['a > 8.0 || a < 9.0', /always true/],
    ['8.0 < a && !(a > 8.0)', /never be true/],
    ['a in [1.0, 2.0] && a > 2.0', /never be true/],
    ['a > 1.0 ? a < 0.0 : false', /never be true/],
    ['power / flow > 3.0', /divisor may be 0/],
    ['abs(x) / (a - b) > 3.0', /divisor may be 0/],
  ])('finds what %s can never or must always be', (when, said) => {
    expect(sense(when)).toMatch(said)
  })

  test.each([
    'a > 8.0 && b < 3.0',
    'a == 1.0',
    'flow > 0.0 && power / flow > 3.0',
    'power / (flow + 1) > 3.0',
    'a - b > 2.0',
    'abs(a) > 2.0 || b > 1.0',
  ])('has nothing against %s', when => {
    expect(sense(when)).toBe('')
  })

  test('gives up where there is too much to try', () => {
    const names = Array.from({ length: 16 }, (_, index) => `a${index} > 1.0`)
    expect(sense(names.join(' && '))).toBe('')
  })
})

/** Expressions of two inputs as JavaScript writes them too: its own evaluator is the oracle. */
const numeric: fc.Arbitrary<string> = fc.letrec<{ n: string; c: string }>(tie => ({
  n: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'b'),
    fc.integer({ min: -9, max: 9 }).map(n => (n < 0 ? `(${n}.0)` : `${n}.5`)),
    fc.tuple(tie('n'), fc.constantFrom('+', '-', '*'), tie('n')).map(([l, op, r]) => `(${l} ${op} ${r})`),
  ),
  c: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(tie('n'), fc.constantFrom('<', '<=', '>', '>='), tie('n')).map(([l, op, r]) => `(${l} ${op} ${r})`),
    fc.tuple(tie('c'), fc.constantFrom('&&', '||'), tie('c')).map(([l, op, r]) => `(${l} ${op} ${r})`),
    tie('c').map(c => `!${c}`),
    fc.tuple(tie('c'), tie('c'), tie('c')).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
  ),
})).c

test('an expression means what JavaScript means by it', () => {
  fc.assert(
    fc.property(
      numeric,
      fc.double({ min: -20, max: 20, noNaN: true }),
      fc.double({ min: -20, max: 20, noNaN: true }),
      (text, a, b) => {
        const when = `${text} && a < 1e9 && b < 1e9`
        fc.pre(when.length < 900 && parseCel(when).ok)
        const oracle = new Function('a', 'b', `return ${when}`) as (a: number, b: number) => boolean
        const inputs: Inputs = { a: memory({ value: a }), b: memory({ value: b }) }
        const spec = specOf({ when })
        const step = expr.hear(spec, expr.begin(spec, t0, inputs).state, a, t0, inputs, 'a')
        expect(step?.transition?.what === 'raised').toBe(oracle(a, b))
      },
    ),
    { numRuns: 300 },
  )
})

test('an expression is evaluated only when one of its inputs says something else', () => {
  let evaluated = 0
  const view = new View({ names: ['a', 'b'], term: { at: 0, is: 'truth', value: true }, run: () => (evaluated += 1) > 0 })
  const inputs = { a: memory({ value: 1 }), b: memory({ value: 2 }) }

  for (const at of [1, 2, 3]) view.truth(inputs, instant(t0 + at))
  view.truth({ ...inputs, b: memory({ value: 2, lastWordBad: true }) }, instant(t0 + 4))
  view.truth({ a: memory({ value: 1, newestAt: t0 }), b: memory({ lastWordBad: true }) }, instant(t0 + 5))

  // Once when nothing was known, once when both were, once when one was lost.
  expect(evaluated).toBe(3)
})

test('the largest expression that is taken is evaluated in far less than a millisecond', () => {
  const when = Array.from({ length: 16 }, (_, index) => `a${index} * 2.0 + 1.0 > 3.0`).join(' || ')
  const spec = specOf({ when })
  const inputs: Record<string, PointMemory> = {}
  for (let index = 0; index < 16; index += 1) inputs[`a${index}`] = memory({ value: 0 })
  const state = expr.begin(spec, t0, inputs).state
  const began = process.cpuUsage()
  for (let index = 0; index < 1_000; index += 1) {
    Object.assign(inputs['a0'] as PointMemory, { value: -index })
    expr.hear(spec, state, -index, t0, inputs, 'a0')
  }
  // Generous: not compiled code yet.
  expect(process.cpuUsage(began).user / 1e3).toBeLessThan(1_000)
})
