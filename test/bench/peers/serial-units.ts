import { createServer } from 'node:net'

/**
 * Units on a serial line of so many baud, behind a socket: every byte takes its time, and a unit answers when the line was silent for 3.5
 * bytes. Strict ones do not understand who asks before the line has rested (with half a millisecond of indulgence). Baud, the unit that
 * is dead (or 0) and `strict` on the command line; a byte has ten bits. In a process of its own, because it sleeps to the microsecond.
 */
const [baud = '9600', dead = '0', manners = 'strict'] = process.argv.slice(2)
const byteMs = 10_000 / Number(baud)
const silence = Number(baud) > 19_200 ? 1.75 : 3.5 * byteMs
const nobody = new Int32Array(new SharedArrayBuffer(4))
const sleepUntil = (at: number): void => {
  const left = at - performance.now()
  if (left > 0) Atomics.wait(nobody, 0, 0, left)
}

const crcOf = (bytes: Uint8Array): number => {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  }
  return crc
}

function answerTo(question: Buffer): Buffer {
  const quantity = question.readUInt16BE(4)
  const answer = Buffer.alloc(5 + 2 * quantity)
  answer.set([question[0] ?? 0, question[1] ?? 0, 2 * quantity])
  for (let word = 0; word < quantity; word++) answer.writeUInt16BE(question.readUInt16BE(2) + word, 3 + 2 * word)
  answer.writeUInt16LE(crcOf(answer.subarray(0, -2)), answer.length - 2)
  return answer
}

const server = createServer({ noDelay: true }, socket => {
  let free = 0
  let received = Buffer.alloc(0)
  let begun = 0
  socket.on('error', () => {})
  socket.on('data', bytes => {
    const now = performance.now()
    if (received.length === 0) begun = now
    received = Buffer.concat([received, bytes])
    if (received.length < 8) return
    const question = received.subarray(0, 8)
    received = Buffer.alloc(0)
    const early = manners === 'strict' && begun < free + silence - 0.5
    if (early) process.stderr.write(`asked ${(free + silence - begun).toFixed(2)} ms too early\n`)
    free = begun + 8 * byteMs
    if (early || question[0] === Number(dead) || crcOf(question.subarray(0, 6)) !== question.readUInt16LE(6)) return
    const answer = answerTo(question)
    free += silence + answer.length * byteMs
    sleepUntil(free)
    socket.write(answer)
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`)
})
