import { spawn } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../gateway/clock.ts'
import { keepPaperSite } from '../../gateway/report/paper.ts'
import { paperSiteOf } from '../../gateway/report/source.ts'
import { configurationOf, configuredKind } from '../../gateway/site/configuration.ts'
import { loadSite } from '../../gateway/site/load.ts'
import { openStore } from '../../gateway/store/open.ts'
import { pointId } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import { alone, gate } from './figure.ts'
import type { Bench, Figure, Pace } from './figure.ts'
import { inFolder } from './folder.ts'
import { passes } from './process.ts'
import { chance, reads } from './walk.ts'

const id = 'logs'
const cabinets = 20
const day = 86_400_000
/** 1 June 2026, midnight in Shanghai. */
const began = Date.UTC(2026, 4, 31, 16)

const siteText = (): string => {
  const entry = (index: number): string => `      cold-${index}:
        type: fresh-keeping-cabinet
        name: { zh: ${index} 号保鲜柜, en: Cabinet ${index} }
        connection: bus
        unit: ${index}
        points:
          temperature: { table: input, register: 0, type: int16, scale: 0.1 }
          door: { table: discrete, register: 0 }
`
  return `site: { id: bench, name: { zh: 某校, en: Bench School }, timeZone: Asia/Shanghai }
connections:
  bus: { protocol: modbus-tcp, host: 127.0.0.1, port: 1502, every: 10s }
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
${Array.from({ length: cabinets }, (_, index) => entry(index + 1)).join('')}`
}

/** Twenty cabinets that wander between 2 and 9 degrees, one silent for an hour a day. */
async function fill(folder: string, days: number, everyMs: number): Promise<number> {
  const file = join(folder, 'site.yaml')
  writeFileSync(file, siteText())
  const loaded = await loadSite(file, {})
  gate(loaded.ok, 'the site of the bench is wrong')
  keepPaperSite(join(folder, 'data'), paperSiteOf(loaded.site))
  const store = await openStore(join(folder, 'data'), { wall: systemClock })
  const random = chance(3)
  const tenths = Array.from({ length: cabinets }, () => 45)
  const points = tenths.map((_, index) => pointId(`cold-${index + 1}`, 'temperature'))
  let rows = 0
  await store.historian.listening(instant(began))
  await store.journal.append([
    { kind: configuredKind, at: instant(began), by: 'system', data: { ...configurationOf(loaded.site) } },
  ])
  for (let at = began; at < began + days * day;) {
    const batch: { reading: ReturnType<typeof reads> }[] = []
    for (; batch.length < 20_000 && at < began + days * day; at += everyMs) {
      const hour = Math.floor((at - began) / 3_600_000)
      points.forEach((point, index) => {
        tenths[index] = Math.max(15, Math.min(95, (tenths[index] ?? 45) + Math.floor(random() * 3) - 1))
        if (hour % 24 === index) return
        batch.push({ reading: reads(point, at, (tenths[index] ?? 45) / 10) })
      })
    }
    rows += batch.length
    await store.historian.record(batch)
  }
  await store.close()
  return rows
}

interface Made {
  readonly seconds: number
  readonly mb: number
  readonly file: string
}

/** The command as a person gives it, in a process of its own; memory is the highest the kernel saw. */
async function made(folder: string, args: readonly string[], name: string): Promise<Made> {
  const file = join(folder, name)
  const main = join(import.meta.dirname, '../../gateway/cli/main.ts')
  const from = performance.now()
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      main,
      'log',
      ...args,
      '--data',
      join(folder, 'data'),
      '--out',
      file,
      '--lang',
      'zh',
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  let peak = 0
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  while (child.exitCode === null && child.signalCode === null) {
    try {
      const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]
      if (kib !== undefined) peak = Math.max(peak, (Number(kib) * 1_024) / 1e6)
    } catch {
      // It has just ended.
    }
    await Promise.race([ended, passes(20)])
  }
  gate(child.exitCode === 0, `the log ended with ${child.exitCode}`)
  return { seconds: (performance.now() - from) / 1_000, mb: peak, file }
}

async function run({ quick }: Pace): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  await inFolder(async folder => {
    const rows = await fill(folder, 30, quick ? 60_000 : 10_000)
    const note = `30 days of ${cabinets} cabinets, ${rows} readings, whole command`
    const month = ['--from', '2026-06-01', '--to', '2026-06-30']
    for (const [format, metric] of [
      ['pdf', 'month of 20 cabinets as PDF'],
      ...(quick ? [] : ([['xlsx', 'month of 20 cabinets as XLSX']] as const)),
    ] as const) {
      const { seconds, mb, file } = await made(folder, ['temperature', ...month, '--format', format], `month.${format}`)
      gate(statSync(file).size > 20_000, `the ${format} is too small to be true`)
      figures.push(
        alone({ id, metric, unit: 's', note }, [seconds]),
        alone({ id, metric: `${metric}, memory`, unit: 'MB', note }, [mb]),
      )
    }
  })
  if (quick) return figures
  await inFolder(async folder => {
    const rows = await fill(folder, 365, 60_000)
    const year = await made(folder, ['temperature', '--from', '2026-06-01', '--to', '2027-05-31', '--format', 'csv'], 'year.csv')
    const month = await made(
      folder,
      ['temperature', '--from', '2026-06-01', '--to', '2026-06-30', '--format', 'csv'],
      'month.csv',
    )
    const note = `${rows} readings; a month of the same takes ${month.seconds.toFixed(1)} s and ${month.mb.toFixed(0)} MB`
    figures.push(
      alone({ id, metric: 'year of 20 cabinets as CSV', unit: 's', note }, [year.seconds]),
      alone({ id, metric: 'year of 20 cabinets as CSV, memory', unit: 'MB', note }, [year.mb]),
    )
  })
  return figures
}

export const bench: Bench = { id, title: 'An inspector’s log', quick: false, run }
