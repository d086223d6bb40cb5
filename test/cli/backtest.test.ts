import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { backtest } from '../../gateway/cli/backtest.ts'
import { openStore } from '../../gateway/store/open.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import { wall } from '../store/folder.ts'

const site = `site: { id: greenhill, name: Greenhill, timeZone: Asia/Shanghai, policies: [canteen] }
connections:
  push: { protocol: http }
areas:
  canteen:
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        connection: push
        points: { temperature: {} }
        rules:
          temperature.too-warm: { onDelay: 15m, reason: quick defrost }
      cold-2:
        type: fresh-keeping-cabinet
        connection: push
        points: { temperature: {} }
`
const temperature = pointId('cold-1', 'temperature')
const minute = 60_000
const start = Date.parse('2026-09-01T00:00:00+08:00')

/** A day by the minute: 4 °C, and warm for the stated minutes from the stated minute on. */
const day = (warm: readonly (readonly [from: number, minutes: number, value: number])[]) =>
  Array.from({ length: 1_440 }, (_, index) => {
    const value = warm.find(([from, length]) => index >= from && index < from + length)?.[2] ?? 4
    const at = instant(start + index * minute)
    return { reading: { point: temperature, at, receivedAt: instant(at + 20), value, quality: 'good' as const } }
  })

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backtest-'))
  await writeFile(join(folder, 'site.yaml'), site)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function fill(readings: ReturnType<typeof day>) {
  const store = await openStore(join(folder, 'data'), { wall })
  await store.historian.listening(instant(start))
  await store.historian.record(readings)
  return store
}

async function run(policy: string, args: readonly string[] = ['--json']) {
  await writeFile(join(folder, 'policy.yaml'), policy)
  const [out, err]: [string[], string[]] = [[], []]
  const times = ['--from', '2026-09-01T00:00', '--to', '2026-09-02T00:00']
  const files = [join(folder, 'site.yaml'), '--policy', join(folder, 'policy.yaml'), '--data', join(folder, 'data')]
  const io = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line), env: {} }
  const code = await backtest([...files, ...times, ...args], io)
  return { code, out, err: err.join('\n').replaceAll(`${folder}/`, '') }
}

describe('backtest', () => {
  test('shows what a longer delay would have spared, on the stored readings and beside the running gateway', async () => {
    // A defrost of 18 minutes at noon and a door left open for 50 in the evening.
    const store = await fill(day([[720, 18, 9.5], [1_080, 50, 10.5]])) // prettier-ignore

    const { code, out } = await run('rules: { cold-1.temperature.too-warm: { onDelay: 30m, reason: defrost takes 18 minutes } }')

    expect(code).toBe(0)
    expect(JSON.parse(out[0] ?? '')).toMatchObject({
      from: '2026-09-01T00:00:00.000+08:00',
      policies: { before: [{ id: 'canteen' }], after: [{ id: 'canteen', digest: expect.stringMatching(/^[0-9a-f]{64}$/) }] },
      readings: { accepted: 1_440, bad: 0, late: 0, duplicate: 0 },
      unheard: ['cold-2.temperature'],
      rules: expect.arrayContaining([
        expect.objectContaining({
          rule: 'cold-1.temperature.too-warm',
          // The site's own overlay is what is changed, not the pack's twenty minutes.
          settings: [{ key: 'onDelay', before: '15m', after: '30m' }],
          before: { alarms: 2, standing: 0, hours: expect.closeTo((8 + 40) / 60, 6) },
          after: { alarms: 1, standing: 0, hours: expect.closeTo(25 / 60, 6) },
          goes: 1,
          comes: 0,
        }),
      ]),
      goes: { count: 1, items: [{ rule: 'cold-1.temperature.too-warm', raisedAt: '2026-09-01T12:15:00.000+08:00' }] },
      comes: { count: 0, items: [] },
    })
    await store.close()
  })

  test('tells it to a person in two languages, and says of what nothing can be said', async () => {
    await (await fill(day([[720, 18, 9.5]]))).close()
    const policy = 'rules: { cold-1.temperature.too-warm: { onDelay: 30m, reason: defrost takes 18 minutes } }'

    const english = (await run(policy, [])).out.join('\n')
    const chinese = (await run(policy, ['--lang', 'zh'])).out.join('\n')

    expect(english).toMatch(/changed: canteen [\d.]+\+[0-9a-f]{8}/)
    expect(english).toContain('no reading at all, nothing can be said: cold-2.temperature')
    expect(english).toContain('changed: onDelay 15m → 30m; reason: defrost takes 18 minutes')
    expect(english).toContain('  alarms 1 → 0, hours 0.1 → 0.0; 1 would go, 0 would come')
    expect(english).toMatch(
      /would go \(1\):\n {2}2026-09-01T12:15\+08:00 – 2026-09-01T12:23\+08:00 {2}cold-1.temperature.too-warm {2}9.5/,
    )
    expect(chinese).toContain('改动: onDelay 15m → 30m；理由：defrost takes 18 minutes')
    expect(chinese).toContain('不再报警 (1):')
  })

  test('takes a whole changed pack, and says which versions it compared', async () => {
    await (await fill(day([[720, 18, 7.5]]))).close()
    const shipped = await readFile(new URL('../../gateway/policy/packs/canteen.yaml', import.meta.url), 'utf8')
    const draft = shipped.replace(/version: '[\d.]+'/, "version: '9.9-draft'").replace('value: 8\n', 'value: 7\n')

    const { code, out } = await run(draft)

    const answer = JSON.parse(out[0] ?? '') as { policies: { after: object[] }; rules: { rule: string; settings: object[] }[] }
    expect(code).toBe(0)
    expect(answer.policies.after).toMatchObject([{ id: 'canteen', version: '9.9-draft', digest: expect.any(String) }])
    expect(answer).toMatchObject({ comes: { count: 1, items: [{ raisedAt: '2026-09-01T12:15:00.000+08:00' }] } })
    // The site's own delay lies over the changed pack as it lies over the shipped one.
    expect(answer.rules.find(({ rule }) => rule === 'cold-1.temperature.too-warm')?.settings).toEqual([
      { key: 'value', before: '8', after: '7' },
    ])
  })

  test('lists every problem of the change where it stands', async () => {
    await (await fill([])).close()
    const { code, err } = await run(
      [
        'rules:',
        '  cold-1.temperature.too-warm: { value: 12, onDelay: 20 }',
        '  cold-1.temperature.to-warm: off',
        '  cold-3.temperature.too-warm: off',
        '  cold-1.temperature.too-cold: off',
        '  cold-2.temperature.too-warm: { op: gt, value: 8, deadband: 40 }',
      ].join('\n'),
    )

    expect(code).toBe(1)
    expect(err.split('\n').filter(line => line.startsWith('policy.yaml'))).toEqual([
      'policy.yaml:2:54 error bad-duration rules.cold-1.temperature.too-warm.onDelay',
      'policy.yaml:3:3 error unknown-rule rules.cold-1.temperature.to-warm',
      'policy.yaml:4:3 error unknown-equipment rules.cold-3.temperature.too-warm',
      'policy.yaml:5:3 error reason-missing rules.cold-1.temperature.too-cold',
      'policy.yaml:6:62 error deadband-too-large rules.cold-2.temperature.too-warm.deadband',
    ])
  })

  test('refuses a file that changes nothing, one that is no YAML, a folder without data, and wrong usage', async () => {
    expect(await run('site: {}')).toMatchObject({ code: 1, err: expect.stringContaining('policy.yaml:1:1 error nothing-to-try') })
    expect(await run('rules: [')).toMatchObject({ code: 1, err: expect.stringContaining('yaml-syntax') })
    expect(await run('rules: {}')).toMatchObject({ code: 1, err: expect.stringContaining('holds no data of a gateway') })
    expect((await run('rules: {}', ['--warm-up', 'long'])).code).toBe(2)
    expect((await run('rules: {}', ['--harm', '30m'])).code).toBe(2)
    expect((await run('rules: {}', ['--from', '2026-09-03'])).code).toBe(2)
    expect((await run('rules: {}', ['--nonsense'])).code).toBe(2)
    expect((await run('rules: {}', ['--help'])).out[0]).toContain('zhishou backtest SITE --policy FILE')
  })

  test('makes nothing of a silence that nobody could hear: stops, and the end of the history', async () => {
    const store = await fill(day([]).slice(0, 300))
    await store.historian.listening(instant(start + 600 * minute))
    await store.historian.record(day([]).slice(600, 900))
    await store.close()
    const policy = 'rules: { cold-1.temperature.silent: { after: 5m } }'

    const silent = JSON.parse((await run(policy)).out[0] ?? '') as { to: string; rules: { rule: string }[] }

    // Three hundred minutes, five hours without a gateway, three hundred more: then the history ends, and hours are counted to there.
    expect(silent.to).toBe('2026-09-01T14:59:00.020+08:00')

    expect(silent.rules.find(({ rule }) => rule === 'cold-1.temperature.silent')).toMatchObject({
      before: { alarms: 0 },
      after: { alarms: 0 },
    })
  })

  test('hears what people wrote down', async () => {
    const tank = site
      .replace('policies: [canteen]', 'policies: [drinking-water]')
      .replace(/cold-1:[\s\S]*$/, 'tank-1: { type: water-tank, connection: push, points: { level: {}, dosings: {} } }\n')
    await writeFile(join(folder, 'site.yaml'), tank)
    const store = await openStore(join(folder, 'data'), { wall })
    const days = 86_400_000
    await store.historian.listening(instant(start - 20 * days))
    const level = pointId('tank-1', 'level')
    const hourly = Array.from({ length: 24 * 22 }, (_, hour) => instant(start - 20 * days + hour * 3_600_000))
    await store.historian.record(
      hourly.map(at => ({ reading: { point: level, at, receivedAt: at, value: 3, quality: 'good' as const } })),
    )
    const dosed = instant(start - 9 * days)
    await store.journal.append([
      {
        kind: 'record.dosing',
        at: dosed,
        by: 'wang',
        about: 'tank-1',
        data: { equipment: 'tank-1', verdict: 'passed', fields: {} },
      },
    ])
    await store.close()

    const { out } = await run('rules: { tank-1.dosings.overdue: { every: 9d, reason: try } }')

    const answer = JSON.parse(out[0] ?? '') as { rules: { rule: string }[] }
    expect(answer.rules.find(({ rule }) => rule === 'tank-1.dosings.overdue')).toMatchObject({
      // Ten days after the dosing is tomorrow; nine days is this very day.
      before: { alarms: 0, standing: 0 },
      after: { alarms: 1, standing: 0 },
      comes: 1,
    })
  })
})

describe('backtest --advise', () => {
  const advise = async (args: readonly string[]) => {
    const [out, err]: [string[], string[]] = [[], []]
    const files = [join(folder, 'site.yaml'), '--data', join(folder, 'data'), '--from', '2026-09-01', '--to', '2026-09-02']
    const io = { out: (line: string) => void out.push(line), err: (line: string) => void err.push(line), env: {} }
    return { code: await backtest([...files, ...args], io), out: out.join('\n'), err: err.join('\n') }
  }

  test('shows the evidence, and leaves the limit alone', async () => {
    await (await fill(day([[100, 17, 9.5], [300, 18, 9.5], [720, 16, 9.5], [1_080, 50, 10.5]]))).close() // prettier-ignore
    const asked = ['--advise', 'cold-1.temperature.too-warm', '--harm', '45m']

    const json = JSON.parse((await advise([...asked, '--json'])).out) as object
    const text = (await advise(asked)).out

    expect(json).toMatchObject({
      limit: { op: 'gt', value: 8 },
      readings: 1_440,
      excursions: { all: 4, harmful: 1 },
      now: { onDelay: '15m', alarms: 4, nuisance: 3 },
      proposed: { onDelay: '20m', alarms: 1, nuisance: 0, kept: 1, lost: 0 },
    })
    expect(text).toContain(
      "The clause's limit gt 8 stays. Readings: 1440; excursions: 4, the longest 0.83 h; longer than 45m, so that somebody must know: 1.",
    )
    expect(text).toContain('Proposed: onDelay 15m → 20m. Alarms 4 → 1, needless ones 3 → 0.')
    expect(text).toMatch(/\n +>20m +0.5 +5m +1 +1 +0 +0 +0 /)
    expect((await advise([...asked, '--lang', 'zh'])).out).toContain('制度限值 gt 8 不变')
  })

  test('says so where there is no such rule, or nothing to advise', async () => {
    await (await fill(day([]))).close()

    expect(await advise(['--advise', 'cold-1.temperature.too-wam'])).toMatchObject({
      code: 1,
      err: 'there is no rule "cold-1.temperature.too-wam"; write `cold-1.temperature.too-warm`',
    })
    expect(await advise(['--advise', 'cold-1.temperature.silent'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('no delay'),
    })
    expect((await advise(['--advise', 'cold-1.temperature.too-warm'])).out).toContain(
      'Nothing in the history speaks for a change',
    )
  })
})
