import { parseArgs } from 'node:util'
import type { Probe } from '../../protocols/contract/driver.ts'
import { seconds } from '../../protocols/contract/time.ts'
import { systemClock } from '../clock.ts'
import { loadSite } from '../site/load.ts'
import type { Connection, Point, Site } from '../site/site.ts'
import { printProblem } from './problem.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'

export const pollHelp = `zhishou poll SITE [POINT…] [--json]

Reads every point (or the ones named) once and prints value, quality, raw bytes and round trip. Writes nothing anywhere.
读取所有(或指定的)点一次，显示数值、质量、原始字节和往返时间；不写任何东西。

Exit 0 when everything read was good, 1 otherwise.`

const probeWithin = seconds(15)

/** `zhishou poll`: what the equipment says now, with the bytes it said it in. */
export async function poll(args: readonly string[], io: Io): Promise<ExitCode> {
  const language = languageOf(args, io.env)
  let values: { json?: boolean; help?: boolean }
  let positionals: string[]
  try {
    const options = { json: { type: 'boolean' }, lang: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const
    ;({ values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options }))
  } catch (error) {
    io.err(error instanceof Error ? error.message : String(error))
    return 2
  }
  if (values.help) {
    io.out(pollHelp)
    return 0
  }
  const [file, ...wanted] = positionals
  if (file === undefined) {
    io.err(pollHelp)
    return 2
  }
  const loaded = await loadSite(file, io.env)
  if (!loaded.ok) {
    for (const problem of loaded.problems) printProblem(problem, language, line => io.err(line))
    return 1
  }
  const { site } = loaded
  const unknown = wanted.filter(id => !site.points.some(point => point.id === id))
  if (unknown.length > 0) {
    io.err(language === 'zh' ? `现场文件中没有点：${unknown.join(' ')}` : `the site file has no point ${unknown.join(' ')}`)
    return 2
  }
  const isWanted = (point: string): boolean => wanted.length === 0 || wanted.includes(point)
  const connections = site.connections.filter(({ points }) => points.some(isWanted))
  const probes = (await Promise.all(connections.map(connection => probe(connection, io))))
    .flat()
    .filter(({ reading }) => isWanted(reading.point))
  for (const one of probes) io.out(values.json ? JSON.stringify(one) : row(one, site))
  return probes.length > 0 && probes.every(({ reading }) => reading.quality === 'good') ? 0 : 1
}

async function probe({ id, driver }: Connection, io: Io): Promise<readonly Probe[]> {
  const opened = driver.open({ clock: systemClock, wall: systemClock, publish: () => {}, linkUp: () => {}, linkDown: () => {} })
  const giveUp = new AbortController()
  const cancel = systemClock.after(probeWithin, () => giveUp.abort())
  try {
    if (opened.probe) return await opened.probe(giveUp.signal)
    io.err(`${id}: readings are sent to the gateway here; there is nothing to ask`)
    return []
  } finally {
    cancel()
    await opened.stop()
  }
}

function row({ reading, raw, roundTripMs }: Probe, site: Site): string {
  const point = site.points.find(({ id }) => id === reading.point)
  const value = reading.quality === 'bad' ? `${reading.fault.code} (${reading.fault.detail})` : shown(reading.value, point)
  return `${reading.point.padEnd(32)} ${value.padEnd(16)} ${reading.quality.padEnd(9)} ${`${roundTripMs.toFixed(1)} ms`.padStart(10)}  ${raw}`
}

const shown = (value: number, point: Point | undefined): string =>
  `${value.toFixed(point?.decimals ?? 2)}${point?.unit ? ` ${point.unit}` : ''}`
