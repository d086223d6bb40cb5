import type { Binding, Template } from '../../protocols/contract/driver.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import type { EquipmentType, PointType, Span } from '../site/library.ts'
import { convertOf, deviceOf, fits, plausibleOf, settingsFrom } from '../site/model-points.ts'
import { familyOf } from '../site/models.ts'
import type { Model } from '../site/models.ts'

/** A model is told by its first points; reading all of a large meter takes seconds on a serial line. */
const mostPoints = 8

/** The line that is searched. */
export interface SearchedLine {
  readonly protocol: string
  readonly settings: Readonly<Record<string, unknown>>
}

/** The models that may stand on such a line, the likeliest first: those that come with its speed, then those whose map was checked. */
export function templatesFor(
  line: SearchedLine,
  models: Iterable<Model>,
  types: ReadonlyMap<string, EquipmentType>,
): readonly Template[] {
  return [...models]
    .filter(model => model.protocol === familyOf(line.protocol) && hasPlug(model, line))
    .toSorted((a, b) => likeliness(b, line) - likeliness(a, line))
    .flatMap(model => templateOf(model, types) ?? [])
}

const isSerial = ({ settings }: SearchedLine): boolean => typeof settings['path'] === 'string'

/** A device with a network port alone is not on a serial port. */
const hasPlug = ({ link }: Model, line: SearchedLine): boolean =>
  !(isSerial(line) && link.port !== undefined && link.baud === undefined)

function likeliness({ link, verified }: Model, line: SearchedLine): number {
  const { baud = 9_600 } = line.settings
  return (isSerial(line) && link.baud === baud ? 2 : 0) + (verified ? 1 : 0)
}

function templateOf(model: Model, types: ReadonlyMap<string, EquipmentType>): Template | undefined {
  const type = model.types.map(one => types.get(one)).find(one => one !== undefined)
  if (!type) return undefined
  const device = deviceOf(model, undefined)
  const bindings = [...type.points.values()].flatMap((point): readonly Binding[] => {
    const from = model.points.get(point.key)
    if (!from || !fits(from, point)) return []
    const convert = convertOf(from, point)
    return [
      {
        point: pointId(model.id, point.key),
        equipment: model.id,
        device,
        settings: settingsFrom(from, model.id),
        plausible: expected(point, plausibleOf(from, point)),
        ...(convert && { convert }),
      },
    ]
  })
  return bindings.length === 0 ? undefined : { model: model.id, bindings: bindings.slice(0, mostPoints) }
}

/** Narrower than what is possible: what such equipment shows on an ordinary day, and half as much on either side. */
function expected({ kind, range, labels }: PointType, plausible: Span | undefined): Span {
  if (kind === 'contact' || kind === 'state') return { min: Math.min(...labels.keys()), max: Math.max(...labels.keys()) }
  const slack = (range.max - range.min) / 2
  return {
    min: Math.max(range.min - slack, plausible?.min ?? Number.NEGATIVE_INFINITY),
    max: Math.min(range.max + slack, plausible?.max ?? Number.POSITIVE_INFINITY),
  }
}
