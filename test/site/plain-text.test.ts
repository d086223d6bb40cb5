import { describe, expect, test } from 'vitest'
import { readSite } from '../../gateway/site/load.ts'
import { hiddenSignIn, withoutHiddenSigns } from '../../gateway/site/plain-text.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { tiny } from './tiny.ts'

const shelf = await loadShelf()
const turned = '\u202E'

/** A cabinet with this name and these facts, as they stand in the file. */
const read = (name: string, facts: string) =>
  readSite(
    [
      {
        name: 'site.yaml',
        text: `site: { id: greenhill, name: Greenhill, policies: [canteen] }
connections:
  bus: { protocol: tiny, host: 10.0.0.5, port: 502 }
areas:
  canteen:
    name: Canteen
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        name: ${name}
        connection: bus
        unit: 1
        facts: ${facts}
        points: { temperature: { register: 0 }, door: { register: 1 }, power: { register: 2 } }
`,
      },
    ],
    {},
    [tiny],
    shelf,
  )
const cabinet = (outcome: ReturnType<typeof read>) => {
  if (!outcome.ok) return expect.fail(JSON.stringify(outcome.problems))
  return outcome.site.equipment[0]
}

describe('a sign that nobody sees', () => {
  test('is found with what stands before it, and left out', () => {
    expect(hiddenSignIn(`1 号柜 ${turned}abc`)).toEqual({ sign: 'U+202E', after: '1 号柜' })
    expect(hiddenSignIn('bell \u0007')).toMatchObject({ sign: 'U+0007' })
    expect(hiddenSignIn('half \uD83D')).toMatchObject({ sign: 'U+D83D' })
    expect(withoutHiddenSigns(`a${turned}b\u0000c`)).toBe('abc')
  })

  test('is none in what people write: lines, tabs, emoji of several parts, letters from right to left', () => {
    for (const text of ['两行\n\t第二行', '👩‍🍳🧊', 'مطبخ', 'שלום', 'Kühlschrank']) {
      expect(hiddenSignIn(text)).toBeUndefined()
      expect(withoutHiddenSigns(text)).toBe(text)
    }
  })

  test('in a name or a fact of the site file is told with its place, and the site runs without it', () => {
    const outcome = read(`"1 号${turned}柜"`, `{ holds: cooked, serial: "X${turned}1" }`)
    const told = outcome.problems.filter(({ code }) => code === 'hidden-sign')
    expect(told.map(({ severity, path }) => `${severity} ${path}`)).toEqual([
      expect.stringMatching(/^warning areas\.canteen\.equipment\.cold-1\.(name|facts\.serial)$/),
      expect.stringMatching(/^warning areas\.canteen\.equipment\.cold-1\.(name|facts\.serial)$/),
    ])
    expect(told[0]?.wrong.zh).toContain('U+202E')
    expect(cabinet(outcome)).toMatchObject({ name: { zh: '1 号柜', en: '1 号柜' }, facts: { serial: 'X1' } })
  })
})

describe('a fact of a piece of equipment', () => {
  test('may be said in both languages: English is what is compared, both are shown', () => {
    const { facts, factWords } = cabinet(read('Cabinet', '{ holds: cooked, location: { zh: 后厨, en: back kitchen } }')) ?? {}
    expect(facts).toEqual({ holds: 'cooked', location: 'back kitchen' })
    expect(factWords).toEqual({ location: { zh: '后厨', en: 'back kitchen' } })
  })

  test('in one language has no words beside it', () => {
    expect(cabinet(read('Cabinet', '{ holds: cooked }'))).not.toHaveProperty('factWords')
  })
})
