import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { batchesFor, batchHints } from '../../gateway/commission/batches.ts'
import { Commissioning } from '../../gateway/commission/commissioning.ts'
import type { Running } from '../../gateway/commission/commissioning.ts'
import { tryOut } from '../../gateway/commission/trying.ts'
import type { TriedPoint } from '../../gateway/commission/tried.ts'
import { systemClock } from '../../gateway/clock.ts'
import type { ModelHint } from '../../gateway/site/models.ts'
import type { Point } from '../../gateway/site/site.ts'
import type { Binding, Probe, Protocol } from '../../protocols/contract/driver.ts'
import { fault } from '../../protocols/contract/fault.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import { modbusTcp } from '../../protocols/modbus/driver.ts'

const look = { zh: '小十倍', en: 'ten times too small' }
const hint = (more: Partial<ModelHint> = {}): ModelHint => ({
  look,
  points: new Map([
    ['temperature', { scale: 1 }],
    ['humidity', { scale: 1 }],
  ]),
  link: {},
  device: {},
  ...more,
})
const even = hint({ look: { zh: '偶校验', en: 'even parity' }, points: new Map(), link: { format: '8E1' } })
const about = { decimals: 1, kind: 'measurement', labels: new Map(), raw: '0019', roundTripMs: 1 } as const
const warm = (more: Partial<TriedPoint>): TriedPoint => ({
  ...about,
  key: 'temperature',
  name: { zh: '温度', en: 'Temperature' },
  unit: '°C',
  range: { min: 10, max: 40 },
  plausible: { min: -40, max: 100 },
  settings: { register: 1, table: 'input', type: 'int16', scale: 0.1 },
  ...more,
})
const damp = (more: Partial<TriedPoint>): TriedPoint => ({
  ...warm({ key: 'humidity', unit: '%RH', range: { min: 0, max: 100 }, plausible: { min: 0, max: 100 } }),
  settings: { register: 2, table: 'input', scale: 0.1 },
  ...more,
})
const bindings: Binding[] = [warm({}), damp({})].map(({ key, settings }) => ({
  point: pointId('new', key),
  equipment: 'new',
  device: { unit: 7 },
  settings,
}))
const settings = { host: '127.0.0.1', port: 1502 }
const of = (points: readonly TriedPoint[], known: readonly ModelHint[]) =>
  batchesFor(points, bindings, known, modbusTcp, settings)
const hintsOf = (points: readonly TriedPoint[], known: readonly ModelHint[], gave: Readonly<Record<string, number>>) =>
  batchHints(
    points,
    of(points, known).map(attempt => ({ attempt, gave: new Map(Object.entries(gave)) })),
    known,
  )

describe('batches of a model', () => {
  test('are tried only where something looks wrong that they change, with settings the protocol takes', () => {
    expect(of([warm({ value: 21 }), damp({ value: 50 })], [hint()])).toEqual([])
    const [attempt, ...more] = of([warm({ value: 2.5 }), damp({ value: 5.1 })], [hint(), even])
    expect(more).toEqual([])
    expect(attempt?.parts.map(({ key, binding: { settings: read } }) => [key, read['scale'], read['register']])).toEqual([
      ['temperature', 1, 1],
      ['humidity', 1, 2],
    ])
    const wrong = hint({ points: new Map([['temperature', { register: -4 }]]) })
    expect(of([warm({ value: 2.5 })], [wrong])).toEqual([])
    expect(
      of(
        [warm({ value: 2.5 })],
        Array.from({ length: 9 }, () => hint()),
      ),
    ).toHaveLength(4)
  })

  test('are offered with what they really gave, and not where one of their points becomes worse', () => {
    const points = [warm({ value: 2.5 }), damp({ value: 5.1 })]
    expect(hintsOf(points, [hint()], { temperature: 25, humidity: 51 })).toEqual([
      {
        code: 'variant',
        points: ['temperature', 'humidity'],
        say: look,
        change: [
          { point: 'temperature', settings: { scale: 1 } },
          { point: 'humidity', settings: { scale: 1 } },
        ],
        gives: [
          { point: 'temperature', value: 25 },
          { point: 'humidity', value: 51 },
        ],
      },
    ])
    expect(hintsOf(points, [hint()], { temperature: 25, humidity: 510 })).toEqual([])
    expect(hintsOf(points, [hint()], { temperature: 25 })).toEqual([])
    // A setting of the whole device is tried where a point makes no sense, and carried as such.
    const odd = [warm({ fault: fault('garbled', 'unit byte') }), damp({ value: 50 })]
    const turned = hint({ points: new Map(), device: { exact: true } })
    expect(of(odd, [turned])[0]?.parts.map(({ binding }) => binding.device)).toEqual([
      { unit: 7, exact: true },
      { unit: 7, exact: true },
    ])
    expect(hintsOf(odd, [turned], { temperature: 21, humidity: 50 }).map(({ change, device }) => [change, device])).toEqual([
      [[], { exact: true }],
    ])
    expect(of([warm({ fault: fault('timeout', 'nobody') })], [turned])).toEqual([])
    expect(hintsOf(points, [hint()], { temperature: 3, humidity: 51 })).toEqual([])
    // A nought that becomes a value to be expected is better, though both may be.
    const nought = [warm({ value: 0, range: { min: 0, max: 40 } })]
    const other = hint({ points: new Map([['temperature', { register: 5 }]]) })
    expect(hintsOf(nought, [other], { temperature: 20 }).map(({ code }) => code)).toEqual(['variant'])
  })

  test('tell how the line comes out of the box where nobody answers at all', () => {
    const silent = fault('timeout', 'nobody')
    const points = [warm({ fault: silent }), damp({ fault: silent })]
    expect(hintsOf(points, [hint(), even], {}).map(({ say, change }) => [say.en, change])).toEqual([
      ['even parity. If it is one of these, write format: 8E1 at the connection', undefined],
    ])
    expect(hintsOf([warm({ fault: silent }), damp({ value: 50 })], [even], {})).toEqual([])
    expect(hintsOf([], [even], {})).toEqual([])
  })

  test('explain more than anything else that may be, and are asked together with it', async () => {
    const asked: number[] = []
    const points = [warm({}), damp({})].map(
      ({ key, name, unit, range, plausible }) =>
        ({ ...about, id: pointId('new', key), key, name, unit, range, plausible }) as unknown as Point,
    )
    const at = instant(0)
    const ask = async (wanted: readonly Binding[]): Promise<readonly Probe[]> => {
      asked.push(wanted.length)
      return wanted.map(({ point, settings: { register, scale } }) => ({
        reading: { point, at, receivedAt: at, value: (register === 1 ? 25 : 51) * Number(scale), quality: 'good' as const },
        raw: '0019',
        roundTripMs: 1,
      }))
    }
    const tried = await tryOut({ bindings, points, protocol: modbusTcp, settings, known: [hint(), even] }, ask)
    expect(asked[0]).toBe(2)
    expect(asked).toHaveLength(2)
    expect(tried.hints.map(({ code, points: of_ }) => [code, of_])).toEqual([['variant', ['temperature', 'humidity']]])
  })
})

describe('a secret that a trial is made with', () => {
  const folders: string[] = []
  afterAll(() => Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true }))))
  /** Says no to every password, and quotes it: as careless as a protocol could be. */
  const careless = (heard: (password: unknown) => void): Protocol => ({
    kind: 'careless',
    schema: { connection: { properties: { password: {}, host: {} } }, equipment: {}, point: {} },
    prepare(_name, { password }) {
      heard(password)
      const wrong = { zh: `密码 ${String(password)} 不对`, en: `the password ${String(password)} is wrong` }
      return { ok: false, problems: [{ in: 'connection', path: ['password'], wrong, write: wrong }] }
    },
  })
  const running = { site: { connections: [], points: [] }, lines: {} } as unknown as Running
  const tried = async (password: string, env: Readonly<Record<string, string>>) => {
    const heard: unknown[] = []
    const protocols = [careless(one => heard.push(one))]
    const commissioning = new Commissioning({ clock: systemClock, env, protocols })
    const where = { protocol: 'careless', settings: { host: '127.0.0.1', password } }
    const outcome = await commissioning.scan(where, { most: 1 }, 'admin', running)
    await commissioning.stop()
    return { heard, outcome }
  }

  test('may lie in a file that NAME_FILE names, and is told to nobody', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'secret-'))
    folders.push(folder)
    await writeFile(join(folder, 'meter'), 'open-sesame\n')
    const { heard, outcome } = await tried('${METER_PASSWORD}', { METER_PASSWORD_FILE: join(folder, 'meter') })
    expect(heard).toEqual(['open-sesame'])
    expect(JSON.stringify(outcome)).toContain('the password ${METER_PASSWORD} is wrong')
    expect(JSON.stringify(outcome)).not.toContain('sesame')
  })

  test('is missed where it is not set, before anybody is called by the name of a variable', async () => {
    const { heard, outcome } = await tried('${METER_PASSWORD}', {})
    expect(heard).toEqual([])
    expect(outcome).toMatchObject({
      ok: false,
      why: 'wrong',
      problems: [{ path: 'connection.password', wrong: { en: 'the environment variable METER_PASSWORD is not set' } }],
    })
    expect((await tried('${METER_PASSWORD:-usual}', {})).heard).toEqual(['usual'])
    expect((await tried('$${literal}', {})).heard).toEqual(['${literal}'])
  })
})
