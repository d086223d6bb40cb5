/**
 * `npm test`: installs what the tests need of the system, then format, lint, types and every test. Ends with `N passed, N failed`.
 * With arguments it runs only the test files that match them.
 */
import { spawnSync } from 'node:child_process'
import type { SpawnSyncOptions } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const bin = (name: string): string => join(root, 'node_modules', name)
const only = process.argv.slice(2)
const node = [process.execPath, '--disable-warning=ExperimentalWarning'] as const
// Tests start the product's own commands: they must meet the pinned Node first.
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
  NO_COLOR: '1',
  FORCE_COLOR: undefined,
}

/** What the tests meet that nobody here wrote, by Debian package name and a file that shows it is there. */
const packages: readonly (readonly [name: string, shows: string])[] = [
  ['chromium', '/usr/bin/chromium'],
  ['fonts-noto-cjk', '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc'],
  ['mosquitto', '/usr/sbin/mosquitto'],
  ['mosquitto-clients', '/usr/bin/mosquitto_pub'],
  ['mbpoll', '/usr/bin/mbpoll'],
  ['patch', '/usr/bin/patch'],
  ['python3-pymodbus', '/usr/lib/python3/dist-packages/pymodbus/__init__.py'],
  // Only recommended by pymodbus, which does not start without it.
  ['python3-serial-asyncio', '/usr/lib/python3/dist-packages/serial_asyncio/__init__.py'],
  ['libmodbus-dev', '/usr/include/modbus/modbus.h'],
  ['prometheus', '/usr/bin/promtool'],
  ['gcc', '/usr/bin/gcc'],
  ['libc6-dev', '/usr/include/stdio.h'],
  ['victoria-metrics', '/usr/bin/victoria-metrics'],
  ['influxdb', '/usr/bin/influxd'],
  ['poppler-utils', '/usr/bin/pdftotext'],
  ['libreoffice-calc-nogui', '/usr/lib/libreoffice/program/soffice.bin'],
  ['openssl', '/usr/bin/openssl'],
  ['socat', '/usr/bin/socat'],
  ['snmpd', '/usr/sbin/snmpd'],
  ['snmp', '/usr/bin/snmpget'],
]

function installPeers(): void {
  const missing = packages.filter(([, shows]) => !existsSync(shows)).map(([name]) => name)
  if (missing.length === 0) return
  console.log(`installing for the tests: ${missing.join(' ')}`)
  const options: SpawnSyncOptions = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }
  spawnSync('apt-get', ['update', '-qq'], options)
  const done = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], options)
  if (done.status !== 0)
    console.error(`could not install ${missing.join(' ')}; on another system than Debian install their like by hand`)
}

interface Check {
  readonly name: string
  readonly command: readonly string[]
}

const checks: readonly Check[] = [
  {
    name: 'format',
    command: [
      ...node,
      bin('prettier/bin/prettier.cjs'),
      '--check',
      '--log-level',
      'warn',
      'gateway',
      'protocols',
      'simulators',
      'dashboard',
      'test',
    ],
  },
  { name: 'lint', command: [...node, bin('oxlint/bin/oxlint'), '--quiet'] },
  { name: 'types', command: [...node, bin('typescript/bin/tsc'), '-p', '.'] },
  {
    name: 'svelte',
    command: [
      ...node,
      bin('svelte-check/bin/svelte-check'),
      '--tsconfig',
      './tsconfig.json',
      '--threshold',
      'error',
      '--output',
      'human',
    ],
  },
]

let passed = 0
let failed = 0

installPeers()
if (only.length === 0) {
  for (const { name, command } of checks) {
    const [program = '', ...args] = command
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, env, encoding: 'utf8' })
    if (status === 0) passed += 1
    else {
      failed += 1
      console.error(`${name} failed\n${stdout}${stderr}`)
    }
    console.log(`${status === 0 ? '✓' : '×'} ${name}`)
  }
}

const folder = mkdtempSync(join(tmpdir(), 'zhishou-test-'))
const report = join(folder, 'report.json')
const vitest = [
  bin('vitest/vitest.mjs'),
  'run',
  '--config',
  join('test', 'vitest.config.ts'),
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
]
const { status } = spawnSync(node[0], [node[1], ...vitest, ...only], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
const counts: unknown = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {}
rmSync(folder, { recursive: true, force: true })

const count = (key: string): number => {
  const value: unknown = typeof counts === 'object' && counts !== null && key in counts ? Reflect.get(counts, key) : 0
  return typeof value === 'number' ? value : 0
}
interface Ran {
  readonly fullName: string
  readonly status: string
  readonly failureMessages: readonly string[]
}
/** Passed, but not at the first try: named, so that a fault that comes and goes is seen. */
function passedLate({
  testResults = [],
}: {
  readonly testResults?: readonly { readonly assertionResults: readonly Ran[] }[]
}): Ran[] {
  const all = testResults.flatMap(({ assertionResults }) => assertionResults)
  return all.filter(({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0)
}
const late = passedLate(counts as object)
if (late.length > 0) console.log(`\n${late.length} passed at a second or third try:`)
for (const { fullName, failureMessages } of late) console.log(`  ${fullName}: ${failureMessages[0]?.split('\n')[0]}`)

passed += count('numPassedTests')
failed += count('numFailedTests')
// A file that does not even load counts no test of its own, and must not pass for that.
if (status !== 0 && count('numFailedTests') === 0) failed += Math.max(1, count('numFailedTestSuites'))
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
if (process.connected) process.disconnect()
