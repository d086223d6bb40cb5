import { between, hours } from '../../../protocols/contract/time.ts'
import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import type { InputShape, Inputs, Step } from '../kind.ts'
import { SpecReader } from '../spec.ts'
import { readCondition, View } from './expr-condition.ts'
import type { Condition } from './expr-condition.ts'
import { senseOf } from './expr-sense.ts'
import { dueOf, hearPhase, normal, telling, wakePhase } from './limit-phases.ts'
import type { Phase } from './limit-phases.ts'

export interface ExprSpec {
  readonly when: string
  readonly onDelay: Millis
  readonly offDelay: Millis
  /** What is told beside the title; `{temperature}` stands for that input's value. */
  readonly because: Words | null
  /** Its look at its inputs: a cache, nothing that is judged by; what it holds follows from the text and the inputs alone. */
  readonly view: View | undefined
}

/** As of `limit`: a condition that is unknown neither starts, ends nor restarts anything. `failingSince`: it has divided by zero since. */
export type ExprState = Phase & { readonly failingSince: Instant | null }

/** Dividing by zero for longer than this is a fault of the rule, not of the moment: it is told and no longer judged. */
const patience = hours(1)

/**
 * An expression in CEL over several inputs, with the delays of `limit`. It has no loops and no texts, so that its length bounds its
 * cost; it is evaluated only when one of the inputs it reads has another value.
 */
export const expr = ruleKind<ExprSpec, ExprState>({
  kind: 'expr',
  parse(raw, place) {
    const from = new SpecReader(raw, place)
    const when = from.text('when')
    if (when !== '') {
      const read = readCondition(when)
      if (!read.ok) for (const { wrong, write } of read.mistakes) from.wrong(['when'], wrong, write)
    }
    const none = 0 as Millis
    return from.finish({
      when,
      onDelay: from.duration('onDelay', none),
      offDelay: from.duration('offDelay', none),
      because: readBecause(from),
      view: viewOn(when),
    })
  },
  inputs: spec => shapesOf(spec),
  begin: () => ({ state: { ...normal, failingSince: null }, wakeAt: undefined }),
  hear: (spec, state, _value, at, inputs) => hear(spec, state, at, inputs),
  wake,
  sense: spec => senseOf(viewOf(spec).condition),
})

const conditions = new Map<string, Condition>()
const mostConditions = 1_000

/** One text is compiled once, although a hundred cabinets are judged by it. */
function viewOn(text: string): View | undefined {
  const known = conditions.get(text)
  if (known) return new View(known)
  const read = readCondition(text)
  if (!read.ok) return undefined
  if (conditions.size >= mostConditions) conditions.clear()
  conditions.set(text, read.condition)
  return new View(read.condition)
}

/** Settings that were wrong never come this far. */
function viewOf({ view, when }: ExprSpec): View {
  if (!view) throw new Error(`"${when}" was not checked`)
  return view
}

const shapesOf = (spec: ExprSpec): readonly InputShape[] => viewOf(spec).condition.names.map(name => ({ name, need: 'one' }))

function hear(spec: ExprSpec, state: ExprState, at: Instant, inputs: Inputs): Step<ExprState> | undefined {
  const truth = viewOf(spec).truth(inputs, at)
  // By far the most readings: nothing is wrong and nothing was.
  if (truth === undefined || (truth === false && state === normal)) return undefined
  if (truth === 'failing') return fail(spec, state, at)
  const step = hearPhase(spec, state, truth ? 'met' : 'returned', at)
  if (step) return judged(spec, step, inputs)
  return state.failingSince === null ? undefined : { state: { ...state, failingSince: null }, wakeAt: dueOf(spec, state) }
}

function fail(spec: ExprSpec, state: ExprState, at: Instant): Step<ExprState> | undefined {
  const { failingSince } = state
  if (failingSince === null) return { state: { ...state, failingSince: at }, wakeAt: dueOf(spec, state) }
  if (between(failingSince, at) < patience) return undefined
  throw new Error(`"${spec.when}" has divided by zero since ${new Date(failingSince).toISOString()}`)
}

function wake(spec: ExprSpec, state: ExprState, at: Instant, inputs: Inputs): Step<ExprState> | undefined {
  const isSure = state.phase !== 'returning' || viewOf(spec).truth(inputs, at) === false
  const step = wakePhase(state, at, isSure)
  return step && judged(spec, step, inputs, state.failingSince)
}

/** An alarm of several inputs has no one value: the sentence says them all. */
function judged(spec: ExprSpec, step: Step<Phase>, inputs: Inputs, failingSince: Instant | null = null): Step<ExprState> {
  const said = telling(step, undefined, () => becauseOf(spec, inputs)) ?? step
  return { ...said, state: { ...said.state, failingSince } }
}

function becauseOf(spec: ExprSpec, inputs: Inputs): Words {
  const { names } = viewOf(spec).condition
  const shown = (name: string): string | undefined => {
    const value = inputs[name]?.value
    return value === undefined ? undefined : String(Math.round(value * 1_000) / 1_000)
  }
  if (spec.because) {
    const filled = (text: string): string => text.replaceAll(/\{(\w+)\}/g, (all, name: string) => shown(name) ?? all)
    return { zh: filled(spec.because.zh), en: filled(spec.because.en) }
  }
  const said = names.flatMap(name => (shown(name) === undefined ? [] : [`${name} = ${shown(name)}`])).join(', ')
  return { zh: `条件成立（${spec.when}）：${said.replaceAll(', ', '，')}`, en: `the condition holds (${spec.when}): ${said}` }
}

/** `because: { zh: '正在加热而只有 {temperature} °C', en: … }`, or one text for both. */
function readBecause(from: SpecReader): Words | null {
  const raw = from.raw('because')
  if (raw === undefined) return null
  if (typeof raw === 'string') return { zh: raw, en: raw }
  const { zh, en } = Object(raw) as { readonly zh?: unknown; readonly en?: unknown }
  if (typeof zh === 'string' && typeof en === 'string') return { zh, en }
  from.wrong(
    ['because'],
    { zh: '“because”要写中文和英文两句', en: '"because" is one sentence in each language' },
    { zh: "写 { zh: '…{temperature}…', en: '…' }", en: "write { zh: '…{temperature}…', en: '…' }" },
  )
  return null
}
