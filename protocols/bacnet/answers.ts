import type { Answer } from '../kit/answer.ts'
import type { DeviceError, ObjectId } from './names.ts'
import { deviceType } from './names.ts'
import type { Value } from './tags.ts'
import { Cursor, nonsense, strictly } from './tags.ts'

/** What was asked for, and what an answer says it is about. */
export interface Property {
  readonly object: ObjectId
  readonly property: number
  /** Of an array; 0 is its length. */
  readonly index?: number
}
export const keyOfProperty = ({ object, property, index }: Property): string =>
  `${object.type}:${object.instance}/${property}${index === undefined ? '' : `[${index}]`}`
export const keyOfObject = ({ type, instance }: ObjectId): string => `${type}:${instance}`

export type Got = { readonly values: readonly Value[] } | { readonly error: DeviceError }
export type Result = Property & { readonly got: Got }

/** ReadProperty-ACK, clause 15.5. */
export const readPropertyAck = (data: Buffer): Answer<Result> =>
  strictly(() => {
    const cursor = new Cursor(data)
    const object = cursor.contextObject(0)
    const property = cursor.contextUnsigned(1)
    const index = cursor.isContext(2) ? cursor.contextUnsigned(2) : undefined
    const values = cursor.valuesIn(3)
    cursor.end()
    return { object, property, ...(index === undefined ? {} : { index }), got: { values } }
  })

/** ReadPropertyMultiple-ACK, clause 15.7: for each property its values or its own error. */
export const readMultipleAck = (data: Buffer): Answer<readonly Result[]> =>
  strictly(() => {
    const cursor = new Cursor(data)
    const results: Result[] = []
    while (!cursor.isAtEnd) {
      const object = cursor.contextObject(0)
      cursor.open(1)
      while (!cursor.isContext(1, 'close')) {
        const property = cursor.contextUnsigned(2)
        const index = cursor.isContext(3) ? cursor.contextUnsigned(3) : undefined
        const got: Got = cursor.isContext(5, 'open') ? { error: errorIn(cursor, 5) } : { values: cursor.valuesIn(4) }
        results.push({ object, property, ...(index === undefined ? {} : { index }), got })
      }
      cursor.close(1)
    }
    return results
  })

function errorIn(cursor: Cursor, tag: number): DeviceError {
  cursor.open(tag)
  const error = { class: cursor.enumerated(), code: cursor.enumerated() }
  cursor.close(tag)
  return error
}

/** Error-PDU of the services that are used here: class and code. */
export const readError = (data: Buffer): Answer<DeviceError> =>
  strictly(() => {
    const cursor = new Cursor(data)
    const error = { class: cursor.enumerated(), code: cursor.enumerated() }
    cursor.end()
    return error
  })

export interface Notification {
  readonly process: number
  readonly device: number
  readonly object: ObjectId
  /** Seconds. */
  readonly remaining: number
  readonly results: readonly Result[]
}
/** COV notification, clauses 13.6 and 13.7. */
export const readNotification = (data: Buffer): Answer<Notification> =>
  strictly(() => {
    const cursor = new Cursor(data)
    const process = cursor.contextUnsigned(0)
    const device = deviceIn(cursor.contextObject(1))
    const object = cursor.contextObject(2)
    const remaining = cursor.contextUnsigned(3)
    const results: Result[] = []
    cursor.open(4)
    while (!cursor.isContext(4, 'close')) {
      const property = cursor.contextUnsigned(0)
      const index = cursor.isContext(1) ? cursor.contextUnsigned(1) : undefined
      const values = cursor.valuesIn(2)
      if (cursor.isContext(3)) cursor.contextUnsigned(3)
      results.push({ object, property, ...(index === undefined ? {} : { index }), got: { values } })
    }
    cursor.close(4)
    cursor.end()
    return { process, device, object, remaining, results }
  })

export interface IAm {
  readonly device: number
  /** Bytes of an APDU it takes. */
  readonly maxApdu: number
  /** 0 both ways, 1 sends, 2 takes, 3 neither. */
  readonly segmentation: number
  readonly vendor: number
}
/** I-Am, clause 16.10. */
export const readIAm = (data: Buffer): Answer<IAm> =>
  strictly(() => {
    const cursor = new Cursor(data)
    const id = cursor.value()
    const maxApdu = cursor.value()
    const segmentation = cursor.enumerated()
    const vendor = cursor.value()
    cursor.end()
    if (id.type !== 'object' || maxApdu.type !== 'unsigned' || vendor.type !== 'unsigned') return nonsense('no I-Am')
    return { device: deviceIn(id.value), maxApdu: maxApdu.value, segmentation, vendor: vendor.value }
  })

const deviceIn = ({ type, instance }: ObjectId): number => (type === deviceType ? instance : nonsense('not a device'))
