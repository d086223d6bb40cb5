import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Binding, Protocol } from '../../protocols/contract/driver.ts'
import { loadSite, readSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import type { Point, Site } from '../../gateway/site/site.ts'
import { tiny } from './tiny.ts'

const shelf = await loadShelf()

const frame = (equipment: string, site = '', connections = '') => `site:
  id: greenhill
  name: 青山小学
${site}
connections:
  bus: { protocol: tiny, host: 10.0.0.5 }
${connections}
areas:
  here:
    equipment:
${equipment}`

const cabinet = (points: string, rules = '') => `      cold-1:
        type: fresh-keeping-cabinet
        connection: bus
        unit: 1
        points: ${points}
        rules: { ${rules} }
`

function read(text: string, env: Record<string, string> = {}, protocols: readonly Protocol[] = [tiny]): Site {
  const loaded = readSite([{ name: 'site.yaml', text }], env, protocols, shelf)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems, null, 1))
  return loaded.site
}
const pointOf = (site: Site, id: string): Point | undefined => site.points.find(point => point.id === id)
const ruleOf = (site: Site, id: string) => site.rules.find(rule => rule.id === id)

describe('a site', () => {
  test('brings units, labels, scale and limits from the equipment type and its rules', () => {
    const site = read(frame(cabinet('{ temperature: { register: 0 }, door: { register: 1 } }')))

    expect(pointOf(site, 'cold-1.temperature')).toMatchObject({
      unit: '°C',
      decimals: 1,
      range: { min: -5, max: 20 },
      limits: { min: 0, max: 8 },
      staleAfter: 600_000,
    })
    expect(pointOf(site, 'cold-1.door')?.labels.get(1)).toEqual({ zh: '开', en: 'open' })
    expect(pointOf(site, 'cold-1.door')?.limits).toEqual({})
    expect(site.equipment[0]).toMatchObject({
      icon: 'fridge',
      mainPoint: 'cold-1.temperature',
      clauses: ['CAN-1', 'CAN-2', 'CAN-10'],
      device: { unit: 1 },
      name: { zh: '保鲜柜 cold-1' },
    })
    expect(site.timeZone).toBe('Asia/Shanghai')
  })

  test('runs the shipped numbers of CAN-1 with clause, basis and policy version', () => {
    const rule = ruleOf(read(frame(cabinet('{ temperature: { register: 0 } }'))), 'cold-1.temperature.too-warm')

    expect(rule).toMatchObject({
      kind: 'limit',
      spec: { op: 'gt', value: 8, deadband: 0.5, onDelay: 1_200_000, offDelay: 300_000 },
      clause: 'CAN-1',
      priority: 'medium',
      limitBasis: { kind: 'house-rule', verified: true },
      alarmBasis: { kind: 'design' },
      policy: { id: 'canteen', version: '1.1' },
    })
    expect(rule).not.toHaveProperty('overlay')
  })

  test('lays no rule on a point that is not wired', () => {
    const site = read(frame(cabinet('{ temperature: { register: 0 } }')))

    expect(site.rules.map(rule => rule.point)).not.toContain('cold-1.door')
  })

  test('keeps what an overlay changes, with its reason, and tells which settings they were', () => {
    const site = read(
      frame(
        cabinet(
          '{ temperature: { register: 0 } }',
          'temperature.too-warm: { onDelay: 15m, value: 10, priority: low, reason: 大功率除霜 }',
        ),
      ),
    )

    expect(ruleOf(site, 'cold-1.temperature.too-warm')).toMatchObject({
      spec: { value: 10, onDelay: 900_000, offDelay: 300_000 },
      priority: 'low',
      overlay: { reason: '大功率除霜', changed: ['onDelay', 'value', 'priority'] },
    })
  })

  test('judges the record by the house rule even where the alarm is weakened, and by the stricter number where it is tightened', () => {
    const weaker = read(
      frame(cabinet('{ temperature: { register: 0 } }', 'temperature.too-warm: { value: 10, reason: 大功率除霜 }')),
    )
    const off = read(frame(cabinet('{ temperature: { register: 0 } }', 'temperature.too-warm: { off: true, reason: 停用 }')))
    const stricter = read(frame(cabinet('{ temperature: { register: 0 } }', 'temperature.too-warm: { value: 6 }')))

    expect(pointOf(weaker, 'cold-1.temperature')?.limits).toEqual({ min: 0, max: 8 })
    expect(pointOf(off, 'cold-1.temperature')?.limits).toEqual({ min: 0, max: 8 })
    expect(ruleOf(off, 'cold-1.temperature.too-warm')).toBeUndefined()
    expect(pointOf(stricter, 'cold-1.temperature')?.limits).toEqual({ min: 0, max: 6 })
  })

  test('lets a rule of our own design be switched off without a reason, and does not call its point unwatched', () => {
    const text = frame(
      cabinet('{ temperature: { register: 0 }, door: { register: 1 } }', 'door.left-open: off, door.silent: off'),
    )
    const loaded = readSite([{ name: 'site.yaml', text }], {}, [tiny], shelf)

    expect(loaded.ok && loaded.problems).toEqual([])
  })

  test('takes the tightest cited number of a side where several rules watch it', () => {
    const tank = `      tank-1:\n        { type: water-tank, connection: bus, unit: 1, points: { chlorine: { register: 0 }, ph: { register: 1 }, turbidity: { register: 2 } } }\n`
    const site = read(frame(tank))

    expect(pointOf(site, 'tank-1.chlorine')?.limits).toEqual({ min: 0.3, max: 2 })
    expect(pointOf(site, 'tank-1.ph')?.limits).toEqual({ min: 6.5, max: 8.5 })
    expect(pointOf(site, 'tank-1.turbidity')?.limits).toEqual({ max: 1 })
  })

  test('hands a protocol only its own keys, and the way from the written unit to the unit of the point', () => {
    const seen: Binding[] = []
    const watching: Protocol = {
      ...tiny,
      prepare: (name, settings, bindings) => (seen.push(...bindings), tiny.prepare(name, settings, bindings)),
    }
    read(frame(cabinet('{ temperature: { register: 0, scale: 0.1, unit: degF, name: 上层, stale: 20m } }')), {}, [watching])

    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({
      point: 'cold-1.temperature',
      device: { unit: 1 },
      settings: { register: 0, scale: 0.1 },
      plausible: { min: -60, max: 120 },
    })
    expect(Object.keys(seen[0]?.settings ?? {})).toEqual(['register', 'scale'])
    const { scale = 0, offset = 0 } = seen[0]?.convert ?? {}
    expect(46.4 * scale + offset).toBeCloseTo(8, 9)
  })

  test('tells a protocol what a value is taken to be in, and whether the site file itself says so', () => {
    const seen: Binding[] = []
    const watching: Protocol = {
      ...tiny,
      prepare: (name, settings, bindings) => (seen.push(...bindings), tiny.prepare(name, settings, bindings)),
    }
    read(frame(cabinet('{ temperature: { register: 0, unit: degF }, door: { register: 1 } }')), {}, [watching])
    read(frame(cabinet('{ temperature: { register: 0 } }')), {}, [watching])

    expect(seen.map(({ point, unit }) => [point, unit?.symbol, unit?.said])).toEqual([
      ['cold-1.temperature', '°F', true],
      ['cold-1.door', '', false],
      ['cold-1.temperature', '°C', false],
    ])
  })

  test('lets one point come over another connection than its equipment', () => {
    const points = '{ temperature: { register: 0 }, door: { register: 0, connection: second } }'
    const site = read(frame(cabinet(points), '', '  second: { protocol: tiny, host: 10.0.0.6 }'))

    expect(site.connections.map(({ id, points: ids }) => [id, ids])).toEqual([
      ['bus', ['cold-1.temperature']],
      ['second', ['cold-1.door']],
    ])
  })

  test('brings every pack whose equipment is here, unless the site names them', () => {
    const two =
      cabinet('{ temperature: { register: 0 } }') +
      '      gas-1: { type: gas-alarm, connection: bus, unit: 2, points: { level: { register: 0 } } }\n'

    expect(read(frame(two)).policies.map(policy => policy.id)).toEqual(['canteen', 'gas'])
    expect(read(frame(two, '  policies: [gas]')).rules.every(rule => rule.policy.id === 'gas')).toBe(true)
  })

  test('fills in variables: text stays text, and becomes a number where the protocol asks for one', () => {
    const connections =
      "  second: { protocol: tiny, host: '${HOST}', port: '${PORT:-502}', accounts: { tank: '${PASSWORD}', note: '$${KEPT}' } }"
    const site = read(
      frame(cabinet('{ temperature: { register: 0, connection: second } }'), '  server: { port: "${WEB}" }', connections),
      { HOST: '10.1.1.1', PASSWORD: '123456', WEB: '9090' },
    )
    const second = site.connections.find(connection => connection.id === 'second')

    expect(second?.settings).toEqual({ host: '10.1.1.1', port: 502, accounts: { tank: '123456', note: '${KEPT}' } })
    expect(site.server).toEqual({ host: '127.0.0.1', port: 9090 })
  })
})

describe('a directory of site files', () => {
  test('is merged in name order, and a part written twice is told with the place of the first', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'zhishou-site-'))
    try {
      await writeFile(join(folder, 'a.yaml'), frame(cabinet('{ temperature: { register: 0 } }')))
      await writeFile(
        join(folder, 'b.yml'),
        'areas:\n  here:\n    name: 食堂\n    equipment:\n      cold-2: { type: freezer, connection: bus, unit: 2, points: { temperature: { register: 0 } } }\n',
      )
      await writeFile(join(folder, 'notes.txt'), 'not: [a site')

      const merged = await loadSite(folder, {}, [tiny])
      expect(merged.ok && merged.site.equipment.map(entry => entry.id)).toEqual(['cold-1', 'cold-2'])
      expect(merged.ok && merged.site.areas).toEqual([{ id: 'here', name: { zh: '食堂', en: '食堂' } }])

      await writeFile(
        join(folder, 'c.yaml'),
        'areas:\n  there:\n    equipment:\n      cold-1: { type: freezer, connection: bus, unit: 3, points: { temperature: { register: 0 } } }\n',
      )
      const twice = await loadSite(folder, {}, [tiny])
      expect(twice.problems).toMatchObject([{ code: 'duplicate-id', file: join(folder, 'c.yaml'), line: 4, column: 7 }])
      expect(twice.problems[0]?.wrong.en).toContain(`${join(folder, 'a.yaml')}:11`)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('takes a variable from the file that NAME_FILE names, and YAML anchors from keys that begin with x-', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'zhishou-site-'))
    try {
      const text = frame(
        cabinet('{ temperature: { <<: *probe } }'),
        '',
        "  second: { protocol: tiny, host: a, accounts: { tank: '${TANK_PASSWORD}' } }",
      )
      await writeFile(join(folder, 'site.yaml'), `x-probe: &probe { register: 4 }\n${text}`)
      await writeFile(join(folder, 'secret'), 's3cret\n')

      const loaded = await loadSite(join(folder, 'site.yaml'), { TANK_PASSWORD_FILE: join(folder, 'secret') }, [tiny])

      expect(loaded.problems.map(problem => problem.code)).toEqual(['connection-unused'])
      expect(loaded.ok && loaded.site.connections[1]?.settings['accounts']).toEqual({ tank: 's3cret' })
      expect(loaded.ok && loaded.site.points[0]?.binding).toEqual({ register: 4 })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('or a file that is not there is a problem, not an exception', async () => {
    expect(await loadSite('/nowhere/site.yaml', {}, [tiny])).toMatchObject({
      ok: false,
      problems: [{ code: 'file-unreadable', file: '/nowhere/site.yaml' }],
    })
  })

  test('has a digest that changes with any letter and not with the folder', () => {
    const digest = (name: string, text: string) => {
      const loaded = readSite([{ name, text }], {}, [tiny], shelf)
      return loaded.ok ? loaded.site.digest : 'broken'
    }
    const text = frame(cabinet('{ temperature: { register: 0 } }'))

    expect(digest('/a/site.yaml', text)).toMatch(/^[0-9a-f]{64}$/)
    expect(digest('/a/site.yaml', text)).toBe(digest('/b/site.yaml', text))
    expect(digest('/a/site.yaml', text)).not.toBe(digest('/a/site.yaml', `${text}# x\n`))
  })
})
