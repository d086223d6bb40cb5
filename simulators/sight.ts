import type { PreparedDriver, Protocol } from '../protocols/contract/driver.ts'

/** A site file is read for its addresses only: nothing is ever opened from here. */
const unopened: PreparedDriver = {
  open() {
    throw new Error('a simulator reads no equipment')
  },
}

/** Linear, from what the device says to what the site shows: `value × scale + offset`. */
export interface Conversion {
  readonly scale: number
  readonly offset: number
}

/**
 * The protocols as a simulator sees them when it reads a site file. It does not take the gateway's own: a simulator and a driver that
 * share code agree on the same mistake. What the reader makes of a point's `unit` ends up in `conversions`, by point id.
 */
export function inSight(): { readonly protocols: readonly Protocol[]; readonly conversions: ReadonlyMap<string, Conversion> } {
  const conversions = new Map<string, Conversion>()
  const seen = (kind: string, key?: string): Protocol => ({
    kind,
    schema: {
      connection: { type: 'object' },
      point: { type: 'object' },
      equipment: { type: 'object', properties: key === undefined ? {} : { [key]: {} } },
    },
    prepare(_name, _settings, bindings) {
      for (const { point, convert } of bindings) if (convert) conversions.set(point, convert)
      return { ok: true, driver: unopened }
    },
  })
  const protocols = [
    seen('modbus-tcp', 'unit'),
    seen('modbus-rtu', 'unit'),
    seen('mqtt-broker', 'device'),
    seen('mqtt', 'device'),
    seen('opcua'),
    seen('http'),
  ]
  return { protocols, conversions }
}
