import { parseArgs } from 'node:util'
import type { Probe } from '../../protocols/contract/driver.ts'
import { seconds } from '../../protocols/contract/time.ts'
import { protocols } from '../../protocols/registry.ts'
import { systemClock } from '../clock.ts'
import { lineOnTrial } from '../commission/line-on-trial.ts'
import type { Hint } from '../commission/tried.ts'
import { isBelievable, tryOut } from '../commission/trying.ts'
import { loadSite } from '../site/load.ts'
import type { Connection, Point, Site } from '../site/site.ts'
import { printProblem } from './problem.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'

export const pollHelp = `zhishou poll SITE [POINT…] [--json]

Reads every point (or the ones named) once and prints value, quality, raw bytes and round trip. Writes nothing anywhere.
读取所有(或指定的)点一次，显示数值、质量、原始字节和往返时间；不写任何东西。

Where a value cannot be, it is read in other byte orders, types and from the addresses beside it as well, and what would fit is
told on stderr. 读数不合理时，会换字节顺序、数据类型和相邻地址再读，把合适的写到 stderr。

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
  const polled = await Promise.all(connections.map(connection => read(connection, site, isWanted, io)))
  const points = polled.flatMap(one => one.points)
  for (const { id, probe } of points) io.out(values.json ? JSON.stringify(probe) : row(id, probe, site))
  for (const { equipment, hint } of polled.flatMap(one => one.hints))
    io.err(`${equipment}.${hint.points.join(' ')}: ${language === 'zh' ? hint.say.zh : hint.say.en}`)
  const isGood = points.every(({ probe }) => probe.reading.quality === 'good') && !polled.some(one => one.doubtful)
  return points.length > 0 && isGood ? 0 : 1
}

interface Polled {
  readonly points: readonly { readonly id: string; readonly probe: Probe }[]
  readonly hints: readonly { readonly equipment: string; readonly hint: Hint }[]
  /** A value was read that cannot be. */
  readonly doubtful: boolean
}
const nothing: Polled = { points: [], hints: [], doubtful: false }

async function read(connection: Connection, site: Site, isWanted: (point: string) => boolean, io: Io): Promise<Polled> {
  const protocol = protocols.find(({ kind }) => kind === connection.protocol)
  const line = lineOnTrial(connection.driver, systemClock)
  const giveUp = new AbortController()
  const cancel = systemClock.after(probeWithin, () => giveUp.abort())
  try {
    const bindings = connection.bindings.filter(({ point }) => isWanted(point))
    const asked = line.probe(bindings, giveUp.signal)
    if (!asked || !protocol) {
      io.err(`${connection.id}: readings are sent to the gateway here; there is nothing to ask`)
      return nothing
    }
    const probes = await asked
    const points = probes.map(probe => ({ id: probe.reading.point, probe }))
    const groups = Object.entries(Object.groupBy(bindings, ({ equipment }) => equipment))
    const looked = []
    for (const [equipment, own = []] of groups) {
      // What was just read is looked at; only what looks wrong is read again.
      let first: readonly Probe[] | undefined = probes
      const subject = { bindings: own, points: site.points, protocol, settings: connection.settings }
      const tried = await tryOut(subject, async wanted => {
        const known = first
        first = undefined
        return known ?? (await line.probe(wanted, giveUp.signal)) ?? []
      })
      looked.push({ equipment, tried })
    }
    return {
      points,
      hints: looked.flatMap(({ equipment, tried }) => tried.hints.map(hint => ({ equipment, hint }))),
      doubtful: looked.some(({ tried }) => !tried.points.every(isBelievable)),
    }
  } finally {
    cancel()
    await line.close()
  }
}

function row(id: string, { reading, raw, roundTripMs }: Probe, site: Site): string {
  const point = site.points.find(one => one.id === id)
  const value = reading.quality === 'bad' ? `${reading.fault.code} (${reading.fault.detail})` : shown(reading.value, point)
  return `${reading.point.padEnd(32)} ${value.padEnd(16)} ${reading.quality.padEnd(9)} ${`${roundTripMs.toFixed(1)} ms`.padStart(10)}  ${raw}`
}

const shown = (value: number, point: Point | undefined): string =>
  `${value.toFixed(point?.decimals ?? 2)}${point?.unit ? ` ${point.unit}` : ''}`
