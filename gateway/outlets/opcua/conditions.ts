import type * as Library from 'node-opcua-client'
import type { ConditionState, FaceCondition } from './face.ts'
import { both, texts } from './face.ts'
import type { Namespace, Place } from './space.ts'

type AlarmNode = ReturnType<Namespace['instantiateAlarmCondition']>
type Input = ReturnType<Namespace['addVariable']>

export interface ConditionsParts {
  readonly placeOf: (equipment: string) => Place
  readonly inputOf: (point: string) => Input | undefined
}

/** Part 9's own numbers for the states of its shelving machine: Unshelved, TimedShelved, OneShotShelved. */
const shelvingStates = { Unshelved: 2930, TimedShelved: 2929, OneShotShelved: 2932 } as const
/** Of the exclusive limit machine. */
const limitStates = { High: 9331, Low: 9333 } as const
/** What the states of two are called in the standard's Annex A. */
const twoStates = { outOfServiceState: ['In Service', 'Out of Service'], latchedState: ['Unlatched', 'Latched'] } as const
const types = { limit: 'ExclusiveLevelAlarmType', state: 'OffNormalAlarmType', alarm: 'AlarmConditionType' } as const

/**
 * One condition per rule, shown as our own desk decides it: the library's alarm types would judge the values by themselves, so only
 * their shape is used.
 */
export class Conditions {
  readonly #opcua: typeof Library
  readonly #own: Namespace
  readonly #parts: ConditionsParts
  readonly #known = new Map<string, { readonly about: FaceCondition; readonly node: AlarmNode }>()

  constructor(opcua: typeof Library, own: Namespace, parts: ConditionsParts) {
    this.#opcua = opcua
    this.#own = own
    this.#parts = parts
  }

  /** Adds the condition of a rule; again: nothing happens. */
  know(about: FaceCondition): void {
    if (this.#known.has(about.rule)) return
    const { DataType, NodeId } = this.#opcua
    const place = this.#parts.placeOf(about.equipment)
    const input = this.#parts.inputOf(about.point)
    const node = this.#own.instantiateAlarmCondition(types[about.shape], {
      nodeId: `s=alarm:${about.rule}`,
      browseName: about.rule,
      displayName: texts(about.title),
      componentOf: place,
      conditionSource: place,
      conditionOf: place,
      conditionName: about.rule,
      conditionClass: about.equipment === '' ? 'SystemConditionClassType' : 'ProcessConditionClassType',
      // Without an input of its own the node is null, as Part 9 wants it.
      inputNode: input?.nodeId ?? new NodeId(),
      optionals: [
        'ConfirmedState',
        'SuppressedState',
        'OutOfServiceState',
        'LatchedState',
        'ShelvingState',
        ...(about.high === undefined ? [] : ['HighLimit']),
        ...(about.low === undefined ? [] : ['LowLimit']),
      ],
    } as unknown as Parameters<Namespace['instantiateAlarmCondition']>[1])
    const facts = { Clause: about.clause, ClauseTitle: both(about.clauseTitle), Advice: both(about.advice), AlarmId: '' }
    for (const [name, value] of Object.entries(facts))
      this.#own.addVariable({
        propertyOf: node,
        browseName: name,
        dataType: 'String',
        value: { dataType: DataType.String, value },
      })
    const bounds = node as unknown as Partial<Record<'highLimit' | 'lowLimit', Input>>
    if (about.high !== undefined) bounds.highLimit?.setValueFromSource({ dataType: DataType.Double, value: about.high })
    if (about.low !== undefined) bounds.lowLimit?.setValueFromSource({ dataType: DataType.Double, value: about.low })
    this.#known.set(about.rule, { about, node })
    node.currentBranch().setConfirmedStateIfExists(true)
    node.currentBranch().setSeverity(about.severity)
  }

  /** Sets every state of the condition; with `news` the clients that listen hear of it as one event. */
  set(state: ConditionState, news: boolean): void {
    const known = this.#known.get(state.rule)
    if (!known) return
    const { about, node } = known
    const { DataType, LocalizedText } = this.#opcua
    const branch = node.currentBranch() as unknown as Branch
    const at = new Date(state.at)
    const when = { transitionTime: at, effectiveTransitionTime: at }
    branch.setActiveState(state.active, when)
    branch.setAckedState(state.acked, when)
    branch.setConfirmedStateIfExists(state.confirmed, when)
    branch.setSuppressedState(state.suppressed, when)
    this.#twoState(node, 'outOfServiceState', state.outOfService, at)
    this.#twoState(node, 'latchedState', state.latched, at)
    branch.setRetain(state.retain)
    branch.setSeverity(state.severity)
    branch.setMessage(new LocalizedText({ text: both(state.message) }))
    branch.setComment(new LocalizedText({ text: state.comment }))
    branch.setClientUserId(state.by)
    branch.setTime(at)
    branch.setReceiveTime(at)
    this.#machine(node, 'shelvingState', state.shelving, shelvingStates[state.shelving])
    const side = about.high === undefined ? 'Low' : 'High'
    if (about.shape === 'limit') {
      if (state.active) this.#machine(node, 'limitState', side, limitStates[side])
      else this.#machine(node, 'limitState', '', undefined)
    }
    const quiet = state.suppressed || state.outOfService || state.shelving !== 'Unshelved'
    node.suppressedOrShelved.setValueFromSource({ dataType: DataType.Boolean, value: quiet })
    const own = node as unknown as { readonly alarmId?: Input }
    own.alarmId?.setValueFromSource({ dataType: DataType.String, value: state.alarm })
    if (news) node.raiseNewBranchState(node.currentBranch())
    else branch.renewEventId()
  }

  /** A state of two that the library leaves without machinery of its own. */
  #twoState(node: AlarmNode, which: keyof typeof twoStates, is: boolean, at: Date): void {
    const { DataType, LocalizedText, StatusCodes } = this.#opcua
    const state = (node as unknown as Record<typeof which, Machine['currentState'] | undefined>)[which]
    const text = twoStates[which][is ? 1 : 0]
    state?.setValueFromSource(
      { dataType: DataType.LocalizedText, value: new LocalizedText({ locale: 'en', text }) },
      StatusCodes.Good,
      at,
    )
    state?.id.setValueFromSource({ dataType: DataType.Boolean, value: is }, StatusCodes.Good, at)
  }

  /** The current state of one of the standard's state machines, by its name and its well-known node. */
  #machine(node: AlarmNode, which: 'shelvingState' | 'limitState', name: string, id: number | undefined): void {
    const { DataType, LocalizedText, NodeId } = this.#opcua
    const machine = (node as unknown as Record<typeof which, Machine | undefined>)[which]
    if (!machine) return
    const { currentState } = machine
    currentState.setValueFromSource({ dataType: DataType.LocalizedText, value: new LocalizedText({ text: name }) })
    currentState.id.setValueFromSource({
      dataType: DataType.NodeId,
      value: id === undefined ? new NodeId() : new NodeId(undefined, id, 0),
    })
  }
}

/** What a snapshot can do beyond what the library declares of it. */
type Branch = ReturnType<AlarmNode['currentBranch']> &
  Record<
    'setActiveState' | 'setAckedState' | 'setConfirmedStateIfExists' | 'setSuppressedState',
    (is: boolean, when: { readonly transitionTime: Date; readonly effectiveTransitionTime: Date }) => void
  >
interface Machine {
  readonly currentState: Input & { readonly id: Input }
}
