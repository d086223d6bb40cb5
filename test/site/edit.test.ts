import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { editYaml, parseYaml } from '../../gateway/site/document.ts'
import type { Edit } from '../../gateway/site/document.ts'

const valueOf = (text: string): unknown => {
  const { value, faults } = parseYaml('f', text, () => undefined)
  expect(faults.filter(({ code }) => code !== 'env-missing')).toEqual([])
  return value
}

type Tree = { [key: string]: unknown }
/** What the edits do to plain data, in the plainest way. */
function edited(data: unknown, edits: readonly Edit[]): unknown {
  const copy = structuredClone(data) as Tree
  for (const { path, value } of edits) {
    let at = copy
    for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as Tree
    const last = path.at(-1) ?? ''
    if (value === undefined) delete at[last]
    else at[last] = value
  }
  return copy
}

const site = `# The canteen of the school
site: { id: school, name: 学校 } # one line

connections:
  # by the door
  bus: # RTU behind a gateway
    protocol: modbus-tcp
    host: '10.0.0.9'   # quoted on purpose
    password: \${BUS_PASSWORD}

areas:
  canteen:
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        connection: bus
        unit: 3
        points:
          temperature: { register: 0, type: int16 } # tenths
      # the big one
      cold-2: { type: fresh-keeping-cabinet, connection: bus, unit: 4, points: { temperature: { register: 0 } } }
# the end
`
const cold3 = {
  type: 'fresh-keeping-cabinet',
  connection: 'bus',
  unit: 5,
  points: { temperature: { register: 0, type: 'int16' } },
}
const equipment = ['areas', 'canteen', 'equipment']

describe('changing a site file', () => {
  test('puts a piece of equipment behind the others and leaves every line as it is', () => {
    const after = editYaml(site, [{ path: [...equipment, 'cold-3'], value: cold3 }])
    expect(after).toBe(
      site.replace(
        '# the end\n',
        `      cold-3:
        type: fresh-keeping-cabinet
        connection: bus
        unit: 5
        points:
          temperature: { register: 0, type: int16 }
# the end
`,
      ),
    )
  })

  test('changes one setting on its own line', () => {
    const after = editYaml(site, [{ path: ['connections', 'bus', 'host'], value: '10.0.0.10' }])
    expect(after).toBe(site.replace("host: '10.0.0.9'   # quoted on purpose", 'host: 10.0.0.10   # quoted on purpose'))
  })

  test('changes the settings that are others and keeps the comments of those that are not', () => {
    const bus = { protocol: 'modbus-tcp', host: '10.0.0.9', port: 1502, password: '${BUS_PASSWORD}' }
    const after = editYaml(site, [{ path: ['connections', 'bus'], value: bus }])
    expect(after).toBe(site.replace('    password: ${BUS_PASSWORD}\n', '    password: ${BUS_PASSWORD}\n    port: 1502\n'))
  })

  test('takes an entry out with its own lines', () => {
    const after = editYaml(site, [{ path: [...equipment, 'cold-1'], value: undefined }]) ?? ''
    expect(after).not.toContain('cold-1')
    expect(after).toContain('# the big one')
    expect(valueOf(after)).toEqual(edited(valueOf(site), [{ path: [...equipment, 'cold-1'], value: undefined }]))
  })

  test('changes what stands on one line, there', () => {
    const edit = { path: [...equipment, 'cold-2', 'unit'], value: 9 }
    expect(editYaml(site, [edit])).toBe(site.replace('unit: 4', 'unit: 9'))
  })

  test('makes what is above it where it is not there', () => {
    const edit = { path: ['areas', 'pump-room', 'equipment', 'pump-1'], value: cold3 }
    const after = editYaml(site, [edit]) ?? ''
    expect(valueOf(after)).toEqual(edited(valueOf(site), [edit]))
    expect(after.startsWith(site.slice(0, site.indexOf('# the end')))).toBe(true)
  })

  test('keeps the line ends of Windows', () => {
    const after = editYaml(site.replaceAll('\n', '\r\n'), [{ path: [...equipment, 'cold-3'], value: cold3 }]) ?? ''
    expect(after.replaceAll('\r\n', '')).not.toContain('\n')
    expect(after.replaceAll('\r\n', '\n')).toBe(editYaml(site, [{ path: [...equipment, 'cold-3'], value: cold3 }]))
  })

  test('refuses a text that has slips, and a place in a list', () => {
    expect(editYaml('a: [', [{ path: ['b'], value: 1 }])).toBeUndefined()
    expect(editYaml('- a\n- b\n', [{ path: ['b'], value: 1 }])).toBeUndefined()
    expect(editYaml('a: [x, y]\n', [{ path: ['a', '1'], value: undefined }])).toBeUndefined()
    expect(editYaml('a:\n  - b: x\n', [{ path: ['a', '0', 'b'], value: 'y' }])).toBeUndefined()
  })

  test('gives what was wanted whatever the file looks like, and touches no comment outside the place', () => {
    const key = fc.constantFrom('a', 'b', 'c-1', 'type', 'on', '1', 'null', '名', 'x y', '${A}')
    const scalar = fc.oneof(
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom('plain', '${NAME}', 'yes', '1e3', 'a: b', '# no comment', 'two\nlines', ' led', "it's", '"', '{', ''),
    )
    const tree = fc.letrec(tie => ({
      node: fc.oneof({ depthSize: 'small' }, scalar, tie('map'), fc.array(scalar, { maxLength: 3 })),
      map: fc.dictionary(key, tie('node'), { maxKeys: 4 }),
    })).map
    const edit = fc.record({ path: fc.array(key, { minLength: 1, maxLength: 3 }), value: fc.option(fc.oneof(scalar, tree)) })
    fc.assert(
      fc.property(tree, fc.array(edit, { maxLength: 3 }), fc.boolean(), (data, wanted, isFlow) => {
        const file = editYaml('# top\n{}\n', [{ path: ['seed'], value: data }]) ?? expect.fail('no file')
        const text = isFlow ? JSON.stringify(valueOf(file)) : file
        const edits = wanted.map(({ path, value }) => ({ path: ['seed', ...path], value: value ?? undefined }))
        let expected: unknown
        try {
          expected = edited(valueOf(text), edits)
        } catch {
          return
        }
        const after = editYaml(text, edits)
        // A path through something that is no mapping is refused.
        if (after === undefined) return
        expect(valueOf(after)).toEqual(expected)
        if (!isFlow) expect(after).toContain('# top')
      }),
      { numRuns: 500 },
    )
  })

  test('changes one entry of the school and not a line beside it', async () => {
    const school = await readFile(new URL('../../simulators/school/site.yaml', import.meta.url), 'utf8')
    const value = valueOf(school) as { areas: Record<string, { equipment: Record<string, unknown> }> }
    const places = Object.entries(value.areas).flatMap(([area, { equipment: held }]) =>
      Object.keys(held).map(id => ['areas', area, 'equipment', id]),
    )
    expect(places.length).toBeGreaterThan(20)
    for (const path of places.filter((_, index) => index % 7 === 0)) {
      const renamed = editYaml(school, [{ path: [...path, 'name'], value: '新名字' }]) ?? ''
      expect(valueOf(renamed)).toEqual(edited(value, [{ path: [...path, 'name'], value: '新名字' }]))
      const old = new Set(school.split('\n'))
      expect(renamed.split('\n').filter(line => !old.has(line)).length).toBeLessThanOrEqual(1)
    }
  })
})
