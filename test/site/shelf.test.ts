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
      'air-sensor': 'temperature °C, humidity %RH, co2 ppm, pm2-5 µg/m³, pm10 µg/m³, pressure hPa, illuminance lx',
      'database-backup': 'lag s, logs count, offsite count, verified count',
      'disinfection-cabinet': 'temperature °C, door, heating',
      'dough-mixer': 'current A, guard, running',
      'duty-desk': 'handovers count, reports count, answers count, closings count',
      'electricity-meter':
        'power kW, energy kWh, exported kWh, voltage V, voltage-l1 V, voltage-l2 V, voltage-l3 V, current A, current-l1 A, current-l2 A, current-l3 A, power-l1 kW, power-l2 kW, power-l3 kW, frequency Hz, power-factor cos φ',
      extinguisher: 'pressure MPa, temperature °C, in-place',
      'fire-exit': 'clear, sign, checks count',
      freezer: 'temperature °C, door, power W, running, frost mm',
      'fresh-keeping-cabinet': 'temperature °C, door, power W, frost mm, raw count, cooked count',
      'gas-alarm': 'level %LEL',
      'gas-hotline': 'reports count, answers count, closings count',
      'gas-meter': 'total m³, flow m³/h, balance m³',
      'gas-report': 'daily count, sales count, monthly count',
      'grid-round': 'rounds count',
      'guest-room': 'cups count, basins count, toilets count',
      'hand-thermometer': 'temperature °C',
      'heat-meter': 'heat kWh, power kW, flow m³/h, total m³, supply °C, return °C',
      hydrant: 'pressure MPa',
      'key-point': 'visits count',
      'kitchen-closing': 'windows, door, valve, power W, checks count',
      ledger: 'changes count, prints count',
      'meal-card-backup': 'backups count',
      'monitoring-check': 'checks count',
      'office-gate': 'open',
      'office-lights': 'power W, water m³/h, windows',
      'patrol-point': 'visits count',
      'rack-sensor': 'temperature °C',
      'reading-sheet': 'entries count, estimated count',
      'records-keeper': 'intact, missing count, checks count',
      'residential-meter': 'total m³',
      'room-thermometer': 'temperature °C',
      'server-clock': 'offset s',
      'server-room':
        'temperature °C, humidity %RH, leak, smoke, door, cooling, dust µg/m³, badge count, entries count, exits count, inspections count',
      'smoke-detector': 'smoke, trouble',
      'soil-sensor': 'moisture %, temperature °C, conductivity µS/cm, ph pH',
      thermostat: 'temperature °C, setpoint °C, humidity %RH, running',
      ups: 'charge %, remaining min, on-battery s, load %, input-voltage V, output-voltage V, battery-voltage V, temperature °C, source, battery, replace',
      'vaccine-freezer': 'temperature °C, door, power W',
      'vaccine-fridge': 'temperature °C, door, power W',
      'vaccine-logbook': 'readings count',
      'water-meter': 'total m³, settled m³, flow m³/h',
      'water-pump': 'vibration mm/s, current A, pressure MPa, running',
      'water-tank':
        'level m, volume m³, chlorine mg/L, turbidity NTU, ph pH, inflow m³/h, outflow m³/h, dosing, dosed g, dosings count, signed count',
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
        else if (point.kind !== 'state') expect(point.plausible, here).toBeDefined()
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
  test('hold rules whose settings their kind reads the same way twice', () => {
    expect(rules.length).toBeGreaterThan(120)
    for (const rule of rules) {
      const again = ruleKinds.get(rule.kind)?.parse({ kind: rule.kind, ...rule.raw }, nowhere)
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

  /** The clauses whose number, order or time stands in the books themselves (H). CAN-12 asks for the guard without a number. */
  const booked = Object.entries({
    CAN: [1, 6, 7, 8, 10, 11, 12, 13],
    WAT: [1, 2, 4],
    SRV: [2, 3, 4, 7],
    GAS: [1, 2, 3, 4, 5, 7, 8, 9, 10],
    FIR: [4],
    PAT: [1, 2, 3, 4, 5, 6],
    DUT: [1, 2, 3, 4, 5, 6],
  }).flatMap(([book, numbers]) => numbers.map(number => `${book}-${number}`))

  test('call a number a house rule only where the books give it, and never say a standard was checked', () => {
    const basisOf = (kind: string) => rules.filter(rule => rule.limitBasis?.kind === kind)

    for (const rule of basisOf('house-rule')) {
      expect(booked, `${rule.clause} ${rule.point}.${rule.name}`).toContain(rule.clause)
      expect(rule.limitBasis?.verified, rule.clause).toBe(true)
    }
    for (const rule of [...basisOf('standard'), ...basisOf('design')])
      expect(rule.limitBasis?.verified, `${rule.clause} ${rule.point}.${rule.name}`).toBe(false)
    expect(rules.every(({ alarmBasis }) => alarmBasis.kind !== 'house-rule' || alarmBasis.verified)).toBe(true)
    const can1 = basisOf('house-rule').filter(rule => rule.clause === 'CAN-1')
    expect(can1.map(({ name, raw }) => `${name} ${String(raw['op'])} ${String(raw['value'])}`)).toEqual([
      'too-warm gt 8',
      'too-cold lt 0',
    ])
  })

  test('read no fact of the equipment that docs/facts.md does not explain', async () => {
    const page = await readFile(new URL('../../docs/facts.md', import.meta.url), 'utf8')
    const lines = page.split('\n').filter(line => line.startsWith('| `'))
    const named = (raw: unknown): readonly string[] => {
      if (typeof raw !== 'object' || raw === null) return []
      return 'fact' in raw ? [String(raw.fact)] : Object.values(raw).flatMap(named)
    }

    for (const { equipment, raw, sources, where, kind, clause } of rules) {
      const elsewhere = [...sources.values()].flatMap(source => (source.from === 'members' ? Object.keys(source.where) : []))
      const others = [...sources.values()].flatMap(source => (source.from === 'fact' ? [source.fact] : []))
      const registered = kind === 'register' ? Object.keys(raw['fields'] ?? {}) : []
      for (const fact of [...named(raw), ...others, ...registered, ...Object.keys(where)])
        for (const type of equipment)
          expect(
            lines.some(line => line.includes(`\`${type}\``) && line.includes(`\`${fact}\``)),
            `${clause} ${type} ${fact}`,
          ).toBe(true)
      for (const fact of elsewhere) expect(page, `${clause} ${fact}`).toContain(`\`${fact}\``)
    }
  })

  test('say for every rule which log it belongs to and how long that is kept', () => {
    for (const { clause, point, name, record, retention } of rules) {
      expect(record, `${clause} ${point}.${name}`).toMatch(/^[a-z][a-z-]*$/)
      expect(retention, `${clause} ${point}.${name}`).toMatch(/^\d+[dmy]/)
    }
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
