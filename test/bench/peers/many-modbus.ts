import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startGateway } from '../../../gateway/app.ts'
import { SteadyClock, systemClock } from '../../../gateway/clock.ts'
import type { RuleId } from '../../../gateway/policy/rule.ts'
import { loadSite } from '../../../gateway/site/load.ts'
import type { Site } from '../../../gateway/site/site.ts'
import { openStore } from '../../../gateway/store/open.ts'
import { password } from '../../kit/product.ts'
import { linesOf } from './modbus-bindings.ts'

/**
 * The product itself on ten thousand floats over Modbus TCP, each with a limit rule, all of them into the history: the whole gateway, with a
 * site that is multiplied in memory. Folder, ports and period on the command line.
 */
const [folder = '', ports = '', every = '1000'] = process.argv.slice(2)
const lines = linesOf(ports.split(',').map(Number), Number(every))
const file = join(folder, 'site.yaml')
await writeFile(
  file,
  `
site: { id: bench, name: Bench, timeZone: UTC }
connections: { line: { protocol: modbus-tcp, host: 127.0.0.1, port: ${ports.split(',')[0]}, every: 1s } }
areas:
  room:
    name: Room
    equipment:
      probe:
        type: room-thermometer
        name: Probe
        connection: line
        unit: 1
        points: { temperature: { register: 0, type: float32 } }
        rules: { temperature.hot: { kind: limit, op: gt, value: 90, priority: medium } }
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
const bindings = lines.flatMap(line => line.bindings)
const site: Site = {
  ...one,
  equipment: [...Map.groupBy(bindings, binding => binding.equipment)].map(([id, own]) => ({
    ...equipment,
    id,
    points: own.map(binding => binding.point),
    mainPoint: own[0]?.point ?? point.id,
  })),
  points: lines.flatMap(line =>
    line.bindings.map(binding => ({ ...point, id: binding.point, equipment: binding.equipment, connection: line.id })),
  ),
  connections: lines.map(line => ({
    ...connection,
    id: line.id,
    settings: line.settings,
    driver: line.prepared,
    points: line.bindings.map(binding => binding.point),
    bindings: line.bindings,
  })),
  rules: bindings.map(binding => ({
    ...rule,
    id: `${binding.point}.hot` as RuleId,
    watches: [binding.point],
    point: binding.point,
    equipment: binding.equipment,
  })),
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
// Only what is on disk counts as kept.
process.on('SIGWINCH', () => void store.stats().then(({ readings }) => process.stdout.write(`${readings}\n`)))
