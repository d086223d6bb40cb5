import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseLines as parseInTurns, readLines } from '../../gateway/api/line-protocol.ts'
import type { Line, Precision } from '../../gateway/api/line-protocol.ts'
import { hasInfluxd, hasVictoria, startInfluxd, startVictoria } from './influx.ts'
import type { Peer } from './influx.ts'

/** Everything at once. */
function parseLines(text: string, precision: Precision) {
  const all = [...readLines(text, precision)]
  return {
    lines: all.filter((read): read is Line => !('why' in read)),
    errors: all.filter(read => 'why' in read),
  }
}

/** Names with everything in them that needs a backslash, quotes, and letters of more than one byte. */
const name = fc
  .string({
    unit: fc.constantFrom('a', 'b', 'Z', '0', '_', '-', '.', '/', ',', ' ', '=', '"', '温', 'é', '🌡'),
    minLength: 1,
    maxLength: 8,
  })
  .filter(text => text.trim() === text && !text.startsWith('#'))
const text = fc.string({ unit: fc.constantFrom('a', '1', ' ', ',', '=', '"', '\\', '\n', '温', '#'), maxLength: 8 })
const sane = (size: number): number => (Math.abs(size) < 1e-9 ? 0 : Number(size.toPrecision(12)))
const number = fc.oneof(
  fc.integer({ min: -1_000_000, max: 1_000_000 }),
  fc.double({ noNaN: true, min: -1e12, max: 1e12 }).map(sane),
)
const value = fc.oneof(number, fc.boolean(), text)
interface Written {
  readonly measurement: string
  readonly tags: ReadonlyMap<string, string>
  readonly fields: ReadonlyMap<string, number | boolean | string>
  readonly at: number
}
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 4 })
const written = (kind: fc.Arbitrary<number | boolean | string>): fc.Arbitrary<Written> =>
  fc
    .tuple(
      name,
      fc.uniqueArray(fc.tuple(name, name), { maxLength: 3, selector: ([key]) => key }),
      names,
      fc.array(kind, { minLength: 4, maxLength: 4 }),
      fc.integer({ min: 1, max: 4_000_000_000_000 }),
    )
    .map(([measurement, tags, fields, values, at]) => ({
      measurement,
      tags: new Map(tags),
      fields: new Map(fields.map((field, index) => [`${typeof values[index]}-${field}`, values[index] ?? 0])),
      at,
    }))

// Written by the rules of the documentation, not with code of the product.
const escaped = (part: string): string => part.replaceAll(',', '\\,').replaceAll('=', '\\=').replaceAll(' ', '\\ ')
const measured = (part: string): string => part.replaceAll(',', '\\,').replaceAll(' ', '\\ ')
const valued = (one: number | boolean | string): string =>
  typeof one === 'string' ? `"${one.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : String(one)
const lineOf = ({ measurement, tags, fields, at }: Written, perMs = 1n): string =>
  [
    [measured(measurement), ...[...tags].map(([key, is]) => `${escaped(key)}=${escaped(is)}`)].join(','),
    [...fields].map(([key, is]) => `${escaped(key)}=${valued(is)}`).join(','),
    String(BigInt(at) * perMs),
  ].join(' ')
const shown = ({ measurement, tags, fields, at }: Omit<Line, 'number'>) => ({
  measurement,
  tags: Object.fromEntries(tags),
  fields: Object.fromEntries(fields),
  at,
})

describe('line protocol', () => {
  test('that is written by its rules is read as it was meant, whatever is in its names and texts', () => {
    fc.assert(
      fc.property(
        fc.array(written(value), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(...(['ms', 'us', 'ns'] as const)),
        (all, precision) => {
          const perMs = { ms: 1n, us: 1_000n, ns: 1_000_000n }[precision]
          const { lines, errors } = parseLines(all.map(one => lineOf(one, perMs)).join('\n'), precision)
          expect(errors).toEqual([])
          expect(lines.map(shown)).toEqual(all.map(shown))
        },
      ),
      { numRuns: 500 },
    )
  })

  test('of any bytes is read or refused, line by line, and nothing of it is lost without a word', () => {
    const noise = fc.string({
      unit: fc.constantFrom('m', 'f', '1', ',', ' ', '=', '"', '\\', '\n', '\r', '#', '\t', '温', '-', '.', 'e', 'i'),
      maxLength: 60,
    })
    fc.assert(
      fc.property(noise, given => {
        const { lines, errors } = parseLines(given, 'ns')
        const numbers = [...lines, ...errors].map(one => one.number)
        expect(new Set(numbers).size).toBe(numbers.length)
        expect(Math.max(0, ...numbers)).toBeLessThanOrEqual(given.split('\n').length)
        for (const { fields } of lines) expect(fields.size).toBeGreaterThan(0)
        // Where no quote can swallow a line break, every line that means something is accounted for.
        if (!given.includes('"')) {
          const meant = given.split('\n').filter(one => one.trim() !== '' && !one.trim().startsWith('#'))
          expect(numbers).toHaveLength(meant.length)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test.each([
    [
      'a text over several lines is one line',
      'm s="one\ntwo",v=2 1\nm v=3 2',
      [
        [1, { s: 'one\ntwo', v: 2 }],
        [3, { v: 3 }],
      ],
    ],
    [
      'a quote in a tag is a quote',
      'm,t="a v=1 1\nm,t=b" v=2 2',
      [
        [1, { v: 1 }],
        [2, { v: 2 }],
      ],
    ],
    ['a backslash before a plain letter is a backslash', String.raw`m,t=C:\temp v=1 1`, [[1, { v: 1 }]]],
    [
      'windows line ends',
      'm v=1 1\r\nm v=2 2\r\n',
      [
        [1, { v: 1 }],
        [2, { v: 2 }],
      ],
    ],
    ['a comment with a quote', '# it\'s "so\nm v=1 1', [[2, { v: 1 }]]],
  ] as const)('%s', (_, given, expected) => {
    const { lines, errors } = parseLines(given, 'ms')
    expect(errors).toEqual([])
    expect(lines.map(({ number: at, fields }) => [at, Object.fromEntries(fields)])).toEqual(expected)
  })

  test('a text that does not end takes the rest with it, and is told at the line where it begins', () => {
    expect(parseLines('m v=1\nm s="x\nm v=2', 'ns').errors).toEqual([{ number: 2, why: 'no-end' }])
  })

  test.each([
    ['9223372036854775807i', 2 ** 63],
    ['-9223372036854775808i', -(2 ** 63)],
    ['18446744073709551615u', 2 ** 64],
    ['T', true],
    ['.5', 0.5],
    ['5.', 5],
    ['-0', -0],
    ['1E-3', 0.001],
  ])('a field %s is %s', (given, is) => {
    expect(parseLines(`m v=${given}`, 'ns').lines[0]?.fields.get('v')).toBe(is)
  })

  test.each([
    '9223372036854775808i',
    '-1u',
    '18446744073709551616u',
    'tRuE',
    '0x10',
    '1e',
    '1e999',
    '--1',
    '1,5',
    "'1'",
    '1 i',
    '١',
  ])('a field %s is none', given => {
    expect(parseLines(`m v=${given}`, 'ns')).toMatchObject({ lines: [], errors: [{ number: 1 }] })
  })

  test('is read no further than it may be long', async () => {
    const { lines, tooMany } = await parseInTurns('m a=1,b=2\n'.repeat(100), 'ns', 10)
    expect([tooMany, lines.length]).toEqual([true, 6])
    expect(await parseInTurns('x\n'.repeat(100), 'ns', 10)).toMatchObject({ tooMany: true })
  })

  test('that is long is read with rests in between, and all of it', async () => {
    let rests = 0
    const { lines, errors } = await parseInTurns('m a=1,b=2\nx\n'.repeat(5_000), 'ns', Infinity, async () => void (rests += 1))
    expect([lines.length, errors.length, rests]).toEqual([5_000, 5_000, 2])
  })

  test('takes time in step with its length, however hostile', () => {
    /** Time of the processor, the least of some tries: others use the machine as well. */
    const time = (given: string, tries: number): number =>
      Math.min(
        ...Array.from({ length: tries }, () => {
          const begun = process.cpuUsage()
          parseLines(given, 'ns')
          const { user, system } = process.cpuUsage(begun)
          return (user + system) / 1_000
        }),
      )
    const shapes = [
      'm f="',
      'm f="x\n',
      'm f="x\\"\n',
      '\\',
      '"',
      'm,',
      'm,a=1',
      ' ',
      '#"\n',
      'm f=1\n',
      'm f=1,',
      'm f="x"y\n',
      '\\ ',
      'a\\\n"',
    ]
    for (const shape of shapes) {
      const small = shape.repeat(Math.ceil(20_000 / shape.length))
      const few = Math.max(4, time(small, 4))
      // Sixteen times as long: square growth would be 256 times.
      expect([shape, time(small.repeat(16), 3) / few < 150]).toEqual([shape, true])
    }
  })
})

describe.skipIf(!hasInfluxd())('beside the reader of InfluxDB itself', () => {
  let peer: Peer
  beforeAll(async () => {
    peer = await startInfluxd()
  })
  afterAll(() => peer?.stop())
  const write = (body: string) => fetch(`${peer.url}/write?db=d&precision=ms`, { method: 'POST', body })

  test('the same bytes are the same values', async () => {
    const all = fc
      .sample(written(value), { numRuns: 300, seed: 41 })
      .map((one, index) => ({ ...one, measurement: `${one.measurement}${index}` }))
    const body = all.map(one => lineOf(one)).join('\n')
    expect((await write(body)).status).toBe(204)
    const { lines } = parseLines(body, 'ms')
    const answer = await fetch(`${peer.url}/query?db=d&epoch=ms&q=${encodeURIComponent('SELECT * FROM /.*/ GROUP BY *')}`)
    const { results } = (await answer.json()) as { results: { series: Series[] }[] }
    interface Series {
      readonly name: string
      readonly tags?: Record<string, string>
      readonly columns: readonly string[]
      readonly values: readonly (readonly unknown[])[]
    }
    const theirs = new Map(
      (results[0]?.series ?? []).map(({ name: measurement, tags = {}, columns, values }) => [
        measurement,
        {
          measurement,
          // A column of every series that was ever there: absent here means empty there.
          tags: Object.fromEntries(Object.entries(tags).filter(([, is]) => is !== '')),
          fields: Object.fromEntries(
            columns.slice(1).flatMap((field, index) => {
              const is = values[0]?.[index + 1]
              return is === null ? [] : [[field, is]]
            }),
          ),
          at: values[0]?.[0],
        },
      ]),
    )
    expect(theirs.size).toBe(300)
    for (const line of lines) expect(theirs.get(line.measurement)).toEqual(shown(line))
  })

  test('what it refuses is refused, and what it takes is taken', async () => {
    // What is ours alone: words for "no value", a leading plus, unsigned numbers (InfluxDB 2). What is theirs: a tag that begins with `=`.
    const ours = /nan|inf|=\+|\du|==/i
    // Behind the quote that ends a text InfluxDB passes over whatever stands there; here it is a mistake.
    const whole = fc.sample(written(fc.oneof(number, fc.boolean())), { numRuns: 120, seed: 7 }).map(one => lineOf(one))
    const cut = fc.sample(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom('', ',', '=', ' ', '"', '\\', 'i', '1', 't')), {
      numRuns: 120,
      seed: 8,
    })
    const mutants = whole.flatMap((line, index) => {
      const [where, how, put] = cut[index] ?? [0, 0, '']
      const place = where % line.length
      return [line.slice(0, place) + put + line.slice(place + (how % 2)), line.slice(0, place)]
    })
    const checked = mutants.filter(
      line => !ours.test(line) && line.trim() !== '' && !line.trim().startsWith('#') && !line.includes('\n'),
    )
    expect(checked.length).toBeGreaterThan(150)
    const different: string[] = []
    for (const [index, line] of checked.entries()) {
      // A measurement of its own for each, because a field keeps the type it first had.
      const own = `q${index}${line}`
      const { status } = await write(own)
      const { lines, errors } = parseLines(own, 'ms')
      if ((status === 204) !== (errors.length === 0 && lines.length === 1)) different.push(`${status}: ${own}`)
    }
    expect(different).toEqual([])
  })
})

// It reads a quote in a name as the beginning of a text.
const unquoted = (one: Written): boolean =>
  ![...one.fields.keys(), ...[...one.tags].flat(), one.measurement].some(part => part.includes('"'))

describe.skipIf(!hasVictoria())('beside VictoriaMetrics', () => {
  let peer: Peer
  beforeAll(async () => {
    peer = await startVictoria()
  })
  afterAll(() => peer?.stop())

  test('the same bytes are the same numbers', async () => {
    const begun = 1_700_000_000_000
    const all = fc.sample(written(number).filter(unquoted), { numRuns: 300, seed: 43 }).map((one, index) => ({
      ...one,
      measurement: `m${one.measurement}`,
      tags: new Map([...one.tags, ['row', String(index)]]),
      at: begun + index * 1_000,
    }))
    const body = all.map(one => lineOf(one)).join('\n')
    expect((await fetch(`${peer.url}/api/v2/write?precision=ms`, { method: 'POST', body })).status).toBe(204)
    await fetch(`${peer.url}/internal/force_flush`)
    const answer = await fetch(`${peer.url}/api/v1/export?match[]=${encodeURIComponent('{row!=""}')}&start=0&end=4102444800`)
    const theirs = (await answer.text())
      .split('\n')
      .filter(line => line !== '')
      .flatMap(line => {
        const { metric, values, timestamps } = JSON.parse(line) as {
          metric: Record<string, string>
          values: number[]
          timestamps: number[]
        }
        return values.map((is, index) =>
          JSON.stringify([Object.entries(metric).toSorted(), timestamps[index], Number(is.toPrecision(9))]),
        )
      })
    const ours = parseLines(body, 'ms').lines.flatMap(({ measurement, tags, fields, at }) =>
      [...fields].map(([field, is]) =>
        JSON.stringify([
          Object.entries({ ...Object.fromEntries(tags), __name__: `${measurement}_${field}` }).toSorted(),
          at,
          Number(Number(is).toPrecision(9)),
        ]),
      ),
    )
    expect(theirs.toSorted()).toEqual(ours.toSorted())
  })
})
