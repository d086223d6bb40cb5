/** aedes as its README starts it: nobody is asked who he is, everything is in memory. Says its port. */
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { Aedes } from 'aedes'

const broker = await Aedes.createBroker()
const server = createServer(broker.handle)
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
