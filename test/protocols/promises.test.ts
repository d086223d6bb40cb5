import { connect } from 'mqtt'
import { modbusTcp } from '../../protocols/modbus/driver.ts'
import { mqttClient } from '../../protocols/mqtt/driver.ts'
import { opcua } from '../../protocols/opcua/driver.ts'
import { driverPromises } from './driver-promises.ts'
import { binding, freePort } from './kit.ts'
import { answer, exception, ModbusDevice } from './peers/modbus-device.ts'
import { startOpcua } from './peers/opcua.ts'
import { hasMosquitto, startMosquitto } from './peers/programs.ts'

driverPromises({
  name: 'Modbus TCP',
  protocol: modbusTcp,
  port: freePort,
  settings: port => ({ host: '127.0.0.1', port, every: '50ms', timeout: '500ms' }),
  good: binding('room.temperature', { register: 0 }, { unit: 1 }),
  broken: binding('room.humidity', { register: 5 }, { unit: 1 }),
  lost: ['disconnected'],
  async device(port) {
    let value = 0
    const device = new ModbusDevice(asked =>
      asked.start + asked.quantity > 5 ? exception(asked, 2) : answer(asked, () => value),
    )
    await device.start(port)
    return { show: shown => void (value = shown), vanish: () => device.stop() }
  },
})

if (hasMosquitto()) {
  driverPromises({
    name: 'MQTT through an outside broker',
    protocol: mqttClient,
    port: freePort,
    settings: port => ({ url: `mqtt://127.0.0.1:${port}` }),
    good: binding('room.temperature', { topic: 'plant/room', value: '/t' }),
    broken: binding('room.humidity', { topic: 'plant/room', value: '/nothing' }),
    lost: ['disconnected'],
    async device(port) {
      const peer = await startMosquitto(port)
      const client = connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 })
      return {
        async show(value) {
          await client.publishAsync('plant/room', JSON.stringify({ t: value }), { qos: 1 })
        },
        async vanish() {
          await client.endAsync(true)
          await peer.stop()
        },
      }
    },
  })
}

driverPromises({
  name: 'OPC UA',
  protocol: opcua,
  port: freePort,
  settings: port => ({ endpoint: `opc.tcp://127.0.0.1:${port}`, publishEvery: '100ms' }),
  good: binding('room.temperature', { node: 'ns=1;s=temperature' }),
  broken: binding('room.humidity', { node: 'ns=1;s=nowhere' }),
  lost: ['disconnected'],
  async device(port) {
    const peer = await startOpcua(port)
    return { show: value => peer.set('temperature', value), vanish: () => peer.stop() }
  },
})
