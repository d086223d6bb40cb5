import { snmp } from '../../protocols/snmp/driver.ts'
import { driverPromises } from './driver-promises.ts'
import { binding } from './kit.ts'
import { freeUdpPort, hasSnmpd, sealPassword, signPassword, startSnmpd } from './peers/snmpd.ts'

const oid = '1.3.6.1.2.1.33.1.2.7.0'
const v3 = { username: 'sha256-aes128', auth: 'sha256', password: signPassword, encrypt: 'aes128', encryptPassword: sealPassword }

for (const [name, way] of [
  ['SNMP v2c', { community: 'hidden-word' }],
  ['SNMP v3', v3],
] as const) {
  if (!hasSnmpd()) continue
  driverPromises({
    name: `${name} with snmpd`,
    protocol: snmp,
    port: freeUdpPort,
    settings: port => ({ host: '127.0.0.1', port, every: '50ms', timeout: '400ms', retries: 1, ...way }),
    good: binding('room.temperature', { oid: 'upsBatteryTemperature' }),
    broken: binding('room.humidity', { oid: '1.3.6.1.2.1.33.1.2.99.0' }),
    lost: ['unreachable', 'timeout'],
    async device(port) {
      const peer = await startSnmpd(port, { [oid]: ['integer', 0] })
      return { show: value => peer.serve({ [oid]: ['integer', value] }), vanish: () => peer.stop() }
    },
  })
}
