import { bacnet } from './bacnet/driver.ts'
import type { Protocol } from './contract/driver.ts'
import { fireUnits } from './fire/driver.ts'
import { http } from './http/driver.ts'
import { cjt188 } from './meters/cjt188-driver.ts'
import { dlt645 } from './meters/dlt645-driver.ts'
import { modbusRtu, modbusTcp } from './modbus/driver.ts'
import { mqttBroker, mqttClient } from './mqtt/driver.ts'
import { opcua } from './opcua/driver.ts'
import { snmp } from './snmp/driver.ts'

/** Every protocol the gateway speaks, one line each. */
export const protocols: readonly Protocol[] = [
  modbusTcp,
  modbusRtu,
  mqttBroker,
  mqttClient,
  opcua,
  cjt188,
  dlt645,
  snmp,
  bacnet,
  fireUnits,
  http,
]
