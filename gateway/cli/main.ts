import { readFile } from 'node:fs/promises'
import { readSync } from 'node:fs'
import { systemClock } from '../clock.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'

interface Command {
  readonly zh: string
  readonly en: string
  /** Loaded only when asked for, so that `--help` does not wait for the whole gateway. */
  readonly load: () => Promise<(args: readonly string[], io: Io) => Promise<ExitCode>>
}

/** One line each. */
const commands: Readonly<Record<string, Command>> = {
  start: {
    zh: '启动演示设施与网关（或 --site 指定的现场）',
    en: 'start the demo facility and the gateway, or --site FILE',
    load: async () => (await import('./run.ts')).run,
  },
  run: { zh: '同 start,不做安装检查', en: 'what start runs after set-up', load: async () => (await import('./run.ts')).run },
  check: {
    zh: '检查现场文件，一次列出所有问题',
    en: 'check a site file and list every problem',
    load: async () => (await import('./check.ts')).check,
  },
  plan: { zh: '显示轮询计划', en: 'show the read plan', load: async () => (await import('./plan.ts')).plan },
  poll: {
    zh: '读取一次并显示原始字节',
    en: 'read once and show the raw bytes',
    load: async () => (await import('./poll.ts')).poll,
  },
  scan: {
    zh: '在连接上寻找设备，起草现场文件',
    en: 'find equipment on a connection and draft site-file entries',
    load: async () => (await import('./scan.ts')).scan,
  },
  import: {
    zh: '导入 Telegraf、evcc、mbmd 的设备配置',
    en: 'draft a site file of what Telegraf, evcc or mbmd read',
    load: async () => (await import('./import.ts')).importFile,
  },
  evaluate: {
    zh: '对已记录的读数运行一条规则',
    en: 'run one rule over recorded readings',
    load: async () => (await import('./evaluate.ts')).evaluate,
  },
  backtest: {
    zh: '用历史读数试运行改动的制度',
    en: 'try a changed policy on the stored history',
    load: async () => (await import('./backtest.ts')).backtest,
  },
  log: {
    zh: '导出检查用的记录（CSV、XLSX、PDF、JSON）',
    en: "write an inspector's log as CSV, XLSX, PDF or JSON",
    load: async () => (await import('./log.ts')).log,
  },
  backup: {
    zh: '把全部数据备份成一个文件',
    en: 'write everything into one backup file',
    load: async () => (await import('./backup.ts')).backup,
  },
  restore: {
    zh: '用备份恢复数据目录',
    en: 'make a data folder of a backup',
    load: async () => (await import('./restore.ts')).restore,
  },
  verify: {
    zh: '离线校验导出的记录或数据目录',
    en: 'check exported records or a data folder offline',
    load: async () => (await import('./verify.ts')).verify,
  },
  doctor: {
    zh: '这套安装哪里不对、该怎么办',
    en: 'what is wrong with this installation and what to do',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  simulate: {
    zh: '模拟现场文件中的设备',
    en: 'play simulated equipment for a site file',
    load: async () => (await import('./simulate.ts')).simulate,
  },
  user: {
    zh: '账户:add list passwd disable',
    en: 'accounts: add list passwd disable',
    load: async () => (await import('./user.ts')).user,
  },
}

async function main(argv: readonly string[]): Promise<ExitCode> {
  const [name = 'help', ...args] = argv
  const io: Io = {
    out: line => void process.stdout.write(`${line}\n`),
    err: line => void process.stderr.write(`${line}\n`),
    env: process.env,
    now: systemClock.now,
    readPassword: () => Promise.resolve(readLine()),
  }
  const zh = languageOf(argv, process.env) === 'zh'
  if (name === 'version' || name === '--version') {
    io.out(await version())
    return 0
  }
  if (name === 'prepare') return (await import('./prepare.ts')).prepare()
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) {
    const asked = name === 'help' || name === '--help' || name === '-h'
    const print = asked ? io.out : io.err
    if (!asked) print(zh ? `没有命令“${name}”` : `there is no command "${name}"`)
    print(zh ? '用法:zhishou 命令 [选项],每个命令有 --help' : 'usage: zhishou COMMAND [OPTIONS]; each has --help')
    for (const [key, text] of Object.entries(commands)) print(`  ${key.padEnd(10)} ${zh ? text.zh : text.en}`)
    return asked ? 0 : 2
  }
  return (await command.load())(args, io)
}

/** A password comes by standard input, one line, so that it is in no process list. */
function readLine(): string {
  const bytes = Buffer.alloc(4_096)
  let text = ''
  for (;;) {
    const read = readSync(0, bytes)
    text += bytes.toString('utf8', 0, read)
    if (read === 0 || text.includes('\n')) return text.split('\n')[0]?.replace(/\r$/, '') ?? ''
  }
}

async function version(): Promise<string> {
  const parsed: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown'
}

// A reader that went away (`| head`) is no failure of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', error => {
    if ('code' in error && error.code === 'EPIPE') process.exit(0)
    throw error
  })
}

const code = await main(process.argv.slice(2))
// Everything was closed in order; a library's forgotten timer must not keep the terminal waiting. Whoever started us is told first: a Node
// that ends may wait for ever for a compiler thread that waits for it (nodejs/node#54918).
const end = (): never => process.exit(code)
process.stdout.write('', () => (process.connected ? process.send?.({ ended: code }, end) : end()))
