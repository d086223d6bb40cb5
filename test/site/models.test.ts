import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { readSite } from '../../gateway/site/load.ts'
import { familyOf, formats } from '../../gateway/site/models.ts'
import type { Model } from '../../gateway/site/models.ts'
import { propertiesOf } from '../../gateway/site/settings.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { modelSchemaText } from '../../gateway/site/write-schema.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import { protocols } from '../../protocols/registry.ts'

const shelf = await loadShelf()
const models = [...shelf.models.values()]

/** What a site must say for itself: where the line is, and which device on it. */
const ground: Readonly<Record<string, { readonly connection: string; readonly device: string; readonly keys: object }>> = {
  modbus: { connection: 'protocol: modbus-tcp, host: 10.0.0.5', device: 'unit: 1', keys: { unit: 1 } },
  cjt188: {
    connection: 'protocol: cjt188, host: 10.0.0.5',
    device: "address: '000000012345'",
    keys: { address: '000000012345' },
  },
  dlt645: {
    connection: 'protocol: dlt645, host: 10.0.0.5',
    device: "address: '000000012345'",
    keys: { address: '000000012345' },
  },
  mqtt: { connection: 'protocol: mqtt, url: mqtt://10.0.0.5', device: 'device: hall-1', keys: { device: 'hall-1' } },
  snmp: { connection: 'protocol: snmp, host: 10.0.0.5', device: '', keys: {} },
  bacnet: { connection: 'protocol: bacnet, host: 10.0.0.5', device: 'device: 12', keys: { device: 12 } },
}
const kindOf = (family: string): string => /protocol: ([\w-]+)/.exec(ground[family]?.connection ?? '')?.[1] ?? ''
const settingsOf = (family: string): Record<string, string> =>
  Object.fromEntries((ground[family]?.connection ?? '').split(', ').map(part => part.split(': ') as [string, string]))

/** Families that are spoken already; the others are checked as soon as their protocol is registered. */
const spoken = models.filter(model => protocols.some(({ kind }) => kind === kindOf(model.protocol)))

const prepared = (model: Model, over?: Model['hints'][number]) => {
  const protocol = protocols.find(({ kind }) => kind === kindOf(model.protocol))
  const device = { ...model.device, ...over?.device, ...ground[model.protocol]?.keys }
  return protocol?.prepare(
    'line',
    settingsOf(model.protocol),
    [...model.points.values()].map(point => ({
      point: pointId('it', point.key),
      equipment: 'it',
      device,
      settings: { ...point.settings, ...over?.points.get(point.key) },
    })),
  )
}

test('the published schema of a model file is the one that the reader has', async () => {
  const published = await readFile(new URL('../../gateway/site/model.schema.json', import.meta.url), 'utf8')

  expect(JSON.parse(published), 'run: node gateway/site/write-schema.ts').toEqual(JSON.parse(await modelSchemaText()))
})

describe('the library of models', () => {
  test('holds at least forty, each in a file of its own name', async () => {
    const files = await readdir(new URL('../../protocols/library/models/', import.meta.url))

    expect(models.length).toBeGreaterThanOrEqual(40)
    expect(files.toSorted()).toEqual([...shelf.models.keys()].map(id => `${id}.yaml`).toSorted())
  })

  test('says for each where its figures are from, and calls nothing verified that rests on one map alone', () => {
    for (const model of models) {
      expect(model.sources.length, model.id).toBeGreaterThan(0)
      // Modules of inputs can be anything: they are wired by `from`.
      const isModule = [...model.points.keys()].every(key => key.startsWith('input-'))
      expect(model.types.length > 0, model.id).toBe(!isModule)
      const strong = /manual|RFC|\(the maker's own\)|herdsman-converters/i
      if (model.verified) expect(model.sources.length > 1 || strong.test(model.sources[0] ?? ''), model.id).toBe(true)
      else
        expect(
          [...model.points.values()].some(point => point.verified),
          model.id,
        ).toBe(false)
    }
  })

  test('is written in both languages', () => {
    for (const model of models) {
      const said = [model.name, ...[...model.points.values()].map(point => point.name), ...model.hints.map(hint => hint.look)]
      for (const { zh, en } of [...said, ...(model.note ? [model.note] : [])]) {
        expect(/[\u3400-\u9fff]/.test(zh), `${model.id}: ${zh}`).toBe(true)
        expect(en, model.id).not.toMatch(/[\u3400-\u9fff]/)
        expect(zh, model.id).not.toMatch(/[\u3400-\u9fff][,;:(]/)
      }
    }
  })

  test.each(spoken.map(model => [model.id, model] as const))(
    '%s is taken by its protocol as it is, every point of it',
    (_, model) => {
      const answer = prepared(model)

      expect(answer?.ok === false ? answer.problems : []).toEqual([])
    },
  )

  test.each(spoken.filter(({ hints }) => hints.length > 0).map(model => [model.id, model] as const))(
    '%s is also taken in each variant that was met',
    (_, model) => {
      for (const hint of model.hints) {
        const answer = prepared(model, hint)
        expect(answer?.ok === false ? answer.problems : []).toEqual([])
        expect(hint.points.size + Object.keys(hint.link).length + Object.keys(hint.device).length).toBeGreaterThan(0)
        // 8E1 is the number 80 to YAML.
        if ('format' in hint.link) expect(formats).toContain(hint.link['format'])
      }
    },
  )

  test('knows every setting by a name that its protocol has', () => {
    for (const model of spoken) {
      const schema = protocols.find(({ kind }) => kind === kindOf(model.protocol))?.schema
      const known = Object.keys(propertiesOf(schema?.equipment) ?? {})
      for (const key of Object.keys(model.device)) expect(known, model.id).toContain(key)
    }
  })

  test.each(spoken.map(model => [model.id, model] as const))(
    '%s makes a good entry of each type it suits, without points',
    (_, model) => {
      for (const type of model.types) {
        const { connection, device } = ground[model.protocol] ?? { connection: '', device: '' }
        const entry = ['type: ' + type, 'model: ' + model.id, 'connection: line', device].filter(Boolean).join(', ')
        const text = `site: { id: a, name: A }\nconnections: { line: { ${connection} } }\nareas: { here: { equipment: { it: { ${entry} } } } }\n`
        const loaded = readSite([{ name: 'site.yaml', text }], {}, protocols, shelf)

        expect(loaded.problems.filter(({ severity }) => severity === 'error')).toEqual([])
        if (!loaded.ok) return
        expect(loaded.site.points.length, `${model.id} as ${type}`).toBeGreaterThan(0)
        const used = loaded.site.points.map(({ key }) => model.points.get(key))
        const unsure = used.some(point => point?.verified === false)
        expect(loaded.problems.filter(({ code }) => code === 'model-unverified').length, model.id).toBe(unsure ? 1 : 0)
      }
    },
  )

  test('says the unit of everything that is measured', () => {
    for (const model of models)
      for (const type of model.types)
        for (const [key, point] of shelf.types.get(type)?.points ?? [])
          if (point.unit !== '' && point.unit !== 'count' && model.points.has(key))
            expect(model.points.get(key)?.unit, `${model.id}.${key}`).not.toBe('')
  })

  test('keeps what a sensor can give within what such equipment can give', () => {
    for (const model of models)
      for (const point of model.points.values())
        if (point.plausible) expect(point.plausible.min, `${model.id}.${point.key}`).toBeLessThan(point.plausible.max)
  })
})

test('a connection is of the family its kind begins with', () => {
  expect(['modbus-tcp', 'modbus-rtu', 'mqtt-broker', 'mqtt', 'cjt188', 'bacnet-ip'].map(familyOf)).toEqual([
    'modbus',
    'modbus',
    'mqtt',
    'mqtt',
    'cjt188',
    'bacnet',
  ])
})
