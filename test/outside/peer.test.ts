import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sendApart, seriesOf } from '../../gateway/outside/peer.ts'
import type { Sent } from '../../gateway/outside/peer.ts'

const canary = 'reading,point=alive value=1 0'
/** The other side, which refuses a request that has a wrong line in it, as InfluxDB and its like do. */
class Picky {
  readonly taken = new Set<string>()
  requests = 0
  readonly #isWrong: (line: string) => boolean
  constructor(isWrong: (line: string) => boolean) {
    this.#isWrong = isWrong
  }
  async write(lines: readonly string[]): Promise<Sent> {
    this.requests += 1
    const wrong = lines.find(this.#isWrong)
    if (wrong !== undefined) return { is: 'refused', why: `cannot parse ${wrong}` }
    for (const line of lines) this.taken.add(line)
    return { is: 'taken' }
  }
}
const lines = (count: number, series = 'reading,point=a') =>
  Array.from({ length: count }, (_, index) => `${series} value=${index} ${index}`)

test('one wrong line of many is found, told with why, and the others are there', async () => {
  const peer = new Picky(line => line.endsWith(' value=700 700'))
  const { refused, trouble } = await sendApart(peer, lines(1_000), canary)
  expect(trouble).toBe(undefined)
  expect(refused).toEqual([{ line: 'reading,point=a value=700 700', why: 'cannot parse reading,point=a value=700 700' }])
  expect(peer.taken.size).toBe(999)
  expect(peer.requests).toBeLessThan(30)
})

test('whichever lines are wrong, those and no others are kept aside', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 0, max: 199 }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 200 }),
      async (wrong, count) => {
        const all = lines(count)
        const bad = new Set(wrong.flatMap(index => all[index] ?? []))
        const peer = new Picky(line => bad.has(line))
        const { refused, trouble } = await sendApart(peer, all, canary)
        expect(trouble).toBe(undefined)
        expect(refused.map(({ line }) => line).toSorted()).toEqual([...bad].toSorted())
        for (const line of all) expect(peer.taken.has(line)).toBe(!bad.has(line))
      },
    ),
  )
})

test('where everything is refused no line is blamed', async () => {
  const peer = new Picky(() => true)
  const { refused, trouble } = await sendApart(peer, lines(5_000), canary)
  expect(refused).toEqual([])
  expect(trouble?.why).toContain('not one reading is taken')
  expect(peer.requests).toBeLessThan(80)
  expect((await sendApart(new Picky(() => true), lines(1), canary)).trouble).toBeDefined()
})

test('a whole series that is not taken is kept aside without asking for each of its readings', async () => {
  const peer = new Picky(line => line.startsWith('reading,point=a '))
  const all = [...lines(4_000), ...lines(50, 'reading,point=b')]
  const { refused, trouble } = await sendApart(peer, all, canary)
  expect(trouble).toBe(undefined)
  expect(refused.length).toBe(4_000)
  expect([...peer.taken].filter(line => line.startsWith('reading,point=b ')).length).toBe(50)
  expect(peer.requests).toBeLessThan(120)
})

test('when the other side goes away in between, what was refused before is told if it was certain', async () => {
  let requests = 0
  const peer = new Picky(line => line.endsWith(' 0'))
  const { refused, trouble } = await sendApart(
    { write: async part => ((requests += 1) > 6 ? { is: 'trouble', why: 'gone' } : peer.write(part)) },
    lines(8),
    canary,
  )
  expect([refused.length, trouble?.why]).toEqual([1, 'gone'])
})

test('a series ends where its first space that is not escaped is', () => {
  expect(seriesOf('reading,point=a\\ b,site=x value=1 2')).toBe('reading,point=a\\ b,site=x')
  expect(seriesOf('')).toBe('')
})
