import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { check } from '../../gateway/cli/check.ts'
import { plan } from '../../gateway/cli/plan.ts'

const example = fileURLToPath(new URL('../../docs/examples/canteen.yaml', import.meta.url))
const school = fileURLToPath(new URL('../../simulators/school/site.yaml', import.meta.url))

async function run(command: typeof check | typeof plan, args: readonly string[], env: Record<string, string> = {}) {
  const out: string[] = []
  const err: string[] = []
  const code = await command(args, { out: line => out.push(line), err: line => err.push(line), env })
  return { code, out, err }
}

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zhishou-check-'))
  await writeFile(
    join(folder, 'broken.yaml'),
    (await readFile(example, 'utf8'))
      .replace('protocol: modbus-tcp', 'protocol: modbus')
      .replace('Asia/Shanghai', 'Asia/Shanhai'),
  )
})
afterAll(() => rm(folder, { recursive: true }))

describe('zhishou check', () => {
  test('finds the canteen of the documentation clean, in 30 lines', async () => {
    const { code, out } = await run(check, [example])

    expect(out).toEqual(['good: 2 pieces of equipment, 2 points, 12 rules under 5 clauses, 0 warnings'])
    expect(code).toBe(0)
    expect((await readFile(example, 'utf8')).split('\n').length).toBeLessThanOrEqual(31)
  })

  test('finds no error in the site file that the documentation explains', async () => {
    const guide = await readFile(new URL('../../docs/site-file.md', import.meta.url), 'utf8')
    const [, yaml = ''] = /```yaml\n([^]*?)```/.exec(guide) ?? []
    await writeFile(join(folder, 'guide.yaml'), yaml)

    const { code, out } = await run(check, [join(folder, 'guide.yaml')], {
      MQTT_PASSWORD: 'x',
      WECOM_ROBOT: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x',
    })

    expect(out.filter(line => line.includes(' error '))).toEqual([])
    expect(code).toBe(0)
  })

  test('finds the demo facility clean', async () => {
    const { code, out } = await run(check, [school, '--json'])

    expect(JSON.parse(out.join('\n'))).toMatchObject({ ok: true, problems: [] })
    expect(code).toBe(0)
  })

  test('prints place, severity, code and path, then what is wrong and what to write, and a summary', async () => {
    const file = join(folder, 'broken.yaml')
    const { code, out } = await run(check, [file])

    expect(out).toEqual([
      `${file}:6:13 error unknown-time-zone site.timeZone`,
      '  there is no time zone "Asia/Shanhai"; write area/city, for example `Asia/Shanghai`',
      `${file}:10:15 error unknown-protocol connections.canteen-bus.protocol`,
      expect.stringMatching(/^ {2}"modbus" is not known; write /),
      '2 errors, 0 warnings',
    ])
    expect(code).toBe(1)
  })

  test('speaks Chinese to a Chinese locale, and whatever --lang says', async () => {
    const file = join(folder, 'broken.yaml')

    expect((await run(check, [file], { LANG: 'zh_CN.UTF-8' })).out.at(-1)).toBe('2 个错误，0 个提醒')
    expect((await run(check, [file, '--lang', 'en'], { LANG: 'zh_CN.UTF-8' })).out.at(-1)).toBe('2 errors, 0 warnings')
  })

  test('gives the problems as JSON in both languages', async () => {
    const { code, out } = await run(check, ['--json', join(folder, 'broken.yaml')])
    const answer: unknown = JSON.parse(out.join('\n'))

    expect(code).toBe(1)
    expect(answer).toMatchObject({
      ok: false,
      errors: 2,
      warnings: 0,
      problems: [
        { code: 'unknown-time-zone', line: 6, column: 13, wrong: { zh: '没有“Asia/Shanhai”这个时区' } },
        { code: 'unknown-protocol' },
      ],
    })
  })

  test('answers wrong usage with 2 and help with 0', async () => {
    expect(await run(check, [])).toMatchObject({ code: 2, out: [] })
    expect(await run(check, ['--frobnicate', example])).toMatchObject({ code: 2, out: [] })
    expect(await run(check, [example, school])).toMatchObject({ code: 2, out: [] })
    expect(await run(check, ['--help'])).toMatchObject({ code: 0, err: [] })
    expect((await run(check, [join(folder, 'absent.yaml')])).code).toBe(1)
  })
})

describe('zhishou plan', () => {
  test('adds up what one sweep of each connection takes', async () => {
    const { code, out } = await run(plan, [example, '--json'])
    const answer = JSON.parse(out.join('\n')) as { connections: Record<string, unknown>[] }

    expect(code).toBe(0)
    expect(answer.connections).toHaveLength(1)
    expect(answer.connections[0]).toMatchObject({
      connection: 'canteen-bus',
      protocol: 'modbus-tcp',
      points: 2,
      everySeconds: 10,
    })
    const [{ requests = [], bytesPerSweep = 0 } = {}] = answer.connections as {
      requests?: { points: string[]; bytes: number }[]
      bytesPerSweep?: number
    }[]
    expect(requests.flatMap(request => request.points).toSorted()).toEqual(['cold-1.temperature', 'freezer-1.temperature'])
    expect(requests.reduce((total, request) => total + request.bytes, 0)).toBe(bytesPerSweep)
  })

  test('shows the same as a table, and says which connections are not polled', async () => {
    const { code, out } = await run(plan, [school])

    expect(code).toBe(0)
    expect(out.join('\n')).toMatch(/canteen-bus \(modbus-tcp\), every 10 s\n {2}device +request +points +bytes +which/)
    expect(out.join('\n')).toMatch(/push \(http\): nothing is polled, 2 points/)
  })

  test('refuses a broken site file with its problems', async () => {
    const { code, out, err } = await run(plan, [join(folder, 'broken.yaml')])

    expect({ code, out }).toEqual({ code: 1, out: [] })
    expect(err[0]).toContain('broken.yaml:6:13 error unknown-time-zone')
  })
})
