import { execFile, spawn } from 'node:child_process'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { gatewayHeap, gatewayMalloc } from '../../gateway/cli/heap.mjs'

/** A program of ours that runs beside the product, in a process of its own under the same Node. */
export interface Program {
  readonly pid: number
  /** The first line it printed: where it listens. */
  readonly said: string
  /** From the call to that line. */
  readonly startMs: number
  /** Sends SIGWINCH and resolves to the next line of a number alone: how much it has done. */
  count(): Promise<number>
  stop(): Promise<void>
}

/** Starts `peers/NAME.ts` and waits for its first line; `flags` are Node's own. */
export async function startProgram(name: string, args: readonly string[] = [], flags: readonly string[] = []): Promise<Program> {
  return startFile(join(import.meta.dirname, 'peers', name), args, flags)
}

/**
 * `peers/NAME.ts` packed into the folder together with the gateway, as the start command packs it; what comes back starts it as the start
 * command starts the gateway, with the same flags and environment.
 */
export async function packProgram(name: string, folder: string): Promise<(args: readonly string[]) => Promise<Program>> {
  const root = join(import.meta.dirname, '..', '..')
  const cli = join(root, 'gateway', 'cli')
  const packer = [join(cli, 'bundle.mjs'), folder, 'bench', join('test', 'bench', 'peers', name)]
  await promisify(execFile)(process.execPath, packer)
  const preload = `--import=${pathToFileURL(join(cli, 'bundled.mjs')).href}`
  const env = { ...gatewayMalloc, ZHISHOU_BUNDLES: join(folder, 'bundles.json') }
  const file = join(folder, `${basename(name, '.ts')}.mjs`)
  return async args => startFile(file, args, [...gatewayHeap, preload], () => true, env)
}

/** Starts a file with the Node that runs here and waits for the first line that `isReady`. */
export async function startFile(
  file: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
  isReady: (line: string) => boolean = () => true,
  env: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const began = performance.now()
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...flags, file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const lines = createInterface({ input: child.stdout })
  const next = async (wanted: (line: string) => boolean): Promise<string> =>
    new Promise<string>((resolve, reject) => {
      lines.on('line', function hear(line) {
        if (!wanted(line)) return
        lines.off('line', hear)
        resolve(line)
      })
      void ended.then(() => reject(new Error(`${basename(file)} ended before it said anything`)))
    })
  const said = await next(isReady)
  return {
    pid: child.pid ?? Number.NaN,
    said,
    startMs: performance.now() - began,
    async count() {
      const answer = next(line => /^\d+$/.test(line))
      child.kill('SIGWINCH')
      return Number(await answer)
    },
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
