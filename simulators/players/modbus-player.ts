import type { Settings } from '../binding.ts'
import { CannotPlay, loopback, numberOf, oneOf, textOf } from '../binding.ts'
import type { SimulatedEquipment } from '../equipment.ts'
import type { Manner, ModbusUnit, Table } from '../servers/modbus-server.ts'
import { ModbusServer } from '../servers/modbus-server.ts'
import type { ByteOrder, RegisterType } from '../servers/registers.ts'
import { byteOrders, encode, registerTypes, wordsOf } from '../servers/registers.ts'
import { SLOWNESS } from '../wire-faults.ts'
import type { Player, WiredPoint } from './player.ts'
import { rawOf } from './raw.ts'

const DEVICE_FAILURE = 4
const NO_SUCH_ADDRESS = 2
const NO_RESPONSE_BEHIND = 0x0b
/** What a device that says its decimals says. */
const PLACES = 2

/** What stands at the addresses of one point when it is read. */
interface Cell {
  readonly table: Table
  readonly address: number
  readonly length: number
  words(): readonly number[] | { readonly exception: number }
}

/** The units of one Modbus TCP connection, all on its one port. */
export class ModbusPlayer implements Player {
  readonly #server: ModbusServer

  constructor(name: string, settings: Settings, points: readonly WiredPoint[]) {
    const units = new Map<number, PlayedUnit>()
    for (const point of points) {
      const number = numberOf(point.device, 'unit') ?? 1
      const unit = units.get(number) ?? new PlayedUnit(point.equipment)
      unit.wire(point)
      units.set(number, unit)
    }
    this.#server = new ModbusServer({
      host: loopback(textOf(settings, 'host') ?? '127.0.0.1', `connections.${name}.host`),
      port: numberOf(settings, 'port') ?? 502,
      framing: oneOf(settings, 'framing', ['tcp', 'rtu'], 'tcp', `connections.${name}`),
      units,
      slowness: SLOWNESS,
    })
  }

  async start(): Promise<void> {
    await this.#server.start()
  }

  stop(): Promise<void> {
    return this.#server.stop()
  }

  /** Modbus devices only speak when asked. */
  tell(): void {}
}

class PlayedUnit implements ModbusUnit {
  readonly #equipment: SimulatedEquipment
  readonly #cells: Cell[] = []

  constructor(equipment: SimulatedEquipment) {
    this.#equipment = equipment
  }

  wire(point: WiredPoint): void {
    this.#cells.push(cellOf(point))
    const decimals = decimalsOf(point)
    if (decimals) this.#cells.push(decimals)
  }

  manner(): Manner {
    const suffers = (fault: string) => this.#equipment.suffers(fault)
    if (suffers('device-silent')) return 'silent'
    if (suffers('garbage')) return 'garbage'
    if (suffers('wrong-transaction')) return 'wrong-transaction'
    return suffers('slow') ? 'slow' : 'normal'
  }

  /** Addresses between the first and the last that are wired read as 0; beyond them there is nothing. */
  read(table: Table, address: number, count: number): readonly number[] | { readonly exception: number } {
    const cells = this.#cells.filter(cell => cell.table === table)
    const first = Math.min(...cells.map(cell => cell.address))
    const end = Math.max(...cells.map(cell => cell.address + cell.length))
    if (cells.length === 0 || address < first || address + count > end) return { exception: NO_SUCH_ADDRESS }
    const values = Array.from({ length: count }, () => 0)
    for (const cell of cells) {
      if (cell.address >= address + count || cell.address + cell.length <= address) continue
      const words = cell.words()
      if ('exception' in words) return words
      for (const [index, word] of words.entries()) {
        const at = cell.address + index - address
        // Several `bit` points may share one register.
        if (at >= 0 && at < count) values[at] = (values[at] ?? 0) | word
      }
    }
    return values
  }
}

function cellOf(point: WiredPoint): Cell {
  const { binding, equipment, key, where } = point
  const table = oneOf(binding, 'table', ['holding', 'input', 'coil', 'discrete'] as const, 'holding', where)
  const address = numberOf(binding, 'register')
  if (address === undefined) throw new CannotPlay(`${where}: 缺少 register · register is missing`)
  const bits = table === 'coil' || table === 'discrete'
  const type: RegisterType = bits ? 'uint16' : oneOf(binding, 'type', registerTypes, 'uint16', where)
  const order: ByteOrder = oneOf(binding, 'order', byteOrders, 'ABCD', where)
  const bit = numberOf(binding, 'bit') ?? 0
  const plain = rawOf(point)
  const raw = decimalsOf(point) ? (value: number) => plain(value) * 10 ** PLACES : plain
  const lost = lostSensor(binding, type, order)
  return {
    table,
    address,
    length: bits ? 1 : wordsOf(type),
    words() {
      const value = equipment.value(key)
      if (value === undefined) return { exception: NO_RESPONSE_BEHIND }
      if (value === 'sensor-lost') return bits ? { exception: DEVICE_FAILURE } : lost
      return bits ? [value ? 1 : 0] : encode(type === 'bit' ? value : raw(value), type, order, bit)
    },
  }
}

/** The register beside a value that says its decimals, in its high byte or as a whole. */
function decimalsOf({ binding, where }: WiredPoint): Cell | undefined {
  const whole = numberOf(binding, 'decimalsRegister')
  const address = whole ?? numberOf(binding, 'decimalsHighByte')
  if (address === undefined) return undefined
  const table = oneOf(binding, 'table', ['holding', 'input', 'coil', 'discrete'] as const, 'holding', where)
  return { table, address, length: 1, words: () => [whole === undefined ? PLACES << 8 : PLACES] }
}

/** The device's own code where the site file knows one, NaN where the type has it, else an exception. */
function lostSensor(binding: Settings, type: RegisterType, order: ByteOrder): readonly number[] | { readonly exception: number } {
  const codes = binding['sentinel']
  const code = Number(Array.isArray(codes) ? codes[0] : codes)
  if (codes !== undefined && Number.isFinite(code)) {
    if (type === 'float32' || type === 'float64') return encode(code, type, order)
    const size = wordsOf(type)
    return encode(code < 0 ? code + 2 ** (16 * size) : code, size === 1 ? 'uint16' : size === 2 ? 'uint32' : 'uint64', order)
  }
  return type === 'float32' || type === 'float64' ? encode(NaN, type, order) : { exception: DEVICE_FAILURE }
}
