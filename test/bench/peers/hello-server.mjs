import fastify from 'fastify'
import { Server } from 'socket.io'

/**
 * The least that could be called a gateway with a page: the same web server and live channel, and nothing behind them. Plain
 * JavaScript, so that no stripper of types is in its memory.
 */
const server = fastify()
server.get('/', () => 'hello')
const live = new Server(server.server, { serveClient: false })
live.on('connection', socket => socket.emit('hello'))
await server.listen({ host: '127.0.0.1', port: 0 })
const { port } = server.server.address()
process.stdout.write(`http://127.0.0.1:${port}\n`)
