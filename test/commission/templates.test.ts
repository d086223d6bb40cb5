import { afterEach, describe, expect, test } from 'vitest'
import type { Found } from '../../protocols/contract/driver.ts'
import { modbusTcp } from '../../protocols/modbus/driver.ts'
import { scan } from '../../gateway/cli/scan.ts'
import { systemClock } from '../../gateway/clock.ts'
import { Commissioning } from '../../gateway/commission/commissioning.ts'
import { templatesFor } from '../../gateway/commission/templates.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { Gateway, prepared } from '../protocols/kit.ts'
import type { Asked } from '../protocols/peers/modbus-device.ts'
import { answer, exception, ModbusDevice } from '../protocols/peers/modbus-device.ts'

const { models, types } = await loadShelf()
let device: ModbusDevice | undefined
afterEach(() => device?.stop())

const words = (value: number): readonly number[] => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatBE(value)
  return [bytes.readUInt16BE(0), bytes.readUInt16BE(2)]
}
/** What a unit holds: `input 1` → 215. An address that is not there is refused, as real devices do it. */
type Held = Readonly<Record<string, number>>
const floats = (table: string, values: Readonly<Record<number, number>>): Held =>
  Object.fromEntries(
    Object.entries(values).flatMap(([at, value]) => words(value).map((word, half) => [`${table} ${Number(at) + half}`, word])),
  )
const zeros = Object.fromEntries(
  Array.from({ length: 400 }, (_, at) => [
    [`input ${at}`, 0],
    [`holding ${at}`, 0],
  ]).flat(),
)

async function startUnits(units: Readonly<Record<number, Held>>): Promise<number> {
  device = new ModbusDevice((asked: Asked) => {
    const table = asked.code === 4 ? 'input' : 'holding'
    const unit = units[asked.unit]
    if (!unit || asked.code < 3) return exception(asked, 11)
    const addresses = Array.from({ length: asked.quantity }, (_, index) => `${table} ${asked.start + index}`)
    if (addresses.some(address => unit[address] === undefined)) return exception(asked, 2)
    return answer(asked, address => unit[`${table} ${address}`] ?? 0)
  })
  return device.start()
}

async function foundAt(units: Readonly<Record<number, Held>>, protocol = 'modbus-tcp'): Promise<readonly Found[]> {
  const settings = { host: '127.0.0.1', port: await startUnits(units) }
  const driver = prepared(modbusTcp, settings, []).open(new Gateway())
  const found: Found[] = []
  const templates = templatesFor({ protocol, settings }, models.values(), types)
  for await (const step of driver.scan?.({ from: 1, to: 4, most: 9, templates }, new AbortController().signal) ?? [])
    if (step.step === 'found') found.push(step.found)
  return found
}

describe('equipment that is found', () => {
  test('is given the models whose registers are there and hold what such equipment shows', async () => {
    const [sensor, meter, nothing, other] = await foundAt({
      1: { 'input 1': 215, 'input 2': 480 },
      2: floats('input', {
        0: 231.4,
        6: 4.2,
        12: 870,
        18: 890,
        24: 60,
        30: 0.98,
        36: 1,
        70: 50.01,
        72: 1_234.5,
        74: 0,
        76: 1,
        78: 1,
        84: 900,
        86: 1,
        88: 1,
        90: 1,
        92: 1,
        94: 1,
        258: 3,
        264: 3,
        342: 1_234.5,
        344: 12,
      }),
      3: zeros,
      4: { 'holding 0': 512, 'holding 1': 223 },
    })

    expect(sensor?.models?.[0]).toBe('xy-md02')
    expect(meter?.models?.[0]).toMatch(/^eastron-/)
    expect(nothing?.models).toBeUndefined()
    // Humidity first or temperature first: 51 % and 22 °C lie nearer to the middle than 22 % and 51 °C.
    expect(other?.models?.[0]).toMatch(/^(renke-rs-ws-n01|cwt-th)$/)
    expect(other?.models).toContain('mc-weather')
    expect([sensor?.note, nothing?.note]).toEqual([undefined, undefined])
  })

  test('is given none where a value is beyond what such equipment can show', async () => {
    const [found] = await foundAt({ 1: { 'input 1': 9_000, 'input 2': 480 } })
    expect(found?.models).toBeUndefined()
  })

  test('is read no more than forty-eight times for a name, and not at all where nobody asked for one', async () => {
    await foundAt({ 1: zeros })
    const withNames = device?.asked.filter(({ unit }) => unit === 1).length ?? 0
    await device?.stop()
    await foundAt({ 1: zeros }, 'mqtt')
    const without = device?.asked.filter(({ unit }) => unit === 1).length ?? 0

    expect(withNames - without).toBeGreaterThan(5)
    expect(withNames - without).toBeLessThanOrEqual(48)
    expect(device?.asked.every(({ code }) => code >= 1 && code <= 4)).toBe(true)
  })
})

describe('whoever searches is told the model', () => {
  const sensor = { 1: { 'input 1': 215, 'input 2': 480 } }

  test('in a search of the wizard', async () => {
    const settings = { host: '127.0.0.1', port: await startUnits(sensor) }
    const commissioning = new Commissioning({ clock: systemClock, env: {} })
    const running = {
      site: { connections: [], points: [] },
      lines: { report: () => undefined, scan: () => undefined, probe: () => undefined },
    }
    const begun = await commissioning.scan({ protocol: 'modbus-tcp', settings }, { from: 1, to: 1, most: 9 }, 'admin', running)
    const id = begun.ok ? begun.id : ''
    await expect.poll(() => commissioning.scans.look(id)?.ended).toBe('complete')

    expect(commissioning.scans.look(id)?.found[0]?.models?.[0]).toBe('xy-md02')
    await commissioning.stop()
  })

  test('and by zhishou scan, which drafts the entry with it', async () => {
    const port = String(await startUnits(sensor))
    const [out, err]: [string[], string[]] = [[], []]
    const io = {
      out: (line: string) => void out.push(line),
      err: (line: string) => void err.push(line),
      env: {},
      readPassword: () => Promise.resolve(''),
    }
    const args = ['--protocol', 'modbus-tcp', '--host', '127.0.0.1', '--port', port, '--from', '1', '--to', '1', '--lang', 'en']

    expect(await scan(args, io)).toBe(0)
    expect(err.join('\n')).toContain('+ unit 1 {"unit":1}, perhaps xy-md02')
    expect(out.join('\n')).toContain('model: xy-md02')
  })
})

describe('the templates for a line', () => {
  const ids = (settings: Record<string, unknown>): readonly string[] =>
    templatesFor(
      { protocol: settings['path'] === undefined ? 'modbus-tcp' : 'modbus-rtu', settings },
      models.values(),
      types,
    ).map(({ model }) => model)

  test('begin with the models that come with its speed, and leave out those that have no such plug', () => {
    const serial = ids({ path: '/dev/ttyS0', baud: 4_800 })
    expect(models.get(serial[0] ?? '')?.link.baud).toBe(4_800)
    expect(serial).not.toContain('carlo-gavazzi-em24-ethernet')
    expect(ids({ host: 'h' })).toContain('carlo-gavazzi-em24-ethernet')
    expect(ids({ host: 'h' }).some(id => models.get(id)?.protocol !== 'modbus')).toBe(false)
  })

  test('are read in the unit of the type, within what it shows on an ordinary day and half as much beyond', () => {
    const [probe] = templatesFor(
      { protocol: 'modbus-rtu', settings: { path: '/dev/ttyS0' } },
      [models.get('xy-md02') ?? never()],
      types,
    )
    const range = types.get('air-sensor')?.points.get('temperature')?.range ?? never()
    const slack = (range.max - range.min) / 2
    expect(probe?.bindings[0]).toMatchObject({
      point: 'xy-md02.temperature',
      settings: { table: 'input', register: 1, scale: 0.1 },
      plausible: { min: Math.max(-40, range.min - slack), max: Math.min(80, range.max + slack) },
    })
  })
})

function never(): never {
  throw new Error('It is in the library.')
}
