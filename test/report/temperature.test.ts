import { describe, expect, test, vi } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import { configured, day, everyMinute, hour, logOf, minute, siteFrom, stored } from './stored.ts'

vi.setConfig({ testTimeout: 60_000 })

const yaml = `site: { id: greenhill, name: Greenhill, timeZone: Asia/Shanghai, policies: [canteen, vaccine] }
people:
  wang: { name: 王芳, account: wangfang }
connections:
  push: { protocol: http }
areas:
  canteen:
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        name: 1 号保鲜柜
        connection: push
        facts: { serial: BX-2207, calibrated: '2026-03-01', calibrationDue: '2026-09-02' }
        points: { temperature: {}, door: {} }
  clinic:
    equipment:
      vaccine-1:
        type: vaccine-fridge
        name: 疫苗冰箱
        connection: push
        points: { temperature: {} }
`
const start = Date.parse('2026-09-01T00:00:00+08:00')
const question = { kind: 'temperature', from: instant(start), to: instant(start + 2 * day), equipment: [], areas: [] } as const

describe('the temperature log', () => {
  test('gives each day its figures and tells what was outside', async () => {
    const site = await siteFrom(yaml)
    const readings = everyMinute('cold-1.temperature', start, start + 2 * day, at =>
      at >= start + 10 * hour && at < start + 10.5 * hour ? 9 : 4,
    )
    const folder = await stored(start, [readings], [configured(site, start - day)])

    const log = await logOf(folder, site, question, start + 2 * day)

    expect(log.row('daily.cold-1.temperature', 0)).toMatchObject({
      min: 4,
      max: 9,
      outside: 30 * minute,
      excursions: 1,
      unknown: 0,
    })
  })
})
