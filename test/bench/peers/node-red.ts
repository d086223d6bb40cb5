import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startFile } from '../programs.ts'
import type { Program } from '../programs.ts'

const run = promisify(execFile)

/** Newer ones of `node-red-contrib-modbus` ask for a fork of modbus-serial that no public registry has. */
const manifest = {
  private: true,
  dependencies: { 'node-red': '5.0.7', 'node-red-contrib-modbus': '5.60.2' },
  overrides: { '@openp4nr/modbus-serial': 'npm:modbus-serial@8.0.25' },
}

/** Node-RED as somebody installs it, into a folder of the bench; false where it cannot be had, because the machine has no registry. */
export async function installNodeRed(folder: string): Promise<boolean> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const npm = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  return run('npm', npm, { cwd: folder, timeout: 300_000 }).then(
    () => true,
    () => false,
  )
}

/** Counts where no message has to leave Node-RED for it; otherwise what an installation starts with, without projects and editor. */
const settings = (port: number): string => `
const counted = { floats: 0, last: 0 }
process.on('SIGWINCH', () => process.stdout.write((counted.last > 0 ? counted.floats : 0) + '\\n'))
module.exports = {
  uiHost: '127.0.0.1', uiPort: ${port}, disableEditor: true, flowFile: 'flows.json', credentialSecret: 'bench',
  logging: { console: { level: 'info', metrics: false, audit: false } },
  functionGlobalContext: { counted },
}
`

/** A tab a connection: a tick, a function that asks each unit's two tables, the node that reads, a function that takes the floats out. */
function flowOf(port: number, index: number, every: number): readonly object[] {
  const id = (name: string): string => `${name}${index}`
  const ask = [
    `for (let unit = ${index * 10 + 1}; unit < ${index * 10 + 11}; unit++)`,
    '  for (const fc of [3, 4])',
    '    node.send({ topic: unit + "." + fc, payload: { fc, unitid: unit, address: 0, quantity: 100 } })',
  ].join('\n')
  const take = [
    'const bytes = msg.responseBuffer.buffer',
    'const floats = []',
    'for (let n = 0; n < 50; n++) floats.push({ point: msg.topic + "." + n, at: Date.now(), value: bytes.readFloatBE(4 * n) })',
    'const counted = global.get("counted")',
    'counted.floats += floats.length',
    'counted.last = floats[49].value',
    'msg.payload = floats',
    'return null',
  ].join('\n')
  return [
    { id: id('tab'), type: 'tab', label: `line ${index}` },
    {
      id: id('client'),
      type: 'modbus-client',
      clienttype: 'tcp',
      bufferCommands: true,
      stateLogEnabled: false,
      queueLogEnabled: false,
      failureLogEnabled: false,
      tcpHost: '127.0.0.1',
      tcpPort: String(port),
      tcpType: 'DEFAULT',
      unit_id: 1,
      commandDelay: 1,
      clientTimeout: 1000,
      reconnectOnTimeout: true,
      reconnectTimeout: 2000,
      parallelUnitIdsAllowed: true,
      showErrors: false,
      showWarnings: false,
      showLogs: false,
    },
    {
      id: id('tick'),
      type: 'inject',
      z: id('tab'),
      props: [{ p: 'payload' }],
      repeat: String(every / 1_000),
      once: true,
      onceDelay: 1,
      payload: '',
      payloadType: 'date',
      wires: [[id('ask')]],
    },
    { id: id('ask'), type: 'function', z: id('tab'), func: ask, outputs: 1, wires: [[id('read')]] },
    {
      id: id('read'),
      type: 'modbus-flex-getter',
      z: id('tab'),
      server: id('client'),
      showStatusActivities: false,
      showErrors: false,
      showWarnings: false,
      logIOActivities: false,
      useIOFile: false,
      useIOForPayload: false,
      emptyMsgOnFail: false,
      keepMsgProperties: true,
      wires: [[id('take')], []],
    },
    { id: id('take'), type: 'function', z: id('tab'), func: take, outputs: 1, wires: [[]] },
  ]
}

/** Node-RED that polls the ports. */
export async function startNodeRed(folder: string, ports: readonly number[], every: number, ownPort: number): Promise<Program> {
  writeFileSync(join(folder, 'settings.js'), settings(ownPort))
  writeFileSync(join(folder, 'flows.json'), JSON.stringify(ports.flatMap((port, index) => flowOf(port, index, every))))
  const args = ['--userDir', folder, '--settings', join(folder, 'settings.js')]
  return startFile(join(folder, 'node_modules', 'node-red', 'red.js'), args, [], line => /Started flows/.test(line))
}
