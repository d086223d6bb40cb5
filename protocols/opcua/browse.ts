import type * as Library from 'node-opcua-client'
import type { Found, FoundPoint, ScanAsk, ScanStep } from '../contract/driver.ts'
import { fault } from '../contract/fault.ts'
import { whatWentWrong } from '../kit/answer.ts'
import type { DataValue } from './decode.ts'
import type { OpcuaSession } from './session.ts'

/** Bounds of one look around: a server may have millions of nodes, and loops. */
const deepest = 12
const mostVisited = 20_000
const nodesPerCall = 50
/** Where equipment hangs: below Objects; the standard's own part of it (the server's diagnostics) is nobody's equipment. */
const objects = 'ns=0;i=85'

/** An object or variable that was met. */
interface Node {
  readonly id: string
  readonly name: string
  readonly isVariable: boolean
  readonly path: readonly string[]
}
interface Variable extends Node {
  readonly of: string
  unitNode?: string
}

/**
 * Looks around from `ask.at` (else from Objects): every object that has variables of its own is one find, its variables are the points,
 * each with its value, type and unit as the server has them. Only browses and reads.
 */
export async function* lookAround(session: OpcuaSession, ask: ScanAsk, signal: AbortSignal): AsyncGenerator<ScanStep> {
  const begin = ask.at ?? objects
  const seen = new Set([begin])
  let level: readonly Node[] = [{ id: begin, name: begin, isVariable: false, path: [] }]
  let done = 0
  let found = 0
  try {
    for (let depth = 0; depth < deepest && level.length > 0 && !signal.aborted; depth++) {
      const next: Node[] = []
      for (let from = 0; from < level.length && !signal.aborted; from += nodesPerCall) {
        const part = level.slice(from, from + nodesPerCall)
        const children = await childrenOf(session, part)
        const owners: (readonly [Node, Variable[]])[] = []
        for (const [at, parent] of part.entries()) {
          const fresh = (children[at] ?? []).filter(({ id }) => seen.size < mostVisited && !seen.has(id) && seen.add(id))
          // A variable's own variables (parts of a structure, properties) are not asked about.
          if (!parent.isVariable) next.push(...fresh.filter(child => !child.isVariable && isEquipment(child.id, ask.at)))
          const variables = fresh.filter(({ isVariable, id }) => isVariable && isEquipment(id, ask.at))
          if (variables.length > 0) owners.push([parent, variables.map(one => ({ ...one, of: parent.id }))])
        }
        for (const [owner, variables] of owners) {
          if (found >= ask.most || signal.aborted) return
          found += 1
          yield { step: 'found', found: await findOf(session, owner, variables) }
        }
        done += part.length
        yield { step: 'asked', done, of: Math.max(done, done + level.length - from - part.length + next.length) }
      }
      level = next
    }
  } catch (error) {
    yield { step: 'trouble', fault: fault('disconnected', whatWentWrong(error)) }
  }
}

const isEquipment = (id: string, at: string | undefined): boolean =>
  at !== undefined || !/^(ns=0;)?i=/.test(id) || /^ns=[1-9]/.test(id)

/** What hangs below each node, in the order asked; continuation points followed. */
async function childrenOf({ opcua, looking }: OpcuaSession, parents: readonly Node[]): Promise<readonly (readonly Node[])[]> {
  const results = await looking.browse(
    parents.map(({ id }) => ({
      nodeId: id,
      browseDirection: opcua.BrowseDirection.Forward,
      referenceTypeId: 'HierarchicalReferences',
      includeSubtypes: true,
      nodeClassMask: opcua.NodeClassMask.Object | opcua.NodeClassMask.Variable,
      resultMask: 63,
    })),
  )
  const answers: (readonly Node[])[] = []
  for (const [at, result] of results.entries()) {
    const references = [...(result.references ?? [])]
    let { continuationPoint } = result
    while (continuationPoint && continuationPoint.length > 0 && references.length < mostVisited) {
      const more = await looking.browseNext(continuationPoint, false)
      references.push(...(more.references ?? []))
      continuationPoint = more.continuationPoint
    }
    const path = [...(parents[at]?.path ?? []), parents[at]?.name ?? '']
    answers.push(references.map(reference => nodeOf(opcua, reference, path)))
  }
  return answers
}

function nodeOf(opcua: typeof Library, reference: Library.ReferenceDescription, path: readonly string[]): Node {
  const { nodeId, displayName, browseName, nodeClass } = reference
  return {
    id: nodeId.toString(),
    name: (displayName.text ?? browseName.name ?? nodeId.toString()).slice(0, 120),
    isVariable: nodeClass === opcua.NodeClass.Variable,
    path: path.slice(-deepest),
  }
}

async function findOf(session: OpcuaSession, owner: Node, variables: Variable[]): Promise<Found> {
  const units = await unitsOf(session, variables)
  const values = await session.read(variables.map(({ id }) => id))
  const points = variables.map((variable, at): FoundPoint => {
    const data = values.ok ? values.value[at] : undefined
    const value = data && valueOf(data)
    const unit = units.get(variable.id)
    return {
      settings: { node: variable.id },
      name: variable.name,
      ...(value === undefined ? {} : { value }),
      ...(unit ? { unit } : {}),
      ...(data ? { raw: rawOf(data) } : {}),
    }
  })
  const trail = owner.path.slice(1).filter(name => name !== objects)
  return { device: {}, name: [...trail, owner.name].join(' / ') || owner.id, points }
}

/** The symbol of each variable that has EngineeringUnits. */
async function unitsOf(session: OpcuaSession, variables: readonly Variable[]): Promise<ReadonlyMap<string, string>> {
  const units = new Map<string, string>()
  for (let from = 0; from < variables.length; from += nodesPerCall) {
    const part = variables.slice(from, from + nodesPerCall)
    const below = await childrenOf(session, part)
    const asked = part.flatMap(({ id }, at) => {
      const node = below[at]?.find(({ name }) => name === 'EngineeringUnits')
      return node ? [[id, node.id] as const] : []
    })
    const read = asked.length > 0 ? await session.read(asked.map(([, node]) => node)) : undefined
    if (!read?.ok) continue
    for (const [at, [id]] of asked.entries()) {
      const { displayName } = (read.value[at]?.value ?? {}) as { readonly displayName?: { readonly text?: unknown } }
      if (typeof displayName?.text === 'string' && displayName.text !== '') units.set(id, displayName.text.slice(0, 40))
    }
  }
  return units
}

/** A number or a text as a person would read it; what is neither has none. */
export function valueOf({ value, isArray, status }: DataValue): number | string | undefined {
  if (isArray || status >>> 30 >= 2) return undefined
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'string') return value.slice(0, 200)
  if (Array.isArray(value) && value.length === 2) return Number(value[0]) * 2 ** 32 + Number(value[1])
  return undefined
}

export const rawOf = ({ statusName, type, value }: DataValue): string => `${statusName} ${type} ${String(value)}`.slice(0, 400)
