/**
 * What can go wrong between the gateway and a sensor: a closed vocabulary, decided at the edge. The code is what screens and the
 * gap ledger translate; the detail is one English sentence for the person who has to mend it.
 */
export const faultCodes = [
  'unreachable', // no connection: refused, no route, name not found
  'disconnected', // the connection was there and went away
  'timeout', // connected, but no answer in time
  'device-silent', // the serial server or broker answers, the device behind it does not (Modbus 0x0A/0x0B, last will)
  'refused', // the device said no: Modbus exception, OPC UA Bad status, wrong credentials
  'no-such-address', // Modbus exception 2, unknown node id
  'garbled', // the bytes make no sense: checksum, length, framing, not JSON
  'wrong-reply', // an answer to some other request
  'not-a-number', // NaN, infinity, empty, or text where a number belongs
  'sentinel', // the device's own code for "no sensor"
  'out-of-range', // a number no such sensor can give
  'device-reported', // the device itself marks the value bad
] as const

export type FaultCode = (typeof faultCodes)[number]
export interface Fault {
  readonly code: FaultCode
  readonly detail: string
}
export const fault = (code: FaultCode, detail: string): Fault => ({ code, detail })
