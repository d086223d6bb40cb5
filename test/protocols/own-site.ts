import type { OwnPoint, OwnSite } from '../../protocols/contract/driver.ts'
import type { Reading } from '../../protocols/contract/reading.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import { instant, minutes } from '../../protocols/contract/time.ts'

const cold = { id: 'cold-1', name: { zh: '一号冰箱', en: 'Fridge 1' }, typeName: { zh: '冰箱', en: 'Fridge' } }
const ownPoint = (key: string, more: Partial<OwnPoint>): OwnPoint => ({
  point: pointId('cold-1', key),
  key,
  equipment: cold,
  name: { zh: key, en: key },
  kind: 'measurement',
  unit: '',
  decimals: 1,
  labels: new Map(),
  stale: minutes(10),
  ...more,
})

/** A fridge as the gateway would present it. */
export const fridge: OwnSite = {
  id: 'greenhill',
  name: { zh: '青山', en: 'Greenhill' },
  points: [
    ownPoint('temperature', { unit: '°C', name: { zh: '柜内温度', en: 'Temperature' } }),
    ownPoint('door', {
      kind: 'contact',
      labels: new Map([
        [0, { zh: '关', en: 'closed' }],
        [1, { zh: '开', en: 'open' }],
      ]),
    }),
    ownPoint('mode', {
      kind: 'state',
      labels: new Map([
        [0, { zh: '停', en: 'off' }],
        [2, { zh: '除霜', en: 'defrost' }],
      ]),
    }),
    ownPoint('energy', { kind: 'counter', unit: 'kWh' }),
  ],
}

export const good = (key: string, value: number, at: number = Date.now()): Reading => ({
  point: pointId('cold-1', key),
  at: instant(at),
  receivedAt: instant(at),
  value,
  quality: 'good',
})
export const bad = (key: string, at: number = Date.now()): Reading => ({
  point: pointId('cold-1', key),
  at: instant(at),
  receivedAt: instant(at),
  quality: 'bad',
  fault: { code: 'timeout', detail: 'No answer.' },
})
