import modbusSerial from 'modbus-serial'
import { systemClock } from '../../gateway/clock.ts'
import type { Binding, DriverHost } from '../../protocols/contract/driver.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import { modbusRtu } from '../../protocols/modbus/driver.ts'
import { hasSocat, serialPortTo } from '../protocols/peers/serial-line.ts'
import { alone, alternate, compared, gate } from './figure.ts'
import type { Bench, Figure, Pace } from './figure.ts'
import { passes } from './process.ts'
import { startProgram } from './programs.ts'

const id = 'serial'
const units = 10
const registers = 10

/** What one read takes of the line: question, answer and the two silences of 3.5 bytes that the standard asks for; 8N1, up to 19,200 baud. */
const readMs = (baud: number): number => (8 + 5 + 2 * registers + 7) * (10_000 / baud)

/**
 * How much of what the baud rate allows a serial port carries: ten units with ten registers each, read as fast as it goes. The port is real,
 * behind it every byte takes its time and a unit waits out the silence before it answers.
 */
async function measure({ quick }: Pace): Promise<readonly Figure[]> {
  gate(hasSocat(), 'there is no socat to make a serial port')
  const length = quick ? 1_500 : 5_000
  const figures: Figure[] = []
  for (const baud of [9_600, 19_200]) {
    const shares = await withLine([baud, 0, 'strict'], path =>
      alternate(
        quick ? 1 : 5,
        () => product(path, { baud, timeout: 1_000, length }),
        () => bare(path, baud, length),
        quick ? 0 : 1,
      ),
    )
    const label = {
      id,
      metric: `serial line used at ${baud} baud`,
      unit: '%',
      peer: 'modbus-serial that spins through the silence',
    }
    const note = `${units} units, ${registers} registers each, 8N1; 100 % = every byte and silence the standard asks for`
    figures.push(compared({ ...label, note }, shares, share => share * 100))
  }
  // A dead unit is asked once in forty of its time-outs where the line has no time left over: two such spans are measured.
  const [baud, dead, timeout] = [9_600, 7, 250]
  const shares = await withLine([baud, dead, 'strict'], path =>
    product(path, { baud, timeout, length: quick ? length : 80 * timeout }),
  )
  const note = `the same line at ${baud} baud, one of the ten units dead, timeout ${timeout} ms`
  figures.push(alone({ id, metric: 'serial line used beside a dead unit', unit: '%', note }, [shares * 100]))
  return figures
}

async function withLine<T>(line: readonly (string | number)[], act: (path: string) => Promise<T>): Promise<T> {
  const equipment = await startProgram('serial-units.ts', line.map(String))
  const ports = await serialPortTo(Number(equipment.said))
  try {
    return await act(ports.path)
  } finally {
    await ports.stop()
    await equipment.stop()
  }
}

/** The share of the time in which the line did something useful, once every unit was asked. */
async function product(
  path: string,
  { baud, timeout, length }: { readonly baud: number; readonly timeout: number; readonly length: number },
): Promise<number> {
  const bindings: Binding[] = Array.from({ length: units * registers }, (_, n) => {
    const [unit, register] = [Math.floor(n / registers) + 1, n % registers]
    return { point: pointId(`unit-${unit}`, `r${register}`), equipment: `unit-${unit}`, device: { unit }, settings: { register } }
  })
  const prepared = modbusRtu.prepare('line', { path, baud, every: '10ms', timeout: `${timeout}ms` }, bindings)
  if (!prepared.ok) throw new Error(prepared.problems[0]?.wrong.en)
  let good = 0
  const host: DriverHost = {
    clock: systemClock,
    wall: systemClock,
    publish: readings => {
      for (const { point, quality, value } of readings) {
        if (quality !== 'good') continue
        gate(value === Number(point.split('.r')[1]), `${point} is ${value}`)
        good += 1
      }
    },
    linkUp: () => {},
    linkDown: why => gate(false, why.detail),
  }
  const driver = prepared.driver.open(host)
  driver.start()
  try {
    await passes(2_500)
    const [before, from] = [good, performance.now()]
    await passes(length)
    return (((good - before) / registers) * readMs(baud)) / (performance.now() - from)
  } finally {
    await driver.stop()
  }
}

/**
 * What the line of this bench gives at most: modbus-serial, which knows no silence, and a loop that spins until the line has rested, so that
 * it is understood. A gateway has other things to do than to spin.
 */
async function bare(path: string, baud: number, length: number): Promise<number> {
  // An answer to the last question of whoever had the line before.
  await passes(500)
  const client = new modbusSerial.default()
  await client.connectRTUBuffered(path, { baudRate: baud })
  client.setTimeout(1_000)
  try {
    const from = performance.now()
    let reads = 0
    for (; performance.now() - from < length; reads++) {
      client.setID((reads % units) + 1)
      const { data } = await client.readHoldingRegisters(0, registers)
      gate(data[1] === 1, 'modbus-serial does not give what the line holds')
      const rested = performance.now() + 35_000 / baud
      while (performance.now() < rested);
    }
    return (reads * readMs(baud)) / (performance.now() - from)
  } finally {
    await new Promise<void>(resolve => client.close(() => resolve()))
  }
}

export const bench: Bench = {
  id,
  title: 'A serial Modbus line, and how much of it is used',
  quick: true,
  run: measure,
}
