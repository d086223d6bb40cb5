import type { FaultKind } from './physics/model.ts'

/** What can go wrong between a sensor and the wire, whatever the equipment is. */
const everywhere: readonly FaultKind[] = [
  { id: 'sensor-stuck', name: { zh: '传感器卡死（数值不变）', en: 'sensor stuck' } },
  { id: 'sensor-lost', name: { zh: '传感器脱落', en: 'sensor lost' } },
  { id: 'device-silent', name: { zh: '设备无应答', en: 'device silent' } },
  { id: 'garbage', name: { zh: '设备应答乱码', en: 'device answers nonsense' } },
  { id: 'slow', name: { zh: '设备应答迟缓', en: 'device answers after three seconds' } },
]
const wrongTransaction: FaultKind = {
  id: 'wrong-transaction',
  name: { zh: '应答了别的请求', en: "answers with another request's number" },
}

export const wireFaults = (protocol: string): readonly FaultKind[] =>
  protocol === 'modbus-tcp' ? [...everywhere, wrongTransaction] : everywhere

/** ms of real time by which a `slow` device is late. */
export const SLOWNESS = 3000
