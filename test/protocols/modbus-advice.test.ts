import { describe, expect, test } from 'vitest'
import { millis } from '../../protocols/contract/time.ts'
import { advise } from '../../protocols/modbus/advice.ts'
import type { Patient } from '../../protocols/modbus/advice.ts'

type Figures = Patient['figures']
const figures = (some: Partial<Figures>): Figures => ({
  asked: 100,
  answered: 100,
  timeouts: 0,
  garbled: 0,
  wrong: 0,
  refusals: new Map(),
  trips: [10],
  next: 0,
  ...some,
})
const serial = {
  line: { via: 'serial', path: '/dev/ttyUSB0', baud: 9600, format: '8N1' },
  framing: 'rtu',
} as unknown as Patient['config']
const network = (framing: 'tcp' | 'rtu'): Patient['config'] =>
  ({ line: { via: 'tcp', host: '10.0.0.9', port: 502 }, framing }) as unknown as Patient['config']

const said = (some: Partial<Figures>, more: Partial<Patient> = {}): string =>
  advise({
    config: serial,
    settings: { timeout: millis(1_000), most: 100 },
    figures: figures(some),
    othersAnswer: false,
    alone: false,
    longest: 10,
    ...more,
  })
    .map(({ en }) => en)
    .join(' | ')

describe('what a line looks like and what to try', () => {
  test('is nothing where all is well, and nothing after one miss', () => {
    expect(said({})).toBe('')
    expect(said({ asked: 1, answered: 0, timeouts: 1 })).toBe('')
  })

  test('silence is the one device where others answer, and the whole line where none does', () => {
    const silent = { answered: 0, timeouts: 100 }
    expect(said(silent, { othersAnswer: true })).toMatch(/^Other units of this line answer/)
    expect(said(silent)).toMatch(/^Nobody on this line answers: first swap the wires A and B/)
    expect(said(silent, { alone: true })).toMatch(/^Nothing answers: first swap/)
    expect(said(silent, { config: network('tcp') })).toMatch(/framing: rtu \(it passes bytes through\)/)
    expect(said(silent, { config: network('rtu') })).toMatch(/framing: tcp \(it translates by itself\)/)
  })

  test('bytes that never make sense are speed, parity or framing', () => {
    const garbled = { answered: 0, garbled: 100 }
    expect(said(garbled)).toMatch(/check speed and parity \(now 9600 8N1\)/)
    expect(said(garbled, { config: network('rtu') })).toMatch(/may speak framing: tcp/)
    expect(said(garbled, { config: network('tcp') })).toMatch(/may speak framing: rtu/)
  })

  test('bytes that make sense in between are the cable, for speed and framing must be right', () => {
    const often = { answered: 50, garbled: 50 }
    for (const config of [serial, network('rtu')]) {
      expect(said(often, { config })).toMatch(/speed and format are right: check the 120 Ω terminators/)
      expect(said(often, { config })).not.toMatch(/framing|parity/)
    }
    // Modbus TCP has no checksum: there it is no cable.
    expect(said(often, { config: network('tcp') })).toMatch(/may speak framing: rtu/)
    expect(said({ answered: 97, garbled: 3 })).toBe('')
  })

  test('an answer to something else is two devices, two masters or a slow one', () => {
    expect(said({ wrong: 1 })).toMatch(/^Answers come to something else/)
  })

  test.each([
    [[[2, 100]], /the manual may count from 1/],
    [[[1, 100]], /change table between holding and input/],
    [[[3, 100]], /write most: 16, or exact: true/],
    [[[11, 100]], /The gateway lives/],
    [[[10, 100]], /The gateway lives/],
    [[[4, 100]], /^$/],
  ] as const)('refusals %j say what to change', (refusals, like) => {
    expect(said({ refusals: new Map(refusals) })).toMatch(like)
  })

  test('a refusal of length is none where one register was asked for, and of an address none where others are given', () => {
    expect(said({ refusals: new Map([[3, 100]]) }, { longest: 1 })).toBe('')
    expect(said({ refusals: new Map([[2, 40]]) })).toBe('')
  })

  test('now and then silent: slow answers want a longer timeout, quick ones a pause', () => {
    expect(said({ answered: 90, timeouts: 10, trips: [700] })).toMatch(
      /^10 % .* up to 700 ms: write a longer timeout \(now 1000 ms\)/,
    )
    expect(said({ answered: 90, timeouts: 10 })).toMatch(/^10 % .* pause: 20ms and retries: 2/)
    expect(said({ answered: 99, timeouts: 1 })).toBe('')
  })
})
