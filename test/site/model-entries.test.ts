import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { check } from '../../gateway/cli/check.ts'
import { readSite } from '../../gateway/site/load.ts'
import type { Loaded, SourceFile } from '../../gateway/site/load.ts'
import { loadModels, loadShelf } from '../../gateway/site/shelf.ts'
import type { Point, Site } from '../../gateway/site/site.ts'
import { protocols } from '../../protocols/registry.ts'

const shelf = await loadShelf()

const site = (entries: string) => `site: { id: greenhill, name: 青山小学 }
connections:
  bus: { protocol: modbus-tcp, host: 10.0.0.5 }
  hall: { protocol: mqtt, url: 'mqtt://10.0.0.6' }
areas:
  here:
    equipment:
${entries}`
const read = (entries: string, ...more: readonly SourceFile[]): Loaded =>
  readSite([{ name: 'site.yaml', text: site(entries) }, ...more], {}, protocols, shelf)
function good(entries: string, ...more: readonly SourceFile[]): Site {
  const loaded = read(entries, ...more)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 1))
  return loaded.site
}
const told = (entries: string, ...more: readonly SourceFile[]) =>
  read(entries, ...more)
    .problems.filter(({ severity }) => severity === 'error')
    .map(({ file, line, column, code, wrong, write }) => `${file}:${line}:${column} ${code}: ${wrong.en}; ${write.en}`)
const pointOf = (one: Site, id: string): Point | undefined => one.points.find(point => point.id === id)

describe('equipment that names its model', () => {
  test('needs no points: those of the type that the model gives are there, with address, type and scale', () => {
    const room = good('      room: { type: server-room, model: xy-md02, connection: bus, unit: 3 }')

    expect(room.points.map(({ id }) => id)).toEqual(['room.temperature', 'room.humidity'])
    expect(pointOf(room, 'room.temperature')).toMatchObject({
      unit: '°C',
      binding: { table: 'input', type: 'int16', scale: 0.1, register: 1 },
    })
    expect(room.equipment[0]?.device).toEqual({ unit: 3 })
  })

  test('brings no point that its type does not have', () => {
    expect(good('      cold: { type: freezer, model: xy-md02, connection: bus, unit: 3 }').points.map(({ key }) => key)).toEqual([
      'temperature',
    ])
  })

  test('may still say each setting otherwise, add points of its own, and leave one out', () => {
    const room = good(`      room:
        type: server-room
        model: xy-md02
        connection: bus
        unit: 3
        points:
          temperature: { register: 7, name: 冷通道, stale: 20m }
          humidity: off
          leak: { table: coil, register: 0 }
          door: { connection: hall, topic: devices/room/door }`)

    expect(room.points.map(({ id, binding }) => [id, binding])).toEqual([
      ['room.temperature', { table: 'input', type: 'int16', scale: 0.1, register: 7 }],
      ['room.leak', { table: 'coil', register: 0 }],
      ['room.door', { topic: 'devices/room/door' }],
    ])
    expect(pointOf(room, 'room.temperature')).toMatchObject({ staleAfter: 1_200_000, name: { zh: '冷通道' } })
  })

  test('reads a point from another of the model where it says so', () => {
    const cabinet = good(
      '      cold: { type: fresh-keeping-cabinet, model: carel-ir33, connection: bus, unit: 3, points: { temperature: { from: defrost-probe } } }',
    )

    expect(pointOf(cabinet, 'cold.temperature')?.binding).toMatchObject({ register: 412 })
    expect(pointOf(cabinet, 'cold.door')?.binding).toEqual({ table: 'discrete', register: 43 })
  })

  test('takes settings of the equipment from the model, and its own before them', () => {
    const of = (own: string) =>
      good(`      cold: { type: freezer, model: carel-ir33, connection: bus, unit: 3${own} }`).equipment[0]?.device

    expect(of('')).toEqual({ exact: true, unit: 3 })
    expect(of(', exact: false')).toEqual({ exact: false, unit: 3 })
  })

  test('turns the unit of the model into the unit of the type', () => {
    const text = site('      meter: { type: electricity-meter, model: abb-b21, connection: bus, unit: 3 }')
    const seen = new Map<string, unknown>()
    const watched = protocols.map(protocol => ({
      ...protocol,
      prepare: (...[name, settings, bindings]: Parameters<typeof protocol.prepare>) => {
        for (const { point, convert, plausible } of bindings) seen.set(point, { convert, plausible })
        return protocol.prepare(name, settings, bindings)
      },
    }))
    readSite([{ name: 'site.yaml', text }], {}, watched, shelf)

    expect(seen.get('meter.power')).toMatchObject({ convert: { scale: 0.001, offset: 0 } })
    expect(seen.get('meter.voltage')).toMatchObject({ convert: undefined })
  })

  test('narrows what is plausible to what the sensor can give', () => {
    const room = good('      room: { type: server-room, model: xy-md02, connection: bus, unit: 3 }')

    expect(pointOf(room, 'room.temperature')?.plausible).toEqual({ min: -40, max: 80 })
  })

  test('is called on the wire what it calls itself, else by its id', () => {
    const topic = (own: string) =>
      good(`      room: { type: room-thermometer, model: zigbee-aqara-wsdcgq11lm, connection: hall${own} }`).points[0]?.binding[
        'topic'
      ]

    expect([topic(''), topic(', device: attic/north')]).toEqual(['zigbee2mqtt/room', 'zigbee2mqtt/attic/north'])
  })
})

describe('what is wrong with a model', () => {
  test.each([
    [
      'a name that is mistyped',
      'model: xy-md20, connection: bus, unit: 3',
      '8:41 unknown-model: "xy-md20" is not known; write `xy-md02`',
    ],
    [
      'a connection of another family',
      'model: xy-md02, connection: hall',
      '8:41 model-of-another-protocol: XY-MD02 temperature and humidity transmitter (SHT20) speaks modbus, and `hall` is mqtt; write `connection: bus`',
    ],
    ['nothing in common with the type', 'model: boqu-phg-2091, connection: bus, unit: 3, points: { humidity: off }', undefined],
    [
      'a point the model lacks',
      'model: xy-md02, connection: bus, unit: 3, points: { leak: {} }',
      '8:86 point-not-in-model: XY-MD02 temperature and humidity transmitter (SHT20) has no point `leak`; write one of `temperature`, `humidity` as `from`, or write its own address',
    ],
    [
      'a from that is mistyped',
      'model: xy-md02, connection: bus, unit: 3, points: { leak: { from: humidty } }',
      '8:100 unknown-point: "humidty" is not known; write `humidity`',
    ],
    [
      'a from that measures something else',
      'model: xy-md02, connection: bus, unit: 3, points: { dust: { from: humidity } }',
      '8:100 unit-mismatch: humidity of the model (%RH) cannot be read as dust (µg/m³); take a point of the same quantity, or write `unit`',
    ],
    [
      'a from without a model',
      'connection: bus, unit: 3, points: { temperature: { register: 0, from: x } }',
      '8:98 from-without-model: the equipment names no model; write `model: xy-md02` at the equipment, or remove it',
    ],
  ])('%s is told, once, where it stands', (_, entry, problem) => {
    const problems = told(`      room: { type: server-room, ${entry} }`)

    expect(problems).toEqual(problem === undefined ? [] : [`site.yaml:${problem}`])
  })

  test('that has no point of the type says which it has', () => {
    expect(told('      tap: { type: hydrant, model: xy-md02, connection: bus, unit: 3 }')).toEqual([
      'site.yaml:8:36 model-fits-nothing: XY-MD02 temperature and humidity transmitter (SHT20) has no point of the same name as a hydrant; write `pressure: { from: … }` below points, with one of temperature, humidity',
    ])
  })

  test('what the protocol finds wrong with its settings is told at the equipment it belongs to', () => {
    expect(told('      room: { type: server-room, model: xy-md02, connection: bus }')).toEqual([
      'site.yaml:8:7 missing: the equipment has no unit (Modbus unit id); write unit: 1 (1 to 247) below the equipment',
    ])
  })

  test('an unverified one is a note, one for each model, and no warning', () => {
    const entries = [3, 4]
      .map(unit => `      cold-${unit}: { type: freezer, model: carel-ir33, connection: bus, unit: ${unit} }`)
      .join('\n')
    const notes = read(entries).problems.filter(({ code }) => code === 'model-unverified')

    expect(notes.map(({ severity, line, wrong }) => [severity, line, wrong.en])).toEqual([
      ['note', 8, 'temperature, door, running of Carel ir33 refrigeration controller is unverified (also used at cold-4)'],
    ])
    expect(
      read('      room: { type: server-room, model: xy-md02, connection: bus, unit: 3 }').problems.map(({ code }) => code),
    ).toEqual(['connection-unused'])
  })

  test('check prints the note and calls the site good', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'zhishou-models-'))
    const lines: string[] = []
    try {
      const path = join(folder, 'site.yaml')
      await writeFile(
        path,
        site('      cold: { type: freezer, model: carel-ir33, connection: bus, unit: 3 }').replace(/ {2}hall.*\n/, ''),
      )
      const code = await check([path], { out: line => void lines.push(line), err() {}, env: { LANG: 'C' } })

      expect(code).toBe(0)
      expect(lines[0]).toMatch(/site\.yaml:7:37 note model-unverified/)
      expect(lines.at(-1)).toMatch(/^good: 1 piece of equipment, 3 points.*0 warnings$/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('a model of the site’s own', () => {
  const own = (text: string): SourceFile => ({ name: 'own.yaml', text })
  const probe = `model: my-probe
name: { zh: 自制探头, en: Home-made probe }
protocol: modbus
points:
  air: { unit: °F, register: 4, type: int16, scale: 0.1 }
`

  test('lies beside the site file', () => {
    const room = good(
      '      room: { type: room-thermometer, model: my-probe, connection: bus, unit: 3, points: { temperature: { from: air } } }',
      own(probe),
    )

    expect(room.points[0]?.binding).toEqual({ register: 4, type: 'int16', scale: 0.1 })
  })

  test('takes the place of a shipped one of its name', () => {
    const mine = own(probe.replace('my-probe', 'xy-md02').replace('air:', 'temperature:'))

    expect(
      good('      room: { type: room-thermometer, model: xy-md02, connection: bus, unit: 3 }', mine).points[0]?.binding,
    ).toEqual({
      register: 4,
      type: 'int16',
      scale: 0.1,
    })
  })

  test.each([
    ['a key that is none', `${probe}colour: red\n`, '6:1 unknown-key'],
    ['a unit that is none', probe.replace('°F', 'degrees'), '5:16 unknown-unit'],
    ['a protocol that is none', probe.replace('protocol: modbus', 'protocol: profibus'), '3:11 unknown-word'],
    ['no points', probe.replace(/points:[\s\S]*/, 'points: {}\n'), '4:9 no-points'],
    ['a name that cannot be one', probe.replace('my-probe', 'My Probe'), '1:8 bad-id'],
    ['a claim without a source', `${probe}verified: true\n`, '6:11 verified-without-source'],
    ['a hint on a point it lacks', `${probe}hints: [{ look: 反了, points: { water: { scale: 1 } } }]\n`, '6:31 unknown-key'],
    ['a format no port has', `${probe}link: { format: 9N1 }\n`, '6:17 unknown-word'],
    ['a range the wrong way round', probe.replace('scale: 0.1', 'plausible: [9, 1]'), '5:57 limit-inverted'],
    ['a type nobody knows', `${probe}types: [freezr]\n`, '6:9 unknown-equipment-type'],
  ])('with %s is told at its place', (_, text, place) => {
    const problems = told(
      '      cold: { type: freezer, connection: bus, unit: 1, points: { temperature: { register: 0 } } }',
      own(text),
    )

    expect(problems.map(problem => problem.split(': ', 1)[0])).toContain(`own.yaml:${place}`)
  })

  test('8E1 is what it looks like, though YAML takes it for the number 80', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'zhishou-models-'))
    try {
      await writeFile(join(folder, 'a.yaml'), `${probe}link: { format: 8E1, seen: [{ format: 8E2 }, { baud: 4800 }] }\n`)
      const models = await loadModels(shelf.types, pathToFileURL(`${folder}/`))

      expect(models.get('my-probe')?.link).toEqual({ format: '8E1', seen: [{ format: '8E2' }, { baud: 4800 }] })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
