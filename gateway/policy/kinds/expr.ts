import { after, between, hours, later } from '../../../protocols/contract/time.ts'
import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import type { InputShape, Inputs, Step } from '../kind.ts'
import { SpecReader } from '../spec.ts'
import { readCondition, View } from './expr-condition.ts'
import type { Condition } from './expr-condition.ts'
import { senseOf } from './expr-sense.ts'

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
export type ExprState = { readonly failingSince: Instant | null } & (
  | { readonly phase: 'normal' }
  | { readonly phase: 'pending'; readonly since: Instant }
  | { readonly phase: 'raised'; readonly raisedAt: Instant }
  | { readonly phase: 'returning'; readonly raisedAt: Instant; readonly from: Instant; readonly held: boolean }
)

const normal: ExprState = { phase: 'normal', failingSince: null }

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
  begin: () => ({ state: normal, wakeAt: undefined }),
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
  if (truth === undefined) return undefined
  if (truth === 'failing') return fail(spec, state, at)
  const { failingSince } = state
  const step = judge(spec, state, truth, at, inputs)
  if (step || failingSince === null) return step
  return { state: { ...state, failingSince: null }, wakeAt: wakeOf(spec, state) }
}

function fail(spec: ExprSpec, state: ExprState, at: Instant): Step<ExprState> | undefined {
  const { failingSince } = state
  if (failingSince === null) return { state: { ...state, failingSince: at }, wakeAt: wakeOf(spec, state) }
  if (between(failingSince, at) < patience) return undefined
  throw new Error(`"${spec.when}" has divided by zero since ${new Date(failingSince).toISOString()}`)
}

function judge(spec: ExprSpec, state: ExprState, met: boolean, at: Instant, inputs: Inputs): Step<ExprState> | undefined {
  switch (state.phase) {
    case 'normal':
      if (!met) return undefined
      if (spec.onDelay === 0) return raise(spec, at, at, inputs)
      return { state: { phase: 'pending', since: at, failingSince: null }, wakeAt: after(at, spec.onDelay) }
    case 'pending':
      return met ? undefined : { state: normal, wakeAt: undefined }
    case 'raised': {
      if (met) return undefined
      // An alarm is never said to have ended before it was raised.
      const from = later(at, state.raisedAt)
      if (spec.offDelay === 0) return clear(from)
      const returning = { phase: 'returning', raisedAt: state.raisedAt, from, held: false, failingSince: null } as const
      return { state: returning, wakeAt: after(from, spec.offDelay) }
    }
    case 'returning':
      if (met) return { state: { phase: 'raised', raisedAt: state.raisedAt, failingSince: null }, wakeAt: undefined }
      return state.held ? clear(later(at, state.raisedAt)) : undefined
  }
}

function wake(spec: ExprSpec, state: ExprState, at: Instant, inputs: Inputs): Step<ExprState> | undefined {
  switch (state.phase) {
    case 'pending':
      return raise(spec, at, state.since, inputs)
    case 'returning':
      if (state.held) return undefined
      return viewOf(spec).truth(inputs, at) === false ? clear(at) : { state: { ...state, held: true }, wakeAt: undefined }
    case 'normal':
    case 'raised':
      return undefined
  }
}

/** When the phase's own timer is due, to be said again where only `failingSince` changes. */
function wakeOf(spec: ExprSpec, state: ExprState): Instant | undefined {
  if (state.phase === 'pending') return after(state.since, spec.onDelay)
  return state.phase === 'returning' && !state.held ? after(state.from, spec.offDelay) : undefined
}

function raise(spec: ExprSpec, at: Instant, since: Instant, inputs: Inputs): Step<ExprState> {
  const because = becauseOf(spec, inputs)
  return {
    state: { phase: 'raised', raisedAt: at, failingSince: null },
    wakeAt: undefined,
    transition: { what: 'raised', at, since, because },
  }
}

const clear = (at: Instant): Step<ExprState> => ({ state: normal, wakeAt: undefined, transition: { what: 'cleared', at } })

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
