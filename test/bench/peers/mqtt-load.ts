/**
 * Senders and one reader in a process of its own: `mqtt-load.ts PORT SENDERS QOS MILLISECONDS`. At most a thousand messages are on
 * their way at a time; prints delivered messages per second. Packets by hand, because a client library costs more than the broker.
 */
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { hear, hello, packet, text } from '../../protocols/peers/mqtt-packets.ts'

const [port = 0, senders = 1, qos = 0, length = 0] = process.argv.slice(2).map(Number)
const atATime = 1_000
const payload = Buffer.from(JSON.stringify({ t: 1_700_000_000_000, v: 21.5, q: 'good', unit: '°C' }).padEnd(99))

/** Whole packets out of a stream, by type and id. */
function reading(socket: Socket, packetCame: (type: number, id: number) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', chunk => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    let at = 0
    while (at + 2 <= bytes.length) {
      const [header = 0, low = 0, high = 0] = [bytes[at], bytes[at + 1], bytes[at + 2]]
      const long = low > 127
      if (long && at + 3 > bytes.length) break
      const [body, size] = long ? [at + 3, (low & 127) + high * 128] : [at + 2, low]
      if (body + size > bytes.length) break
      const isPublish = header >> 4 === 3
      const idAt = isPublish ? body + 2 + bytes.readUInt16BE(body) : body
      packetCame(header >> 4, (header & 6) > 0 || !isPublish ? (size >= 2 ? bytes.readUInt16BE(idAt) : 0) : 0)
      at = body + size
    }
    rest = bytes.subarray(at)
  })
}

async function client(user: string, id: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.write(hello({ id, user, password: 'p' }))
  await new Promise(resolve => socket.once('data', resolve))
  return socket
}

const reader = await client('d0', 'reader')
reader.write(hear('devices/#', qos))
await new Promise(resolve => reader.once('data', resolve))
const sockets = await Promise.all(Array.from({ length: senders }, (_, n) => client(`d${n}`, `sender-${n}`)))

let delivered = 0
let sent = 0
let acknowledged = 0
const ids = sockets.map(() => 0)
const frames = sockets.map((_, n) =>
  packet(0x30 | (qos << 1), text(`devices/d${n}/level`), ...(qos > 0 ? [Buffer.from([0, 0])] : []), payload),
)
const idPlaces = frames.map(frame => frame.length - payload.length - 2)

function send(): void {
  // A slot is free when the reader has it and, with QoS 1, the sender has its acknowledgement.
  while (sent - Math.min(delivered, qos > 0 ? acknowledged : delivered) < atATime) {
    const batches = sockets.map((): Buffer[] => [])
    for (let n = 0; n < 50; n++) {
      const index = sent++ % senders
      const frame = Buffer.from(frames[index] ?? [])
      if (qos > 0) frame.writeUInt16BE((ids[index] = ((ids[index] ?? 0) % 60_000) + 1), idPlaces[index])
      batches[index]?.push(frame)
    }
    for (const [index, batch] of batches.entries()) if (batch.length > 0) sockets[index]?.write(Buffer.concat(batch))
  }
}
let acks: Buffer[] = []
reading(reader, (type, id) => {
  if (type !== 3) return
  delivered++
  if (qos > 0) acks.push(Buffer.from([0x40, 2, id >> 8, id & 255]))
})
reader.on('data', () => {
  if (acks.length > 0) reader.write(Buffer.concat(acks))
  acks = []
  send()
})
for (const socket of sockets) {
  reading(socket, type => {
    if (type === 4) acknowledged++
  })
  socket.on('data', send)
}

send()
await new Promise(resolve => setTimeout(resolve, length / 5))
const [from, counted] = [performance.now(), delivered]
await new Promise(resolve => setTimeout(resolve, length))
const perSecond = (delivered - counted) / ((performance.now() - from) / 1_000)
if (sent > delivered + atATime + 50) throw new Error('messages were lost')
console.log(Math.round(perSecond))
process.exit()
