import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changesOf, drafted, emptyDraft, put, redo, undo } from '../../dashboard/src/live/site/draft.ts'
import { changeEntries } from '../../gateway/commission/entries.ts'
import { editYaml, parseYaml } from '../../gateway/site/document.ts'
import { origins } from '../../gateway/site/lists.ts'

const rotation = ['duty', 'rosters', 'guard', 'rotation']
const roster = `duty:
  rosters:
    guard: # the gate
      rotation:
        # from the first of September
        - { day: zhao,  night: wang } # he asked for it
        # only until spring
        - { day: wang, night: zhao }   # she did not

        - day: li # new
          night: wang
      swaps:
        - { date: 2026-10-01, shift: day, person: li } # National Day
    # the others
    cooks: { rotation: [{ day: li }, { day: "wang" }, { day: zhao }] } # short
people: {} # none yet
`
const [first, second, third] = [
  { day: 'zhao', night: 'wang' },
  { day: 'wang', night: 'zhao' },
  { day: 'li', night: 'wang' },
]
const lines = {
  first: '        - { day: zhao,  night: wang } # he asked for it\n',
  second: '        # only until spring\n        - { day: wang, night: zhao }   # she did not\n\n',
  third: '        - day: li # new\n          night: wang\n',
}
const changed = (path: readonly string[], value: unknown) => editYaml(roster, [{ path, value }])

describe('a list of the site file', () => {
  test.each([
    ['loses one item and nothing else', [first, third], lines.first + lines.third],
    ['loses its first one', [second, third], lines.second + lines.third],
    ['loses its last one', [first, second], lines.first + lines.second],
    [
      'gets one behind the others',
      [first, second, third, { day: 'li' }],
      `${lines.first}${lines.second}${lines.third}        - { day: li }\n`,
    ],
    [
      'gets one before the others',
      [{ day: 'li' }, first, second, third],
      `        - { day: li }\n${Object.values(lines).join('')}`,
    ],
    [
      'is put into another order, each line with what is said of it',
      [third, first, second],
      lines.third + lines.first + lines.second,
    ],
    [
      'has somebody else in one place',
      [first, { day: 'wang', night: 'li' }, third],
      lines.first + lines.second.replace('night: zhao', 'night: li') + lines.third,
    ],
    [
      'has one shift more on a line',
      [{ ...first, late: 'li' }, second, third],
      lines.first.replace('night: wang }', 'night: wang, late: li }') + lines.second + lines.third,
    ],
    [
      'has one shift less on a line',
      [first, { night: 'zhao' }, third],
      lines.first + lines.second.replace('day: wang, ', '') + lines.third,
    ],
    [
      'loses one, changes another and gets a third, at once',
      [{ ...first, night: 'li' }, third, { day: 'sun' }],
      `${lines.first.replace('night: wang', 'night: li')}${lines.third}        - { day: sun }\n`,
    ],
  ])('%s', (_name, value, written) => {
    expect(changed(rotation, value)).toBe(roster.replace(Object.values(lines).join(''), written))
  })

  test.each([
    ['keeps its quotes when one goes', [{ day: 'wang' }, { day: 'zhao' }], '[{ day: "wang" }, { day: zhao }]'],
    [
      'keeps them when one comes',
      [{ day: 'li' }, { day: 'wang' }, { day: 'x' }, { day: 'zhao' }],
      '[{ day: li }, { day: "wang" }, { day: x }, { day: zhao }]',
    ],
    [
      'keeps them in another order',
      [{ day: 'zhao' }, { day: 'wang' }, { day: 'li' }],
      '[{ day: zhao }, { day: "wang" }, { day: li }]',
    ],
  ])('on one line %s', (_name, value, written) => {
    const old = '[{ day: li }, { day: "wang" }, { day: zhao }]'
    expect(changed(['duty', 'rosters', 'cooks', 'rotation'], value)).toBe(roster.replace(old, written))
  })

  test('of one item changes that item, and of none gets its first', () => {
    const swap = { date: '2026-10-02', shift: 'day', person: 'li' }
    expect(changed(['duty', 'rosters', 'guard', 'swaps'], [swap])).toBe(roster.replace('2026-10-01', '2026-10-02'))
    const emptied = changed(['duty', 'rosters', 'guard', 'swaps'], []) ?? ''
    expect(editYaml(emptied, [{ path: ['duty', 'rosters', 'guard', 'swaps'], value: [swap] }])).toContain(
      'swaps: [{ date: 2026-10-02, shift: day, person: li }]',
    )
  })

  test('over several lines in brackets keeps its comments', () => {
    const text = 'rows: [\n  { a: 1 }, # one\n  { a: 2 }, # two\n]\n'
    const after = editYaml(text, [{ path: ['rows'], value: [{ a: 2 }, { a: 3 }, { a: 1 }] }]) ?? ''
    expect(after).toContain('# one')
    expect(after).toContain('# two')
  })

  test('keeps the line ends of Windows, and the end of a file that has no last one', () => {
    const windows = roster.replaceAll('\n', '\r\n')
    const after = editYaml(windows, [{ path: rotation, value: [third, { day: 'li' }, first] }]) ?? ''
    expect(after.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    expect(editYaml('a:\n  - x # 1\n  - y', [{ path: ['a'], value: ['y', 'x'] }])).toBe('a:\n  - y\n  - x # 1')
  })

  test('is left alone where something else leans on an item of it', () => {
    const leaning = 'a:\n  - &one { x: 1 }\n  - { x: 2 }\nb: *one\n'
    expect(editYaml(leaning, [{ path: ['a'], value: [{ x: 2 }] }])).toBeUndefined()
    expect(editYaml(leaning, [{ path: ['a'], value: [{ x: 1 }, { x: 3 }] }])).toBe(leaning.replace('x: 2', 'x: 3'))
  })
})

test('the last one of a mapping goes and another comes, in whichever order: the lines around them stay', () => {
  const text = 'people: # ours\n  zhao: # the chief\n    name: Zhao\n# the end\n'
  const base = parseYaml('f', text, () => undefined).value
  const [wang, zhao] = [
    ['people', 'wang'],
    ['people', 'zhao'],
  ]
  const gone = put(put(emptyDraft(''), zhao, null), wang, { name: 'Wang' })
  const come = put(put(emptyDraft(''), wang, { name: 'Wang' }), zhao, null)
  for (const draft of [gone, come]) {
    const told = changesOf(base, draft).map(({ path, value }) => ({ what: 'setting' as const, path, value }))
    expect(changeEntries([{ name: 'f', text }], told)).toEqual({
      ok: true,
      files: [{ name: 'f', text: 'people: # ours\n  wang:\n    name: Wang\n# the end\n' }],
    })
  }
})

test('each item of the new list comes from one of the old at most, and those that are the same from their like', () => {
  const item = fc.oneof(
    fc.integer({ min: 0, max: 3 }),
    fc.record({ a: fc.integer({ min: 0, max: 2 }), b: fc.integer({ min: 0, max: 1 }) }, { noNullPrototype: true }),
  )
  fc.assert(
    fc.property(fc.array(item, { maxLength: 6 }), fc.array(item, { maxLength: 6 }), (before, after) => {
      const from = origins(before, after)
      expect(from).toHaveLength(after.length)
      const used = from.filter(one => one !== undefined)
      expect(new Set(used).size).toBe(used.length)
      expect(origins(before, before)).toEqual([...before.keys()])
      const alike = (list: readonly unknown[], one: unknown) =>
        list.filter(other => JSON.stringify(other) === JSON.stringify(one)).length
      for (const one of before) {
        const kept = from.filter(
          (old, index) => old !== undefined && alike([before[old]], after[index]) && alike([one], after[index]),
        )
        expect(kept).toHaveLength(Math.min(alike(before, one), alike(after, one)))
      }
    }),
  )
})

/** A file of which every line has a comment of its own, written in as many ways as people do. */
interface Row {
  readonly path: readonly string[]
  /** Of an item of a list: what it says. */
  readonly item?: unknown
  readonly line: string
}
const person = fc.constantFrom('wang', 'zhao', 'li', 'sun')
const shift = fc.record({ day: person, night: person }, { requiredKeys: ['day'], noNullPrototype: true })
const style = fc.record({
  quote: fc.constantFrom('', "'", '"'),
  indent: fc.constantFrom(2, 4),
  isBlock: fc.boolean(),
  gap: fc.constantFrom(' ', '   '),
})
const ground = fc.record({
  style,
  people: fc.uniqueArray(person, { minLength: 1 }),
  lines: fc.uniqueArray(shift, { minLength: 1, maxLength: 5, selector: one => JSON.stringify(one) }),
})
type Ground = typeof ground extends fc.Arbitrary<infer T> ? T : never

function fileOf({ style: { quote, indent, isBlock, gap }, people, lines: rotated }: Ground): {
  readonly text: string
  readonly rows: readonly Row[]
} {
  const rows: Row[] = []
  let count = 0
  const at = (depth: number) => ' '.repeat(depth * indent)
  const row = (line: string, path: readonly string[], item?: unknown): string => {
    const full = `${line}${gap}# ${(count += 1)}.`
    rows.push({ path, line: full, ...(item === undefined ? {} : { item }) })
    return full
  }
  const written = [
    '# the top',
    ...people.flatMap((id, index) => [
      ...(index === 0 ? [row('people:', ['people'])] : []),
      row(`${at(1)}${id}:`, ['people', id]),
      row(`${at(2)}name: ${quote}${id} 名${quote}`, ['people', id, 'name']),
      row(`${at(2)}phone: '1380000000${index}'`, ['people', id, 'phone']),
      '',
    ]),
    row('duty:', ['duty']),
    row(`${at(1)}rosters:`, ['duty', 'rosters']),
    row(`${at(2)}guard:`, ['duty', 'rosters', 'guard']),
    row(`${at(3)}rotation:`, ['duty', 'rosters', 'guard', 'rotation']),
    ...rotated.flatMap(one => {
      const [head = '', ...more] = isBlock
        ? Object.entries(one).map(([key, value]) => `${key}: ${value}`)
        : [
            `{ ${Object.entries(one)
              .map(([key, value]) => `${key}: ${quote}${value}${quote}`)
              .join(', ')} }`,
          ]
      return [row(`${at(4)}- ${head}`, rotation, one), ...more.map(line => row(`${at(4)}  ${line}`, rotation, one))]
    }),
    row(`${at(3)}from: 2026-09-01`, ['duty', 'rosters', 'guard', 'from']),
    '# the end',
    '',
  ]
  return { text: written.join('\n'), rows }
}

const places = [
  ['people', 'wang', 'phone'],
  ['people', 'zhao', 'name'],
  ['people', 'li', 'email'],
  ['duty', 'rosters', 'guard', 'from'],
]
const deed = fc.oneof(
  fc.record({
    what: fc.constant('set' as const),
    path: fc.constantFrom(...places),
    value: fc.option(fc.constantFrom('1', 'a: b', '名', 'x # y', '{ z }'), { freq: 4 }),
  }),
  fc.record({
    what: fc.constant('add' as const),
    person,
    value: fc.record({ name: person, phone: fc.constant('1') }, { noNullPrototype: true }),
  }),
  fc.record({ what: fc.constant('take' as const), person }),
  fc.record({ what: fc.constant('insert' as const), at: fc.nat(6), value: shift }),
  fc.record({ what: fc.constant('drop' as const), at: fc.nat(6) }),
  fc.record({ what: fc.constant('move' as const), at: fc.nat(6), to: fc.nat(6) }),
  fc.record({ what: fc.constant('choose' as const), at: fc.nat(6), shift: fc.constantFrom('day', 'night'), person }),
  fc.record({ what: fc.constantFrom('undo' as const, 'redo' as const) }),
)
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (held, key) => (typeof held === 'object' && held !== null ? (held as Record<string, unknown>)[key] : undefined),
    value,
  )

test('whatever is done in the draft, every line that it does not concern stays to the byte, with its comment', () => {
  fc.assert(
    fc.property(ground, fc.array(deed, { minLength: 1, maxLength: 8 }), (made, deeds) => {
      const { text, rows } = fileOf(made)
      const base = parseYaml('f', text, () => undefined).value
      const list = (value: unknown) => (at(value, rotation) as readonly Record<string, string>[] | undefined) ?? []
      const draft = deeds.reduce((held, one: Deed) => {
        const now = drafted(base, held)
        const items = list(now)
        switch (one.what) {
          case 'set':
            return at(now, one.path.slice(0, -1)) === undefined ? held : put(held, one.path, one.value)
          case 'add':
            return put(held, ['people', one.person], one.value)
          case 'take':
            return Object.keys(at(now, ['people']) as object).length < 2 ? held : put(held, ['people', one.person], null)
          case 'insert':
            return put(held, rotation, items.toSpliced(one.at, 0, one.value))
          case 'drop':
            return items.length < 2 ? held : put(held, rotation, items.toSpliced(one.at % items.length, 1))
          case 'move': {
            const moved = items[one.at % items.length]
            return moved ? put(held, rotation, items.toSpliced(one.at % items.length, 1).toSpliced(one.to, 0, moved)) : held
          }
          case 'choose':
            return put(
              held,
              rotation,
              items.map((item, index) => (index === one.at % items.length ? { ...item, [one.shift]: one.person } : item)),
            )
          case 'undo':
            return undo(held)
          case 'redo':
            return redo(held)
        }
      }, emptyDraft(''))
      const told = changesOf(base, draft).map(({ path, value }) => ({ what: 'setting' as const, path, value }))
      const edited = changeEntries([{ name: 'f', text }], told)
      if (!edited.ok) return expect.fail(`${edited.why} ${edited.id}`)
      const after = edited.files[0]?.text ?? ''
      const wanted = drafted(base, draft)
      expect(parseYaml('f', after, () => undefined).value).toEqual(wanted)
      if (told.length === 0) expect(after).toBe(text)
      const left = after.split('\n')
      expect(left[0]).toBe('# the top')
      expect(after).toContain('# the end\n')
      const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
      for (const { path, item, line } of rows) {
        const stays =
          item === undefined
            ? at(wanted, path) !== undefined && (typeof at(base, path) === 'object' || same(at(base, path), at(wanted, path)))
            : list(wanted).some(one => same(one, item))
        if (stays) expect(left).toContain(line)
        // What is another now keeps what was said of it.
        else if (item === undefined && at(wanted, path) !== undefined) expect(after).toContain(line.slice(line.indexOf('#')))
      }
    }),
    { numRuns: 150 },
  )
})
