/** Words of ASHRAE 135 with their numbers: what a site file may say, and what a device may answer. */

const objectTypes: Readonly<Record<string, number>> = {
  'analog-input': 0,
  'analog-output': 1,
  'analog-value': 2,
  'binary-input': 3,
  'binary-output': 4,
  'binary-value': 5,
  device: 8,
  loop: 12,
  'multi-state-input': 13,
  'multi-state-output': 14,
  program: 16,
  schedule: 17,
  averaging: 18,
  'multi-state-value': 19,
  'trend-log': 20,
  'life-safety-point': 21,
  'life-safety-zone': 22,
  accumulator: 23,
  'pulse-converter': 24,
  'load-control': 28,
  'access-door': 30,
  timer: 31,
  'bitstring-value': 39,
  'characterstring-value': 40,
  'integer-value': 45,
  'large-analog-value': 46,
  'positive-integer-value': 48,
  channel: 53,
  'lighting-output': 54,
  'binary-lighting-output': 55,
  'network-port': 56,
  escalator: 58,
  lift: 59,
  staging: 60,
}
/** As integrators write them in point lists. */
const shortTypes: Readonly<Record<string, number>> = {
  ai: 0,
  ao: 1,
  av: 2,
  bi: 3,
  bo: 4,
  bv: 5,
  dev: 8,
  lp: 12,
  msi: 13,
  mi: 13,
  mso: 14,
  mo: 14,
  msv: 19,
  mv: 19,
  acc: 23,
  iv: 45,
  lav: 46,
  piv: 48,
}

const typesByName = new Map([...Object.entries(objectTypes), ...Object.entries(shortTypes)])

export interface ObjectId {
  readonly type: number
  readonly instance: number
}
export const deviceType = 8
/** Reserved for "whichever device you are". */
export const anyInstance = 4_194_303
export const highestInstance = anyInstance - 1

/** `analog-input:1`, `analogInput,1`, `AI1`, `0:1`; undefined where it is none of them. */
export function readObject(written: string): ObjectId | undefined {
  const text = written.trim()
  const [, word = '', digits = ''] =
    /^([A-Za-z]+(?:-[A-Za-z]+)*)\s*[:,.-]?\s*(\d{1,7})$/.exec(text) ?? /^(\d{1,4})\s*[:,]\s*(\d{1,7})$/.exec(text) ?? []
  if (digits === '') return undefined
  const dashed = word.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase()
  const type = /^\d+$/.test(word) ? Number(word) : typesByName.get(dashed)
  const instance = Number(digits)
  return type === undefined || type > 1_023 || instance > anyInstance ? undefined : { type, instance }
}

const typeNames = new Map(Object.entries(objectTypes).map(([name, type]) => [type, name]))
/** As a site file writes it. */
export const objectName = ({ type, instance }: ObjectId): string => `${typeNames.get(type) ?? type}:${instance}`
export const isAnalog = ({ type }: ObjectId): boolean => [0, 1, 2, 23, 24, 45, 46, 48].includes(type)
const twoValued = [3, 4, 5, 55]
const manyValued = [13, 14, 19]
/** Objects whose present value says something of equipment: what a scan looks at. */
export const isValue = (id: ObjectId): boolean => isAnalog(id) || isState(id)
export const isState = ({ type }: ObjectId): boolean => twoValued.includes(type) || manyValued.includes(type)
/** Objects for which the standard has a table of what is told when it changes (clause 13.1): the value and the status flags. */
export const tellsChanges = ({ type }: ObjectId): boolean => [0, 1, 2, 3, 4, 5, 13, 14, 19, 45, 46, 48].includes(type)

export const properties = {
  'present-value': 85,
  'status-flags': 111,
  reliability: 103,
  'out-of-service': 81,
  units: 117,
  'object-name': 77,
  'object-identifier': 75,
  'object-list': 76,
  'event-state': 36,
  'max-apdu-length-accepted': 62,
  'model-name': 70,
  'vendor-name': 121,
  description: 28,
  'high-limit': 45,
  'low-limit': 59,
  'cov-increment': 22,
  'feedback-value': 40,
  'tracking-value': 164,
  setpoint: 108,
  'controlled-variable-value': 21,
  'priority-array': 87,
  'relinquish-default': 104,
  'max-pres-value': 65,
  'min-pres-value': 69,
  'change-of-state-count': 15,
  'elapsed-active-time': 33,
  'value-before-change': 190,
  'pulse-rate': 186,
  'system-status': 112,
  'database-revision': 155,
  'average-value': 125,
  'maximum-value': 135,
  'minimum-value': 136,
  'record-count': 141,
} as const satisfies Readonly<Record<string, number>>

/** The number of a property by its name or by itself. */
export function readProperty(written: unknown): number | undefined {
  if (typeof written === 'number') return Number.isInteger(written) && written >= 0 && written <= 4_194_303 ? written : undefined
  if (typeof written !== 'string') return undefined
  if (/^\d{1,7}$/.test(written)) return readProperty(Number(written))
  const dashed = written.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase()
  return new Map<string, number>(Object.entries(properties)).get(dashed)
}
const propertyNames = new Map<number, string>(Object.entries(properties).map(([name, number]) => [number, name]))
export const propertyName = (property: number): string => propertyNames.get(property) ?? `property ${property}`

const rejects = [
  'other',
  'buffer-overflow',
  'inconsistent-parameters',
  'invalid-parameter-data-type',
  'invalid-tag',
  'missing-required-parameter',
  'parameter-out-of-range',
  'too-many-arguments',
  'undefined-enumeration',
  'unrecognized-service',
]
export const rejectName = (reason: number): string => rejects[reason] ?? `reason ${reason}`

const aborts = [
  'other',
  'buffer-overflow',
  'invalid-apdu-in-this-state',
  'preempted-by-higher-priority-task',
  'segmentation-not-supported',
  'security-error',
  'insufficient-security',
  'window-size-out-of-range',
  'application-exceeded-reply-time',
  'out-of-resources',
  'tsm-timeout',
  'apdu-too-long',
]
export const abortName = (reason: number): string => aborts[reason] ?? `reason ${reason}`

const classes = ['device', 'object', 'property', 'resources', 'security', 'services', 'vt', 'communication']
const errors: Readonly<Record<number, string>> = {
  0: 'other',
  2: 'configuration-in-progress',
  3: 'device-busy',
  25: 'operational-problem',
  27: 'read-access-denied',
  29: 'service-request-denied',
  30: 'timeout',
  31: 'unknown-object',
  32: 'unknown-property',
  36: 'unsupported-object-type',
  41: 'character-set-not-supported',
  42: 'invalid-array-index',
  43: 'cov-subscription-failed',
  44: 'not-cov-property',
  45: 'optional-functionality-not-supported',
  47: 'datatype-not-supported',
  50: 'property-is-not-an-array',
  70: 'unknown-device',
  71: 'unknown-route',
  72: 'value-not-initialized',
  79: 'unknown-subscription',
  82: 'busy',
  83: 'communication-disabled',
  85: 'access-denied',
  131: 'internal-error',
  132: 'not-configured',
}
/** What a device says in place of an answer. */
export interface DeviceError {
  readonly class: number
  readonly code: number
}
export const errorName = (error: DeviceError): string =>
  `${classes[error.class] ?? `class ${error.class}`}: ${errors[error.code] ?? `code ${error.code}`}`

const reliabilities = [
  'no-fault-detected',
  'no-sensor',
  'over-range',
  'under-range',
  'open-loop',
  'shorted-loop',
  'no-output',
  'unreliable-other',
  'process-error',
  'multi-state-fault',
  'configuration-error',
  'unknown',
  'communication-failure',
  'member-fault',
  'monitored-object-fault',
  'tripped',
  'lamp-failure',
  'activation-failure',
]
export const reliabilityName = (reliability: number): string => reliabilities[reliability] ?? `reliability ${reliability}`
