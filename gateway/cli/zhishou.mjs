#!/usr/bin/env node
// The only file that must run on any Node from 20.19 on: installs what is missing, builds what is missing, then hands over to the
// pinned Node from the registry, which runs everything else.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gatewayHeap, gatewayMalloc } from './heap.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const platform = process.platform === 'win32' ? 'win' : process.platform
const runtime = join(
  root,
  'node_modules',
  `node-${platform}-${process.arch}`,
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
)
const lock = join(root, '.zhishou-installing')
const bundles = join(root, 'node_modules', '.cache', 'zhishou', 'bundles')
const [command = 'help', ...args] = process.argv.slice(2)

function fail(zh, en) {
  console.error(`${zh}\n${en}`)
  if (readOr(lock, '') === String(process.pid)) rmSync(lock, { force: true })
  process.exit(1)
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  fail(
    `需要 Node 20.19 或更新版本,当前为 ${process.versions.node}`,
    `Node 20.19 or newer is needed; this is ${process.versions.node}`,
  )
}

// A builder is told to leave no cache of its own in the temporary folder.
const builders = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' }
const sha = text => createHash('sha256').update(text).digest('hex')
const readOr = (file, otherwise) => (existsSync(file) ? readFileSync(file, 'utf8') : otherwise)

/** One at a time: two installs into one folder would each take away what the other has just put there. */
function withLock(act) {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (!isAlive(Number(readOr(lock, '0')))) rmSync(lock, { force: true })
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    }
  }
  try {
    act()
  } finally {
    rmSync(lock, { force: true })
  }
}

function isAlive(pid) {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function install() {
  const stamp = join(root, 'node_modules', '.zhishou-installed')
  const wanted = sha(readFileSync(join(root, 'package-lock.json')))
  if (readOr(stamp, '') === wanted) return
  console.error('正在安装依赖(仅第一次)… installing what is missing (first run only) …')
  const npm = process.env.npm_execpath
  const flags = ['ci', '--loglevel=error', '--no-audit', '--no-fund', '--include=dev', '--include=optional']
  // The machine's npm may be told to build against its own Node's headers; every native part here is prebuilt, so it must not matter.
  const options = { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, npm_config_engine_strict: 'false' } }
  const done = npm
    ? spawnSync(process.execPath, [npm, ...flags], options)
    : spawnSync('npm', flags, { ...options, shell: process.platform === 'win32' })
  if (done.status !== 0)
    fail('安装失败:请检查网络或 npm 设置后重试', 'installing failed: check the network or the npm settings and try again')
  const bin = join(root, 'node_modules', '.bin')
  mkdirSync(bin, { recursive: true })
  const link = join(bin, 'zhishou')
  if (!existsSync(link) && process.platform !== 'win32') symlinkSync(join('..', '..', 'gateway', 'cli', 'zhishou.mjs'), link)
  writeFileSync(stamp, wanted)
}

function filesBelow(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap(entry => {
    if (entry.name === 'dist' || entry.name === 'node_modules') return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}

/** The product in a few files, made anew whenever a source has changed; a start without it is slower, not wrong. */
function bundle() {
  const sources = ['gateway', 'protocols', 'simulators']
    .flatMap(folder => filesBelow(join(root, folder)))
    .filter(file => /\.m?ts$/.test(file))
  const wanted = sha([...sources, join(root, 'package-lock.json')].map(file => sha(readFileSync(file))).join())
  const list = join(bundles, 'bundles.json')
  if (readOr(list, '').startsWith(`{"stamp":"${wanted}"`)) return
  spawnSync(ourNode(), [join(root, 'gateway', 'cli', 'bundle.mjs'), bundles, wanted], {
    cwd: root,
    stdio: 'ignore',
    env: builders,
  })
  const [program, ours, env] = oursFor('prepare')
  spawnSync(program, [...ours, join(root, 'gateway', 'cli', 'main.ts'), 'prepare'], { cwd: root, stdio: 'ignore', env })
}

function buildDashboard() {
  const dist = join(root, 'dashboard', 'dist')
  const stamp = join(dist, '.built-from')
  const sources = [
    ...filesBelow(join(root, 'dashboard')),
    join(root, 'gateway', 'api', 'wire.ts'),
    join(root, 'package-lock.json'),
  ]
  const wanted = sha(sources.map(file => sha(readFileSync(file))).join())
  if (readOr(stamp, '') === wanted) return
  console.error('正在构建看板… building the dashboard …')
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  const config = join(root, 'dashboard', 'vite.config.ts')
  const done = spawnSync(ourNode(), [vite, 'build', '--config', config, '--logLevel', 'error'], {
    cwd: root,
    env: builders,
    stdio: ['ignore', 2, 2],
  })
  if (done.status !== 0) fail('看板构建失败', 'building the dashboard failed')
  writeFileSync(stamp, wanted)
}

/** The pinned runtime; where the registry has none for this platform, the machine's own if it is new enough. */
function ourNode() {
  if (existsSync(runtime)) return runtime
  if (major >= 24) return process.execPath
  return fail(
    `没有适用于 ${process.platform}-${process.arch} 的 Node 24 包,请先安装 Node 24`,
    `the registry has no Node 24 for ${process.platform}-${process.arch}; install Node 24 first`,
  )
}

/** The pinned runtime as a command is to be run: program, its own flags, environment. */
function oursFor(name) {
  const isGateway = ['start', 'run', 'prepare'].includes(name)
  const compact = isGateway ? gatewayHeap : []
  const frugal = isGateway ? gatewayMalloc : {}
  // Types are stripped once and the result is kept: later starts are quicker, and the stripper is not even loaded.
  const cache = { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'zhishou') }
  const list = join(bundles, 'bundles.json')
  const hook = pathToFileURL(join(root, 'gateway', 'cli', 'bundled.mjs')).href
  const preload =
    isGateway && existsSync(list)
      ? { ZHISHOU_BUNDLES: list, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${hook}`.trim() }
      : {}
  return [ourNode(), ['--disable-warning=ExperimentalWarning', ...compact], { ...cache, ...frugal, ...process.env, ...preload }]
}

withLock(() => {
  install()
  if (['start', 'run', 'bench'].includes(command)) bundle()
  if (['start', 'run', 'test', 'bench', 'build'].includes(command)) buildDashboard()
})
if (command === 'build') process.exit(0)

const entry =
  { test: join('test', 'run.ts'), bench: join('test', 'bench', 'run.ts') }[command] ?? join('gateway', 'cli', 'main.ts')
const handed = entry.startsWith('test') ? args : [command, ...args]
const [program, programArgs, env] = oursFor(command)
const child = spawn(program, [...programArgs, join(root, entry), ...handed], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env,
})

// The terminal sends Ctrl-C to all of us; whoever is sent a signal alone passes it on. Either way the child decides when it is done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => child.connected && child.send({ stop: signal }, () => {}))
const parent = process.ppid
const orphaned = setInterval(() => {
  if (process.ppid !== parent && child.connected) child.send({ stop: 'orphaned' }, () => {})
}, 1_000)
let ended
child.on('message', message => {
  if (typeof message?.ended !== 'number') return
  ended = message.ended
  setTimeout(() => child.kill('SIGKILL'), 3_000)
})
child.on('exit', (code, signal) => {
  clearInterval(orphaned)
  process.exit(code ?? ended ?? (signal === 'SIGKILL' ? 137 : 1))
})
