import { describe, expect, test } from 'vitest'
import { readSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { tiny } from './tiny.ts'

const shelf = await loadShelf()

const good = `site:
  id: greenhill
  name: { zh: 青山小学, en: Greenhill School }
  timeZone: Asia/Shanghai
  server: { host: 127.0.0.1, port: 8080 }
  policies: [canteen]

connections:
  bus:
    protocol: tiny
    host: 10.0.0.5
    port: 502
    every: 10s

areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        name: { zh: 1 号保鲜柜, en: Cabinet 1 }
        connection: bus
        unit: 1
        facts: { holds: cooked }
        points:
          temperature: { register: 0, scale: 0.1 }
          door: { register: 1 }
        rules:
          temperature.too-warm: { onDelay: 15m, reason: 大功率除霜 }
`

const check = (text: string, env: Record<string, string> = {}) => readSite([{ name: 'site.yaml', text }], env, [tiny], shelf)
const shown = (text: string, env?: Record<string, string>) =>
  check(text, env).problems.map(({ line, column, severity, code, path }) => `${line}:${column} ${severity} ${code} ${path}`)

/** Each row changes the good file in one spot; ▸ stands where the problem must point. */
const rows: readonly [name: string, from: string, to: string, code: string, path: string][] = [
  ['a tab as indentation', '    protocol: tiny', '▸\tprotocol: tiny', 'yaml-syntax', ''],
  ['an unclosed bracket', '[canteen]', '[canteen', 'yaml-syntax', ''],
  ['a variable in braces without quotes', '{ register: 1 }', '{ register: $▸{X} }', 'yaml-syntax', ''],
  ['one key twice in a mapping', '    port: 502', '    port: 502\n    ▸port: 503', 'duplicate-key', ''],
  ['a variable that is not set', 'host: 10.0.0.5', 'host: ▸${BUS_HOST}', 'env-missing', 'connections.bus.host'],
  ['an unknown key at the top', 'connections:', '▸conections: {}\nconnections:', 'unknown-key', 'conections'],
  ['a mistyped key of the site', '  timeZone: Asia/Shanghai', '  ▸timezone: Asia/Shanghai', 'unknown-key', 'site.timezone'],
  ['an unknown time zone', 'Asia/Shanghai', '▸Asia/Shanhai', 'unknown-time-zone', 'site.timeZone'],
  ['an offset instead of a time zone', 'Asia/Shanghai', '▸+08:00', 'unknown-time-zone', 'site.timeZone'],
  ['a site id with capitals', 'id: greenhill', 'id: ▸Greenhill', 'bad-id', 'site.id'],
  ['a site without a name', '  name: { zh: 青山小学, en: Greenhill School }\n', '', 'missing', 'site'],
  ['a name in one language of two', '{ zh: 食堂, en: Canteen }', '{ zh: 食堂 }', 'missing', 'areas.canteen.name'],
  ['a port that is none', 'port: 8080', 'port: ▸80800', 'bad-port', 'site.server.port'],
  ['a port in words', 'port: 8080', 'port: ▸web', 'wrong-type', 'site.server.port'],
  ['an unknown policy', '[canteen]', '[▸canten]', 'unknown-policy', 'site.policies.0'],
  ['an unknown protocol', 'protocol: tiny', 'protocol: ▸tinny', 'unknown-protocol', 'connections.bus.protocol'],
  ['a connection without a protocol', '    protocol: tiny\n', '', 'missing', 'connections.bus'],
  ['a setting that the protocol has not', 'every: 10s', '▸evry: 10s', 'unknown-key', 'connections.bus.evry'],
  ['a setting that the protocol refuses', 'port: 502', 'port: ▸modbus', 'wrong-setting', 'connections.bus.port'],
  ['a setting that the protocol misses', '    host: 10.0.0.5\n', '', 'missing', 'connections.bus'],
  ['an id with a dot', '      cold-1:', '      ▸cold.1:', 'bad-id', 'areas.canteen.equipment.cold.1'],
  [
    'an unknown equipment type',
    'type: fresh-keeping-cabinet',
    'type: ▸fresh-keeping-cabinett',
    'unknown-equipment-type',
    'areas.canteen.equipment.cold-1.type',
  ],
  [
    'an unknown connection',
    'connection: bus',
    'connection: ▸buss',
    'unknown-connection',
    'areas.canteen.equipment.cold-1.connection',
  ],
  [
    'an unknown key of the equipment',
    '        unit: 1',
    '        unit: 1\n        ▸colour: red',
    'unknown-key',
    'areas.canteen.equipment.cold-1.colour',
  ],
  ['a device key of the wrong type', '        unit: 1', '        unit: ▸one', 'bad-value', 'areas.canteen.equipment.cold-1.unit'],
  ['a fact that is a list', 'holds: cooked', 'holds: ▸[cooked]', 'wrong-type', 'areas.canteen.equipment.cold-1.facts.holds'],
  [
    'an unknown point',
    'door: { register: 1 }',
    'door: { register: 1 }\n          ▸dor: { register: 2 }',
    'unknown-point',
    'areas.canteen.equipment.cold-1.points.dor',
  ],
  ['a point that is no mapping', 'door: { register: 1 }', 'door: ▸1', 'wrong-type', 'areas.canteen.equipment.cold-1.points.door'],
  [
    'a binding the protocol refuses',
    'door: { register: 1 }',
    'door: { register: ▸one }',
    'bad-value',
    'areas.canteen.equipment.cold-1.points.door.register',
  ],
  [
    'a binding that lacks its register',
    'door: { register: 1 }',
    '▸door: {}',
    'missing',
    'areas.canteen.equipment.cold-1.points.door',
  ],
  [
    'a mistyped key of a binding',
    'door: { register: 1 }',
    'door: { register: 1, ▸scle: 2 }',
    'unknown-key',
    'areas.canteen.equipment.cold-1.points.door.scle',
  ],
  [
    'a mistyped key that the protocol needs, told once',
    'door: { register: 1 }',
    'door: { ▸registr: 1 }',
    'unknown-key',
    'areas.canteen.equipment.cold-1.points.door.registr',
  ],
  [
    'a mistyped key that the site needs, told once',
    '  name: { zh: 青山小学',
    '  ▸nmae: { zh: 青山小学',
    'unknown-key',
    'site.nmae',
  ],
  [
    'two points on one register',
    'door: { register: 1 }',
    'door: { register: ▸0 }',
    'register-taken',
    'areas.canteen.equipment.cold-1.points.door.register',
  ],
  ['an unknown unit', 'scale: 0.1', 'unit: ▸degrees', 'unknown-unit', 'areas.canteen.equipment.cold-1.points.temperature.unit'],
  [
    'a unit of another quantity',
    'scale: 0.1',
    'unit: ▸MPa',
    'unit-mismatch',
    'areas.canteen.equipment.cold-1.points.temperature.unit',
  ],
  [
    'a unit on a contact',
    'door: { register: 1 }',
    'door: { register: 1, unit: ▸°C }',
    'unit-mismatch',
    'areas.canteen.equipment.cold-1.points.door.unit',
  ],
  [
    'a duration without a unit',
    'scale: 0.1',
    'stale: ▸600',
    'bad-duration',
    'areas.canteen.equipment.cold-1.points.temperature.stale',
  ],
  [
    'limits the wrong way round',
    'scale: 0.1',
    'limits: { min: ▸6, max: 2 }',
    'limit-inverted',
    'areas.canteen.equipment.cold-1.points.temperature.limits.min',
  ],
  [
    'a scale the wrong way round',
    'scale: 0.1',
    'range: ▸[20, -5]',
    'limit-inverted',
    'areas.canteen.equipment.cold-1.points.temperature.range',
  ],
  [
    'record limits weaker than the house rule',
    'scale: 0.1',
    'limits: { max: ▸10 }',
    'limit-weakened',
    'areas.canteen.equipment.cold-1.points.temperature.limits.max',
  ],
  [
    'an unknown rule',
    'temperature.too-warm:',
    '▸temperature.too-hot:',
    'unknown-rule',
    'areas.canteen.equipment.cold-1.rules.temperature.too-hot',
  ],
  [
    'an unknown setting of a rule',
    'onDelay: 15m',
    '▸onDely: 15m',
    'unknown-key',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm.onDely',
  ],
  [
    'a delay without a unit',
    'onDelay: 15m',
    'onDelay: ▸15',
    'bad-duration',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm.onDelay',
  ],
  [
    'a negative delay',
    'onDelay: 15m',
    'onDelay: ▸-15m',
    'bad-duration',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm.onDelay',
  ],
  [
    'a negative off-delay',
    'onDelay: 15m',
    'offDelay: ▸-1s',
    'bad-duration',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm.offDelay',
  ],
  [
    'an upper limit below the lower one',
    'onDelay: 15m',
    'value: ▸-1',
    'limit-inverted',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm.value',
  ],
  [
    'an upper limit that equals the lower one',
    'onDelay: 15m',
    'value: ▸0',
    'limit-inverted',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm.value',
  ],
  [
    'a deadband as wide as the band',
    'onDelay: 15m',
    'deadband: ▸9',
    'deadband-too-large',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm.deadband',
  ],
  [
    'a negative deadband',
    'onDelay: 15m',
    'deadband: ▸-1',
    'rule-setting',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm.deadband',
  ],
  [
    'a limit that is text',
    'onDelay: 15m',
    'value: ▸warm',
    'rule-setting',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm.value',
  ],
  [
    'a limit no such sensor can reach',
    'onDelay: 15m',
    'value: ▸150',
    'rule-never-fires',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm.value',
  ],
  [
    'a limit every reading is beyond',
    'temperature.too-warm: { onDelay: 15m',
    'temperature.too-cold: { value: ▸200',
    'rule-always-fires',
    'areas.canteen.equipment.cold-1.rules.temperature.too-cold.value',
  ],
  [
    'an unknown priority',
    'onDelay: 15m',
    'priority: ▸urgent',
    'unknown-priority',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm.priority',
  ],
  [
    'a house rule weakened without a reason',
    '{ onDelay: 15m, reason: 大功率除霜 }',
    '{ value: ▸10 }',
    'reason-missing',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm.value',
  ],
  [
    'a house rule weakened with an empty reason',
    'onDelay: 15m, reason: 大功率除霜',
    "value: ▸10, reason: ' '",
    'reason-missing',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm.value',
  ],
  [
    'a house rule switched off without a reason',
    'temperature.too-warm: { onDelay: 15m, reason: 大功率除霜 }',
    '▸temperature.too-warm: off',
    'reason-missing',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm',
  ],
  [
    'an overlay that is a number',
    '{ onDelay: 15m, reason: 大功率除霜 }',
    '▸9',
    'wrong-type',
    'areas.canteen.equipment.cold-1.rules.temperature.too-warm',
  ],
  ['an anonymous broker open to all', 'every: 10s', 'anonymous: ▸true', 'anonymous-not-loopback', 'connections.bus.anonymous'],
]

/** For rows that take a line away the place cannot be marked: it is the key of the part that lacks it. */
const keyed: Readonly<Record<string, string>> = { '': '8:1', site: '1:1', 'areas.canteen.name': '17:5', 'connections.bus': '9:3' }

describe('a broken site file', () => {
  for (const [name, from, to, code, path] of rows) {
    test(`with ${name} is refused at the very place`, () => {
      expect(good).toContain(from)
      const marked = good.replace(from, to)
      const text = marked.replaceAll('▸', '')
      const before = marked.split('▸', 1)[0]?.split('\n') ?? []
      const place = marked.includes('▸') ? `${before.length}:${(before.at(-1)?.length ?? 0) + 1}` : keyed[path]

      const errors = shown(text).filter(line => line.includes(' error '))

      expect(errors).toEqual([`${place} error ${code} ${path}`])
      expect(check(text).ok).toBe(false)
    })
  }

  test('is told of all its mistakes at once, in the order of the lines', () => {
    const text = good
      .replace('Asia/Shanghai', 'Mars/Base')
      .replace('[canteen]', '[kitchen]')
      .replace('protocol: tiny', 'protocol: modbus')
      .replace('register: 1', 'registr: 1')
      .replace('onDelay: 15m', 'onDelay: soon')

    expect(shown(text)).toEqual([
      '4:13 error unknown-time-zone site.timeZone',
      '6:14 error unknown-policy site.policies.0',
      '10:15 error unknown-protocol connections.bus.protocol',
      '29:44 error bad-duration areas.canteen.equipment.cold-1.rules.temperature.too-warm.onDelay',
    ])
  })

  test('says what is wrong and what to write in both languages, with the word that was meant', () => {
    const [problem] = check(good.replace('type: fresh-keeping-cabinet', 'type: fresh-keeping-cabinett')).problems

    expect(problem?.wrong).toEqual({ zh: '不认识 "fresh-keeping-cabinett"', en: '"fresh-keeping-cabinett" is not known' })
    expect(problem?.write).toEqual({ zh: '写 `fresh-keeping-cabinet`', en: 'write `fresh-keeping-cabinet`' })
  })

  test('never shows the value of a variable', () => {
    const { problems } = check(good.replace('port: 502', "port: '${SECRET}'"), { SECRET: 'hunter2' })

    expect(problems).toHaveLength(1)
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })
})

describe('a good site file with something odd', () => {
  const odd: readonly [name: string, from: string, to: string, problem: string][] = [
    [
      'a point that no policy in force watches',
      '[canteen]',
      '[]',
      '26:11 warning point-unwatched areas.canteen.equipment.cold-1.points.temperature',
    ],
    [
      'a policy nothing here comes under',
      '[canteen]',
      '[canteen, fire]',
      '6:23 warning clause-without-equipment site.policies.1',
    ],
    [
      'a connection nobody uses',
      '\nareas:',
      '  spare: { protocol: tiny, host: a }\n\nareas:',
      '14:3 warning connection-unused connections.spare',
    ],
    [
      'a point that counts as silent between two reads',
      'every: 10s',
      'every: 10m',
      '26:11 warning stale-too-soon areas.canteen.equipment.cold-1.points.temperature',
    ],
    [
      'equipment without its main point',
      '          temperature: { register: 0, scale: 0.1 }\n',
      '',
      '25:9 warning main-point-missing areas.canteen.equipment.cold-1.points',
    ],
  ]
  for (const [name, from, to, problem] of odd) {
    test(`runs, and is warned of ${name}`, () => {
      expect(good).toContain(from)
      const text = good.replace(from, to).replace(/ {8}rules:\n.*\n/, '')

      expect(shown(text)).toContain(problem)
      expect(check(text).ok).toBe(true)
    })
  }
})
