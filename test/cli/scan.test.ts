import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { check } from '../../gateway/cli/check.ts'
import type { Io } from '../../gateway/cli/io.ts'
import { plan } from '../../gateway/cli/plan.ts'
import { poll } from '../../gateway/cli/poll.ts'
import { scan } from '../../gateway/cli/scan.ts'
import { bitsOf } from '../../gateway/commission/line-plan.ts'
import { freePort } from '../kit/product.ts'
import { startSchoolBus } from '../kit/school-bus.ts'

let bus: Awaited<ReturnType<typeof startSchoolBus>>
let folder: string
beforeAll(async () => {
  bus = await startSchoolBus()
  folder = await mkdtemp(join(tmpdir(), 'zhishou-scan-'))
})
afterAll(async () => {
  await bus.stop()
  await rm(folder, { recursive: true, force: true })
})

type Command = (args: readonly string[], io: Io) => Promise<number>
async function run(command: Command, ...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []]
  const io: Io = {
    out: line => void out.push(line),
    err: line => void err.push(line),
    env: {},
    readPassword: () => Promise.resolve(''),
  }
  const code = await command(args, io)
  return { code, out: out.join('\n'), err: err.join('\n') }
}
const onBus = () => ['--protocol', 'modbus-tcp', '--host', '127.0.0.1', '--port', String(bus.port), '--set', 'timeout=300ms']
async function site(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}
const school = (
  port: number,
  points = 'temperature: { table: input, register: 1, type: int16, scale: 0.1 }',
  unit = 1,
) => `site: { id: a, name: A }
connections: { bus: { protocol: modbus-tcp, host: 127.0.0.1, port: ${port}, timeout: 300ms } }
areas: { canteen: { equipment: { cold-1: { type: fresh-keeping-cabinet, connection: bus, unit: ${unit}, points: { ${points} } } } } }
`

describe('zhishou scan', () => {
  test('finds what is on a bus and drafts a site file that check takes', async () => {
    const { code, out, err } = await run(scan, ...onBus(), '--from', '1', '--to', '4')
    expect(code).toBe(0)
    expect(err).toContain('+ unit 2')
    const checked = await run(check, await site('draft.yaml', out))
    expect(checked.out).toMatch(/^good|可用/m)
    expect(checked.code).toBe(0)
    for (const unit of [1, 2, 3]) expect(out).toContain(`unit: ${unit}`)
  })

  test('drafts only the equipment where the site has the connection, to lie beside its files', async () => {
    const path = await site('school.yaml', school(bus.port))
    const { code, out } = await run(scan, path, '--connection', 'bus', '--from', '2', '--to', '3')
    expect(code).toBe(0)
    expect(out).not.toContain('site:')
    expect(out).toContain('connection: bus')
  })

  test('prints data with --json, and nothing else on stdout', async () => {
    const { out, err } = await run(scan, ...onBus(), '--from', '2', '--to', '2', '--json')
    expect(JSON.parse(out)).toMatchObject({ found: [{ device: { unit: 2 } }] })
    expect(err).not.toContain('+ unit')
  })

  test('answers 1 where nothing is found, and says what to try where nobody is', async () => {
    expect(await run(scan, ...onBus(), '--from', '200', '--to', '201')).toMatchObject({ code: 1, out: '' })
    const dead = await run(
      scan,
      '--protocol',
      'modbus-tcp',
      '--host',
      '127.0.0.1',
      '--port',
      String(await freePort()),
      '--lang',
      'zh',
    )
    expect(dead.code).toBe(1)
    expect(dead.err).toContain('网线')
  })

  test.each([
    [[], 'name a site file'],
    [['site.yaml'], '--connection'],
    [['--protocol', 'nope'], 'no protocol "nope"'],
    [['--protocol', 'modbus-tcp'], 'host is missing'],
    [['--protocol', 'modbus-tcp', '--host', 'x', '--set', 'nonsense'], 'KEY=VALUE'],
    [['--protocol', 'modbus-tcp', '--host', 'x', '--set', 'hots=1'], 'no setting hots'],
    [['--protocol', 'modbus-tcp', '--host', 'x', '--port', '99999'], 'port cannot be 99999'],
    [['--protocol', 'modbus-tcp', '--host', 'x', '--from', '9', '--to', '2'], '--from is greater'],
    [['--protocol', 'modbus-tcp', '--host', 'x', '--from', '1.5'], 'whole number'],
    [['--protocol', 'modbus-tcp', '--host', 'x', '--listen', 'long'], 'duration'],
    [['--protocol', 'modbus-tcp', '--host', 'x', '--most', '0'], '--most'],
    [['--protocol', 'modbus-tcp', '--connection', 'bus'], 'not both'],
    [['a.yaml', '--connection', 'bus', '--set', 'a=b'], '--set goes with --protocol'],
    [['--nonsense'], 'nonsense'],
  ])('is told of wrong usage: %j', async (args, says) => {
    const { code, err, out } = await run(scan, ...args, '--lang', 'en')
    expect(code).toBe(2)
    expect(err).toContain(says)
    expect(out).toBe('')
  })

  test('names the connections there are where the one asked for is not', async () => {
    const { code, err } = await run(scan, await site('s.yaml', school(bus.port)), '--connection', 'bsu')
    expect([code, err]).toEqual([2, 'the site file has no connection "bsu"; it has: bus'])
  })
})

describe('zhishou poll', () => {
  test('prints value, quality, round trip and bytes, and exits 0 where all is good', async () => {
    const { code, out } = await run(poll, await site('good.yaml', school(bus.port)))
    expect(code).toBe(0)
    expect(out).toMatch(/cold-1\.temperature\s+4\.2 °C\s+good\s+[\d.]+ ms\s+002a/)
  })

  test('says which order would fit where a value cannot be, and what to try where nothing answers', async () => {
    const turned = await run(poll, await site('turned.yaml', school(bus.port, 'temperature: { register: 0, type: float32 }', 2)))
    expect(turned.code).toBe(1)
    expect(turned.out).toContain('33334083')
    expect(turned.err).toContain('CDAB gives 4.1 °C')
    const silent = await run(poll, await site('silent.yaml', school(bus.port, undefined, 99)), '--lang', 'zh')
    expect(silent.code).toBe(1)
    expect(silent.err).toContain('站号')
  })
})

describe('zhishou plan', () => {
  test('counts bytes as long as the format of the line makes them', () => {
    expect([bitsOf('8N1'), bitsOf('8E1'), bitsOf('8N2'), bitsOf('7E1'), bitsOf('nonsense')]).toEqual([10, 11, 11, 10, 10])
  })

  test('tells of a serial line at its own speed, with its pauses, and of one that cannot keep up', async () => {
    const points = 'temperature: { table: input, register: 1 }'
    const slow = `site: { id: a, name: A }
connections: { bus: { protocol: modbus-rtu, path: /dev/ttyS9, baud: 1200, format: 8E1, every: 100ms, pause: 200ms, timeout: 1s } }
areas: { canteen: { equipment: { cold-1: { type: fresh-keeping-cabinet, connection: bus, unit: 1, points: { ${points} } } } } }
`
    const { code, out, err } = await run(plan, await site('slow.yaml', slow), '--json')
    expect(err).toBe('')
    expect(code).toBe(0)
    const [line] = (
      JSON.parse(out) as {
        connections: { bytesPerSweep: number; serial: { secondsPerSweep: number; known: boolean; pauseSeconds: number } }[]
      }
    ).connections
    // Request 8 bytes, answer 7: 15 bytes of 11 bits, two rests of 3.5 bytes, one pause.
    expect(line?.bytesPerSweep).toBe(15)
    expect(line?.serial).toMatchObject({ known: true, pauseSeconds: 0.2 })
    expect(line?.serial.secondsPerSweep).toBeCloseTo((15 * 11) / 1200 + (2 * 3.5 * 11) / 1200 + 0.2, 6)
    expect((await run(plan, join(folder, 'slow.yaml'), '--lang', 'en')).out).toContain('cannot keep up')
  })
})
