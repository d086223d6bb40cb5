import type * as Library from 'node-opcua-client'
import type { OPCUAServer } from 'node-opcua-server'
import type { Words } from '../../../protocols/contract/driver.ts'
import { Conditions } from './conditions.ts'
import type { ConditionState, Face, FaceCondition, FacePoint, FaceReading } from './face.ts'
import { both, texts, unitId } from './face.ts'

type AddressSpace = NonNullable<OPCUAServer['engine']['addressSpace']>
export type Namespace = ReturnType<AddressSpace['getOwnNamespace']>
export type Place = ReturnType<Namespace['addObject']>
type Variable = Parameters<Place['addReference']>[0] extends never ? never : ReturnType<Namespace['addVariable']>

/** A point as it stands in the space: how its number becomes a value of the node's type. */
interface Shown {
  readonly node: Variable
  readonly variant: (value: number) => Library.VariantOptions
  readonly empty: Library.VariantOptions
}

/**
 * Site → areas → equipment → points below Objects, each node by the id it has everywhere in the product (`ns=1;s=cold-1.temperature`),
 * and the conditions beside the equipment they are of.
 */
export class Space {
  readonly #opcua: typeof Library
  readonly #own: Namespace
  readonly #root: Place
  readonly #places = new Map<string, Place>()
  readonly #points = new Map<string, Shown>()
  readonly #conditions: Conditions

  constructor(opcua: typeof Library, server: OPCUAServer, face: Face) {
    const space = server.engine.addressSpace
    if (!space) throw new Error('the OPC UA address space did not load')
    this.#opcua = opcua
    this.#own = space.getOwnNamespace()
    space.installAlarmsAndConditionsService()
    const { objects } = space.rootFolder
    // Alarms climb from the equipment over its area and the site to the server, where a SCADA listens.
    const place = (id: string, name: Words, within: Place | undefined, climbs: 'notifierOf' | 'eventSourceOf'): Place =>
      this.#own.addObject({
        nodeId: `s=${id}`,
        browseName: id,
        displayName: texts(name),
        organizedBy: within ?? objects,
        [climbs]: within ?? objects.server,
        eventNotifier: 1,
      })
    this.#root = place(face.site.id, face.site.name, undefined, 'notifierOf')
    for (const { id, name } of face.areas) this.#places.set(`area ${id}`, place(`area:${id}`, name, this.#root, 'notifierOf'))
    for (const { id, name, area, typeName, clauses } of face.equipment) {
      const equipment = place(id, name, this.#places.get(`area ${area}`) ?? this.#root, 'eventSourceOf')
      this.#places.set(id, equipment)
      this.#fact(equipment, 'Type', typeName.en)
      this.#fact(equipment, 'Clauses', clauses.join(' '))
    }
    for (const point of face.points) {
      const equipment = this.#places.get(point.equipment)
      if (equipment) this.#points.set(point.id, this.#add(point, equipment))
    }
    this.#conditions = new Conditions(opcua, this.#own, {
      placeOf: id => this.#places.get(id) ?? this.#root,
      inputOf: id => this.#points.get(id)?.node,
    })
    for (const condition of face.conditions) this.#conditions.know(condition)
    this.show(face.points.map(({ id }) => ({ point: id, value: null, status: 'BadWaitingForInitialData', at: 0 })))
  }

  /** What the nodes show from now on. A point that is not here is passed over. */
  show(readings: readonly FaceReading[]): void {
    const { StatusCodes } = this.#opcua
    const codes = StatusCodes as unknown as Readonly<Record<string, Library.StatusCode>>
    for (const { point, value, status, at } of readings) {
      const shown = this.#points.get(point)
      if (!shown) continue
      const code = codes[status] ?? StatusCodes.Bad
      const variant = value === null ? shown.empty : shown.variant(value)
      shown.node.setValueFromSource(variant, code, at > 0 ? new Date(at) : undefined)
    }
  }

  know(condition: FaceCondition): void {
    this.#conditions.know(condition)
  }

  set(state: ConditionState, news: boolean): void {
    this.#conditions.set(state, news)
  }

  #add(point: FacePoint, equipment: Place): Shown {
    const { id, key, name, labels } = point
    const common = {
      nodeId: `s=${id}`,
      browseName: key,
      displayName: texts(name),
      componentOf: equipment,
      accessLevel: 'CurrentRead',
      userAccessLevel: 'CurrentRead',
    } as const
    const codes = labels.map(([code]) => code)
    if (codes.length > 0 && codes.every(code => code === 0 || code === 1)) return this.#contact(common, labels)
    if (codes.length > 0 && codes.every(code => Number.isInteger(code) && code >= 0)) return this.#state(common, labels)
    return this.#measure(common, point)
  }

  #contact(common: Common, labels: FacePoint['labels']): Shown {
    const { DataType } = this.#opcua
    const called = new Map(labels)
    const word = (code: number): string => both(called.get(code) ?? { zh: String(code), en: String(code) })
    const node = this.#own.addTwoStateDiscrete({ ...common, falseState: word(0), trueState: word(1) }) as unknown as Variable
    return {
      node,
      variant: value => ({ dataType: DataType.Boolean, value: value !== 0 }),
      empty: { dataType: DataType.Boolean, value: false },
    }
  }

  #state(common: Common, labels: FacePoint['labels']): Shown {
    const { DataType } = this.#opcua
    const enumValues = labels.map(([value, name]) => ({
      value,
      displayName: { text: both(name) },
      description: { text: both(name) },
    }))
    const node = this.#own.addMultiStateValueDiscrete({
      ...common,
      dataType: 'Int32',
      enumValues,
      value: labels[0]?.[0] ?? 0,
    }) as unknown as Variable
    return {
      node,
      variant: value => ({ dataType: DataType.Int32, value: Math.trunc(value) }),
      empty: { dataType: DataType.Int32, value: 0 },
    }
  }

  #measure(common: Common, { unit, range, plausible }: FacePoint): Shown {
    const { DataType } = this.#opcua
    const node = this.#own.addAnalogDataItem({
      ...common,
      dataType: 'Double',
      engineeringUnitsRange: { low: range.min, high: range.max },
      ...(plausible ? { instrumentRange: { low: plausible.min, high: plausible.max } } : {}),
      engineeringUnits: {
        namespaceUri: 'http://www.opcfoundation.org/UA/units/un/cefact',
        unitId: unitId(unit),
        displayName: { text: unit },
        description: { text: unit },
      },
    }) as unknown as Variable
    return { node, variant: value => ({ dataType: DataType.Double, value }), empty: { dataType: DataType.Double, value: 0 } }
  }

  #fact(of: Place, name: string, text: string): void {
    const { DataType } = this.#opcua
    this.#own.addVariable({
      propertyOf: of,
      browseName: name,
      dataType: 'String',
      value: { dataType: DataType.String, value: text },
      accessLevel: 'CurrentRead',
      userAccessLevel: 'CurrentRead',
    })
  }
}

interface Common {
  readonly nodeId: string
  readonly browseName: string
  readonly displayName: { locale: string; text: string }[]
  readonly componentOf: Place
  readonly accessLevel: 'CurrentRead'
  readonly userAccessLevel: 'CurrentRead'
}
