import { bacnet } from '../../protocols/bacnet/driver.ts'
import { driverPromises } from './driver-promises.ts'
import { binding } from './kit.ts'
import { BacnetDevice, freePort, object, real } from './peers/bacnet-device.ts'

for (const [name, cov] of [
  ['BACnet/IP by polling', false],
  ['BACnet/IP by subscription', true],
] as const) {
  driverPromises({
    name,
    protocol: bacnet,
    port: freePort,
    settings: port => ({
      interface: '127.0.0.1',
      port: 0,
      host: `127.0.0.1:${port}`,
      every: '50ms',
      timeout: '300ms',
      confirm: '1s',
      cov,
    }),
    good: binding('room.temperature', { object: 'analog-input:1' }, { device: 12 }),
    broken: binding('room.humidity', { object: 'analog-input:2' }, { device: 12 }),
    lost: ['timeout'],
    async device(port) {
      const device = new BacnetDevice(12)
      device.objects.set('0:1', object(real(0), { units: 62 }))
      await device.start(port)
      return { show: value => device.show('0:1', real(value)), vanish: () => device.stop() }
    },
  })
}
