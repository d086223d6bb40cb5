import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { readSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { protocols } from '../../protocols/registry.ts'

const shelf = await loadShelf()
// Hundreds of files each; on a busy machine that is more than the usual five seconds.
vi.setConfig({ testTimeout: 60_000 })

/** Reads, and holds every problem to what `check` promises of it. */
function read(text: string) {
  const loaded = readSite([{ name: 'x.yaml', text }], {}, protocols, shelf)
  const lines = text.split('\n')
  for (const { line, column, wrong, write, code } of loaded.problems) {
    expect(line).toBeGreaterThanOrEqual(1)
    expect(line).toBeLessThanOrEqual(lines.length)
    expect(column).toBeGreaterThanOrEqual(1)
    expect([wrong.zh, wrong.en, write.zh, write.en, code].every(words => words !== '')).toBe(true)
  }
  return loaded
}

const words = fc.constantFrom(
  ...'site connections areas equipment points rules id name type connection protocol temperature door unit register off null true -1 0 8 1e99 .nan modbus-tcp mqtt mqtt-broker opcua http'.split(
    ' ',
  ),
  ...'bus cold-1 fresh-keeping-cabinet temperature.too-warm value onDelay 10m __proto__ constructor toString ${X} ${X:-1} policies canteen timeZone limits min max *a &a <<'.split(
    ' ',
  ),
)
const tree = fc.letrec(tie => ({
  node: fc.oneof({ maxDepth: 6 }, words, fc.integer(), fc.constant(null), fc.boolean(), tie('list'), tie('map')),
  list: fc.array(tie('node'), { maxLength: 3 }),
  map: fc.dictionary(words, tie('node'), { maxKeys: 5 }),
}))
const wellFormed = `site: { id: a, name: b }
connections: { bus: { protocol: modbus-tcp, host: h } }
areas: { x: { equipment: { cold-1: { type: fresh-keeping-cabinet, connection: bus, unit: 1, points: { temperature: { register: 1 } }, rules: { temperature.too-warm: { value: 7 } } } } } }`

test('any text is answered with problems, never with an exception', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200, unit: fc.constantFrom(...': -{}[]\'"&*!|>%@`#,?\n\t ab01$é中') }), text => {
      expect(read(text).ok).toBe(false)
    }),
    { numRuns: 200 },
  )
})

test('any tree of the words of a site file is answered with problems, never with an exception', () => {
  fc.assert(
    fc.property(tree.node, value => {
      expect(read(JSON.stringify(value)).ok).toBe(false)
    }),
    { numRuns: 200 },
  )
})

test('a good file with any part of its text replaced never throws', () => {
  expect(read(wellFormed).ok).toBe(true)
  fc.assert(
    fc.property(fc.nat(wellFormed.length), fc.nat(12), fc.oneof(words, fc.string({ maxLength: 6 })), (at, length, text) => {
      read(wellFormed.slice(0, at) + text + wellFormed.slice(at + length))
    }),
    { numRuns: 300 },
  )
})

test('a file nested deeper than the stack and one that multiplies itself are told, not suffered', () => {
  expect(read('['.repeat(20_000)).ok).toBe(false)
  const bomb = ['a0: &a0 [x]', ...Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]`)].join(
    '\n',
  )
  expect(read(bomb).ok).toBe(false)
})
