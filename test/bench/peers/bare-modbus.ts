import modbusSerial from 'modbus-serial'

/**
 * A person's own poller: modbus-serial in a loop, ten connections, ten units each, two requests of a hundred registers a unit, an object of each
 * of the fifty floats. Ports and period in ms on the command line; SIGWINCH has it say how many floats it has read.
 */
const [ports = '', every = '1000'] = process.argv.slice(2)
const clients = await Promise.all(
  ports.split(',').map(async port => {
    const client = new modbusSerial.default()
    await client.connectTCP('127.0.0.1', { port: Number(port) })
    return client
  }),
)
let latest: { point: string; at: number; value: number }[] = []
let read = 0

async function sweep(client: (typeof clients)[number], first: number): Promise<void> {
  for (let unit = first; unit < first + 10; unit++) {
    client.setID(unit)
    for (const table of ['holding', 'input'] as const) {
      const { buffer } = await (table === 'holding' ? client.readHoldingRegisters(0, 100) : client.readInputRegisters(0, 100))
      const at = Date.now()
      latest = Array.from({ length: 50 }, (_, n) => ({ point: `u${unit}.${table}${n}`, at, value: buffer.readFloatBE(4 * n) }))
      read += latest.length
    }
  }
}

for (const [index, client] of clients.entries()) {
  let due = performance.now()
  void (async () => {
    for (;;) {
      await sweep(client, index * 10 + 1)
      due += Number(every)
      await new Promise(resolve => setTimeout(resolve, Math.max(0, due - performance.now())))
    }
  })()
}
process.stdout.write('polling\n')
process.on('SIGWINCH', () => process.stdout.write(`${read}\n`))
