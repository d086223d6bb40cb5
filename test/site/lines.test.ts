import { describe, expect, test } from 'vitest'
import { readSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { protocols } from '../../protocols/registry.ts'

const shelf = await loadShelf()

/** Every connection has a thermometer, so that nothing else is to be said of it. */
function told(connections: readonly string[], equipment: readonly string[] = [], more = ''): readonly string[] {
  const text = `site: { id: greenhill, name: 青山小学 }
connections:
${connections.map(line => `  ${line}`).join('\n')}
areas:
  here:
    equipment:
${equipment.map(line => `      ${line}`).join('\n')}
`
  const files = [{ name: 'site.yaml', text }, ...(more === '' ? [] : [{ name: 'more.yaml', text: more }])]
  return readSite(files, {}, protocols, shelf)
    .problems.filter(({ code }) => ['port-taken', 'model-of-another-line', 'line-unlike-model'].includes(code))
    .map(({ file, line, column, severity, code, wrong, write }) => {
      expect([wrong.zh, write.zh].every(words => /[一-鿿]/.test(words))).toBe(true)
      return `${file}:${line}:${column} ${severity} ${code}: ${wrong.en}; ${write.en}`
    })
}
const rtu = (id: string, path: string, more = ''): string => `${id}: { protocol: modbus-rtu, path: ${path}${more} }`
const room = (id: string, connection: string): string =>
  `${id}: { type: room-thermometer, connection: ${connection}, unit: 1, points: { temperature: { register: 0 } } }`

describe('a serial port', () => {
  test('belongs to one connection: both places are told, each with the other’s line', () => {
    expect(told([rtu('bus', '/dev/ttyUSB0'), rtu('other', '/dev//ttyUSB0')], [room('a', 'bus'), room('b', 'other')])).toEqual([
      'site.yaml:3:38 error port-taken: the serial port /dev/ttyUSB0 is also that of `other` (line 4); write one connection for one port and name it as `connection` of all its equipment; their addresses tell them apart',
      'site.yaml:4:40 error port-taken: the serial port /dev/ttyUSB0 is also that of `bus` (line 3); write one connection for one port and name it as `connection` of all its equipment; their addresses tell them apart',
    ])
  })

  test('speaks one protocol, whichever file says so', () => {
    const meters = `connections:\n  meters: { protocol: dlt645, path: com3 }\n`
    const [first, second] = told([rtu('bus', 'COM3')], [room('a', 'bus')], meters)

    expect(first).toContain('more.yaml:2:37 error port-taken: the serial port COM3 is also that of `bus` (site.yaml:3)')
    expect(first).toContain('over a serial server (host and port: the gateway lets them take turns)')
    expect(second).toContain('site.yaml:3:38 error port-taken: the serial port COM3 is also that of `meters` (more.yaml:2)')
  })

  test('of which there are three names all of them', () => {
    const problems = told(['a', 'b', 'c'].map(id => rtu(id, '/dev/ttyS1')))
    expect(problems).toHaveLength(3)
    expect(problems[1]).toContain('is also that of `a` (line 3), `c` (line 5)')
  })

  test.each([
    ['two ports', [rtu('a', '/dev/ttyS0'), rtu('b', '/dev/ttyS1')]],
    [
      'one serial server with two connections, which take turns',
      ['a: { protocol: modbus-rtu, host: 10.0.0.9, port: 4001 }', 'b: { protocol: dlt645, host: 10.0.0.9, port: 4001 }'],
    ],
  ])('%s are well', (_, connections) => {
    expect(told(connections)).toEqual([])
  })
})

describe('the plug of a model', () => {
  const em24 = (connection: string): string =>
    `m: { type: electricity-meter, model: carlo-gavazzi-em24-ethernet, connection: ${connection}, unit: 1 }`
  const probe = (id: string, unit: number): string =>
    `${id}: { type: room-thermometer, model: xy-md02, connection: bus, unit: ${unit} }`

  test('that is for the network alone does not fit a serial port', () => {
    expect(told([rtu('bus', '/dev/ttyS0')], [em24('bus')])).toEqual([
      'site.yaml:7:44 error model-of-another-line: Carlo Gavazzi EM24 E1 three phase meter (Ethernet) has a network port only (502), and `bus` is a serial port of this machine; add a connection with `protocol: modbus-tcp` and `host: …`, and name it as `connection` of the equipment',
    ])
  })

  test.each([
    ['frames of a serial line', 'bus: { protocol: modbus-tcp, host: 10.0.0.9, framing: rtu }', 1],
    ['a connection of serial frames', 'bus: { protocol: modbus-rtu, host: 10.0.0.9 }', 1],
    ['Modbus TCP', 'bus: { protocol: modbus-tcp, host: 10.0.0.9 }', 0],
  ])('over %s', (_, connection, warnings) => {
    const problems = told([connection], [em24('bus')])
    expect(problems).toHaveLength(warnings)
    for (const problem of problems) expect(problem).toContain('warning model-of-another-line')
  })

  test('that comes with another speed than its line has is worth a word, once for a line', () => {
    expect(told([rtu('bus', '/dev/ttyS0', ', baud: 4800')], [probe('a', 1), probe('b', 2)])).toEqual([
      'site.yaml:7:43 note line-unlike-model: XY-MD02 temperature and humidity transmitter (SHT20) comes with 9600 8N1, and `bus` is 4800 8N1; if it does not answer set the device to the speed of this line, or, where all of them are alike, `baud` and `format` of the connection',
    ])
  })

  test.each([
    ['as it comes', ''],
    ['as it was also met, in the form that YAML takes for a number', ', format: 8E1'],
    ['as it was also met', ", format: '8E1'"],
  ])('%s needs no word', (_, more) => {
    expect(told([rtu('bus', '/dev/ttyS0', more)], [probe('a', 1)])).toEqual([])
  })

  test('behind a serial server has a speed that nobody here knows', () => {
    expect(told(['bus: { protocol: modbus-tcp, host: 10.0.0.9 }'], [probe('a', 1)])).toEqual([])
  })
})
