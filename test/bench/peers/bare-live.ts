import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import modbusSerial from 'modbus-serial'
import { Server } from 'socket.io'

/**
 * The same way from wire to browser, written by hand: a register polled every 100 ms and pushed when it changes. Nothing is judged,
 * stored or checked, nobody signs in.
 */
const device = new modbusSerial.default()
await device.connectTCP('127.0.0.1', { port: Number(process.argv[2]) })
device.setID(2)
const http = createServer()
const live = new Server(http, { serveClient: false, perMessageDeflate: false })
await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
process.stdout.write(`http://127.0.0.1:${(http.address() as AddressInfo).port}\n`)

let last: number | undefined
let due = performance.now()
for (;;) {
  const { data } = await device.readInputRegisters(0, 1)
  if (data[0] !== last) live.emit('change', data[0])
  last = data[0]
  due += 100
  await new Promise(resolve => setTimeout(resolve, Math.max(0, due - performance.now())))
}
