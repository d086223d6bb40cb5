import { execFile, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const python = '/usr/bin/python3'
const run = promisify(execFile)

/** Where Python finds bacpypes: empty where it has it already, a folder into which it was fetched, undefined where it is not to be had. */
export async function findBacpypes(): Promise<string | undefined> {
  // It needs asyncore, which Python lost with 3.12.
  const works = (path: string): Promise<boolean> =>
    run(python, ['-c', 'import bacpypes.app'], { env: withPath(path), timeout: 20_000 }).then(
      () => true,
      () => false,
    )
  if (await works('')) return ''
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-bacpypes-'))
  const fetched = [
    '-m',
    'pip',
    'install',
    '-q',
    '--retries',
    '0',
    '--timeout',
    '5',
    '--no-deps',
    '--target',
    folder,
    'bacpypes>=0.18.6,<0.20',
  ]
  await run(python, fetched, { timeout: 60_000 }).catch(() => {})
  return (await works(folder)) ? folder : undefined
}

const withPath = (folder: string): NodeJS.ProcessEnv => ({
  ...process.env,
  PYTHONWARNINGS: 'ignore',
  ...(folder === '' ? {} : { PYTHONPATH: folder }),
})

/** The device of `bacpypes_device.py`, once it listens. */
export async function startBacpypes(folder: string, port: number): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const script = join(import.meta.dirname, 'bacpypes_device.py')
  const child = spawn(python, [script, String(port)], { env: withPath(folder), stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  let words = ''
  child.stderr.on('data', bytes => (words = (words + String(bytes)).slice(-2_000)))
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    void ended.then(() => reject(new Error(`the device of bacpypes ended: ${words}`)))
  })
  return {
    port,
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
