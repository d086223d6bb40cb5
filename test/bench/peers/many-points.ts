import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pointId } from '../../../protocols/contract/reading.ts'
import { startGateway } from '../../../gateway/app.ts'
import { SteadyClock, systemClock } from '../../../gateway/clock.ts'
import type { RuleId } from '../../../gateway/policy/rule.ts'
import { loadSite } from '../../../gateway/site/load.ts'
import type { Site } from '../../../gateway/site/site.ts'
import { openStore } from '../../../gateway/store/open.ts'
import { password } from '../../kit/product.ts'

/**
 * The product itself with so many points of which so many have a rule: the whole gateway on its real store, with a site that is multiplied
 * in memory, because reading ten thousand entries of a site file is not what is measured.
 */
const [folder = '', points, alarms] = process.argv.slice(2)
const file = join(folder, 'site.yaml')
await writeFile(
  file,
  `
site: { id: bench, name: Bench, timeZone: UTC }
connections: { push: { protocol: http } }
areas:
  room:
    name: Room
    equipment:
      probe:
        type: room-thermometer
        name: Probe
        connection: push
        points: { temperature: {} }
        rules: { temperature.hot: { kind: limit, op: gt, value: 30, priority: medium } }
`,
)
const loaded = await loadSite(file, {})
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
const { site: one } = loaded
const [equipment] = one.equipment
const [point] = one.points
const rule = one.rules.find(({ id }) => id === 'probe.temperature.hot')
const [connection] = one.connections
if (!equipment || !point || !rule || !connection) throw new Error('the site of the bench is not what it was')
const numbers = Array.from({ length: Number(points) }, (_, n) => n)
const idOf = (n: number) => pointId(`probe-${n}`, 'temperature')
const site: Site = {
  ...one,
  equipment: numbers.map(n => ({ ...equipment, id: `probe-${n}`, points: [idOf(n)], mainPoint: idOf(n) })),
  points: numbers.map(n => ({ ...point, id: idOf(n), equipment: `probe-${n}` })),
  connections: [{ ...connection, points: numbers.map(idOf) }],
  rules: numbers
    .slice(0, Number(alarms))
    .map(n => ({ ...rule, id: `${idOf(n)}.hot` as RuleId, watches: [idOf(n)], point: idOf(n), equipment: `probe-${n}` })),
}
const store = await openStore(folder, { wall: systemClock })
const gateway = await startGateway(site, {
  clock: new SteadyClock(systemClock),
  wall: systemClock,
  store,
  folder,
  host: '127.0.0.1',
  port: 0,
  dashboardFolder: join(folder, 'none'),
  version: 'bench',
  adminPassword: password,
  complain: line => process.stderr.write(`${line}\n`),
})
process.stdout.write(`${gateway.address}\n`)
