import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { loadSite } from '../../gateway/site/load.ts'
import { zoneOf } from '../../gateway/zone.ts'
import { protocols } from '../../protocols/registry.ts'
import { Facility } from '../../simulators/facility.ts'
import { codeOf, Gateway, isGood, point } from '../protocols/kit.ts'
import { freePorts } from './ports.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

const siteFile = (meters: number, power: number, fire: number): string => `
site: { id: small, name: Small, timeZone: Asia/Shanghai }
connections:
  gas-line: { protocol: cjt188, host: 127.0.0.1, port: ${meters}, every: 200ms, timeout: 500ms, pause: '0' }
  power-line: { protocol: dlt645, host: 127.0.0.1, port: ${power}, every: 200ms, timeout: 500ms, pause: '0' }
  fire: { protocol: gbt26875, host: 127.0.0.1, port: ${fire} }
areas:
  house:
    name: House
    equipment:
      gas-1: { type: gas-meter, connection: gas-line, address: '12', meter: gas, points: { total: { data: total } } }
      flat-1: { type: residential-meter, connection: gas-line, address: '13', meter: gas, points: { total: { data: total } } }
      mixer: { type: dough-mixer, connection: power-line, address: '7', points: { current: { data: current-a } } }
      smoke-1:
        type: smoke-detector
        connection: fire
        source: 9
        system: 1
        part: 2-15
        points: { smoke: { signal: fire }, trouble: { signal: fault } }
      hydrant-1: { type: hydrant, connection: fire, source: 9, system: 11, part: 3, points: { pressure: { signal: pressure } } }
`

test('a site with meters and a fire unit is played on real sockets and read by the real drivers', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zhishou-meters-'))
  undo.push(() => rm(folder, { recursive: true }))
  const [meters = 0, power = 0, fire = 0] = await freePorts(3)
  await writeFile(join(folder, 'site.yaml'), siteFile(meters, power, fire))
  const loaded = await loadSite(join(folder, 'site.yaml'), {}, protocols)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const { site } = loaded
  const facility = new Facility({ site, state: join(folder, 'world.json'), speed: 1 })
  await facility.start()
  undo.push(() => facility.stop())
  const host = Object.assign(new Gateway(), { zone: zoneOf(site.timeZone) })
  const drivers = site.connections.map(({ driver }) => driver.open(host))
  for (const driver of drivers) {
    driver.start()
    undo.push(() => driver.stop())
  }
  const all = site.points.map(({ id }) => id)
  await host.until('everything', () => all.every(id => isGood(host.last(id))))
  expect(host.last(point('gas-1.total'))?.value).toBeGreaterThan(0)
  expect(host.last(point('smoke-1.smoke'))?.value).toBe(0)
  expect(host.last(point('hydrant-1.pressure'))?.value).toBeGreaterThan(0.05)
  expect(host.last(point('hydrant-1.pressure'))?.value).toBeLessThan(1.6)

  facility.inject('gas-1', 'device-silent', true)
  await host.until('its silence', () => codeOf(host.last(point('gas-1.total'))) === 'timeout')
  facility.inject('gas-1', 'device-silent', false)
  facility.inject('flat-1', 'garbage', true)
  await host.until('garbage', () => codeOf(host.last(point('flat-1.total'))) === 'garbled')
  await host.until('its return', () => isGood(host.last(point('gas-1.total'))))
})
