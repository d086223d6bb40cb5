import { parseArgs } from 'node:util'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'
import { whyNotStarted } from './not-started.ts'
import { keepUpWithFiles } from './site-changes.ts'
import { startDemo, startSite } from './start.ts'
import type { StartOptions } from './start.ts'

export const runHelp = `zhishou run [--site FILE] [--data DIR] [--host H] [--port N] [--speed N]

Starts the gateway with its dashboard. Without --site: the demo facility with simulated equipment.
启动网关与看板；不带 --site 时启动带模拟设备的演示设施。

  --site FILE   a site file or a folder of them           ZHISHOU_SITE
  --data DIR    where everything is kept (data/SITE)      ZHISHOU_DATA
  --host H      default 127.0.0.1                         ZHISHOU_HOST
  --port N      default 8080                              ZHISHOU_PORT
  --watch       load the site file anew when it changes   ZHISHOU_WATCH
  --speed N     demo only, 1 to 600, default 60           ZHISHOU_SPEED`

type Options = StartOptions & { readonly site: string | undefined; readonly watch: boolean }

/** Runs until it is told to stop. Exit 1 when the site file is wrong, a port or the data directory is taken. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const options = readOptions(args, io.env)
  if (options === 'help') {
    io.out(runHelp)
    return 0
  }
  if (typeof options === 'string') {
    io.err(options)
    io.err(runHelp)
    return 2
  }
  const zh = languageOf(args, io.env) === 'zh'
  const say = (inChinese: string, inEnglish: string): void => io.err(zh ? inChinese : inEnglish)
  const stopped = Promise.withResolvers<void>()
  // Whoever hangs up a terminal means to stop; a daemon is told so to look at its files again.
  const hasTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY)
  const hangUpStops = process.platform === 'win32' || hasTerminal
  listenForStop(hangUpStops, () => stopped.resolve())
  try {
    const started =
      options.site === undefined ? await startDemo(options, io, say) : await startSite(options.site, options, io, say)
    if (!started) return 1
    if (started.firstPassword !== undefined) {
      io.out(
        `${zh ? '首次启动，已创建账户' : 'First start, account made'}: admin  ${zh ? '密码' : 'password'}: ${started.firstPassword}`,
      )
    }
    const files = keepUpWithFiles(started.siteFiles, { watch: options.watch, onHangUp: !hangUpStops, say })
    const isStopped = await Promise.race([started.ready().then(() => false), stopped.promise.then(() => true)])
    if (!isStopped) io.out(`Zhishou is ready at ${started.address}`)
    await stopped.promise
    files.stop()
    await started.stop()
    return 0
  } catch (error) {
    const why = whyNotStarted(error)
    if (!why) throw error
    say(why.zh, why.en)
    return 1
  }
}

function listenForStop(hangUp: boolean, stop: () => void): void {
  const signals = ['SIGINT', 'SIGTERM', ...(hangUp ? (['SIGHUP'] as const) : [])] as const
  for (const signal of signals) process.on(signal, stop)
  // Until there is something to load anew it means nothing; by itself it would end the process.
  if (!hangUp) process.on('SIGHUP', () => {})
  process.on('message', message => {
    if (typeof message !== 'object' || message === null || !('stop' in message)) return
    // Whoever started us passes on what it was told.
    if (message.stop === 'SIGHUP' && !hangUp) process.emit('SIGHUP')
    else stop()
  })
  if (process.connected) process.on('disconnect', stop)
  // Whoever started us was gone before we could listen for it.
  else if (process.send) stop()
}

function readOptions(args: readonly string[], env: Io['env']): Options | 'help' | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        site: { type: 'string' },
        data: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
        speed: { type: 'string' },
        watch: { type: 'boolean' },
        lang: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return 'help'
    if (positionals.length > 0) return `unexpected "${positionals[0]}"`
    const site = values.site ?? env['ZHISHOU_SITE']
    const port = values.port ?? env['ZHISHOU_PORT']
    if (port !== undefined && !/^\d{1,5}$/.test(port)) return `--port ${port}: write a number from 0 to 65535`
    if (port !== undefined && Number(port) > 65_535) return `--port ${port}: write a number from 0 to 65535`
    const speed = values.speed ?? env['ZHISHOU_SPEED']
    if (values.speed !== undefined && site !== undefined) return '--speed is for the demo only; a real site runs at real time'
    const pace = speed === undefined ? 60 : Number(speed)
    if (!(pace >= 1 && pace <= 600)) return `--speed ${speed}: write a number from 1 to 600`
    return {
      site,
      data: values.data ?? env['ZHISHOU_DATA'],
      host: values.host ?? env['ZHISHOU_HOST'],
      port: port === undefined ? undefined : Number(port),
      speed: pace,
      watch: values.watch ?? /^(1|true|yes|on)$/i.test(env['ZHISHOU_WATCH'] ?? ''),
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
