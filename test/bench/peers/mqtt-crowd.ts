/** `mqtt-crowd.ts PORT COUNT`: so many devices log in and subscribe, in a process of its own. Says how many are there; ends with all of them. */
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { hear, hello } from '../../protocols/peers/mqtt-packets.ts'

const [port = 0, count = 0] = process.argv.slice(2).map(Number)
const sockets: Socket[] = []
for (let from = 0; from < count; from += 200) {
  const some = Array.from({ length: Math.min(200, count - from) }, async (_, n) => {
    const user = `d${from + n}`
    const socket = connect(port, '127.0.0.1')
    const answer = (): Promise<Buffer> => new Promise(resolve => socket.once('data', resolve))
    socket.write(hello({ id: user, user, password: 'p' }))
    const connack = await answer()
    if (connack[3] !== 0) throw new Error(`${user} was refused with ${connack[3]}`)
    socket.write(hear(`devices/${user}/#`))
    await answer()
    sockets.push(socket)
  })
  await Promise.all(some)
}
console.log(sockets.length)
