import { expect, test } from 'vitest'
import { readSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { tiny } from './tiny.ts'

const shelf = await loadShelf()
const load = (block: string) =>
  readSite(
    [
      {
        name: 'site.yaml',
        text: `site: { id: greenhill, name: 青山小学, policies: [canteen] }
connections:
  bus: { protocol: tiny, host: 10.0.0.5 }
areas:
  canteen:
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        connection: bus
        unit: 1
        facts: { holds: cooked }
        points: { temperature: { register: 0 }, door: { register: 1 } }
${block}`,
      },
    ],
    { TOKEN: 'secret' },
    [tiny],
    shelf,
  )
const outsideOf = (block: string) => {
  const loaded = load(block)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded.site.keeping.outside
}
const problemsOf = (block: string) =>
  load(block)
    .problems.filter(({ severity }) => severity === 'error')
    .map(({ code, path, line, column, wrong, write }) => {
      for (const words of [wrong, write])
        expect([words.zh, words.en]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)])
      return `${line}:${column} ${path} ${code}`
    })

test('a site that names no outside historian has none', () => {
  expect(outsideOf('')).toEqual([])
  expect(outsideOf('historian:\n')).toEqual([])
})

test('outside historians are read with what they leave unsaid', () => {
  expect(
    outsideOf(`historian:
  metrics: { kind: victoriametrics, url: 'http://10.0.0.5:8428/' }
  influx:
    kind: influxdb
    url: https://influx.example.org
    token: \${TOKEN}
    org: school
    bucket: readings
    keep: archive
    budget: 500MB
    backfill: 200/s
`),
  ).toEqual([
    {
      id: 'metrics',
      kind: 'victoriametrics',
      url: 'http://10.0.0.5:8428',
      org: '',
      bucket: '',
      keep: 'mirror',
      budget: 2 * 1024 ** 3,
      backfill: 5_000,
    },
    {
      id: 'influx',
      kind: 'influxdb',
      url: 'https://influx.example.org',
      token: 'secret',
      org: 'school',
      bucket: 'readings',
      keep: 'archive',
      budget: 500_000_000,
      backfill: 200,
    },
  ])
})

test('what is wrong is told with its place, what is wrong and what to write', () => {
  expect(
    problemsOf(`historian:
  Metrics!: { kind: victoriametrics, url: 'http://10.0.0.5:8428' }
  a: { kind: influx, url: 'http://u:p@10.0.0.5' }
  b: { kind: influxdb, url: http://10.0.0.5 }
  c: { kind: victoriametrics, url: 10.0.0.5, budget: 3, backfill: fast, keep: all, colour: red }
  d: { kind: victoriametrics, url: 'http://10.0.0.6?x=1', budget: 1KiB, backfill: 0/s }
  e: text
`),
  ).toEqual([
    '14:3 historian.Metrics! bad-id',
    '15:14 historian.a.kind unknown-historian-kind',
    '15:27 historian.a.url bad-url',
    '16:3 historian.b missing',
    '16:3 historian.b missing',
    '16:3 historian.b missing',
    '17:36 historian.c.url bad-url',
    '17:54 historian.c.budget bad-size',
    '17:67 historian.c.backfill bad-rate',
    '17:79 historian.c.keep unknown-use',
    '17:84 historian.c.colour unknown-key',
    '18:36 historian.d.url bad-url',
    '18:67 historian.d.budget bad-size',
    '18:83 historian.d.backfill bad-rate',
    '19:6 historian.e wrong-type',
  ])
  expect(
    problemsOf(`historian:
  a: { kind: victoriametrics, url: 'http://10.0.0.5', keep: archive }
  b: { kind: victoriametrics, url: 'http://10.0.0.6', keep: archive }
`),
  ).toEqual(['15:61 historian.b.keep two-archives'])
})
