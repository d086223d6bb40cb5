import type { PreparedDriver, Protocol } from '../protocols/contract/driver.ts'

/** A site file is read for its addresses only: nothing is ever opened from here. */
const unopened: PreparedDriver = {
  open() {
    throw new Error('a simulator reads no equipment')
  },
}

const seen = (kind: string, key?: string): Protocol => ({
  kind,
  schema: {
    connection: { type: 'object' },
    point: { type: 'object' },
    equipment: { type: 'object', properties: key === undefined ? {} : { [key]: {} } },
  },
  prepare: () => ({ ok: true, driver: unopened }),
})

/**
 * The protocols as a simulator sees them when it reads a site file. It does not take the gateway's own: a simulator and a driver that
 * share code agree on the same mistake.
 */
export const protocolsInSight: readonly Protocol[] = [
  seen('modbus-tcp', 'unit'),
  seen('mqtt-broker', 'device'),
  seen('mqtt', 'device'),
  seen('opcua'),
  seen('http'),
]
