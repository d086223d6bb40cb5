import { readFile, readdir } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

interface Source {
  readonly path: string
  readonly text: string
  readonly imports: readonly { readonly target: string; readonly typeOnly: boolean }[]
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true })
  const found = await Promise.all(
    entries.map(entry => {
      if (['dist', 'node_modules'].includes(entry.name)) return []
      const path = `${folder}/${entry.name}`
      return entry.isDirectory() ? filesBelow(path) : [path]
    }),
  )
  return found.flat()
}

async function readSource(path: string): Promise<Source> {
  const text = await readFile(join(root, path), 'utf8')
  const found = text.matchAll(
    /(?:^|\n|;)\s*(?:import|export)\s+(type\s+)?(?:[^'"\n;]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g,
  )
  const imports = [...found].map(([, type, fixed, lazy]) => {
    const spec = fixed ?? lazy ?? ''
    const target = spec.startsWith('.') ? relative(root, resolve(root, dirname(path), spec)) : spec
    return { target, typeOnly: type !== undefined }
  })
  return { path, text, imports }
}

const paths = (await Promise.all(['gateway', 'protocols', 'simulators', 'dashboard'].map(filesBelow))).flat()
const sources = await Promise.all(paths.filter(path => /\.(ts|svelte)$/.test(path)).map(readSource))

/** Who may import whom, by folder or file; the longest matching name decides. `contract` may be imported by everyone. */
const table: Readonly<Record<string, readonly string[]>> = {
  'protocols/contract': [],
  'protocols/kit': ['protocols/contract'],
  'protocols/modbus': ['protocols/kit'],
  'protocols/mqtt': ['protocols/kit'],
  'protocols/opcua': ['protocols/kit'],
  'protocols/http': ['protocols/kit'],
  'protocols/registry.ts': ['protocols'],
  'gateway/clock.ts': [],
  'gateway/clock-watch.ts': ['gateway/clock.ts'],
  'gateway/zone.ts': [],
  'gateway/closing.ts': [],
  'gateway/policy': ['gateway/zone.ts'],
  'gateway/alarm': ['gateway/policy'],
  'gateway/duty': ['gateway/alarm', 'gateway/policy', 'gateway/zone.ts', 'gateway/turn.ts'],
  'gateway/cases': ['gateway/alarm', 'gateway/policy', 'gateway/zone.ts', 'gateway/turn.ts'],
  'gateway/handover': ['gateway/alarm', 'gateway/policy', 'gateway/duty', 'gateway/zone.ts', 'gateway/turn.ts'],
  'gateway/records': [
    'gateway/alarm',
    'gateway/policy',
    'gateway/journal',
    'gateway/store/store.ts',
    'gateway/turn.ts',
    'gateway/zone.ts',
  ],
  'gateway/rounds': ['gateway/alarm', 'gateway/policy', 'gateway/zone.ts', 'gateway/turn.ts'],
  'gateway/rounds/route.ts': [],
  'gateway/journal': ['gateway/store/store.ts', 'gateway/store/database.ts'],
  'gateway/historian': ['gateway/store/store.ts', 'gateway/store/database.ts', 'gateway/journal', 'gateway/zone.ts'],
  'gateway/store': ['gateway/journal', 'gateway/historian'],
  'gateway/accounts': ['gateway/store/store.ts'],
  'gateway/site': [
    'gateway/policy',
    'gateway/alarm',
    'gateway/duty/duty.ts',
    'gateway/notify/channel.ts',
    'gateway/notify/channels.ts',
    'gateway/rounds/route.ts',
    'gateway/journal',
    'gateway/store/store.ts',
    'gateway/outside/settings.ts',
    'gateway/evidence/settings.ts',
    'gateway/retention/settings.ts',
    'gateway/retention/keep.ts',
    'gateway/schedule.ts',
    'gateway/backup/settings.ts',
    'gateway/delivery/settings.ts',
    'gateway/zone.ts',
    'protocols/registry.ts',
  ],
  'gateway/notify': [
    'gateway/site',
    'gateway/alarm',
    'gateway/duty',
    'gateway/policy',
    'gateway/pipeline.ts',
    'gateway/turn.ts',
    'gateway/journal',
    'gateway/store/store.ts',
    'gateway/zone.ts',
  ],
  // What the site file names of a channel must not know the site: it is read before there is one.
  'gateway/notify/channel.ts': ['gateway/duty/duty.ts', 'gateway/notify/notice.ts', 'gateway/policy'],
  'gateway/notify/channels.ts': ['gateway/notify/channels', 'gateway/notify/channel.ts'],
  'gateway/notify/channels': ['gateway/notify/channel.ts', 'gateway/notify/channels.ts', 'gateway/duty/duty.ts', 'protocols/kit'],
  'gateway/turn.ts': ['gateway/alarm', 'gateway/journal', 'gateway/store'],
  'gateway/decider.ts': ['gateway/alarm', 'gateway/policy', 'gateway/journal', 'gateway/turn.ts'],
  'gateway/pipeline.ts': [
    'gateway/policy',
    'gateway/alarm',
    'gateway/journal',
    'gateway/store',
    'gateway/unrecorded.ts',
    'gateway/turn.ts',
    'gateway/decider.ts',
  ],
  'gateway/evidence': [
    'gateway/journal',
    'gateway/historian',
    'gateway/store',
    'gateway/turn.ts',
    'gateway/zip.ts',
    'gateway/zone.ts',
  ],
  'gateway/report': [
    'gateway/evidence',
    'gateway/site',
    'gateway/policy',
    'gateway/alarm',
    'gateway/duty',
    'gateway/rounds',
    'gateway/journal',
    'gateway/historian',
    'gateway/store',
    'gateway/notify/told-past.ts',
    'gateway/zip.ts',
    'gateway/zone.ts',
  ],
  'gateway/outside': ['gateway/store', 'gateway/historian', 'gateway/zone.ts'],
  'gateway/retention': [
    'gateway/schedule.ts',
    'gateway/evidence',
    'gateway/store',
    'gateway/journal',
    'gateway/policy',
    'gateway/turn.ts',
    'gateway/zone.ts',
  ],
  'gateway/backup': [
    'gateway/journal',
    'gateway/evidence',
    'gateway/store',
    'gateway/turn.ts',
    'gateway/zip.ts',
    'gateway/zone.ts',
    'gateway/schedule.ts',
  ],
  'gateway/delivery': [
    'gateway/report',
    'gateway/notify',
    'gateway/store',
    'gateway/turn.ts',
    'gateway/zone.ts',
    'gateway/schedule.ts',
  ],
  'gateway/doctor': ['gateway/report/paper.ts', 'gateway/retention', 'gateway/site', 'gateway/store'],
  'gateway/schedule.ts': [],
  'gateway/zip.ts': [],
  'gateway/keeping.ts': ['gateway'],
  'gateway/unrecorded.ts': ['gateway/alarm', 'gateway/journal', 'gateway/store'],
  'gateway/restore.ts': ['gateway/policy', 'gateway/alarm', 'gateway/store'],
  'gateway/story': [
    'gateway/site',
    'gateway/policy',
    'gateway/alarm',
    'gateway/journal',
    'gateway/store/store.ts',
    'gateway/pipeline.ts',
    'gateway/zone.ts',
    'gateway/cli/csv.ts',
  ],
  'gateway/backtest.ts': ['gateway/alarm', 'gateway/policy', 'gateway/site', 'gateway/store'],
  'gateway/backtest-answer.ts': ['gateway/backtest.ts', 'gateway/policy', 'gateway/zone.ts'],
  'gateway/backtest-worker.ts': [
    'gateway/backtest.ts',
    'gateway/backtest-answer.ts',
    'gateway/backtests.ts',
    'gateway/policy',
    'gateway/site',
    'gateway/store',
  ],
  'gateway/backtests.ts': ['gateway/api/house.ts'],
  'gateway/api/wire.ts': [],
  'gateway/api/wire-duty.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-cases.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-handover.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-rounds.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-kpi.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-notices.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-logs.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-records.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-system.ts': ['gateway/api/wire.ts'],
  'gateway/api': [
    'gateway/accounts',
    'gateway/cases',
    'gateway/duty',
    'gateway/handover',
    'gateway/notify',
    'gateway/records',
    'gateway/rounds',
    'gateway/report',
    'gateway/evidence',
    'gateway/retention',
    'gateway/backup',
    'gateway/outside',
    'gateway/delivery',
    'gateway/keeping.ts',
    'gateway/turn.ts',
    'gateway/backtest-answer.ts',
    'gateway/site',
    'gateway/policy',
    'gateway/alarm',
    'gateway/journal',
    'gateway/store/store.ts',
    'gateway/zone.ts',
  ],
  'gateway/board.ts': ['gateway/api/house.ts', 'gateway/alarm', 'gateway/pipeline.ts', 'gateway/store/store.ts'],
  'gateway/demo.ts': ['gateway/api/house.ts', 'gateway/clock.ts', 'simulators/control.ts'],
  'gateway/app.ts': ['gateway'],
  'gateway/cli': ['gateway', 'protocols', 'simulators'],
  simulators: ['gateway/site'],
  // What verifies without us is the very code that verifies with us.
  'dashboard/verifier': ['gateway/evidence', 'gateway/journal'],
  dashboard: [
    'gateway/api/wire.ts',
    'gateway/api/wire-duty.ts',
    'gateway/api/wire-cases.ts',
    'gateway/api/wire-handover.ts',
    'gateway/api/wire-rounds.ts',
    'gateway/api/wire-kpi.ts',
    'gateway/api/wire-notices.ts',
    'gateway/api/wire-logs.ts',
    'gateway/api/wire-records.ts',
    'gateway/api/wire-system.ts',
  ],
}

const isBelow = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`)
const placeOf = (path: string): string =>
  Object.keys(table)
    .filter(place => isBelow(path, place))
    .sort((a, b) => b.length - a.length)[0] ?? ''

const inside = (target: string): boolean => /^(gateway|protocols|simulators|dashboard|test)\//.test(target)

describe('the house', () => {
  test('has a place for every file', () => {
    expect(sources.map(({ path }) => path).filter(path => placeOf(path) === '')).toEqual([])
  })

  test('imports one way only', () => {
    const wrong = sources.flatMap(({ path, imports }) => {
      const place = placeOf(path)
      const allowed = ['protocols/contract', place, ...(table[place] ?? [])]
      return imports
        .filter(({ target }) => inside(target) && !allowed.some(open => isBelow(target, open)))
        .map(({ target }) => `${path} → ${target}`)
    })
    expect(wrong).toEqual([])
  })

  test('has no cycles', () => {
    const next = new Map(
      sources.map(({ path, imports }) => [path, imports.filter(({ typeOnly }) => !typeOnly).map(({ target }) => target)]),
    )
    const cycles: string[] = []
    const done = new Set<string>()
    const walk = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
      if (done.has(path) || trail.includes(path)) return
      for (const target of next.get(path) ?? []) walk(target, [...trail, path])
      done.add(path)
    }
    for (const path of next.keys()) walk(path, [])
    expect(cycles).toEqual([])
  })

  test('lets the dashboard take only types from the gateway', () => {
    const wrong = sources
      .filter(({ path }) => path.startsWith('dashboard/') && !path.startsWith('dashboard/verifier/'))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target, typeOnly }) => target.startsWith('gateway/') && !typeOnly)
          .map(({ target }) => `${path} → ${target}`),
      )
    expect(wrong).toEqual([])
  })

  test('imports each library in one file of a part', () => {
    const users = new Map<string, Set<string>>()
    for (const { path, imports } of sources) {
      for (const { target, typeOnly } of imports) {
        if (inside(target) || target.startsWith('node:') || target.startsWith('.') || typeOnly) continue
        const library = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? target)
        const part = path.split('/')[0] ?? ''
        const key = `${library} in ${part}`
        users.set(key, (users.get(key) ?? new Set()).add(path))
      }
    }
    // zod describes values at each route, and svelte is the language the dashboard is written in.
    const everywhere = /^(zod|svelte) in /
    expect(
      [...users]
        .filter(([key, files]) => files.size > 1 && !everywhere.test(key))
        .map(([key, files]) => `${key}: ${[...files].join(', ')}`),
    ).toEqual([])
  })

  test('asks for the time in one place', () => {
    const ambient = /(?<![.\w])(Date\.now\(|setTimeout\(|setInterval\(|AbortSignal\.timeout\(|new Date\(\))|node:timers/
    const wrong = sources
      .filter(({ path }) => /^(gateway|protocols)\//.test(path) && path !== 'gateway/clock.ts')
      .filter(({ text }) => ambient.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')))
      .map(({ path }) => path)
    expect(wrong).toEqual([])
  })

  test('has no way to write to equipment', () => {
    const writing = /\bwrite(Coil|Coils|Register|Registers|FC5|FC6|FC15|FC16)\b|\bwriteSingleNode\b|session\.write\(/
    expect(
      sources.filter(({ path, text }) => path.startsWith('protocols/') && writing.test(text)).map(({ path }) => path),
    ).toEqual([])
  })

  test('is drawn in the README as it stands on the disk', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const drawn = [...readme.matchAll(/^(?:[│ ]*)[├└]─ ([\w.-]+)\/?/gm)].map(([, name]) => name)
    const folders = new Set(sources.map(({ path }) => path.split('/').slice(0, -1)).flatMap(parts => [parts[0], parts[1]]))
    const missing = [...folders].filter(name => name !== undefined && !drawn.includes(name))
    expect(missing).toEqual([])
    const onDisk = new Set(
      paths.flatMap(path => path.split('/')).concat('test', 'docs', 'package.json', 'tsconfig.json', 'docker-compose.yml'),
    )
    expect(drawn.filter(name => name !== undefined && !onDisk.has(name))).toEqual([])
  })
})
