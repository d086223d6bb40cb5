import type { Binding, Protocol } from '../../protocols/contract/driver.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import type { ModelHint } from '../site/models.ts'
import { fitOf, isBetter, isSuspicious } from './fitting.ts'
import type { Hint, TriedPoint } from './tried.ts'

/** A batch of a model that was met in the field, as it would be read: which point with which binding. */
export interface BatchAttempt {
  readonly hint: ModelHint
  readonly parts: readonly { readonly key: string; readonly binding: Binding }[]
}

/** So many batches of one model are tried; the line belongs to others too. */
const mostBatches = 4

/** The batches of the model that may explain what looks wrong, each with bindings the protocol takes. */
export function batchesFor(
  points: readonly TriedPoint[],
  bindings: readonly Binding[],
  known: readonly ModelHint[],
  protocol: Protocol,
  settings: Readonly<Record<string, unknown>>,
): readonly BatchAttempt[] {
  const doubtful = new Set(points.filter(one => isSuspicious(one) && !isUnheard(one)).map(({ key }) => key))
  // What the whole device does otherwise shows at any of its points that answers and makes no sense.
  const isOdd = points.some(
    ({ fault, ...one }) => fault !== undefined && (fault.code === 'garbled' || !isUnheard({ ...one, fault })),
  )
  return known
    .filter(hint => [...hint.points.keys()].some(key => doubtful.has(key)) || (isOdd && isOfDevice(hint)))
    .slice(0, mostBatches)
    .flatMap((hint, index) => {
      const parts = points.flatMap(({ key }) => {
        const change = hint.points.get(key) ?? (isOfDevice(hint) ? {} : undefined)
        const binding = bindings.find(({ point, equipment }) => point === pointId(equipment, key))
        if (!change || !binding) return []
        const point = pointId(binding.equipment, `${key}-batch-${index}`)
        const device = { ...binding.device, ...hint.device }
        return [{ key, binding: { ...binding, point, device, settings: { ...binding.settings, ...change } } }]
      })
      const isTaken = protocol.prepare(
        'trial',
        settings,
        parts.map(({ binding }) => binding),
      ).ok
      return parts.length > 0 && isTaken ? [{ hint, parts }] : []
    })
}

const isOfDevice = ({ points, device }: ModelHint): boolean => points.size === 0 && Object.keys(device).length > 0

/** What a batch really gave, by the key of the point; what gave nothing is not in it. */
export type Given = ReadonlyMap<string, number>

/** The batches that fit better than what was written, none of their points worse; and how it comes out of the box where nobody answers. */
export function batchHints(
  points: readonly TriedPoint[],
  tried: readonly { readonly attempt: BatchAttempt; readonly gave: Given }[],
  known: readonly ModelHint[],
): readonly Hint[] {
  const fitting = tried.flatMap(({ attempt: { hint, parts }, gave }): readonly Hint[] => {
    const fits = parts.map(({ key }) => {
      const point = points.find(one => one.key === key)
      const value = gave.get(key)
      if (!point) return 'worse'
      // What gave nothing before may give nothing then.
      if (value === undefined) return point.value === undefined ? 'same' : 'worse'
      const [now, then] = [point.value === undefined ? 'impossible' : fitOf(point.value, point), fitOf(value, point)] as const
      const isNoughtNow = point.value === 0 && value !== 0 && then === 'expected'
      return isBetter(now, then) ? 'worse' : isBetter(then, now) || isNoughtNow ? 'better' : 'same'
    })
    if (fits.includes('worse') || !fits.includes('better')) return []
    return [
      {
        code: 'variant',
        points: parts.map(({ key }) => key),
        say: hint.look,
        change: parts.flatMap(({ key }) => {
          const settings = hint.points.get(key)
          return settings ? [{ point: key, settings: { ...settings } }] : []
        }),
        ...(Object.keys(hint.device).length > 0 && { device: { ...hint.device } }),
        gives: parts.flatMap(({ key }) => (gave.has(key) ? [{ point: key, value: gave.get(key) ?? 0 }] : [])),
      },
    ]
  })
  const isSilent = points.length > 0 && points.every(isUnheard)
  const links = isSilent ? known.filter(({ link }) => Object.keys(link).length > 0) : []
  return [
    ...fitting,
    ...links.map(({ look, link }): Hint => {
      const settings = Object.entries(link)
        .map(([key, value]) => `${key}: ${String(value)}`)
        .join(', ')
      return {
        code: 'variant',
        points: points.map(({ key }) => key),
        say: {
          zh: `${look.zh}。若是这一批，在连接里写 ${settings}`,
          en: `${look.en}. If it is one of these, write ${settings} at the connection`,
        },
      }
    }),
  ]
}

/** Nothing that makes sense was heard of it: wires and speed come first, settings of points later. */
const isUnheard = ({ fault }: TriedPoint): boolean =>
  fault !== undefined && ['timeout', 'garbled', 'unreachable', 'disconnected', 'device-silent'].includes(fault.code)
