import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { importFile } from '../../gateway/cli/import.ts'
import { likeliest, modelTexts, siteDraft } from '../../gateway/commission/import-draft.ts'
import { importMaps } from '../../gateway/commission/import-maps.ts'
import { keyMeant, unitMeant } from '../../gateway/commission/import-names.ts'
import { durationOf } from '../../gateway/commission/import-shape.ts'
import type { Imported } from '../../gateway/commission/import-shape.ts'
import { importTelegraf } from '../../gateway/commission/import-telegraf.ts'
import { rendered } from '../../gateway/commission/import-evcc-template.ts'
import { readSite } from '../../gateway/site/load.ts'
import type { Site } from '../../gateway/site/site.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { protocols } from '../../protocols/registry.ts'
import { evccMeters, evccTemplate, mbmdFile, metricStyle, registerStyle, requestStyle } from './import-files.ts'

const shelf = await loadShelf()

function siteOf(yaml: string): Site {
  const loaded = readSite([{ name: 'draft.yaml', text: yaml }], {}, protocols, shelf)
  if (!loaded.ok) throw new Error(`${yaml}\n${JSON.stringify(loaded.problems, null, 1)}`)
  return loaded.site
}
const bindings = (site: Site) => Object.fromEntries(site.points.map(point => [point.id, point.binding]))
const leftOf = (imported: Imported) => imported.leftOut.map(({ line, what, why }) => `${line} ${what}: ${why.en}`)

describe("Telegraf's inputs.modbus", () => {
  test('in the old style becomes a site file that passes check', () => {
    const imported = importTelegraf(registerStyle)
    const site = siteOf(siteDraft(imported, shelf).yaml)

    expect(site.connections[0]).toMatchObject({
      protocol: 'modbus-tcp',
      settings: { host: 'localhost', port: 502, timeout: '1s' },
    })
    expect(site.equipment[0]).toMatchObject({ id: 'device', type: 'electricity-meter', device: { unit: 1 } })
    expect(bindings(site)).toEqual({
      'device.power-factor': { table: 'holding', register: 8, type: 'int16', scale: 0.01 },
      'device.voltage': { table: 'holding', register: 0, type: 'int16', scale: 0.1 },
      'device.energy': { table: 'holding', register: 5, type: 'int32', scale: 0.001 },
      'device.current': { table: 'holding', register: 1, type: 'int32', scale: 0.001 },
      'device.frequency': { table: 'holding', register: 7, type: 'uint16', scale: 0.1 },
      'device.power': { table: 'holding', register: 3, type: 'uint32', scale: 0.1 },
    })
    expect(leftOf(imported)).toEqual(['21 Device: firmware: a text is no reading'])
  })

  test('names what the equipment type has no place for, with its line', () => {
    const { leftOut, yaml } = siteDraft(importTelegraf(registerStyle), shelf)

    expect(leftOut.map(({ line, what }) => `${line} ${what}`)).toEqual([
      '8 Device: start',
      '9 Device: emergency_stop',
      '12 Device: motor1_run',
      '21 Device: firmware',
    ])
    for (const { what } of leftOut) expect(yaml).toContain(what)
  })

  test('in requests keeps the order of bytes, the serial line and one device for each unit', () => {
    const imported = importTelegraf(requestStyle)
    const site = siteOf(siteDraft(imported, shelf).yaml)

    expect(site.connections[0]).toMatchObject({
      protocol: 'modbus-rtu',
      settings: { path: '/dev/ttyUSB0', baud: 19_200, format: '8E1', every: '90s' },
    })
    expect(site.equipment.map(({ type, device }) => [type, device])).toEqual([
      ['electricity-meter', { unit: 3 }],
      ['air-sensor', { unit: 4 }],
    ])
    expect(bindings(site)).toEqual({
      // One register turns its two bytes; two and four turn all of them.
      'meter-3.voltage': { table: 'holding', register: 0, type: 'int16', order: 'BADC', scale: 0.1 },
      'meter-3.current': { table: 'holding', register: 1, type: 'int32', order: 'DCBA', scale: 0.001 },
      'meter-3.energy': { table: 'holding', register: 5, type: 'float32', order: 'DCBA', scale: 0.001 },
      'meter-3.power-factor': { table: 'holding', register: 8, type: 'int64', order: 'DCBA', scale: 0.01 },
      'meter-4.temperature': { table: 'input', register: 1, type: 'int16', scale: 0.1 },
      'meter-4.humidity': { table: 'input', register: 2, type: 'uint16', scale: 0.1 },
    })
    expect(leftOf(imported)).toEqual([
      '7 Meter: busy_retries: nothing corresponds to this option',
      '16 Meter: power: it is omitted there, too',
      '29 Meter: flags: the type UINT8L is not read here',
    ])
  })

  test('by metrics becomes a model where the names say nothing, each point under its own', () => {
    const imported = importTelegraf(metricStyle)

    expect(likeliest(imported.devices[0]?.points ?? [], shelf.types)).toBeUndefined()
    expect(siteDraft(imported, shelf)).toMatchObject({ yaml: '', pieces: 0 })
    expect(modelTexts(imported, 'telegraf.conf')[0]?.yaml).toContain(
      '"4x0102-int": { name: "4x0102:INT", table: holding, register: 101, type: int16 }',
    )
  })

  test('as a model lies beside a site file and is taken by from', () => {
    const [model] = modelTexts(importTelegraf(registerStyle), 'telegraf.conf')
    const site = `site: { id: a, name: A }
connections: { line: { protocol: modbus-tcp, host: 10.0.0.5 } }
areas: { here: { equipment: { mixer: { type: dough-mixer, model: device, connection: line, unit: 2, points: { running: { from: motor1-run } } } } } }
`
    const loaded = readSite(
      [
        { name: 'a.yaml', text: site },
        { name: 'model.yaml', text: model?.yaml ?? '' },
      ],
      {},
      protocols,
      shelf,
    )

    expect(loaded.problems.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(loaded.ok && bindings(loaded.site)).toEqual({
      'mixer.running': { table: 'coil', register: 0 },
      'mixer.current': { table: 'holding', register: 1, type: 'int32', scale: 0.001 },
    })
  })

  const table = (field: string): Imported =>
    importTelegraf(`[[inputs.modbus]]\ncontroller = "tcp://a:502"\nholding_registers = [\n${field}\n]\n`)
  test.each([
    [
      'addresses out of order',
      '{ name = "power", byte_order = "ABCD", data_type = "INT32", address = [4, 3] }',
      'its registers do not follow each other',
    ],
    [
      'a width that is not the type’s',
      '{ name = "power", byte_order = "ABCD", data_type = "INT32", address = [3] }',
      'INT32 takes 2 registers, not 1',
    ],
    ['no byte order', '{ name = "power", data_type = "INT16", address = [3] }', 'there is no byte order (none)'],
    [
      'half a register',
      '{ name = "power", byte_order = "AB", data_type = "INT8H", address = [3] }',
      'the type INT8H is not read here',
    ],
    [
      'the end of the table',
      '{ name = "power", byte_order = "ABCD", data_type = "INT32", address = [65535, 65536] }',
      'that is no address',
    ],
    ['a bit that is none', '{ name = "power", data_type = "BIT", bit = 16, address = [3] }', 'bit is 0 to 15'],
  ])('leaves out %s and says so', (_, field, why) => {
    expect(leftOf(table(field))).toEqual([`4 device-1: power: ${why}`])
  })

  test('reads 64 bits in every order that Telegraf has a name for', () => {
    const order = (word: string) =>
      table(`{ name = "energy", byte_order = "${word}", data_type = "UINT64", address = [1,2,3,4] }`).devices[0]?.points[0]
        ?.settings['order']

    expect(['ABCDEFGH', 'GHEFCDAB', 'BADCFEHG', 'HGFEDCBA'].map(order)).toEqual([undefined, 'CDAB', 'BADC', 'DCBA'])
  })

  test('that is no TOML is told with its line, and so is a file of something else', () => {
    expect(leftOf(importTelegraf('[[inputs.modbus]]\nname = \n'))[0]).toMatch(/^2 TOML: not valid TOML/)
    expect(leftOf(importTelegraf('[agent]\ninterval = "10s"\n'))).toEqual([
      '1 inputs.modbus: there is no [[inputs.modbus]] in it',
    ])
  })

  test.each([
    ['tcp://plc:502', 'RTUoverTCP', { protocol: 'modbus-tcp', settings: { host: 'plc', port: 502, framing: 'rtu' } }],
    ['COM3', 'RTU', { protocol: 'modbus-rtu', settings: { path: 'COM3', baud: 9600, format: '8N1' } }],
  ])('knows %s in %s', (controller, mode, connection) => {
    const text = `[[inputs.modbus]]\ncontroller = "${controller}"\ntransmission_mode = "${mode}"\n`
    expect(importTelegraf(text).connections[0]).toMatchObject(connection)
  })

  test.each([
    ['tcp://plc:502', 'ASCIIoverTCP', 'Modbus ASCII is not spoken'],
    ['udp://plc', 'auto', 'the address "udp://plc" is not understood'],
  ])('does not pretend to know %s in %s', (controller, mode, why) => {
    const text = `[[inputs.modbus]]\ncontroller = "${controller}"\ntransmission_mode = "${mode}"\n`
    expect(leftOf(importTelegraf(text))).toEqual([`1 device-1: controller: ${why}`])
  })
})

describe("evcc's and mbmd's YAML", () => {
  test('meters by name become models of ours, on the lines they are on', () => {
    const imported = importMaps(mbmdFile)
    const site = siteOf(siteDraft(imported, shelf).yaml)

    expect(site.connections.map(({ protocol, settings }) => [protocol, settings])).toEqual([
      ['modbus-rtu', { path: '/dev/ttyUSB0', baud: 9600, format: '8N1' }],
      ['modbus-tcp', { host: '192.168.0.7', port: 23, framing: 'rtu' }],
    ])
    expect(site.points.find(({ id }) => id === 'sdm1.power')?.binding).toEqual({ table: 'input', type: 'float32', register: 52 })
    expect(leftOf(imported)).toEqual(['16 sma1: no model corresponds to "sunspec"'])
  })

  test('a template is unfolded for a meter at the grid, with its units and the lines it has', () => {
    const imported = importMaps(evccTemplate)
    const device = imported.devices[0]

    expect(device?.points).toEqual([
      { name: 'power', unit: 'W', settings: { table: 'holding', register: 36, type: 'int32' }, line: 14 },
      { name: 'energy', unit: 'kWh', settings: { table: 'holding', register: 62, type: 'int32', scale: 0.01 }, line: 24 },
      { name: 'current-l1', unit: 'A', settings: { table: 'holding', register: 26, type: 'uint16', scale: 0.01 }, line: 37 },
    ])
    expect(siteDraft(imported, shelf).pieces).toBe(0)
    const part = siteDraft(imported, { ...shelf, connection: 'bus' }).yaml
    const site = siteOf(`site: { id: a, name: A }\nconnections: { bus: { protocol: modbus-tcp, host: 10.0.0.5 } }\n${part}`)
    expect(bindings(site)['acrel-adw300.power']).toEqual({ table: 'holding', register: 36, type: 'int32' })
    expect(part).toContain('unit: W')
  })

  test('custom meters are read register by register; what is no register, or writes, is named', () => {
    const imported = importMaps(evccMeters)

    // evcc takes unit 1 where a named meter has none; here a unit is never made up.
    expect(leftOf(imported)).toEqual([
      '2 grid: it has no unit id',
      '18 heatpump: energy: source: http is not read here',
      '22 heatpump: current-l1: that writes: only reading is done here',
      '26 wallbox: type: template is not read here',
    ])
    const site = siteOf(siteDraft(imported, shelf).yaml)
    expect(bindings(site)).toEqual({
      'heatpump.power': { table: 'input', register: 512, type: 'float32', order: 'CDAB', scale: 1000 },
    })
  })

  test('a template keeps its line numbers whatever is cut out of it', () => {
    expect(rendered('a\n{{- if eq .usage "pv" }}\nb\n{{- else }}\nc\n{{- end }}\nd').text).toBe('a\n\n\n\nc\n\nd')
    expect(rendered('{{ if .token }}\na\n{{ end }}\nb: {{ .host }}')).toEqual({
      text: '\n\n\nb: given',
      unknown: [{ line: 1, said: '.token' }],
    })
    expect(rendered('{{ if ne .usage "pv" }}\na\n{{ else if eq .usage "pv" }}\nb\n{{ else }}\nc\n{{ end }}').text).toBe(
      '\na\n\n\n\n\n',
    )
    expect(rendered('{{ if or (eq .usage "grid") (eq .usage "pv") }}\na\n{{ end }}').text).toBe('\na\n')
    expect(rendered('{{ range .x }}\na\n{{ end }}\n{{ end }}\nb').text).toBe('\n\n\n\nb')
  })

  test('what is neither says so', () => {
    expect(leftOf(importMaps('a: 1\n'))).toEqual(['1 meters: there is neither meters, devices nor render in it'])
    expect(leftOf(importMaps('a: [1\n'))[0]).toMatch(/YAML/)
  })
})

describe('the names of points', () => {
  test.each([
    ['Voltage_L1', 'voltage-l1'],
    ['phase1Voltage', 'voltage-l1'],
    ['Ua', 'voltage-l1'],
    ['active_power', 'power'],
    ['Total Active Power', 'power'],
    ['PowerFactor', 'power-factor'],
    ['cos phi', 'power-factor'],
    ['import_energy_kwh', 'energy'],
    ['export_energy', 'exported'],
    ['room_temp', 'temperature'],
    ['PM2.5', 'pm2-5'],
    ['reactive_power', undefined],
    ['max_voltage', undefined],
    ['energy_l1', undefined],
    ['export_power', undefined],
    ['motor1_run', undefined],
    ['', undefined],
  ])('%s is %s', (name, key) => {
    expect(keyMeant(name)).toBe(key)
  })

  test('may end in a unit', () => {
    expect(['power_w', 'p-kW', 'energy.kwh', 'temp', 'flow_x'].map(unitMeant)).toEqual(['W', 'kW', 'kWh', undefined, undefined])
  })

  test('lengths of time are one number with one unit', () => {
    expect(['1m30s', '250ms', '1h', '0s', 'soon', 5].map(durationOf)).toEqual([
      '90s',
      '250ms',
      '3600s',
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('whatever is handed in', () => {
  const examples = [registerStyle, requestStyle, metricStyle, evccTemplate, evccMeters, mbmdFile]
  const broken = fc
    .tuple(
      fc.constantFrom(...examples),
      fc.nat(),
      fc.nat(40),
      fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('[[', '}', '"', '\n', '{{', ': ', '0x', 'NaN', '[1,', "''")),
    )
    .map(([text, at, length, patch]) => {
      const from = at % text.length
      return text.slice(0, from) + patch + text.slice(from + length)
    })

  test('is read or told, and never thrown; what comes out is a good site file or a good model', () => {
    fc.assert(
      fc.property(fc.oneof(broken, fc.string(), fc.constantFrom(...examples)), text => {
        for (const imported of [importTelegraf(text), importMaps(text)]) {
          const draft = siteDraft(imported, { ...shelf, connection: 'bus' })
          for (const { line, why } of draft.leftOut) {
            expect(line).toBeGreaterThan(0)
            expect(why.zh !== '' && why.en !== '').toBe(true)
          }
          if (draft.pieces > 0)
            siteOf(`site: { id: a, name: A }\nconnections: { bus: { protocol: modbus-tcp, host: 10.0.0.5 } }\n${draft.yaml}`)
          for (const model of modelTexts(imported, 'file')) {
            const root = 'site: { id: a, name: A }\nareas: {}\n'
            const loaded = readSite(
              [
                { name: 'a.yaml', text: root },
                { name: 'm.yaml', text: model.yaml },
              ],
              {},
              protocols,
              shelf,
            )
            expect(
              loaded.problems.filter(({ file, severity }) => file === 'm.yaml' && severity === 'error'),
              model.yaml,
            ).toEqual([])
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  const word = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_ ]{0,12}$/)
  const field = fc.record({
    name: word,
    byte_order: fc.constantFrom('AB', 'BA', 'ABCD', 'DCBA', 'XYZ'),
    data_type: fc.constantFrom('INT16', 'UINT16', 'INT32', 'FLOAT32-IEEE', 'FIXED', 'STRING', 'INT8L', 'BOGUS'),
    scale: fc.constantFrom(0.1, 1, 10),
    address: fc.array(fc.nat(66_000), { maxLength: 4 }),
  })

  test('every field of a Telegraf file is imported or named as left out', () => {
    fc.assert(
      fc.property(fc.uniqueArray(field, { selector: ({ name }) => name, minLength: 1, maxLength: 8 }), fields => {
        const rows = fields.map(
          one =>
            `{ name = ${JSON.stringify(one.name)}, byte_order = "${one.byte_order}", data_type = "${one.data_type}", scale = ${one.scale}, address = [${one.address.join(', ')}] },`,
        )
        const text = `[[inputs.modbus]]\nname = "it"\ncontroller = "tcp://a:502"\nholding_registers = [\n${rows.join('\n')}\n]\n`
        const imported = importTelegraf(text)
        const draft = siteDraft(imported, shelf)
        const left = new Set(draft.leftOut.map(({ what }) => what))
        const kept = fields.filter(({ name }) => !left.has(`it: ${name}`))

        expect(kept.length).toBe(draft.points)
        expect(left.size + draft.points).toBeGreaterThanOrEqual(fields.length)
        if (draft.pieces > 0) siteOf(draft.yaml)
        for (const one of imported.leftOut) {
          const row = text.split('\n')[one.line - 1] ?? ''
          expect(row.includes(`"${one.what.replace('it: ', '')}"`)).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('zhishou import', () => {
  async function run(text: string, ...args: string[]) {
    const folder = await mkdtemp(join(tmpdir(), 'zhishou-import-'))
    const [out, err]: [string[], string[]] = [[], []]
    try {
      const path = join(folder, 'telegraf.conf')
      await writeFile(path, text)
      const io = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line), env: { LANG: 'C' } }
      const code = await importFile([path, ...args], io)
      return { code, out: out.join('\n'), err: err.join('\n') }
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  test('prints the draft, and beside it what is missing from it', async () => {
    const { code, out, err } = await run(registerStyle)

    expect(code).toBe(0)
    siteOf(out)
    expect(err).toContain('telegraf.conf:21 Device: firmware: a text is no reading')
    expect(err).toContain('imported: 1 pieces, 6 points; left out: 4')
  })

  test('takes the type it is told, and the language', async () => {
    const { code, out, err } = await run(registerStyle, '--type', 'dough-mixer', '--lang', 'zh')

    expect(code).toBe(0)
    expect(siteOf(out).equipment[0]?.type).toBe('dough-mixer')
    expect(err).toContain('没有这个点')
  })

  test('prints a model, and all of it as JSON', async () => {
    expect((await run(registerStyle, '--as', 'model')).out).toMatch(/^model: device\n/)
    const { out } = await run(registerStyle, '--json')
    expect(JSON.parse(out)).toMatchObject({ drafts: [{ pieces: 1, points: 6 }], leftOut: [{ line: 8 }, {}, {}, {}] })
  })

  test('ends with 1 where nothing could be taken, and with 2 where it was called wrongly', async () => {
    expect((await run('[agent]\n')).code).toBe(1)
    expect((await run(metricStyle)).code).toBe(1)
    const wrong = await run(registerStyle, '--type', 'dough-mixr')
    expect([wrong.code, wrong.err.split('\n', 1)[0]]).toEqual([
      2,
      'there is no equipment type "dough-mixr": did you mean dough-mixer?',
    ])
    for (const args of [['--as', 'poem'], ['--format', 'xml'], ['--connection', 'Bus 1'], ['two.yaml'], ['--nonsense']])
      expect((await run(registerStyle, ...args)).code).toBe(2)
    expect(await importFile(['/nowhere/file'], { out() {}, err() {}, env: {} })).toBe(2)
    expect((await run(registerStyle, '--help')).out).toContain('--as model')
  })
})
