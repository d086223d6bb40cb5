import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { loadSite, readSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import type { BookClause } from '../../gateway/site/book.ts'
import { clausesIn, coverageOfDemo, coverageText, faultsIn, proofs } from '../../gateway/site/write-coverage.ts'
import { protocols } from '../../protocols/registry.ts'

const numbered = (book: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${book}-${index + 1}`)
/** Every clause of the house rules that equipment can prove or break. */
const product = [
  ...numbered('CAN', 13),
  ...numbered('VAC', 1),
  ...numbered('WAT', 6),
  ...numbered('SRV', 7),
  ...numbered('GAS', 10),
  ...numbered('FIR', 4),
  ...numbered('PAT', 6),
  ...numbered('DUT', 6),
]

const shelf = await loadShelf()
const loaded = await loadSite('simulators/school/site.yaml', {})
if (!loaded.ok) throw new Error('the demo cannot be read')
const { site } = loaded
const { stories, faults } = await proofs()

describe('the shipped packs', () => {
  test('have every clause of the product, and no other', () => {
    const shipped = [...shelf.packs.values()].flatMap(pack => [...pack.clauses.keys()])
    expect(shipped.toSorted()).toEqual(product.toSorted())
  })

  test('have a rule for each clause', () => {
    const ruled = new Set([...shelf.packs.values()].flatMap(pack => pack.rules.map(({ clause }) => clause)))
    expect(product.filter(id => !ruled.has(id))).toEqual([])
  })

  test('watch something of the demo by each clause', () => {
    const watched = new Set(site.rules.map(({ clause }) => clause))
    expect(product.filter(id => !watched.has(id))).toEqual([])
    expect(site.book.filter(({ gap }) => gap !== undefined).map(({ clause }) => clause.id)).toEqual([])
  })

  test('are each proven by a story that cites the clause', () => {
    const told = new Set(stories.flatMap(({ clauses }) => clauses))
    expect(product.filter(id => !told.has(id))).toEqual([])
  })

  test('are each broken by a fault of the demo', () => {
    const broken = new Set(faults.map(({ clause }) => clause))
    // A register is a matter of the site file: no equipment can break it.
    expect(product.filter(id => !broken.has(id))).toEqual(['GAS-8'])
  })
})

describe('docs/coverage.md', () => {
  test('is what the packs, the demo and the stories say today', async () => {
    expect(await readFile('docs/coverage.md', 'utf8')).toBe(await coverageOfDemo())
  })

  test('takes clauses from what a journal cites, faults from the tables of the tests', () => {
    expect(clausesIn('{"kind":"alarm.raised","clause":"CAN-1"}\n\n{"clause":"CAN-1"}\n{"kind":"link.up"}\n')).toEqual(['CAN-1'])
    expect(faultsIn("['cold-1', 'door-left-open', 'temperature.too-warm', 'CAN-1', 1],")).toEqual([
      { fault: 'door-left-open@cold-1', clause: 'CAN-1' },
    ])
    expect(faultsIn("{\n clause: 'SRV-1',\n rule: 'r',\n faults: ['a@b', 'c@d'],\n}")).toEqual([
      { fault: 'a@b', clause: 'SRV-1' },
      { fault: 'c@d', clause: 'SRV-1' },
    ])
  })

  test('says of a clause without equipment why nothing watches it', () => {
    const text = coverageText(canteen(), { stories: [], faults: [] })
    expect(text).toContain('这里没有归它管的设备（和面机）。 | — | — |')
  })
})

/** A canteen with one cabinet, and whatever stands in its header and below its equipment. */
function canteen(header = '', below = '', points = 'temperature: { register: 0 }') {
  const text = `site: { id: c, name: C, timeZone: Asia/Shanghai${header} }
areas:
  canteen:
    name: Canteen
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        connection: bus
        unit: 1
        points: { ${points} }
${below}
connections:
  bus: { protocol: modbus-tcp, host: 127.0.0.1, port: 502 }
`
  const read = readSite([{ name: 'site.yaml', text }], {}, protocols, shelf)
  if (!read.ok) throw new Error(JSON.stringify(read.problems.map(({ wrong, path }) => [path, wrong.en])))
  return read.site
}
const clauseOf = ({ book }: ReturnType<typeof canteen>, id: string): BookClause | undefined =>
  book.find(({ clause }) => clause.id === id)

describe('the book of a site', () => {
  test('has every clause on the shelf, whether anything here comes under it or not', () => {
    expect(
      canteen()
        .book.map(({ clause }) => clause.id)
        .toSorted(),
    ).toEqual(product.toSorted())
  })

  test('names the rules that run, and their equipment', () => {
    const runs = clauseOf(canteen(), 'CAN-1')?.rules.flatMap(rule => rule.runs.map(({ rule: id }) => id))
    expect(runs).toEqual([
      'cold-1.temperature.too-warm',
      'cold-1.temperature.much-too-warm',
      'cold-1.temperature.too-cold',
      'cold-1.temperature.silent',
    ])
  })

  test('says what is not wired', () => {
    expect(clauseOf(canteen(), 'CAN-3')?.gap?.en).toBe(
      'Not wired yet: "Frost" of Fresh-keeping cabinet cold-1. The watch begins once it is.',
    )
    const door = clauseOf(canteen(), 'CAN-1')?.rules.find(rule => rule.point === 'door')
    expect(door?.unwired).toEqual([
      {
        equipment: 'cold-1',
        equipmentName: { zh: '保鲜柜 cold-1', en: 'Fresh-keeping cabinet cold-1' },
        point: 'door',
        pointName: { zh: '柜门', en: 'Door' },
      },
    ])
  })

  test('names the input of a rule of several that is not wired', () => {
    const wired = canteen('', '', 'temperature: { register: 0 }, power: { register: 1 }')
    const cooling = clauseOf(wired, 'CAN-2')?.rules.find(({ name }) => name === 'not-cooling')
    expect(cooling?.unwired.map(({ pointName }) => pointName.en)).toEqual(['Door'])
  })

  test('says that no equipment of these types stands here', () => {
    expect(clauseOf(canteen(), 'WAT-1')?.gap).toEqual({
      zh: '这里没有归它管的设备（蓄水池）。',
      en: 'None of the equipment it speaks of stands here (water tank).',
    })
  })

  test('says that the site does not go by a policy it has equipment for', () => {
    const water = canteen(', policies: [drinking-water]')
    expect(clauseOf(water, 'CAN-1')).toMatchObject({
      inForce: false,
      gap: {
        zh: '本现场没有采用“食堂”制度，因此无人值守。',
        en: 'This site does not go by the policy "Canteen", so nothing stands watch.',
      },
    })
    expect(clauseOf(water, 'CAN-1')?.rules.flatMap(({ unwired }) => unwired)).toEqual([])
  })

  test('says that a rule is switched off, and why', () => {
    const names = ['too-warm', 'much-too-warm', 'too-cold', 'silent']
    const off = names.map(name => `          temperature.${name}: { off: true, reason: 停业检修 }`).join('\n')
    const closed = clauseOf(canteen('', `        rules:\n${off}`), 'CAN-1')
    expect(closed?.gap).toEqual({
      zh: '已在保鲜柜 cold-1上停用，理由：停业检修。',
      en: 'Switched off at Fresh-keeping cabinet cold-1, because: 停业检修.',
    })
    expect(closed?.rules[0]?.off).toEqual([
      { equipment: 'cold-1', equipmentName: { zh: '保鲜柜 cold-1', en: 'Fresh-keeping cabinet cold-1' }, reason: '停业检修' },
    ])
  })

  test("has the site's own rules, under the clause they cite or under one of their own", () => {
    const own = (clause: string) =>
      canteen(
        '',
        `        rules:\n          temperature.tepid: { kind: limit, op: gt, value: 6, onDelay: 1h, offDelay: 0s${clause} }`,
      )
    expect(clauseOf(own(', clause: CAN-1'), 'CAN-1')?.rules.at(-1)).toMatchObject({ name: 'tepid', own: true })
    expect(clauseOf(own(''), 'SITE')?.rules.map(({ runs }) => runs.map(({ rule }) => rule))).toEqual([
      ['cold-1.temperature.tepid'],
    ])
  })
})
