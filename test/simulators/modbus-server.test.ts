import { execFile } from 'node:child_process'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { promisify } from 'node:util'
import { array, assert, constantFrom, integer, property } from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { Manner, ModbusUnit, Table } from '../../simulators/servers/modbus-server.ts'
import { ModbusServer } from '../../simulators/servers/modbus-server.ts'
import { crc16 } from '../../simulators/servers/crc16.ts'
import { encode } from '../../simulators/servers/registers.ts'

const run = promisify(execFile)
const running: ModbusServer[] = []
const sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(running.splice(0).map(server => server.stop()))
})

class Unit implements ModbusUnit {
  how: Manner = 'normal'
  readonly #tables: Partial<Record<Table, readonly number[]>>
  constructor(tables: Partial<Record<Table, readonly number[]>>) {
    this.#tables = tables
  }
  manner(): Manner {
    return this.how
  }
  read(table: Table, address: number, count: number): readonly number[] | { readonly exception: number } {
    const words = this.#tables[table] ?? []
    return address + count > words.length ? { exception: 2 } : words.slice(address, address + count)
  }
}

async function serve(units: ReadonlyMap<number, ModbusUnit>, framing: 'tcp' | 'rtu' = 'tcp', slowness = 300): Promise<number> {
  const server = new ModbusServer({ host: '127.0.0.1', port: 0, framing, units, slowness })
  running.push(server)
  return server.start()
}

/** The lines `[address]: value` that Debian's mbpoll prints. */
async function mbpoll(port: number, ...args: readonly string[]): Promise<string[]> {
  const { stdout } = await run('mbpoll', ['-m', 'tcp', '-p', String(port), '-0', '-1', '-o', '1', ...args, '127.0.0.1'])
  return [...stdout.matchAll(/^\[\d+\]:\s+(.+)$/gm)].map(match => match[1]?.trim() ?? '')
}

const refusal = (port: number, ...args: readonly string[]): Promise<string> =>
  mbpoll(port, ...args).then(
    values => `answered ${values.join()}`,
    (error: unknown) => String((error as { stderr?: unknown }).stderr),
  )

describe('Debian mbpoll reads', () => {
  test('all four tables of two units on one port', async () => {
    const port = await serve(
      new Map([
        [1, new Unit({ input: [44, 0xffff], holding: [7, 8, 9], coil: [1, 0, 1], discrete: [0, 1, 1, 1, 0, 0, 0, 0, 1] })],
        [2, new Unit({ holding: [65_535] })],
      ]),
    )
    expect(await mbpoll(port, '-a', '1', '-t', '3', '-r', '0', '-c', '2')).toEqual(['44', '65535 (-1)'])
    expect(await mbpoll(port, '-a', '1', '-t', '4', '-r', '1', '-c', '2')).toEqual(['8', '9'])
    expect(await mbpoll(port, '-a', '1', '-t', '0', '-r', '0', '-c', '3')).toEqual(['1', '0', '1'])
    expect(await mbpoll(port, '-a', '1', '-t', '1', '-r', '0', '-c', '9')).toEqual(['0', '1', '1', '1', '0', '0', '0', '0', '1'])
    expect(await mbpoll(port, '-a', '2', '-t', '4', '-r', '0', '-c', '1')).toEqual(['65535 (-1)'])
  })

  test('32-bit numbers and floats in both word orders it knows', async () => {
    const holding = [
      ...encode(-123_456, 'int32', 'ABCD'),
      ...encode(-21.5, 'float32', 'ABCD'),
      ...encode(-123_456, 'int32', 'CDAB'),
      ...encode(-21.5, 'float32', 'CDAB'),
    ]
    const port = await serve(new Map([[1, new Unit({ holding })]]))
    expect(await mbpoll(port, '-a', '1', '-t', '4:int', '-B', '-r', '0')).toEqual(['-123456'])
    expect(await mbpoll(port, '-a', '1', '-t', '4:float', '-B', '-r', '2')).toEqual(['-21.5'])
    expect(await mbpoll(port, '-a', '1', '-t', '4:int', '-r', '4')).toEqual(['-123456'])
    expect(await mbpoll(port, '-a', '1', '-t', '4:float', '-r', '6')).toEqual(['-21.5'])
  })

  test('an exception for an address beyond the end, and for a unit that is not there', async () => {
    const port = await serve(new Map([[1, new Unit({ holding: [1] })]]))
    expect(await refusal(port, '-a', '1', '-t', '4', '-r', '5')).toMatch(/Illegal data address/i)
    expect(await refusal(port, '-a', '9', '-t', '4', '-r', '0')).toMatch(/Target device failed to respond/i)
  })
})

/** One connection that sends raw MBAP frames and collects what comes back. */
class Wire {
  readonly #socket: Socket
  readonly #waiting: ((frame: Buffer) => void)[] = []
  readonly #came: Buffer[] = []
  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    sockets.push(this.#socket)
    this.#socket.on('data', chunk => {
      const hear = this.#waiting.shift()
      if (hear) hear(chunk)
      else this.#came.push(chunk)
    })
  }
  send(transaction: number, unit: number, ...pdu: readonly number[]): void {
    this.#socket.write(Buffer.from([transaction >> 8, transaction & 255, 0, 0, 0, pdu.length + 1, unit, ...pdu]))
  }
  raw(bytes: Buffer): void {
    this.#socket.write(bytes)
  }
  next(): Promise<Buffer> {
    const came = this.#came.shift()
    return came ? Promise.resolve(came) : new Promise(done => this.#waiting.push(done))
  }
  closed(): Promise<void> {
    return new Promise(done => this.#socket.once('close', () => done()))
  }
}

describe('on one connection', () => {
  const readOne = [3, 0, 0, 0, 1] as const

  test('a silent unit is silent and its neighbour answers', async () => {
    const dead = new Unit({ holding: [1] })
    dead.how = 'silent'
    const port = await serve(
      new Map([
        [1, dead],
        [2, new Unit({ holding: [77] })],
      ]),
    )
    const wire = new Wire(port)
    wire.send(1, 1, ...readOne)
    wire.send(2, 2, ...readOne)
    expect((await wire.next()).toString('hex')).toBe('000200000005020302004d')
    dead.how = 'normal'
    wire.send(3, 1, ...readOne)
    expect((await wire.next()).readUInt16BE(0)).toBe(3)
  })

  test("a confused unit answers with another request's number, a slow one after its neighbour", async () => {
    const odd = new Unit({ holding: [5] })
    const port = await serve(
      new Map([
        [1, odd],
        [2, new Unit({ holding: [77] })],
      ]),
    )
    const wire = new Wire(port)
    odd.how = 'wrong-transaction'
    wire.send(16, 1, ...readOne)
    expect((await wire.next()).readUInt16BE(0)).toBe(23)
    odd.how = 'slow'
    wire.send(17, 1, ...readOne)
    wire.send(18, 2, ...readOne)
    expect((await wire.next()).readUInt16BE(0)).toBe(18)
    expect((await wire.next()).readUInt16BE(0)).toBe(17)
  })

  test('nonsense is never a right answer', async () => {
    const mad = new Unit({ holding: [5] })
    mad.how = 'garbage'
    const port = await serve(new Map([[1, mad]]))
    const wire = new Wire(port)
    for (let transaction = 1; transaction <= 9; transaction++) {
      wire.send(transaction, 1, ...readOne)
      expect((await wire.next()).toString('hex')).not.toMatch(/^....00000005010302/)
    }
  })

  test('unknown functions, wrong counts and writes are refused', async () => {
    const wire = new Wire(await serve(new Map([[1, new Unit({ holding: [5] })]])))
    const refused = async (...pdu: readonly number[]) => {
      wire.send(1, 1, ...pdu)
      const frame = await wire.next()
      return [frame[7], frame[8]]
    }
    expect(await refused(3, 0, 0, 0, 0)).toEqual([0x83, 3])
    expect(await refused(3, 0, 0, 0, 126)).toEqual([0x83, 3])
    expect(await refused(1, 0, 0, 0x07, 0xd1)).toEqual([0x81, 3])
    expect(await refused(6, 0, 0, 0, 1)).toEqual([0x86, 1])
    expect(await refused(16, 0, 0, 0, 1, 2, 0, 9)).toEqual([0x90, 1])
    expect(await refused(0x2b, 14, 1, 0)).toEqual([0xab, 1])
  })

  test('requests split and joined anyhow over packets are all answered, and a stream that is no Modbus is closed', async () => {
    const port = await serve(new Map([[1, new Unit({ holding: [5] })]]))
    const wire = new Wire(port)
    const request = Buffer.from([0, 9, 0, 0, 0, 6, 1, ...readOne])
    wire.raw(request.subarray(0, 5))
    wire.raw(request.subarray(5))
    expect((await wire.next()).readUInt16BE(0)).toBe(9)
    wire.raw(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    await wire.closed()
  })

  test('RTU frames over TCP carry their checksum', async () => {
    const wire = new Wire(await serve(new Map([[1, new Unit({ holding: [513] })]]), 'rtu'))
    const body = Buffer.from([1, ...readOne])
    const sum = Buffer.alloc(2)
    sum.writeUInt16LE(crc16(body))
    wire.raw(Buffer.concat([body, sum]))
    const frame = await wire.next()
    expect(frame.subarray(0, 5).toString('hex')).toBe('0103020201')
    expect(crc16(frame.subarray(0, 5))).toBe(frame.readUInt16LE(5))
  })
})

describe('registers', () => {
  test('the four orders place the bytes of 0x11223344 as they are named', () => {
    expect(encode(0x11223344, 'uint32', 'ABCD')).toEqual([0x1122, 0x3344])
    expect(encode(0x11223344, 'uint32', 'CDAB')).toEqual([0x3344, 0x1122])
    expect(encode(0x11223344, 'uint32', 'BADC')).toEqual([0x2211, 0x4433])
    expect(encode(0x11223344, 'uint32', 'DCBA')).toEqual([0x4433, 0x2211])
    expect(encode(1, 'bit', 'ABCD', 3)).toEqual([8])
    expect(encode(0, 'bit', 'ABCD', 3)).toEqual([0])
  })

  test('decimal digits, several bits and the eight orders of four registers are laid out as manuals print them', () => {
    expect(encode(1_234, 'bcd16')).toEqual([0x1234])
    expect(encode(12_345_678, 'bcd32', 'CDAB')).toEqual([0x5678, 0x1234])
    expect(encode(0xa5, 'bits', 'ABCD', 8)).toEqual([0xa500])
    expect(encode(21.5, 'float64', 'EFGHABCD')).toEqual([0, 0, 0x4035, 0x8000])
    expect(encode(21.5, 'float64', 'DCBAHGFE')).toEqual([0x0080, 0x3540, 0, 0])
  })

  test('every order holds the same bytes, and numbers beyond a type stop at its end', () => {
    assert(
      property(
        integer(),
        constantFrom('CDAB', 'BADC', 'DCBA'),
        array(constantFrom('int32', 'int64', 'float32', 'float64')),
        (value, order, types) => {
          const bytes = (words: readonly number[]) => words.flatMap(word => [word >> 8, word & 255]).toSorted((a, b) => a - b)
          for (const type of types) expect(bytes(encode(value, type, order))).toEqual(bytes(encode(value, type)))
        },
      ),
    )
    expect(encode(1e6, 'int16')).toEqual([0x7fff])
    expect(encode(-1e6, 'int16')).toEqual([0x8000])
    expect(encode(-1, 'uint16')).toEqual([0])
  })

  test('the checksum is the one the Modbus serial line guide prints', () => {
    expect(crc16(Buffer.from([0x02, 0x07]))).toBe(0x1241)
  })
})
