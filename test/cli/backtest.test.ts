import { mkdtemp, rm, writeFile } from 'node:fs/promises'
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
})
