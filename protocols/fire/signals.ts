import { fault } from '../contract/fault.ts'
import type { Answer } from '../kit/answer.ts'
import { answered, failed } from '../kit/answer.ts'
import type { FireWord } from './words.ts'

/** State bits, counted from 1 as the standard does. Bit 1 says "runs normally", so a test is its absence. */
const partBits = {
  fire: 2,
  fault: 3,
  shielded: 4,
  supervisory: 5,
  started: 6,
  feedback: 7,
  delay: 8,
  'power-fault': 9,
} as const
const systemBits = { ...partBits, 'standby-fault': 10, 'bus-fault': 11, manual: 12, changed: 13, reset: 14 } as const
const unitBits = { fire: 2, fault: 3, 'power-fault': 4, 'standby-fault': 5, 'link-fault': 6, 'wire-fault': 7 } as const

/** Analog values: the codes that give it, with how much one step is in our unit. */
const analogs: Readonly<
  Record<string, { readonly unit: string; readonly steps: Readonly<Record<number, readonly [times: number, over: number]>> }>
> = {
  count: { unit: '', steps: { 1: [1, 1] } },
  height: { unit: 'm', steps: { 2: [1, 100] } },
  temperature: { unit: '°C', steps: { 3: [1, 10] } },
  'pressure-coarse': { unit: 'MPa', steps: { 4: [1, 10] } },
  pressure: { unit: 'MPa', steps: { 5: [1, 10_000] } },
  gas: { unit: '%LEL', steps: { 6: [1, 10] } },
  time: { unit: 's', steps: { 7: [1, 1] } },
  voltage: { unit: 'V', steps: { 8: [1, 10] } },
  current: { unit: 'A', steps: { 9: [1, 10] } },
  flow: { unit: 'm³/h', steps: { 10: [36, 100], 11: [6, 1] } },
  speed: { unit: 'm/s', steps: { 12: [1, 1] } },
}

/** Whose state it is. */
export type Owner = 'part' | 'system' | 'unit'
const bitsOf: Readonly<Record<Owner, Readonly<Record<string, number>>>> = { part: partBits, system: systemBits, unit: unitBits }

/** `alive` is 1 whenever the transmission unit says anything at all. */
export const alive = 'alive'

export const signalsOf = (owner: Owner): readonly string[] => [
  ...Object.keys(bitsOf[owner]),
  'test',
  ...(owner === 'part' ? Object.keys(analogs) : []),
  ...(owner === 'unit' ? [alive] : []),
]
export const unitOfSignal = (signal: string): string => analogs[signal]?.unit ?? ''
/** The name of an analog code, for what was heard and is not bound. */
export const analogName = (code: number): string | undefined =>
  Object.keys(analogs).find(name => analogs[name]?.steps[code] !== undefined)
export const isAnalog = (signal: string): boolean => Object.hasOwn(analogs, signal)

/** What a word says of a signal; undefined where it does not speak of it. */
export function valueOf(word: FireWord, signal: string): Answer<number> | undefined {
  if (word.of === 'analog') return analogOf(word, signal)
  const bit = signal === 'test' ? 1 : bitsOf[word.of][signal]
  if (bit === undefined) return undefined
  const isSet = (word.state >> (bit - 1)) & 1
  return answered(signal === 'test' ? 1 - isSet : isSet)
}

function analogOf({ code, value }: Extract<FireWord, { of: 'analog' }>, signal: string): Answer<number> | undefined {
  const analog = analogs[signal]
  const step = analog?.steps[code]
  if (step) return answered((value * step[0]) / step[1])
  // Only the coarse pressure is an answer to the same question, and a wrong one: the limits of a hydrant lie between two of its steps.
  if (signal !== 'pressure' || code !== 4) return undefined
  return failed(
    fault(
      'garbled',
      'The unit gives this pressure in steps of 0.1 MPa (code 4), too coarse to judge 0.07 MPa: let it send code 5 (0.1 kPa), or bind pressure-coarse.',
    ),
  )
}
