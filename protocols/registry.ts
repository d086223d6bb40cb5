import type { Protocol } from './contract/driver.ts'
import { http } from './http/driver.ts'
import { modbusTcp } from './modbus/driver.ts'
import { mqttBroker, mqttClient } from './mqtt/driver.ts'
import { opcua } from './opcua/driver.ts'

/** Every protocol the gateway speaks, one line each. */
export const protocols: readonly Protocol[] = [modbusTcp, mqttBroker, mqttClient, opcua, http]
