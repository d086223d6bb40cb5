import { get } from 'sparkplug-payload'
import { mqttClient } from '../../protocols/mqtt/driver.ts'
import { driverPromises } from './driver-promises.ts'
import { binding, freePort } from './kit.ts'
import { Listener } from './peers/listener.ts'
import { hasMosquitto, startMosquitto } from './peers/programs.ts'

const reference = get('spBv1.0')

if (hasMosquitto() && reference) {
  driverPromises({
    name: 'Sparkplug B through an outside broker',
    protocol: mqttClient,
    port: freePort,
    settings: port => ({ url: `mqtt://127.0.0.1:${port}`, sparkplug: { host: 'zhishou' } }),
    good: binding('room.temperature', { metric: 'temp' }, { sparkplug: 'plant/e1' }),
    broken: binding('room.humidity', { metric: 'nothing' }, { sparkplug: 'plant/e1' }),
    lost: ['disconnected'],
    async device(port) {
      const peer = await startMosquitto(port)
      const edge = await Listener.on(port, ['spBv1.0/plant/NCMD/e1'])
      let value: number | undefined
      const isBorn = async (): Promise<void> => {
        const timestamp = Date.now()
        const metrics = [
          { name: 'bdSeq', type: 'Int64' as const, value: 0, timestamp },
          { name: 'temp', type: 'Double' as const, value: value ?? null, timestamp },
        ]
        await edge.says('spBv1.0/plant/NBIRTH/e1', reference.encodePayload({ timestamp, seq: 0, metrics }))
      }
      // It is born whenever it is asked to be, as an edge node must; what it was saying when it vanished is not said.
      edge.client.on('message', () => void isBorn().catch(() => {}))
      return {
        async show(shown) {
          value = shown
          await isBorn()
        },
        async vanish() {
          await edge.client.endAsync(true)
          await peer.stop()
        },
      }
    },
  })
}
