import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'

/**
 * The same way from a pushed reading to the screen, written by hand: a closure a point that compares, and an emit. Nothing is written down,
 * nobody signs in, there is no delay, no state but raised or not.
 */
const live = new Server({ serveClient: false, perMessageDeflate: false })
const judges = new Map<string, (value: number, t: number) => void>()
const judgeOf = (point: string): ((value: number, t: number) => void) => {
  const known = judges.get(point)
  if (known) return known
  let raised = false
  const judge = (value: number, t: number): void => {
    if (value > 30 === raised) return
    raised = value > 30
    live.emit('alarm', { point, raised, t })
  }
  judges.set(point, judge)
  return judge
}
const http = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8')
  request.on('data', part => (text += part))
  request.on('end', () => {
    for (const { point, t, v } of JSON.parse(text) as { point: string; t: number; v: number }[]) judgeOf(point)(v, t)
    response.writeHead(204).end()
  })
})
live.attach(http)
await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
process.stdout.write(`http://127.0.0.1:${(http.address() as AddressInfo).port}\n`)
