import type { Binding, Protocol } from '../../protocols/contract/driver.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import { propertiesOf } from '../site/settings.ts'
import { isSuspicious } from './fitting.ts'
import type { TriedPoint, Variant } from './tried.ts'

type Settings = Readonly<Record<string, unknown>>

/** Another way to read a point, with the binding that does it. */
export interface Attempt {
  readonly variant: Omit<Variant, 'value'>
  readonly binding: Binding
}

/** So many ways are tried for one piece of equipment; the line belongs to others too. */
const mostAttempts = 48

/**
 * Other ways to read what looks wrong, taken from what the protocol's own schema allows: other byte orders, other types of the same
 * length, the address before and after, the other table. The real driver reads each; nothing is guessed.
 */
export function attemptsFor(
  points: readonly TriedPoint[],
  bindings: readonly Binding[],
  protocol: Protocol,
  settings: Settings,
): readonly Attempt[] {
  const properties = propertiesOf(protocol.schema.point) ?? {}
  const attempts = points.filter(isSuspicious).flatMap(point => {
    const binding = bindings.find(({ point: id, equipment }) => id === pointId(equipment, point.key))
    return binding ? changesFor(point, properties).map(change => ({ point, binding, ...change })) : []
  })
  return attempts.slice(0, mostAttempts).flatMap(({ point, binding, by, change }, index) => {
    const next = Object.fromEntries(Object.entries({ ...binding.settings, ...change }).filter(([, value]) => value !== null))
    const attempt: Binding = { ...binding, point: pointId(binding.equipment, `${point.key}-${index}`), settings: next }
    // What the protocol would not take is no way.
    return protocol.prepare('trial', settings, [attempt]).ok
      ? [{ variant: { point: point.key, by, change }, binding: attempt }]
      : []
  })
}

interface Change {
  readonly by: Variant['by']
  readonly change: Settings
}

function changesFor(point: TriedPoint, properties: Settings): readonly Change[] {
  const { settings, fault } = point
  const choices = (key: string): readonly string[] => enumOf(properties[key])
  const now = (key: string): string => String(settings[key] ?? choices(key)[0] ?? '')
  const type = String(settings['type'] ?? defaultOf(properties['type']) ?? '')
  const width = widthOf(type)
  const isSilent = fault?.code === 'timeout' || fault?.code === 'unreachable' || fault?.code === 'disconnected'
  // Who does not answer at all does not answer to another question either.
  if (isSilent) return []
  const orders = width > 16 ? choices('order').filter(order => order !== now('order')) : []
  const types = width === 0 ? [] : choices('type').filter(other => other !== type && widthOf(other) === width)
  return [
    ...orders.map(order => ({ by: 'order' as const, change: { order } })),
    ...types.flatMap(other => [
      { by: 'type' as const, change: { type: other } },
      ...(other.startsWith('float') ? orders.map(order => ({ by: 'type' as const, change: { type: other, order } })) : []),
    ]),
    ...neighbours(settings).map(register => ({ by: 'register' as const, change: { register } })),
    ...(fault?.code === 'no-such-address' || fault?.code === 'refused' || point.value === 0
      ? otherTables(now('table'), choices('table'))
      : []),
  ]
}

function neighbours({ register }: Settings): readonly number[] {
  if (typeof register !== 'number' || !Number.isInteger(register)) return []
  return [register - 1, register + 1].filter(one => one >= 0 && one <= 65_535)
}

const pairs: Readonly<Record<string, string>> = { holding: 'input', input: 'holding', coil: 'discrete', discrete: 'coil' }
function otherTables(now: string, known: readonly string[]): readonly Change[] {
  const other = pairs[now]
  return other !== undefined && known.includes(other) ? [{ by: 'table', change: { table: other } }] : []
}

/** Bits of a number type by its name, `float32`; 0 where the name does not say. */
const widthOf = (type: string): number => Number(/^(?:u?int|float)(\d+)$/.exec(type)?.[1] ?? 0)

function enumOf(schema: unknown): readonly string[] {
  const choices: unknown = typeof schema === 'object' && schema !== null && 'enum' in schema ? schema.enum : undefined
  return Array.isArray(choices) ? choices.filter(choice => typeof choice === 'string') : []
}
const defaultOf = (schema: unknown): unknown =>
  typeof schema === 'object' && schema !== null && 'default' in schema ? schema.default : undefined
