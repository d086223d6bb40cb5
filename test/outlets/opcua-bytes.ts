import type { Socket } from 'node:net'
import { connect as dial } from 'node:net'

const text = (word: string): Buffer => {
  const bytes = Buffer.from(word)
  const length = Buffer.alloc(4)
  length.writeInt32LE(bytes.length)
  return Buffer.concat([length, bytes])
}
const message = (kind: string, body: Uint8Array, size = body.length + 8): Buffer => {
  const head = Buffer.alloc(8)
  head.write(kind, 'latin1')
  head.writeUInt32LE(size >>> 0, 4)
  return Buffer.concat([head, body])
}
const words = (...numbers: number[]): Buffer => Buffer.from(Uint32Array.from(numbers).buffer)
/** Part 6 §7.1.2.3: version, receive and send buffer, message size and chunk count (0: no limit), address. */
const hello = (address: string, numbers = [0, 65_535, 65_535, 0, 0]): Buffer =>
  message('HELF', Buffer.concat([words(...numbers), text(address)]))
/** A channel without security, as anybody may open one to ask for the endpoints. */
const open = (): Buffer => {
  const header = Buffer.concat([
    words(0),
    text('http://opcfoundation.org/UA/SecurityPolicy#None'),
    words(0xffff_ffff, 0xffff_ffff),
    words(1, 1),
  ])
  const nobody = Buffer.from([0, 0])
  const request = Buffer.concat([
    Buffer.from([1, 0, 0xbe, 0x01]),
    nobody,
    Buffer.alloc(8),
    words(1, 0),
    words(0xffff_ffff, 1_000),
    Buffer.from([0, 0, 0]),
    words(0, 0, 1),
    words(0xffff_ffff),
    words(60_000),
  ])
  return message('OPNF', Buffer.concat([header, request]))
}
export const bytesOf = { text, message, words, hello, open }

/** A neighbour on the loopback that nobody else in this run is: each has a share of its own at the turnstile. */
let neighbours = 0
export const neighbour = (): string => {
  neighbours += 1
  return `127.7.${neighbours >> 8}.${neighbours & 255}`
}

export const dialFrom = (localAddress: string, port: number): Socket =>
  dial({ host: '127.0.0.1', port, localAddress }).on('error', () => {})

/** Sends bytes and waits until the other side hangs up or has been silent for a moment. */
export function throwAt(port: number, bytes: readonly Uint8Array[], patience = 150, from = neighbour()): Promise<Buffer> {
  return new Promise(resolve => {
    const heard: Buffer[] = []
    const socket = dialFrom(from, port)
    const end = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(Buffer.concat(heard))
    }
    let timer = setTimeout(end, patience)
    socket.on('connect', () => bytes.forEach(part => socket.write(part)))
    socket.on('data', part => {
      heard.push(part)
      clearTimeout(timer)
      timer = setTimeout(end, patience)
    })
    socket.on('error', end)
    socket.on('close', end)
  })
}
