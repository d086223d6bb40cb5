import type { Settings } from '../binding.ts'
import { CannotPlay, loopback, numberOf, textOf } from '../binding.ts'
import type { SimulatedEquipment } from '../equipment.ts'
import { Cjt188Meter } from '../servers/cjt188-meter.ts'
import { Dlt645Meter } from '../servers/dlt645-meter.ts'
import type { BusMeter, MeterManner } from '../servers/meter-bus.ts'
import { MeterBus } from '../servers/meter-bus.ts'
import { SLOWNESS } from '../wire-faults.ts'
import type { Player, WiredPoint } from './player.ts'
import { rawOf } from './raw.ts'

/** What electricity meters show: the identifier behind each name, its bytes and decimals (DL/T 645-2007, annex A). */
const items: Readonly<Record<string, { readonly di: string; readonly bytes: number; readonly decimals: number }>> = {
  import: { di: '00010000', bytes: 4, decimals: 2 },
  export: { di: '00020000', bytes: 4, decimals: 2 },
  'voltage-a': { di: '02010100', bytes: 2, decimals: 1 },
  'voltage-b': { di: '02010200', bytes: 2, decimals: 1 },
  'voltage-c': { di: '02010300', bytes: 2, decimals: 1 },
  'current-a': { di: '02020100', bytes: 3, decimals: 3 },
  power: { di: '02030000', bytes: 3, decimals: 4 },
  frequency: { di: '02800002', bytes: 2, decimals: 2 },
}
/** T of CJ/T 188. */
const types: Readonly<Record<string, number>> = {
  gas: 0x30,
  'cold-water': 0x10,
  'hot-water': 0x11,
  'drinking-water': 0x12,
  heat: 0x20,
}

/** The meters of one line behind a serial server on loopback. */
export class MeterPlayer implements Player {
  readonly #bus: MeterBus

  constructor(name: string, protocol: 'cjt188' | 'dlt645', settings: Settings, points: readonly WiredPoint[]) {
    const host = textOf(settings, 'host')
    if (host === undefined)
      throw new CannotPlay(
        `connections.${name}: 只能模拟写了 host 的表 · only meters behind host can be played, not a serial port`,
      )
    const byMeter = Map.groupBy(points, ({ device }) => String(device['address'] ?? ''))
    const make = protocol === 'cjt188' ? waterOrGas : electric
    this.#bus = new MeterBus({
      host: loopback(host, `connections.${name}.host`),
      port: numberOf(settings, 'port') ?? 8_899,
      meters: [...byMeter].map(([address, own]) => new PlayedMeter(make(address, own), own[0]?.equipment)),
      slowness: SLOWNESS,
    })
  }

  async start(): Promise<void> {
    await this.#bus.start()
  }

  stop(): Promise<void> {
    return this.#bus.stop()
  }

  /** Meters only speak when asked. */
  tell(): void {}
}

/** A meter that suffers what its equipment suffers. */
class PlayedMeter implements BusMeter {
  readonly #meter: BusMeter
  readonly #equipment: SimulatedEquipment | undefined

  constructor(meter: BusMeter, equipment: SimulatedEquipment | undefined) {
    this.#meter = meter
    this.#equipment = equipment
  }

  get manner(): MeterManner {
    const suffers = (fault: string): boolean => this.#equipment?.suffers(fault) ?? false
    if (suffers('device-silent')) return 'silent'
    if (suffers('garbage')) return 'garbage'
    if (suffers('sensor-lost')) return 'refuses'
    return suffers('slow') ? 'slow' : 'normal'
  }

  answer(request: Buffer): Buffer | undefined {
    this.#meter.manner = this.manner === 'refuses' ? 'refuses' : 'normal'
    return this.#meter.answer(request)
  }
}

/** What stands at a point now, as the device would count it. */
function shown(points: readonly WiredPoint[], data: string): number | undefined {
  const point = points.find(({ binding }) => binding['data'] === data)
  const value = point?.equipment.value(point.key)
  return point && typeof value === 'number' ? rawOf(point)(value) : undefined
}

function waterOrGas(address: string, points: readonly WiredPoint[]): BusMeter {
  const [first] = points
  const kind = textOf(first?.device ?? {}, 'meter') ?? 'gas'
  const type = types[kind]
  if (type === undefined) throw new CannotPlay(`${first?.where}: meter ${kind} 不能模拟 · cannot be played`)
  return new Cjt188Meter({
    type,
    address: address.padStart(14, '0'),
    total: () => shown(points, 'total') ?? 0,
    settlement: () => shown(points, 'settlement') ?? 0,
    isValveClosed: () => shown(points, 'valve') === 1,
    isBatteryLow: () => shown(points, 'battery') === 1,
  })
}

function electric(address: string, points: readonly WiredPoint[]): BusMeter {
  for (const { binding, where } of points)
    if (!Object.hasOwn(items, String(binding['data'])))
      throw new CannotPlay(`${where}: data ${String(binding['data'])} 不能模拟 · cannot be played`)
  return new Dlt645Meter({
    address: address.padStart(12, '0'),
    items: () =>
      Object.fromEntries(
        points.flatMap(({ binding }) => {
          const item = items[String(binding['data'])]
          const value = shown(points, String(binding['data']))
          return item && value !== undefined
            ? [[item.di, { digits: Math.max(0, value) * 10 ** item.decimals, bytes: item.bytes }]]
            : []
        }),
      ),
  })
}
