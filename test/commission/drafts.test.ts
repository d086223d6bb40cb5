import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { draftYaml } from '../../gateway/commission/draft-yaml.ts'
import { draftOf, freeId, leastOf } from '../../gateway/commission/draft.ts'
import type { DraftGround } from '../../gateway/commission/draft.ts'
import { parseYaml } from '../../gateway/site/document.ts'
import { readSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import type { Shelf } from '../../gateway/site/shelf.ts'
import type { Found } from '../../protocols/contract/driver.ts'
import { protocols } from '../../protocols/registry.ts'

let shelf: Shelf
let ground: DraftGround
beforeAll(async () => {
  shelf = await loadShelf()
  const modbus = protocols.find(({ kind }) => kind === 'modbus-tcp')
  ground = { types: shelf.types, models: shelf.models, least: leastOf(modbus?.schema.point ?? {}) }
})

const unit = (device: number, more: Partial<Found> = {}): Found => ({
  device: { unit: device },
  name: `unit ${device}`,
  points: [],
  ...more,
})
const connection = { id: 'bus', protocol: 'modbus-tcp', settings: { host: '127.0.0.1', port: 1502 } }
const check = (text: string, ...others: readonly string[]) =>
  readSite(
    [text, ...others].map((one, index) => ({ name: `${index}.yaml`, text: one })),
    {},
    protocols,
    shelf,
  )
const errors = (text: string, ...others: readonly string[]) =>
  check(text, ...others).problems.filter(({ severity }) => severity === 'error')

describe('a draft of what was found', () => {
  test('is a site that check takes, with a model, with points, and where nothing is known', () => {
    const entries = [
      unit(1, { models: ['xy-md02'] }),
      unit(2, { points: [{ settings: { table: 'holding', register: 7 }, name: 'holding 7', value: 42, raw: '002a' }] }),
      unit(3),
    ].map(found => draftOf(found, 'bus', new Set(), ground))
    const text = draftYaml(entries, { connection })
    expect(errors(text)).toEqual([])
    expect(entries[0]).toMatchObject({ model: 'xy-md02', points: {} })
    expect(entries[1]?.points).toEqual({ temperature: { table: 'holding', register: 7 } })
  })

  test('goes beside the files of a site that has the connection', () => {
    const site = 'site: { id: a, name: A }\nconnections: { bus: { protocol: modbus-tcp, host: 127.0.0.1 } }\nareas: {}\n'
    const text = draftYaml([draftOf(unit(4), 'bus', new Set(), ground)], {})
    expect(errors(site, text)).toEqual([])
    expect(text).not.toContain('site:')
  })

  test('takes the type whose points the units fit', () => {
    const points = [
      { settings: { value: '/t' }, name: 'temperature', value: 21, unit: '°C' },
      { settings: { value: '/h' }, name: 'humidity', value: 40, unit: '%' },
    ]
    const entry = draftOf(unit(1, { points }), 'bus', new Set(), ground)
    expect(entry.points['temperature']).toEqual({ value: '/t' })
  })

  test('keeps what it is given out of its own comments and lines', () => {
    const nasty = unit(5, {
      name: 'a\n  b: c',
      points: [
        { settings: { register: 1 }, name: 'x\ny: [' },
        { settings: { register: 2 }, name: '# \r\n - boom: {' },
      ],
    })
    expect(errors(draftYaml([draftOf(nasty, 'bus', new Set(), ground)], { connection }))).toEqual([])
  })

  test('reads back as what was written, whatever stands in the settings', () => {
    const scalar = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constant(null),
    )
    const settings = fc.dictionary(
      fc.string({ minLength: 1 }).filter(name => name !== '__proto__'),
      fc.oneof(
        scalar,
        fc.array(scalar),
        fc.dictionary(
          fc.string({ minLength: 1 }).filter(name => name !== '__proto__'),
          scalar,
        ),
      ),
    )
    fc.assert(
      fc.property(settings, value => {
        const text = draftYaml(
          [{ id: 'x', type: 'freezer', connection: 'bus', device: {}, points: { p: value }, remarks: [] }],
          {},
        )
        const document = parseYaml('a', text, () => 'filled')
        expect(document.faults).toEqual([])
        const read = (document.value as { areas: { found: { equipment: { x: { points: { p: unknown } } } } } }).areas
        expect(JSON.parse(JSON.stringify(read.found.equipment.x.points.p))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('never takes an id that is there or that may not stand as one', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (name, taken) => {
        const first = freeId(name, new Set(taken))
        const second = freeId(name, new Set([...taken, first]))
        for (const id of [first, second]) expect(id).toMatch(/^[a-z0-9][a-z0-9-]{0,63}$/)
        expect(second).not.toBe(first)
        expect(taken).not.toContain(first)
      }),
    )
  })
})
