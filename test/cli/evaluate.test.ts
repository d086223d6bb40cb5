import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { evaluate } from '../../gateway/cli/evaluate.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evaluate-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function run(rule: string, csv: string, args: readonly string[] = [], env = {}) {
  const files = { rule: join(folder, 'rule.json'), readings: join(folder, 'readings.csv') }
  await writeFile(files.rule, rule)
  await writeFile(files.readings, csv)
  const out: string[] = []
  const err: string[] = []
  const io = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    env,
    readPassword: () => Promise.resolve(''),
  }
  const code = await evaluate(['--rule', files.rule, '--readings', files.readings, ...args], io)
  return { code, lines: out.map(line => JSON.parse(line) as unknown), err: err.join('\n') }
}

const limit = '{"kind":"limit","op":"lt","value":60,"deadband":2,"onDelay":"10m"}'

describe('evaluate', () => {
  test('prints a line for each transition and a summary', async () => {
    const csv =
      'timestamp,value\n2026-01-01T00:00:00Z,61\n2026-01-01T00:05:00Z,59\n2026-01-01T00:10:00Z,58\n2026-01-01T00:20:00Z,61\n2026-01-01T00:25:00Z,62\n'

    expect(await run(limit, csv)).toMatchObject({
      code: 0,
      lines: [
        { event: 'raised', at: '2026-01-01T00:15:00.000Z', since: '2026-01-01T00:05:00.000Z', value: 58 },
        { event: 'cleared', at: '2026-01-01T00:25:00.000Z' },
        { summary: { readings: 5, good: 5, late: 0, duplicate: 0, raised: 1, cleared: 1 } },
      ],
    })
  })

  test('counts late, repeated and bad rows, and none of them disturbs the rule', async () => {
    const csv =
      'timestamp,value\n2026-01-01 00:00,61\n2026-01-01 00:10,50\n2026-01-01 00:10,70\n2026-01-01 00:05,70\n2026-01-01 00:00,70\n2026-01-01 00:12,\n2026-01-01 00:13,NaN\n2026-01-01 00:14,Infinity\n2026-01-01 00:20,50\n'

    const { lines } = await run(limit, csv)

    expect(lines).toEqual([
      { event: 'raised', at: '2026-01-01T00:20:00.000Z', since: '2026-01-01T00:10:00.000Z', value: 50 },
      { summary: { readings: 9, good: 3, late: 2, duplicate: 1, raised: 1, cleared: 0 } },
    ])
  })

  test('puts rows that come within the lateness in order first', async () => {
    const rule = '{"kind":"limit","op":"gt","value":8}'
    const csv =
      'timestamp,value\n2026-01-01 00:00,5\n2026-01-01 00:02,9\n2026-01-01 00:01,7\n2026-01-01 00:03,6\n2026-01-01 00:02:30,7\n'
    const at = '2026-01-01T00:02:00.000Z'

    expect((await run(rule, csv)).lines).toMatchObject([
      { event: 'raised', at },
      { event: 'cleared', at: '2026-01-01T00:03:00.000Z' },
      { summary: { late: 2 } },
    ])
    expect((await run(rule, csv, ['--lateness', '2m'])).lines).toMatchObject([
      { event: 'raised', at },
      { event: 'cleared', at: '2026-01-01T00:02:30.000Z' },
      { summary: { late: 0, good: 5 } },
    ])
    expect((await run(rule, csv, ['--lateness', 'soon'])).code).toBe(2)
  })

  test('reads the columns that are called like the inputs, and takes an empty cell for nothing said', async () => {
    const rule = 'kind: expr\nwhen: "temperature > 8.0 && door == 0.0"\nonDelay: 5m\n'
    const csv =
      'timestamp,temperature,door\n2026-01-01 00:00,9,1\n2026-01-01 00:01,,0\n2026-01-01 00:02,9.5,\n2026-01-01 00:07,9,0\n2026-01-01 00:08,7,0\n'

    expect((await run(rule, csv)).lines).toMatchObject([
      { event: 'raised', at: '2026-01-01T00:06:00.000Z', since: '2026-01-01T00:01:00.000Z' },
      { event: 'cleared', at: '2026-01-01T00:08:00.000Z' },
      { summary: { readings: 8, good: 8, raised: 1, cleared: 1 } },
    ])
    const { code, err } = await run(rule, 'timestamp,temperature\n2026-01-01 00:00,9\n', ['--lang', 'en'])
    expect([code, err]).toEqual([1, expect.stringContaining('no column "door" (there are: timestamp, temperature)')])
  })

  test('says which level of a limit speaks', async () => {
    const rule = '{"kind":"limit","op":"gt","value":8,"onDelay":"10m","levels":[{"value":12,"onDelay":"0s"}]}'
    const csv = 'timestamp,value\n2026-01-01 00:00,9\n2026-01-01 00:05,13\n2026-01-01 00:20,4\n'

    expect((await run(rule, csv)).lines).toMatchObject([
      { event: 'raised', level: 'level-2', at: '2026-01-01T00:05:00.000Z' },
      { event: 'raised', level: 'level-1', at: '2026-01-01T00:10:00.000Z' },
      { event: 'cleared', level: 'level-1' },
      { event: 'cleared', level: 'level-2' },
      { summary: { raised: 2, cleared: 2 } },
    ])
    const wrong = rule.replace('"value":12', '"value":6')
    const { code, err } = await run(wrong, csv, ['--lang', 'en'])
    expect([code, err]).toEqual([1, expect.stringContaining('levels.0.value: this level is not more severe')])
  })

  test('takes a rule as it stands in a pack, with all that it says beside its numbers', async () => {
    const rule =
      'name: too-cold\nequipment: [freezer]\npoint: temperature\nkind: limit\nop: lt\nvalue: 60\npriority: high\ntitle: { zh: 太冷, en: Too cold }\n'

    expect((await run(rule, 'timestamp,value\n2026-01-01 00:00,59\n')).lines[0]).toMatchObject({ event: 'raised', value: 59 })
  })

  test('reads named columns, another delimiter, quoted cells, a byte order mark and a time zone', async () => {
    const csv = '\uFEFF"时间";"读数;°C"\r\n"2026-01-01 08:00:00";"59"\r\n2026-01-01 08:10:01;59\r\n'

    const { lines } = await run(limit, csv, [
      '--delimiter',
      ';',
      '--time',
      '时间',
      '--value',
      '读数;°C',
      '--timezone',
      'Asia/Shanghai',
    ])

    expect(lines[0]).toMatchObject({ at: '2026-01-01T00:10:00.000Z', since: '2026-01-01T00:00:00.000Z' })
  })

  test('raises a stale rule in the silence and clears it at the next good reading', async () => {
    const { lines } = await run('kind: stale\nafter: 2h\n', 'timestamp,value\n1767225600000,1\n1767250800000,1\n')

    expect(lines).toEqual([
      { event: 'raised', at: '2026-01-01T02:00:00.000Z', since: '2026-01-01T00:00:00.000Z' },
      { event: 'cleared', at: '2026-01-01T07:00:00.000Z' },
      { summary: { readings: 2, good: 2, late: 0, duplicate: 0, raised: 1, cleared: 1 } },
    ])
  })

  test.each([
    ['an unknown kind', '{"kind":"limits"}', 'timestamp,value\n', 'limits', 1],
    [
      'a missing number and a negative delay at once',
      '{"kind":"limit","op":"above","onDelay":"-5m"}',
      'timestamp,value\n',
      'onDelay',
      1,
    ],
    ['a duration without a unit', '{"kind":"limit","op":"gt","value":1,"onDelay":600}', 'timestamp,value\n', 'onDelay', 1],
    ['an unknown setting', '{"kind":"limit","op":"gt","value":1,"hysteresis":2}', 'timestamp,value\n', 'hysteresis', 1],
    ['a rule file that is no YAML', '{"kind":', 'timestamp,value\n', 'rule.json', 1],
    ['a column that is not there', limit, 'time,value\n', 'timestamp', 1],
    ['a time that is none', limit, 'timestamp,value\nyesterday,3\n', 'readings.csv:2', 1],
    ['the 31st of February', limit, 'timestamp,value\n2026-02-31,3\n', '2026-02-31', 1],
  ])('says what is wrong with %s', async (_name, rule, csv, word, code) => {
    const result = await run(rule, csv)

    expect(result.code).toBe(code)
    expect(result.err).toContain(word)
  })

  test('answers in Chinese where the reader is Chinese', async () => {
    expect((await run('{"kind":"limits"}', 'timestamp,value\n', [], { LANG: 'zh_CN.UTF-8' })).err).toContain('不认识')
  })

  test('refuses wrong usage with 2', async () => {
    expect((await run(limit, 'timestamp,value\n', ['--delimiter', '::'])).code).toBe(2)
    expect((await run(limit, 'timestamp,value\n', ['--timezone', 'Mars/Base'])).code).toBe(2)
    expect((await run(limit, 'timestamp,value\n', ['--nonsense'])).code).toBe(2)
  })

  test('says of a real recording with gaps what a count by hand says', async () => {
    const file = new URL('../../simulators/recorded/ambient_temperature_system_failure.csv', import.meta.url).pathname
    const rule = join(folder, 'stale.json')
    await writeFile(rule, '{"kind":"stale","after":"6h"}')
    const out: string[] = []
    const io = { out: (line: string) => void out.push(line), err: () => {}, env: {}, readPassword: () => Promise.resolve('') }

    await evaluate(['--rule', rule, '--readings', file], io)

    const { readFile } = await import('node:fs/promises')
    const times = (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .slice(1)
      .map(line => Date.parse(`${line.slice(0, 10)}T${line.slice(11, 19)}Z`))
    const gaps = times.filter((time, index) => index > 0 && time - (times[index - 1] ?? time) > 6 * 3_600_000).length
    expect(gaps).toBeGreaterThan(5)
    expect(JSON.parse(out.at(-1) ?? '')).toEqual({
      summary: { readings: times.length, good: times.length, late: 0, duplicate: 0, raised: gaps, cleared: gaps },
    })
  })
})
