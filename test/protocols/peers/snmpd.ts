import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Served = Readonly<Record<string, readonly [type: string, value: string | number]>>

/** The agent of Debian, with objects that the test can change. */
export interface Snmpd {
  readonly port: number
  /** These objects and no others, from now on. */
  serve(objects: Served): void
  /** Whether anybody tried to write: the community and the users may. */
  wasWritten(): boolean
  stop(): Promise<void>
}

export const hasSnmpd = (): boolean =>
  ['/usr/sbin/snmpd', '/usr/bin/snmpget', '/usr/bin/python3'].every(program => existsSync(program))

const theirNames: Readonly<Record<string, string>> = {
  md5: 'MD5',
  sha1: 'SHA',
  sha224: 'SHA-224',
  sha256: 'SHA-256',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
  aes128: 'AES',
  aes256: 'AES-256',
  'aes256-cisco': 'AES-256-C',
}
export const signPassword = 'sign-it-please'
export const sealPassword = 'seal-it-please'

/** A user `sha256` may sign only, `sha256-aes128` must encrypt. */
function userLines(): string[] {
  const lines = ['createUser plain', 'rwuser plain noauth']
  for (const auth of ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']) {
    lines.push(`createUser ${auth} ${theirNames[auth]} "${signPassword}"`, `rwuser ${auth} auth`)
    for (const cipher of ['aes128', 'aes256', 'aes256-cisco']) {
      const name = `${auth}-${cipher}`
      lines.push(
        `createUser ${name} ${theirNames[auth]} "${signPassword}" ${theirNames[cipher]} "${sealPassword}"`,
        `rwuser ${name} priv`,
      )
    }
  }
  return lines
}

const folderOf = (): string => mkdtempSync(join(tmpdir(), 'zhishou-snmpd-'))
const places = ['.1.3.6.1.2.1.33', '.1.3.6.1.4.1.318', '.1.3.6.1.4.1.534', '.1.3.6.1.4.1.55555']

export async function startSnmpd(port: number, objects: Served, more: readonly string[] = []): Promise<Snmpd> {
  const folder = folderOf()
  const values = join(folder, 'values.json')
  const serve = (served: Served): void => {
    writeFileSync(`${values}.new`, JSON.stringify(served))
    renameSync(`${values}.new`, values)
  }
  serve(objects)
  const script = join(import.meta.dirname, 'snmp_values.py')
  const config = [
    `agentAddress udp:127.0.0.1:${port}`,
    'rwcommunity hidden-word 127.0.0.1',
    'sysName ups-room-1',
    'sysDescr A UPS for the tests',
    'sysLocation cellar',
    'sysObjectID 1.3.6.1.4.1.318.1.3.27',
    ...userLines(),
    ...places.map(place => `pass_persist ${place} /usr/bin/python3 ${script} ${values}`),
    ...more,
  ]
  writeFileSync(join(folder, 'snmpd.conf'), `${config.join('\n')}\n`)
  const child = spawn('/usr/sbin/snmpd', ['-f', '-Le', '-C', '-c', join(folder, 'snmpd.conf'), '-p', join(folder, 'pid')], {
    env: { ...process.env, SNMP_PERSISTENT_DIR: folder, MIBS: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  await ready(child, ended)
  return {
    port,
    serve,
    wasWritten: () => existsSync(`${values}.set`),
    async stop() {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** It says its version when it has opened its port. */
function ready(child: ChildProcess, ended: Promise<void>): Promise<void> {
  let words = ''
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', bytes => {
      words = (words + String(bytes)).slice(-4_000)
      if (words.includes('NET-SNMP version')) resolve()
    })
    void ended.then(() => reject(new Error(`snmpd ended: ${words}`)))
  })
}

/** A UDP port that was free a moment ago. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  const port = await new Promise<number>(resolve => socket.bind(0, '127.0.0.1', () => resolve(socket.address().port)))
  await new Promise<void>(resolve => socket.close(resolve))
  return port
}
