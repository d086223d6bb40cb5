import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExitCode, Io } from './io.ts'

export const simulateHelp = `zhishou simulate SITE [--speed N] [--fault NAME@EQUIPMENT …] [--state FILE]

Plays simulated equipment for a site file, at the loopback addresses the file names. When simulated equipment of that site is already
running (the demo), --fault is handed to it.
按现场文件在本机地址上模拟设备；若该现场的模拟设备已在运行(如演示),故障会交给它。`

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** Runs the simulators in a process of their own; their exit code is ours. */
export async function simulate(args: readonly string[], io: Io): Promise<ExitCode> {
  if (args.includes('--help') || args.includes('-h')) {
    io.out(simulateHelp)
    return 0
  }
  const [site, ...rest] = args
  if (site === undefined || site.startsWith('-')) {
    io.err(simulateHelp)
    return 2
  }
  const entry = fileURLToPath(new URL('../../simulators/main.ts', import.meta.url))
  const state = rest.includes('--state') ? [] : ['--state', join('data', 'simulated', `${digest(resolve(site))}.json`)]
  const child = spawn(process.execPath, [...process.execArgv, entry, '--site', site, ...state, ...rest], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const stop = (): void => void (child.connected && child.send({ id: 0, do: 'stop' }, () => {}))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  process.on('message', stop)
  const code = await new Promise<number>(resolve => child.on('exit', (exit, signal) => resolve(signal ? 1 : (exit ?? 1))))
  return code === 0 || code === 2 ? code : 1
}
