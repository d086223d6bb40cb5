import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { ruleKinds } from '../../gateway/policy/kinds.ts'
import { nowhere } from '../../gateway/policy/place.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { schemaText } from '../../gateway/site/write-schema.ts'
import type { Words } from '../../protocols/contract/driver.ts'

const { types, packs } = await loadShelf()
const rules = [...packs.values()].flatMap(pack => pack.rules)

/** Every sentence that somebody may read, with where it stands. */
const sentences: readonly [string, Words][] = [
  ...[...types.values()].flatMap((type): [string, Words][] => [
    [type.type, type.name],
    ...[...type.points.values()].flatMap((point): [string, Words][] => [
      [`${type.type}.${point.key}`, point.name],
      ...[...point.labels].map(([code, label]): [string, Words] => [`${type.type}.${point.key}=${code}`, label]),
    ]),
  ]),
  ...[...packs.values()].flatMap((pack): [string, Words][] => [
    [pack.id, pack.name],
    ...[...pack.clauses.values()].flatMap((clause): [string, Words][] =>
      [clause.title, clause.source, clause.requirement, ...clause.tell].map(words => [clause.id, words]),
    ),
  ]),
  ...rules.flatMap((rule): [string, Words][] =>
    [rule.title, rule.advice, rule.alarmBasis.source, ...(rule.limitBasis ? [rule.limitBasis.source] : [])].map(words => [
      `${rule.point}.${rule.name}`,
      words,
    ]),
  ),
]

describe('the equipment library', () => {
  test('has the types and points that site files and simulators are written for', () => {
    const points = Object.fromEntries(
      [...types.values()].map(type => [
        type.type,
        [...type.points.values()].map(point => (point.unit === '' ? point.key : `${point.key} ${point.unit}`)).join(', '),
      ]),
    )

    expect(points).toEqual({
      'fresh-keeping-cabinet': 'temperature °C, door, power W',
      freezer: 'temperature °C, door, power W',
      'vaccine-fridge': 'temperature °C, door, power W',
      'disinfection-cabinet': 'temperature °C, door, heating',
      'water-tank': 'level m, volume m³, chlorine mg/L, turbidity NTU, ph pH, inflow m³/h, outflow m³/h, dosing',
      'server-room': 'temperature °C, humidity %RH, leak, smoke, door, cooling',
      'gas-meter': 'total m³, flow m³/h, balance m³',
      'gas-alarm': 'level %LEL',
      hydrant: 'pressure MPa',
      extinguisher: 'pressure MPa, temperature °C',
      'office-gate': 'open',
      'office-lights': 'power W',
      'room-thermometer': 'temperature °C',
      'hand-thermometer': 'temperature °C',
    })
  })

  test('draws a scale inside what its sensors can give, and names every code of a contact', () => {
    for (const type of types.values()) {
      for (const point of type.points.values()) {
        const here = `${type.type}.${point.key}`
        expect(point.range.min, here).toBeLessThan(point.range.max)
        if (point.plausible)
          expect(point.plausible.min <= point.range.min && point.plausible.max >= point.range.max, here).toBe(true)
        if (point.kind === 'contact') expect([...point.labels.keys()], here).toEqual([0, 1])
        else expect(point.plausible, here).toBeDefined()
      }
    }
  })

  test('that is broken is a bug: loading throws and names file, line and fix', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'zhishou-library-'))
    try {
      await writeFile(
        join(folder, 'kettle.yaml'),
        'type: kettle\nname: { zh: 水壶, en: Kettle }\nicon: kettel\nmain: heat\npoints: {}\n',
      )
      await expect(loadShelf(pathToFileURL(`${folder}/`))).rejects.toThrow(/kettle\.yaml:3:7 icon: "kettel" is not known/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('the policy packs', () => {
  test('hold rules whose settings their kind accepts again when they are written out', () => {
    expect(rules.length).toBeGreaterThan(40)
    for (const rule of rules) {
      // Checked settings hold milliseconds; written ones must say so.
      const written = Object.entries(rule.spec as object).map(([key, value]) => [
        key,
        ['onDelay', 'offDelay', 'after'].includes(key) ? `${String(value)}ms` : value,
      ])
      const again = ruleKinds.get(rule.kind)?.parse({ kind: rule.kind, ...Object.fromEntries(written) }, nowhere)
      expect(again, `${rule.clause} ${rule.point}.${rule.name}`).toEqual({ ok: true, spec: rule.spec })
    }
  })

  test('watch every point of every type that is there to be watched, in one voice per name', () => {
    const names = rules.flatMap(rule => rule.equipment.map(type => `${type}.${rule.point}.${rule.name}`))

    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
    for (const type of types.values()) {
      for (const point of type.points.values()) {
        const watched = names.some(name => name.startsWith(`${type.type}.${point.key}.`))
        expect(watched, `${type.type}.${point.key}`).toBe(point.watched)
      }
    }
  })

  test('find out about silence on every watched point', () => {
    const silent = new Set(
      rules.filter(rule => rule.kind === 'stale').flatMap(rule => rule.equipment.map(type => `${type}.${rule.point}`)),
    )

    for (const type of types.values())
      for (const point of type.points.values()) if (point.watched) expect(silent).toContain(`${type.type}.${point.key}`)
  })

  test('call a number a house rule only where the books give it', () => {
    const house = rules
      .filter(rule => rule.limitBasis?.kind === 'house-rule')
      .map(rule => `${rule.clause} ${rule.point}.${rule.name}`)

    expect(house).toEqual(['CAN-1 temperature.too-warm', 'CAN-1 temperature.too-cold'])
    expect(rules.filter(rule => rule.limitBasis?.kind === 'standard').every(rule => rule.limitBasis?.verified === false)).toBe(
      true,
    )
  })

  test('tell of missing vaccine, gas and fire readings as high', () => {
    for (const [type, point] of [
      ['vaccine-fridge', 'temperature'],
      ['gas-alarm', 'level'],
      ['hydrant', 'pressure'],
      ['extinguisher', 'pressure'],
      ['server-room', 'smoke'],
    ] as const) {
      const rule = rules.find(
        candidate => candidate.kind === 'stale' && candidate.point === point && candidate.equipment.includes(type),
      )
      expect(rule?.priority, `${type}.${point}`).toBe('high')
    }
  })
})

test('every sentence that ships is there in both languages, each in its own script', () => {
  for (const [where, { zh, en }] of sentences) {
    expect(en.trim(), where).not.toBe('')
    expect(en, where).not.toMatch(/[\u3400-\u9fff]/)
    expect(/[\u3400-\u9fff]/.test(zh), `${where}: ${zh}`).toBe(true)
    // Chinese sentences are set with full-width marks.
    expect(zh, where).not.toMatch(/[\u3400-\u9fff][,;:(]/)
  }
})

test('the published schema is the one that library, packs and protocols give', async () => {
  const published = await readFile(new URL('../../gateway/site/site.schema.json', import.meta.url), 'utf8')

  expect(JSON.parse(published), 'run: node gateway/site/write-schema.ts').toEqual(JSON.parse(await schemaText()))
})
